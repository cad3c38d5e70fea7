"""A kit for one song: where its sounds come from, how each part is treated, its room and its bus."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, Protocol

import numpy as np

from training.data.chance import Chance
from training.data.kits.balance import balanced
from training.data.kits.bus import Bus, draw_bus
from training.data.kits.hydrogen import UNSEEN_KITS, draw_hydrogen
from training.data.kits.machines import draw_machine
from training.data.kits.parts import KIT_PARTS, Hit, KitPart, part_of
from training.data.kits.room import Room, draw_room
from training.data.kits.samples import draw_samples
from training.data.kits.soundfonts import draw_soundfont
from training.data.kits.treatment import Treatment, draw_treatment
from training.data.signal import FloatArray, fit
from training.data.theory import Note
from training.sources import CHANNELS, SAMPLE_RATE

KitPool = Literal["training", "unseen"]
"""Which kits may be drawn; unseen ones are for evaluation only."""

TRAINING_SOUNDFONTS: Final = (*(("FluidR3_GM.sf2",) * 5), "MuseScore_General_Lite.sf3")
"""MuseScore's drums are mostly Fluid's own, and take a second longer to decode."""

UNSEEN_SOUNDFONTS: Final = (
    "Black_Pearl_4_LV2.sf2",
    "Red_Zeppelin_4_LV2.sf2",
    "TimGM6mb.sf2",
    "OPL-3_FM_128M.sf2",
)


class Source(Protocol):
    """Something that can be struck."""

    def play(
        self, hits: Mapping[KitPart, Sequence[Hit]], samples: int, chance: Chance
    ) -> dict[KitPart, FloatArray]:
        """Return the dry sound [2, samples] of each part that is struck."""


@dataclass(frozen=True, slots=True)
class Layer:
    """One of the sources that sound together."""

    source: Source
    gains: Mapping[KitPart, float]
    """Amplitude per part, of a second layer relative to the first; parts left out do not sound."""


@dataclass(frozen=True, slots=True)
class Kit:
    """Everything that is settled about a song's drums before the first note."""

    name: str
    layers: tuple[Layer, ...]
    treatments: Mapping[KitPart, Treatment]
    rooms: tuple[Room, Room]
    """Where the kit stands, and the reverb on some of its parts."""
    bus: Bus


def draw_kit(chance: Chance, pool: KitPool, soundfont: str | None = None) -> Kit:
    """Draw a kit.

    Args:
        chance: the song's stream for its kit.
        pool: "training" or "unseen".
        soundfont: file name of a soundfont whose drum kit it must be, if any.
    """
    name, layers = _draw_layers(chance.child("source"), pool, soundfont)
    room = draw_room(
        chance.child("room"), ("dry", "booth", "booth", "studio", "studio", "live", "live", "hall")
    )
    plate = draw_room(chance.child("plate"), ("plate", "plate", "gated", "gated", "hall"))
    character = chance.child("character")
    room_amount = character.choice((0.0, character.uniform(0.03, 0.2), character.uniform(0.1, 0.7)))
    plate_amount = character.choice((0.0, 0.0, character.uniform(0.05, 0.5)))
    side = character.choice((1.0, 1.0, 1.0, -1.0, -1.0, 0.0))
    treatments = {
        part: draw_treatment(chance.child("treatment", part), part, (room_amount, plate_amount), side)
        for part in KIT_PARTS
    }
    return Kit(name, layers, treatments, (room, plate), draw_bus(chance.child("bus")))


def _draw_layers(chance: Chance, pool: KitPool, soundfont: str | None) -> tuple[str, tuple[Layer, ...]]:
    everything: dict[KitPart, float] = dict.fromkeys(KIT_PARTS, 1.0)
    if soundfont is not None:
        return soundfont, (Layer(draw_soundfont(chance, soundfont), everything),)
    if pool == "unseen":
        name = chance.choice((*UNSEEN_KITS, *UNSEEN_SOUNDFONTS))
        source: Source = draw_hydrogen(chance, name) if name in UNSEEN_KITS else draw_soundfont(chance, name)
        return name, (Layer(source, everything),)
    kind = chance.choice(
        ("soundfont", "soundfont", "soundfont", "samples", "samples", "machine", "machine", "layered")
    )
    if kind == "samples":
        return kind, (Layer(draw_samples(chance), everything),)
    if kind == "machine":
        return kind, (Layer(draw_machine(chance), everything),)
    recorded = draw_soundfont(chance, chance.choice(TRAINING_SOUNDFONTS))
    if kind == "soundfont":
        return f"{recorded.soundfont} {recorded.program}", (Layer(recorded, everything),)
    doubled = [part for part in KIT_PARTS if chance.happens(0.6)]
    gains: dict[KitPart, float] = {part: chance.uniform(0.1, 0.6) for part in doubled}
    second = (
        draw_machine(chance.child("second")) if chance.happens(0.5) else draw_samples(chance.child("second"))
    )
    return kind, (Layer(recorded, everything), Layer(second, gains))


def play_kit(
    notes: Sequence[Note], tempo: float, kit: Kit, samples: int, chance: Chance
) -> dict[str, FloatArray]:
    """Play notes of the General MIDI percussion map on a kit.

    Args:
        notes: strikes, in beats.
        tempo: beats per minute.
        kit: from `draw_kit`.
        samples: length of the result at 44.1 kHz.
        chance: small differences from strike to strike.

    Returns:
        audio [2, samples] for each of kick, snare, toms, cymbals and percussion, room included; their sum is
        the drum stem, with a peak of at most 0.8.

    Raises:
        FileNotFoundError: a soundfont or sample package that the kit needs is not installed.
    """
    hits: dict[KitPart, list[Hit]] = {}
    for note in notes:
        start = note.start * 60 / tempo
        if 0 <= start < samples / SAMPLE_RATE:
            hits.setdefault(part_of(note.pitch), []).append(Hit(start, note.pitch, note.velocity))
    dry: dict[KitPart, FloatArray] = {
        part: np.zeros((CHANNELS, samples), dtype=np.float32) for part in KIT_PARTS
    }
    for index, layer in enumerate(kit.layers):
        struck = {part: hits[part] for part in KIT_PARTS if part in hits and part in layer.gains}
        if struck:
            for part, audio in layer.source.play(struck, samples, chance.child("layer", index)).items():
                gain = layer.gains[part] * (_peak(dry[part]) / max(1e-9, _peak(audio)) if index else 1.0)
                dry[part] += np.float32(gain) * fit(audio, samples)
    for part, struck_hits in hits.items():
        if np.any(dry[part]):
            responses = (kit.rooms[0].response(part), kit.rooms[1].response(part))
            dry[part] = kit.treatments[part].apply(dry[part], [hit.start for hit in struck_hits], responses)
    dry = balanced(dry, chance.child("balance"))
    return {str(part): audio for part, audio in kit.bus.apply(dry).items()}


def _peak(audio: FloatArray) -> float:
    return float(np.abs(audio).max())
