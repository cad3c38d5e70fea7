"""Decodes the audio of one file into the spool. Runs in the limited child process only."""

import base64
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import BinaryIO

import av
from av import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.error import FFmpegError
from av.stream import Disposition

from contract.audio import CHANNELS, SAMPLE_RATE_HZ
from contract.errors import ErrorCode, StemFoundryError, WarningCode
from contract.limits import Limits
from contract.report import JobWarning
from sagemaker_container.separation.decoding.declared_length import (
    ends_early,
    mp3_seconds,
    stream_seconds,
)
from sagemaker_container.separation.decoding.outcome import CARRIED_TAGS, MAX_COVER_BYTES, DecodedAudio
from sagemaker_container.separation.decoding.samples import SpoolWriter, StereoConverter
from sagemaker_container.separation.decoding.sniffing import SUPPORTED, Demuxer, sniff

ALLOWED_CODECS = frozenset(
    {
        *("mp3", "mp3float", "mp2", "mp2float", "mp1", "mp1float", "aac", "alac", "flac"),
        *("vorbis", "opus", "libopus", "wmav1", "wmav2", "wmapro", "wmalossless", "ac3", "eac3"),
        *("pcm_u8", "pcm_s8", "pcm_s16le", "pcm_s16be", "pcm_s24le", "pcm_s24be", "pcm_s32le", "pcm_s32be"),
        *("pcm_f32le", "pcm_f32be", "pcm_f64le", "pcm_f64be", "pcm_alaw", "pcm_mulaw"),
    }
)

MIN_TRUNCATED_SECONDS = 1.0
SHORT_SECONDS = 0.1
# Frames of the lossy codecs hold up to 2048 samples; a shortfall below that is padding, not loss.
_TOLERATED_SHORTFALL_SAMPLES = 4096
_MAX_TAG_CHARACTERS = 256
_PICTURE_STARTS = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")


@dataclass(frozen=True, slots=True)
class _Stream:
    """The audio stream as its first frame shows it, and what was lost on the way."""

    rate_hz: int
    channels: int
    layout: str
    damaged_packets: int


def decode(source: BinaryIO, spool: BinaryIO, limits: Limits) -> DecodedAudio:
    """Decode the first audio stream of a file.

    Args:
        source: the file, seekable.
        spool: receives float32 samples, little endian, interleaved, two channels, 44.1 kHz.
        limits: bounds of duration, channels and sample rate.

    Raises:
        StemFoundryError: the file cannot or may not be decoded.
    """
    demuxer = sniff(source)
    cut_off = ends_early(source, demuxer)
    declared = mp3_seconds(source) if demuxer is Demuxer.MP3 else None
    source.seek(0)
    writer = SpoolWriter(spool)
    with _open(source, demuxer) as container:
        audio = _audio_stream(container)
        declared = declared or stream_seconds(demuxer, audio)
        if declared is not None and declared > limits.max_duration_seconds:
            raise _too_long(limits)
        stream = _decode_stream(container, audio, demuxer, writer, limits)
        codec = audio.codec_context.name
        tags = _tags(container, audio)
        # Last, since reading it may move the file's position.
        cover = _cover(container)
    decoded_seconds = writer.source_samples / stream.rate_hz
    missing = (declared or 0.0) - decoded_seconds > _TOLERATED_SHORTFALL_SAMPLES / stream.rate_hz
    warnings = [
        *_loss_warning(declared if missing else None, decoded_seconds, cut_off, stream.damaged_packets),
        *_conversion_warnings(stream),
        *_length_warning(writer.samples),
    ]
    return DecodedAudio(
        container=str(demuxer),
        codec=codec.removesuffix("float"),
        source_sample_rate_hz=stream.rate_hz,
        source_channels=stream.channels,
        source_samples=writer.source_samples,
        samples=writer.samples,
        warnings=warnings,
        tags=tags,
        cover=cover,
    )


