"""The network's interface: any length, sources that add up, masks that keep to their bands, its file."""

import hashlib
import json

import pytest
import torch
from demucs.apply import apply_model
from safetensors.torch import save_file

from sagemaker_container.separation.models.band_split_network import (
    BandSplitNetwork,
    Masks,
    apply_masks,
)
from sagemaker_container.separation.models.bundled import UnknownModelError, load_mask_network
from tests.unit.training.small_networks import SMALL, untrained
from training.export import export_weights
from training.sources import SOURCES


@pytest.fixture
def network():
    return untrained()


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


def test_a_remainder_is_left_out():
    mixture = torch.randn(1, 2, 8000)
    with torch.inference_mode():
        stems = untrained(remainder=True)(mixture)

    assert stems.shape == (1, 4, 2, 8000)
    assert residual_db(mixture, stems) > -30


def test_shares_add_up_to_one_and_corrections_to_nothing(network):
    masks = network.masks(*network.features(network.spectrum(torch.randn(1, 2, 5000))))

    assert masks.share.shape == (1, 4, 2, 20, 248)
    assert masks.correction_real.shape == masks.correction_imaginary.shape == (1, 4, 2, 20, 16)
    assert masks.share.min() >= 0
    assert torch.allclose(masks.share.sum(dim=1), torch.ones(1, 2, 20, 248), atol=1e-5)
    assert masks.correction_real.sum(dim=1).abs().max() < 1e-4
    assert masks.correction_real.abs().max() > 0.1


def test_bins_of_a_cell_share_a_mask_and_are_seen_as_their_mean():
    network = untrained(bands=[[4, 4], [2, 16, 4], [2, 100]])
    magnitudes, phases = network.features(network.spectrum(torch.randn(1, 2, 5000)))
    swapped = magnitudes.clone()
    swapped[:, :, 16:20] = magnitudes[:, :, 16:20].flip(2)
    across = magnitudes.clone()
    across[:, :, 16:24] = magnitudes[:, :, 16:24].flip(2)
    with torch.inference_mode():
        masks = network.masks(magnitudes, phases)
        cells = masks.share[..., 16:48].unflatten(-1, (8, 4))

        assert torch.equal(cells, cells[..., :1].expand_as(cells))
        assert (cells[..., 1:, 0] - cells[..., :-1, 0]).abs().mean() > 0.01
        assert torch.allclose(network.masks(swapped, phases).share, masks.share, atol=1e-5)
        assert not torch.allclose(network.masks(across, phases).share, masks.share, atol=1e-3)


def test_masks_scale_their_bins_and_the_highest_mask_serves_those_above():
    spectrum = torch.ones(1, 1, 2, 6, dtype=torch.complex64)
    share = torch.arange(4.0).expand(1, 1, 1, 2, 4)
    correction = torch.full((1, 1, 1, 2, 1), 0.5)

    separated = apply_masks(Masks(share, correction, 2 * correction), spectrum)

    assert separated[0, 0, 0, 0].tolist() == [0.5 + 1j, 1, 2, 3, 3, 3]


def test_silence_stays_silence(network):
    with torch.inference_mode():
        stems = network(torch.zeros(1, 2, 3000))

    assert not stems.any()


def test_masks_do_not_depend_on_the_level(network):
    mixture = torch.randn(1, 2, 8000)
    with torch.inference_mode():
        quiet, loud = network(0.1 * mixture), network(mixture)

    assert torch.allclose(10 * quiet, loud, atol=1e-3)


def test_sides_can_be_masked_differently(network):
    mixture = torch.randn(1, 2, 8000)
    with torch.inference_mode():
        stems = network(mixture)
        ratio = network.spectrum(stems).abs() / network.spectrum(mixture)[:, None].abs()

    assert (ratio[:, :, 0] - ratio[:, :, 1]).abs().mean() > 0.05


def test_it_runs_in_demucs_segment_by_segment(network):
    mixture = torch.randn(1, 2, 100_000)

    stems = apply_model(network, mixture, shifts=0, overlap=0.25, progress=False)

    assert stems.shape == (1, 4, 2, 100_000)
    assert residual_db(mixture, stems) < -60


def test_weights_survive_the_file(network, tmp_path):
    path = tmp_path / "small.safetensors"
    export_weights(network.state_dict(), SMALL, path)

    loaded = load_mask_network(path)

    mixture = torch.randn(1, 2, 8000)
    with torch.inference_mode():
        assert torch.allclose(loaded(mixture), network(mixture), atol=2e-2)
    assert isinstance(loaded, BandSplitNetwork)
    assert loaded.sources == list(SOURCES)


def test_equal_weights_make_equal_files(network, tmp_path):
    path = tmp_path / "small.safetensors"

    digests = {export_weights(network.state_dict(), SMALL, path) for _ in range(16)}

    assert digests == {hashlib.sha256(path.read_bytes()).hexdigest()}


@pytest.mark.parametrize(
    "metadata",
    [
        {},
        {"class": "Other", "config": json.dumps(SMALL)},
        {"class": "BandSplitNetwork"},
        {"class": "BandSplitNetwork", "config": "not JSON"},
        {"class": "BandSplitNetwork", "config": "[]"},
    ],
)
def test_an_unknown_file_is_refused(network, tmp_path, metadata):
    path = tmp_path / "model.safetensors"
    save_file(
        {name: tensor.contiguous() for name, tensor in network.state_dict().items()}, str(path), metadata
    )

    with pytest.raises(UnknownModelError):
        load_mask_network(path)
