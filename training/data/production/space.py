"""Rooms, plates, halls and echoes."""

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import scipy.fft
import scipy.signal

from training.data.chance import Chance
from training.data.production.filters import high_pass, low_pass
from training.data.signal import FloatArray
from training.sources import CHANNELS, SAMPLE_RATE

SpaceKind = Literal["room", "chamber", "plate", "hall", "spring"]

DECAY_SECONDS: Final[dict[SpaceKind, tuple[float, float]]] = {
    "room": (0.15, 0.6),
    "chamber": (0.6, 1.6),
    "plate": (0.8, 2.6),
    "hall": (1.4, 4.0),
    "spring": (0.8, 2.2),
}
"""Time in which the middle frequencies fall by 60 dB."""

BANDS_HZ: Final = (300.0, 1200.0, 4500.0)
"""Borders of the four bands that decay at different speeds."""


@dataclass(frozen=True, slots=True)
class Space:
    """An impulse response without the direct sound."""

    kind: SpaceKind
    impulse: FloatArray
    """[2, time], unit energy per side."""

    @classmethod
    def draw(cls, chance: Chance, kinds: tuple[SpaceKind, ...]) -> "Space":
        """Draw a space of one of the kinds."""
        kind = chance.choice(kinds)
        seconds = chance.log_uniform(*DECAY_SECONDS[kind])
        delay = (
            chance.uniform(0.0, 0.012) if kind in ("room", "plate", "spring") else chance.uniform(0.01, 0.08)
        )
        tail = _tail(kind, seconds, chance)
        if kind in ("room", "chamber", "hall"):
            tail = _with_early_reflections(tail, kind, chance)
        impulse = np.pad(tail, ((0, 0), (int(delay * SAMPLE_RATE), 0)))
        impulse /= np.sqrt(np.square(impulse).sum(axis=-1, keepdims=True)) + 1e-9
        return cls(kind, impulse.astype(np.float32))

    def wet(self, audio: FloatArray) -> FloatArray:
        """Return the space's answer to [2, time], cut to the same length."""
        samples = audio.shape[-1]
        size = scipy.fft.next_fast_len(samples + self.impulse.shape[-1], real=True)
        spectrum = scipy.fft.rfft(audio.astype(np.float32, copy=False), size) * scipy.fft.rfft(
            self.impulse, size
        )
        return np.asarray(scipy.fft.irfft(spectrum, size)[:, :samples], dtype=np.float32)


def _tail(kind: SpaceKind, seconds: float, chance: Chance) -> FloatArray:
    """Return noise whose bands decay at their own speeds: the highest fastest, as air and walls do."""
    length = int(min(seconds * 1.1, 4.0) * SAMPLE_RATE)
    times = np.arange(length) / SAMPLE_RATE
    noise = chance.generator.standard_normal((CHANNELS, length)).astype(np.float32)
    shares = {
        "plate": (0.7, 1.0, 0.9, chance.uniform(0.4, 0.8)),
        "spring": (0.5, 1.0, 0.7, 0.2),
    }.get(kind, (chance.uniform(0.8, 1.3), 1.0, chance.uniform(0.6, 0.9), chance.uniform(0.2, 0.6)))
    tail = np.zeros_like(noise)
    rest = noise
    for border, share in zip((*BANDS_HZ, 0.0), shares, strict=True):
        band = low_pass(rest, border) if border else rest
        rest = rest - band
        tail += band * np.exp(-6.9 * times / (seconds * share)).astype(np.float32)
    if kind == "hall":
        # A large room needs time to fill.
        tail *= np.clip(times / chance.uniform(0.02, 0.08), 0, 1).astype(np.float32)
    if kind == "spring":
        tail = _dispersed(tail, chance)
    return high_pass(tail, chance.uniform(80, 300), 1)


def _dispersed(tail: FloatArray, chance: Chance) -> FloatArray:
    """Smear the tail with all-pass filters, which gives springs their chirp."""
    coefficient = chance.uniform(0.5, 0.7)
    for _ in range(4):
        tail = scipy.signal.lfilter([coefficient, *([0.0] * 7), 1.0], [1.0, *([0.0] * 7), coefficient], tail)
    return np.asarray(tail, dtype=np.float32)


def _with_early_reflections(tail: FloatArray, kind: SpaceKind, chance: Chance) -> FloatArray:
    """Add the first echoes of the walls: sparse, each a little duller and quieter than the last."""
    span = {"room": 0.025, "chamber": 0.05}.get(kind, 0.09)
    count = chance.integer(8, 22)
    delays = np.sort(chance.generator.uniform(0.002, span, (CHANNELS, count)), axis=1)
    strength = chance.uniform(0.3, 2.0) * float(np.sqrt(np.square(tail).sum()) / np.sqrt(count))
    early = np.zeros_like(tail)
    for side in range(CHANNELS):
        for delay in delays[side]:
            gain = strength * np.exp(-delay / span) * (1 if chance.happens(0.6) else -1)
            position = int(delay * SAMPLE_RATE)
            if position < early.shape[1]:
                early[side, position] += gain
    return tail + low_pass(early, chance.uniform(4000, 12_000), 1)


def echoes(audio: FloatArray, seconds: float, chance: Chance) -> FloatArray:
    """Return the repeats of [2, time]: straight or from side to side, darker each time."""
    feedback, crossing = chance.uniform(0.2, 0.55), chance.happens(0.5)
    darkness = chance.uniform(1500, 7000)
    step = max(1, int(seconds * SAMPLE_RATE))
    output = np.zeros_like(audio)
    repeat = audio
    for turn in range(1, 6):
        if turn * step >= audio.shape[-1] or feedback**turn < 0.03:
            break
        repeat = low_pass(repeat, darkness, 1) * np.float32(feedback)
        shifted = repeat[:, : audio.shape[-1] - turn * step]
        if crossing:
            side = turn % 2
            output[side, turn * step :] += shifted.mean(axis=0) * 1.4
        else:
            output[:, turn * step :] += shifted
    return output
