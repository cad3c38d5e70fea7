"""Tempo and beats of drum patterns that the tests make themselves."""

import itertools

import numpy as np
import pytest
import torch

from contract.report import TempoReport
from sagemaker_container.separation.analysis import Analyser

RATE = 44_100


def render(hits: list[tuple[float, float]], seconds: float) -> torch.Tensor:
    """Drum-like decaying noise at (time, loudness), [2, n]."""
    generator = np.random.default_rng(7)
    samples = np.zeros(int(seconds * RATE) + RATE, np.float32)
    decay = np.exp(-np.arange(RATE // 10) / (0.015 * RATE))
    for time, loudness in hits:
        start = int(time * RATE)
        samples[start : start + len(decay)] += (
            0.3 * loudness * decay * generator.standard_normal(len(decay))
        ).astype(np.float32)
    return torch.from_numpy(np.stack([samples, samples])[:, : int(seconds * RATE)])


def pattern(bpm: float, bar: list[float], per_beat: int, seconds: float) -> list[tuple[float, float]]:
    """A bar of loudnesses, ``per_beat`` to a beat, repeated."""
    step = 60 / bpm / per_beat
    loudness = itertools.cycle(bar)
    return [(i * step, next(loudness)) for i in range(int(seconds / step))]


def tempo_of(mixture: torch.Tensor, drums: torch.Tensor | None = None) -> TempoReport | None:
    analyser = Analyser(RATE)
    for start in range(0, mixture.shape[1], 50_001):
        part = slice(start, start + 50_001)
        analyser.add(mixture[:, part], None if drums is None else drums[:, part])
    return analyser.result().tempo


def f_measure(found: list[float], true: list[float], tolerance: float = 0.07) -> float:
    """Beats found within the tolerance, against both counts."""
    hits = sum(any(abs(beat - other) <= tolerance for other in found) for beat in true)
    return 2 * hits / (len(found) + len(true))


def octave(report: TempoReport, bpm: float) -> float:
    """The reported tempo or alternative that is nearest to ``bpm``."""
    return min([report.bpm, *(other.bpm for other in report.alternatives)], key=lambda b: abs(b - bpm))


FOUR = [1.0, 0.2, 0.4, 0.2, 0.8, 0.2, 0.4, 0.2]
THREE = [1.0, 0.2, 0.5, 0.2, 0.5, 0.2]


@pytest.mark.parametrize("bar", [FOUR, THREE], ids=["4/4", "3/4"])
@pytest.mark.parametrize("bpm", [50, 62, 75, 90.5, 108, 120, 133.3, 150, 174, 200])
def test_tempo_is_right_up_to_a_listed_octave(bpm: float, bar: list[float]) -> None:
    report = tempo_of(render(pattern(bpm, bar, 2, 20), 20))
    assert report is not None
    assert octave(report, bpm) == pytest.approx(bpm, rel=0.01)
    assert report.confidence > 0.5


@pytest.mark.parametrize("bpm", [80, 100, 120, 140, 160])
def test_clicks_are_found_as_beats(bpm: float) -> None:
    hits = pattern(bpm, [1.0], 1, 20)
    report = tempo_of(render(hits, 20))
    assert report is not None
    assert report.bpm == pytest.approx(bpm, rel=0.01)
    assert f_measure(report.beats_seconds, [time for time, _ in hits]) > 0.9
    nearest = [min(report.beats_seconds, key=lambda b: abs(b - time)) - time for time, _ in hits[1:-1]]
    assert abs(float(np.median(nearest))) < 0.012


def test_swing_keeps_the_beat() -> None:
    beat = 60 / 120
    hits = [(i * beat, 1.0) for i in range(40)] + [((i + 2 / 3) * beat, 0.4) for i in range(39)]
    report = tempo_of(render(hits, 20))
    assert report is not None
    assert octave(report, 120) == pytest.approx(120, rel=0.01)


def test_beats_follow_a_drift_from_110_to_124() -> None:
    times = [0.0]
    while times[-1] < 38:
        times.append(times[-1] + 60 / (110 + 14 * times[-1] / 38))
    report = tempo_of(render([(time, 1.0) for time in times], 40))
    assert report is not None
    assert 110 < report.bpm < 124
    assert f_measure(report.beats_seconds, times) > 0.9


def test_beats_come_from_the_drums_where_there_are_some() -> None:
    drums = render(pattern(96, [1.0], 1, 20), 20)
    other = render(pattern(131, [0.5], 1, 20), 20)
    report = tempo_of(drums + other, drums)
    assert report is not None
    assert report.beat_source == "drums"
    assert report.bpm == pytest.approx(96, rel=0.01)


def test_silent_drums_leave_the_mixture_to_be_heard() -> None:
    mixture = render(pattern(96, [1.0], 1, 20), 20)
    report = tempo_of(mixture, mixture * 1e-4)
    assert report is not None
    assert report.beat_source == "mixture"


def test_beats_end_with_the_drums() -> None:
    report = tempo_of(render(pattern(120, [1.0], 1, 15), 30))
    assert report is not None
    assert report.beats_seconds[-1] < 15.2


@pytest.mark.parametrize("kind", ["silence", "dc", "noise", "square", "random clicks", "tone"])
def test_no_beat_is_invented(kind: str) -> None:
    generator = np.random.default_rng(3)
    seconds = 20
    time = torch.arange(seconds * RATE) / RATE
    mono = {
        "silence": torch.zeros_like(time),
        "dc": torch.full_like(time, 0.5),
        "noise": torch.from_numpy(generator.standard_normal(len(time)).astype(np.float32)) * 0.1,
        "square": torch.sign(torch.sin(2 * torch.pi * 441 * time)),
        "tone": torch.sin(2 * torch.pi * 220 * time),
        "random clicks": render([(t, 1.0) for t in generator.uniform(0, seconds, 40)], seconds)[0],
    }[kind]
    report = tempo_of(mono.expand(2, -1))
    assert report is None or report.confidence < 0.4


@pytest.mark.parametrize("samples", [0, 1, 2, 1023, RATE, int(2.9 * RATE)])
def test_too_short_for_a_tempo(samples: int) -> None:
    assert tempo_of(render(pattern(120, [1.0], 1, 3), 3)[:, :samples]) is None


def test_other_shapes_are_refused() -> None:
    analyser = Analyser(RATE)
    with pytest.raises(ValueError, match=r"shape \[2, n\]"):
        analyser.add(torch.zeros(1, 10), None)
    with pytest.raises(ValueError, match="drums of shape"):
        analyser.add(torch.zeros(2, 10), torch.zeros(2, 9))
