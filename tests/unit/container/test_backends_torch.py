"""Networks run by torch, in stages and as a whole, give what the networks themselves give."""

import pytest
import torch

from sagemaker_container.separation.backends.base import Precision
from sagemaker_container.separation.backends.htdemucs_core import is_supported
from sagemaker_container.separation.backends.torch_backend import TorchBackend

from .small_models import audible, hdemucs, htdemucs, mask_network

CPU = torch.device("cpu")


def deep_htdemucs():
    """With both kinds of attention, twice, which the smallest network has not."""
    torch.manual_seed(1)
    return audible(type(htdemucs())(sources=["drums", "bass"], channels=8, t_layers=4, t_heads=2, segment=1))


def segments(count=2, samples=44100):
    return torch.randn(count, 2, samples, generator=torch.Generator().manual_seed(7))


def sdr(reference, estimate):
    return float(10 * torch.log10(reference.square().sum() / (estimate - reference).square().sum()))


@pytest.mark.parametrize("build", [htdemucs, deep_htdemucs])
@pytest.mark.parametrize("count", [1, 3])
def test_stages_equal_the_network(build, count):
    network = build()
    assert is_supported(network)
    with torch.inference_mode():
        expected = network(segments(count))
    assert torch.allclose(
        TorchBackend(network, CPU, Precision.FP32)(segments(count)), expected, atol=1e-6, rtol=0
    )


@pytest.mark.parametrize("samples", [1, 1023, 1024, 30_000, 44_099])
def test_stages_equal_the_network_on_windows_shorter_than_a_segment(samples):
    network = htdemucs()
    with torch.inference_mode():
        expected = network(segments(1, samples))
    estimate = TorchBackend(network, CPU, Precision.FP32)(segments(1, samples))
    assert estimate.shape == expected.shape
    assert torch.allclose(estimate, expected, atol=1e-6, rtol=0)


@pytest.mark.parametrize("build", [hdemucs, mask_network])
def test_other_networks_run_as_a_whole(build):
    network = build()
    assert not is_supported(network)
    with torch.inference_mode():
        expected = network(segments())
    assert torch.equal(TorchBackend(network, CPU, Precision.FP32)(segments()), expected)


@pytest.mark.parametrize("build", [htdemucs, hdemucs, mask_network])
def test_half_precision_is_close_and_leads_back_to_full(build):
    network = build()
    half = TorchBackend(network, CPU, Precision.BF16)
    full = half.reference
    assert full.precision is Precision.FP32
    assert full.reference is None
    estimate, expected = half(segments()), full(segments())
    assert estimate.dtype == torch.float32
    assert not torch.equal(estimate, expected)
    assert sdr(expected, estimate) > 25


def test_no_gradient_and_no_setting_of_the_process_is_left_behind():
    before = torch.backends.mha.get_fastpath_enabled(), torch.is_grad_enabled()
    estimate = TorchBackend(htdemucs(), CPU, Precision.FP32)(segments())
    assert not estimate.requires_grad
    assert (torch.backends.mha.get_fastpath_enabled(), torch.is_grad_enabled()) == before


def test_full_precision_on_a_gpu_is_not_tf32_and_restores_the_setting():
    backend = TorchBackend(hdemucs(), torch.device("cuda"), Precision.FP32)
    before = torch.backends.cudnn.allow_tf32, torch.backends.cudnn.benchmark
    with backend._autocast():
        assert not torch.backends.cudnn.allow_tf32
    assert (torch.backends.cudnn.allow_tf32, torch.backends.cudnn.benchmark) == before


def test_a_transformer_of_another_kind_is_not_taken_apart():
    network = htdemucs()
    network.crosstransformer.layers[0].norm_first = False
    assert not is_supported(network)
