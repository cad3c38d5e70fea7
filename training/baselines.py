"""What simple signal processing reaches, so that a network has to show that it does more.

Every baseline is zero-phase and works on a block of a song without knowing the rest of it. None was tuned on
a set that is evaluated: cut-off frequencies are those of the instruments, the median filters those of their
paper.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

import numpy as np
import torch
from scipy.ndimage import median_filter
from scipy.signal import butter, sosfiltfilt

from training.data.signal import FloatArray
from training.metrics import MASK_FFT_SIZE, MASK_HOP
from training.sources import SAMPLE_RATE

Estimates = dict[str, FloatArray]
"""Audio [2, time] of the stems that a baseline has an estimate for, by name."""

MEDIAN_LENGTH: Final = 17
"""Frames or bins, as Fitzgerald has it for the same window and hop."""

BASS_HZ: Final = 200.0
VOICE_HZ: Final = 120.0
KICK_HZ: Final = 110.0
TOMS_HZ: Final = 300.0
RINGING_TOMS_HZ: Final = 1000.0
CYMBALS_HZ: Final = 5000.0

SONG_BASELINES: Final = ("harmonic-percussive split", "centre extraction", "low-pass", "simple filters")
KIT_BASELINES: Final = ("harmonic-percussive split", "band split")


class Halves(NamedTuple):
    """Two parts of a mixture that add up to it, each [2, time]."""

    first: FloatArray
    second: FloatArray


def song_estimates(mixture: FloatArray) -> Mapping[str, Estimates]:
    """Return what each of `SONG_BASELINES` makes of a song [2, time].

    - harmonic-percussive split: drums and everything else, which is called ``other``;
    - centre extraction: what both channels share is the voice;
    - low-pass: the bass;
    - simple filters: all of these in a row, so that the four stems add up to the song.
    """
    harmonic, percussive = harmonic_percussive(mixture)
    centre, sides = centre_and_sides(mixture)
    bass = low_pass(mixture, BASS_HZ)
    drums = percussive - low_pass(percussive, BASS_HZ)
    tonal_centre = centre_and_sides(harmonic - low_pass(harmonic, BASS_HZ)).first
    return {
        "harmonic-percussive split": {"drums": percussive, "other": harmonic},
        "centre extraction": {"vocals": centre - low_pass(centre, VOICE_HZ), "other": sides},
        "low-pass": {"bass": bass},
        "simple filters": {
            "drums": drums,
            "bass": bass,
            "vocals": tonal_centre,
            "other": mixture - bass - drums - tonal_centre,
        },
    }


def kit_estimates(drums: FloatArray) -> Mapping[str, Estimates]:
    """Return what each of `KIT_BASELINES` makes of a drum stem [2, time].

    - harmonic-percussive split: strokes below and above the kick's range, ringing toms, and all that hisses;
    - band split: one band for each part.
    """
    harmonic, percussive = harmonic_percussive(drums)
    kick = low_pass(percussive, KICK_HZ)
    snare = low_pass(percussive, CYMBALS_HZ) - kick
    toms = low_pass(harmonic, RINGING_TOMS_HZ)
    below_kick, below_toms, below_cymbals = (low_pass(drums, hz) for hz in (KICK_HZ, TOMS_HZ, CYMBALS_HZ))
    return {
        "harmonic-percussive split": {
            "kick": kick,
            "snare": snare,
            "toms": toms,
            "cymbals": drums - kick - snare - toms,
        },
        "band split": {
            "kick": below_kick,
            "snare": below_cymbals - below_toms,
            "toms": below_toms - below_kick,
            "cymbals": drums - below_cymbals,
        },
    }


def harmonic_percussive(mixture: FloatArray) -> Halves:
    """Split [2, time] into what lasts and what strikes.

    Sound that lasts makes horizontal lines in a spectrogram, strokes make vertical ones; median filters along
    either axis remove the other, and squared magnitudes of both give soft masks, as in Fitzgerald,
    "Harmonic/percussive separation using median filtering" (DAFx 2010). The channels share the masks.
    """
    spectrum = _spectrum(mixture)
    magnitude = spectrum.abs().mean(dim=0).numpy()
    lasting = median_filter(magnitude, size=(1, MEDIAN_LENGTH)) ** 2
    striking = median_filter(magnitude, size=(MEDIAN_LENGTH, 1)) ** 2
    mask = torch.from_numpy(lasting / (lasting + striking + 1e-12))
    harmonic = _waveform(spectrum * mask, mixture.shape[-1])
    return Halves(harmonic, mixture - harmonic)


def centre_and_sides(mixture: FloatArray) -> Halves:
    """Split [2, time] into what both channels share and the rest.

    In each bin the middle keeps ``1 - |L - R| / (|L| + |R|)`` of the mean of the channels: all of it where
    they are equal, nothing where a sound is in one of them only or in both with opposite signs. It follows
    the panning similarity of Avendano and Jot, "Frequency domain techniques for stereo to multichannel upmix"
    (AES 22nd conference, 2002).
    """
    left, right = _spectrum(mixture)
    mask = 1 - (left - right).abs() / (left.abs() + right.abs() + 1e-9)
    middle = _waveform(((left + right) / 2 * mask)[None], mixture.shape[-1])
    centre = np.concatenate([middle, middle])
    return Halves(centre, mixture - centre)


def low_pass(audio: FloatArray, frequency: float) -> FloatArray:
    """Return what of [2, time] lies below a frequency in Hz, by a Butterworth filter in both directions."""
    sections = butter(4, frequency, fs=SAMPLE_RATE, output="sos")
    # Nothing is extended at the ends, which would need more samples than a very short song has.
    return np.asarray(sosfiltfilt(sections, audio, padtype=None), dtype=np.float32)


def _spectrum(audio: FloatArray) -> torch.Tensor:
    window = torch.hann_window(MASK_FFT_SIZE)
    tensor = torch.from_numpy(np.ascontiguousarray(audio))
    return torch.stft(
        tensor, MASK_FFT_SIZE, MASK_HOP, window=window, pad_mode="constant", return_complex=True
    )


def _waveform(spectrum: torch.Tensor, samples: int) -> FloatArray:
    window = torch.hann_window(MASK_FFT_SIZE)
    return np.asarray(
        torch.istft(spectrum, MASK_FFT_SIZE, MASK_HOP, window=window, length=samples).numpy(), np.float32
    )
