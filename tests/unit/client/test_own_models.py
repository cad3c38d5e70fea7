"""``stems models add`` and ``remove``, and ``stems train`` where training is not installed."""

import hashlib
import json
import tarfile
from pathlib import Path

import pytest
from typer.testing import CliRunner

from contract.catalogue import catalogue
from contract.environment import default_model_directory
from stem_foundry.cli import _train, app
from tests.unit.contract.registered import KIT_ENTRY, write_entries

WEIGHTS = b"weights of a model that was trained elsewhere"
DIGEST = hashlib.sha256(WEIGHTS).hexdigest()


@pytest.fixture(autouse=True)
def no_named_catalogue(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MODEL_CATALOGUE_FILE", raising=False)


@pytest.fixture
def trained(tmp_path: Path) -> Path:
    """What a training job leaves."""
    folder = tmp_path / "trained"
    folder.mkdir()
    (folder / "mine-1.safetensors").write_bytes(WEIGHTS)
    (folder / "mine-1.md").write_text("# mine")
    weights = [{"name": "mine-1.safetensors", "sha256": DIGEST}]
    write_entries(folder / "registered_models.json", KIT_ENTRY | {"name": "mine", "weights": weights})
    return folder


def packed(folder: Path) -> Path:
    path = folder.with_name("model.tar.gz")
    with tarfile.open(path, "w:gz") as archive:
        for file in folder.iterdir():
            archive.add(file, file.name)
    return path


def stems(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    return result.exit_code, result.output


@pytest.mark.parametrize("pack", [False, True])
def test_a_model_that_was_trained_elsewhere_is_added_and_removed(trained: Path, pack: bool) -> None:
    code, told = stems("models", "add", packed(trained) if pack else trained)
    assert (code, told) == (0, f"mine is registered: {KIT_ENTRY['title']}.\n")
    folder = default_model_directory()
    assert (folder / "mine-1.safetensors").read_bytes() == WEIGHTS
    assert (folder / "mine-1.md").is_file()
    listed = stems("models", "list", "--offline")[1].splitlines()
    assert " here " in next(line for line in listed if line.startswith("mine"))

    assert stems("models", "remove", "mine") == (0, "mine is removed: 2 files.\n")

    assert "mine" not in catalogue()
    assert [path.name for path in folder.iterdir()] == ["registered_models.json"]


def test_a_name_is_not_taken_twice(trained: Path) -> None:
    assert json.loads(stems("models", "add", trained, "--json")[1])["models"][0]["name"] == "mine"
    code, told = stems("models", "add", trained)
    assert code == 2
    assert "(model_name_taken)" in told


def test_weights_that_are_not_the_registered_ones_are_refused(trained: Path) -> None:
    (trained / "mine-1.safetensors").write_bytes(b"others")
    code, told = stems("models", "add", packed(trained))
    assert code == 2
    assert "not the file that was registered. (model_unavailable)" in told
    assert "mine" not in catalogue()


def test_what_is_no_model_is_refused(tmp_path: Path) -> None:
    (tmp_path / "model.tar.gz").write_bytes(b"no archive")
    assert "(model_unavailable)" in stems("models", "add", tmp_path / "model.tar.gz")[1]
    assert "(file_not_found)" in stems("models", "add", tmp_path / "absent")[1]
    assert "holds no registered_models.json" in stems("models", "add", tmp_path)[1]


def test_an_archive_cannot_write_elsewhere(trained: Path, tmp_path: Path) -> None:
    path = tmp_path / "model.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        archive.add(trained / "mine-1.md", "../../outside.md")
    assert "cannot be unpacked" in stems("models", "add", path)[1]


def test_only_own_models_are_removed() -> None:
    for name in ("foundry_4s", "absent"):
        code, told = stems("models", "remove", name)
        assert code == 2
        assert "(unknown_model)" in told


def test_weights_that_another_model_uses_stay(trained: Path) -> None:
    path = trained / "registered_models.json"
    (entry,) = json.loads(path.read_text())
    write_entries(path, entry, entry | {"name": "second"})
    stems("models", "add", trained)
    assert stems("models", "remove", "mine") == (0, "mine is removed: 0 files.\n")
    assert (default_model_directory() / "mine-1.safetensors").is_file()


def test_training_that_is_not_installed_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_train, "_COMMAND", "training_that_is_absent")
    code, told = stems("train", "--data", "songs")
    assert code == 2
    assert "pip install -e '.[container,training]' (training_not_installed)" in told
