"""How much of the disk a job takes, asked before it begins."""

import shutil
from pathlib import Path

from contract.audio import CHANNELS, DEFAULT_BITRATE_KBPS, LOSSY_FORMATS, SAMPLE_RATE_HZ, OutputOptions
from contract.preview import PREVIEW_BITRATE_KBPS
from sagemaker_container.separation.streaming.spool import BYTES_PER_SAMPLE

# Headers, tags with a cover, indexes.
_BYTES_PER_FILE = 8 * 1024 * 1024


class DiskSpaceError(Exception):
    """The disk is too small for this song. The fault of the machine, not of the song."""


def stem_bytes(samples: int, output: OutputOptions, sample_rate_hz: int = SAMPLE_RATE_HZ) -> int:
    """Most that one encoded stem takes."""
    if output.format in LOSSY_FORMATS:
        seconds = samples / sample_rate_hz
        return _BYTES_PER_FILE + int(seconds * (output.bitrate_kbps or DEFAULT_BITRATE_KBPS) * 1000 / 8)
    depth = output.bit_depth or 32
    return _BYTES_PER_FILE + samples * CHANNELS * depth // 8


def preview_bytes(samples: int) -> int:
    """Most that one preview takes."""
    return _BYTES_PER_FILE + int(samples / SAMPLE_RATE_HZ * PREVIEW_BITRATE_KBPS * 1000 / 8)


def require(folder: Path, needed_bytes: int) -> None:
    """Check the disk that holds a folder.

    Raises:
        DiskSpaceError: there is not enough room.
    """
    free = shutil.disk_usage(folder).free
    if free < needed_bytes:
        raise DiskSpaceError(
            f"The song needs {needed_bytes / 1e9:.1f} GB of scratch space, and {free / 1e9:.1f} GB are free"
        )


def spool_bytes(samples: int) -> int:
    """What one float spool takes."""
    return samples * BYTES_PER_SAMPLE
