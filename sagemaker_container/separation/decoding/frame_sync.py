"""Finds MPEG audio and ADTS frames: formats without a file header, known only by their frames."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto

_CONFIRMING_FRAMES = 3
_HEADER_BYTES = 4
_ADTS_HEADER_BYTES = 7

_MPEG_1 = 3
_LAYER_I, _LAYER_II, _LAYER_III = 3, 2, 1

# Kilobits per second by (is MPEG 1, layer bits); index 0 (free format) and 15 are refused.
_LOW_RATES = (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_BITRATES_KBPS = {
    (True, _LAYER_I): (32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (True, _LAYER_II): (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (True, _LAYER_III): (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (False, _LAYER_I): (32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (False, _LAYER_II): _LOW_RATES,
    (False, _LAYER_III): _LOW_RATES,
}
_SAMPLE_RATES_HZ = (44_100, 48_000, 32_000)
# By version bits: MPEG 2.5, MPEG 2, MPEG 1; the value 1 is reserved.
_RATE_DIVISORS = {0: 4, 2: 2, _MPEG_1: 1}


class Stream(Enum):
    """A stream of self-describing frames."""

    MPEG_AUDIO = auto()
    ADTS = auto()


@dataclass(frozen=True, slots=True)
class MpegFrame:
    """The header of one MPEG audio frame."""

    is_mpeg_1: bool
    layer: int
    sample_rate_hz: int
    bytes: int
    is_mono: bool

    @property
    def samples(self) -> int:
        """Samples per channel in the frame."""
        if self.layer == _LAYER_I:
            return 384
        return 576 if self.layer == _LAYER_III and not self.is_mpeg_1 else 1152

    @property
    def side_info_bytes(self) -> int:
        """Size of what lies between the header and the main data of a layer III frame."""
        if self.is_mpeg_1:
            return 17 if self.is_mono else 32
        return 9 if self.is_mono else 17


def parse_mpeg_frame(data: bytes, at: int) -> MpegFrame | None:
    """Read a frame header, or None when there is none at this offset."""
    header = data[at : at + _HEADER_BYTES]
    if len(header) < _HEADER_BYTES or header[0] != 0xFF or header[1] & 0xE0 != 0xE0:
        return None
    version, layer = header[1] >> 3 & 3, header[1] >> 1 & 3
    bitrate_index, rate_index = header[2] >> 4, header[2] >> 2 & 3
    if version not in _RATE_DIVISORS or layer == 0 or not 1 <= bitrate_index <= 14 or rate_index == 3:
        return None
    is_mpeg_1 = version == _MPEG_1
    rate = _SAMPLE_RATES_HZ[rate_index] // _RATE_DIVISORS[version]
    bits_per_second = _BITRATES_KBPS[is_mpeg_1, layer][bitrate_index - 1] * 1000
    padding = header[2] >> 1 & 1
    if layer == _LAYER_I:
        size = (12 * bits_per_second // rate + padding) * 4
    else:
        slots = 72 if layer == _LAYER_III and not is_mpeg_1 else 144
        size = slots * bits_per_second // rate + padding
    return MpegFrame(is_mpeg_1, layer, rate, size, is_mono=header[3] >> 6 == 3)


def find(data: bytes) -> tuple[Stream, int] | None:
    """Tell which stream the data holds and where its first frame is, possibly after some junk.

    Three frames in a row are a stream; at the very start fewer are, if the data ends with them.
    """
    position = data.find(b"\xff")
    while position >= 0:
        if _is_run(data, position, _mpeg_frame_bytes):
            return Stream.MPEG_AUDIO, position
        if _is_run(data, position, _adts_frame_bytes):
            return Stream.ADTS, position
        position = data.find(b"\xff", position + 1)
    return None


def _is_run(data: bytes, start: int, frame_bytes: Callable[[bytes, int], int | None]) -> bool:
    position = start
    for confirmed in range(_CONFIRMING_FRAMES):
        size = frame_bytes(data, position)
        if size is None:
            return confirmed > 0 and start == 0 and position >= len(data) - _ADTS_HEADER_BYTES
        position += size
    return True


def _mpeg_frame_bytes(data: bytes, at: int) -> int | None:
    frame = parse_mpeg_frame(data, at)
    return None if frame is None else frame.bytes


def _adts_frame_bytes(data: bytes, at: int) -> int | None:
    header = data[at : at + _ADTS_HEADER_BYTES]
    if len(header) < _ADTS_HEADER_BYTES or header[0] != 0xFF or header[1] & 0xF6 != 0xF0:
        return None
    rate_index = header[2] >> 2 & 0xF
    size = (header[3] & 3) << 11 | header[4] << 3 | header[5] >> 5
    return size if rate_index < 13 and size > _ADTS_HEADER_BYTES else None
