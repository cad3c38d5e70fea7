"""Levels and residual against values worked out by hand."""

import pytest
import torch

from contract.audio import Stem
from sagemaker_container.separation.measure import peak, residual_db, stem_report


def test_levels_of_a_square_wave():
    report = stem_report(Stem.BASS, torch.tensor([[0.5, -0.5] * 50] * 2))
    assert report.peak == 0.5
    assert report.rms_dbfs == pytest.approx(-6.02, abs=0.01)
    assert not report.silent


@pytest.mark.parametrize("value", [0.0, 1e-5])
def test_silence_has_no_level(value):
    report = stem_report(Stem.BASS, torch.full((2, 10), value))
    assert report.silent
    assert report.rms_dbfs is None


def test_peak_looks_at_both_channels():
    assert peak(torch.tensor([[0.1, 0.2], [0.3, -0.9]])) == pytest.approx(0.9)


def test_a_missing_hundredth_is_40_db():
    mixture = torch.ones((2, 1000))
    assert residual_db(mixture, [mixture * 0.5, mixture * 0.49]) == pytest.approx(-40, abs=0.01)


def test_a_perfect_sum_is_bounded():
    mixture = torch.ones((2, 1000))
    assert residual_db(mixture, [mixture]) == -150


def test_silence_has_no_residual():
    assert residual_db(torch.zeros((2, 10)), [torch.zeros((2, 10))]) is None
