"""The channel strips of a mixing desk: what happens to each part and each stem before the mix."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from training.data.chance import Chance
from training.data.effects import double
from training.data.instruments.modulation import sweep_low_pass
from training.data.instruments.synthesiser import driven
from training.data.production.dynamics import compressor_gain
from training.data.production.filters import apply, high_pass, random_equaliser
from training.data.production.loudness import SILENCE_LUFS, loudness
from training.data.production.space import Space, SpaceKind, echoes
from training.data.signal import FloatArray, root_mean_square
from training.data.wide_composition import WidePart

SPACES: Final[dict[str, tuple[SpaceKind, ...]]] = {
    "drums": ("room", "room", "plate", "chamber", "hall"),
    "other": ("room", "hall", "plate", "chamber", "spring", "hall"),
    "vocals": ("plate", "plate", "hall", "chamber", "room"),
}

PART_LEVEL_DB: Final = {
    "pad": -5.0,
    "riser": -6.0,
    "guitar_solo": 2.0,
    "sampled_solo": 2.0,
    "lead": 1.0,
    "pluck": -1.0,
    "organ": -2.0,
}
"""Usual loudness of accompaniment parts against each other."""


def mix_parts(
    parts: Sequence[WidePart],
    sounds: Sequence[FloatArray],
    beat_seconds: float,
    pump: FloatArray,
    chance: Chance,
) -> FloatArray:
    """Mix accompaniment parts [2, time] into one stem: levels, places, filters, echoes, one shared space.

    Args:
        parts: what was played.
        sounds: the sound of each part.
        beat_seconds: length of a beat, for echoes in time.
        pump: gain [time] of ducking by the kick, for parts that are pumped.
        chance: stream of the desk.
    """
    stem = np.zeros_like(sounds[0])
    send = np.zeros_like(stem)
    for index, (part, sound) in enumerate(zip(parts, sounds, strict=True)):
        strip = chance.child("strip", index)
        level = loudness(sound)
        if level <= SILENCE_LUFS + 10:
            continue
        target = -23 + PART_LEVEL_DB.get(part.kind, 0.0) + strip.normal(0, 2.5)
        shaped = _strip(sound * np.float32(10 ** ((target - level) / 20)), strip)
        if part.kind in ("pad", "stab", "pluck", "organ") and strip.happens(0.5):
            shaped = shaped * pump
        stem += shaped
        if strip.happens(0.25):
            stem += np.float32(0.6) * echoes(
                shaped, beat_seconds * strip.choice((0.5, 0.75, 1, 1 / 3)), strip
            )
        send += np.float32(strip.uniform(0, 1)) * shaped
    if chance.happens(0.8):
        stem += _wet(send, "other", chance.uniform(0.05, 0.5), chance.child("space"))
    return stem


def _strip(sound: FloatArray, chance: Chance) -> FloatArray:
    """Filter, place, and sometimes compress or sweep one part."""
    sound = high_pass(sound, chance.uniform(30, 220), 1)
    if chance.happens(0.7):
        sound = apply(sound, random_equaliser(chance.child("equaliser"), 3.0))
    if chance.happens(0.3):
        sound = sound * compressor_gain(sound, chance.uniform(-8, 0), chance.uniform(2, 6))
    if chance.happens(0.08):
        sound = _swept(sound, chance)
    return moved(sound, chance.normal(0, 0.3), chance.choice((1.0, 1.0, chance.uniform(0.0, 1.6))))


def moved(stereo: FloatArray, place: float, width: float) -> FloatArray:
    """Turn the balance of [2, time] (-1 left to 1 right) and make the sides wider or narrower."""
    middle, side = (stereo[0] + stereo[1]) / 2, (stereo[0] - stereo[1]) / 2 * np.float32(width)
    place = max(-1.0, min(1.0, place))
    gains = np.float32(min(1.0, 1 - place)), np.float32(min(1.0, 1 + place))
    return np.stack([gains[0] * (middle + side), gains[1] * (middle - side)])


def _swept(sound: FloatArray, chance: Chance) -> FloatArray:
    """Open or close a low-pass over the whole excerpt."""
    progress = np.linspace(0, 1, sound.shape[-1])
    if chance.happens(0.4):
        progress = progress[::-1]
    return sweep_low_pass(sound, 250 * 60**progress)


def _wet(send: FloatArray, stem: str, amount: float, chance: Chance) -> FloatArray:
    """Return the answer of a drawn space at a level relative to what was sent."""
    wet = Space.draw(chance, SPACES[stem]).wet(send)
    level = root_mean_square(wet)
    return wet * np.float32(amount * root_mean_square(send) / level) if level else wet


def process_bass(bass: FloatArray, pump: FloatArray, chance: Chance) -> FloatArray:
    """Treat a bass [2, time]: filter, compressor, saturation, sometimes ducking; mostly in the centre."""
    bass = apply(high_pass(bass, chance.uniform(20, 45)), random_equaliser(chance.child("equaliser"), 2.5))
    if chance.happens(0.75):
        bass = bass * compressor_gain(bass, chance.uniform(-8, 0), chance.uniform(2, 8))
    if chance.happens(0.35):
        bass = saturated(bass, chance.uniform(0.1, 1.5))
    if chance.happens(0.35):
        bass = bass * pump
    if chance.happens(0.08):
        bass = bass + _wet(bass, "other", chance.uniform(0.03, 0.12), chance.child("space"))
    return moved(bass, 0.0, chance.choice((0.0, 0.0, 0.3, 1.0)))


def saturated(audio: FloatArray, drive: float) -> FloatArray:
    """Overdrive softly, whatever the level."""
    level = root_mean_square(audio)
    return driven(audio * np.float32(0.15 / level), drive) * np.float32(level / 0.15) if level else audio


def process_drums(kit: dict[str, FloatArray], chance: Chance) -> dict[str, FloatArray]:
    """Treat the parts of a kit [2, time] alike, so that they still add up to the drum stem."""
    colour = random_equaliser(chance.child("equaliser"), 2.0) if chance.happens(0.7) else None
    if colour is not None:
        kit = {name: apply(part, colour) for name, part in kit.items()}
    if chance.happens(0.6):
        gain = compressor_gain(
            sum_of(kit), chance.uniform(-6, 6), chance.uniform(1.5, 8), chance.uniform(0.002, 0.03), 0.12
        )
        kit = {name: part * gain for name, part in kit.items()}
    if chance.happens(0.3):
        space, amount = Space.draw(chance.child("space"), SPACES["drums"]), chance.uniform(0.03, 0.25)
        sent = ("snare", "toms") if chance.happens(0.5) else tuple(kit)
        for name in sent:
            if kit[name].any():
                kit[name] = kit[name] + np.float32(amount) * space.wet(kit[name])
    return kit


def sum_of(kit: dict[str, FloatArray]) -> FloatArray:
    """Return the drum stem [2, time]."""
    return np.asarray(np.sum(list(kit.values()), axis=0), dtype=np.float32)


def process_vocals(vocals: FloatArray, beat_seconds: float, chance: Chance) -> FloatArray:
    """Treat a voice [2, time]: filter, compressors, saturation, doubler, echo, space."""
    if not vocals.any():
        return vocals
    vocals = apply(
        high_pass(vocals, chance.uniform(60, 160)), random_equaliser(chance.child("equaliser"), 2.5)
    )
    for _ in range(chance.choice((0, 1, 1, 2))):
        vocals = vocals * compressor_gain(vocals, chance.uniform(-8, 0), chance.uniform(2, 8), 0.005, 0.12)
    if chance.happens(0.25):
        vocals = saturated(vocals, chance.uniform(0.1, 1.2))
    if chance.happens(0.1):
        vocals = double(vocals.mean(axis=0), chance.child("double"))
    dry = vocals
    if chance.happens(0.35):
        repeats = echoes(dry, beat_seconds * chance.choice((0.25, 0.5, 0.75, 1)), chance.child("echo"))
        vocals = vocals + np.float32(chance.uniform(0.1, 0.6)) * repeats
    if chance.happens(0.85):
        vocals = vocals + _wet(dry, "vocals", chance.uniform(0.04, 0.45), chance.child("space"))
    return vocals
