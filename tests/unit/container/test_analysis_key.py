"""Keys of cadences that the tests make themselves."""

import numpy as np
import pytest
import torch

from contract.report import KeyReport
from sagemaker_container.separation.analysis import Analyser

RATE = 44_100
NAMES = ["C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B"]
# I IV V I vi ii V I and i iv V i VI iv V i, as semitones above the tonic.
CADENCES = {
    "major": [
        (0, 4, 7), (5, 9, 12), (7, 11, 14), (0, 4, 7), (9, 12, 16), (2, 5, 9), (7, 11, 14), (0, 4, 7),
    ],
    "minor": [
        (0, 3, 7), (5, 8, 12), (7, 11, 14), (0, 3, 7), (8, 12, 15), (5, 8, 12), (7, 11, 14), (0, 3, 7),
    ],
}  # fmt: skip


def cadence(tonic: int, mode: str, cents: float = 0.0) -> torch.Tensor:
    """Sixteen seconds of chords with a bass and six harmonics, [2, n]."""
    time = np.arange(2 * RATE) / RATE
    chords = []
    for chord in CADENCES[mode]:
        notes = [48 + tonic + chord[0] - 12, *(60 + tonic % 12 + note for note in chord)]
        wave = np.zeros(len(time))
        for note in notes:
            hertz = 440 * 2 ** ((note - 69 + cents / 100) / 12)
            for harmonic in range(1, 7):
                wave += np.sin(2 * np.pi * hertz * harmonic * time) / harmonic**1.5
        chords.append(wave * np.exp(-time) * 0.05)
    mono = torch.from_numpy(np.concatenate(chords).astype(np.float32))
    return torch.stack((mono, mono))


def key_of(mixture: torch.Tensor, drums: torch.Tensor | None = None) -> KeyReport | None:
    analyser = Analyser(RATE)
    for start in range(0, mixture.shape[1], 40_001):
        part = slice(start, start + 40_001)
        analyser.add(mixture[:, part], None if drums is None else drums[:, part])
    return analyser.result().key


@pytest.mark.parametrize("mode", ["major", "minor"])
@pytest.mark.parametrize("tonic", range(12), ids=NAMES)
def test_all_24_keys(tonic: int, mode: str) -> None:
    key = key_of(cadence(tonic, mode))
    assert key is not None
    assert (key.tonic, key.mode) == (NAMES[tonic], mode)
    assert key.confidence > 0.2
    assert abs(key.tuning_cents) < 5


@pytest.mark.parametrize(
    ("tonic", "mode", "camelot", "relative"),
    [
        (0, "major", "8B", "A minor"),
        (9, "minor", "8A", "C major"),
        (7, "major", "9B", "E minor"),
        (5, "major", "7B", "D minor"),
        (11, "major", "1B", "G# minor"),
        (8, "minor", "1A", "B major"),
        (4, "major", "12B", "C# minor"),
    ],
)
def test_camelot_code_and_relative(tonic: int, mode: str, camelot: str, relative: str) -> None:
    key = key_of(cadence(tonic, mode))
    assert key is not None
    assert (key.camelot, key.relative) == (camelot, relative)


@pytest.mark.parametrize("cents", [-40, -20, 15, 35])
def test_the_tuning_is_found_and_removed(cents: float) -> None:
    key = key_of(cadence(2, "major", cents))
    assert key is not None
    assert (key.tonic, key.mode) == ("D", "major")
    assert key.tuning_cents == pytest.approx(cents, abs=6)


def test_drums_do_not_disturb() -> None:
    music = cadence(3, "minor")
    noise = torch.from_numpy(
        np.random.default_rng(5).standard_normal(tuple(music.shape)).astype(np.float32) * 0.3
    )
    key = key_of(music + noise, noise)
    assert key is not None
    assert (key.tonic, key.mode) == ("D#", "minor")


@pytest.mark.parametrize("kind", ["silence", "dc", "noise", "chromatic"])
def test_no_key_is_invented(kind: str) -> None:
    time = np.arange(16 * RATE) / RATE
    chromatic = sum(np.sin(2 * np.pi * 220 * 2 ** (note / 12) * time) for note in range(12))
    mono = {
        "silence": np.zeros(len(time)),
        "dc": np.full(len(time), 0.5),
        "noise": 0.1 * np.random.default_rng(1).standard_normal(len(time)),
        "chromatic": 0.05 * chromatic,
    }[kind]
    assert key_of(torch.from_numpy(np.stack([mono, mono]).astype(np.float32))) is None


@pytest.mark.parametrize("samples", [0, 1, 2, 1000])
def test_very_short_songs(samples: int) -> None:
    assert key_of(torch.ones(2, samples)[:, :samples]) is None
