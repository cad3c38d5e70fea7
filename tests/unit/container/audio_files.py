"""Makes audio files of every kind the service meets."""

import io
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt
import soundfile

from contract.limits import Limits
from sagemaker_container.separation.decoding.decoder import decode
from sagemaker_container.separation.decoding.outcome import DecodedAudio

RATE = 44_100
Samples = npt.NDArray[np.float32]


def tones(samples: int, channels: int = 2, rate: int = RATE, peak: float = 0.4) -> Samples:
    """A different sine in every channel, [samples, channels]."""
    time = np.arange(samples) / rate
    frequencies = 220.0 * (1 + np.arange(channels))
    return (peak * np.sin(2 * np.pi * time[:, None] * frequencies)).astype(np.float32)


def noise(samples: int) -> Samples:
    """Two channels of unlike noise, [samples, 2], that have one clear place in time."""
    return np.random.default_rng(7).normal(0, 0.1, (samples, 2)).astype(np.float32)


def lag(late: Samples, original: Samples) -> int:
    """By how many samples one signal comes after the other."""
    size = 2 * max(len(late), len(original))
    spectrum = np.fft.rfft(late[:, 0], size) * np.conj(np.fft.rfft(original[:, 0], size))
    best = int(np.argmax(np.fft.irfft(spectrum, size)))
    return best if best < size // 2 else best - size


def write(path: Path, samples: Samples, rate: int = RATE, **options: Any) -> Path:
    """Write with libsndfile."""
    soundfile.write(path, samples, rate, **options)
    return path


def mux(
    path: Path,
    samples: Samples,
    codec: str,
    container: str,
    *,
    rate: int = RATE,
    options: dict[str, str] | None = None,
    metadata: dict[str, str] | None = None,
) -> Path:
    """Write stereo with libav, as an encoder does that keeps time."""
    with av.open(path, "w", format=container, options=options or {}) as output:
        output.metadata.update(metadata or {})
        stream = output.add_stream(codec, rate=rate, layout="stereo")
        stream.bit_rate = 128_000
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples.T), format="fltp", layout="stereo")
        frame.sample_rate = RATE
        frame.pts = 0
        frame.time_base = Fraction(1, RATE)
        resampler = av.AudioResampler(
            format=stream.codec_context.format,
            layout="stereo",
            rate=rate,
            frame_size=stream.codec_context.frame_size or 1024,
        )
        for piece in [*resampler.resample(frame), *resampler.resample(None)]:
            output.mux(stream.encode(piece))
        output.mux(stream.encode(None))
    return path


def video_without_audio(path: Path) -> Path:
    """A short MP4 that holds pictures only."""
    with av.open(path, "w", format="mp4") as output:
        stream = output.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        for _ in range(5):
            picture = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="rgb24")
            output.mux(stream.encode(picture))
        output.mux(stream.encode(None))
    return path


def cut(path: Path, share: float) -> Path:
    """Keep the beginning of a file."""
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    return path


def decoded(path: Path, limits: Limits | None = None) -> tuple[DecodedAudio, Samples]:
    """Decode in this process: what is said of the file, and its samples, [samples, 2]."""
    spool = io.BytesIO()
    with path.open("rb") as source:
        audio = decode(source, spool, limits or Limits())
    samples = np.frombuffer(spool.getvalue(), "<f4").reshape(-1, 2)
    assert len(samples) == audio.samples
    return audio, samples
