"""What is done to a voice before the mix: equaliser, compressor, de-esser, saturation, small speakers."""

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from training.data.chance import Chance
from training.data.production.dynamics import compressor_gain
from training.data.signal import FloatArray, filter_magnitude, root_mean_square
from training.sources import SAMPLE_RATE

Speaker = Literal["none", "telephone", "megaphone", "radio"]

SPEAKERS: Final[dict[Speaker, tuple[float, float, float]]] = {
    "telephone": (350.0, 3400.0, 1.5),
    "megaphone": (500.0, 5000.0, 6.0),
    "radio": (180.0, 7000.0, 2.5),
}
"""Lower and upper limit in Hz and drive."""

BANDS_HZ: Final = np.array([90, 180, 350, 700, 1400, 2800, 5600, 8500, 12000, 17000], dtype=np.float32)
PRODUCED_DB: Final = np.array([-24, -8, -2, -1, -6, -9, -13, -15, -19, -26], dtype=np.float32)
"""Typical power per octave of a produced lead vocal, relative to its strongest octave."""
WORKING_LEVEL: Final = 0.12


@dataclass(frozen=True, slots=True)
class Chain:
    """The settings of a vocal channel; draw one with `draw_chain`."""

    likeness: float
    """How far the equaliser brings the voice to its target, 0 to 1."""
    target_db: tuple[float, ...]
    """Wanted power in dB in the bands of BANDS_HZ."""
    ratio: float
    threshold_db: float
    release: float
    deess: float
    """Ratio of the de-esser, 1 for none."""
    drive: float
    """Gain into a soft clipper, 0 for none."""
    speaker: Speaker


def draw_chain(chance: Chance) -> Chain:
    """Draw the settings of a channel."""
    sloped = np.linspace(0, 1, len(BANDS_HZ)) * chance.uniform(-6, 6)
    target = PRODUCED_DB + sloped + chance.generator.normal(0, 2.0, len(BANDS_HZ))
    return Chain(
        likeness=chance.uniform(0.5, 0.95),
        target_db=tuple(map(float, target)),
        ratio=chance.uniform(2, 9),
        threshold_db=chance.uniform(-12, 0),
        release=chance.uniform(0.05, 0.25),
        deess=chance.choice((1.0, 2.0, 4.0)),
        drive=chance.choice((0.0, 0.0, chance.uniform(0.3, 1.5), chance.uniform(1.0, 4.0))),
        speaker=chance.choice(("none",) * 22 + ("telephone", "megaphone", "radio")),
    )


def process(voice: FloatArray, chain: Chain) -> FloatArray:
    """Treat one voice [time]; the result has a level of about WORKING_LEVEL while singing."""
    level = root_mean_square(voice)
    if level == 0:
        return voice
    voice = voice * np.float32(WORKING_LEVEL / level)
    voice = filter_magnitude(voice, BANDS_HZ, _equaliser(voice, chain), SAMPLE_RATE)
    voice = voice * compressor_gain(voice[None], chain.threshold_db, chain.ratio, 0.004, chain.release)
    if chain.deess > 1:
        voice = _deessed(voice, chain.deess)
    if chain.drive:
        voice = _driven(voice, chain.drive)
    if chain.speaker != "none":
        low, high, drive = SPEAKERS[chain.speaker]
        hertz = np.array([low / 2, low, high, high * 1.5], dtype=np.float32)
        narrow = np.array([-36, 0, 0, -40], dtype=np.float32)
        voice = filter_magnitude(voice, hertz, narrow, SAMPLE_RATE)
        voice = filter_magnitude(_driven(voice, drive), hertz, narrow, SAMPLE_RATE)
    return np.asarray(voice * (WORKING_LEVEL / max(1e-9, root_mean_square(voice))), dtype=np.float32)


def octave_levels(voice: FloatArray) -> FloatArray:
    """Return the power in dB of [time] in an octave around each frequency of BANDS_HZ."""
    power = np.abs(np.fft.rfft(voice)) ** 2
    hertz = np.fft.rfftfreq(len(voice), 1 / SAMPLE_RATE)
    total = np.concatenate([[0.0], np.cumsum(power, dtype=np.float64)])
    edges = np.searchsorted(hertz, np.stack([BANDS_HZ / np.sqrt(2), BANDS_HZ * np.sqrt(2)]))
    return np.asarray(10 * np.log10(total[edges[1]] - total[edges[0]] + 1e-9), dtype=np.float32)


def _equaliser(voice: FloatArray, chain: Chain) -> FloatArray:
    """Return gains in dB at BANDS_HZ that bring the long-term spectrum nearer to the target."""
    missing = np.array(chain.target_db, dtype=np.float32) - octave_levels(voice)
    missing -= np.median(missing[1:6])
    return np.asarray(np.clip(chain.likeness * missing, -15, 15), dtype=np.float32)


def _deessed(voice: FloatArray, ratio: float) -> FloatArray:
    """Turn sibilants down: compress what is above 5 kHz."""
    hertz = np.array([3500, 5500], dtype=np.float32)
    bright = filter_magnitude(voice, hertz, np.array([-60, 0], dtype=np.float32), SAMPLE_RATE)
    return voice + bright * (compressor_gain(bright[None], 3, ratio, 0.001, 0.06) - 1)


def _driven(voice: FloatArray, drive: float) -> FloatArray:
    scale = np.float32(3 * WORKING_LEVEL)
    return np.asarray(scale * np.tanh((1 + drive) * voice / scale) / np.tanh(1 + drive), dtype=np.float32)
