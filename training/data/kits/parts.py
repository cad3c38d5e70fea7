"""The parts of a drum kit and which strike of the General MIDI percussion map belongs to which."""

from dataclasses import dataclass
from typing import Final, Literal

KitPart = Literal["kick", "snare", "toms", "cymbals", "percussion"]

KIT_PARTS: Final[tuple[KitPart, ...]] = ("kick", "snare", "toms", "cymbals", "percussion")
"""Order of the parts in every array; together they are the drum stem."""

KICKS: Final = (36, 35)
SNARES: Final = (38, 40, 37)
TOMS: Final = (41, 43, 45, 47, 48, 50)
CYMBALS: Final = (42, 44, 46, 49, 51, 52, 53, 55, 57, 59)
HATS: Final = (42, 44, 46)

_PART_OF: Final[dict[int, KitPart]] = {
    **dict.fromkeys(KICKS, "kick"),
    **dict.fromkeys(SNARES, "snare"),
    **dict.fromkeys(TOMS, "toms"),
    **dict.fromkeys(CYMBALS, "cymbals"),
}

SUBSTITUTES: Final[dict[int, tuple[int, ...]]] = {
    35: (36,),
    36: (35,),
    37: (38, 40),
    38: (40,),
    40: (38,),
    41: (43, 45, 47, 48, 50),
    43: (41, 45, 47, 48, 50),
    45: (43, 47, 48, 41, 50),
    47: (45, 48, 43, 50, 41),
    48: (50, 47, 45, 43, 41),
    50: (48, 47, 45, 43, 41),
    42: (44, 46),
    44: (42, 46),
    46: (42, 44, 49),
    49: (57, 55, 52, 51),
    57: (49, 55, 52, 51),
    52: (57, 49, 55),
    55: (49, 57, 52),
    51: (59, 53, 49, 42),
    53: (51, 59, 49, 42),
    59: (51, 53, 49, 42),
    39: (54, 76, 75, 56),
    54: (70, 82, 69, 39),
    56: (67, 68, 76, 75, 39),
    60: (61, 63, 64, 62, 66, 65),
    61: (60, 64, 63, 66),
    62: (63, 60, 64),
    63: (62, 60, 64, 61, 66),
    64: (61, 63, 66, 60),
    65: (60, 63, 66),
    66: (61, 64, 65),
    67: (68, 56, 76),
    68: (67, 56, 76),
    69: (70, 82, 54),
    70: (82, 69, 54),
    82: (70, 69, 54),
    75: (76, 77, 39),
    76: (75, 77, 56),
    77: (76, 75, 56),
}
"""What to strike instead, best first, where a kit lacks an instrument; never one of another part."""


def part_of(pitch: int) -> KitPart:
    """Return the part that a General MIDI percussion note belongs to; unknown notes are percussion."""
    return _PART_OF.get(pitch, "percussion")


@dataclass(frozen=True, slots=True)
class Hit:
    """One strike."""

    start: float
    """Onset in seconds from the start of the song."""
    pitch: int
    """Note of the General MIDI percussion map."""
    velocity: int
    """1 to 127."""
