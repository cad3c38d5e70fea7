"""A song made of numbers: the same samples everywhere, of any length, written as it is computed.

Chords, bass, a voice-like lead and drums at 120 beats per minute in C major; no digital silence. Its level is
such that no stem of the random networks passes full scale.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import soundfile

from benchmarks.engine import places
from contract.audio import CHANNELS, SAMPLE_RATE_HZ
from contract.limits import Limits
from sagemaker_container.separation.decode import decode_file
from sagemaker_container.separation.streaming.spool import Spool

Samples = npt.NDArray[np.float32]
"""[samples, channels], full scale 1."""

_BEAT_SAMPLES: Final = SAMPLE_RATE_HZ // 2
_BAR_SAMPLES: Final = 4 * _BEAT_SAMPLES
# C, A minor, F, G: their roots as MIDI notes, and whether the third is minor.
_CHORDS: Final = ((48, False), (45, True), (53, False), (55, False))
_MELODY: Final = (72, 76, 79, 76, 69, 72, 76, 72, 77, 81, 77, 72, 74, 79, 83, 79)
_COPY_SAMPLES: Final = 1 << 18


def _tone(note: int, seconds: npt.NDArray[np.float64], harmonics: int) -> npt.NDArray[np.float64]:
    frequency = 440 * 2 ** ((note - 69) / 12)
    phase = 2 * np.pi * frequency * seconds
    return np.asarray(sum(np.sin(k * phase) / k for k in range(1, harmonics + 1)))


def bar(number: int) -> Samples:
    """One bar of two seconds."""
    seconds = np.arange(_BAR_SAMPLES) / SAMPLE_RATE_HZ
    root, minor = _CHORDS[number % len(_CHORDS)]
    noise = np.random.default_rng(number).standard_normal((_BAR_SAMPLES, CHANNELS))
    chord = sum(_tone(root + step, seconds, 6) for step in (12, 15 if minor else 16, 19))
    bass = _tone(root - 12, seconds, 3)
    lead = np.empty(_BAR_SAMPLES)
    beat_seconds = np.arange(_BEAT_SAMPLES) / SAMPLE_RATE_HZ
    vibrato = beat_seconds + 0.0004 * np.sin(2 * np.pi * 5.5 * beat_seconds)
    kick = np.sin(2 * np.pi * 40 * (1 - np.exp(-18 * beat_seconds))) * np.exp(-9 * beat_seconds)
    drums = np.empty((_BAR_SAMPLES, CHANNELS))
    for beat in range(4):
        inside = slice(beat * _BEAT_SAMPLES, (beat + 1) * _BEAT_SAMPLES)
        note = _MELODY[(4 * number + beat) % len(_MELODY)]
        lead[inside] = _tone(note, vibrato, 8) * np.minimum(1, 20 * beat_seconds)
        snare = noise[inside] * np.exp(-14 * beat_seconds)[:, None] * (0.8 if beat % 2 else 0.15)
        drums[inside] = kick[:, None] + snare
    left_and_right = np.stack([chord + 0.8 * lead, 0.8 * chord + lead], axis=1)
    mixture = 0.035 * left_and_right + 0.09 * bass[:, None] + 0.16 * drums + 0.004 * noise
    return np.clip(mixture, -0.98, 0.98).astype(np.float32)


def blocks(seconds: float) -> Iterator[Samples]:
    """The song, bar by bar."""
    left = round(seconds * SAMPLE_RATE_HZ)
    number = 0
    while left > 0:
        yield bar(number)[:left]
        left -= _BAR_SAMPLES
        number += 1


def write_song(path: Path, seconds: float) -> Path:
    """Write it as 16-bit WAV; what is there already is taken to be it."""
    if not path.is_file():
        _write(path, blocks(seconds))
    return path


def convert_song(source: Path, path: Path, seconds: float | None) -> Path:
    """Decode a file of any accepted kind into the 16-bit WAV that everything under test is given.

    Args:
        source: the song.
        path: file to write.
        seconds: how much of its beginning; None for all.

    Raises:
        StemFoundryError: the file cannot be decoded.
    """
    spool_path = path.with_suffix(".f32")
    try:
        decode_file(source, spool_path, Limits())
        with Spool(spool_path) as spool:
            samples = min(spool.samples, round(seconds * SAMPLE_RATE_HZ)) if seconds else spool.samples
            _write(
                path,
                (
                    spool.read_interleaved(start, min(start + _COPY_SAMPLES, samples))
                    for start in range(0, samples, _COPY_SAMPLES)
                ),
            )
    finally:
        spool_path.unlink(missing_ok=True)
    return path


def prepared_song(song: Path | None, seconds: float | None, usual_seconds: float, folder: Path) -> Path:
    """The WAV file that everything under test gets.

    Args:
        song: any accepted kind; None for the generated one.
        seconds: how much of it; None for all of a given song.
        usual_seconds: length of the generated one, unless `seconds` says.
        folder: for a converted song; the generated one is kept among the benchmark's data.

    Raises:
        StemFoundryError: a given song cannot be decoded.
    """
    if song is not None:
        return convert_song(song, folder / f"song-{seconds}.wav", seconds)
    length = seconds or usual_seconds
    return write_song(places.DATA / f"song-{length:g}s.wav", length)


def _write(path: Path, content: Iterator[Samples]) -> None:
    partial = path.with_suffix(".partial")
    with soundfile.SoundFile(
        partial, "w", samplerate=SAMPLE_RATE_HZ, channels=CHANNELS, format="WAV", subtype="PCM_16"
    ) as file:
        for block in content:
            file.write(block)
    partial.replace(path)
