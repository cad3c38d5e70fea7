"""One wide song as sound: instruments, voices and kit, the mixing desk, the master."""

import itertools
from pathlib import Path
from typing import Final

import numpy as np

from training.data.chance import Chance
from training.data.instruments.playing import play_parts
from training.data.kits import KIT_PARTS, draw_kit, play_kit
from training.data.production.balance import balanced
from training.data.production.chains import mix_parts, process_bass, process_drums, process_vocals, sum_of
from training.data.production.dynamics import ducking_gain
from training.data.production.loudness import SILENCE_LUFS, loudness
from training.data.production.mastering import master
from training.data.rendering import find_soundfont
from training.data.signal import FloatArray
from training.data.singing import draw_performance, perform
from training.data.theory import SourcePool, WidePool
from training.data.voice import SungNote
from training.data.wide_composition import WideComposition, compose_drums, compose_wide
from training.sources import CHANNELS, SAMPLE_RATE

NOISE_FLOOR_DB: Final = (-100.0, -66.0)
HIGHEST_SAMPLE: Final = 0.999


def render_wide_clip(
    seed: int, seconds: float, pool: WidePool, soundfont: str, sources: SourcePool, *, modelled: bool = False
) -> FloatArray:
    """Return the true stems [4, 2, time] of the wide song of a seed, cut to `seconds`.

    With `modelled`, models of the Synthesis ToolKit play most instruments.
    """
    composition = compose_wide(seed, seconds, pool)
    samples = round(seconds * SAMPLE_RATE)
    chance = Chance("wide sound", seed)
    drums = play_kit(
        composition.drums,
        composition.tempo,
        draw_kit(chance.child("kit"), sources),
        samples,
        chance.child("drums"),
    )
    kit = process_drums(drums, chance.child("drum desk"))
    beat_seconds = 60 / composition.tempo
    pump = _pump(kit, chance.child("pump"))
    stems = {
        "drums": sum_of(kit),
        "vocals": process_vocals(
            _vocals(composition, samples, sources, chance), beat_seconds, chance.child("vocal desk")
        ),
        **_instruments(composition, find_soundfont(soundfont), samples, pump, chance, modelled=modelled),
    }
    mixed = balanced(stems, chance.child("balance"))
    mixed = _automated(mixed, composition, chance.child("automation"))
    return _storable(master(mixed, chance.child("master")))


def _instruments(
    composition: WideComposition,
    soundfont: Path,
    samples: int,
    pump: FloatArray,
    chance: Chance,
    *,
    modelled: bool,
) -> dict[str, FloatArray]:
    """Return the stems "bass" and "other" [2, time]; all parts are played in one go."""
    parts = (*composition.bass, *composition.other)
    silence = np.zeros((CHANNELS, samples), dtype=np.float32)
    sounds = play_parts(
        parts, composition.tempo, samples, soundfont, chance.child("parts"), modelled=modelled
    )
    basses = len(composition.bass)
    bass = process_bass(sounds[0], pump, chance.child("bass desk")) if basses else silence
    other = (
        mix_parts(
            composition.other, sounds[basses:], 60 / composition.tempo, pump, chance.child("other desk")
        )
        if composition.other
        else silence
    )
    floor = 10 ** (chance.uniform(*NOISE_FLOOR_DB) / 20)
    return {
        "bass": bass,
        "other": other + floor * chance.generator.standard_normal(other.shape).astype(np.float32),
    }


def _vocals(composition: WideComposition, samples: int, sources: SourcePool, chance: Chance) -> FloatArray:
    beat = 60 / composition.tempo
    notes = [SungNote(note.start * beat, note.duration * beat, note.pitch) for note in composition.voice]
    if not notes:
        return np.zeros((CHANNELS, samples), dtype=np.float32)
    performance = draw_performance(chance.child("performance"), sources)
    return perform(performance, notes, samples, chance.child("voice"))


def _pump(kit: dict[str, FloatArray], chance: Chance) -> FloatArray:
    """Return the gain [time] of ducking by the kick, the same for everything that is pumped in a song."""
    kick = kit["kick"]
    if not chance.happens(0.35):
        return np.ones(kick.shape[-1], dtype=np.float32)
    return ducking_gain(kick, chance.uniform(3, 14), chance.uniform(0.05, 0.25))


def _automated(stems: FloatArray, composition: WideComposition, chance: Chance) -> FloatArray:
    """Ride the faders from section to section; now and then fade the song in or out."""
    samples = stems.shape[-1]
    times = np.arange(samples, dtype=np.float32) / SAMPLE_RATE
    borders = [beat * 60 / composition.tempo for beat, _ in composition.sections]
    depth = chance.uniform(0, 1.5)
    ridden = np.empty_like(stems)
    for index, stem in enumerate(stems):
        gains_db = [chance.normal(0, depth) for _ in borders]
        # Each fader moves within a fifth of a second at the border.
        points = [moment for border in borders[1:] for moment in (border - 0.1, border + 0.1)]
        levels = [gain for pair in itertools.pairwise(gains_db) for gain in pair]
        curve = np.interp(times, points, levels) if points else np.full(samples, gains_db[0])
        ridden[index] = stem * (10 ** (curve / 20)).astype(np.float32)
    if chance.happens(0.05):
        fade = np.clip(times / chance.uniform(2, 12), 0, 1) ** 2
        ridden *= (fade if chance.happens(0.4) else fade[::-1]).astype(np.float32)
    return ridden


def render_kit_clip(seed: int, seconds: float, pool: WidePool, sources: SourcePool) -> FloatArray:
    """Return the parts of the kit [5, 2, time] of a drum track, mastered, in the order of KIT_PARTS."""
    track = compose_drums(seed, seconds, pool)
    chance = Chance("kit sound", seed)
    kit = draw_kit(chance.child("kit"), sources)
    parts = play_kit(track.notes, track.tempo, kit, round(seconds * SAMPLE_RATE), chance.child("playing"))
    parts = process_drums(parts, chance.child("drum desk"))
    level = loudness(sum_of(parts))
    gain = 10 ** ((-18 - level) / 20) if level > SILENCE_LUFS else 1.0
    return _storable(
        master(np.stack([parts[name] for name in KIT_PARTS]) * np.float32(gain), chance.child("master"))
    )


def _storable(stems: FloatArray) -> FloatArray:
    """Turn a clip down if a stem is louder than its mixture, so that it fits into what is stored."""
    loudest = float(np.abs(stems).max())
    return stems * np.float32(min(1.0, HIGHEST_SAMPLE / max(loudest, 1e-9)))
