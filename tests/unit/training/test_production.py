"""Mastered stems still add up, gains do what they say, and loudness is that of records."""

import numpy as np
import pytest

from training.data.chance import Chance
from training.data.production.balance import balanced
from training.data.production.chains import moved, process_drums, sum_of
from training.data.production.dynamics import compressor_gain, ducking_gain, limiter_gain
from training.data.production.filters import Band, apply, sections
from training.data.production.loudness import SILENCE_LUFS, loudness
from training.data.production.mastering import CEILING, Master, master, maximiser_gain, soft_clip
from training.data.production.space import Space, echoes
from training.data.signal import root_mean_square
from training.sources import SAMPLE_RATE, SOURCES

SECOND = SAMPLE_RATE


def tone(frequency, seconds=2.0):
    times = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    return np.stack([np.sin(2 * np.pi * frequency * times)] * 2).astype(np.float32)


def song(seconds=4):
    """Four stems with attacks and pauses."""
    generator = Chance("song").generator
    samples = seconds * SECOND
    beats = np.exp(-8 * ((np.arange(samples) / SECOND * 2) % 1)).astype(np.float32)
    drums = 0.3 * beats * generator.standard_normal((2, samples)).astype(np.float32)
    return np.stack([drums, *(0.1 * tone(hertz, seconds) for hertz in (60, 440, 1000))]).astype(np.float32)


@pytest.mark.parametrize("seed", range(6))
def test_mastered_stems_are_gains_of_the_mixture_and_stay_below_the_ceiling(seed):
    stems = song()
    finished = master(stems, Chance("master", seed))

    assert finished.shape == stems.shape
    assert np.isfinite(finished).all()
    assert np.abs(finished.sum(axis=0)).max() <= CEILING + 1e-3


def test_a_master_changes_all_stems_alike():
    stems = song()
    doubled = np.concatenate([stems, np.zeros_like(stems[:1])])
    finished = master(doubled, Chance("alike"))

    assert not finished[4].any()
    # Linear in the stems for a given mixture: two halves of a stem add up to the whole.
    halves = np.concatenate([stems[:3], stems[3:] / 2, stems[3:] / 2])
    split = master(halves, Chance("alike"))
    assert np.allclose(split[3] + split[4], finished[3], atol=1e-3)


@pytest.mark.parametrize("target", [-16.0, -11.0, -8.0])
def test_the_maximiser_reaches_its_loudness(target):
    mixture = song().sum(axis=0)
    gain = maximiser_gain(mixture, loudness(mixture), Master(target, 0.5, 0.08))

    assert loudness(mixture * gain) == pytest.approx(target, abs=1.0)
    assert np.abs(mixture * gain).max() <= CEILING + 1e-3


def test_the_limiter_only_acts_around_peaks():
    audio = 0.2 * tone(200)
    audio[:, SECOND : SECOND + 50] = 1.5
    gain = limiter_gain(audio, 0.9, 0.05)

    assert np.abs(audio * gain).max() <= 0.9 + 1e-6
    assert np.allclose(gain[: SECOND - 1000], 1)
    assert gain[SECOND] < 0.61
    assert gain[-1] > 0.99


def test_soft_clipping_leaves_quiet_samples_alone_and_bounds_loud_ones():
    ramp = np.linspace(-3, 3, 1001, dtype=np.float32)
    clipped = soft_clip(ramp, 1.0)

    quiet = np.abs(ramp) < 0.6
    assert np.array_equal(clipped[quiet], ramp[quiet])
    assert np.abs(clipped).max() <= 1.0
    assert (np.diff(clipped) >= 0).all()


def test_a_compressor_turns_down_what_is_loud():
    audio = tone(300)
    audio[:, : audio.shape[1] // 2] *= 0.1
    gain = compressor_gain(audio, -6, 4)

    assert gain[SECOND // 2] > 0.99
    assert gain[-SECOND // 4] < 0.7


def test_ducking_falls_with_the_kick_and_returns():
    kick = np.zeros((2, SECOND), np.float32)
    kick[:, SECOND // 2 : SECOND // 2 + 2000] = 0.8
    gain = ducking_gain(kick, 12, 0.1)

    assert gain[SECOND // 4] == pytest.approx(1)
    assert gain[SECOND // 2 + 1500] < 0.4
    assert gain[-1] > 0.8


@pytest.mark.parametrize(("kind", "hertz"), [("peak", 1000), ("low_shelf", 1000), ("high_shelf", 1000)])
def test_an_equaliser_band_boosts_where_it_says(kind, hertz):
    places = {"peak": (1000, 60), "low_shelf": (60, 12_000), "high_shelf": (12_000, 60)}
    boosted, untouched = places[kind]
    filters = sections([Band(kind, hertz, 6.0)])

    assert root_mean_square(apply(tone(boosted), filters)) == pytest.approx(0.707 * 10**0.3, rel=0.05)
    assert root_mean_square(apply(tone(untouched), filters)) == pytest.approx(0.707, rel=0.05)


@pytest.mark.parametrize("kind", ["room", "chamber", "plate", "hall", "spring"])
def test_a_space_decays_and_differs_between_the_sides(kind):
    space = Space.draw(Chance("space", kind), (kind,))
    click = np.zeros((2, 4 * SECOND), np.float32)
    click[:, 100] = 1
    answer = space.wet(click)

    energy = (answer**2).sum(axis=0)
    half = space.impulse.shape[1] // 2
    assert not answer[:, :100].any() or np.abs(answer[:, :100]).max() < 1e-4
    assert energy[:half].sum() > 20 * energy[half:].sum()
    assert abs(np.corrcoef(answer)[0, 1]) < 0.6


def test_echoes_repeat_in_time():
    click = np.zeros((2, SECOND), np.float32)
    click[:, 0] = 1
    repeats = echoes(click, 0.25, Chance("echo"))

    loud = np.abs(repeats).max(axis=0)
    assert not loud[: SECOND // 4].any()
    assert loud[SECOND // 4 : SECOND // 4 + 50].max() > loud[SECOND // 2 : SECOND // 2 + 50].max() > 0


def test_the_treated_parts_of_a_kit_add_up_and_silence_stays():
    generator = Chance("kit").generator
    kit = {name: generator.standard_normal((2, SECOND)).astype(np.float32) for name in ("kick", "snare")}
    kit["toms"] = np.zeros((2, SECOND), np.float32)
    treated = process_drums(kit, Chance("desk"))

    assert set(treated) == set(kit)
    assert not treated["toms"].any()
    assert np.allclose(sum_of(treated), treated["kick"] + treated["snare"], atol=1e-5)


def test_the_balance_leaves_silent_stems_silent():
    stems = dict(zip(SOURCES, song(), strict=True))
    stems["bass"] = np.zeros_like(stems["bass"])
    levels = [loudness(stem) for stem in balanced(stems, Chance("balance"))]

    assert levels[1] == SILENCE_LUFS
    assert all(-35 < level < -8 for index, level in enumerate(levels) if index != 1)


def test_width_zero_is_mono_and_the_side_can_be_chosen():
    stereo = Chance("width").generator.standard_normal((2, 1000)).astype(np.float32)

    mono = moved(stereo, 0.0, 0.0)
    assert np.array_equal(mono[0], mono[1])
    assert not moved(stereo, 1.0, 1.0)[0].any()
