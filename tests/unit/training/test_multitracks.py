"""Folders of songs with their true stems are found, checked and read piece by piece."""

import av
import numpy as np
import pytest
import soundfile

from training.data.chance import Chance
from training.multitracks import MultitrackError, find_multitracks
from training.sources import SAMPLE_RATE, SOURCES

SAMPLES = SAMPLE_RATE


def noise(name, samples=SAMPLES, channels=2):
    return 0.1 * Chance(name).generator.standard_normal((channels, samples)).astype(np.float32)


def write(path, audio, rate=SAMPLE_RATE, **kwargs):
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, audio.T, rate, **kwargs)


def write_song(folder, suffix="wav", stems=SOURCES, **kwargs):
    audio = {stem: noise(stem, **kwargs) for stem in stems}
    for stem, samples in audio.items():
        write(folder / f"{stem}.{suffix}", samples, subtype="FLOAT" if suffix == "wav" else None)
    return np.stack(list(audio.values()))


def tone(frequency, rate=SAMPLE_RATE, seconds=2):
    wave = 0.3 * np.sin(2 * np.pi * frequency * np.arange(rate * seconds) / rate)
    return np.stack([wave, wave]).astype(np.float32)


def write_stem_file(path, stems):
    """Encode stems [stems, 2, time] as AAC streams of one file, as MUSDB18 has them."""
    with av.open(str(path), "w", format="mp4") as container:
        streams = [container.add_stream("aac", rate=SAMPLE_RATE, bit_rate=256_000) for _ in stems]
        for stream, audio in zip(streams, stems, strict=True):
            for start in range(0, audio.shape[-1], 1024):
                block = np.ascontiguousarray(audio[:, start : start + 1024])
                frame = av.AudioFrame.from_ndarray(block, format="fltp", layout="stereo")
                frame.sample_rate, frame.pts = SAMPLE_RATE, start
                container.mux(stream.encode(frame))
            container.mux(stream.encode(None))


def test_songs_are_found_with_and_without_a_level_between(tmp_path):
    write_song(tmp_path / "b")
    write_song(tmp_path / "train" / "a")
    write_song(tmp_path / "test" / "c", suffix="flac")

    assert [song.name for song in find_multitracks(tmp_path)] == ["b", "test/c", "train/a"]
    assert [song.name for song in find_multitracks(tmp_path / "b")] == ["b"]


def test_only_what_is_asked_for_is_read(tmp_path):
    stems = write_song(tmp_path / "song")
    (song,) = find_multitracks(tmp_path)

    assert song.seconds == 1
    np.testing.assert_array_equal(song.read(1000, 500), stems[..., 1000:1500])
    np.testing.assert_allclose(song.read_mixture(1000, 500), stems[..., 1000:1500].sum(axis=0), atol=1e-6)


def test_beyond_the_end_is_silence(tmp_path):
    stems = write_song(tmp_path / "song")
    (song,) = find_multitracks(tmp_path)

    end = song.read(SAMPLES - 100, 300)
    np.testing.assert_array_equal(end[..., :100], stems[..., -100:])
    assert not end[..., 100:].any()
    assert not song.read(2 * SAMPLES, 300).any()


def test_the_order_of_the_stems_is_the_one_asked_for(tmp_path):
    stems = write_song(tmp_path / "song")
    (song,) = find_multitracks(tmp_path, ("vocals", "drums"))

    np.testing.assert_array_equal(song.read(0, 100), stems[[3, 0], :, :100])


def test_a_mixture_file_is_preferred_to_the_sum(tmp_path):
    write_song(tmp_path / "song")
    mixture = noise("mixture")
    write(tmp_path / "song" / "mixture.wav", mixture, subtype="FLOAT")
    (song,) = find_multitracks(tmp_path)

    np.testing.assert_array_equal(song.read_mixture(10, 100), mixture[:, 10:110])


def test_mono_becomes_stereo(tmp_path):
    write_song(tmp_path / "song", channels=1)
    (song,) = find_multitracks(tmp_path)

    left, right = song.read(0, 100)[0]
    np.testing.assert_array_equal(left, right)


