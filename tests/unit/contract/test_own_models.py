"""Models of this machine: added, listed beside the packaged ones, and removed."""

import json
from pathlib import Path

import pytest

from contract import registered_models
from contract.catalogue import CATALOGUE, catalogue
from contract.models import Model
from contract.own_models import OwnModelError, add_model, check_free, ensure_file, own_models, remove_model
from contract.registered_models import RegisteredModelsError, machine_file

from .registered import KIT_ENTRY, write_entries

MINE = Model.model_validate(
    KIT_ENTRY | {"name": "mine", "weights": [{"name": "mine.safetensors", "sha256": "a" * 64}]}
)


@pytest.fixture(autouse=True)
def model_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("MODEL_CATALOGUE_FILE", raising=False)
    monkeypatch.setenv("MODEL_DIRECTORY", str(tmp_path / "models"))
    monkeypatch.setattr(registered_models, "PACKAGED_FILE", tmp_path / "packaged.json")
    return tmp_path / "models"


def test_an_added_model_is_in_the_catalogue_until_it_is_removed(model_directory: Path) -> None:
    assert own_models() == []
    assert add_model(MINE) == model_directory / "registered_models.json" == machine_file()
    assert catalogue()["mine"] == MINE
    assert list(catalogue()) == [*CATALOGUE, "mine"]
    assert remove_model("mine") == MINE
    assert list(catalogue()) == list(CATALOGUE)


def test_what_is_written_holds_no_defaults(model_directory: Path) -> None:
    add_model(MINE)
    (entry,) = json.loads(machine_file().read_text())
    assert "bundled" not in entry
    assert "member_weights" not in entry


def test_taken_and_unknown_names_are_refused() -> None:
    add_model(MINE)
    with pytest.raises(OwnModelError, match="there is a model mine already"):
        add_model(MINE)
    with pytest.raises(OwnModelError, match="of the service itself"):
        check_free("foundry_4s")
    with pytest.raises(OwnModelError, match="of the service itself and stays"):
        remove_model("foundry_4s")
    with pytest.raises(OwnModelError, match="there is no model absent"):
        remove_model("absent")
    assert [model.name for model in own_models()] == ["mine"]


def test_the_machines_file_adds_to_the_packaged_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_entries(tmp_path / "packaged.json", KIT_ENTRY, KIT_ENTRY | {"name": "mine"})
    add_model(MINE)
    assert list(catalogue()) == [*CATALOGUE, "drumsep", "mine"]
    assert catalogue()["mine"] == MINE
    monkeypatch.setenv("MODEL_CATALOGUE_FILE", str(write_entries(tmp_path / "named.json")))
    assert catalogue()["mine"] != MINE
    assert machine_file() == tmp_path / "named.json"


def test_a_user_without_a_home_has_the_packaged_models(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_home() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("MODEL_DIRECTORY")
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    monkeypatch.setattr(Path, "home", no_home)
    write_entries(tmp_path / "packaged.json", KIT_ENTRY)
    assert list(catalogue()) == [*CATALOGUE, "drumsep"]


def test_a_file_that_exists_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "new" / "models.json"
    ensure_file(path)
    assert own_models(path) == []
    add_model(MINE, path)
    ensure_file(path)
    assert own_models(path) == [MINE]


def test_a_broken_file_is_not_overwritten(model_directory: Path) -> None:
    model_directory.mkdir()
    machine_file().write_text("{")
    with pytest.raises(RegisteredModelsError):
        add_model(MINE)
    assert machine_file().read_text() == "{"
