"""Encoding: what goes in comes out, at the right length, level and place in time."""

import numpy as np
import pytest
import soundfile
import torch

from contract.audio import BIT_DEPTHS, BITRATES_KBPS, AudioFormat, OutputOptions
from sagemaker_container.separation.decoding.frame_sync import parse_mpeg_frame
from sagemaker_container.separation.encode import Tags, is_bounded, lossless, open_writer

from .audio_files import RATE, decoded, lag, noise, tones

LOSSLESS = [
    OutputOptions(format=audio_format, bit_depth=depth)
    for audio_format, depths in BIT_DEPTHS.items()
    for depth in depths
]


def encode(samples, path, output, *, gain=1.0, tags=None):
    """Write [channels, samples] in blocks."""
    writer = open_writer(path, output.with_defaults(), length=samples.shape[-1], gain=gain, tags=tags)
    for block in samples.split(10_007, dim=1):
        writer.write(np.ascontiguousarray(block.numpy().T))
    writer.close()


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


@pytest.mark.parametrize("bitrate", BITRATES_KBPS)
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
    encode(as_tensor(tones(100)), path, OutputOptions(format=audio_format, bit_depth=16), tags=Tags(tags))
    with soundfile.SoundFile(path) as file:
        assert file.copy_metadata() == tags


def test_what_would_pass_4_gigabytes_is_rf64(tmp_path, monkeypatch):
    monkeypatch.setattr(lossless, "MAX_RIFF_BYTES", 1000)
    path = tmp_path / "stem.wav"
    encode(as_tensor(tones(RATE)), path, OutputOptions(bit_depth=16))
    assert soundfile.info(path).format == "RF64"
    assert decoded(path)[0].samples == RATE


@pytest.mark.parametrize("samples", [3000, 44_100, 123_457])
def test_m4a_decodes_to_its_exact_length_in_its_place(tmp_path, samples):
    original = noise(samples)
    path = tmp_path / "stem.m4a"
    encode(as_tensor(original), path, OutputOptions(format="m4a", bitrate_kbps=256))
    audio, result = decoded(path)
    assert audio.codec == "aac"
    assert len(result) == samples
    assert lag(result, original) == 0


COVER = b"\xff\xd8\xff" + bytes(500)
TEXTS = {
    "title": "Söng (vocals)",
    "artist": "Ä",
    "album": "A",
    "album_artist": "B",
    "date": "2026",
    "genre": "Rock",
    "track": "3",
}


@pytest.mark.parametrize("audio_format", ["flac", "mp3", "m4a"])
def test_tags_and_cover_come_back_and_the_audio_stays_whole(tmp_path, audio_format):
    original = tones(RATE)
    path = tmp_path / f"stem.{audio_format}"
    encode(as_tensor(original), path, OutputOptions(format=audio_format), tags=Tags(TEXTS, COVER))
    audio, result = decoded(path)
    missing = {"flac": {"album_artist"}, "mp3": set(), "m4a": {"track"}}[audio_format]
    assert audio.tags == {name: text for name, text in TEXTS.items() if name not in missing}
    assert audio.cover == COVER
    assert result.shape == original.shape


def test_a_stem_is_named_in_the_title():
    assert Tags({"title": "Song", "artist": "X"}).for_stem("bass").texts == {
        "title": "Song (bass)",
        "artist": "X",
    }
    assert Tags({}, COVER).for_stem("bass") == Tags({"title": "bass"}, COVER)


@pytest.mark.parametrize("output", [*LOSSLESS, OutputOptions(format="mp3"), OutputOptions(format="m4a")])
@pytest.mark.parametrize("closed", [False, True])
def test_an_aborted_file_is_gone(tmp_path, output, closed):
    path = tmp_path / "stem"
    writer = open_writer(path, output.with_defaults(), length=5000)
    writer.write(tones(5000))
    if closed:
        writer.close()
        writer.close()
    writer.abort()
    writer.abort()
    assert not path.exists()


def test_only_float_wav_has_no_full_scale():
    unbounded = [output for output in LOSSLESS if not is_bounded(output)]
    assert unbounded == [OutputOptions(format=AudioFormat.WAV, bit_depth=32)]
    assert is_bounded(OutputOptions(format="mp3"))
