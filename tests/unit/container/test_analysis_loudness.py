"""Loudness against the standard's reference signals, true peak against libebur128."""

import math

import numpy as np
import pytest
import torch
from pyebur128 import MeasurementMode, R128State, get_true_peak

from sagemaker_container.separation.analysis import Loudness, LoudnessMeter

RATE = 44_100


def measure(samples: torch.Tensor, block: int = 12_345) -> Loudness:
    meter = LoudnessMeter(RATE)
    for start in range(0, samples.shape[1], block):
        meter.add(samples[:, start : start + block])
    return meter.result()


def sine(hertz: float, amplitude: float, seconds: float, phase: float = 0.0) -> torch.Tensor:
    time = torch.arange(int(seconds * RATE), dtype=torch.float64) / RATE
    return (amplitude * torch.sin(2 * math.pi * hertz * time + phase)).float().expand(2, -1)


@pytest.mark.parametrize("level", [-23.0, -33.0])
def test_stereo_sine_of_ebu_tech_3341(level: float) -> None:
    found = measure(sine(1000, 10 ** (level / 20), 20))
    assert found.integrated_lufs == pytest.approx(level, abs=0.1)


def test_the_gate_leaves_out_quiet_passages_as_in_ebu_tech_3341_case_3() -> None:
    parts = [(-36.0, 10), (-23.0, 60), (-36.0, 10)]
    song = torch.cat([sine(1000, 10 ** (level / 20), seconds) for level, seconds in parts], dim=1)
    assert measure(song).integrated_lufs == pytest.approx(-23.0, abs=0.1)


def test_true_peak_between_samples() -> None:
    # A quarter of the sample rate, sampled 45 degrees beside its peaks: 3 dB lie between the samples.
    found = measure(sine(RATE / 4, 0.5, 1, math.pi / 4))
    assert found.sample_peak == pytest.approx(0.5 * math.sqrt(0.5), rel=1e-4)
    assert found.true_peak_dbtp == pytest.approx(20 * math.log10(0.5), abs=0.2)


@pytest.mark.parametrize("seed", range(5))
def test_true_peak_agrees_with_libebur128(seed: int) -> None:
    generator = np.random.default_rng(seed)
    smooth = np.convolve(generator.standard_normal(4 * RATE), np.hanning(7) / 4, mode="same") * 0.2
    samples = np.stack([smooth, np.roll(smooth, 100) * 0.7]).astype(np.float32)
    reference = R128State(2, RATE, MeasurementMode.MODE_TRUE_PEAK)
    reference.add_frames(np.ascontiguousarray(samples.T).reshape(-1), samples.shape[1])
    expected = 20 * math.log10(max(get_true_peak(reference, 0), get_true_peak(reference, 1)))
    assert measure(torch.from_numpy(samples)).true_peak_dbtp == pytest.approx(expected, abs=0.1)


def test_blocks_do_not_matter() -> None:
    generator = torch.Generator().manual_seed(2)
    samples = torch.randn(2, 3 * RATE, generator=generator) * 0.3
    whole = measure(samples, samples.shape[1])
    assert measure(samples, 777) == whole
    assert measure(samples, 1_500) == whole


def test_clipped_samples_are_counted_in_both_channels() -> None:
    samples = torch.zeros(2, 100)
    samples[0, 10:13] = 1.5
    samples[1, 50] = -1.01
    samples[1, 60] = 1.0
    found = measure(samples, 7)
    assert found.clipped_samples == 4
    assert found.sample_peak == 1.5
    assert found.true_peak_dbtp is not None
    assert found.true_peak_dbtp >= 20 * math.log10(1.5) - 0.01


@pytest.mark.parametrize("samples", [0, 1, 1000, 10 * RATE])
def test_silence_has_no_level(samples: int) -> None:
    assert measure(torch.zeros(2, samples)) == Loudness(None, None, 0.0, 0)


def test_one_sample_has_a_peak_and_no_loudness() -> None:
    found = measure(torch.full((2, 1), 0.5))
    assert found.integrated_lufs is None
    assert found.sample_peak == 0.5
    assert found.true_peak_dbtp == pytest.approx(-6.02, abs=0.1)


@pytest.mark.parametrize("kind", ["dc", "square"])
def test_extreme_signals_stay_finite(kind: str) -> None:
    samples = torch.ones(2, 5 * RATE) if kind == "dc" else torch.sign(sine(441, 1.0, 5, 0.1))
    found = measure(samples)
    assert found.true_peak_dbtp is not None
    assert math.isfinite(found.true_peak_dbtp)
    assert found.clipped_samples == 0


def test_other_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match=r"shape \[2, n\]"):
        LoudnessMeter(RATE).add(torch.zeros(1, 10))