@pytest.mark.parametrize("rate", [48_000, 22_050])
def test_another_rate_is_converted_alike_wherever_reading_starts(tmp_path, rate):
    for stem in SOURCES:
        write(tmp_path / "song" / f"{stem}.wav", tone(1000, rate), rate, subtype="FLOAT")
    (song,) = find_multitracks(tmp_path)

    assert song.samples == 2 * SAMPLE_RATE
    middle = song.read(44_321, 10_000)[0]
    np.testing.assert_allclose(middle, tone(1000)[:, 44_321:54_321], atol=2e-3)
    np.testing.assert_allclose(middle[:, 5_000:], song.read(49_321, 5_000)[0], atol=1e-5)


def test_a_stem_file_has_its_streams_in_the_order_of_musdb(tmp_path):
    frequencies = (300, 400, 600, 800, 1000)
    write_stem_file(tmp_path / "a song.stem.mp4", [tone(hz) for hz in frequencies])
    (song,) = find_multitracks(tmp_path)

    assert song.name == "a song"
    for stem, frequency in zip(song.read(50_000, 8820), frequencies[1:], strict=True):
        np.testing.assert_allclose(stem, tone(frequency)[:, 50_000:58_820], atol=0.03)
    np.testing.assert_allclose(song.read_mixture(50_000, 8820), tone(300)[:, 50_000:58_820], atol=0.03)


def test_a_stem_file_is_read_alike_wherever_reading_starts(tmp_path):
    write_stem_file(tmp_path / "song.stem.mp4", [noise(str(index), 3 * SAMPLES) for index in range(5)])
    (song,) = find_multitracks(tmp_path)

    whole = song.read(0, 3 * SAMPLES)
    np.testing.assert_allclose(song.read(100_001, 5000), whole[..., 100_001:105_001], atol=1e-5)


def test_a_kit_may_do_without_percussion(tmp_path):
    parts = write_song(tmp_path / "kit", stems=("kick", "snare", "toms", "cymbals"))
    (song,) = find_multitracks(tmp_path, ("kick", "snare", "toms", "cymbals", "percussion"))

    read = song.read(0, 100)
    np.testing.assert_array_equal(read[:4], parts[..., :100])
    assert not read[4].any()


def test_everything_that_is_wrong_is_told_at_once(tmp_path):
    write_song(tmp_path / "good")
    write_song(tmp_path / "incomplete", stems=("drums", "bass"))
    write_song(tmp_path / "uneven")
    write(tmp_path / "uneven" / "bass.wav", noise("short", SAMPLES // 2))
    write_song(tmp_path / "twice")
    write(tmp_path / "twice" / "drums.flac", noise("drums"))
    write_song(tmp_path / "surround")
    write(tmp_path / "surround" / "drums.wav", noise("six", channels=6))
    write_song(tmp_path / "broken")
    (tmp_path / "broken" / "vocals.wav").write_bytes(b"not audio")

    with pytest.raises(MultitrackError) as error:
        find_multitracks(tmp_path)

    broken, incomplete, surround, twice, uneven = str(error.value).splitlines()
    assert "vocals.wav: cannot be read" in broken
    assert "incomplete: has no audio file for other, vocals" in incomplete
    assert "drums.wav: has 6 channels" in surround
    assert "twice: has drums.wav and drums.flac" in twice
    assert "bass lasts 0.50 s and drums 1.00 s" in uneven


def test_ends_that_a_lossy_encoder_padded_are_cut(tmp_path):
    write_song(tmp_path / "song")
    write(tmp_path / "song" / "bass.wav", noise("long", SAMPLES + 1152))

    (song,) = find_multitracks(tmp_path)
    assert song.samples == SAMPLES


def test_a_stem_file_needs_five_streams(tmp_path):
    write_stem_file(tmp_path / "song.stem.mp4", [tone(300), tone(400)])

    with pytest.raises(MultitrackError, match="2 audio streams instead of five"):
        find_multitracks(tmp_path)


def test_a_folder_without_songs_says_what_was_expected(tmp_path):
    with pytest.raises(MultitrackError, match=r"drums\.wav, bass\.wav"):
        find_multitracks(tmp_path)
    with pytest.raises(MultitrackError, match="no such folder"):
        find_multitracks(tmp_path / "nowhere")


def test_samples_that_are_not_numbers_are_refused(tmp_path):
    write_song(tmp_path / "song")
    write(tmp_path / "song" / "bass.wav", np.full((2, SAMPLES), np.nan, np.float32), subtype="FLOAT")
    (song,) = find_multitracks(tmp_path)

    with pytest.raises(ValueError, match=r"bass\.wav: holds samples that are not numbers"):
        song.read(0, 100)
