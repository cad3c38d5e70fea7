"""The frozen lists of songs: which seeds, soundfonts and grammars each data set is made of."""

import hashlib
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from training.data.composition import compose
from training.data.theory import GrammarPool

SONG_SETS_FILE: Final = Path(__file__).parent.parent / "evaluation_sets.toml"
DATA_FOLDER: Final = Path(__file__).parent.parent / ".data"
"""Where rendered audio goes; not in version control."""


@dataclass(frozen=True, slots=True)
class SongSet:
    """Songs of consecutive seeds, soundfonts taken in turn."""

    name: str
    first_seed: int
    last_seed: int
    soundfonts: tuple[str, ...]
    grammars: GrammarPool
    seconds: float
    frozen_fingerprint: str | None = None
    """What `fingerprint()` must return; declared for evaluation sets."""

    @property
    def seeds(self) -> range:
        """All seeds of the set."""
        return range(self.first_seed, self.last_seed + 1)

    def soundfont(self, seed: int) -> str:
        """Return the soundfont file name that plays a song."""
        return self.soundfonts[(seed - self.first_seed) % len(self.soundfonts)]

    def clip_path(self, seed: int) -> Path:
        """Return where the rendered stems of a song are kept."""
        return DATA_FOLDER / self.name / f"{seed}.npy"

    def fingerprint(self, seeds: Sequence[int] | None = None) -> str:
        """Return one SHA-256 over the notes of the set's songs (or of some of its seeds)."""
        digest = hashlib.sha256()
        for seed in self.seeds if seeds is None else seeds:
            digest.update(compose(seed, self.seconds, self.grammars).fingerprint().encode())
        return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class SongSets:
    """Everything `evaluation_sets.toml` declares."""

    training: SongSet
    validation: SongSet
    evaluation: tuple[SongSet, ...]
    demo_seed: int


def load_song_sets(path: Path = SONG_SETS_FILE) -> SongSets:
    """Read the frozen song sets."""
    table = tomllib.loads(path.read_text())
    return SongSets(
        training=_song_set({"name": "training", **table["training"]}),
        validation=_song_set({"name": "validation", **table["validation"]}),
        evaluation=tuple(_song_set(entry) for entry in table["evaluation"]),
        demo_seed=table["demo_song"]["seed"],
    )


def _song_set(entry: dict[str, Any]) -> SongSet:
    first, last = entry["seeds"]
    return SongSet(
        name=entry["name"],
        first_seed=first,
        last_seed=last,
        soundfonts=tuple(entry["soundfonts"]),
        grammars=entry["grammars"],
        seconds=float(entry["seconds"]),
        frozen_fingerprint=entry.get("fingerprint"),
    )
