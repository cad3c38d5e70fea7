"""Audio files made on the spot: good ones, odd ones and bad ones. No third-party audio."""

from pathlib import Path

import av
import numpy as np
import soundfile

SAMPLE_RATE = 44_100


def music(seconds: float, *, sample_rate: int = SAMPLE_RATE, channels: int = 2, seed: int = 7) -> np.ndarray:
    """A bass line, a chord and clicks; float64 ``[samples, channels]`` within ±0.6."""
    time = np.arange(round(seconds * sample_rate)) / sample_rate
    random = np.random.default_rng(seed)
    chord = sum(np.sin(2 * np.pi * pitch * time) for pitch in (220.0, 277.2, 329.6)) * 0.08
    bass = 0.2 * np.sin(2 * np.pi * 55 * time)
    clicks = 0.25 * random.standard_normal(time.size) * np.exp(-((time % 0.5) * 40))
    mono = chord + bass + clicks
    return np.stack([mono * (1 - 0.1 * channel) for channel in range(channels)], axis=1)


def write(
    path: Path, samples: np.ndarray, *, sample_rate: int = SAMPLE_RATE, subtype: str | None = None
) -> Path:
    """Write wav or flac by the file's extension."""
    soundfile.write(path, samples, sample_rate, subtype=subtype)
    return path


def encode(path: Path, samples: np.ndarray, codec: str, *, container: str | None = None) -> Path:
    """Encode with PyAV, for formats soundfile does not write."""
    with av.open(str(path), "w", format=container) as output:
        stream = output.add_stream(codec, rate=SAMPLE_RATE)
        stream.layout = "stereo"
        frame = av.AudioFrame.from_ndarray(
            np.ascontiguousarray((samples.T * 32767).astype(np.int16).T.reshape(1, -1)), "s16", "stereo"
        )
        frame.sample_rate = SAMPLE_RATE
        resampler = av.AudioResampler(stream.format, "stereo", SAMPLE_RATE, stream.frame_size or None)
        for resampled in (*resampler.resample(frame), *resampler.resample(None)):
            output.mux(stream.encode(resampled))
        output.mux(stream.encode(None))
    return path


def faststart(path: Path) -> None:
    """Rewrite an MP4 with its index in front."""
    moved = path.with_name("moved.m4a")
    with (
        av.open(str(path)) as source,
        av.open(str(moved), "w", format="mp4", options={"movflags": "faststart"}) as target,
    ):
        stream = target.add_stream_from_template(source.streams.audio[0])
        for packet in source.demux(audio=0):
            if packet.dts is not None:
                packet.stream = stream
                target.mux(packet)
    moved.replace(path)


def silent_video(path: Path) -> Path:
    """A video without an audio track."""
    with av.open(str(path), "w") as output:
        stream = output.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        for _ in range(20):
            frame = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), "rgb24")
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return path


def long_silence(path: Path, seconds: int) -> Path:
    """A small FLAC that decodes to hours of silence."""
    sample_rate = 8_000
    block = np.zeros((sample_rate * 60, 1), np.int16)
    with soundfile.SoundFile(path, "w", sample_rate, 1, "PCM_16", format="FLAC") as file:
        for _ in range(seconds // 60):
            file.write(block)
    return path


def truncated(source: Path, target: Path, share: float) -> Path:
    """The first part of a file."""
    content = source.read_bytes()
    target.write_bytes(content[: int(len(content) * share)])
    return target
