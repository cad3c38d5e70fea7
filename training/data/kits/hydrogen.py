"""Drum kits of the Hydrogen drum machine that may only be evaluated on, read from their drumkit.xml."""

import re
from functools import lru_cache
from typing import Final
from xml.etree import ElementTree

from training.data.chance import Chance
from training.data.kits.one_shots import OneShotSource
from training.data.kits.samples import HYDROGEN_FOLDER, Layers, sampled

UNSEEN_KITS: Final = {
    "ForzeeStereo": "hydrogen-drumkits",
    "GMRockKit": "hydrogen-data",
    "TR808EmulationKit": "hydrogen-data",
    "Millo-Drums_v.1": "hydrogen-drumkits",
    "Millo_MultiLayered2": "hydrogen-drumkits",
    "Millo_MultiLayered3": "hydrogen-drumkits",
    "ColomboAcousticDrumkit": "hydrogen-drumkits",
    "The Black Pearl 1.0": "hydrogen-drumkits",
    "ElectricEmpireKit": "hydrogen-drumkits",
    "VariBreaks": "hydrogen-drumkits",
}
"""Folder and Debian package of each kit."""

NAMES: Final[tuple[tuple[str, tuple[int, ...]], ...]] = (
    (r"kick|bass ?drum", (36, 35)),
    (r"side stick|rim ?click|^stick|^click", (37,)),
    (r"snare roll", ()),
    (r"snare.*rim|snare 2|snare jazz", (40,)),
    (r"snare|super opaco", (38, 40)),
    (r"clap", (39,)),
    (r"floor|tom.?low|low.?tom", (41, 43)),
    (r"tom.?mid|mid.*tom|tom 2", (45, 47)),
    (r"tom.?hi|high tom|tom 1", (48, 50)),
    (r"(hat|hh).*(pedal|foot|pd)|pedal.*(hat|hh)", (44,)),
    (r"hat.*(swish|choke)|splash choke", ()),
    (r"(hat|hh).*(open|op\b)|open.*(hat|hh)", (46,)),
    (r"hat|hh", (42,)),
    (r"(ride|paiste).*(bell|cup)|^bell|ride-cup", (53,)),
    (r"splash", (55,)),
    (r"china", (52,)),
    (r"ride", (51, 59)),
    (r"crash|cymbal", (49, 57)),
    (r"cowbell", (56,)),
    (r"tambourine", (54,)),
    (r"agogo low", (68,)),
    (r"agogo high", (67,)),
    (r"conga", (63, 64, 62, 60, 61)),
    (r"shaker|maraca", (70, 82, 69)),
    (r"clave", (75, 76, 77)),
)
"""How instruments are named, first match wins, and the General MIDI percussion notes they answer."""


def pitches_named(name: str) -> tuple[int, ...]:
    """Return the General MIDI percussion notes that an instrument's name stands for; none when unclear."""
    lowered = name.lower()
    return next((pitches for pattern, pitches in NAMES if re.search(pattern, lowered)), ())


def read_drumkit(document: str) -> dict[int, list[Layers]]:
    """Return the recordings in a drumkit.xml: for each note, the instruments that could play it."""
    # The document comes with an installed Debian package, as trusted as the code that reads it.
    root = ElementTree.fromstring(document)  # noqa: S314
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    kit: dict[int, list[Layers]] = {}
    for instrument in root.iter("instrument"):
        layers = sorted(
            (float(layer.findtext("max", "1")), layer.findtext("filename", ""))
            for layer in instrument.iter("layer")
        )
        names = [name for _, name in layers] or [instrument.findtext("filename", "")]
        recordings: Layers = tuple((name,) for name in names if name and name != "emptySample.flac")
        if recordings:
            for pitch in pitches_named(instrument.findtext("name", "")):
                kit.setdefault(pitch, []).append(recordings)
    return kit


@lru_cache(maxsize=16)
def _installed(folder: str) -> dict[int, list[Layers]]:
    document = HYDROGEN_FOLDER / folder / "drumkit.xml"
    if not document.is_file():
        message = f"{document} is missing: install the Debian package {UNSEEN_KITS[folder]}"
        raise FileNotFoundError(message)
    return read_drumkit(document.read_text(encoding="utf-8"))


def draw_hydrogen(chance: Chance, folder: str) -> OneShotSource:
    """Draw instruments of one kit.

    Raises:
        FileNotFoundError: the kit is not installed; the message names the Debian package.
    """
    kit = _installed(folder)
    makers = {
        pitch: sampled(chance.choice(kit[pitch]), HYDROGEN_FOLDER / folder, UNSEEN_KITS[folder])
        for pitch in sorted(kit)
    }
    return OneShotSource(makers, chance.child("levels"))
