"""The signal-to-distortion ratios and their reference points."""

import numpy as np
import pytest

from training.data.chance import Chance
from training.metrics import (
    RatioMeter,
    best_constant_gain,
    is_silent,
    ratio_mask_oracle,
    scale_invariant_ratio,
    signal_to_distortion,
)


@pytest.fixture
def stems():
    """Four stems of two seconds that overlap little in frequency: noise in different bands."""
    generator = Chance("stems").generator
    spectrum = np.fft.rfft(generator.standard_normal((4, 2, 88_200)))
    for index in range(4):
        spectrum[index, :, : index * 8000] = 0
        spectrum[index, :, (index + 1) * 9000 :] = 0
    return np.fft.irfft(spectrum).astype(np.float32)


def test_an_error_a_tenth_as_large_is_twenty_decibels():
    truth = np.ones((2, 1000), np.float32)

    assert signal_to_distortion(truth, truth * 1.1) == pytest.approx(20, abs=1e-3)


def test_a_perfect_estimate_is_limited_only_by_epsilon():
    truth = np.ones((2, 1000), np.float32)

    assert signal_to_distortion(truth, truth) > 90


def test_a_wrong_level_costs_the_scale_invariant_ratio_nothing(stems):
    truth, interference = stems[1], 0.1 * stems[3]
    interference -= truth * (truth * interference).sum() / (truth**2).sum()
    expected = 10 * np.log10((truth**2).sum() / (interference**2).sum())

    for gain in (0.1, 1, 3):
        assert scale_invariant_ratio(truth, gain * (truth + interference)) == pytest.approx(
            expected, abs=0.01
        )


def test_a_ratio_taken_in_pieces_is_the_one_of_the_whole(stems):
    meter = RatioMeter()
    for start in range(0, 88_200, 10_000):
        meter.add(stems[0, :, start : start + 10_000], stems[1, :, start : start + 10_000])

    assert meter.signal_to_distortion() == pytest.approx(signal_to_distortion(stems[0], stems[1]))
    assert meter.scale_invariant() == pytest.approx(scale_invariant_ratio(stems[0], stems[1]))


def test_the_best_constant_gain_cannot_be_beaten_by_another(stems):
    mixture = stems.sum(axis=0)
    best = signal_to_distortion(stems[1], best_constant_gain(stems[1], mixture))

    assert all(best >= signal_to_distortion(stems[1], gain * mixture) for gain in np.linspace(0, 1, 21))


def test_the_best_gain_is_known_from_the_energies_alone(stems):
    mixture = stems.sum(axis=0)
    meter = RatioMeter()
    meter.add(stems[1], mixture)

    expected = signal_to_distortion(stems[1], best_constant_gain(stems[1], mixture))
    assert meter.at_best_gain() == pytest.approx(expected, abs=1e-4)


def test_the_oracle_is_far_above_the_constant_gain(stems):
    mixture = stems.sum(axis=0)

    for truth, best in zip(stems, ratio_mask_oracle(stems), strict=True):
        flat = best_constant_gain(truth, mixture)
        assert signal_to_distortion(truth, best) > signal_to_distortion(truth, flat) + 3


def test_the_oracle_masks_the_mixture_it_is_given(stems):
    louder = ratio_mask_oracle(stems, 2 * stems.sum(axis=0))

    np.testing.assert_allclose(louder, 2 * ratio_mask_oracle(stems), atol=1e-5)


def test_silence_is_told_from_sound(stems):
    meter = RatioMeter()
    meter.add(np.zeros_like(stems[0]), stems[0])

    assert meter.is_silent
    assert is_silent(np.zeros_like(stems[0]))
    assert not is_silent(stems[0])
