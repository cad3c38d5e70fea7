"""Which syllable is sung from when to when: notes cut into phrases, words laid under them."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np

from training.data.chance import Chance
from training.data.singing.analysis import Phrase, Syllable
from training.data.voice import SungNote

PHRASE_GAP: Final = 0.28
"""A rest of so many seconds ends a phrase."""
SHORTEST_NOTE: Final = 0.07
LONG_NOTE: Final = 0.45
"""Notes longer than this may carry two syllables."""
LONGEST_PHRASE: Final = 8.0

Wording = Literal["words", "vowel", "chops"]
"""Words; one vowel for the whole phrase (ooh, aah, humming); one short syllable again and again."""


@dataclass(frozen=True, slots=True)
class Slot:
    """One syllable in its place."""

    start: float
    """When the vowel starts, seconds."""
    end: float
    phrase: Phrase
    syllable: Syllable


@dataclass(frozen=True, slots=True)
class SungPhrase:
    """What is sung in one breath."""

    slots: tuple[Slot, ...]
    notes: tuple[SungNote, ...]

    @property
    def start(self) -> float:
        """First onset in seconds."""
        return self.slots[0].start

    @property
    def end(self) -> float:
        """End of the last syllable in seconds."""
        return self.slots[-1].end


def cut_into_phrases(notes: Sequence[SungNote]) -> list[list[SungNote]]:
    """Cut a melody at its rests, and where nobody would have breath left; overlapping notes are shortened."""
    audible = sorted((note for note in notes if note.duration >= SHORTEST_NOTE), key=lambda note: note.start)
    pieces: list[list[SungNote]] = []
    for note in audible:
        if pieces:
            last = pieces[-1][-1]
            if note.start - last.start < SHORTEST_NOTE:
                continue
            overlap = last.start + last.duration - note.start
            if overlap > 0:
                pieces[-1][-1] = replace(last, duration=last.duration - overlap)
            if overlap > -PHRASE_GAP and note.start - pieces[-1][0].start < LONGEST_PHRASE:
                pieces[-1].append(note)
                continue
        pieces.append([note])
    return pieces


def lay_words(
    notes: Sequence[SungNote], spoken: Sequence[Phrase], chance: Chance, wording: Wording, melisma: float
) -> list[SungPhrase]:
    """Lay syllables under a melody; a phrase of the melody that comes again often brings its words again.

    Args:
        notes: the melody, in rising order.
        spoken: what the singer's voice has said, at least one phrase.
        chance: stream for words.
        wording: what is sung.
        melisma: probability that a note prolongs the syllable before it.
    """
    known: dict[tuple[int, ...], Chance] = {}
    sung = []
    for index, piece in enumerate(cut_into_phrases(notes)):
        shape = tuple(round(note.duration * 20) for note in piece)
        words = chance.child("phrase", index)
        if shape in known and chance.happens(0.5):
            words = known[shape]
        known[shape] = words
        # A fresh stream with the same name says the same again.
        sung.append(_lay_phrase(piece, spoken, words.child("words"), wording, melisma))
    return sung


def _lay_phrase(
    piece: Sequence[SungNote], spoken: Sequence[Phrase], chance: Chance, wording: Wording, melisma: float
) -> SungPhrase:
    starts = _onsets(piece, chance, 1.0 if wording == "vowel" else melisma, split=wording == "words")
    last_note = piece[-1]
    ends = [*starts[1:], last_note.start + last_note.duration]
    syllables = _syllables(len(starts), spoken, chance, wording)
    slots = []
    for start, following, (phrase, syllable) in zip(starts, ends, syllables, strict=True):
        # A rest within the phrase ends its syllable early.
        sounding = max(
            (note.start + note.duration for note in piece if note.start < following - 1e-6), default=following
        )
        slots.append(Slot(start, min(following, max(sounding, start + SHORTEST_NOTE)), phrase, syllable))
    return SungPhrase(tuple(slots), tuple(piece))


def _onsets(piece: Sequence[SungNote], chance: Chance, melisma: float, *, split: bool) -> list[float]:
    starts: list[float] = []
    for index, note in enumerate(piece):
        if index == 0 or not chance.happens(melisma):
            starts.append(note.start)
        if split and note.duration > LONG_NOTE and index < len(piece) - 1 and chance.happens(0.4):
            starts.append(note.start + note.duration * chance.choice((0.5, 0.5, 0.67)))
    return starts


def _syllables(
    count: int, spoken: Sequence[Phrase], chance: Chance, wording: Wording
) -> list[tuple[Phrase, Syllable]]:
    """Draw syllables: runs of whole phrases, or one long nucleus for all."""
    if wording != "words":
        phrase = chance.choice(spoken)
        if wording == "chops":
            few = [chance.choice(phrase.syllables) for _ in range(chance.choice((1, 1, 2, 3)))]
            return [
                (phrase, syllable) for syllable, _ in zip(itertools.cycle(few), range(count), strict=False)
            ]
        lengths = [syllable.end - syllable.vowel for syllable in phrase.syllables]
        return [(phrase, phrase.syllables[int(np.argmax(lengths))])] * count
    drawn: list[tuple[Phrase, Syllable]] = []
    while len(drawn) < count:
        phrase = chance.choice(spoken)
        first = chance.integer(0, max(0, len(phrase.syllables) - (count - len(drawn))))
        drawn += [(phrase, syllable) for syllable in phrase.syllables[first:]]
    return drawn[:count]
