"""Which parts and instruments go together in the wide songs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from training.data import wide_guitar_grammars as guitars
from training.data import wide_harmony_grammars as harmony
from training.data import wide_lead_grammars as leads
from training.data.chance import Chance
from training.data.theory import Note, WidePool
from training.data.wide_theory import WideSketch

PartGrammar = Callable[[WideSketch, Chance], list[Note]]

InstrumentKind = Literal[
    "sampled", "sampled_solo", "acoustic_guitar", "clean_guitar", "crunch_guitar", "high_gain_guitar",
    "muted_guitar", "guitar_solo", "pad", "lead", "pluck", "stab", "keys", "organ", "riser",
    "finger_bass", "picked_bass", "synth_bass", "sub_bass", "boom_bass", "acid_bass", "reese_bass",
    "sampled_bass",
]  # fmt: skip
"""How a part is played; the first two and the sampled bass take a General MIDI program."""

PIANOS: Final = (0, 0, 1, 2, 4, 4, 5, 6, 7)
ORGANS: Final = (16, 16, 17, 18, 19, 20, 21, 22)
STRINGS: Final = (40, 41, 42, 44, 48, 48, 49, 50, 51)
BRASS: Final = (56, 57, 58, 60, 61, 61, 62, 63)
MALLETS: Final = (8, 9, 10, 11, 12, 13, 14, 45, 46, 105, 106, 108)
SOLOISTS: Final = (
    22,
    40,
    40,
    42,
    56,
    57,
    59,
    60,
    64,
    65,
    65,
    66,
    66,
    67,
    68,
    69,
    70,
    71,
    72,
    73,
    73,
    75,
    77,
    21,
)
SAMPLED_PADS: Final = (48, 49, 50, 51, 88, 89, 90, 91, 93, 94, 95)
SAMPLED_SYNTHS: Final = (80, 81, 82, 84, 86, 87, 98, 99, 102)
ACOUSTIC_GUITARS: Final = (24, 25, 25)
EXOTIC: Final = (104, 105, 106, 107, 15, 46, 109, 110, 111, 78, 79, 74)
SAMPLED_BASSES: Final = (32, 32, 33, 33, 34, 34, 35, 36, 37, 38, 39)


@dataclass(frozen=True, slots=True)
class Layer:
    """One way to fill a place in an arrangement."""

    grammar: PartGrammar
    kinds: tuple[InstrumentKind, ...]
    programs: tuple[int, ...] = (0,)
    """For sampled kinds: General MIDI programs counted from 0."""


_STRUMMED: Final = Layer(
    guitars.strummed, ("acoustic_guitar", "acoustic_guitar", "clean_guitar", "crunch_guitar")
)
_SAMPLED_STRUM: Final = Layer(guitars.strummed, ("sampled",), (24, 25, 25, 26, 27, 28, 104, 105))
_HELD: Final = Layer(
    guitars.held_chords, ("clean_guitar", "crunch_guitar", "high_gain_guitar", "acoustic_guitar")
)
_PICKED: Final = Layer(guitars.fingerpicking, ("acoustic_guitar", "clean_guitar", "clean_guitar"))
_SAMPLED_PICKED: Final = Layer(guitars.fingerpicking, ("sampled",), (24, 25, 26, 27, 46, 105, 15))
_CHUG: Final = Layer(guitars.chugging, ("muted_guitar", "muted_guitar", "high_gain_guitar"))
_POWER: Final = Layer(guitars.driving_power, ("crunch_guitar", "high_gain_guitar", "high_gain_guitar"))
_RIFF: Final = Layer(guitars.riff, ("crunch_guitar", "high_gain_guitar", "clean_guitar"))
_FUNK: Final = Layer(guitars.funk_scratch, ("clean_guitar",))
_SKANK: Final = Layer(guitars.off_beat_skank, ("clean_guitar", "keys", "organ", "sampled"), (16, 0, 28))
_TREMOLO: Final = Layer(guitars.tremolo_picking, ("clean_guitar", "crunch_guitar", "high_gain_guitar"))
_GUITAR_SOLO: Final = Layer(leads.pentatonic_solo, ("guitar_solo",))
_GUITAR_HOOK: Final = Layer(leads.hook, ("guitar_solo", "clean_guitar", "crunch_guitar"))
_PIANO: Final = Layer(harmony.piano_comping, ("sampled",), PIANOS)
_BLOCKS: Final = Layer(harmony.block_quarters, ("sampled", "keys", "organ"), (*PIANOS, 16))
_BROKEN: Final = Layer(harmony.broken_chords, ("sampled",), (*PIANOS, 46, 24))
_ORGAN: Final = Layer(harmony.pad_chords, ("organ", "sampled"), ORGANS)
_PAD: Final = Layer(harmony.pad_chords, ("pad", "pad", "sampled"), SAMPLED_PADS)
_STRING_PAD: Final = Layer(harmony.pad_chords, ("sampled",), (48, 48, 49, 50, 44))
_STABS: Final = Layer(harmony.stabs, ("stab", "stab", "sampled", "keys"), (*BRASS, *PIANOS, 16, 55))
_HORNS: Final = Layer(harmony.section_line, ("sampled",), BRASS)
_STRING_LINE: Final = Layer(harmony.section_line, ("sampled",), STRINGS)
_COUNTER: Final = Layer(
    harmony.counter_melody, ("sampled_solo", "sampled", "lead", "organ"), (*STRINGS, 60, 71, 73)
)
_ARPEGGIO: Final = Layer(
    harmony.synth_arpeggio, ("pluck", "pluck", "lead", "keys", "sampled"), SAMPLED_SYNTHS
)
_PLUCKS: Final = Layer(harmony.pizzicato, ("pluck", "sampled", "sampled"), MALLETS)
_DRONE: Final = Layer(harmony.drone, ("pad", "organ", "sampled"), (*SAMPLED_PADS, 109, 104))
_RISER: Final = Layer(harmony.riser, ("riser",))
_THEME: Final = Layer(leads.themed_solo, ("sampled_solo", "sampled_solo", "lead"), SOLOISTS)
_FAST: Final = Layer(leads.fast_solo, ("sampled_solo", "lead", "guitar_solo"), (*SOLOISTS, 0, 4, 11))
_LONG: Final = Layer(leads.long_lead, ("sampled_solo", "sampled_solo", "lead", "guitar_solo"), SOLOISTS)
_HOOK: Final = Layer(leads.hook, ("lead", "pluck", "sampled"), (*SAMPLED_SYNTHS, *EXOTIC, 11, 12))
_OCTAVES: Final = Layer(leads.octave_lead, ("lead", "sampled"), (48, 61, 80, 81, 0))
_EXOTIC: Final = Layer(leads.themed_solo, ("sampled_solo",), EXOTIC)

_ELECTRIC: Final = ("finger_bass", "picked_bass", "sampled_bass")
_SYNTHETIC: Final = ("synth_bass", "sub_bass", "reese_bass", "acid_bass", "sampled_bass")


@dataclass(frozen=True, slots=True)
class Style:
    """A way of arranging."""

    layers: tuple[Layer, ...]
    basses: tuple[str, ...]
    """Names of bass grammars."""
    bass_kinds: tuple[InstrumentKind, ...]
    most_layers: int = 4
    drums: tuple[str, ...] = ()
    """Names of drum grammars; empty takes any."""


_ALL_BASSES: Final = (
    "root_eighths", "picked_rock", "half_notes", "sustained_sub", "octaves", "walking", "funk_slap",
    "syncopated", "reggae", "dub", "synth_sixteenths", "off_beats", "eight_oh_eight", "arpeggiated",
    "melodic", "pedal_gallop",
)  # fmt: skip

WIDE_STYLES: Final[dict[str, Style]] = {
    "pop": Style(
        (
            _PIANO,
            _BLOCKS,
            _STRUMMED,
            _PAD,
            _STRING_PAD,
            _PLUCKS,
            _HOOK,
            _ARPEGGIO,
            _HELD,
            _STABS,
            _COUNTER,
            _RISER,
        ),
        ("root_eighths", "half_notes", "syncopated", "melodic", "octaves", "picked_rock"),
        (*_ELECTRIC, "synth_bass", "sub_bass"),
        5,
        drums=(
            "rock",
            "pop",
            "pop_ballad",
            "electro_pop",
            "disco",
            "stomp_and_clap",
            "machine_grid",
            "r_and_b",
            "synth_wave",
        ),
    ),
    "rock": Style(
        (
            _POWER,
            _RIFF,
            _STRUMMED,
            _HELD,
            _GUITAR_SOLO,
            _GUITAR_HOOK,
            _ORGAN,
            _PIANO,
            _PICKED,
            _TREMOLO,
            _POWER,
        ),
        ("root_eighths", "picked_rock", "half_notes", "melodic", "syncopated"),
        ("picked_bass", "picked_bass", "finger_bass", "sampled_bass"),
        drums=(
            "rock",
            "half_time_rock",
            "driving_rock",
            "punk",
            "tom_groove",
            "crash_ride_chorus",
            "shuffle",
            "pop",
        ),
    ),
    "metal": Style(
        (_CHUG, _CHUG, _POWER, _RIFF, _GUITAR_SOLO, _TREMOLO, _STRING_PAD),
        ("pedal_gallop", "root_eighths", "picked_rock"),
        ("picked_bass", "picked_bass", "finger_bass"),
        3,
        drums=(
            "metal_double_kick",
            "blast_beat",
            "half_time_rock",
            "driving_rock",
            "crash_ride_chorus",
            "punk",
        ),
    ),
    "electronic": Style(
        (_PAD, _ARPEGGIO, _STABS, _HOOK, _PLUCKS, _RISER, _DRONE, _OCTAVES, _ARPEGGIO, _PAD),
        (
            "off_beats",
            "synth_sixteenths",
            "sustained_sub",
            "octaves",
            "syncopated",
            "arpeggiated",
            "root_eighths",
        ),
        _SYNTHETIC,
        5,
        drums=(
            "house",
            "techno",
            "trance",
            "drum_and_bass",
            "breakbeat",
            "synth_wave",
            "machine_grid",
            "future_bass",
            "disco",
            "electro_pop",
        ),
    ),
    "hip_hop": Style(
        (_PLUCKS, _PAD, _BROKEN, _HOOK, _STRING_LINE, _BLOCKS, _EXOTIC, _DRONE, _SAMPLED_PICKED),
        ("eight_oh_eight", "eight_oh_eight", "sustained_sub", "syncopated", "dub"),
        ("boom_bass", "boom_bass", "sub_bass", "finger_bass", "reese_bass"),
        3,
        drums=("trap", "trap_triplets", "boom_bap", "lo_fi", "r_and_b"),
    ),
    "funk": Style(
        (_FUNK, _STABS, _HORNS, _ORGAN, _PIANO, _THEME, _RIFF, _HOOK, _FUNK),
        ("funk_slap", "syncopated", "octaves", "melodic"),
        ("finger_bass", "finger_bass", "sampled_bass", "synth_bass"),
        drums=("funk", "soul", "disco", "breakbeat", "afrobeat"),
    ),
    "reggae": Style(
        (_SKANK, _SKANK, _ORGAN, _HORNS, _PLUCKS, _THEME),
        ("reggae", "dub", "melodic"),
        ("finger_bass", "sampled_bass"),
        drums=("reggae_one_drop", "reggaeton", "soca"),
    ),
    "jazz": Style(
        (_PIANO, _THEME, _FAST, _BLOCKS, _HORNS, _PICKED, _COUNTER),
        ("walking", "walking", "melodic", "half_notes"),
        ("sampled_bass", "finger_bass"),
        3,
        drums=("swing", "bossa", "brush_ballad", "waltz", "samba", "soul"),
    ),
    "orchestral": Style(
        (_STRING_PAD, _STRING_LINE, _HORNS, _BROKEN, _COUNTER, _LONG, _PLUCKS, _THEME, _EXOTIC),
        ("half_notes", "sustained_sub", "melodic"),
        ("sampled_bass", "sub_bass", "finger_bass"),
        5,
        drums=("cinematic", "taiko_toms", "march", "waltz", "percussion_only"),
    ),
    "folk": Style(
        (_STRUMMED, _PICKED, _SAMPLED_STRUM, _SAMPLED_PICKED, _LONG, _EXOTIC, _BROKEN, _DRONE, _COUNTER),
        ("half_notes", "root_eighths", "melodic"),
        ("sampled_bass", "finger_bass"),
        drums=(
            "train_beat",
            "country_two_step",
            "brush_ballad",
            "waltz",
            "shaker_and_claps",
            "march",
            "six_eight_ballad",
        ),
    ),
    "ballad": Style(
        (_BROKEN, _PAD, _STRING_PAD, _PICKED, _LONG, _HELD, _PIANO, _GUITAR_SOLO),
        ("half_notes", "sustained_sub", "melodic"),
        ("finger_bass", "sampled_bass", "sub_bass"),
        drums=("pop_ballad", "six_eight_ballad", "brush_ballad", "half_time_rock", "soul"),
    ),
    "anything": Style(
        (
            _PIANO,
            _PAD,
            _STRUMMED,
            _POWER,
            _RIFF,
            _STABS,
            _ARPEGGIO,
            _HORNS,
            _LONG,
            _FAST,
            _GUITAR_SOLO,
            _FUNK,
            _PLUCKS,
            _ORGAN,
            _OCTAVES,
            _EXOTIC,
            _SKANK,
        ),
        _ALL_BASSES,
        (*_ELECTRIC, *_SYNTHETIC, "boom_bass"),
        6,
    ),
}

_HELD_OUT_LAYERS: Final = (
    Layer(harmony.alberti, ("sampled", "sampled", "keys", "pluck"), (*PIANOS, 46, 6)),
    Layer(harmony.charleston, ("sampled", "keys", "clean_guitar", "organ"), (*PIANOS, 26)),
    Layer(harmony.montuno, ("sampled", "sampled", "stab"), (*PIANOS, 11)),
    Layer(harmony.chorale, ("sampled", "pad", "organ"), (*BRASS, *STRINGS)),
    Layer(guitars.swing_four, ("clean_guitar", "acoustic_guitar", "sampled"), (25, 26)),
    Layer(guitars.montuno_guitar, ("acoustic_guitar", "crunch_guitar", "sampled"), (24, 25)),
    Layer(leads.fiddle_reel, ("sampled_solo", "guitar_solo", "lead"), (40, 73, 110, 21, 65)),
    Layer(leads.bebop, ("sampled_solo", "sampled_solo", "guitar_solo", "lead"), (65, 66, 56, 11, 0)),
)

_HELD_OUT_STYLES: Final[dict[str, Style]] = {
    "band": Style(
        _HELD_OUT_LAYERS,
        ("tumbao", "dotted_bossa", "two_beat", "boogie"),
        ("finger_bass", "picked_bass", "sampled_bass", "synth_bass"),
    ),
    "machines": Style(
        _HELD_OUT_LAYERS,
        ("tumbao", "dotted_bossa", "two_beat", "boogie"),
        ("synth_bass", "sub_bass", "reese_bass", "boom_bass", "acid_bass"),
    ),
}

STYLES: Final[dict[WidePool, Mapping[str, Style]]] = {"wide": WIDE_STYLES, "wide_held_out": _HELD_OUT_STYLES}
