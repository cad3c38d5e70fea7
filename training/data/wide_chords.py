"""Chord qualities and progressions of the wide songs."""

from typing import Final

from training.data.theory import WidePool

QUALITIES: Final = {
    "maj": (0, 4, 7),
    "min": (0, 3, 7),
    "dim": (0, 3, 6),
    "aug": (0, 4, 8),
    "power": (0, 7),
    "sus2": (0, 2, 7),
    "sus4": (0, 5, 7),
    "six": (0, 4, 7, 9),
    "min6": (0, 3, 7, 9),
    "maj7": (0, 4, 7, 11),
    "dom7": (0, 4, 7, 10),
    "min7": (0, 3, 7, 10),
    "sus7": (0, 5, 7, 10),
    "add9": (0, 4, 7, 14),
    "maj9": (0, 4, 7, 11, 14),
    "dom9": (0, 4, 7, 10, 14),
    "dom13": (0, 4, 10, 14, 21),
    "min9": (0, 3, 7, 10, 14),
    "min11": (0, 3, 7, 10, 17),
    "half_diminished": (0, 3, 6, 10),
    "dim7": (0, 3, 6, 9),
}
"""Semitones above the root."""

Progression = tuple[str, tuple[tuple[int, str], ...]]
"""Mode of the melody and chords as semitones above the tonic with their quality."""

_NUMERALS: Final = {
    "I": 0, "bII": 1, "II": 2, "bIII": 3, "III": 4, "IV": 5, "#IV": 6, "V": 7, "bVI": 8, "VI": 9,
    "bVII": 10, "VII": 11,
}  # fmt: skip


def _read(mode: str, text: str) -> Progression:
    """Read "I vi IV:maj7 V"; a small numeral is minor, a colon gives another quality."""
    chords: list[tuple[int, str]] = []
    for word in text.split():
        numeral, _, quality = word.partition(":")
        plain = numeral[1:] if numeral[0] in "b#" else numeral
        degree = _NUMERALS[numeral[: len(numeral) - len(plain)] + plain.upper()]
        chords.append((degree, quality or ("min" if plain.islower() else "maj")))
    return mode, tuple(chords)


_TRAINING: Final = (
    ("major", "I V vi IV"),
    ("major", "I vi IV V"),
    ("major", "vi IV I V"),
    ("major", "IV I V vi"),
    ("major", "I IV V V"),
    ("major", "I I IV V"),
    ("major", "I iii IV V"),
    ("major", "I V IV IV"),
    ("major", "I IV I V"),
    ("major", "I iii vi IV"),
    ("major", "IV V iii vi"),
    ("major", "IV V vi I"),
    ("major", "I IV iv I"),
    ("major", "I III IV iv"),
    ("major", "I bVII IV I"),
    ("major", "I bIII IV bVI"),
    ("major", "I:maj7 IV:maj7"),
    ("major", "I:maj7 ii:min7 iii:min7 IV:maj7"),
    ("major", "ii:min7 V:dom7 I:maj7 I:maj7"),
    ("major", "I:dom7 IV:dom7"),
    ("major", "I V vi iii IV I IV V"),
    ("major", "I:add9 IV:add9 vi:min7 V:sus4"),
    ("major", "I"),
    ("major", "I:sus2 I I:sus4 I"),
    ("major", "I II IV I"),
    ("major", "vi V IV V"),
    ("major", "IV:maj7 V:dom7 iii:min7 VI:dom7 ii:min7 V:dom7 I:maj7 I:dom7"),
    ("minor", "i bVI bIII bVII"),
    ("minor", "i bVII bVI bVII"),
    ("minor", "i bVI iv v"),
    ("minor", "i iv bVII bIII"),
    ("minor", "i bIII bVII iv"),
    ("minor", "i iv i v"),
    ("minor", "i i bVI bVII"),
    ("minor", "i bVII i bVII"),
    ("minor", "i"),
    ("minor", "i:min7 iv:min7"),
    ("minor", "i:min9 bVI:maj7"),
    ("minor", "bVI bVII i i"),
    ("minor", "iv bVI i bVII"),
    ("minor", "i v bVI iv"),
    ("minor", "i:power bIII:power IV:power bVI:power"),
    ("minor", "i:power i:power bVII:power iv:power"),
    ("minor", "i:power bVI:power bVII:power i:power"),
    ("harmonic_minor", "i iv V i"),
    ("harmonic_minor", "i bVI V V:dom7"),
    ("harmonic_minor", "i VII:dim7 i V:dom7"),
    ("dorian", "i IV"),
    ("dorian", "i:min7 IV:dom7"),
    ("dorian", "i bIII IV i"),
    ("dorian", "i ii:min7 bIII ii:min7"),
    ("mixolydian", "I bVII IV I"),
    ("mixolydian", "I v bVII IV"),
    ("mixolydian", "I:dom7"),
    ("mixolydian", "I:dom9 IV:dom9"),
    ("mixolydian", "I bVII"),
    ("phrygian", "i bII"),
    ("phrygian", "i:power bII:power i:power bIII:power"),
    ("lydian", "I II"),
    ("lydian", "I:maj7 II iii:min7 II"),
)

_HELD_OUT: Final = (
    ("mixolydian", "I:dom7 IV:dom7 I:dom7 I:dom7 IV:dom7 IV:dom7 I:dom7 I:dom7 V:dom7 IV:dom7 I:dom7 V:dom7"),
    ("minor", "i iv bVII bIII bVI iv V V"),
    ("major", "I vi ii V"),
    ("major", "I V ii IV"),
    ("major", "I iv bVII bIII"),
    ("major", "iii:min7 bIII:dim7 ii:min7 V:dom7"),
    ("minor", "i bVII bVI V"),
    ("minor", "i bVI iv bII"),
    ("dorian", "i:min9 v:min7"),
    ("lydian", "I:maj7 #IV:half_diminished"),
    ("mixolydian", "I bVI bVII I"),
    ("major", "I:six VI:dom7 ii:min7 V:dom9"),
)
"""Twelve-bar blues, circle of fifths, the Andalusian cadence, turnarounds and others."""

_PROGRESSIONS: Final[dict[WidePool, tuple[Progression, ...]]] = {
    "wide": tuple(_read(mode, text) for mode, text in _TRAINING),
    "wide_held_out": tuple(_read(mode, text) for mode, text in _HELD_OUT),
}


def progressions(pool: WidePool) -> tuple[Progression, ...]:
    """Return the progressions of a pool; no progression is in both."""
    return _PROGRESSIONS[pool]
