"""Encoding: what goes in comes out, at the right length, level and place in time."""

import struct
import zlib
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile
import soxr
import torch

from contract.audio import BIT_DEPTHS, BITRATES_KBPS, AudioFormat, OutputOptions
from sagemaker_container.separation.decoding.frame_sync import parse_mpeg_frame
from sagemaker_container.separation.decoding.samples import to_float
from sagemaker_container.separation.encode import (
    Tags,
    delivered_rate_hz,
    delivered_samples,
    full_scale,
    is_bounded,
    libav,
    open_writer,
)
from sagemaker_container.separation.encode.tags import picture_size

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
    monkeypatch.setattr(libav, "MAX_RIFF_BYTES", 1000)
    path = tmp_path / "stem.wav"
    encode(as_tensor(tones(RATE)), path, OutputOptions(bit_depth=16))
    assert soundfile.info(path).format == "RF64"
    assert decoded(path)[0].samples == RATE


@pytest.mark.parametrize("samples", [1, 2, 1023, 1024, 1025, 2049, 44_100, 123_457])
def test_m4a_decodes_to_its_exact_length_in_its_place(tmp_path, samples):
    original = noise(samples)
    path = tmp_path / "stem.m4a"
    encode(as_tensor(original), path, OutputOptions(format="m4a", bitrate_kbps=256))
    audio, result = decoded(path)
    assert audio.codec == "aac"
    assert len(result) == samples
    if samples > 2:
        assert lag(result, original) == 0


def test_the_index_of_an_m4a_stands_before_its_audio(tmp_path):
    path = tmp_path / "stem.m4a"
    encode(as_tensor(tones(RATE)), path, OutputOptions(format="m4a"), tags=Tags(TEXTS, PNG))
    content, boxes, position = path.read_bytes(), [], 0
    while position < len(content):
        size = int.from_bytes(content[position : position + 4], "big")
        boxes.append(content[position + 4 : position + 8])
        position += size
    assert position == len(content)
    assert [box for box in boxes if box != b"free"] == [b"ftyp", b"moov", b"mdat"]
    assert content[8:12] == b"M4A "


@pytest.mark.parametrize("bitrate", BITRATES_KBPS)
@pytest.mark.parametrize("audio_format", ["mp3", "m4a"])
def test_lossy_formats_keep_the_level(tmp_path, audio_format, bitrate):
    original = tones(2 * RATE)
    path = tmp_path / "stem"
    encode(as_tensor(original), path, OutputOptions(format=audio_format, bitrate_kbps=bitrate))
    _, result = decoded(path)
    inner = slice(4000, -4000)
    level = np.sum(result[inner] * original[inner]) / np.sum(np.square(original[inner]))
    assert level == pytest.approx(1, abs=5e-3)


def test_full_scale_is_what_a_format_holds():
    assert full_scale(OutputOptions(format="wav", bit_depth=32)) == np.inf
    assert full_scale(OutputOptions(format="flac")) == full_scale(OutputOptions(format="m4a")) == 1
    assert full_scale(OutputOptions(format="mp3")) == 1
    assert full_scale(OutputOptions(format="mp3", bitrate_kbps=128)) == 0.95


