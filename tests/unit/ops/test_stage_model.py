"""A model of this machine goes among the sources of the functions and of the image."""

import hashlib
import json

import pytest
from typer.testing import CliRunner

from contract.models import Model
from contract.own_models import add_model
from infra.image_source import REPOSITORY, source_files
from infra.ops import app as module
from infra.ops.deployment import OpsError
from infra.ops.stage_model import OWN_WEIGHTS, stage_model
from tests.unit.contract.registered import KIT_ENTRY

WEIGHTS = b"weights"


@pytest.fixture
def models(tmp_path, monkeypatch):
    folder = tmp_path / "models"
    folder.mkdir()
    monkeypatch.setenv("MODEL_DIRECTORY", str(folder))
    monkeypatch.delenv("MODEL_CATALOGUE_FILE", raising=False)
    (folder / "mine.safetensors").write_bytes(WEIGHTS)
    weights = [{"name": "mine.safetensors", "sha256": hashlib.sha256(WEIGHTS).hexdigest()}]
    add_model(Model.model_validate(KIT_ENTRY | {"name": "mine", "weights": weights}))
    return folder


@pytest.fixture
def repository(tmp_path):
    for folder in ("contract", OWN_WEIGHTS):
        (tmp_path / "checkout" / folder).mkdir(parents=True)
    return tmp_path / "checkout"


def test_entry_and_weights_are_staged_and_replaced(models, repository):
    for _ in range(2):
        assert stage_model("mine", repository).name == "mine"
    (entry,) = json.loads((repository / "contract" / "registered_models.json").read_text())
    assert entry["name"] == "mine"
    assert (repository / OWN_WEIGHTS / "mine.safetensors").read_bytes() == WEIGHTS


def test_what_is_not_sound_is_refused(models, repository):
    with pytest.raises(OpsError, match="no model absent"):
        stage_model("absent", repository)
    (models / "mine.safetensors").write_bytes(b"others")
    with pytest.raises(OpsError, match="not the file that was registered"):
        stage_model("mine", repository)
    assert not (repository / "contract" / "registered_models.json").exists()


def test_the_command_says_what_comes_next(monkeypatch):
    model = Model.model_validate(KIT_ENTRY)
    monkeypatch.setattr(module, "put_among_sources", lambda name: model)
    result = CliRunner().invoke(module.app, ["stage-model", "drumsep"])
    assert result.exit_code == 0
    assert "make deploy" in result.output


def test_staged_weights_reach_the_build_and_not_the_history():
    assert OWN_WEIGHTS / "README.md" in source_files()
    ignored = (REPOSITORY / ".gitignore").read_text().splitlines()
    assert {f"/{OWN_WEIGHTS}/*", f"!/{OWN_WEIGHTS}/README.md", "/contract/registered_models.json"} <= set(
        ignored
    )
