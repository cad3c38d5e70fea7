"""WAV, FLAC and M4A by FFmpeg's libraries, in one pass: tags and cover stand where players look first."""

from contextlib import suppress
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any, cast

import av
import numpy as np
import numpy.typing as npt
from av.audio.stream import AudioStream
from av.stream import Disposition

from contract.audio import CHANNELS, DEFAULT_BIT_DEPTH, DEFAULT_BITRATE_KBPS, AudioFormat, OutputOptions
from sagemaker_container.separation.encode.tags import Tags, id3_tag, is_png, picture_size
from sagemaker_container.separation.encode.writer import Block, to_integer, with_gain

FLOAT_BITS = 32
# A RIFF size field holds 32 bits; RF64 (EBU Tech 3306) is the form beyond. The margin is for headers.
MAX_RIFF_BYTES = 2**32 - 2**20

_WAV_CODECS = {16: ("pcm_s16le", "s16"), 24: ("pcm_s24le", "s32"), FLOAT_BITS: ("pcm_f32le", "flt")}
_FLAC_SAMPLE_FORMATS = {16: "s16", 24: "s32"}
_FLAC_COMPRESSION = "5"
_AAC_FRAME_SAMPLES = 1024
# The index of an M4A beside its list of frame sizes, of four bytes each: boxes, and names around the tags.
_INDEX_BYTES = 8192
_INDEX_BYTES_PER_MEBIBYTE = 32
_RIFF_SIZE_AT, _DS64_SIZE_AT = 4, 20
# Nothing of the library's version, so that the same stem is the same file.
_REPRODUCIBLE = {"fflags": "+bitexact"}


@dataclass(frozen=True, slots=True)
class _Profile:
    """What to ask of libav."""

    container: str
    codec: str
    sample_format: str
    container_options: dict[str, str] = field(default_factory=dict)
    codec_options: dict[str, str] = field(default_factory=dict)
    bitrate_bps: int | None = None
    holds_cover: bool = True


class LibavWriter:
    """See `StemWriter`.

    Args:
        path: file to write.
        output: wav, flac or m4a, with every value that matters spelled out.
        length: samples per channel that will be written.
        sample_rate_hz: of the samples and of the file.
        gain: factor on all samples.
        tags: what the file says of itself.

    Raises:
        OSError: the file cannot be written.
    """

    def __init__(
        self,
        path: Path,
        output: OutputOptions,
        *,
        length: int,
        sample_rate_hz: int,
        gain: float,
        tags: Tags,
    ) -> None:
        self._path = path
        self._rate = sample_rate_hz
        self._gain = gain
        self._profile = _profile(output, length, sample_rate_hz, tags)
        self._samples = 0
        self._id3 = id3_tag(tags) if output.format is AudioFormat.WAV else b""
        self._container = av.open(
            # Or libav would take what stands before a colon for a protocol.
            f"file:{path}",
            "w",
            format=self._profile.container,
            options=_REPRODUCIBLE | self._profile.container_options,
        )
        self._is_open = True
        try:
            self._begin(tags)
        except BaseException:
            self.abort()
            raise

    def _begin(self, tags: Tags) -> None:
        profile = self._profile
        self._container.metadata.update(tags.texts)
        self._stream = cast(
            "AudioStream",
            self._container.add_stream(
                profile.codec, rate=self._rate, layout="stereo", options=profile.codec_options
            ),
        )
        self._stream.codec_context.format = av.AudioFormat(profile.sample_format)
        if profile.bitrate_bps is not None:
            self._stream.bit_rate = profile.bitrate_bps
        if tags.cover is not None and profile.holds_cover:
            width, height = picture_size(tags.cover)
            codec = "png" if is_png(tags.cover) else "mjpeg"
            stream = self._container.add_mux_stream(codec, width=width, height=height)
            stream.disposition = Disposition.attached_pic
            picture = av.Packet(tags.cover)
            picture.stream = stream
            picture.pts = picture.dts = 0
            picture.time_base = Fraction(1, self._rate)
            self._container.mux(picture)

    def write(self, block: Block) -> None:
        """See `StemWriter`."""
        if not len(block):
            return
        samples = _prepared(with_gain(block, self._gain), self._profile.sample_format)
        frame = av.AudioFrame.from_ndarray(samples, format=self._profile.sample_format, layout="stereo")
        frame.sample_rate = self._rate
        frame.time_base = Fraction(1, self._rate)
        frame.pts = self._samples
        self._samples += len(block)
        self._container.mux(self._stream.encode(frame))

    def close(self) -> None:
        """See `StemWriter`."""
        if not self._is_open:
            return
        self._is_open = False
        try:
            self._container.mux(self._stream.encode(None))
        finally:
            self._container.close()
        if self._id3:
            _append_id3_chunk(self._path, self._id3)

    def abort(self) -> None:
        """See `StemWriter`."""
        if self._is_open:
            self._is_open = False
            # Closing writes the end of the file, for which there may be no room; the file goes anyway.
            with suppress(OSError):
                self._container.close()
        self._path.unlink(missing_ok=True)


