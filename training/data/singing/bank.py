"""Phrases spoken by each voice, analysed once and kept on disk: `python -m training.data.singing`."""

import functools
import hashlib
import os
from pathlib import Path
from typing import Final

import numpy as np

from training.data.chance import Chance
from training.data.programs import ProgramError
from training.data.singing.analysis import Phrase, analyse, find_syllables
from training.data.singing.texts import draw_phrase
from training.data.singing.voices import VOICES, Voice, speak

FOLDER: Final = Path(__file__).resolve().parents[2] / ".data" / "speech"
FORMAT: Final = 3
"""Raise it when the analysis or the words change: older files are then no longer read."""
PHRASES: Final = {True: 128, False: 48}
"""How many phrases a recorded voice and a rule-based voice speak."""
FEWEST_SYLLABLES: Final = 3


class VoiceNotInstalledError(ProgramError):
    """A speech engine or one of its voices is missing on this machine."""


@functools.lru_cache(maxsize=32)
def phrases(voice: Voice) -> tuple[Phrase, ...]:
    """Return the phrases of a voice from the disk; speak and analyse them the first time.

    Raises:
        VoiceNotInstalledError: if they are not on the disk and the voice is not installed.
    """
    path = FOLDER / f"{_fingerprint(voice)}.npz"
    if not path.exists():
        _save(_spoken(voice), path)
    return _load(path)


def _fingerprint(voice: Voice) -> str:
    return hashlib.sha256(f"{FORMAT} {voice} {PHRASES}".encode()).hexdigest()[:16]


def _spoken(voice: Voice) -> tuple[Phrase, ...]:
    if not voice.installed:
        raise VoiceNotInstalledError(
            f"{voice.engine} has no voice {voice.name}: training/README.md lists the Debian packages"
        )
    texts = [
        draw_phrase(Chance("phrase", voice.name, index), voice.language)
        for index in range(PHRASES[voice.recorded])
    ]
    return tuple(analyse(audio, rate) for audio, rate in speak(voice, texts))


def _save(spoken: tuple[Phrase, ...], path: Path) -> None:
    """Write all phrases of a voice one after the other, with their lengths."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f"{path.stem}-{os.getpid()}.npz")
    np.savez(
        unfinished,
        lengths=np.array([len(phrase.pitch) for phrase in spoken]),
        pitch=np.concatenate([phrase.pitch for phrase in spoken]),
        envelope=np.concatenate([phrase.envelope for phrase in spoken]).astype(np.float16),
        noise=np.concatenate([phrase.noise for phrase in spoken]).astype(np.float16),
    )
    # Several processes may render at once: each file appears whole or not at all.
    unfinished.replace(path)


def _load(path: Path) -> tuple[Phrase, ...]:
    stored = np.load(path)
    borders = np.cumsum(stored["lengths"])[:-1]
    columns = (np.split(stored[name], borders) for name in ("pitch", "envelope", "noise"))
    spoken = (
        Phrase(
            pitch,
            envelope.astype(np.float32),
            noise.astype(np.float32),
            find_syllables(envelope.astype(np.float64), pitch > 0),
        )
        for pitch, envelope, noise in zip(*columns, strict=True)
    )
    return tuple(phrase for phrase in spoken if len(phrase.syllables) >= FEWEST_SYLLABLES)


def prepare() -> int:
    """Speak and analyse the phrases of every voice that is not on the disk yet; return how many there are."""
    return sum(len(phrases(voice)) for pool in VOICES.values() for voice in pool)
