"""The child process around decoding: its limits, what it may not see, how it ends."""

import os
import sys

import numpy as np
import pytest

from contract.errors import ErrorCode, StemFoundryError
from contract.limits import Limits
from sagemaker_container.separation import decode as decode_module
from sagemaker_container.separation import decoder_process
from sagemaker_container.separation.decode import decode_file
from sagemaker_container.separation.streaming.spool import Spool

from .audio_files import RATE, decoded, tones, write


def failure(path, spool, limits=None):
    with pytest.raises(StemFoundryError) as caught:
        decode_file(path, spool, limits or Limits())
    return caught.value


def as_program(monkeypatch, tmp_path, code):
    """Let the child run other code than the decoder's."""
    module = tmp_path / "modules" / "stand_in.py"
    module.parent.mkdir()
    module.write_text(code)
    monkeypatch.setattr(decode_module, "_MODULE", "stand_in")
    monkeypatch.setattr(decode_module, "_PACKAGE_ROOT", module.parent)


def test_the_child_gives_what_decoding_gives(tmp_path):
    path = write(tmp_path / "-n'; $(rm) \u202e\n.wav", tones(RATE), format="WAV")
    spool = tmp_path / "spool"
    audio = decode_file(path, spool, Limits())
    expected_audio, expected = decoded(path)
    assert audio == expected_audio
    with Spool(spool) as kept:
        assert (expected == kept.read_interleaved(0, kept.samples)).all()


def test_a_failure_keeps_its_code(tmp_path):
    path = tmp_path / "song.mp3"
    path.write_bytes(b"#EXTM3U\nfile:///etc/passwd\n")
    assert failure(path, tmp_path / "spool").code is ErrorCode.UNSAFE_MEDIA
    path.write_bytes(b"")
    assert failure(path, tmp_path / "spool").code is ErrorCode.FILE_EMPTY


def test_credentials_do_not_reach_the_child(monkeypatch, tmp_path):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN", "secret")
    monkeypatch.setenv("TABLE_NAME", "jobs")
    environment = decode_module._child_environment()
    assert not [name for name in environment if name.startswith("AWS")]
    assert "TABLE_NAME" not in environment
    assert "secret" not in environment.values()


def test_the_checkpoint_can_end_the_decoding(monkeypatch, tmp_path):
    as_program(monkeypatch, tmp_path, "import sys; sys.stdin.read(); import signal; signal.pause()")
    path = write(tmp_path / "song.wav", tones(100))

    class StopError(Exception):
        pass

    def stop():
        raise StopError

    with pytest.raises(StopError):
        decode_file(path, tmp_path / "spool", Limits(), checkpoint=stop)


@pytest.mark.parametrize("crash", ["os.kill(os.getpid(), signal.SIGSEGV)", "sys.exit(3)", "print('{}')"])
def test_a_crash_of_the_child_is_a_damaged_file(monkeypatch, tmp_path, crash):
    as_program(monkeypatch, tmp_path, f"import os, signal, sys; {crash}")
    path = write(tmp_path / "song.wav", tones(100))
    assert failure(path, tmp_path / "spool").code is ErrorCode.DECODING_FAILED


@pytest.mark.parametrize("name", ["SIGXCPU", "SIGXFSZ", "SIGKILL"])
def test_a_child_that_hits_a_limit_says_so(monkeypatch, tmp_path, name):
    code = (
        "import os, signal\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_DFL)\n"
        f"os.kill(os.getpid(), signal.{name})\n"
    )
    as_program(monkeypatch, tmp_path, code)
    path = write(tmp_path / "song.wav", tones(100))
    assert failure(path, tmp_path / "spool").code is ErrorCode.DECODING_LIMIT_EXCEEDED


def test_too_little_memory_is_a_limit_not_a_crash(monkeypatch, tmp_path):
    package_root = decode_module._PACKAGE_ROOT
    code = (
        f"import sys; sys.path.insert(0, {str(package_root)!r})\n"
        "from sagemaker_container.separation import decoder_process\n"
        "def decode(*_):\n    return bytearray(4 * 1024**3)\n"
        "decoder_process.decode = decode\n"
        "decoder_process.main()\n"
    )
    as_program(monkeypatch, tmp_path, code)
    path = write(tmp_path / "song.wav", tones(100))
    assert failure(path, tmp_path / "spool").code is ErrorCode.DECODING_LIMIT_EXCEEDED


def test_the_child_limits_itself(monkeypatch, tmp_path):
    report = tmp_path / "limits.txt"
    code = (
        f"import sys, resource, pathlib; sys.path.insert(0, {str(decode_module._PACKAGE_ROOT)!r})\n"
        "from contract.limits import Limits\n"
        "from sagemaker_container.separation import decoder_process\n"
        "decoder_process._limit_resources(Limits())\n"
        "kinds = (resource.RLIMIT_AS, resource.RLIMIT_CPU, resource.RLIMIT_FSIZE, resource.RLIMIT_CORE)\n"
        f"pathlib.Path({str(report)!r}).write_text(repr([resource.getrlimit(k)[1] for k in kinds]))\n"
    )
    as_program(monkeypatch, tmp_path, code)
    failure(write(tmp_path / "song.wav", tones(100)), tmp_path / "spool")
    assert report.read_text() == repr([1024**3, 390, 7210 * RATE * 8, 0])


def test_a_long_file_fits_into_the_memory_limit(tmp_path):
    samples = np.zeros((3 * 60 * 96_000, 2), np.float32)
    path = write(tmp_path / "long.flac", samples, 96_000)
    audio = decode_file(path, tmp_path / "spool", Limits())
    assert audio.samples == 3 * 60 * RATE


def test_importing_the_child_does_not_load_torch():
    code = f"import {decoder_process.__name__}, sys; sys.exit('torch' in sys.modules)"
    assert os.spawnv(os.P_WAIT, sys.executable, [sys.executable, "-c", code]) == 0
