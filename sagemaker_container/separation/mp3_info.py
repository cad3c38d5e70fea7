"""The Info frame at the start of an MP3: says how many samples are padding, so that players cut them off.

Without it an MP3 plays 25 ms late. Layout: the Xing header and the LAME extension, as described in "Mp3 Info
Tag revision 1" (G. Bouvigne et al.).
"""

from contract.audio import SAMPLE_RATE_HZ
from sagemaker_container.separation.decoding.frame_sync import parse_mpeg_frame
from sagemaker_container.separation.mp3_frames import FrameScanner

# What lame puts in front of the first sample; decoders add their own 529 by themselves.
ENCODER_DELAY_SAMPLES = 576

_FRAMES_BYTES_TOC_QUALITY = 0x0F
_TOC_ENTRIES = 100
_CONSTANT_BITRATE = 1
_UNKNOWN_QUALITY = bytes(4)
_NO_REPLAY_GAIN = bytes(8)
_NO_PRESET = bytes(4)
_NO_MUSIC_CRC = bytes(2)
_MAX_PADDING_SAMPLES = 0xFFF
_CRC_POLYNOMIAL = 0xA001
_PADDING_BIT = 0x02


def info_frame_bytes(bitrate_kbps: int, sample_rate_hz: int = SAMPLE_RATE_HZ) -> int:
    """Room that the Info frame takes: that of any frame of MPEG 1 at this rate."""
    return 144 * bitrate_kbps * 1000 // sample_rate_hz


def info_frame(audio: FrameScanner, room: int, samples: int) -> bytes:
    """The frame that describes what lame wrote behind it at a constant bit rate.

    Args:
        audio: has seen all frames.
        room: size of the frame, `info_frame_bytes`.
        samples: samples per channel that were encoded.

    Raises:
        ValueError: there was no frame.
    """
    header = audio.first_header
    first = parse_mpeg_frame(header, 0)
    if first is None:
        raise ValueError("the encoder wrote no frame")
    padding = audio.frames * first.samples - ENCODER_DELAY_SAMPLES - samples
    delays = ENCODER_DELAY_SAMPLES << 12 | min(_MAX_PADDING_SAMPLES, max(0, padding))
    audio_bytes = (room + audio.end - audio.start).to_bytes(4, "big")
    tag = b"".join(
        (
            bytes((header[0], header[1], header[2] & ~_PADDING_BIT, header[3])),
            bytes(first.side_info_bytes),
            b"Info",
            _FRAMES_BYTES_TOC_QUALITY.to_bytes(4, "big"),
            audio.frames.to_bytes(4, "big"),
            audio_bytes,
            bytes(256 * index // _TOC_ENTRIES for index in range(_TOC_ENTRIES)),
            _UNKNOWN_QUALITY,
            b"LAME3.100",
            bytes((_CONSTANT_BITRATE, 0)),
            _NO_REPLAY_GAIN,
            bytes((0, 0)),
            delays.to_bytes(3, "big"),
            _NO_PRESET,
            audio_bytes,
            _NO_MUSIC_CRC,
        )
    )
    return (tag + _crc16(tag).to_bytes(2, "big")).ljust(room, b"\0")


def _crc16(data: bytes) -> int:
    value = 0
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (_CRC_POLYNOMIAL if value & 1 else 0)
    return value
