"""A guitar or bass amplifier: drive stage, tone controls and the response of a loudspeaker cabinet."""

from dataclasses import dataclass

import numpy as np
import scipy.fft
import scipy.signal

from training.data.chance import Chance
from training.data.signal import FloatArray, root_mean_square
from training.sources import SAMPLE_RATE

CABINET_TAPS = 1024


@dataclass(frozen=True, slots=True)
class Amplifier:
    """The settings of one amplifier."""

    drive: float
    """Gain into the curve relative to the signal's level: 0.3 is clean, 30 is metal."""
    asymmetry: float
    """Offset of the curve, which adds even harmonics."""
    tight_hz: float
    """What is below does not reach the drive stage."""
    cabinet: FloatArray
    """Impulse response of loudspeaker and microphone [CABINET_TAPS]."""

    @classmethod
    def draw(cls, chance: Chance, drive: tuple[float, float], bass: bool = False) -> "Amplifier":
        """Draw an amplifier with a drive from a range."""
        return cls(
            drive=chance.log_uniform(*drive),
            asymmetry=chance.uniform(0, 0.25),
            tight_hz=25.0 if bass else chance.uniform(70, 250),
            cabinet=_cabinet(chance, bass),
        )

    def play(self, sound: FloatArray) -> FloatArray:
        """Amplify one channel [samples] to a level near 0.15."""
        level = root_mean_square(sound)
        if level == 0:
            return sound
        tightened = scipy.signal.sosfilt(
            scipy.signal.butter(1, self.tight_hz, "highpass", fs=SAMPLE_RATE, output="sos").astype(
                np.float32
            ),
            sound,
        )
        doubled = scipy.signal.resample_poly(tightened * (self.drive / (3 * level)), 2, 1)
        offset = np.float32(self.asymmetry)
        shaped = np.tanh(doubled + offset) - np.tanh(offset)
        # The curve's harmonics are cut before the rate is halved, hence the doubling around it.
        returned = scipy.signal.resample_poly(shaped, 1, 2)[: len(sound)].astype(np.float32)
        voiced = scipy.signal.oaconvolve(returned, self.cabinet)[: len(sound)].astype(np.float32)
        return np.asarray(voiced * np.float32(0.15 / (root_mean_square(voiced) + 1e-9)))


def _cabinet(chance: Chance, bass: bool) -> FloatArray:
    """Return a minimum-phase response: a resonant box, a presence peak, a steep fall above."""
    edge = chance.uniform(2000, 7000) if bass else chance.uniform(3500, 6000)
    points = [
        (30, -14 if bass else -30),
        (60, 0 if bass else -14),
        (chance.uniform(90, 140), chance.uniform(0, 5)),
        (chance.uniform(300, 600), chance.uniform(-6, 1)),
        (1000, chance.uniform(-3, 2)),
        (chance.uniform(1500, 1990) if bass else chance.uniform(2000, 3300), chance.uniform(1, 7)),
        (edge, chance.uniform(-3, 1)),
        (edge * 1.5, chance.uniform(-22, -12)),
        (edge * 2.6, chance.uniform(-50, -35)),
        (20_000, -65),
    ]
    bins = np.maximum(np.fft.rfftfreq(4 * CABINET_TAPS, 1 / SAMPLE_RATE), 10)
    frequencies, gains = zip(*points, strict=True)
    response = np.interp(np.log(bins), np.log(frequencies), gains)
    # Breakups of the cone: a few narrow dips and peaks.
    for _ in range(6):
        centre = np.exp(chance.uniform(np.log(800), np.log(edge)))
        response += chance.normal(0, 3) * np.exp(-((np.log(bins / centre) / 0.06) ** 2))
    # The real cepstrum folded to positive times gives the minimum phase.
    cepstrum = scipy.fft.irfft(response * np.log(10) / 20)
    half = len(cepstrum) // 2
    cepstrum[1:half] *= 2
    cepstrum[half + 1 :] = 0
    impulse = scipy.fft.irfft(np.exp(scipy.fft.rfft(cepstrum)))[:CABINET_TAPS]
    return np.asarray(impulse * np.hanning(2 * CABINET_TAPS)[CABINET_TAPS:], dtype=np.float32)
