"""A model that is registered while the service runs serves at once, and is gone when it is removed."""

from pathlib import Path

import pytest

from contract.errors import ErrorCode
from contract.models import Architecture, Model
from contract.own_models import add_model, remove_model
from local.service import LocalService
from local.settings import LocalSettings
from stem_foundry import BadInput, Extras, StemFoundry
from tests.unit.container.small_models import entry, save_mask_network
from tests.unit.contract.registered import KIT_ENTRY

from .audio_files import music, write


@pytest.fixture
def model(service: LocalService) -> Model:
    """Weights lie in the model folder; nobody knows of them yet."""
    weights = save_mask_network(service.settings.model_directory, "mine.safetensors")
    return entry("mine", Architecture.MASK_NETWORK, weights)


def test_a_registered_model_serves_at_once(service: LocalService, model: Model, tmp_path: Path) -> None:
    song = write(tmp_path / "song.wav", music(2))
    with StemFoundry(service.api_url) as client:
        assert "mine" not in [known.name for known in client.models()]

        add_model(model, service.settings.catalogue_file)

        assert "mine" in [known.name for known in client.models()]
        plain = Extras(analysis=False, previews=False)
        result = client.separate(song, tmp_path / "out", model="mine", extras=plain)
        assert (result.report.model.name, result.report.model.digest) == ("mine", model.digest)

        remove_model("mine", service.settings.catalogue_file)

        with pytest.raises(BadInput) as refused:
            client.separate(song, tmp_path / "again", model="mine", extras=plain)
        assert refused.value.code == ErrorCode.UNKNOWN_MODEL


def test_without_a_named_file_it_is_the_one_in_the_model_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MODEL_CATALOGUE_FILE", raising=False)
    settings = LocalSettings(model_directory=tmp_path)
    assert settings.catalogue_file == tmp_path / "registered_models.json"
    weights = [{"name": "kit.th", "sha256": "a" * 64}]
    add_model(Model.model_validate(KIT_ENTRY | {"weights": weights}), settings.catalogue_file)
    assert settings.chosen_kit_model == KIT_ENTRY["name"]
