"""The core converted for OpenVINO gives what torch gives, is kept in a folder, and tells nobody."""

import logging
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from sagemaker_container.separation.backends.base import Precision
from sagemaker_container.separation.backends.openvino_backend import OpenVinoBackend, is_fast_in
from sagemaker_container.separation.backends.torch_backend import TorchBackend

from .small_models import htdemucs
from .test_backends_torch import CPU, deep_htdemucs, sdr, segments

pytest.importorskip("openvino._pyopenvino", reason="the optional extra openvino is not installed")


@pytest.fixture(scope="module")
def network():
    return htdemucs()


@pytest.fixture(scope="module")
def expected(network):
    return TorchBackend(network, CPU, Precision.FP32)(segments())


@pytest.fixture(scope="module")
def conversion(network, tmp_path_factory):
    """What converting leaves behind. It takes seconds, so tests get copies."""
    folder = tmp_path_factory.mktemp("conversion")
    converted(network, folder)
    return folder


@pytest.fixture
def kept(conversion, tmp_path):
    """A copy of what converting leaves behind, to use and to damage."""
    return Path(shutil.copytree(conversion, tmp_path / "kept"))


def converted(network, directory, precision=Precision.FP32, digest="0"):
    return OpenVinoBackend(network, precision, cache_directory=directory, digest=digest)


def test_equals_torch_for_several_segments(network, expected, tmp_path):
    backend = converted(network, tmp_path)
    assert backend.reference is None
    assert sdr(expected, backend(segments())) > 75
    shorter = segments(1, 20_000)
    reference = TorchBackend(network, CPU, Precision.FP32)(shorter)
    assert sdr(reference, backend(shorter)) > 75


def test_attention_within_and_between_branches_equals_torch():
    network = deep_htdemucs()
    expected = TorchBackend(network, CPU, Precision.FP32)(segments(1))
    assert sdr(expected, converted(network, None)(segments(1))) > 75


def test_dropout_is_off_even_for_a_network_left_in_training(expected, tmp_path):
    network = htdemucs()
    network.train()
    assert sdr(expected, converted(network, tmp_path)(segments())) > 75


def test_half_precision_leads_back_to_full(network, expected, tmp_path):
    if not is_fast_in(Precision.BF16):
        pytest.skip("this CPU has no bf16")
    backend = converted(network, tmp_path, Precision.BF16)
    assert 25 < sdr(expected, backend(segments())) < 75
    assert sdr(expected, backend.reference(segments())) > 75


def test_what_is_kept_is_used_and_belongs_to_its_weights(expected, kept):
    before = {file: file.stat().st_mtime_ns for file in kept.glob("*.*")}
    assert sorted(file.suffix for file in before) == [".bin", ".xml"]
    assert sdr(expected, converted(htdemucs(seed=5), kept)(segments())) > 75
    assert {file: file.stat().st_mtime_ns for file in kept.glob("*.*")} == before
    other = converted(htdemucs(seed=5), kept, digest="1")(segments())
    assert sdr(expected, other) < 20
    assert len(list(kept.glob("*.*"))) == 4


@pytest.mark.parametrize("suffix", [".xml", ".bin"])
def test_a_damaged_copy_is_replaced(network, expected, kept, caplog, suffix):
    damaged = next(kept.glob(f"*{suffix}"))
    whole = damaged.stat().st_size
    damaged.write_bytes(damaged.read_bytes()[: whole // 2])
    with caplog.at_level(logging.WARNING):
        assert sdr(expected, converted(network, kept)(segments())) > 75
    assert "converted again" in caplog.text
    assert damaged.stat().st_size == whole


def test_a_folder_that_cannot_be_written_costs_time_only(network, expected, tmp_path, caplog):
    occupied = tmp_path / "converted"
    occupied.write_bytes(b"")
    with caplog.at_level(logging.WARNING):
        assert sdr(expected, converted(network, occupied)(segments())) > 75
    assert "could not be kept" in caplog.text


def test_nothing_is_reported_to_the_makers_of_openvino(tmp_path):
    program = (
        "import socket, sys\n"
        "from pathlib import Path\n"
        "from sagemaker_container.separation.backends import openvino_backend\n"
        "from sagemaker_container.separation.backends.base import Precision\n"
        "def refuse(*_): raise AssertionError('network')\n"
        "socket.socket.connect = refuse\n"
        "socket.getaddrinfo = refuse\n"
        "openvino_backend.is_fast_in(Precision.BF16)\n"
        "from openvino.tools.ovc import telemetry_utils\n"
        "print(telemetry_utils.tm.__name__, sys.modules['openvino_telemetry'])\n"
    )
    home = {"HOME": str(tmp_path), "PYTHONPATH": ":".join(sys.path)}
    output = subprocess.run(
        [sys.executable, "-c", program], env=home, check=True, capture_output=True, text=True
    ).stdout
    assert output.split() == ["openvino.tools.ovc.telemetry_stub", "None"]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("share", [0.0, 0.5, 0.99])
def test_a_damaged_compiled_network_is_compiled_again(network, expected, kept, share):
    compiled = list((kept / "compiled").iterdir())
    assert compiled
    for file in compiled:
        file.write_bytes(file.read_bytes()[: int(file.stat().st_size * share)])
    assert sdr(expected, converted(network, kept)(segments())) > 75
