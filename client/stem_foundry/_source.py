"""The local file that is to be separated."""

import hashlib
import mimetypes
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from contract.audio import is_accepted_content_type
from contract.errors import ErrorCode
from contract.limits import MAX_FILENAME_CHARACTERS
from stem_foundry._errors import BadInput, ClientErrorCode

CHUNK_BYTES = 256 * 1024
_FALLBACK_CONTENT_TYPE = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class Source:
    """A checked file, as it was when it was checked."""

    path: Path
    size_bytes: int
    modified_ns: int

    @property
    def filename(self) -> str:
        """Name told to the service; of an over-long one the end, which holds the extension."""
        # Bytes that are no text in the file system's encoding cannot travel as JSON.
        name = self.path.name.encode("utf-8", "replace").decode("utf-8")
        return name[-MAX_FILENAME_CHARACTERS:]

    @property
    def content_type(self) -> str:
        """Media type by extension; decoding decides what the file really is."""
        guessed, encoding = mimetypes.guess_type(self.path.name)
        if guessed is None or encoding is not None or not is_accepted_content_type(guessed):
            return _FALLBACK_CONTENT_TYPE
        return guessed

    @property
    def identity(self) -> tuple[str, int, int]:
        """Absolute path, size in bytes and modification time in ns: the same file, unchanged."""
        return str(self.path.resolve()), self.size_bytes, self.modified_ns

    def sha256(self) -> str:
        """Digest of the content, hexadecimal."""
        with self.path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()

    def chunks(self, offset: int, length: int) -> Iterator[bytes]:
        """``length`` bytes from ``offset`` in pieces."""
        with self.path.open("rb") as stream:
            stream.seek(offset)
            while length > 0:
                chunk = stream.read(min(CHUNK_BYTES, length))
                if not chunk:
                    raise changed(self.path)
                length -= len(chunk)
                yield chunk

    def check_unchanged(self) -> None:
        """Make sure that what was sent is one version of the file.

        Raises:
            BadInput: ``file_changed``.
        """
        if open_source(self.path) != self:
            raise changed(self.path)


def changed(path: Path) -> BadInput:
    """The error for a file that was written to while it was sent."""
    return BadInput(ClientErrorCode.FILE_CHANGED, f"{path} changed while it was being sent. Try again.")


def open_source(path: Path) -> Source:
    """Check a file before anything is sent.

    Raises:
        BadInput: when it is missing, empty, not a regular file or not readable.
    """
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise BadInput(ClientErrorCode.IS_A_DIRECTORY, f"{path} is a directory, not a song.")
        if not stat.S_ISREG(status.st_mode):
            raise BadInput(ClientErrorCode.NOT_A_REGULAR_FILE, f"{path} is not a regular file.")
        with path.open("rb"):
            pass
    except FileNotFoundError as error:
        raise BadInput(ClientErrorCode.FILE_NOT_FOUND, f"There is no file {path}") from error
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise BadInput(ClientErrorCode.FILE_UNREADABLE, f"Cannot read {path}: {reason}") from error
    if status.st_size == 0:
        raise BadInput(ErrorCode.FILE_EMPTY, f"{path} is empty.")
    return Source(path, status.st_size, status.st_mtime_ns)
