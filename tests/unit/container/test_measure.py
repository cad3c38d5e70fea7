"""Levels and residual against values worked out by hand, in one block or many."""

import pytest
import torch

from contract.audio import Stem
from sagemaker_container.separation.measure import LevelMeter, ResidualMeter, peak


def measured(samples, blocks=1, loudness=False):
    meter = LevelMeter(loudness=loudness)
    for block in samples.chunk(blocks, dim=1):
        meter.add(block)
    return meter.report(Stem.BASS)


@pytest.mark.parametrize("blocks", [1, 7])
def test_levels_of_a_square_wave(blocks):
    report = measured(torch.tensor([[0.5, -0.5] * 50] * 2), blocks)
    assert report.peak == 0.5
    assert report.rms_dbfs == pytest.approx(-6.02, abs=0.01)
    assert not report.silent
    assert report.clipped_samples == 0
    assert report.loudness_lufs is None


@pytest.mark.parametrize("value", [0.0, 1e-5])
def test_silence_has_no_level(value):
    report = measured(torch.full((2, 10), value))
    assert report.silent
    assert report.rms_dbfs is None


def test_nothing_at_all_is_silent():
    assert LevelMeter(loudness=False).report(Stem.BASS).silent


def test_samples_beyond_full_scale_are_counted():
    report = measured(torch.tensor([[0.5, 1.5, 1.0], [-1.1, -1.0, 0.0]]))
    assert report.clipped_samples == 2
    assert report.peak == 1.5


def test_loudness_of_a_sine_is_that_of_the_standard():
    # EBU Tech 3341, case 1: a stereo sine of 1 kHz at -23 dBFS has -23 LUFS.
    time = torch.arange(20 * 44_100) / 44_100
    sine = 10 ** (-23 / 20) * torch.sin(2 * torch.pi * 1000 * time)
    report = measured(torch.stack([sine, sine]), blocks=11, loudness=True)
    assert report.loudness_lufs == pytest.approx(-23.0, abs=0.1)
    assert report.true_peak_dbtp == pytest.approx(-23.0, abs=0.3)


def test_peak_looks_at_both_channels():
    assert peak(torch.tensor([[0.1, 0.2], [0.3, -0.9]])) == pytest.approx(0.9)


def residual(mixture, stems, blocks=1):
    meter = ResidualMeter()
    for parts in zip(*(samples.chunk(blocks, dim=1) for samples in (mixture, *stems)), strict=True):
        meter.add(parts[0], parts[1:])
    return meter.result()


@pytest.mark.parametrize("blocks", [1, 7])
def test_a_missing_hundredth_is_40_db(blocks):
    mixture = torch.ones((2, 1000))
    assert residual(mixture, [mixture * 0.5, mixture * 0.49], blocks) == pytest.approx(-40, abs=0.01)


def test_a_perfect_sum_is_bounded():
    mixture = torch.ones((2, 1000))
    assert residual(mixture, [mixture]) == -150


def test_silence_has_no_residual():
    assert residual(torch.zeros((2, 10)), [torch.zeros((2, 10))]) is None
