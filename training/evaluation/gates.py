"""What the bundled models must reach before they are shipped."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from training.baselines import KIT_BASELINES, SONG_BASELINES
from training.evaluation.references import CONSTANT_GAIN, MIXTURE

SIMPLE: Final = (MIXTURE, CONSTANT_GAIN, *SONG_BASELINES, *KIT_BASELINES)
"""Rows that a model must beat on every stem."""

SetResults = Mapping[str, Mapping[str, float]]
"""Mean SDR in dB of every row of a set's table, by stem."""


@dataclass(frozen=True, slots=True)
class Gate:
    """Of a model on a set.

    Attributes:
        mean_db: least mean over the stems.
        stem_db: least of each stem; None asks nothing of them.
    """

    mean_db: float
    stem_db: float | None = None


_KNOWN_SOUND: Final = Gate(mean_db=8.5, stem_db=5.0)
_UNKNOWN_SOUND: Final = Gate(mean_db=6.5, stem_db=5.0)
_UNKNOWN_KITS: Final = Gate(mean_db=7.0)

GATES: Final = {
    ("foundry_4s", "seen"): _KNOWN_SOUND,
    ("foundry_4s", "unseen_soundfont_and_grammars"): _UNKNOWN_SOUND,
    ("foundry_4s", "wide_seen"): _KNOWN_SOUND,
    ("foundry_4s", "wide_unseen"): _UNKNOWN_SOUND,
    ("foundry_kit", "kit_unseen"): _UNKNOWN_KITS,
}
"""By model and set. A set that is not evaluated is not asked about."""


def shortfalls(model: str, set_name: str, parts: Sequence[str], results: SetResults) -> list[str]:
    """Return what a model falls short of on a set that it has a gate on, one sentence each.

    Args:
        model: its name, a row of the results.
        set_name: the set.
        parts: stems that are judged.
        results: of the set.
    """
    gate = GATES[model, set_name]
    own = {stem: results[model][stem] for stem in parts if stem in results[model]}
    mean = sum(own.values()) / len(own)
    found = []
    if mean < gate.mean_db:
        found.append(f"the mean over the stems is {mean:.2f} dB, below {gate.mean_db} dB")
    for stem, reached in own.items():
        if gate.stem_db is not None and reached < gate.stem_db:
            found.append(f"{stem} is {reached:.2f} dB, below {gate.stem_db} dB")
        rows = {row: results[row][stem] for row in SIMPLE if row in results and stem in results[row]}
        found += [
            f"{stem} is {reached:.2f} dB, and {row} gives {value:.2f} dB"
            for row, value in rows.items()
            if value >= reached
        ]
    return found
