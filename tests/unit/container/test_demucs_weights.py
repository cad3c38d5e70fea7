"""Demucs networks in safetensors: the format of the hub, and no code in it runs."""

import hashlib
import json
from fractions import Fraction

import pytest
import torch
from demucs.hf import load_safetensors_model
from safetensors.torch import save, save_file

from contract.catalogue import Architecture, WeightsFile
from contract.errors import ErrorCode, StemFoundryError
from sagemaker_container.separation.backends import Runtime
from sagemaker_container.separation.models.bundled import UnknownModelError
from sagemaker_container.separation.models.demucs_weights import load_demucs_network
from sagemaker_container.separation.models.store import ModelStore

from .small_models import entry, hdemucs, htdemucs


def encoded(value):
    if isinstance(value, Fraction):
        return {"_type": "fraction", "numerator": value.numerator, "denominator": value.denominator}
    return value


def metadata_of(network, **changes):
    args, kwargs = network._init_args_kwargs
    kwargs = {name: encoded(value) for name, value in kwargs.items()}
    klass = f"{type(network).__module__}.{type(network).__name__}"
    return {"klass": klass, "args": json.dumps(args), "kwargs": json.dumps(kwargs)} | changes


def state_of(network, dtype=None):
    return {
        name: (tensor.to(dtype) if dtype and tensor.is_floating_point() else tensor).contiguous()
        for name, tensor in network.state_dict().items()
    }


@pytest.mark.parametrize("make", [htdemucs, hdemucs])
@pytest.mark.parametrize("dtype", [None, torch.float16])
def test_read_as_demucs_reads_it(tmp_path, make, dtype):
    network = make()
    path = tmp_path / "network.safetensors"
    save_file(state_of(network, dtype), str(path), metadata_of(network))
    ours, theirs = load_demucs_network(path.read_bytes()).eval(), load_safetensors_model(path).eval()
    mixture = torch.randn((1, 2, 44_100), generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        assert torch.equal(ours(mixture), theirs(mixture))
    assert all(parameter.dtype is torch.float32 for parameter in ours.parameters())


def test_a_segment_that_is_a_fraction_stays_one():
    network = type(htdemucs())(["drums", "bass"], channels=8, t_layers=1, t_heads=2, segment=Fraction(39, 5))
    loaded = load_demucs_network(save(state_of(network), metadata_of(network)))
    assert loaded.segment == Fraction(39, 5)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"klass": "subprocess.Popen"}, "model class 'subprocess.Popen' is none of"),
        ({"klass": "torch.nn.modules.linear.Linear"}, "is none of"),
        ({"structure": "{}"}, "quantised"),
        ({"kwargs": "{"}, "not a readable"),
        ({"kwargs": '{"channels": 9}'}, "not a readable"),
        ({"kwargs": '{"no_such_argument": 1}'}, "not a readable"),
        ({"args": "7"}, "not a readable"),
    ],
)
def test_other_files_are_refused_with_the_reason(changes, reason):
    network = htdemucs()
    with pytest.raises(UnknownModelError, match=reason):
        load_demucs_network(save(state_of(network), metadata_of(network, **changes)))


@pytest.mark.parametrize("content", [b"", b"\0" * 8, b"not safetensors at all", save({"a": torch.zeros(1)})])
def test_what_is_no_such_file_is_refused(content):
    with pytest.raises(UnknownModelError):
        load_demucs_network(content)


def saved(directory, network, **changes):
    content = save(state_of(network), metadata_of(network, **changes))
    (directory / "network.safetensors").write_bytes(content)
    weights = WeightsFile(name="network.safetensors", sha256=hashlib.sha256(content).hexdigest())
    return entry("network", Architecture.DEMUCS, weights)


def store_of(directory):
    return ModelStore(directory, torch.device("cpu"), runtime=Runtime.TORCH)


def test_the_store_loads_it_when_it_is_the_file_of_the_catalogue(tmp_path):
    model = saved(tmp_path, htdemucs())
    (member,) = store_of(tmp_path).load(model).members
    assert member.segment_samples == 44_100


def test_the_store_refuses_another_file_of_that_name(tmp_path):
    model = saved(tmp_path, htdemucs())
    saved(tmp_path, htdemucs(seed=1))
    with pytest.raises(StemFoundryError, match="SHA-256"):
        store_of(tmp_path).load(model)


def test_the_store_says_why_it_refuses_a_class(tmp_path):
    model = saved(tmp_path, htdemucs(), klass="subprocess.Popen")
    with pytest.raises(StemFoundryError, match=r"subprocess\.Popen") as caught:
        store_of(tmp_path).load(model)
    assert caught.value.code is ErrorCode.MODEL_UNAVAILABLE
