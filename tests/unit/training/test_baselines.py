"""Baselines find what they are made for, and what they split adds up again."""

import numpy as np
import pytest

from training.baselines import (
    KIT_BASELINES,
    SONG_BASELINES,
    centre_and_sides,
    harmonic_percussive,
    kit_estimates,
    low_pass,
    song_estimates,
)
from training.data.chance import Chance
from training.metrics import signal_to_distortion
from training.sources import SAMPLE_RATE, SOURCES

TIME = np.arange(2 * SAMPLE_RATE) / SAMPLE_RATE


def tone(frequency, left=1.0, right=1.0):
    wave = 0.2 * np.sin(2 * np.pi * frequency * TIME)
    return np.stack([left * wave, right * wave]).astype(np.float32)


@pytest.fixture(scope="module")
def strokes():
    """A short burst of noise every quarter of a second."""
    burst = Chance("strokes").generator.standard_normal(len(TIME)) * np.exp(-60 * (TIME % 0.25))
    return np.stack([burst, burst]).astype(np.float32)


@pytest.fixture(scope="module")
def song():
    return 0.1 * Chance("song").generator.standard_normal((2, 100_000)).astype(np.float32)


def test_what_lasts_is_told_from_what_strikes(strokes):
    chord = tone(440) + tone(1234)

    harmonic, percussive = harmonic_percussive(chord + strokes)

    assert signal_to_distortion(chord, harmonic) > 15
    assert signal_to_distortion(strokes, percussive) > 15


def test_the_centre_is_what_both_channels_share():
    voice, sides = tone(500), tone(900, right=0) + tone(1700, left=-1)

    centre, rest = centre_and_sides(voice + sides)

    assert signal_to_distortion(voice, centre) > 20
    assert signal_to_distortion(sides, rest) > 20


def test_opposite_channels_have_no_centre():
    assert np.abs(centre_and_sides(tone(500, right=-1)).first).max() < 1e-3


def test_low_pass_keeps_what_is_low_where_it_is():
    low, high = tone(60), tone(2000)

    assert signal_to_distortion(low[:, 5000:-5000], low_pass(low + high, 200)[:, 5000:-5000]) > 30


def test_the_four_stems_of_simple_filters_add_up(song):
    estimates = song_estimates(song)["simple filters"]

    assert set(estimates) == set(SOURCES)
    np.testing.assert_allclose(sum(estimates.values()), song, atol=1e-5)


@pytest.mark.parametrize("name", KIT_BASELINES)
def test_parts_of_a_kit_add_up(song, name):
    np.testing.assert_allclose(sum(kit_estimates(song)[name].values()), song, atol=1e-5)


def test_each_band_of_a_kit_goes_to_its_part():
    sounds = {"kick": tone(50), "toms": tone(180), "snare": tone(1000), "cymbals": tone(9000)}

    estimates = kit_estimates(sum(sounds.values()))["band split"]

    for part, sound in sounds.items():
        assert signal_to_distortion(sound[:, 5000:-5000], estimates[part][:, 5000:-5000]) > 10, part


def test_every_baseline_has_its_row(song):
    assert tuple(song_estimates(song)) == SONG_BASELINES
    assert tuple(kit_estimates(song)) == KIT_BASELINES


def test_a_song_of_one_sample_is_fine():
    tiny = np.full((2, 1), 0.5, np.float32)

    for estimates in (*song_estimates(tiny).values(), *kit_estimates(tiny).values()):
        assert all(audio.shape == tiny.shape and np.isfinite(audio).all() for audio in estimates.values())
