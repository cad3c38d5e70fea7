"""Recorded one-shots that may be trained on: Sonic Pi's (CC0, MIT), Audiophob (CC0), Rumpf kit (CC-BY)."""

from collections.abc import Mapping
from functools import lru_cache, partial
from pathlib import Path
from typing import Final

import numpy as np
import soundfile
from scipy import signal

from training.data.chance import Chance
from training.data.kits.machines import draw_machine
from training.data.kits.one_shots import Drum, DrumMaker, OneShotSource, make_drum
from training.data.signal import FloatArray
from training.sources import SAMPLE_RATE

SONIC_PI_FOLDER: Final = Path("/usr/share/sonic-pi/samples")
HYDROGEN_FOLDER: Final = Path("/usr/share/hydrogen/data/drumkits")
LONGEST_SECONDS: Final = 3.5

Layers = tuple[tuple[str, ...], ...]
"""File names by velocity layer, soft first, each with its variants."""


def _each(*names: str) -> tuple[Layers, ...]:
    """Return one choice of a single layer per name."""
    return tuple(((f"{name}.flac",),) for name in names)


def _two(name: str) -> Layers:
    return ((f"{name}_soft.flac",), (f"{name}_hard.flac",))


_KICKS: Final = (
    _two("drum_bass"),
    *_each("drum_heavy_kick", "elec_hollow_kick", "elec_soft_kick", "bd_808", "bd_ada", "bd_boom", "bd_fat"),
    *_each(
        "bd_gas", "bd_haus", "bd_klub", "bd_mehackit", "bd_pure", "bd_sone", "bd_tek", "bd_zome", "bd_zum"
    ),
)
_SNARES: Final = (
    _two("drum_snare"),
    _two("drum_snare"),
    *_each("sn_dolf", "sn_dub", "sn_generic", "sn_zome", "elec_snare", "elec_filt_snare", "elec_hi_snare"),
    *_each("elec_lo_snare", "elec_mid_snare"),
)
_TABLAS: Final = _each(
    "tabla_ghe1", "tabla_ghe2", "tabla_ghe3", "tabla_na", "tabla_tas1", "tabla_te1", "tabla_tun1"
)

SONIC_PI: Final[Mapping[int, tuple[Layers, ...]]] = {
    36: _KICKS,
    35: _KICKS,
    38: _SNARES,
    40: _SNARES,
    39: _each("perc_snap", "perc_snap2"),
    **dict.fromkeys((41, 43), (_two("drum_tom_lo"), _two("drum_tom_lo"), *_each("elec_fuzz_tom"))),
    **dict.fromkeys((45, 47), (_two("drum_tom_mid"),)),
    **dict.fromkeys((48, 50), (_two("drum_tom_hi"),)),
    42: _each("drum_cymbal_closed"),
    44: _each("drum_cymbal_pedal"),
    46: _each("drum_cymbal_open"),
    **dict.fromkeys((49, 57), (_two("drum_cymbal"), *_each("drum_cymbal_hard"))),
    51: _each("drum_cymbal_soft", "elec_cymbal"),
    55: (_two("drum_splash"),),
    53: _each("elec_triangle", "perc_bell2"),
    56: _each("drum_cowbell"),
    **dict.fromkeys((60, 61, 62, 63, 64), _TABLAS),
    75: _each("elec_tick", "elec_pop"),
    76: _each("elec_wood", "elec_plip", "elec_bong"),
    77: _each("elec_wood", "elec_blip", "elec_twip"),
}

AUDIOPHOB: Final[Mapping[int, tuple[Layers, ...]]] = {
    36: ((("86335__zgump__tom-0105.wav",),),),
    38: ((("25671__walter-odington__garage-city-snare-snappy.wav",),), (("124382__cubix__8bit-snare.wav",),)),
    39: ((("29800__stomachache__3.wav",),),),
    42: ((("116973__cbeeching__hat-light.wav",),),),
    46: ((("104227__minorr__hhat-paiste-302-14-open-p.wav",),),),
    **dict.fromkeys((41, 43), ((("99930__menegass__noise-tom0.wav",),),)),
    **dict.fromkeys((45, 47), ((("99931__menegass__noise-tom1.wav",),),)),
    **dict.fromkeys((48, 50), ((("101450__menegass__tomh.wav",),),)),
    49: ((("124101__connersaw8__crash.wav",),),),
}