def _open(source: BinaryIO, demuxer: Demuxer) -> InputContainer:
    """Open with the one demuxer. The file is an open stream and no protocol may run, so that nothing a
    file refers to can be opened.
    """
    options = {
        "protocol_whitelist": "none",
        "format_whitelist": str(demuxer),
        "codec_whitelist": ",".join(sorted(ALLOWED_CODECS)),
    }
    try:
        return av.open(source, mode="r", format=str(demuxer), options=options, metadata_errors="replace")
    except av.error.FFmpegError as error:
        reason = "its header is damaged"
        if demuxer is Demuxer.MOV:
            reason = "its index is missing, as when an upload or a recording was cut off"
        raise StemFoundryError(
            ErrorCode.DECODING_FAILED, f"The file looks like {demuxer} but cannot be read: {reason}."
        ) from error


def _audio_stream(container: InputContainer) -> AudioStream:
    if not container.streams.audio:
        raise StemFoundryError(ErrorCode.NO_AUDIO_TRACK, "The file has no audio track.")
    stream = container.streams.audio[0]
    if stream.codec_context is None or stream.codec_context.name not in ALLOWED_CODECS:
        raise StemFoundryError(
            ErrorCode.NOT_AUDIO, f"The audio is in a codec that is not accepted. Accepted: {SUPPORTED}."
        )
    stream.codec_context.thread_count = 1
    return stream


def _decode_stream(
    container: InputContainer, audio: AudioStream, demuxer: Demuxer, writer: SpoolWriter, limits: Limits
) -> _Stream:
    stereo = StereoConverter()
    damage: list[int] = []
    stream: _Stream | None = None
    # A WAV of unknown size ends in a packet that libavformat calls corrupt; its structure tells better.
    corrupt_is_damage = demuxer is not Demuxer.WAV
    frames = _frames(container, audio, damage, corrupt_is_damage=corrupt_is_damage)
    for frame, valid_samples in _with_exact_end(frames, demuxer):
        _check_format(frame, limits)
        stream = stream or _Stream(frame.sample_rate, frame.layout.nb_channels, frame.layout.name, 0)
        for block in stereo.convert(frame):
            writer.write(block[:valid_samples], frame.sample_rate)
        if writer.samples > limits.max_duration_seconds * SAMPLE_RATE_HZ:
            raise _too_long(limits)
    if stream is None:
        raise StemFoundryError(ErrorCode.DECODING_FAILED, "The file holds no audio that can be decoded.")
    writer.finish()
    return replace(stream, damaged_packets=len(damage))


def _frames(
    container: InputContainer, audio: AudioStream, damage: list[int], *, corrupt_is_damage: bool
) -> Iterator[AudioFrame]:
    """Decode what can be decoded; positions of damaged packets are added to ``damage``."""
    for index, packet in enumerate(container.demux(audio)):
        if packet.is_corrupt and corrupt_is_damage:
            damage.append(index)
        try:
            frames = packet.decode()
        except av.error.InvalidDataError:
            damage.append(index)
            continue
        for frame in frames:
            if isinstance(frame, AudioFrame) and frame.samples:
                yield frame


def _with_exact_end(frames: Iterator[AudioFrame], demuxer: Demuxer) -> Iterator[tuple[AudioFrame, int]]:
    """Pair each frame with the number of its samples that belong to the audio.

    The last AAC frame in MP4 is padded; its duration says by how much. The other demuxers trim by themselves.
    """
    previous: AudioFrame | None = None
    for frame in frames:
        if previous is not None:
            yield previous, previous.samples
        previous = frame
    if previous is not None:
        yield previous, _last_frame_samples(previous) if demuxer is Demuxer.MOV else previous.samples


def _last_frame_samples(frame: AudioFrame) -> int:
    if not frame.duration or not frame.time_base:
        return frame.samples
    tick_samples = frame.time_base * frame.sample_rate
    # Coarser clocks (milliseconds) cannot tell; two samples a tick is AAC with half-rate signalling.
    if tick_samples > 2:
        return frame.samples
    return min(frame.samples, round(frame.duration * tick_samples))


