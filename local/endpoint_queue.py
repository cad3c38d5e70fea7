"""The durable queue behind the local endpoint: one SQLite file, at-least-once delivery."""

import sqlite3
import threading
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path

_SCHEMA = """
CREATE TABLE IF NOT EXISTS requests (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    endpoint TEXT NOT NULL,
    inference_id TEXT NOT NULL,
    input_location TEXT,
    body BLOB,
    content_type TEXT,
    accept TEXT,
    custom_attributes TEXT,
    output_location TEXT NOT NULL,
    failure_location TEXT NOT NULL,
    received_at REAL NOT NULL,
    expires_at REAL NOT NULL,
    timeout_seconds INTEGER NOT NULL,
    in_flight INTEGER NOT NULL DEFAULT 0
)
"""


@dataclass(frozen=True, slots=True)
class AsyncRequest:
    """One accepted invocation. Times are seconds since the Unix epoch."""

    endpoint: str
    inference_id: str
    input_location: str | None
    body: bytes | None
    content_type: str | None
    accept: str | None
    custom_attributes: str | None
    output_location: str
    failure_location: str
    received_at: float
    expires_at: float
    timeout_seconds: int
    sequence: int | None = None


_COLUMNS = tuple(field.name for field in fields(AsyncRequest))
_INSERTED = tuple(name for name in _COLUMNS if name != "sequence")
# Column names come from the class above, never from a caller.
_INSERT = f"INSERT INTO requests ({', '.join(_INSERTED)}) VALUES ({', '.join('?' * len(_INSERTED))})"  # noqa: S608
_SELECT = f"SELECT {', '.join(_COLUMNS)} FROM requests"  # noqa: S608


class RequestQueue:
    """Requests in order of arrival, shared by threads; all of it survives the process.

    A request is taken by one worker at a time and stays stored until it is finished, so a crash in
    between delivers it again.
    """

    def __init__(self, path: Path, clock: Callable[[], float]) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._clock = clock
        self._changed = threading.Condition()
        self._closed = False
        self._paused = False
        self._database = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute(_SCHEMA)
        self._database.execute("UPDATE requests SET in_flight = 0")

    def put(self, request: AsyncRequest) -> None:
        """Store a request; when this returns it is safe."""
        with self._changed:
            self._database.execute(_INSERT, [getattr(request, name) for name in _INSERTED])
            self._changed.notify_all()

    def wait_for_work(self) -> bool:
        """Block until a request waits for a worker; False when the queue was closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or (not self._paused and self._next() is not None))
            return not self._closed

    def claim(self) -> AsyncRequest | None:
        """Take the oldest waiting request that has not expired."""
        with self._changed:
            request = None if self._paused or self._closed else self._next()
            if request is not None:
                self._database.execute(
                    "UPDATE requests SET in_flight = 1 WHERE sequence = ?", [request.sequence]
                )
            return request

    def _next(self) -> AsyncRequest | None:
        row = self._database.execute(
            f"{_SELECT} WHERE in_flight = 0 AND expires_at > ? ORDER BY sequence LIMIT 1", [self._clock()]
        ).fetchone()
        return AsyncRequest(*row) if row else None

    def claim_expired(self) -> AsyncRequest | None:
        """Block until a waiting request is past its time and take it; None when the queue was closed."""
        with self._changed:
            while not self._closed:
                row = self._database.execute(
                    f"{_SELECT} WHERE in_flight = 0 ORDER BY expires_at LIMIT 1"
                ).fetchone()
                request = AsyncRequest(*row) if row else None
                if request is not None and request.expires_at <= self._clock():
                    self._database.execute(
                        "UPDATE requests SET in_flight = 1 WHERE sequence = ?", [request.sequence]
                    )
                    return request
                self._changed.wait(None if request is None else request.expires_at - self._clock())
            return None

    def release(self, request: AsyncRequest) -> None:
        """Put a request back that could not be finished."""
        with self._changed:
            self._database.execute("UPDATE requests SET in_flight = 0 WHERE sequence = ?", [request.sequence])
            self._changed.notify_all()

    def finish(self, request: AsyncRequest) -> None:
        """Forget a request whose answer is stored and announced."""
        with self._changed:
            self._database.execute("DELETE FROM requests WHERE sequence = ?", [request.sequence])
            self._changed.notify_all()

    def counts(self) -> tuple[int, int]:
        """Requests that wait, and requests that are being worked on."""
        with self._changed:
            total, in_flight = self._database.execute(
                "SELECT COUNT(*), COALESCE(SUM(in_flight), 0) FROM requests"
            ).fetchone()
        return total - in_flight, in_flight

    def wait_until_idle(self, timeout_seconds: float) -> bool:
        """Block until nothing waits or is worked on; False when time ran out first."""
        with self._changed:
            return self._changed.wait_for(
                lambda: self._database.execute("SELECT 1 FROM requests LIMIT 1").fetchone() is None,
                timeout_seconds,
            )

    @property
    def paused(self) -> bool:
        """Whether requests are kept from the workers."""
        return self._paused

    @paused.setter
    def paused(self, value: bool) -> None:
        with self._changed:
            self._paused = value
            self._changed.notify_all()

    def check_clock(self) -> None:
        """Look at the time again; for clocks that do not advance by themselves."""
        with self._changed:
            self._changed.notify_all()

    def close(self) -> None:
        """Wake everybody who waits, then close the file. The threads that claim must have a last word:
        they may still finish or release what they hold.
        """
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def dispose(self) -> None:
        """Close the database, after every worker has ended."""
        with self._changed:
            self._database.close()
