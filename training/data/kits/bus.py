"""The drum bus: everything here is shared by the parts, so that they still add up to the stem exactly."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy import signal

from training.data.chance import Chance
from training.data.kits.dynamics import apply_gain, compressor_gain, envelope
from training.data.kits.parts import KitPart
from training.data.signal import FloatArray
from training.sources import SAMPLE_RATE

PEAK: Final = 0.8
"""Highest absolute sample of the stem."""


@dataclass(frozen=True, slots=True)
class Bus:
    """Settings of the drum bus for one song."""

    compressor: tuple[float, float, float, float] | None
    """Threshold in dB, ratio, attack and release in seconds."""
    parallel: float
    """Amplitude of the crushed copy added to the bus; 0 leaves it out."""
    drive: float
    """Saturation in units of the peak; 0 is clean."""
    hold: int
    """Samples that an old sampler repeats; 1 leaves the rate alone."""
    bits: int
    """Word length of an old sampler; 16 leaves it alone."""
    cutoff: float | None
    """Low-pass of an old record or cassette in Hz."""

    def apply(self, parts: Mapping[KitPart, FloatArray]) -> dict[KitPart, FloatArray]:
        """Return the parts [2, time] after the bus, scaled so that their sum peaks at `PEAK`."""
        total = np.sum(list(parts.values()), axis=0)
        peak = float(np.abs(total).max())
        if peak == 0:
            return dict(parts)
        level = envelope(total)
        gain = np.ones_like(level)
        if self.compressor is not None:
            gain = compressor_gain(level, *self.compressor)
        if self.parallel > 0:
            gain = gain + self.parallel * compressor_gain(level, -25, 12, 0.002, 0.12) * 2
        result = {part: apply_gain(audio, gain) for part, audio in parts.items()}
        if self.drive > 0:
            curve = _saturation_gain(apply_gain(total, gain), self.drive)
            result = {part: audio * curve for part, audio in result.items()}
        result = {part: self._aged(audio, peak) for part, audio in result.items()}
        scale = np.float32(PEAK / max(1e-9, float(np.abs(np.sum(list(result.values()), axis=0)).max())))
        return {part: audio * scale for part, audio in result.items()}

    def _aged(self, audio: FloatArray, peak: float) -> FloatArray:
        """Apply the sampler's rate, word length and the low-pass to one part."""
        if self.hold > 1:
            length = audio.shape[-1]
            audio = np.repeat(audio[:, :: self.hold], self.hold, axis=-1)[:, :length]
        if self.bits < 16:
            step = peak / 2 ** (self.bits - 1)
            audio = np.asarray(np.round(audio / step) * step, dtype=np.float32)
        if self.cutoff is not None:
            sections = signal.butter(2, self.cutoff, fs=SAMPLE_RATE, output="sos")
            audio = signal.sosfilt(sections, audio, axis=-1).astype(np.float32)
        return audio


def _saturation_gain(total: FloatArray, drive: float) -> FloatArray:
    """Return the gain per sample and channel that turns the sum into its saturated self."""
    peak = max(1e-9, float(np.abs(total).max()))
    pushed = total * (drive / peak)
    safe = np.where(np.abs(pushed) < 1e-4, 1e-4, pushed)
    return np.asarray(np.tanh(safe) / safe, dtype=np.float32)


def draw_bus(chance: Chance) -> Bus:
    """Draw the settings of the drum bus; one song in eight sounds like an old sampler or record."""
    old = chance.happens(0.12)
    compressor = (
        chance.uniform(-16, -2),
        chance.uniform(1.5, 6),
        chance.uniform(0.002, 0.04),
        chance.uniform(0.05, 0.4),
    )
    return Bus(
        compressor=compressor if chance.happens(0.65) else None,
        parallel=chance.choice((0.0, 0.0, chance.uniform(0.1, 0.8))),
        drive=chance.choice((0.0, chance.uniform(0.3, 1.5), chance.uniform(0.3, 1.5), chance.uniform(1, 4))),
        hold=chance.choice((1, 2, 2, 3)) if old else 1,
        bits=chance.choice((16, 12, 10, 8)) if old else 16,
        cutoff=chance.uniform(3500, 12000) if old else None,
    )
