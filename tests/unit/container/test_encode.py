"""Encoding: what goes in comes out, at the right length, level and place in time."""

import numpy as np
import pytest
import soundfile
import torch

from contract.audio import BIT_DEPTHS, MP3_BITRATES_KBPS, AudioFormat, OutputOptions
from sagemaker_container.separation import encode as encode_module
from sagemaker_container.separation.decoding.frame_sync import parse_mpeg_frame
from sagemaker_container.separation.encode import encode, is_bounded

from .audio_files import RATE, decoded, lag, noise, tones

LOSSLESS = [
    OutputOptions(format=audio_format, bit_depth=depth)
    for audio_format, depths in BIT_DEPTHS.items()
    for depth in depths
]


def as_tensor(samples):
    return torch.from_numpy(np.ascontiguousarray(samples.T))


@pytest.mark.parametrize("output", LOSSLESS, ids=lambda output: f"{output.format}-{output.bit_depth}")
def test_lossless_formats_keep_every_sample_to_half_a_step(tmp_path, output):
    original = tones(RATE + 17, peak=0.9)
    path = tmp_path / f"stem.{output.format}"
    encode(as_tensor(original), path, output)
    _, samples = decoded(path)
    step = 0 if output.bit_depth == 32 else 2.0**-output.bit_depth
    assert samples.shape == original.shape
    assert np.abs(samples - original).max() <= step * 1.001
    subtype = {16: "PCM_16", 24: "PCM_24", 32: "FLOAT"}[output.bit_depth]
    assert soundfile.info(path).subtype == subtype


def test_16_bit_audio_comes_out_bit_for_bit(tmp_path):
    integers = np.arange(-32768, 32768, dtype=np.int16)
    original = np.stack([integers, integers[::-1]], axis=1)
    path = tmp_path / "stem.wav"
    encode(as_tensor(original.astype(np.float32) / 32768), path, OutputOptions(bit_depth=16))
    assert (soundfile.read(path, dtype="int16")[0] == original).all()


@pytest.mark.parametrize("bit_depth", [16, 24])
def test_integers_are_clipped_not_wrapped(tmp_path, bit_depth):
    path = tmp_path / "stem.wav"
    encode(torch.tensor([[2.0, -2.0, 1.0]] * 2), path, OutputOptions(bit_depth=bit_depth))
    assert soundfile.read(path)[0][:, 0] == pytest.approx([1, -1, 1], abs=2**-14)


def test_float_keeps_what_passes_full_scale(tmp_path):
    path = tmp_path / "stem.wav"
    encode(torch.tensor([[2.5, -3.0]] * 2), path, OutputOptions(bit_depth=32))
    assert soundfile.read(path)[0][:, 0].tolist() == [2.5, -3.0]


def test_the_gain_is_applied(tmp_path):
    path = tmp_path / "stem.wav"
    encode(torch.tensor([[2.0, -1.0]] * 2), path, OutputOptions(bit_depth=16), gain=0.25)
    assert soundfile.read(path)[0][:, 0].tolist() == [0.5, -0.25]


@pytest.mark.parametrize("bitrate", MP3_BITRATES_KBPS)
def test_mp3_has_the_asked_rate_in_every_frame(tmp_path, bitrate):
    path = tmp_path / "stem.mp3"
    encode(as_tensor(tones(RATE)), path, OutputOptions(format="mp3", bitrate_kbps=bitrate))
    content = path.read_bytes()
    position, frames = 0, 0
    while frame := parse_mpeg_frame(content, position):
        assert abs(frame.bytes - 144_000 * bitrate / RATE) <= 1
        position, frames = position + frame.bytes, frames + 1
    assert position == len(content)
    assert frames >= RATE / 1152


@pytest.mark.parametrize("samples", [1, 1000, 1152, 44_100, 123_457])
def test_mp3_decodes_to_its_exact_length_in_its_place(tmp_path, samples):
    original = noise(samples)
    path = tmp_path / "stem.mp3"
    encode(as_tensor(original), path, OutputOptions(format="mp3", bitrate_kbps=320))
    audio, result = decoded(path)
    assert len(result) == samples
    assert audio.source_samples == samples
    if samples > 1:
        assert lag(result, original) == 0


@pytest.mark.parametrize("audio_format", ["wav", "flac"])
def test_tags_are_written(tmp_path, audio_format):
    path = tmp_path / "stem"
    tags = {"title": "Söng 'x' (vocals)", "artist": "Ä", "album": "A"}
    encode(as_tensor(tones(100)), path, OutputOptions(format=audio_format, bit_depth=16), tags=tags)
    with soundfile.SoundFile(path) as file:
        assert file.copy_metadata() == tags


def test_what_would_pass_4_gigabytes_is_rf64(tmp_path, monkeypatch):
    monkeypatch.setattr(encode_module, "_MAX_RIFF_BYTES", 1000)
    path = tmp_path / "stem.wav"
    encode(as_tensor(tones(RATE)), path, OutputOptions(bit_depth=16))
    assert soundfile.info(path).format == "RF64"
    assert decoded(path)[0].samples == RATE


@pytest.mark.parametrize("output", [*LOSSLESS, OutputOptions(format="mp3", bitrate_kbps=128)])
def test_the_checkpoint_ends_the_work(tmp_path, output):
    def stop():
        raise InterruptedError

    with pytest.raises(InterruptedError):
        encode(as_tensor(tones(100)), tmp_path / "stem", output, checkpoint=stop)


def test_only_float_wav_has_no_full_scale():
    unbounded = [output for output in LOSSLESS if not is_bounded(output)]
    assert unbounded == [OutputOptions(format=AudioFormat.WAV, bit_depth=32)]
    assert is_bounded(OutputOptions(format="mp3"))
