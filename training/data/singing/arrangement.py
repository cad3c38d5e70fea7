"""All voices of a vocal stem: takes of the lead, doubles, harmonies and answers, each in its place."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from training.data.chance import Chance
from training.data.signal import FloatArray
from training.data.singing.backing import further_parts
from training.data.singing.bank import phrases
from training.data.singing.lyrics import SungPhrase, lay_words
from training.data.singing.performance import Performance
from training.data.singing.processing import process
from training.data.singing.singers import Singer
from training.data.singing.take import Take, record
from training.data.voice import Singer as FormantSinger
from training.data.voice import SungNote, sing

CHORDS: Final = ((0, 4, 7), (0, 3, 7), (0, 7, 12), (0, 12), (0,))
HIGHEST_PEAK: Final = 0.9


def perform(performance: Performance, notes: Sequence[SungNote], samples: int, chance: Chance) -> FloatArray:
    """Sing a melody.

    Args:
        performance: who sings and how.
        notes: the melody in seconds and MIDI numbers, in rising order; moved by octaves to suit the singer.
        samples: length of the result at 44.1 kHz.
        chance: stream for words and takes.

    Returns:
        Dry stereo [2, samples], peak 0.9; silence for a melody without notes.

    Raises:
        VoiceNotInstalledError: if a voice is neither installed nor on the disk.
    """
    silence = np.zeros((2, samples), dtype=np.float32)
    if not notes:
        return silence
    fitted = in_range(notes, performance.lead)
    if performance.kind == "formant":
        mono = sing(fitted, samples, chance, FormantSinger.draw(chance.child("singer")))
        stem = _panned(process(mono, performance.chain), 0.0)
    else:
        stem = _arranged(performance, fitted, samples, chance)
    peak = float(np.abs(stem).max())
    return stem * np.float32(HIGHEST_PEAK / peak) if peak > 0 else silence


def in_range(notes: Sequence[SungNote], singer: Singer) -> list[SungNote]:
    """Move a melody by octaves so that its middle is nearest to the middle of a singer's range."""
    middle = float(np.median([note.pitch for note in notes]))
    octaves = round((singer.centre - middle) / 12)
    return [replace(note, pitch=note.pitch + 12 * octaves) for note in notes]


def _arranged(
    performance: Performance, notes: Sequence[SungNote], samples: int, chance: Chance
) -> FloatArray:
    """Return the sum of all takes, the lead in the middle."""
    lead = performance.lead
    line = lay_words(
        notes, phrases(lead.voice), chance.child("words"), performance.wording, performance.melisma
    )
    if not line:
        return np.zeros((2, samples), dtype=np.float32)
    take = Take(lead, performance.delivery, breaths_db=performance.breaths_db)
    backing = np.float32(10 ** (performance.backing_db / 20))
    main = line
    if performance.kind == "duet":
        main = [sung for index, sung in enumerate(line) if index % 2 == 0]
    if performance.kind == "robot":
        stem = _chord(performance, line, samples, chance)
    else:
        voice = record(take, main, samples, chance.child("lead"))
        stem = _panned(process(voice, performance.chain), 0.0)
    for index, part in enumerate(further_parts(performance, line, chance.child("further"))):
        voice = record(part.take, part.line, samples, chance.child("take", index))
        stem += backing * _panned(process(voice, performance.chain), part.place)
    return stem


def _chord(performance: Performance, line: list[SungPhrase], samples: int, chance: Chance) -> FloatArray:
    """Return a vocoder's voice: the same words on every note of a chord that follows the melody in steps."""
    flat = replace(
        performance.lead,
        tuned=True,
        vibrato_semitones=0.0,
        drift=0.0,
        jitter=0.0,
        scoop=0.0,
        fry=0.0,
        roughness=0.0,
        looseness=0.0,
    )
    voices = [
        record(Take(flat, "sung", semitones, breaths_db=None), line, samples, chance.child("chord"))
        for semitones in chance.choice(CHORDS)
    ]
    return _panned(process(np.sum(voices, axis=0).astype(np.float32), performance.chain), 0.0)


def _panned(mono: FloatArray, place: float) -> FloatArray:
    """Place [time] with constant power between left (-1) and right (1)."""
    angle = (place + 1) * np.pi / 4
    gains = np.sqrt(2) * np.array([[np.cos(angle)], [np.sin(angle)]])
    return np.asarray(gains * mono, dtype=np.float32)
