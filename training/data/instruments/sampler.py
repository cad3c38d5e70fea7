"""Soundfonts played inside the process by the FluidSynth library, every part dry on an output of its own."""

import ctypes
import ctypes.util
import functools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from training.data.instruments.events import PlayedNote
from training.data.rendering import DRUM_CHANNEL
from training.data.signal import FloatArray
from training.sources import CHANNELS, SAMPLE_RATE

BLOCK: Final = 64
"""The library starts and ends voices on multiples of this many samples."""

OUTPUTS: Final = 16
"""One stereo output per MIDI channel."""

BEND_STEP: Final = 0.01
"""Seconds between two positions of the pitch wheel."""

BEND_RANGE: Final = 12
"""Semitones the pitch wheel reaches."""

INTEGER_SETTINGS: Final = {
    "synth.audio-channels": OUTPUTS,
    "synth.audio-groups": OUTPUTS,
    "synth.dynamic-sample-loading": 1,
    "synth.reverb.active": 0,
    "synth.chorus.active": 0,
    "synth.polyphony": 256,
}


@dataclass(frozen=True, slots=True)
class SampledPart:
    """What one MIDI channel plays."""

    program: int
    """General MIDI program counted from 0; for drums, the kit."""
    notes: Sequence[PlayedNote]
    bend: npt.NDArray[np.float64] | None = None
    """Semitones away from the written notes, one value per BEND_STEP; None plays in tune."""
    is_drums: bool = False


@functools.cache
def _library() -> Any:
    name = ctypes.util.find_library("fluidsynth")
    if name is None:
        message = "the FluidSynth library is not installed; training/README.md lists the packages"
        raise FileNotFoundError(message)
    library = ctypes.CDLL(name)
    pointer, text, whole = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int
    library.new_fluid_settings.restype = pointer
    library.new_fluid_synth.restype = pointer
    library.new_fluid_synth.argtypes = [pointer]
    library.delete_fluid_synth.argtypes = [pointer]
    library.delete_fluid_settings.argtypes = [pointer]
    library.fluid_settings_setint.argtypes = [pointer, text, whole]
    library.fluid_settings_setnum.argtypes = [pointer, text, ctypes.c_double]
    library.fluid_synth_sfload.argtypes = [pointer, text, whole]
    library.fluid_synth_process.argtypes = [pointer, whole, whole, pointer, whole, pointer]
    library.fluid_synth_system_reset.argtypes = [pointer]
    library.fluid_synth_all_sounds_off.argtypes = [pointer, whole]
    for name, count in (("noteon", 3), ("noteoff", 2), ("program_change", 2), ("pitch_bend", 2), ("cc", 3)):
        getattr(library, f"fluid_synth_{name}").argtypes = [pointer, *([whole] * count)]
    library.fluid_synth_pitch_wheel_sens.argtypes = [pointer, whole, whole]
    return library


class Sampler:
    """One soundfont in memory.

    Args:
        soundfont: path of an SF2 or SF3 file.

    Raises:
        OSError: the library cannot read the file.
    """

    def __init__(self, soundfont: Path) -> None:
        library = _library()
        self._settings = library.new_fluid_settings()
        for name, value in INTEGER_SETTINGS.items():
            library.fluid_settings_setint(self._settings, name.encode(), value)
        library.fluid_settings_setnum(self._settings, b"synth.sample-rate", float(SAMPLE_RATE))
        library.fluid_settings_setnum(self._settings, b"synth.gain", 0.5)
        self._synthesiser = library.new_fluid_synth(self._settings)
        if library.fluid_synth_sfload(self._synthesiser, str(soundfont).encode(), 1) < 0:
            message = f"FluidSynth cannot load {soundfont}"
            raise OSError(message)

    def play(self, parts: Sequence[SampledPart], samples: int) -> FloatArray:
        """Return the dry sound [parts, 2, samples] of at most 15 melodic parts and one of drums.

        The first note of a sample sounds a little different from later ones; the difference is 50 dB down.
        """
        library, synthesiser = _library(), self._synthesiser
        library.fluid_synth_system_reset(synthesiser)
        free = iter(channel for channel in range(OUTPUTS) if channel != DRUM_CHANNEL)
        channels = [DRUM_CHANNEL if part.is_drums else next(free) for part in parts]
        events: list[tuple[int, int, int, int, int]] = []
        for channel, part in zip(channels, parts, strict=True):
            library.fluid_synth_program_change(synthesiser, channel, part.program)
            library.fluid_synth_pitch_wheel_sens(synthesiser, channel, BEND_RANGE)
            events += _events(part, channel, samples)
        events.sort()
        # Whole blocks only, and silence at the end: a song must not depend on the one played before.
        output = np.zeros((OUTPUTS * CHANNELS, -(-samples // BLOCK) * BLOCK), dtype=np.float32)
        self._render(events, output)
        library.fluid_synth_all_sounds_off(synthesiser, -1)
        self._render([], np.zeros((OUTPUTS * CHANNELS, 16 * BLOCK), dtype=np.float32))
        stereo = output.reshape(OUTPUTS, CHANNELS, -1)
        return np.ascontiguousarray(stereo[channels, :, :samples])

    def _render(self, events: list[tuple[int, int, int, int, int]], output: FloatArray) -> None:
        """Send events (sample, kind, channel, value, value) in time and fill the output between them."""
        library, synthesiser = _library(), self._synthesiser
        send = (library.fluid_synth_noteoff, library.fluid_synth_pitch_bend, library.fluid_synth_noteon)
        samples = output.shape[-1]
        position, base = 0, output.ctypes.data
        pointers = ctypes.c_void_p * len(output)
        for at, kind, channel, *values in [*events, (samples, 0, 0, 0, 0)]:
            if at > position:
                rows = pointers(*(base + 4 * (row * samples + position) for row in range(len(output))))
                library.fluid_synth_process(synthesiser, at - position, 0, None, len(output), rows)
                position = at
            if at < samples:
                send[kind](synthesiser, channel, *(values if kind == 2 else values[:1]))


def _events(part: SampledPart, channel: int, samples: int) -> list[tuple[int, int, int, int, int]]:
    """Return note ends (0), wheel positions (1) and note starts (2) of a part on the grid of blocks."""
    events: list[tuple[int, int, int, int, int]] = []
    for note in part.notes:
        start = round(note.start * SAMPLE_RATE / BLOCK) * BLOCK
        end = max(start + BLOCK, round((note.start + note.duration) * SAMPLE_RATE / BLOCK) * BLOCK)
        if start < samples:
            events.append((start, 2, channel, note.pitch, note.velocity))
            events.append((min(end, samples), 0, channel, note.pitch, 0))
    if part.bend is not None:
        wheel = np.round(8192 + part.bend / BEND_RANGE * 8191).clip(0, 16_383).astype(int)
        for index in np.flatnonzero(np.diff(wheel, prepend=8192)):
            at = round(index * BEND_STEP * SAMPLE_RATE / BLOCK) * BLOCK
            if at < samples:
                events.append((at, 1, channel, int(wheel[index]), 0))
    return events


@functools.lru_cache(maxsize=4)
def open_sampler(soundfont: Path) -> Sampler:
    """Return the sampler of a soundfont, kept for the songs that follow in this process."""
    return Sampler(soundfont)
