"""Drum grammars of the wide songs: many genres for training, other genres for evaluation only."""

from collections.abc import Mapping
from typing import Final

from training.data.drum_grammars import DrumGrammar
from training.data.theory import WidePool
from training.data.wide_drum_arrangement import grammar
from training.data.wide_drum_genres_acoustic import ACOUSTIC_GROOVES
from training.data.wide_drum_genres_electronic import ELECTRONIC_GROOVES
from training.data.wide_drum_genres_held_out import HELD_OUT_GROOVES
from training.data.wide_drum_genres_world import WORLD_GROOVES

WIDE_DRUM_GRAMMARS: Final[Mapping[WidePool, Mapping[str, DrumGrammar]]] = {
    "wide": {
        name: grammar(groove)
        for name, groove in {**ACOUSTIC_GROOVES, **ELECTRONIC_GROOVES, **WORLD_GROOVES}.items()
    },
    "wide_held_out": {name: grammar(groove) for name, groove in HELD_OUT_GROOVES.items()},
}
"""Grammars by pool and genre."""