def _check_format(frame: AudioFrame, limits: Limits) -> None:
    rate, channels = frame.sample_rate, frame.layout.nb_channels
    if not limits.min_sample_rate_hz <= rate <= limits.max_sample_rate_hz:
        raise StemFoundryError(
            ErrorCode.UNSUPPORTED_SAMPLE_RATE,
            f"The sample rate is {rate} Hz; accepted are {limits.min_sample_rate_hz} to"
            f" {limits.max_sample_rate_hz} Hz.",
        )
    if channels > limits.max_channels:
        raise StemFoundryError(
            ErrorCode.TOO_MANY_CHANNELS,
            f"The audio has {channels} channels; at most {limits.max_channels} are accepted.",
        )


def _too_long(limits: Limits) -> StemFoundryError:
    return StemFoundryError(
        ErrorCode.AUDIO_TOO_LONG,
        f"The audio is longer than {limits.max_duration_seconds} seconds, the longest that is accepted.",
    )


def _loss_warning(
    declared: float | None, decoded: float, cut_off: bool, damaged_packets: int
) -> Iterator[JobWarning]:
    """Tell what is missing; ``declared`` is given only when less than that was decoded."""
    if declared is None and not cut_off and not damaged_packets:
        return
    if decoded < MIN_TRUNCATED_SECONDS:
        raise StemFoundryError(
            ErrorCode.DECODING_FAILED,
            f"The file is damaged or cut off: only {decoded:.2f} s of it can be decoded.",
        )
    message = f"The file is damaged or cut off; {decoded:.1f} s could be decoded"
    if declared is not None:
        message += f" of {declared:.1f} s"
    if damaged_packets:
        message += f" ({damaged_packets} damaged packets)"
    yield JobWarning(code=WarningCode.TRUNCATED_INPUT, message=message + ".")


def _conversion_warnings(stream: _Stream) -> Iterator[JobWarning]:
    if stream.channels > CHANNELS:
        yield JobWarning(
            code=WarningCode.DOWNMIXED,
            message=f"{stream.channels} channels ({stream.layout}) were mixed down to stereo.",
        )
    if stream.rate_hz != SAMPLE_RATE_HZ:
        yield JobWarning(
            code=WarningCode.RESAMPLED,
            message=f"Converted from {stream.rate_hz} Hz to {SAMPLE_RATE_HZ} Hz.",
        )


def _length_warning(samples: int) -> Iterator[JobWarning]:
    if samples < SHORT_SECONDS * SAMPLE_RATE_HZ:
        yield JobWarning(
            code=WarningCode.SHORT_INPUT,
            message=f"The audio lasts {samples / SAMPLE_RATE_HZ:.4f} s: too short to be separated well.",
        )


def _tags(container: InputContainer, audio: AudioStream) -> dict[str, str]:
    """Title, artist and so on, bounded, without control characters. Ogg has them in the stream."""
    found = {name.lower(): value for name, value in [*audio.metadata.items(), *container.metadata.items()]}
    tags = {}
    for name in CARRIED_TAGS:
        text = "".join(c for c in found.get(name, "") if c.isprintable()).strip()
        if text:
            tags[name] = text[:_MAX_TAG_CHARACTERS]
    return tags


def _cover(container: InputContainer) -> bytes | None:
    """The attached picture in Base64. One that cannot be carried is left out: the song is still good."""
    for stream in container.streams.video:
        if not stream.disposition & Disposition.attached_pic:
            continue
        try:
            container.seek(0)
            for packet in container.demux(stream):
                picture = bytes(packet)
                if picture.startswith(_PICTURE_STARTS) and len(picture) <= MAX_COVER_BYTES:
                    return base64.b64encode(picture)
                break
        except FFmpegError:
            return None
    return None
