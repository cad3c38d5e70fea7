"""Any stretch of an audio file as stereo at 44.1 kHz, without reading the rest of it."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import av
import numpy as np
import soundfile
import soxr
from av import AudioFrame
from av.audio.stream import AudioStream
from av.error import FFmpegError

from training.data.signal import FloatArray, fit
from training.sources import CHANNELS, SAMPLE_RATE

SOUNDFILE_SUFFIXES: Final = (".wav", ".flac", ".aiff", ".aif", ".ogg", ".mp3")
LIBAV_SUFFIXES: Final = (".m4a", ".mp4")
AUDIO_SUFFIXES: Final = SOUNDFILE_SUFFIXES + LIBAV_SUFFIXES

# What lies before a stretch is decoded too: transform codecs overlap their blocks.
_PREROLL_SAMPLES: Final = 8192
# Longer than half of any filter soxr uses between usual rates.
_RESAMPLER_CONTEXT: Final = 4096
_MIN_RATE, _MAX_RATE = 8_000, 384_000


class AudioTrackError(ValueError):
    """A file that cannot be used; the message names it and says why."""


@dataclass(frozen=True, slots=True)
class AudioTrack:
    """One audio stream of a file. Nothing is kept open, so that it may be handed to other processes.

    Attributes:
        path: the file.
        stream: which of the file's audio streams, counted from 0.
        rate: sampling rate of the file in Hz.
        source_samples: length at that rate.
    """

    path: Path
    stream: int
    rate: int
    source_samples: int

    @property
    def samples(self) -> int:
        """Length at 44.1 kHz."""
        return round(self.source_samples * SAMPLE_RATE / self.rate)

    def read(self, start: int, samples: int) -> FloatArray:
        """Return [2, samples] from sample `start` at 44.1 kHz; silence beyond the end of the file.

        A stretch of a file of another rate is the same, to the precision of the resampler, wherever reading
        starts: stretches begin where samples of both rates coincide.

        Raises:
            AudioTrackError: the file cannot be decoded, or holds samples that are not numbers.
        """
        if self.rate == SAMPLE_RATE:
            return self._read_source(start, samples)
        common = math.gcd(self.rate, SAMPLE_RATE)
        source_step, step = self.rate // common, SAMPLE_RATE // common
        first = max(0, start // step - math.ceil(_RESAMPLER_CONTEXT / source_step))
        before = start - first * step
        needed = math.ceil((before + samples) * self.rate / SAMPLE_RATE) + _RESAMPLER_CONTEXT
        source = self._read_source(first * source_step, needed)
        resampled = soxr.resample(source.T, self.rate, SAMPLE_RATE).T[:, before:]
        return fit(np.ascontiguousarray(resampled, dtype=np.float32), samples)

    def _read_source(self, start: int, samples: int) -> FloatArray:
        wanted = max(0, min(samples, self.source_samples - start))
        if wanted == 0:
            return np.zeros((CHANNELS, samples), np.float32)
        read = _read_libav if self.path.suffix.lower() in LIBAV_SUFFIXES else _read_soundfile
        audio = read(self, start, wanted)
        if not np.isfinite(audio).all():
            raise AudioTrackError(f"{self.path}: holds samples that are not numbers")
        stereo = np.repeat(audio, CHANNELS, axis=0) if len(audio) == 1 else audio
        return fit(np.ascontiguousarray(stereo), samples)


def open_track(path: Path, stream: int = 0) -> AudioTrack:
    """Look at a file's header.

    Raises:
        AudioTrackError: it cannot be read, is empty, or has neither one nor two channels.
    """
    tracks = open_streams(path)
    if stream >= len(tracks):
        raise AudioTrackError(f"{path}: has {len(tracks)} audio streams, not {stream + 1}")
    return tracks[stream]


def open_streams(path: Path) -> list[AudioTrack]:
    """Look at the header of a file and return all of its audio streams.

    Raises:
        AudioTrackError: as `open_track`.
    """
    try:
        shapes = _libav_shapes(path) if path.suffix.lower() in LIBAV_SUFFIXES else [_soundfile_shape(path)]
    except (soundfile.SoundFileError, FFmpegError) as error:
        raise AudioTrackError(f"{path}: cannot be read as audio ({error})") from error
    for rate, channels, samples in shapes:
        if not 1 <= channels <= CHANNELS:
            raise AudioTrackError(f"{path}: has {channels} channels; only mono and stereo are taken")
        if not _MIN_RATE <= rate <= _MAX_RATE:
            raise AudioTrackError(f"{path}: a sampling rate of {rate} Hz is not taken")
        if samples < 1:
            raise AudioTrackError(f"{path}: holds no sound")
    return [AudioTrack(path, number, rate, samples) for number, (rate, _, samples) in enumerate(shapes)]


def _soundfile_shape(path: Path) -> tuple[int, int, int]:
    header = soundfile.info(str(path))
    return header.samplerate, header.channels, header.frames


def _libav_shapes(path: Path) -> list[tuple[int, int, int]]:
    with av.open(str(path), mode="r", options={"protocol_whitelist": "file"}) as container:
        return [
            (stream.rate, stream.channels, _declared_samples(stream)) for stream in container.streams.audio
        ]


def _declared_samples(stream: AudioStream) -> int:
    if stream.duration is None or stream.time_base is None:
        return 0
    return round(stream.duration * stream.time_base * stream.rate)


def _read_soundfile(track: AudioTrack, start: int, samples: int) -> FloatArray:
    try:
        audio, _ = soundfile.read(
            str(track.path), frames=samples, start=start, dtype="float32", always_2d=True
        )
    except soundfile.SoundFileError as error:
        raise AudioTrackError(f"{track.path}: cannot be decoded ({error})") from error
    return np.asarray(audio.T, dtype=np.float32)


def _read_libav(track: AudioTrack, start: int, samples: int) -> FloatArray:
    """Return [channels, samples]; frames are put where their time stamps say they belong."""
    try:
        with av.open(str(track.path), mode="r", options={"protocol_whitelist": "file"}) as container:
            stream = container.streams.audio[track.stream]
            time_base = stream.time_base
            if start > _PREROLL_SAMPLES and time_base is not None:
                offset = int((start - _PREROLL_SAMPLES) / track.rate / time_base)
                container.seek(offset, stream=stream, backward=True)
            audio = np.zeros((stream.channels, samples), np.float32)
            for frame in container.decode(stream):
                position = round((frame.time or 0.0) * track.rate) - start
                if position >= samples:
                    break
                _place(_planar(frame), position, audio)
    except FFmpegError as error:
        raise AudioTrackError(f"{track.path}: cannot be decoded ({error})") from error
    return audio


def _place(block: FloatArray, position: int, audio: FloatArray) -> None:
    """Copy what of a block lies within the audio."""
    first, last = max(0, position), min(audio.shape[-1], position + block.shape[-1])
    if first < last:
        audio[:, first:last] = block[:, first - position : last - position]


def _planar(frame: AudioFrame) -> FloatArray:
    """Return the samples of a frame as [channels, samples] of full scale 1."""
    values = frame.to_ndarray()
    channels = frame.layout.nb_channels
    planar = values if frame.format.is_planar else values.reshape(-1, channels).T
    scale = 1.0 if planar.dtype.kind == "f" else 2.0 ** (8 * planar.dtype.itemsize - 1)
    return (planar / scale).astype(np.float32)