def _profile(output: OutputOptions, length: int, sample_rate_hz: int, tags: Tags) -> _Profile:
    bits = output.bit_depth or DEFAULT_BIT_DEPTH
    if output.format is AudioFormat.WAV:
        codec, sample_format = _WAV_CODECS[bits]
        is_large = length * CHANNELS * bits // 8 + 2 * tags.bytes > MAX_RIFF_BYTES
        options = {"rf64": "always" if is_large else "never"}
        return _Profile("wav", codec, sample_format, options, holds_cover=False)
    if output.format is AudioFormat.FLAC:
        compression = {"compression_level": _FLAC_COMPRESSION}
        return _Profile("flac", "flac", _FLAC_SAMPLE_FORMATS[bits], codec_options=compression)
    bitrate_bps = (output.bitrate_kbps or DEFAULT_BITRATE_KBPS) * 1000
    frames = length // _AAC_FRAME_SAMPLES + 3
    audio_bytes = length * bitrate_bps // 8 // sample_rate_hz
    index_bytes = 4 * frames + _INDEX_BYTES_PER_MEBIBYTE * (audio_bytes >> 20) + tags.bytes
    options = {
        "brand": "M4A ",
        # Room in front of the audio, so that playing can begin before all has arrived.
        "moov_size": str(_INDEX_BYTES + index_bytes),
        # In milliseconds, the default, the edit list would cut off the last samples.
        "movie_timescale": str(sample_rate_hz),
    }
    return _Profile("mp4", "aac", "fltp", options, bitrate_bps=bitrate_bps)


def _prepared(block: Block, sample_format: str) -> npt.NDArray[Any]:
    """Samples as the encoder takes them: a row per plane."""
    if sample_format == "fltp":
        return np.ascontiguousarray(np.clip(block, -1, 1).T)
    if sample_format == "flt":
        return np.ascontiguousarray(block).reshape(1, -1)
    if sample_format == "s16":
        return to_integer(block, 16).astype(np.int16).reshape(1, -1)
    # Integers of 32 bits, of which the encoders keep the upper 24.
    return (to_integer(block, 24) << 8).reshape(1, -1)


def _append_id3_chunk(path: Path, tag: bytes) -> None:
    """Give a WAV what its own tags have no place for: the cover, the artist of the album."""
    with path.open("r+b") as file:
        is_rf64 = file.read(4) == b"RF64"
        file.seek(0, 2)
        file.write(b"id3 " + len(tag).to_bytes(4, "little") + tag + bytes(len(tag) % 2))
        riff_bytes = file.tell() - 8
        file.seek(_DS64_SIZE_AT if is_rf64 else _RIFF_SIZE_AT)
        file.write(riff_bytes.to_bytes(8 if is_rf64 else 4, "little"))
