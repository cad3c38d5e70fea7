"""The signal-to-distortion ratio, its reference points and the gate."""

import numpy as np
import pytest
import torch

from sagemaker_container.separation.models.mask_network import MaskNetwork
from training.data.chance import Chance
from training.evaluate import ModelEstimator, Scores, constant_gain, gate
from training.loss import log_error_energy
from training.metrics import best_constant_gain, is_silent, ratio_mask_oracle, signal_to_distortion
from training.sources import SOURCES


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


def test_the_best_constant_gain_cannot_be_beaten_by_another(stems):
    mixture = stems.sum(axis=0)
    best = signal_to_distortion(stems[1], best_constant_gain(stems[1], mixture))

    assert all(best >= signal_to_distortion(stems[1], gain * mixture) for gain in np.linspace(0, 1, 21))


def test_the_oracle_is_far_above_the_constant_gain(stems):
    oracle, flat = ratio_mask_oracle(stems), constant_gain(stems)

    for truth, best, worst in zip(stems, oracle, flat, strict=True):
        assert signal_to_distortion(truth, best) > signal_to_distortion(truth, worst) + 3


def test_a_silent_true_stem_is_left_out_and_counted(stems):
    silenced = stems.copy()
    silenced[2] = 0
    scores = Scores()
    scores.add(silenced, stems)
    scores.add(stems, stems * 0.9)

    assert is_silent(silenced[2])
    assert scores.silent == {"drums": 0, "bass": 0, "other": 1, "vocals": 0}
    assert [len(scores.ratios[name]) for name in SOURCES] == [2, 2, 1, 2]
    assert scores.means()["other"] == pytest.approx(20, abs=0.01)


def test_the_gate_asks_for_the_average_and_for_every_stem():
    baseline = dict.fromkeys((*SOURCES, "average"), 1.0)
    good = dict.fromkeys((*SOURCES, "average"), 5.5)

    assert gate(good, baseline) == []
    assert len(gate({**good, "average": 4.9}, baseline)) == 1
    assert "bass" in gate({**good, "bass": 2.5}, baseline)[0]


def test_the_loss_is_the_error_energy_in_decibels():
    generator = torch.Generator().manual_seed(0)
    sources = torch.randn(1, 4, 2, 16, 8, dtype=torch.complex64, generator=generator)
    masks = torch.rand(1, 4, 1, 16, 8, generator=generator)
    mixture = sources.sum(dim=1)

    error = (masks * mixture[:, None] - sources).abs().square().sum(dim=(2, 3, 4))
    expected = 10 * torch.log10(error / mixture.abs().square().sum() + 2e-3).mean()

    assert log_error_energy(masks, sources, mixture).item() == pytest.approx(expected.item(), abs=1e-3)


def test_estimates_add_up_to_the_mixture_even_with_an_offset(stems):
    network = MaskNetwork(
        sources=SOURCES,
        channels=(2, 2),
        time_kernels=(1, 1),
        masked_bins=256,
        bottleneck=4,
        recurrent_units=4,
    )
    shifted = stems + np.float32(0.05)

    estimates = ModelEstimator(network.eval())(shifted)

    assert signal_to_distortion(shifted.sum(axis=0), estimates.sum(axis=0)) > 60
