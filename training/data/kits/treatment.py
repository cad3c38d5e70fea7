"""What an engineer does to one part of a kit: gate, transients, compression, saturation, equaliser, place."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from training.data.chance import Chance
from training.data.kits.dynamics import apply_gain, compressor_gain, envelope, gate_gain, transient_gain
from training.data.kits.parts import KitPart
from training.data.kits.room import filter_and_place
from training.data.signal import FloatArray

EQUALISER_HERTZ: Final = (30, 60, 120, 250, 500, 1000, 2500, 5000, 9000, 15000)

GATED_PARTS: Final[dict[KitPart, tuple[float, float]]] = {
    "kick": (0.06, 0.1),
    "snare": (0.07, 0.1),
    "toms": (0.12, 0.15),
    "cymbals": (0.03, 0.08),
    "percussion": (0.05, 0.08),
}
"""Middle of the range of hold and release of a gate, in seconds."""


@dataclass(frozen=True, slots=True)
class Treatment:
    """Settings of one part for one song."""

    gain_db: float
    gate: tuple[float, float] | None
    """Hold and release in seconds."""
    transient: float
    """Exponent of the transient shaper; 0 leaves attacks alone."""
    compressor: tuple[float, float, float, float, float] | None
    """Threshold in dB, ratio, attack and release in seconds, share of the compressed sound (0 to 1)."""
    drive: float
    """Saturation; 0 is clean."""
    equaliser_db: tuple[float, ...]
    pan: float
    """-1 left to 1 right."""
    width: float
    """0 mono, 1 as recorded; negative swaps the sides, as the audience hears the drummer's view."""
    dry: float
    sends: tuple[float, float]
    """Amplitude in the main room and in the second one."""

    def apply(
        self, audio: FloatArray, onsets: Sequence[float], responses: tuple[FloatArray, FloatArray]
    ) -> FloatArray:
        """Return [2, time] treated, panned and put into the rooms."""
        level = envelope(audio)
        gain = transient_gain(level, self.transient)
        if self.gate is not None:
            gain = gain * gate_gain(onsets, len(level), *self.gate)
        if self.compressor is not None:
            *settings, share = self.compressor
            squeezed = compressor_gain(level, settings[0], settings[1], settings[2], settings[3])
            gain = gain * (1 - share + share * squeezed)
        shaped = saturate(apply_gain(audio, gain), self.drive)
        points = np.array([EQUALISER_HERTZ, self.equaliser_db], dtype=np.float32)
        used = tuple(
            (response, send) for response, send in zip(responses, self.sends, strict=True) if send > 0
        )
        placed = filter_and_place(self._panned(shaped), points, used, self.dry)
        return placed * np.float32(10 ** (self.gain_db / 20))

    def _panned(self, audio: FloatArray) -> FloatArray:
        middle, side = (audio[0] + audio[1]) / 2, (audio[0] - audio[1]) / 2 * self.width
        left, right = min(1.0, 1 - self.pan), min(1.0, 1 + self.pan)
        return np.stack([(middle + side) * left, (middle - side) * right]).astype(np.float32)


def saturate(audio: FloatArray, drive: float) -> FloatArray:
    """Overdrive softly, the peak kept; `drive` is the gain in front of the curve, in units of the peak."""
    peak = float(np.abs(audio).max())
    if drive <= 0 or peak == 0:
        return audio
    return np.asarray(np.tanh(audio * (drive / peak)) * (peak / np.tanh(drive)), dtype=np.float32)


def draw_treatment(chance: Chance, part: KitPart, send_scales: tuple[float, float], side: float) -> Treatment:
    """Draw the settings of one part.

    Args:
        chance: the part's own stream.
        part: which part.
        send_scales: amplitude of the two rooms in this song.
        side: width of the kit's picture, -1 to 1.
    """
    colour = chance.choice((1.0, 2.0, 3.5))
    equaliser = [chance.normal(0, colour) for _ in EQUALISER_HERTZ]
    if part in ("cymbals", "percussion") and chance.happens(0.6):
        equaliser[:3] = [-30.0, -20.0, -10.0]
    if part in ("snare", "toms") and chance.happens(0.4):
        equaliser[0] = -18.0
    if part == "kick" and chance.happens(0.25):
        equaliser[-3:] = [-4.0, -12.0, -24.0]
    hold, release = GATED_PARTS[part]
    gate = (hold * chance.uniform(0.4, 2.5), release * chance.uniform(0.2, 2.0))
    compressor = (
        chance.uniform(-20, -4),
        chance.uniform(2, 10),
        chance.uniform(0.001, 0.03),
        chance.uniform(0.04, 0.3),
        chance.choice((1.0, chance.uniform(0.3, 0.8))),
    )
    room_share = {"kick": 0.35, "snare": 1.0, "toms": 1.0, "cymbals": 0.7, "percussion": 0.8}[part]
    plate_share = {"kick": 0.05, "snare": 1.0, "toms": 0.6, "cymbals": 0.1, "percussion": 0.5}[part]
    return Treatment(
        gain_db=chance.normal(0, 2.0),
        gate=gate if chance.happens(0.22) else None,
        transient=chance.choice((0.0, 0.0, chance.uniform(-0.4, 0.7))),
        compressor=compressor if chance.happens(0.45) else None,
        drive=chance.choice((0.0, 0.0, chance.uniform(0.3, 2), chance.uniform(1, 5))),
        equaliser_db=tuple(equaliser),
        pan=0.0 if part in ("kick", "snare") else chance.normal(0, 0.15) * (1 + 2 * (part == "percussion")),
        width=0.0 if part == "kick" else side * chance.uniform(0.5, 1.2),
        dry=1.0,
        sends=(
            send_scales[0] * room_share * 10 ** (chance.normal(0, 3) / 20),
            send_scales[1] * plate_share * 10 ** (chance.normal(0, 3) / 20),
        ),
    )
