"""Figures and pictures of stems whose true ones nobody knows."""

import av
import numpy as np
import pytest
import soundfile

from training.data.chance import Chance
from training.describe import main
from training.evaluation.figures import (
    band_energies,
    border_figures,
    borders_of,
    correlations,
    levels_db,
    pumping,
)
from training.evaluation.pictures import loudest_power, spectrogram, stacked, write_png
from training.sources import SAMPLE_RATE

TIME = np.arange(4 * SAMPLE_RATE) / SAMPLE_RATE


def stereo(wave):
    return np.stack([wave, wave]).astype(np.float32)


def tone(frequency, amplitude=0.5):
    return stereo(amplitude * np.sin(2 * np.pi * frequency * TIME))


def noise(name, envelope=1.0):
    return stereo(0.1 * envelope * Chance(name).generator.standard_normal(len(TIME)))


@pytest.mark.parametrize(
    ("frequency", "band"), [(45, "sub"), (120, "bass"), (350, "low-mid"), (1000, "mid"), (9000, "high")]
)
def test_a_tone_lies_in_its_band(frequency, band):
    energies = band_energies(tone(frequency))

    assert energies[band] > 0.95 * sum(energies.values())


def test_levels_are_those_of_each_second():
    audio = tone(1000, 1.0)
    audio[:, SAMPLE_RATE : 2 * SAMPLE_RATE] *= 0.1
    audio[:, 2 * SAMPLE_RATE : 3 * SAMPLE_RATE] = 0

    np.testing.assert_allclose(levels_db(audio), [-3.01, -23.01, -90, -3.01], atol=0.05)


def test_borders_are_where_a_segment_starts_or_ends():
    assert borders_of(samples=100, segment_samples=40, stride=30) == [30, 40, 60, 70, 90]
    assert borders_of(samples=20, segment_samples=40, stride=30) == []


def test_a_click_at_a_border_is_found():
    borders = borders_of(len(TIME), SAMPLE_RATE, SAMPLE_RATE * 3 // 4)
    song = tone(220)
    clean = border_figures(song, song, borders)
    song[:, borders[2] :] *= -1

    clicking = border_figures(song, song, borders)

    assert clean is not None
    assert clicking is not None
    assert clean.clicks == 0
    assert clicking.clicks == 1
    assert clicking.rank > clean.rank


def test_a_level_that_jumps_at_borders_is_told_from_one_that_changes_with_the_song():
    borders = borders_of(len(TIME), SAMPLE_RATE, SAMPLE_RATE)
    louder = np.where(TIME % 2 < 1, 1.0, 0.3)
    steady, jumping = noise("a"), noise("a", louder)

    heard, excused = border_figures(jumping, steady, borders), border_figures(jumping, jumping, borders)

    assert heard is not None
    assert excused is not None
    assert heard.level_step_db == pytest.approx(10.5, abs=0.5)
    assert heard.level_step_db > heard.level_step_elsewhere_db + 3
    assert excused.level_step_db == 0


def test_a_song_of_one_segment_has_no_borders():
    assert border_figures(tone(220), tone(220), []) is None


def test_a_stem_that_drums_press_down_pumps():
    beats = np.exp(-12 * (TIME % 0.5))
    drums = noise("drums", beats)

    assert pumping(noise("pad", 1 - 0.8 * beats), drums) < -0.5
    assert pumping(noise("leaking", beats), drums) > 0.9
    assert abs(pumping(noise("steady"), drums)) < 0.2


def test_stems_that_share_nothing_do_not_correlate():
    matrix = correlations({"a": noise("a"), "b": noise("b"), "both": noise("a") + noise("b")})

    assert matrix[0, 1] == pytest.approx(0, abs=0.02)
    assert matrix[0, 2] == pytest.approx(0.71, abs=0.02)


def test_a_tone_is_a_bright_line_at_its_height():
    audio = tone(1000)
    picture = spectrogram(audio, loudest_power(audio), marks=[0])

    brightness = picture[10:, 10:-10].astype(int).sum(axis=(1, 2))
    height = np.log(20_000 / 1000) / np.log(20_000 / 30)
    assert brightness.argmax() + 10 == pytest.approx(height * len(picture), abs=3)
    assert tuple(picture[0, 0]) == (90, 220, 255)


def test_a_picture_is_written_as_it_is(tmp_path):
    picture = Chance("picture").generator.integers(0, 256, (20, 31, 3)).astype(np.uint8)
    write_png(picture, tmp_path / "picture.png")

    with av.open(str(tmp_path / "picture.png")) as file:
        frame = next(file.decode(video=0))
    np.testing.assert_array_equal(frame.to_ndarray(format="rgb24"), picture)
    assert stacked([picture, picture]).shape == (43, 31, 3)


def test_a_song_is_described_with_the_bundled_model(tmp_path, capsys):
    soundfile.write(tmp_path / "song.wav", (noise("song") + tone(220, 0.1)).T, SAMPLE_RATE)

    main([str(tmp_path / "song.wav"), "--to", str(tmp_path / "pictures")])

    output = capsys.readouterr().out
    assert "song.wav: 4.0 s, separated by foundry_4s" in output
    for lane in ("mixture", "drums", "bass", "other", "vocals"):
        assert f"| {lane} " in output
        assert (tmp_path / "pictures" / f"{lane}.png").stat().st_size > 1000
    assert (tmp_path / "pictures" / "all.png").is_file()
