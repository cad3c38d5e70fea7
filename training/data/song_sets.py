"""The frozen lists of songs: which seeds, soundfonts and grammars each data set is made of."""

import hashlib
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, cast

from training.data.composition import VOICE_KINDS, VoiceKind, compose
from training.data.theory import GrammarPool, SourcePool, WidePool
from training.data.wide_composition import compose_drums, compose_wide

SONG_SETS_FILE: Final = Path(__file__).parent.parent / "evaluation_sets.toml"
DATA_FOLDER: Final = Path(__file__).parent.parent / ".data"
"""Where rendered audio goes; not in version control."""

Material = Literal["plain", "wide", "modelled", "kit"]
"""What a set is made of: songs of the first kind, wide songs, wide songs played on models of the Synthesis
ToolKit, or the drum kits of wide songs alone."""


@dataclass(frozen=True, slots=True)
class SongSet:
    """Songs of consecutive seeds, soundfonts taken in turn."""

    name: str
    first_seed: int
    last_seed: int
    soundfonts: tuple[str, ...]
    grammars: GrammarPool
    seconds: float
    material: Material = "plain"
    sources: SourcePool = "training"
    voices: tuple[VoiceKind, ...] = VOICE_KINDS
    """What plain songs are sung by."""
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
            digest.update(self._song_fingerprint(seed).encode())
        return digest.hexdigest()

    def _song_fingerprint(self, seed: int) -> str:
        if self.material == "plain":
            return compose(seed, self.seconds, self.grammars, self.voices).fingerprint()
        if self.material in ("wide", "modelled"):
            return compose_wide(seed, self.seconds, self.wide_pool).fingerprint()
        return compose_drums(seed, self.seconds, self.wide_pool).fingerprint()

    @property
    def wide_pool(self) -> WidePool:
        """The grammars of a set whose material is not plain."""
        return cast("WidePool", self.grammars)


@dataclass(frozen=True, slots=True)
class SongSets:
    """Everything `evaluation_sets.toml` declares."""

    training: SongSet
    choir_training: SongSet
    validation: SongSet
    wide_training: SongSet
    wide_validation: SongSet
    modelled_training: SongSet
    modelled_validation: SongSet
    kit_training: SongSet
    kit_validation: SongSet
    evaluation: tuple[SongSet, ...]
    demo_seed: int

    @property
    def every(self) -> tuple[SongSet, ...]:
        """All sets, those of training first."""
        learnt = (
            self.training,
            self.choir_training,
            self.wide_training,
            self.modelled_training,
            self.kit_training,
        )
        watched = (self.validation, self.wide_validation, self.modelled_validation, self.kit_validation)
        return (*learnt, *watched, *self.evaluation)

    def named(self, name: str) -> SongSet:
        """Return the set of a name.

        Raises:
            KeyError: no set has it.
        """
        return {song_set.name: song_set for song_set in self.every}[name]


def load_song_sets(path: Path = SONG_SETS_FILE) -> SongSets:
    """Read the frozen song sets."""
    table = tomllib.loads(path.read_text())

    def named(name: str) -> SongSet:
        return _song_set({"name": name, **table[name]})

    return SongSets(
        training=named("training"),
        choir_training=named("choir_training"),
        validation=named("validation"),
        wide_training=named("wide_training"),
        wide_validation=named("wide_validation"),
        modelled_training=named("modelled_training"),
        modelled_validation=named("modelled_validation"),
        kit_training=named("kit_training"),
        kit_validation=named("kit_validation"),
        evaluation=tuple(_song_set(entry) for entry in table["evaluation"]),
        demo_seed=table["demo_song"]["seed"],
    )


def _song_set(entry: dict[str, Any]) -> SongSet:
    first, last = entry["seeds"]
    return SongSet(
        name=entry["name"],
        first_seed=first,
        last_seed=last,
        soundfonts=tuple(entry.get("soundfonts", ())),
        grammars=entry["grammars"],
        seconds=float(entry["seconds"]),
        material=entry.get("material", "plain"),
        sources=entry.get("sources", "training"),
        voices=tuple(entry.get("voices", VOICE_KINDS)),
        frozen_fingerprint=entry.get("fingerprint"),
    )
