"""Physical models and frequency modulation of the Synthesis ToolKit, played by its `stk-demo`.

Cook and Scavone, "The Synthesis ToolKit (STK)", 1999. Its winds and plucked strings are excited by noise that
the clock seeds: a part played again has the same notes with another noise.
"""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from training.data.chance import Chance
from training.data.instruments.events import PlayedNote
from training.data.production.filters import high_pass
from training.data.programs import read_sound, run_program
from training.data.signal import FloatArray
from training.sources import CHANNELS, SAMPLE_RATE

SETTINGS: Final = ("-s", str(SAMPLE_RATE), "-n", "8")
"""The sampling rate and how many notes sound at once."""

LEVEL: Final = 0.1
"""Root mean square of a part; the mixing desk sets its place in the song."""

LOWEST_HZ: Final = 20.0
CONTROLLER_RANGE: Final = (24.0, 104.0)
"""Of 0 to 128; at the ends some models choke."""


@dataclass(frozen=True, slots=True)
class ToolkitModel:
    """An instrument of the toolkit.

    The range is where it sounds the pitch that is written while its controllers stand in the middle; other
    notes are played octaves away. Drawn controllers make some bend, shake or overblow.
    """

    name: str
    """As `stk-demo` calls it."""
    lowest: int = 28
    """MIDI note number."""
    highest: int = 94
    controllers: tuple[int, ...] = (1, 2, 4, 11)
    """Numbers of the controllers that change its sound."""
    sounds_above: int = 0
    """Semitones by which it sounds above what is written."""


CLARINET: Final = ToolkitModel("Clarinet")
SAXOPHONE: Final = ToolkitModel("Saxofony", highest=88, controllers=(1, 2, 4, 11, 26))
FLUTE: Final = ToolkitModel("Flute", lowest=46)
BOTTLE: Final = ToolkitModel("BlowBotl", lowest=58, controllers=(1, 4, 11))
VIOLIN: Final = ToolkitModel("Bowed")
PLUCKED_STRING: Final = ToolkitModel("Plucked", controllers=())
STIFF_STRING: Final = ToolkitModel("StifKarp", controllers=(1, 4, 11))
SITAR: Final = ToolkitModel("Sitar", controllers=())
MANDOLIN: Final = ToolkitModel("Mandolin")
ELECTRIC_PIANO: Final = ToolkitModel("Rhodey")
REED_PIANO: Final = ToolkitModel("Wurley")
PERCUSSIVE_FLUTE: Final = ToolkitModel("PercFlut", sounds_above=7)
HEAVY_METAL: Final = ToolkitModel("HevyMetl")
ORGAN: Final = ToolkitModel("BeeThree")
SYNTHESISER: Final = ToolkitModel("Moog")
MALLETS: Final = ToolkitModel("ModalBar", lowest=52, controllers=(2, 4, 16))

SOLO_MODELS: Final = (
    CLARINET, SAXOPHONE, FLUTE, VIOLIN, BOTTLE, MANDOLIN, SITAR, HEAVY_METAL, PERCUSSIVE_FLUTE, SYNTHESISER,
)  # fmt: skip
CHORD_MODELS: Final = (
    PLUCKED_STRING, STIFF_STRING, SITAR, MANDOLIN, ELECTRIC_PIANO, ELECTRIC_PIANO, REED_PIANO, REED_PIANO,
    PERCUSSIVE_FLUTE, HEAVY_METAL, ORGAN, ORGAN, SYNTHESISER, MALLETS, VIOLIN, FLUTE, CLARINET,
)  # fmt: skip
BASS_MODELS: Final = (
    PLUCKED_STRING, PLUCKED_STRING, STIFF_STRING, MANDOLIN, SYNTHESISER, SYNTHESISER, HEAVY_METAL, ORGAN,
    ELECTRIC_PIANO,
)  # fmt: skip


def play_model(notes: Sequence[PlayedNote], model: ToolkitModel, samples: int, chance: Chance) -> FloatArray:
    """Return the sound [2, samples] of a part, alike on both sides.

    Raises:
        ProgramError: `stk-demo` is not installed or gave no sound.
    """
    with tempfile.TemporaryDirectory() as folder:
        score, sound = Path(folder, "score.ski"), Path(folder, "sound.wav")
        score.write_text(_score(notes, model, samples / SAMPLE_RATE, chance))
        run_program(["stk-demo", model.name, *SETTINGS, "-ow", str(sound), "-if", str(score)])
        mono = read_sound(sound, f"stk-demo {model.name}")[0][:samples, 0]
    # Some models have an offset while they wait for a note.
    mono = high_pass(np.pad(mono, (0, samples - len(mono))), LOWEST_HZ)
    mono = mono * np.float32(LEVEL / (np.sqrt(np.square(mono).mean()) + 1e-6))
    return np.stack([mono] * CHANNELS)


def _score(notes: Sequence[PlayedNote], model: ToolkitModel, seconds: float, chance: Chance) -> str:
    """Return a part in the toolkit's score language, where times count from the event before."""
    events = [
        (0.0, "ControlChange", f"{number} {chance.uniform(*CONTROLLER_RANGE):.1f}")
        for number in model.controllers
    ]
    for note in notes:
        pitch = _in_range(note.pitch - model.sounds_above, model)
        events.append((note.start, "NoteOn", f"{pitch} {note.velocity}"))
        events.append((note.start + note.duration, "NoteOff", f"{pitch} 64"))
    # The player leaves as soon as nothing but the exit is to come, so a note that does not sound ends later.
    events.append((seconds, "NoteOff", "0 64"))
    events.append((seconds, "ExitProgram", ""))
    lines = []
    now = 0.0
    for moment, event, values in sorted(events, key=lambda event: event[0]):
        lines.append(f"{event} {moment - now:.6f} 1 {values}\n")
        now = moment
    return "".join(lines)


def _in_range(pitch: int, model: ToolkitModel) -> int:
    """Move a note by octaves into the range of a model."""
    if pitch < model.lowest:
        return model.lowest + (pitch - model.lowest) % 12
    if pitch > model.highest:
        return model.highest - (model.highest - pitch) % 12
    return pitch
