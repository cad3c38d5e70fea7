"""How much audio a file says it holds: to refuse one that is too long before decoding it, and to notice
one that was cut off.

Only counts that encoders write are used. Estimates from size and bit rate would both refuse and accuse
files that are fine.
"""

from typing import BinaryIO

from av.audio.stream import AudioStream

from sagemaker_container.separation.decoding import frame_sync
from sagemaker_container.separation.decoding.sniffing import SYNC_WINDOW_BYTES, Demuxer, after_id3_tags

# These headers state the length; the others only hint at it.
_LENGTH_IN_HEADER = frozenset({Demuxer.AIFF, Demuxer.FLAC, Demuxer.MOV, Demuxer.W64, Demuxer.WAV})
_XING_FRAMES_FLAG = 1
_VBRI_OFFSET = 36
_MAX_RIFF_CHUNKS = 1000
_OGG_TAIL_BYTES = 128 * 1024
_OGG_HEADER_BYTES = 27
_OGG_END_OF_STREAM_FLAG = 4
_UNKNOWN_SIZES = frozenset({0, 0xFFFFFFFF})


def mp3_seconds(source: BinaryIO) -> float | None:
    """Length of an MP3 by the frame count in its Xing, Info or VBRI header, in seconds, or None."""
    source.seek(after_id3_tags(source))
    data = source.read(SYNC_WINDOW_BYTES)
    found = frame_sync.find(data)
    frame = found and frame_sync.parse_mpeg_frame(data, found[1])
    if not found or not frame:
        return None
    body = found[1] + 4
    xing = data[body + frame.side_info_bytes :][:12]
    if xing[:4] in (b"Xing", b"Info") and xing[7] & _XING_FRAMES_FLAG:
        frames = int.from_bytes(xing[8:12], "big")
    elif data[found[1] + _VBRI_OFFSET :][:4] == b"VBRI":
        frames = int.from_bytes(data[found[1] + _VBRI_OFFSET + 14 :][:4], "big")
    else:
        return None
    return frames * frame.samples / frame.sample_rate_hz


def stream_seconds(demuxer: Demuxer, stream: AudioStream) -> float | None:
    """Length of an opened stream by its header in seconds, or None when the header does not state one."""
    if demuxer not in _LENGTH_IN_HEADER or not stream.duration or not stream.time_base:
        return None
    return float(stream.duration * stream.time_base)


def ends_early(source: BinaryIO, demuxer: Demuxer) -> bool:
    """Whether the file ends inside its own sample data, by its outermost structure."""
    size = source.seek(0, 2)
    if demuxer is Demuxer.WAV:
        return _riff_data_end(source) > size
    if demuxer is Demuxer.MOV:
        return _last_box_end(source, size) > size
    if demuxer is Demuxer.OGG:
        return not _ends_with_last_page(source, size)
    return False


def _riff_data_end(source: BinaryIO) -> int:
    """Where the data chunk of a RIFF file ends by its own size; 0 when that is unknown."""
    source.seek(12)
    for _ in range(_MAX_RIFF_CHUNKS):
        header = source.read(8)
        if len(header) < 8:
            return 0
        size = int.from_bytes(header[4:], "little")
        if header[:4] == b"data":
            return 0 if size in _UNKNOWN_SIZES else source.tell() + size
        source.seek(size + size % 2, 1)
    return 0


def _last_box_end(source: BinaryIO, file_size: int) -> int:
    """Where the last outermost box of an MP4 or QuickTime file ends by its own size."""
    position = 0
    while position + 8 <= file_size:
        source.seek(position)
        header = source.read(16)
        size = int.from_bytes(header[:4], "big")
        if size == 1 and len(header) == 16:
            size = int.from_bytes(header[8:16], "big")
        if size < 8:
            # Zero means "to the end of the file"; other small values are damage that decoding will meet.
            return file_size
        position += size
    return position


def _ends_with_last_page(source: BinaryIO, file_size: int) -> bool:
    """Whether the last page of an Ogg file is whole and marked as the last of its stream."""
    source.seek(max(0, file_size - _OGG_TAIL_BYTES))
    tail = source.read()
    page = tail[max(0, tail.rfind(b"OggS")) :]
    if len(page) < _OGG_HEADER_BYTES or not page[5] & _OGG_END_OF_STREAM_FLAG:
        return False
    segments = page[26]
    table = page[_OGG_HEADER_BYTES : _OGG_HEADER_BYTES + segments]
    return len(page) >= _OGG_HEADER_BYTES + segments + sum(table)
