"""Weights are verified before anything of them is used, and never fetched."""

import hashlib
import pickle

import pytest
import torch
from demucs.hdemucs import HDemucs
from pydantic import ValidationError

from contract.audio import Stem
from contract.catalogue import CATALOGUE, Architecture, Model, Purpose, WeightsFile, get_model
from contract.errors import ErrorCode, StemFoundryError
from sagemaker_container.separation.backends import Runtime
from sagemaker_container.separation.models.store import BUNDLED_WEIGHTS, ModelStore

from .small_models import SOURCES, entry, htdemucs, save_demucs, save_mask_network


class Explosive:
    """A pickle that leaves a trace when it is opened."""

    def __init__(self, trace):
        self.trace = trace

    def __reduce__(self):
        return (open, (str(self.trace), "w"))


def store_of(directory):
    # By torch: nothing here is about converted networks, which take their time.
    return ModelStore(directory, torch.device("cpu"), runtime=Runtime.TORCH)


def refusal(directory, model):
    with pytest.raises(StemFoundryError) as caught:
        store_of(directory).load(model)
    assert caught.value.code is ErrorCode.MODEL_UNAVAILABLE
    return caught.value.message


@pytest.mark.parametrize(
    ("name", "members"),
    [("small", 1), ("small_htdemucs", 1), ("small_specialists", 4), ("small_average", 2)],
)
def test_models_load_by_the_catalogue(store, entries, name, members):
    loaded = store.load(entries[name])
    assert len(loaded.members) == members
    assert [str(stem) for stem in loaded.stems] == SOURCES
    assert not any(member.backend.network.training for member in loaded.members)
    assert all(member.segment_samples == 44_100 for member in loaded.members)


def test_a_model_stays_loaded(store, entries):
    assert store.load(entries["small"]) is store.load(entries["small"])


def test_other_weights_under_the_same_name_are_loaded_anew(tmp_path):
    store = store_of(tmp_path)
    first, second = (
        entry("mine", Architecture.DEMUCS, save_demucs(tmp_path, htdemucs(seed), seed)) for seed in (1, 2)
    )
    assert store.load(first).model.digest == first.digest
    assert store.load(second).model.digest == second.digest != first.digest
    assert store.load(second) is store.load(second)


def test_missing_weights_are_named_with_the_remedy(tmp_path):
    message = refusal(tmp_path, get_model("htdemucs"))
    assert message == "The weights of htdemucs are not installed. Run: stems models download htdemucs"


def test_a_missing_folder_is_a_missing_model(tmp_path):
    assert not store_of(tmp_path / "none").is_installed(get_model("htdemucs"))


def explosive_weights(tmp_path, **digests):
    trace = tmp_path / "opened"
    (tmp_path / "model.th").write_bytes(pickle.dumps(Explosive(trace)))
    model = entry("explosive", Architecture.DEMUCS, WeightsFile(name="model.th", **digests))
    return model, trace


def test_a_wrong_prefix_is_refused_before_unpickling(tmp_path):
    model, trace = explosive_weights(tmp_path, sha256_prefix="00000000")
    assert "SHA-256" in refusal(tmp_path, model)
    assert not trace.exists()


def test_a_wrong_digest_is_refused_before_unpickling(tmp_path):
    model, trace = explosive_weights(tmp_path, sha256="0" * 64)
    refusal(tmp_path, model)
    assert not trace.exists()


def test_weights_without_any_known_digest_are_refused(tmp_path):
    model, trace = explosive_weights(tmp_path)
    assert "no SHA-256" in refusal(tmp_path, model)
    assert not trace.exists()


@pytest.mark.parametrize("record", ["0" * 64 + "  model.th\n", "", "not a digest", "\xff"])
def test_a_file_that_differs_from_its_first_download_is_refused(tmp_path, record):
    digest = hashlib.sha256(pickle.dumps(Explosive(tmp_path / "opened"))).hexdigest()
    model, trace = explosive_weights(tmp_path, sha256_prefix=digest[:8])
    (tmp_path / "model.th.sha256").write_bytes(record.encode("latin-1"))
    refusal(tmp_path, model)
    assert not trace.exists()


def test_a_matching_record_of_the_download_is_accepted(tmp_path):
    weights = save_demucs(tmp_path, htdemucs())
    digest = hashlib.sha256((tmp_path / weights.name).read_bytes()).hexdigest()
    (tmp_path / (weights.name + ".sha256")).write_text(f"{digest}  {weights.name}\n")
    assert store_of(tmp_path).load(entry("model", Architecture.DEMUCS, weights)).members


def test_a_changed_mask_network_is_refused(tmp_path):
    weights = save_mask_network(tmp_path)
    path = tmp_path / weights.name
    path.write_bytes(path.read_bytes() + b"\0")
    assert "SHA-256" in refusal(tmp_path, entry("model", Architecture.MASK_NETWORK, weights))


def test_other_stems_than_the_catalogue_says_are_refused(tmp_path):
    weights = save_mask_network(tmp_path)
    model = entry("model", Architecture.MASK_NETWORK, weights)
    swapped = model.model_copy(update={"stems": model.stems[::-1]})
    assert "stems" in refusal(tmp_path, swapped)


def test_a_model_may_have_other_names_for_its_stems(tmp_path):
    torch.manual_seed(0)
    names = ["bombo", "redoblante", "platillos", "toms"]
    network = HDemucs(sources=names, channels=4, depth=6, segment=1)
    model = entry("kit", Architecture.DEMUCS, save_demucs(tmp_path, network)).model_copy(
        update={
            "purpose": Purpose.DRUMS,
            "stems": (Stem.KICK, Stem.SNARE, Stem.CYMBALS, Stem.TOMS),
            "sources": tuple(names),
            "segment_seconds": 2.0,
        }
    )
    loaded = store_of(tmp_path).load(model)
    assert loaded.stems == model.stems
    assert loaded.members[0].segment_samples == 88_200
    assert "stems" in refusal(tmp_path, model.model_copy(update={"sources": tuple(names[::-1])}))


@pytest.mark.parametrize("model", [model for model in CATALOGUE.values() if model.bundled])
def test_bundled_weights_are_the_ones_of_the_catalogue(model, tmp_path):
    for file in model.weights:
        content = (BUNDLED_WEIGHTS / file.name).read_bytes()
        assert hashlib.sha256(content).hexdigest() == file.sha256
    assert store_of(tmp_path).load(model).stems == model.stems


def test_a_bundled_model_without_its_digest_cannot_be_in_the_catalogue():
    values = entry("model", Architecture.MASK_NETWORK, WeightsFile(name="model.safetensors")).model_dump()
    with pytest.raises(ValidationError, match="SHA-256"):
        Model.model_validate(values | {"bundled": True})