def png() -> bytes:
    def chunk(name, content):
        return (
            struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
        )

    pixels = zlib.compress((b"\0" + bytes(9)) * 2)
    header = struct.pack(">IIBBBBB", 3, 2, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


PNG = png()
# An application segment, then the frame: 3 wide, 2 high. An odd number of bytes.
JPEG = b"\xff\xd8\xff\xe0\0\4ab\xff\xc0\0\x0b\x08\0\2\0\3\1\1\x11\0\xff\xd9" + bytes(98)
TEXTS = {
    "title": "Söng (vocals)",
    "artist": "Ä",
    "album": "A",
    "album_artist": "B",
    "date": "2026",
    "genre": "Rock",
    "track": "3/9",
}
ANY_FORMAT = [*LOSSLESS, OutputOptions(format="mp3"), OutputOptions(format="m4a")]


@pytest.mark.parametrize("output", ANY_FORMAT, ids=lambda output: f"{output.format}-{output.bit_depth}")
@pytest.mark.parametrize("cover", [None, PNG, JPEG], ids=["none", "png", "jpeg"])
def test_tags_and_cover_come_back_and_the_audio_stays_whole(tmp_path, output, cover):
    original = tones(RATE)
    path = tmp_path / f"stem.{output.format}"
    encode(as_tensor(original), path, output, tags=Tags(TEXTS, cover))
    audio, result = decoded(path)
    assert audio.tags == TEXTS
    assert audio.cover == cover
    assert audio.warnings == []
    assert result.shape == original.shape
    assert lag(result, original) == 0


@pytest.mark.parametrize("limit", [0, 2**32])
def test_sizes_of_a_wav_with_a_cover_are_those_of_the_file(tmp_path, monkeypatch, limit):
    monkeypatch.setattr(libav, "MAX_RIFF_BYTES", limit)
    path = tmp_path / "stem.wav"
    encode(as_tensor(tones(RATE)), path, OutputOptions(), tags=Tags({}, JPEG))
    content = path.read_bytes()
    assert content[:4] == (b"RIFF" if limit else b"RF64")
    field = content[4:8] if limit else content[20:28]
    assert int.from_bytes(field, "little") == len(content) - 8
    assert len(content) % 2 == 0
    assert soundfile.read(path)[0].shape == (RATE, 2)
    assert decoded(path)[0].cover == JPEG


@pytest.mark.parametrize(
    ("picture", "size"),
    [(PNG, (3, 2)), (JPEG, (3, 2)), (JPEG[:9], (1, 1)), (PNG[:12], (1, 1)), (b"\xff\xd8\xff", (1, 1))],
)
def test_the_size_of_a_picture_is_read_or_left_open(picture, size):
    assert picture_size(picture) == size


@pytest.mark.parametrize("output", ANY_FORMAT, ids=lambda output: f"{output.format}-{output.bit_depth}")
def test_a_full_disk_is_an_error_of_the_system(tmp_path, output):
    path = tmp_path / "stem"
    path.symlink_to("/dev/full")
    with pytest.raises(OSError, match="No space left"):
        encode(as_tensor(noise(5 * RATE)), path, output)


@pytest.mark.parametrize("name", ["pipe:1", "http:", "a b%20ä?#"])
@pytest.mark.parametrize("output", ANY_FORMAT, ids=lambda output: f"{output.format}-{output.bit_depth}")
def test_a_folder_of_any_name_is_a_folder(tmp_path, monkeypatch, output, name):
    monkeypatch.chdir(tmp_path)
    Path(name).mkdir()
    encode(as_tensor(tones(RATE)), Path(name) / "stem", output)
    assert decoded(Path(name) / "stem")[0].samples == RATE


@pytest.mark.parametrize("output", ANY_FORMAT, ids=lambda output: f"{output.format}-{output.bit_depth}")
def test_the_same_stem_is_the_same_file(tmp_path, output):
    for name in ("first", "second"):
        encode(as_tensor(tones(RATE)), tmp_path / name, output, tags=Tags(TEXTS, PNG))
    assert (tmp_path / "first").read_bytes() == (tmp_path / "second").read_bytes()


@pytest.mark.parametrize(
    ("audio_format", "source_hz", "delivered_hz"),
    [
        ("wav", 8_000, 8_000),
        ("wav", 192_000, 192_000),
        ("flac", 96_000, 96_000),
        ("flac", 37_123, 37_123),
        ("mp3", 8_000, 32_000),
        ("mp3", 32_000, 32_000),
        ("mp3", 44_100, 44_100),
        ("mp3", 48_000, 48_000),
        ("mp3", 96_000, 48_000),
        ("m4a", 22_050, 32_000),
        ("m4a", 96_000, 96_000),
        ("m4a", 192_000, 96_000),
    ],
)
def test_stems_have_the_rate_and_length_of_their_song(tmp_path, audio_format, source_hz, delivered_hz):
    """The song is turned into 44.1 kHz as decoding does, the stem back; what comes out is the song."""
    output = OutputOptions(format=audio_format, original_sample_rate=True).with_defaults()
    song = tones(2 * source_hz + 7, rate=source_hz)
    samples = soxr.resample(song, source_hz, RATE, "VHQ")
    rate = delivered_rate_hz(output, source_hz)
    length = delivered_samples(output, source_hz, len(song), len(samples))
    assert rate == delivered_hz
    assert length == (len(song) if rate == source_hz else round(len(song) * rate / source_hz))
    path = tmp_path / "stem"
    writer = open_writer(path, output, length=length, sample_rate_hz=rate)
    for start in range(0, len(samples), 10_007):
        writer.write(samples[start : start + 10_007])
    writer.close()
    writer.close()
    audio, _ = decoded(path)
    assert (audio.source_sample_rate_hz, audio.source_samples) == (delivered_hz, length)
    with av.open(str(path)) as container:
        frames = [to_float(frame) for frame in container.decode(audio=0)]
    result = np.concatenate(frames)[:length]
    expected = tones(length, rate=delivered_hz)
    inner = slice(delivered_hz // 10, -delivered_hz // 10)
    tolerance = 1e-3 if audio_format in ("wav", "flac") else 3e-2
    assert np.abs(result[inner] - expected[inner]).max() < tolerance


@pytest.mark.parametrize("samples", [1, 2, 100])
def test_a_tiny_stem_is_resampled_to_its_length(tmp_path, samples):
    output = OutputOptions(format="wav", original_sample_rate=True).with_defaults()
    writer = open_writer(tmp_path / "stem.wav", output, length=2 * samples, sample_rate_hz=88_200)
    writer.write(tones(samples))
    writer.close()
    assert soundfile.info(tmp_path / "stem.wav").frames == 2 * samples
    with pytest.raises(ValueError, match="closed"):
        writer.write(tones(1))
    writer.abort()
    assert not (tmp_path / "stem.wav").exists()


def test_a_stem_is_named_in_the_title():
    assert Tags({"title": "Song", "artist": "X"}).for_stem("bass").texts == {
        "title": "Song (bass)",
        "artist": "X",
    }
    assert Tags({}, JPEG).for_stem("bass") == Tags({"title": "bass"}, JPEG)


@pytest.mark.parametrize("output", ANY_FORMAT)
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
