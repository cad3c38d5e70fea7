"""What the precision policy chooses on which machine."""

import pytest
import torch

from contract.environment import PrecisionPolicy
from sagemaker_container.separation import backends
from sagemaker_container.separation.backends import Runtime, create_backend, default_policy, openvino_backend

from .small_models import hdemucs, htdemucs, mask_network

CPU = torch.device("cpu")
CUDA = torch.device("cuda")


class Converted:
    """In place of OpenVINO: what was asked of it."""

    name = "openvino"

    def __init__(self, network, precision, *, cache_directory, digest):
        self.precision = precision


@pytest.fixture
def machine(monkeypatch):
    """A machine with the given packages and instructions."""

    def make(*, openvino, openvino_bf16=False, torch_bf16=False):
        monkeypatch.setattr(openvino_backend, "is_available", lambda network, device: openvino)
        monkeypatch.setattr(openvino_backend, "is_fast_in", lambda p: p == "fp32" or openvino_bf16)
        monkeypatch.setattr(backends, "OpenVinoBackend", Converted)
        monkeypatch.setattr(backends, "is_fast_in_bf16", lambda: torch_bf16)

    return make


def chosen(policy, network=None, runtime=Runtime.AUTO):
    backend = create_backend(network or htdemucs(), CPU, policy, digest="0", runtime=runtime)
    return backend.name, str(backend.precision)


@pytest.mark.parametrize(
    ("policy", "has", "expected"),
    [
        ("full", {"openvino", "openvino_bf16", "torch_bf16"}, ("openvino", "fp32")),
        ("full", {"torch_bf16"}, ("torch", "fp32")),
        ("fast", {"openvino", "openvino_bf16", "torch_bf16"}, ("openvino", "bf16")),
        ("fast", {"openvino", "torch_bf16"}, ("torch", "bf16")),
        ("fast", {"openvino"}, ("openvino", "fp32")),
        ("fast", {"torch_bf16"}, ("torch", "bf16")),
        ("fast", set(), ("torch", "fp32")),
    ],
)
def test_choice_on_a_cpu(machine, policy, has, expected):
    machine(openvino="openvino" in has, openvino_bf16="openvino_bf16" in has, torch_bf16="torch_bf16" in has)
    assert chosen(PrecisionPolicy(policy)) == expected


def test_torch_alone_can_be_asked_for(machine):
    machine(openvino=True, openvino_bf16=True)
    assert chosen(PrecisionPolicy.FULL, runtime=Runtime.TORCH) == ("torch", "fp32")


def test_openvino_is_for_the_networks_it_is_worth_it():
    assert not openvino_backend.is_available(hdemucs(), CPU)
    assert not openvino_backend.is_available(htdemucs(), CUDA)


def test_a_gpu_computes_in_the_half_precision_of_every_card():
    network = hdemucs()
    assert create_backend(network, CUDA, PrecisionPolicy.FAST, digest="0").precision == "fp16"
    assert create_backend(network, CUDA, PrecisionPolicy.FULL, digest="0").precision == "fp32"


def test_default_is_fast_on_a_gpu_and_for_masks_else_full():
    assert default_policy(hdemucs(), CPU) is PrecisionPolicy.FULL
    assert default_policy(hdemucs(), CUDA) is PrecisionPolicy.FAST
    assert default_policy(mask_network(), CPU) is PrecisionPolicy.FAST
    assert default_policy(mask_network(), CUDA) is PrecisionPolicy.FAST


@pytest.mark.parametrize(("torch_bf16", "expected"), [(True, "bf16"), (False, "fp32")])
def test_masks_are_computed_in_half_precision_where_the_cpu_has_it(machine, torch_bf16, expected):
    machine(openvino=False, torch_bf16=torch_bf16)

    assert chosen(None, mask_network()) == ("torch", expected)
    assert chosen(PrecisionPolicy.FULL, mask_network()) == ("torch", "fp32")
    assert chosen(None) == ("torch", "fp32")
