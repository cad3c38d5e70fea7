"""The room a kit stands in: what close microphones hear directly and what overheads and rooms add."""

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from scipy import fft, signal

from training.data.chance import Chance
from training.data.kits.parts import KitPart
from training.data.signal import FloatArray
from training.sources import CHANNELS, SAMPLE_RATE

RoomKind = Literal["dry", "booth", "studio", "live", "hall", "plate", "gated"]

DECAY_SECONDS: Final[dict[RoomKind, tuple[float, float]]] = {
    "dry": (0.05, 0.1),
    "booth": (0.08, 0.25),
    "studio": (0.25, 0.6),
    "live": (0.5, 1.2),
    "hall": (1.0, 2.4),
    "plate": (0.6, 2.0),
    "gated": (0.12, 0.35),
}
"""Range of the time to fall by 60 dB; of a gated room, the time until it is cut off."""


@dataclass(frozen=True, slots=True)
class Room:
    """One reverberant space."""

    kind: RoomKind
    decay: float
    """Seconds to fall by 60 dB, or until the gate closes."""
    pre_delay: float
    """Seconds."""
    low_cut: float
    high_cut: float
    """Hz; what the room's microphones or the returns pass."""
    seed: Chance

    def response(self, part: KitPart) -> FloatArray:
        """Return the impulse response [2, time] with energy 1, the direct sound left out.

        The late noise is the same for all parts; the first reflections depend on where the part stands.
        """
        length = int((self.pre_delay + self.decay) * SAMPLE_RATE) + 1
        at = np.arange(length) / SAMPLE_RATE - self.pre_delay
        if self.kind == "gated":
            shape = np.clip((self.decay - at) / 0.01, 0, 1) * np.exp(-at / (2 * self.decay))
        else:
            shape = np.exp(-6.9 * at / self.decay)
        noise = self.seed.child("late").generator.standard_normal((CHANNELS, length))
        sound = noise * np.where(at >= 0, shape, 0)
        if self.kind != "plate":
            sound += self._early(part, length)
        bounds = (self.low_cut, self.high_cut)
        sections = signal.butter(1, bounds, btype="bandpass", fs=SAMPLE_RATE, output="sos")
        # Air and walls take the highs first: the older the sound, the more of it is the dull copy.
        dull_sections = signal.butter(1, min(3000.0, self.high_cut), fs=SAMPLE_RATE, output="sos")
        sound = signal.sosfilt(sections, sound, axis=-1)
        age = np.clip(at / self.decay, 0, 1)
        sound = (1 - age) * sound + age * signal.sosfilt(dull_sections, sound, axis=-1)
        return np.asarray(sound / np.sqrt((sound**2).sum() / 2 + 1e-12), dtype=np.float32)

    def _early(self, part: KitPart, length: int) -> FloatArray:
        chance = self.seed.child("early", part)
        taps = np.zeros((CHANNELS, length), dtype=np.float32)
        reach = min(length - 1, int(0.045 * SAMPLE_RATE))
        first = int(chance.uniform(0.002, 0.009) * SAMPLE_RATE)
        strength = np.sqrt(length) * chance.uniform(0.3, 1.2)
        for tap in range(chance.integer(4, 14)):
            for side in range(CHANNELS):
                place = min(reach, first + int(chance.uniform(0, 1) * (reach - first) * (tap > 0)))
                sign = 1 if tap == 0 or chance.happens(0.5) else -1
                taps[side, place] += sign * strength * np.exp(-3 * place / reach) * chance.uniform(0.3, 1)
        return taps


def draw_room(chance: Chance, kinds: tuple[RoomKind, ...]) -> Room:
    """Draw a room of one of some kinds; list a kind twice to make it twice as likely."""
    kind = chance.choice(kinds)
    return Room(
        kind=kind,
        decay=chance.uniform(*DECAY_SECONDS[kind]),
        pre_delay=chance.choice((0.0, chance.uniform(0, 0.012), chance.uniform(0, 0.03))),
        low_cut=chance.uniform(50, 350),
        high_cut=chance.uniform(4000, 16000),
        seed=chance.child("seed"),
    )


def filter_and_place(
    audio: FloatArray, gains: FloatArray, sends: tuple[tuple[FloatArray, float], ...], dry: float
) -> FloatArray:
    """Equalise [2, time] and add rooms, all in one pass over the spectrum; linear and of the same length.

    Args:
        audio: a part.
        gains: magnitude of the equaliser at rising frequencies, [2 rows: Hz and decibels, points].
        sends: impulse responses [2, time] and their gains.
        dry: gain of the direct sound.
    """
    longest = max((response.shape[-1] for response, _ in sends), default=1)
    size = fft.next_fast_len(audio.shape[-1] + longest + 2048, real=True)
    kernel = np.zeros((CHANNELS, longest), dtype=np.float32)
    kernel[:, 0] = dry
    for response, gain in sends:
        kernel[:, : response.shape[-1]] += np.float32(gain) * response
    bins = np.log(np.maximum(fft.rfftfreq(size, 1 / SAMPLE_RATE), 1.0))
    magnitude = (10 ** (np.interp(bins, np.log(gains[0]), gains[1]) / 20)).astype(np.float32)
    spectrum = fft.rfft(audio, size) * magnitude
    if sends:
        spectrum *= fft.rfft(kernel, size)
    else:
        spectrum *= np.float32(dry)
    return np.asarray(fft.irfft(spectrum, size)[:, : audio.shape[-1]], dtype=np.float32)
