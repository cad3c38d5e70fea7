"""One take of one singer: the vocal tract of the words, the pitch of the melody, put together by WORLD."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np
import pyworld

from training.data.chance import Chance
from training.data.signal import FloatArray, ramp_between
from training.data.singing.alignment import Sound, stretch
from training.data.singing.analysis import ENVELOPE_HZ, FRAME_SECONDS, NOISE_HZ, Frames
from training.data.singing.breaths import breath
from training.data.singing.lyrics import SungPhrase
from training.data.singing.pitch import spoken_pitch, sung_pitch
from training.data.singing.singers import BODY_HZ, Singer
from training.sources import SAMPLE_RATE

Delivery = Literal["sung", "rapped", "whispered", "hummed", "monotone"]

TRANSFORM: Final = 1024
"""Window of the synthesis; pulses of voices down to 60 Hz fit in."""
BINS_HZ: Final = np.linspace(0, SAMPLE_RATE / 2, TRANSFORM // 2 + 1)
HUM_HZ, HUM_DB_PER_OCTAVE = 500.0, -14.0
EFFORT_TILT: Final = 0.12
"""dB per octave of brightness for each dB of loudness."""
CLEAN_SHARE: Final = 0.45
"""Share of a spoken vowel's noise above 3 kHz that is left when it is sung out."""
MOST_NOISE: Final = 0.6
HIGHEST_HARMONIC: Final = 13_000.0


@dataclass(frozen=True, slots=True)
class Take:
    """How a part is sung this time."""

    singer: Singer
    delivery: Delivery = "sung"
    semitones: float = 0.0
    """Transposition of all notes."""
    looseness: float = 0.0
    """Further deviation of onsets in seconds."""
    breaths_db: float | None = -24.0
    """Level of breaths before phrases, None for none."""


def record(take: Take, phrases: Sequence[SungPhrase], samples: int, chance: Chance) -> FloatArray:
    """Sing phrases.

    Args:
        take: singer and delivery.
        phrases: words and notes in seconds.
        samples: length of the result at 44.1 kHz.
        chance: stream of this take; another stream gives a second take of the same line.

    Returns:
        One channel [samples]; vowels have about the same level in every take.
    """
    line = np.zeros(samples, dtype=np.float32)
    for index, sung in enumerate(phrases):
        stream = chance.child(index)
        loose = _loosened(sung, take.singer.looseness + take.looseness, stream.child("time"))
        sound = stretch(loose, stream.child("vowels"), natural=take.delivery == "rapped")
        pitch = _pitch(take, loose, sound, stream.child("pitch"))
        voice = _synthesise(take, sound, pitch, stream.child("sound"))
        _add(line, voice, sound.start)
        if take.breaths_db is not None and stream.happens(0.6):
            air = breath(stream.child("breath"), take.breaths_db)
            _add(line, air, loose.start - stream.uniform(0.05, 0.2) - len(air) / SAMPLE_RATE)
    return line


def _add(line: FloatArray, sound: FloatArray, start: float) -> None:
    first = round(start * SAMPLE_RATE)
    sound = sound[max(0, -first) :]
    first = max(0, first)
    count = min(len(sound), len(line) - first)
    if count > 0:
        line[first : first + count] += sound[:count]


def _loosened(sung: SungPhrase, deviation: float, chance: Chance) -> SungPhrase:
    """Move onsets as nobody sings exactly on the grid."""
    shift = chance.normal(0, deviation)
    moves = [shift + chance.normal(0, deviation / 2) for _ in sung.slots]
    slots = tuple(
        replace(slot, start=slot.start + move, end=slot.end + following)
        for slot, move, following in zip(sung.slots, moves, [*moves[1:], shift], strict=True)
        if slot.end + following - slot.start - move > 0.03
    )
    notes = tuple(replace(note, start=note.start + shift) for note in sung.notes)
    return SungPhrase(slots or sung.slots, notes)


def _pitch(take: Take, sung: SungPhrase, sound: Sound, chance: Chance) -> Frames:
    frames = len(sound.vowel)
    if take.delivery == "whispered":
        return np.zeros(frames)
    notes = [replace(note, pitch=note.pitch + take.semitones) for note in sung.notes]
    voiced = (sound.spoken_pitch > 0) | (sound.vowel > 0.5)
    if take.delivery == "rapped":
        height = float(np.median([note.pitch for note in notes]))
        return np.where(voiced, spoken_pitch(sound.spoken_pitch, height, take.singer, chance), 0.0)
    pitch = sung_pitch(notes, sound.start, frames, take.singer, chance)
    if take.delivery == "hummed":
        return pitch
    return np.where(voiced, pitch, 0.0)


