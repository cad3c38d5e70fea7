"""Notes to sound: standard MIDI files played by FluidSynth with a General MIDI soundfont."""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import mido
import numpy as np

from training.data.composition import Part
from training.data.programs import read_sound, run_program
from training.data.signal import FloatArray, fit
from training.sources import CHANNELS, SAMPLE_RATE

TICKS_PER_BEAT: Final = 480
DRUM_CHANNEL: Final = 9
SOUNDFONT_FOLDERS: Final = (Path("/usr/share/sounds/sf2"), Path("/usr/share/sounds/sf3"))
PAN_CONTROLLER, REVERB_CONTROLLER = 10, 91
TAIL_SECONDS: Final = 3.0
"""Silence between two stems, long enough for releases and reverb to die away."""


def find_soundfont(file_name: str) -> Path:
    """Return the path of an installed soundfont, looked up where Debian's packages put them."""
    for folder in SOUNDFONT_FOLDERS:
        if (folder / file_name).is_file():
            return folder / file_name
    message = f"soundfont {file_name} is not installed; training/README.md lists the packages"
    raise FileNotFoundError(message)


def write_midi(placed: Sequence[tuple[float, Part]], tempo: float, path: Path) -> None:
    """Write parts as a MIDI file, each from its own start in beats; drums on channel 10."""
    track = mido.MidiTrack()
    track.append(mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(tempo)))
    melodic = iter(channel for channel in range(16) if channel != DRUM_CHANNEL)
    events: list[tuple[int, int, str, int, int, int]] = []
    for offset, part in placed:
        channel = DRUM_CHANNEL if part.is_drums else next(melodic)
        track.append(mido.Message("program_change", channel=channel, program=part.program))
        track.append(mido.Message("control_change", channel=channel, control=PAN_CONTROLLER, value=part.pan))
        track.append(
            mido.Message("control_change", channel=channel, control=REVERB_CONTROLLER, value=part.reverb)
        )
        for note in part.notes:
            start = round((offset + note.start) * TICKS_PER_BEAT)
            end = max(start + 1, round((offset + note.start + note.duration) * TICKS_PER_BEAT))
            events.append((start, 1, "note_on", note.pitch, note.velocity, channel))
            events.append((end, 0, "note_off", note.pitch, 0, channel))
    clock = 0
    # Sorting puts an end before a start at the same tick, so that a repeated note is struck again.
    for tick, _, kind, pitch, velocity, channel in sorted(events):
        track.append(mido.Message(kind, channel=channel, note=pitch, velocity=velocity, time=tick - clock))
        clock = tick
    mido.MidiFile(ticks_per_beat=TICKS_PER_BEAT, tracks=[track]).save(path)


def render(
    stems: Mapping[str, Sequence[Part]], tempo: float, soundfont: Path, samples: int
) -> dict[str, FloatArray]:
    """Play each stem by itself and return stereo audio [2, samples] at 44.1 kHz per stem.

    All stems are played one after the other by one FluidSynth process, with silence between for the
    tails, because loading a soundfont takes longer than playing a song.

    Raises:
        ProgramError: FluidSynth is missing, fails or gives no sound.
    """
    spacing = samples / SAMPLE_RATE + TAIL_SECONDS
    beats_per_second = tempo / 60
    placed = [
        (index * spacing * beats_per_second, _within(part, samples / SAMPLE_RATE * beats_per_second))
        for index, parts in enumerate(stems.values())
        for part in parts
    ]
    if not any(part.notes for _, part in placed):
        return {stem: np.zeros((CHANNELS, samples), dtype=np.float32) for stem in stems}
    with tempfile.TemporaryDirectory() as folder:
        midi, wave = Path(folder) / "song.mid", Path(folder) / "song.wav"
        write_midi(placed, tempo, midi)
        options = ["-ni", "-q", "-g", "0.5", "-r", str(SAMPLE_RATE), "-O", "float", "-T", "wav"]
        options += ["-o", "synth.dynamic-sample-loading=1", "-F", str(wave)]
        run_program(["fluidsynth", *options, str(soundfont), str(midi)])
        audio, _ = read_sound(wave, "fluidsynth")
    starts = [round(index * spacing * SAMPLE_RATE) for index in range(len(stems))]
    return {
        stem: fit(np.ascontiguousarray(audio.T[:, start : start + samples]), samples)
        for stem, start in zip(stems, starts, strict=True)
    }


def _within(part: Part, beats: float) -> Part:
    """Drop notes that start after the end of the song, which would sound in the next stem."""
    notes = (note for note in part.notes if note.start < beats)
    return replace(
        part, notes=tuple(replace(note, duration=min(note.duration, beats - note.start)) for note in notes)
    )
