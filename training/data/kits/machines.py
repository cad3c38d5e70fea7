"""Kits of computed instruments: which voice answers which General MIDI percussion note."""

from collections.abc import Callable
from functools import partial
from typing import Final

import numpy as np

from training.data.chance import Chance
from training.data.kits import electronic, metal
from training.data.kits.one_shots import Drum, DrumMaker, OneShotSource, make_drum
from training.data.signal import FloatArray

Voice = Callable[[Chance, Chance], FloatArray]

VOICES: Final[dict[int, tuple[str, Voice]]] = {
    35: ("second kick", electronic.kick),
    36: ("kick", electronic.kick),
    37: ("side stick", electronic.side_stick),
    38: ("snare", electronic.snare),
    40: ("second snare", electronic.snare),
    39: ("clap", electronic.clap),
    **{
        pitch: ("toms", partial(electronic.tom, height=index / 5))
        for index, pitch in enumerate((41, 43, 45, 47, 48, 50))
    },
    42: ("hats", partial(metal.hat, opening="closed")),
    44: ("hats", partial(metal.hat, opening="pedal")),
    46: ("hats", partial(metal.hat, opening="open")),
    49: ("crash", partial(metal.cymbal, kind="crash")),
    57: ("second crash", partial(metal.cymbal, kind="crash")),
    52: ("china", partial(metal.cymbal, kind="china")),
    55: ("splash", partial(metal.cymbal, kind="splash")),
    51: ("ride", partial(metal.cymbal, kind="ride")),
    59: ("second ride", partial(metal.cymbal, kind="ride")),
    53: ("bell", partial(metal.cymbal, kind="bell")),
    54: ("tambourine", metal.tambourine),
    56: ("cowbell", metal.cowbell),
    **{
        pitch: ("hand drums", partial(metal.hand_drum, height=index / 6))
        for index, pitch in enumerate((64, 61, 66, 63, 65, 62, 60))
    },
    67: ("agogo", partial(metal.block, height=1.0)),
    68: ("agogo", partial(metal.block, height=0.0)),
    69: ("cabasa", metal.shaker),
    70: ("maracas", metal.shaker),
    82: ("shaker", metal.shaker),
    75: ("claves", partial(metal.block, height=1.0)),
    76: ("wood blocks", partial(metal.block, height=0.6)),
    77: ("wood blocks", partial(metal.block, height=0.0)),
}
"""Settings shared by name (all toms of a kit are one family) and the voice."""

STRIKES: Final = 3


def draw_machine(chance: Chance) -> OneShotSource:
    """Draw a kit of computed instruments, every setting of its own."""
    makers: dict[int, DrumMaker] = {
        pitch: partial(_make, voice=voice, settings=chance.child(family))
        for pitch, (family, voice) in VOICES.items()
    }
    return OneShotSource(makers, chance.child("levels"))


def _make(chance: Chance, voice: Voice, settings: Chance) -> Drum:
    """Compute a few strikes of one instrument; each has the same settings and other noise."""
    strikes = [voice(settings.child("settings"), chance.child("noise", index)) for index in range(STRIKES)]
    return make_drum([[np.stack([strike, strike]) for strike in strikes]], chance)
