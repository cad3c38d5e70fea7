"""Small signal-processing tools on numpy arrays [..., samples]."""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

FloatArray: TypeAlias = npt.NDArray[np.float32]
ComplexArray: TypeAlias = npt.NDArray[np.complex64]


def fft_length(samples: int) -> int:
    """Return a power of two that holds at least `samples`."""
    return 1 << max(4, (samples - 1).bit_length())


def filter_magnitude(
    audio: FloatArray, frequencies: FloatArray, gains_db: FloatArray, sample_rate: int
) -> FloatArray:
    """Apply a zero-phase magnitude response given at a few frequencies, interpolated over log frequency.

    Args:
        audio: samples [..., time].
        frequencies: rising support points in Hz.
        gains_db: gain at each support point in dB, held constant beyond the outer ones.
        sample_rate: in Hz.
    """
    size = fft_length(audio.shape[-1] + 4096)
    bins = np.fft.rfftfreq(size, 1 / sample_rate)
    gains = np.interp(np.log(np.maximum(bins, 1.0)), np.log(frequencies), gains_db)
    spectrum = np.fft.rfft(audio, size) * 10 ** (gains / 20)
    return np.fft.irfft(spectrum, size)[..., : audio.shape[-1]].astype(np.float32)


def convolve(audio: FloatArray, kernel: FloatArray) -> FloatArray:
    """Convolve along the last axis and keep the length of `audio`."""
    size = fft_length(audio.shape[-1] + kernel.shape[-1])
    product = np.fft.rfft(audio, size) * np.fft.rfft(kernel, size)
    return np.fft.irfft(product, size)[..., : audio.shape[-1]].astype(np.float32)


def resample(audio: FloatArray, samples: int) -> FloatArray:
    """Resample one channel [time] to a number of samples by cutting or extending its spectrum."""
    spectrum = np.fft.rfft(audio)
    resized = np.zeros(samples // 2 + 1, dtype=spectrum.dtype)
    shared = min(len(spectrum), len(resized))
    resized[:shared] = spectrum[:shared]
    return (np.fft.irfft(resized, samples) * (samples / max(1, len(audio)))).astype(np.float32)


def ramp_between(values: npt.NDArray[np.floating], hop: int) -> npt.NDArray[np.floating]:
    """Interpolate control values [frames] linearly to (frames - 1) * hop samples."""
    ramp = np.arange(hop, dtype=values.dtype) / hop
    return (values[:-1, None] + np.diff(values)[:, None] * ramp).reshape(-1)


def short_time_spectrum(audio: FloatArray, size: int, hop: int) -> ComplexArray:
    """Return the Hann-windowed spectrum [frames, bins] of [time], frames centred on multiples of hop."""
    padded = np.pad(audio, (size // 2, size // 2 + hop))
    frames = np.lib.stride_tricks.sliding_window_view(padded, size)[::hop]
    return np.fft.rfft(frames * np.hanning(size + 1)[:-1].astype(np.float32)).astype(np.complex64)


def inverse_short_time_spectrum(spectrum: ComplexArray, size: int, hop: int, samples: int) -> FloatArray:
    """Overlap-add the spectrum [frames, bins] back to one channel of `samples` samples."""
    window = np.hanning(size + 1)[:-1].astype(np.float32)
    frames = np.fft.irfft(spectrum, size).astype(np.float32) * window
    total = np.zeros(hop * len(frames) + size, dtype=np.float32)
    weight = np.full_like(total, 1e-6)
    for index, frame in enumerate(frames):
        total[index * hop : index * hop + size] += frame
        weight[index * hop : index * hop + size] += window**2
    cut = (total / np.maximum(weight, 0.1))[size // 2 : size // 2 + samples]
    return np.pad(cut, (0, max(0, samples - len(cut))))


def fit(audio: FloatArray, samples: int) -> FloatArray:
    """Cut or zero-pad the last axis to a number of samples."""
    missing = samples - audio.shape[-1]
    if missing <= 0:
        return audio[..., :samples]
    return np.pad(audio, [(0, 0)] * (audio.ndim - 1) + [(0, missing)])


def root_mean_square(audio: FloatArray) -> float:
    """Return the root mean square over all samples that are not near-silent, 0 for silence."""
    blocks = audio[..., : audio.shape[-1] // 2048 * 2048].reshape(-1, 2048)
    energy = (blocks.astype(np.float64) ** 2).mean(axis=-1)
    loud = energy[energy > 1e-7]
    return float(np.sqrt(loud.mean())) if loud.size else 0.0
