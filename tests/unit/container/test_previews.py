"""Previews: any stretch can be played from its bytes alone, and the index says how."""

import io

import av
import numpy as np
import pytest

from contract.preview import (
    FRAME_SAMPLES,
    FRAMES_PER_OFFSET,
    MAX_POINTS,
    PREVIEW_GAIN_DB,
    PreviewIndex,
)
from sagemaker_container.separation.decoding.frame_sync import parse_mpeg_frame
from sagemaker_container.separation.mp3_frames import FrameScanner
from sagemaker_container.separation.previews import PreviewWriter, write_index

from .audio_files import RATE, decoded, lag, noise, tones

GAIN = 10 ** (PREVIEW_GAIN_DB / 20)


def preview(path, samples, block=10_000):
    writer = PreviewWriter(path, len(samples))
    for start in range(0, len(samples), block):
        writer.write(samples[start : start + block])
    return writer.close()


def decoded_range(content):
    """All that a decoder makes of some frames, [samples, channels]."""
    with av.open(io.BytesIO(content), format="mp3") as container:
        return np.concatenate([frame.to_ndarray().T for frame in container.decode(audio=0)])


@pytest.mark.parametrize("samples", [1, 1151, RATE, 20 * RATE + 77])
def test_the_whole_preview_is_the_lane_at_its_gain(tmp_path, samples):
    original = tones(samples)
    path = tmp_path / "vocals.mp3"
    entry = preview(path, original)
    _, result = decoded(path)
    assert result.shape == original.shape
    assert entry.samples == samples
    assert entry.size_bytes == path.stat().st_size
    if samples > RATE:
        inner = slice(2000, -2000)
        assert np.abs(result[inner] - original[inner] * GAIN).max() < 0.01


def test_offsets_lead_to_every_32nd_frame(tmp_path):
    path = tmp_path / "vocals.mp3"
    entry = preview(path, noise(30 * RATE))
    content = path.read_bytes()
    places, position = [], parse_mpeg_frame(content, 0).bytes
    while frame := parse_mpeg_frame(content, position):
        assert frame.samples == FRAME_SAMPLES
        places.append(position)
        position += frame.bytes
    assert position == len(content)
    assert entry.frames == len(places)
    assert entry.offsets == places[::FRAMES_PER_OFFSET]
    padded = entry.encoder_delay_samples + entry.samples + entry.encoder_padding_samples
    assert padded == entry.frames * FRAME_SAMPLES


@pytest.mark.parametrize("block", [1, 2, 9])
def test_a_range_of_bytes_plays_its_stretch(tmp_path, block):
    original = noise(30 * RATE)
    path = tmp_path / "vocals.mp3"
    entry = preview(path, original)
    index = write_index(tmp_path / "index.json", {"vocals": entry}, samples=len(original))
    content = path.read_bytes()
    result = decoded_range(content[entry.offsets[block] : entry.offsets[block + 3]])

    useful = result[index.preroll_frames * index.frame_samples :]
    begin = (block * index.frames_per_offset + index.preroll_frames) * index.frame_samples
    begin -= index.delay_samples
    _, whole = decoded(path)
    assert np.abs(useful - whole[begin : begin + len(useful)]).max() < 1e-4
    assert lag(useful, original[begin : begin + len(useful)]) == 0


def test_the_end_of_the_lane_is_in_its_last_frames(tmp_path):
    original = noise(2 * RATE + 5)
    path = tmp_path / "vocals.mp3"
    entry = preview(path, original)
    result = decoded_range(path.read_bytes()[entry.offsets[1] :])
    begin = FRAMES_PER_OFFSET * FRAME_SAMPLES - PreviewIndex.model_fields["delay_samples"].default
    assert begin + len(result) >= len(original)


@pytest.mark.parametrize("samples", [1, MAX_POINTS, MAX_POINTS + 1, 123_457])
@pytest.mark.parametrize("block", [997, 1 << 18])
def test_the_outline_is_that_of_the_samples(tmp_path, samples, block):
    original = (noise(samples) * 3).astype(np.float32)
    entry = preview(tmp_path / "vocals.mp3", original, block)
    index = write_index(tmp_path / "index.json", {"vocals": entry}, samples=samples)
    points = [
        original[start : start + index.point_samples] for start in range(0, samples, index.point_samples)
    ]
    assert entry.peaks == [round(255 * min(1.0, float(np.abs(point).max()))) for point in points]
    expected = [255 * np.sqrt(np.mean(np.square(point, dtype=float))) for point in points]
    assert np.abs(np.array(entry.rms) - np.minimum(255, expected)).max() <= 0.501
    assert MAX_POINTS / 2 <= len(points) <= MAX_POINTS or samples < MAX_POINTS


def test_songs_of_ordinary_length_have_1600_points(tmp_path):
    entry = preview(tmp_path / "vocals.mp3", np.zeros((10 * RATE, 2), np.float32))
    assert 1600 <= len(entry.peaks) <= MAX_POINTS


def test_silence_and_a_stem_above_full_scale_are_previewed(tmp_path):
    silent = preview(tmp_path / "silent.mp3", np.zeros((RATE, 2), np.float32))
    assert set(silent.peaks) == set(silent.rms) == {0}
    loud = tones(RATE, peak=1.3)
    entry = preview(tmp_path / "loud.mp3", loud)
    assert max(entry.peaks) == 255
    _, result = decoded(tmp_path / "loud.mp3")
    assert np.abs(result[2000:-2000] - loud[2000:-2000] * GAIN).max() < 0.02
    assert entry.offsets == silent.offsets


def test_the_index_can_be_read_back(tmp_path):
    lanes = {name: preview(tmp_path / f"{name}.mp3", noise(RATE)) for name in ("vocals", "mixture")}
    path = tmp_path / "index.json"
    index = write_index(path, lanes, samples=RATE, beats=[0.51234, 1.0])
    assert PreviewIndex.model_validate_json(path.read_bytes()) == index
    assert index.beats == [0.512, 1.0]
    assert index.duration_seconds == 1.0
    assert index.lanes["vocals"] == lanes["vocals"]


def test_closing_and_aborting_twice_is_harmless(tmp_path):
    path = tmp_path / "vocals.mp3"
    writer = PreviewWriter(path, 100)
    writer.write(tones(100))
    assert writer.close() == writer.close()
    writer.abort()
    writer.abort()
    assert not path.exists()


def test_more_samples_than_announced_are_refused(tmp_path):
    writer = PreviewWriter(tmp_path / "vocals.mp3", 10)
    with pytest.raises(ValueError, match="11 samples came, 10"):
        writer.write(tones(11))
    writer.abort()


@pytest.mark.parametrize("size", [1, 3, 523, 100_000])
def test_frames_are_found_in_pieces_of_any_size(tmp_path, size):
    path = tmp_path / "vocals.mp3"
    entry = preview(path, noise(RATE))
    content = path.read_bytes()
    scanner = FrameScanner(0, FRAMES_PER_OFFSET)
    for start in range(0, len(content), size):
        scanner.feed(content[start : start + size])
    assert scanner.frames == entry.frames + 1
    assert scanner.end == len(content)
    assert scanner.first_header == content[:4]


def test_what_is_no_frame_is_refused():
    with pytest.raises(ValueError, match="no frame at byte 5"):
        FrameScanner(5).feed(b"something else")
