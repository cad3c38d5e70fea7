"""Songs for the browser tests, made on the spot."""

from pathlib import Path

import numpy as np

from tests.local.audio_files import SAMPLE_RATE, music, write


def short_song(
    folder: Path, *, seconds: float = 6.0, name: str = "song.flac", seed: int = 7, gain: float = 1.0
) -> Path:
    """A few seconds of music; travels in one piece."""
    return write(folder / name, gain * music(seconds, seed=seed))


def song_in_parts(folder: Path) -> Path:
    """A WAV of three parts of 8 MiB, mostly digital silence, which no network has to look at."""
    seconds = 20 * 1024 * 1024 / (SAMPLE_RATE * 4)
    samples = np.zeros((round(seconds * SAMPLE_RATE), 2))
    start = music(3.0)
    samples[: len(start)] = start
    return write(folder / "long song.wav", samples, subtype="PCM_16")
