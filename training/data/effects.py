"""What a mixing engineer does to a single stem: equaliser, saturation, compression, reverb, echo, width."""

from typing import Final

import numpy as np

from training.data.chance import Chance
from training.data.signal import FloatArray, convolve, filter_magnitude, root_mean_square
from training.sources import SAMPLE_RATE

EQUALISER_BANDS: Final = (60, 200, 600, 2000, 6000, 14000)


def equalise(audio: FloatArray, chance: Chance, deviation_db: float) -> FloatArray:
    """Boost or cut six bands at random."""
    gains = np.array([chance.normal(0, deviation_db) for _ in EQUALISER_BANDS], dtype=np.float32)
    return filter_magnitude(audio, np.array(EQUALISER_BANDS, dtype=np.float32), gains, SAMPLE_RATE)


def saturate(audio: FloatArray, drive: float) -> FloatArray:
    """Overdrive softly; `drive` is the gain in front of the curve relative to the audio's level."""
    level = root_mean_square(audio)
    if level == 0:
        return audio
    scale = drive / (4 * level)
    return np.asarray(np.tanh(audio * scale) / scale, dtype=np.float32)


def compression_gain(audio: FloatArray, threshold_db: float, ratio: float, block: int = 512) -> FloatArray:
    """Return the gain [time] of a feed-forward compressor keyed by the louder channel.

    The threshold is relative to the audio's own level. The gain is smoothed over about 50 ms.
    """
    samples = audio.shape[-1]
    padded = np.pad(audio, ((0, 0), (0, -samples % block)))
    level = np.sqrt((padded.reshape(len(audio), -1, block) ** 2).mean(axis=-1).max(axis=0) + 1e-10)
    over_db = 20 * np.log10(level / (root_mean_square(audio) + 1e-9)) - threshold_db
    gain_db = -np.maximum(0, over_db) * (1 - 1 / ratio)
    smooth = np.convolve(np.pad(gain_db, 2, mode="edge"), np.ones(5) / 5, mode="valid")
    centres = (np.arange(len(smooth)) + 0.5) * block
    return np.asarray(10 ** (np.interp(np.arange(samples), centres, smooth) / 20), dtype=np.float32)


def reverberate(audio: FloatArray, chance: Chance) -> FloatArray:
    """Add a room: exponentially decaying, darkening stereo noise after a short pre-delay."""
    seconds = chance.uniform(0.2, 2.2)
    length = int(seconds * SAMPLE_RATE)
    decay = np.exp(-6.9 * np.arange(length) / length)
    tail = (chance.generator.standard_normal((2, length)) * decay).astype(np.float32)
    support = np.array([100, 400, 3000, 12000], dtype=np.float32)
    tail = filter_magnitude(
        tail, support, np.array([-12, 0, -2, chance.uniform(-25, -6)], np.float32), SAMPLE_RATE
    )
    delay = int(chance.uniform(0.0, 0.04) * SAMPLE_RATE)
    tail = np.pad(tail, ((0, 0), (delay, 0)))
    wet = chance.uniform(0.05, 0.35) / np.sqrt((tail**2).sum(axis=-1, keepdims=True) + 1e-9)
    return audio + convolve(audio, (tail * wet).astype(np.float32))


def echo(audio: FloatArray, seconds: float, feedback: float) -> FloatArray:
    """Add three repeats that alternate between the sides."""
    result = audio.copy()
    step = int(seconds * SAMPLE_RATE)
    for repeat in (1, 2, 3):
        offset = repeat * step
        if offset >= audio.shape[-1]:
            break
        side = repeat % 2
        result[side, offset:] += feedback**repeat * audio[side, : audio.shape[-1] - offset]
    return result


def double(mono: FloatArray, chance: Chance) -> FloatArray:
    """Spread one channel [time] over two by delaying and detuning nothing but the arrival times."""
    left, right = (int(chance.uniform(0.005, 0.03) * SAMPLE_RATE) for _ in range(2))
    amount = chance.uniform(0.2, 0.7)
    delayed = [np.pad(mono, (shift, 0))[: len(mono)] for shift in (left, right)]
    return np.stack([mono + amount * delayed[0], mono + amount * delayed[1]]).astype(np.float32)


def process_stem(stem: str, audio: FloatArray, chance: Chance) -> FloatArray:
    """Send a stem [2, time] through a random effect chain of the kind that suits it."""
    odds = {"drums": (0.4, 0.3), "bass": (0.4, 0.1), "other": (0.25, 0.5), "vocals": (0.25, 0.65)}
    saturation, reverb = odds[stem]
    audio = equalise(audio, chance, 2.5)
    if chance.happens(0.4):
        audio = audio * compression_gain(audio, chance.uniform(-6, 3), chance.uniform(1.5, 6))
    if chance.happens(saturation):
        audio = saturate(audio, chance.uniform(0.5, 3.0))
    if stem == "vocals" and chance.happens(0.25):
        audio = echo(audio, chance.uniform(0.12, 0.5), chance.uniform(0.15, 0.45))
    if chance.happens(reverb):
        audio = reverberate(audio, chance)
    return audio
