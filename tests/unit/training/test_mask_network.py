"""The network's interface: any length, masks that add up, weights that survive the file."""

import json

import pytest
import torch
from demucs.apply import apply_model
from safetensors.torch import save_file

from sagemaker_container.separation.models.bundled import UnknownModelError, load_mask_network
from sagemaker_container.separation.models.mask_network import MaskNetwork
from training.export import export_weights
from training.sources import SOURCES

SMALL = {
    "sources": list(SOURCES),
    "fft_size": 1024,
    "hop": 256,
    "masked_bins": 256,
    "channels": [4, 6],
    "time_kernels": [1, 3],
    "bottleneck": 8,
    "recurrent_units": 8,
    "segment_seconds": 1,
}


@pytest.fixture
def network():
    torch.manual_seed(0)
    return MaskNetwork(**SMALL).eval()


def residual_db(mixture, stems):
    error = (mixture - stems.sum(dim=1)).square().sum()
    return (10 * torch.log10(error / mixture.square().sum() + 1e-20)).item()


@pytest.mark.parametrize("length", [1, 2, 512, 1000, 4097, 44_100, 44_101])
def test_stems_have_the_length_of_the_mixture_and_add_up_to_it(network, length):
    mixture = torch.randn(2, 2, length)
    with torch.inference_mode():
        stems = network(mixture)

    assert stems.shape == (2, 4, 2, length)
    assert residual_db(mixture, stems) < -60
    assert network.valid_length(length) == length


def test_masks_are_shares(network):
    masks = network.masks(torch.rand(1, 2, 256, 20))

    assert masks.shape == (1, 4, 1, 256, 20)
    assert masks.min() >= 0
    assert torch.allclose(masks.sum(dim=1), torch.ones(1, 1, 256, 20), atol=1e-5)


def test_silence_stays_silence(network):
    with torch.inference_mode():
        stems = network(torch.zeros(1, 2, 3000))

    assert not stems.any()


def test_masks_do_not_depend_on_the_level(network):
    magnitude = torch.rand(1, 2, 256, 20) + 0.1

    assert torch.allclose(network.masks(magnitude), network.masks(4 * magnitude), atol=1e-3)


def test_it_runs_in_demucs_segment_by_segment(network):
    mixture = torch.randn(1, 2, 100_001)

    stems = apply_model(network, mixture, shifts=0, split=True, overlap=0.25)

    assert stems.shape == (1, 4, 2, 100_001)
    assert residual_db(mixture, stems) < -60


def test_weights_survive_the_file(network, tmp_path):
    path = tmp_path / "model.safetensors"
    export_weights(network.state_dict(), SMALL, path, MaskNetwork)
    loaded = load_mask_network(path)

    mixture = torch.randn(1, 2, 8000)
    with torch.inference_mode():
        difference = (network(mixture) - loaded(mixture)).abs().max()

    assert not loaded.training
    assert loaded.sources == list(SOURCES)
    assert next(loaded.parameters()).dtype == torch.float32
    assert difference < 1e-2


@pytest.mark.parametrize(
    "metadata",
    [
        {},
        {"class": "Other", "config": json.dumps(SMALL)},
        {"class": "MaskNetwork"},
        {"class": "MaskNetwork", "config": "not JSON"},
        {"class": "MaskNetwork", "config": "[]"},
    ],
)
def test_an_unknown_file_is_refused(network, tmp_path, metadata):
    path = tmp_path / "model.safetensors"
    save_file(
        {name: tensor.contiguous() for name, tensor in network.state_dict().items()}, str(path), metadata
    )

    with pytest.raises(UnknownModelError):
        load_mask_network(path)
