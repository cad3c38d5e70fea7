"""All stems as one ZIP file, stored and made on the fly.

Stems do not shrink any more, so they are stored. Size and checksum of every file are found first and stand in
front of it: streaming libraries put them behind, which for stored files many readers refuse. Layout: PKWARE's
APPNOTE 6.3, with the ZIP64 records where a size or a place needs more than 32 bits.
"""

import re
import struct
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

_CHUNK_BYTES = 1 << 20
_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}")
_MAX_MEMBERS = 1000

_LOCAL_HEADER = struct.Struct("<4sHHHHHIIIHH")
_CENTRAL_HEADER = struct.Struct("<4sHHHHHHIIIHHHHHII")
_END = struct.Struct("<4sHHHHIIH")
_END_64 = struct.Struct("<4sQHHIIQQQQ")
_LOCATOR_64 = struct.Struct("<4sIQI")
_EXTRA_HEADER = struct.Struct("<HH")

_ZIP64_EXTRA_ID = 1
_MAX_32 = 0xFFFFFFFF
_VERSION, _VERSION_64 = 20, 45
_MADE_ON_UNIX = 3 << 8
_REGULAR_FILE_0644 = 0o100644 << 16
_STORED = 0
_EARLIEST_YEAR, _LATEST_YEAR = 1980, 2107


@dataclass(frozen=True, slots=True)
class _Member:
    """One file of the archive, and where it begins."""

    name: bytes
    path: Path
    size: int
    checksum: int
    offset: int

    @property
    def end(self) -> int:
        return self.offset + _LOCAL_HEADER.size + len(self.name) + len(_local_extra(self.size)) + self.size


class StoredArchive:
    """A ZIP file of files as they are. Reads each of them once here, and once more in `chunks`.

    Args:
        files: by the name that they have in the archive, in order: lower-case letters, digits, ``_``, ``.``
            and ``-``, at most 64 characters.
        modified: shown as the time of every file.
        checkpoint: called between pieces; what it raises ends the work.

    Raises:
        ValueError: a name is not allowed.
        OSError: a file cannot be read.
    """

    def __init__(
        self, files: dict[str, Path], modified: datetime, checkpoint: Callable[[], None] = lambda: None
    ) -> None:
        if len(files) > _MAX_MEMBERS:
            raise ValueError(f"{len(files)} files are more than the {_MAX_MEMBERS} that an archive may hold")
        self._time = _dos_time(modified)
        self._checkpoint = checkpoint
        self._members: list[_Member] = []
        offset = 0
        for name, path in files.items():
            if not _NAME.fullmatch(name):
                raise ValueError(f"{name!r} is no name for a file of an archive")
            size = checksum = 0
            for piece in _pieces(path, checkpoint):
                size, checksum = size + len(piece), zlib.crc32(piece, checksum)
            self._members.append(_Member(name.encode(), path, size, checksum, offset))
            offset = self._members[-1].end
        self._directory = _directory(self._members, self._time)
        self.size_bytes = offset + len(self._directory)
        """Size of the whole archive."""

    def chunks(self) -> Iterator[bytes]:
        """The archive from its first byte to its last, in pieces of at most 1 MiB.

        Raises:
            OSError: a file cannot be read.
            RuntimeError: a file is not what it was when the archive was planned.
        """
        for member in self._members:
            yield _local_header(member, self._time)
            size = checksum = 0
            for piece in _pieces(member.path, self._checkpoint):
                size, checksum = size + len(piece), zlib.crc32(piece, checksum)
                yield piece
            if (size, checksum) != (member.size, member.checksum):
                raise RuntimeError(f"{member.path.name} has changed while it was archived")
        yield self._directory


def _pieces(path: Path, checkpoint: Callable[[], None]) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(_CHUNK_BYTES):
            checkpoint()
            yield piece


def _dos_time(moment: datetime) -> tuple[int, int]:
    """Time and date as the format has them: from 1980 to 2107, every other second."""
    year = min(max(moment.year, _EARLIEST_YEAR), _LATEST_YEAR)
    time = moment.hour << 11 | moment.minute << 5 | moment.second // 2
    return time, (year - _EARLIEST_YEAR) << 9 | moment.month << 5 | moment.day


def _extra_64(values: Sequence[int]) -> bytes:
    """The ZIP64 extra field that holds what does not fit where it belongs."""
    if not values:
        return b""
    return _EXTRA_HEADER.pack(_ZIP64_EXTRA_ID, 8 * len(values)) + struct.pack(f"<{len(values)}Q", *values)


def _local_extra(size: int) -> bytes:
    return _extra_64([size, size] if size >= _MAX_32 else [])


def _local_header(member: _Member, time: tuple[int, int]) -> bytes:
    extra = _local_extra(member.size)
    shown = min(member.size, _MAX_32)
    version = _VERSION_64 if extra else _VERSION
    fields = (
        b"PK\3\4",
        version,
        0,
        _STORED,
        *time,
        member.checksum,
        shown,
        shown,
        len(member.name),
        len(extra),
    )
    return _LOCAL_HEADER.pack(*fields) + member.name + extra


def _central_header(member: _Member, time: tuple[int, int]) -> bytes:
    large = member.size >= _MAX_32
    far = member.offset >= _MAX_32
    extra = _extra_64([member.size] * 2 * large + [member.offset] * far)
    version = _VERSION_64 if extra else _VERSION
    shown = min(member.size, _MAX_32)
    header = _CENTRAL_HEADER.pack(
        b"PK\1\2",
        _MADE_ON_UNIX | version,
        version,
        0,
        _STORED,
        *time,
        member.checksum,
        shown,
        shown,
        len(member.name),
        len(extra),
        0,
        0,
        0,
        _REGULAR_FILE_0644,
        min(member.offset, _MAX_32),
    )
    return header + member.name + extra


def _directory(members: Sequence[_Member], time: tuple[int, int]) -> bytes:
    """What stands behind the files: the list of them and where it begins."""
    entries = b"".join(_central_header(member, time) for member in members)
    start = members[-1].end if members else 0
    count = len(members)
    end = _END.pack(b"PK\5\6", 0, 0, count, count, len(entries), min(start, _MAX_32), 0)
    if start < _MAX_32:
        return entries + end
    record = _END_64.pack(
        b"PK\6\6",
        _END_64.size - 12,
        _MADE_ON_UNIX | _VERSION_64,
        _VERSION_64,
        0,
        0,
        count,
        count,
        len(entries),
        start,
    )
    locator = _LOCATOR_64.pack(b"PK\6\7", 0, start + len(entries), 1)
    return entries + record + locator + end
