import os
import subprocess
import sys
from pathlib import Path

import pytest

from contract.functions import FUNCTIONS
from infra.lambda_asset import stage_lambda_code


@pytest.fixture(scope="session")
def asset(outdir, api) -> Path:
    """The folder as the assembly carries it."""
    (found,) = {path.parents[1] for path in outdir.glob("asset.*/lambdas/wiring.py")}
    return found


def names(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_holds_code_only(asset):
    found = names(asset)
    assert {name.split("/")[0] for name in found} <= {"contract", "lambdas", "jwt", "openapi.json"}
    assert not [name for name in found if "__pycache__" in name or "test" in name or name.endswith(".so")]


def test_holds_every_handler_and_the_vendored_licence(asset):
    found = names(asset)
    for function in FUNCTIONS.values():
        module = function.handler.rpartition(".")[0]
        assert f"{module.replace('.', '/')}.py" in found
    assert "jwt/__init__.py" in found
    assert "jwt/LICENSE" in found


def test_carries_the_openapi_document(asset):
    document = Path(__file__).parents[2] / "docs" / "openapi.json"
    assert (asset / "openapi.json").read_bytes() == document.read_bytes()


def test_staging_again_gives_the_same_folder():
    first = stage_lambda_code()
    modified = first.stat().st_mtime_ns
    assert stage_lambda_code() == first
    assert first.stat().st_mtime_ns == modified


def test_staging_leaves_nothing_half_written():
    assert not list(stage_lambda_code().parent.glob(".partial-*"))


def test_every_handler_imports_from_the_folder_alone(asset, tmp_path):
    """What the folder lacks would otherwise be found in the checkout, and missed only in the cloud."""
    modules = [function.handler.rpartition(".")[0] for function in FUNCTIONS.values()]
    program = f"""
import importlib, sys
for name in {modules!r}:
    importlib.import_module(name)
for name, module in sorted(sys.modules.items()):
    if name.split(".")[0] in ("contract", "lambdas", "jwt", "infra", "sagemaker_container"):
        print(module.__file__)
"""
    environment = os.environ | {
        "PYTHONPATH": str(asset),
        "PYTHONDONTWRITEBYTECODE": "1",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "POWERTOOLS_SERVICE_NAME": "test",
    }
    result = subprocess.run(
        [sys.executable, "-c", program],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    imported = result.stdout.split()
    assert imported
    assert [path for path in imported if not path.startswith(str(asset))] == []
