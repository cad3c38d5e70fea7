"""Models of random weights in the catalogue, and a store that finds them."""

import pytest
import torch
from moto import mock_aws

from contract.catalogue import CATALOGUE, Architecture
from sagemaker_container.separation.backends import Runtime
from sagemaker_container.separation.models.store import ModelStore

from .aws import Aws
from .small_models import KIT_SOURCES, entry, hdemucs, htdemucs, kit_entry, save_demucs, save_mask_network

# The networks are too small to gain from threads, and tests share their cores with servers they start.
torch.set_num_threads(1)

ONE_HOT = ((1.0, 0.0, 0.0, 0.0), (0.0, 1.0, 0.0, 0.0), (0.0, 0.0, 1.0, 0.0), (0.0, 0.0, 0.0, 1.0))


@pytest.fixture(scope="session")
def model_directory(tmp_path_factory):
    """Folder with the weights of all small models."""
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="session")
def entries(model_directory):
    """Their catalogue entries by name."""
    members = [save_demucs(model_directory, htdemucs(seed), seed) for seed in range(4)]
    models = (
        entry("small", Architecture.MASK_NETWORK, save_mask_network(model_directory)),
        entry("small_htdemucs", Architecture.DEMUCS, members[0]),
        entry("small_specialists", Architecture.DEMUCS, *members, member_weights=ONE_HOT),
        entry("small_hdemucs", Architecture.DEMUCS, save_demucs(model_directory, hdemucs(), 9)),
        entry("small_average", Architecture.DEMUCS, *members[:2]),
        kit_entry("small_kit", save_demucs(model_directory, htdemucs(8, KIT_SOURCES), 8)),
    )
    return {model.name: model for model in models}


@pytest.fixture(autouse=True)
def _catalogue(monkeypatch, entries):
    for name, model in entries.items():
        monkeypatch.setitem(CATALOGUE, name, model)


@pytest.fixture(scope="session")
def store(model_directory):
    """Loads the small models; kept for all tests, as in a process."""
    return ModelStore(model_directory, torch.device("cpu"), runtime=Runtime.TORCH)


@pytest.fixture
def aws(monkeypatch):
    """Table and bucket in memory, behind the real adapters."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        yield Aws.create()
