"""What is remembered between runs: sessions and unfinished uploads, as small private JSON files."""

import hashlib
import os
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Protocol, TypeVar

from pydantic import BaseModel, ValidationError

from stem_foundry._errors import BadInput, ClientErrorCode

# Uploads expire on the service long before this; the notes about them are then useless.
_FORGET_AFTER_SECONDS = 14 * 24 * 3600


def default_state_directory(environ: Mapping[str, str] | None = None) -> Path:
    """The user's state folder for this program, as the XDG base directory specification says."""
    variables = os.environ if environ is None else environ
    state_home = variables.get("XDG_STATE_HOME", "")
    root = Path(state_home) if Path(state_home).is_absolute() else Path.home() / ".local" / "state"
    return root / "stem-foundry"


class SessionNote(BaseModel):
    """A session token and its life; times are aware."""

    token: str
    renew_at: datetime
    expires_at: datetime


class UploadNote(BaseModel):
    """A multipart upload that is not complete yet."""

    upload_id: str
    path: str


Note = TypeVar("Note", bound=BaseModel)


class State(Protocol):
    """Keeps notes by kind and key."""

    def read(self, kind: str, key: str) -> str | None:
        """The note, or None."""

    def write(self, kind: str, key: str, note: str) -> None:
        """Keep a note, replacing an older one."""

    def forget(self, kind: str, key: str) -> None:
        """Drop a note if it is there."""


class MemoryState:
    """Notes that live as long as the process."""

    def __init__(self) -> None:
        self._notes: dict[tuple[str, str], str] = {}

    def read(self, kind: str, key: str) -> str | None:
        """The note, or None."""
        return self._notes.get((kind, key))

    def write(self, kind: str, key: str, note: str) -> None:
        """Keep a note, replacing an older one."""
        self._notes[kind, key] = note

    def forget(self, kind: str, key: str) -> None:
        """Drop a note if it is there."""
        self._notes.pop((kind, key), None)


class DirectoryState:
    """Notes as files that only their owner can read (0600), replaced atomically.

    File names are digests of the keys: keys hold URLs and paths, which must not become file names. Every
    method raises `BadInput` ``state_unusable`` when the folder cannot be used.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def _file(self, kind: str, key: str) -> Path:
        return self._directory / kind / (hashlib.sha256(key.encode()).hexdigest()[:32] + ".json")

    def read(self, kind: str, key: str) -> str | None:
        """The note, or None."""
        with self._usable():
            try:
                return self._file(kind, key).read_text("utf-8", errors="replace")
            except FileNotFoundError:
                return None

    def write(self, kind: str, key: str, note: str) -> None:
        """Keep a note, replacing an older one."""
        with self._usable():
            self._replace(self._file(kind, key), note)

    def forget(self, kind: str, key: str) -> None:
        """Drop a note if it is there."""
        with self._usable():
            self._file(kind, key).unlink(missing_ok=True)

    @contextmanager
    def _usable(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise BadInput(
                ClientErrorCode.STATE_UNUSABLE,
                f"Cannot keep notes in {self._directory}: {error.strerror}. Set XDG_STATE_HOME.",
            ) from error

    def _replace(self, target: Path, note: str) -> None:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._drop_old(target.parent)
        descriptor, temporary = tempfile.mkstemp(dir=target.parent, prefix=".", suffix=".tmp")  # is 0600
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
                stream.write(note)
            Path(temporary).replace(target)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise

    @staticmethod
    def _drop_old(directory: Path) -> None:
        oldest = time.time() - _FORGET_AFTER_SECONDS
        for file in directory.iterdir():
            try:
                if file.stat().st_mtime < oldest:
                    file.unlink()
            except FileNotFoundError:
                continue  # another process was faster


def read_note(state: State, kind: str, key: str, model: type[Note]) -> Note | None:
    """A note as its model; one that cannot be read any more (older version, damage) counts as absent."""
    text = state.read(kind, key)
    if text is None:
        return None
    try:
        return model.model_validate_json(text)
    except ValidationError:
        state.forget(kind, key)
        return None
