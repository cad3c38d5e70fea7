"""The catalogue with what an operator registers, and what it refuses."""

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from contract import catalogue
from contract.audio import DRUM_PARTS, KIT_PARTS, Stem
from contract.errors import ErrorCode, StemFoundryError
from contract.models import Model, Quality
from contract.registered_models import MAX_FILE_BYTES, RegisteredModelsError

from .registered import KIT_ENTRY, write_entries


@pytest.fixture
def registered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = write_entries(tmp_path / "models.json", KIT_ENTRY)
    monkeypatch.setenv("MODEL_CATALOGUE_FILE", str(path))
    return path


@pytest.mark.usefixtures("registered")
def test_registered_models_follow_those_of_the_service() -> None:
    assert list(catalogue.catalogue()) == [*catalogue.CATALOGUE, "drumsep"]
    model = catalogue.get_model("drumsep")
    assert model.source_names == ("bombo", "redoblante", "platillos", "toms")
    assert model.offered_stems == model.stems
    assert set(model.stems) == set(KIT_PARTS)
    described = catalogue.describe().models[-1]
    assert (described.name, described.purpose, described.default) == ("drumsep", "drums", False)
    assert described.quality is None


def test_an_operator_may_judge_a_model(tmp_path: Path) -> None:
    path = write_entries(tmp_path / "models.json", KIT_ENTRY | {"quality": "good"})
    assert catalogue.catalogue(path)["drumsep"].quality is Quality.GOOD


def test_the_file_can_be_given(tmp_path: Path) -> None:
    path = write_entries(tmp_path / "other.json", KIT_ENTRY | {"name": "other_kit"})
    assert "other_kit" in catalogue.catalogue(path)
    assert "other_kit" not in catalogue.catalogue()


def test_a_changed_file_is_read_again(registered: Path) -> None:
    assert "drumsep" in catalogue.catalogue()
    write_entries(registered, KIT_ENTRY | {"name": "drumsep_second"})
    assert "drumsep_second" in catalogue.catalogue()


def test_without_a_file_there_are_the_models_of_the_service(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MODEL_CATALOGUE_FILE", raising=False)
    assert catalogue.catalogue() == catalogue.CATALOGUE


@pytest.mark.parametrize(
    ("entries", "reason"),
    [
        ([KIT_ENTRY | {"name": "htdemucs"}], "htdemucs is a model of the service itself"),
        ([KIT_ENTRY, KIT_ENTRY], "drumsep is listed twice"),
        ([KIT_ENTRY | {"bundled": True}], "cannot be bundled"),
        ([KIT_ENTRY | {"weights": [{"name": "a.th", "sha256_prefix": "d" * 8}]}], "needs the full sha256"),
        ([KIT_ENTRY | {"weights": [{"name": "../a.th", "sha256": "d" * 64}]}], "0.weights.0.name"),
        (
            [KIT_ENTRY | {"weights": [{"name": "a", "sha256": "d" * 64, "url": "http://a"}]}],
            "0.weights.0.url",
        ),
        ([KIT_ENTRY | {"licence": ""}], "0.licence"),
        ([KIT_ENTRY | {"licens": "MIT"}], "0.licens"),
        ([KIT_ENTRY | {"name": "../kit"}], "0.name"),
        ([KIT_ENTRY] * 65, "at most 64"),
        ({"models": []}, "valid array"),
    ],
)
def test_entries_that_cannot_be_right_are_refused(tmp_path: Path, entries: Any, reason: str) -> None:
    path = tmp_path / "models.json"
    path.write_text(json.dumps(entries), encoding="utf-8")
    with pytest.raises(RegisteredModelsError) as refused:
        catalogue.catalogue(path)
    assert str(refused.value).startswith(f"{path}: ")
    assert reason in str(refused.value)


def test_files_that_cannot_be_read_are_refused(tmp_path: Path) -> None:
    with pytest.raises(RegisteredModelsError, match="no such file"):
        catalogue.catalogue(tmp_path / "absent.json")
    with pytest.raises(RegisteredModelsError, match="directory"):
        catalogue.catalogue(tmp_path)
    broken = tmp_path / "broken.json"
    broken.write_text("[{", encoding="utf-8")
    with pytest.raises(RegisteredModelsError, match="JSON"):
        catalogue.catalogue(broken)
    huge = tmp_path / "huge.json"
    with huge.open("wb") as file:
        file.truncate(MAX_FILE_BYTES + 1)
    with pytest.raises(RegisteredModelsError, match="more than"):
        catalogue.catalogue(huge)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (
            {"stems": ["kick", "snare", "toms"], "sources": None},
            "exactly the stems kick, snare, toms, cymbals",
        ),
        ({"purpose": "song"}, "cannot have the stems"),
        ({"purpose": "song", "stems": ["vocals", "instrumental"], "sources": None}, "cannot have"),
        ({"stems": ["kick", "kick", "snare", "toms"]}, "twice"),
        ({"sources": ["bombo"]}, "one name for each stem"),
        ({"member_weights": [[1.0, 1.0]]}, "a column for each stem"),
        ({"member_weights": [[1.0] * 4, [1.0] * 4]}, "a row for each file"),
        ({"relative_cost": 0}, "greater than 0"),
        ({"quality": "superb"}, "quality"),
    ],
)
def test_models_that_contradict_themselves_are_refused(change: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        Model.model_validate_json(json.dumps(KIT_ENTRY | change))


@pytest.mark.usefixtures("registered")
def test_a_model_for_drums_is_no_model_for_songs() -> None:
    with pytest.raises(StemFoundryError, match="drum_parts") as refused:
        catalogue.get_song_model("drumsep")
    assert refused.value.code is ErrorCode.UNKNOWN_MODEL
    assert "drumsep" not in refused.value.message.split("Models for songs:")[1]
    assert catalogue.get_song_model(None).name == catalogue.DEFAULT_MODEL


@pytest.mark.usefixtures("registered")
@pytest.mark.parametrize("name", [None, "gone", "htdemucs"])
def test_without_a_kit_model_there_are_no_drum_parts(name: str | None) -> None:
    with pytest.raises(StemFoundryError, match="no model that splits drums") as refused:
        catalogue.get_kit_model(name)
    assert refused.value.code is ErrorCode.MODEL_UNAVAILABLE
    assert catalogue.get_kit_model("drumsep").name == "drumsep"


def test_drum_parts_are_no_stems_of_a_song() -> None:
    model = catalogue.get_model("htdemucs")
    assert not set(DRUM_PARTS) & set(model.offered_stems)
    with pytest.raises(StemFoundryError, match="come with drum_parts"):
        catalogue.effective_stems(model, [Stem.KICK])


def test_only_models_with_drums_can_have_drum_parts() -> None:
    htdemucs = catalogue.get_model("htdemucs")
    catalogue.check_drum_parts(htdemucs)
    without = htdemucs.model_copy(update={"stems": (Stem.VOCALS, Stem.OTHER)})
    with pytest.raises(StemFoundryError, match="no drums") as refused:
        catalogue.check_drum_parts(without)
    assert refused.value.code is ErrorCode.UNKNOWN_STEM