def _synthesise(take: Take, sound: Sound, pitch: Frames, chance: Chance) -> FloatArray:
    """Return the sound of a phrase [time] from its first frame on."""
    singer = take.singer
    envelope = sound.envelope + _colour(take)
    loudness = _dynamics(len(pitch), chance)
    octaves = np.log2(np.maximum(ENVELOPE_HZ, 500) / 500)
    envelope += loudness[:, None] + EFFORT_TILT * loudness[:, None] * octaves
    envelope += singer.consonants * (1 - sound.vowel[:, None]) * (pitch[:, None] == 0)
    # The vocal tract is scaled by reading the envelope at other frequencies.
    spread = _reading(ENVELOPE_HZ, BINS_HZ / singer.tract_scale)
    power = 10 ** (np.clip(envelope, -120, 30) @ spread / 10)
    noise = _noise(sound, singer) @ _reading(NOISE_HZ, BINS_HZ)
    noise[:, BINS_HZ > HIGHEST_HARMONIC] = 1
    wave = pyworld.synthesize(
        np.ascontiguousarray(pitch),
        np.ascontiguousarray(power),
        np.ascontiguousarray(np.clip(noise, 0.001, 1)),
        SAMPLE_RATE,
        1000 * FRAME_SECONDS,
    ).astype(np.float32)
    if singer.roughness and take.delivery != "whispered":
        wave = _roughened(wave, pitch, singer.roughness, chance.child("rough"))
    return wave


def _reading(known: Frames, wanted: Frames) -> Frames:
    """Return the matrix [known, wanted] that interpolates linearly, constant beyond the ends."""
    position = np.interp(wanted, known, np.arange(len(known)))
    return np.asarray(np.maximum(0, 1 - np.abs(position - np.arange(len(known))[:, None])))


def _colour(take: Take) -> Frames:
    """Return the singer's gain in dB at ENVELOPE_HZ, before scaling of the tract."""
    singer = take.singer
    heard = ENVELOPE_HZ * singer.tract_scale
    octaves = np.log2(np.maximum(heard, 500) / 500)
    colour = singer.tilt * octaves
    colour += singer.ring * np.exp(-((np.log2(np.maximum(heard, 1) / 3000) / 0.35) ** 2))
    colour += singer.air * np.clip(np.log2(np.maximum(heard, 1) / 6000), 0, 1)
    colour += np.interp(np.log2(np.maximum(heard, 1)), np.log2(BODY_HZ), singer.body)
    if take.delivery == "hummed":
        colour = colour + HUM_DB_PER_OCTAVE * np.maximum(0, np.log2(np.maximum(heard, 1) / HUM_HZ))
    if take.delivery == "whispered":
        colour = colour + 4 * octaves - 6
    return np.asarray(colour)


def _noise(sound: Sound, singer: Singer) -> Frames:
    """Return the share of noise at NOISE_HZ [frames, points]: as spoken, but sung out, with breath."""
    kept = np.where(NOISE_HZ >= 3000, CLEAN_SHARE, 1.0)
    sung_out = sound.noise * (1 - sound.vowel[:, None] * (1 - kept))
    # A pitch found by mistake would turn a vowel into a hiss.
    sung_out = np.minimum(sung_out, 1 - (1 - MOST_NOISE) * sound.vowel[:, None])
    floor = singer.breath * (NOISE_HZ / 8000) ** 0.6
    return np.asarray(np.clip(np.maximum(sung_out, floor) + 0.45 * singer.roughness**2, 0, 1))


def _dynamics(frames: int, chance: Chance) -> Frames:
    """Return the loudness in dB [frames]: an arc over the phrase and slow changes."""
    place = np.linspace(0, 1, frames)
    arc = chance.uniform(0, 5) * (np.sin(np.pi * np.clip(place, 0, 1) ** chance.uniform(0.6, 1.4)) - 1)
    points = max(2, frames // 60)
    swell = np.interp(
        place, np.linspace(0, 1, points), chance.generator.normal(0, chance.uniform(0.5, 2.5), points)
    )
    return np.asarray(arc + swell)


def _roughened(wave: FloatArray, pitch: Frames, depth: float, chance: Chance) -> FloatArray:
    """Modulate at half or a third of the pitch, irregularly, and overdrive: the rasp of ventricular folds.

    Periods in groups of two or three are what K. Sakakibara et al. saw ("Growl voice in ethnic and pop
    styles", International Symposium on Musical Acoustics, 2004).
    """
    hop = round(FRAME_SECONDS * SAMPLE_RATE)
    speed = np.interp(np.arange(len(wave)) / hop, np.arange(len(pitch)), pitch)
    phase = 2 * np.pi * np.cumsum(speed) / SAMPLE_RATE
    unrest = np.cumsum(chance.generator.standard_normal(len(wave) // hop + 2)) * 0.25
    phase = phase / chance.choice((2, 2, 3)) + ramp_between(unrest, hop)[: len(wave)]
    grain = np.repeat(chance.generator.standard_normal(len(wave) // 96 + 1), 96)[: len(wave)]
    gain = 1 + depth * (0.8 * np.sin(phase) + 0.25 * grain) * (speed > 0)
    rough = wave * np.maximum(0.05, gain)
    peak = max(1e-6, float(np.abs(rough).max()))
    drive = 1 + 5 * depth
    return np.asarray(peak * np.tanh(drive * rough / peak) / np.tanh(drive), dtype=np.float32)