def _rumpf(*numbers: str) -> tuple[Layers, ...]:
    return _each(*(f"beats_{number}" for number in numbers))


RUMPF: Final[Mapping[int, tuple[Layers, ...]]] = {
    36: _rumpf("06-38", "06-46", "07-18", "07-20"),
    35: _rumpf("06-46", "07-18"),
    37: _rumpf("09-12"),
    38: _rumpf("01-21", "06-25"),
    40: _rumpf("06-25", "01-21"),
    39: _rumpf("01-26"),
    42: _rumpf("09-10"),
    44: _rumpf("06-28"),
    46: _rumpf("08-31"),
    **dict.fromkeys((41, 43), _rumpf("08-17")),
    **dict.fromkeys((45, 47), _rumpf("08-18")),
    **dict.fromkeys((48, 50), _rumpf("08-19")),
    49: _rumpf("06-43"),
    53: _rumpf("06-40"),
    56: _rumpf("08-32"),
}

PACKS: Final = (
    (SONIC_PI_FOLDER, "sonic-pi-samples", SONIC_PI),
    (SONIC_PI_FOLDER, "sonic-pi-samples", SONIC_PI),
    (HYDROGEN_FOLDER / "Audiophob", "hydrogen-drumkits", AUDIOPHOB),
    (HYDROGEN_FOLDER / "rumpf_kit_z01_h2", "hydrogen-drumkits", RUMPF),
)
"""Folder, Debian package and instruments."""


@lru_cache(maxsize=160)
def read_one_shot(path: Path, package: str) -> FloatArray:
    """Read a recording as [2, time] at 44.1 kHz, from its onset on.

    Raises:
        FileNotFoundError: the file is missing; the message names the Debian package that brings it.
    """
    if not path.is_file():
        message = f"{path} is missing: install the Debian package {package}"
        raise FileNotFoundError(message)
    audio, rate = soundfile.read(path, dtype="float32", always_2d=True)
    audio = audio.T if audio.shape[1] > 1 else np.repeat(audio.T, 2, axis=0)
    if rate != SAMPLE_RATE:
        audio = signal.resample_poly(audio, SAMPLE_RATE, rate, axis=-1)
    level = np.abs(audio).max(axis=0)
    onset = int(np.argmax(level > 0.01 * level.max()))
    shot = np.array(audio[:2, onset : onset + int(LONGEST_SECONDS * SAMPLE_RATE)], dtype=np.float32)
    fade = min(shot.shape[-1], 400)
    shot[:, shot.shape[-1] - fade :] *= np.linspace(1, 0, fade, dtype=np.float32)
    return shot


def sampled(layers: Layers, folder: Path, package: str) -> DrumMaker:
    """Return the maker of an instrument from its recordings."""
    return partial(_make, layers=layers, folder=folder, package=package)


def _make(chance: Chance, layers: Layers, folder: Path, package: str) -> Drum:
    return make_drum([[read_one_shot(folder / name, package) for name in names] for names in layers], chance)


def draw_samples(chance: Chance) -> OneShotSource:
    """Draw recorded instruments, each from one pack; computed ones stand in where no pack has any.

    Closed, pedal and open hi-hat come from one pack together, and so do all toms.
    """
    machine = draw_machine(chance.child("machine"))
    makers: dict[int, DrumMaker] = dict(machine.makers)
    main = chance.integer(0, len(PACKS) - 1)
    families = ((36, 35), (38, 40, 37), (42, 44, 46), (41, 43, 45, 47, 48, 50), (49, 57, 51, 53, 55))
    rest = tuple((pitch,) for pitch in (39, 56, 60, 61, 62, 63, 64, 75, 76, 77))
    for family in (*families, *rest):
        folder, package, pack = PACKS[main if chance.happens(0.6) else chance.integer(0, len(PACKS) - 1)]
        for pitch in family:
            if pitch in pack:
                makers[pitch] = sampled(chance.choice(pack[pitch]), folder, package)
    return OneShotSource(makers, chance.child("levels"))
