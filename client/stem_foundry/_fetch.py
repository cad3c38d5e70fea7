"""Fetching one file: resumed where it broke off, verified, and only then given its name."""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import httpx

from stem_foundry._errors import ClientErrorCode, TransferFailed
from stem_foundry._http import Http, unreachable
from stem_foundry._problems import storage_error
from stem_foundry._progress import Meter
from stem_foundry._retry import DEFAULT_RETRY, RETRYABLE_STATUSES, retry_after_seconds

_LINK_TRIES = 3
_CONTENT_RANGE = re.compile(r"bytes (\d{1,18})-\d{1,18}/(?:\d{1,18}|\*)")


@dataclass(frozen=True, slots=True)
class Remote:
    """A file to fetch.

    Attributes:
        link: gives the URL; called again with ``fresh=True`` when storage says that it has expired.
        sha256: hexadecimal digest of the content, or the first digits of it.
        size_bytes: exact size, when known.
        max_bytes: more than this is not accepted.
    """

    link: Callable[[bool], str]
    sha256: str
    size_bytes: int | None
    max_bytes: int


class _TryAgain(Exception):  # noqa: N818 - control flow inside this module
    """The connection broke or the server is busy; what has arrived is kept."""

    def __init__(self, reason: Exception, retry_after: float | None = None) -> None:
        super().__init__(str(reason))
        self.reason = reason
        self.retry_after = retry_after


class Fetcher:
    """Fetches files with one HTTP client."""

    def __init__(self, http: Http) -> None:
        self._http = http

    def fetch(self, remote: Remote, target: Path, meter: Meter) -> str:
        """Fetch into ``target``, by way of a temporary file beside it that a later call can go on with.

        Returns:
            The full SHA-256 of the file, hexadecimal.

        Raises:
            TransferFailed: refused by storage, or the digest is wrong twice.
            ServiceUnreachable: when repeating did not help.
            OSError: when the file cannot be written.
        """
        temporary = target.with_name(f".{target.name}.{remote.sha256[:8]}.part")
        for _ in range(2):
            self._fill(remote, temporary, meter)
            digest = file_sha256(temporary)
            if digest.startswith(remote.sha256):
                temporary.replace(target)
                return digest
            meter.add(-temporary.stat().st_size)
            temporary.unlink()
        raise TransferFailed(
            ClientErrorCode.CHECKSUM_MISMATCH,
            f"{target.name} arrived damaged twice: its SHA-256 is {digest}, not {remote.sha256}.",
        )

    def _fill(self, remote: Remote, temporary: Path, meter: Meter) -> None:
        held = _size(temporary)
        meter.add(held)
        fresh, refusals, delays = False, 0, DEFAULT_RETRY.delays()
        while remote.size_bytes is None or held != remote.size_bytes:
            try:
                response = self._continue(remote, remote.link(fresh), temporary, meter)
            except _TryAgain as again:
                if _size(temporary) > held:
                    delays = DEFAULT_RETRY.delays()
                delay = next(delays, None)
                if delay is None:
                    raise again.reason from again
                self._http.sleep(delay + (again.retry_after or 0.0))
                held, fresh = _size(temporary), False
                continue
            if response is None:
                return
            refusals += 1
            if response.status_code != httpx.codes.FORBIDDEN or refusals >= _LINK_TRIES:
                raise storage_error(response, f"fetch {_plain_name(temporary)}")
            fresh = True

    def _continue(self, remote: Remote, url: str, temporary: Path, meter: Meter) -> httpx.Response | None:
        """Ask for what is missing and append it; returns the answer when it is a refusal."""
        held = _size(temporary)
        # What is verified are the bytes as stored, so none may be compressed on the way.
        headers = {"Accept-Encoding": "identity"}
        if held:
            headers["Range"] = f"bytes={held}-"
        try:
            with self._http.stream(url, headers) as response:
                if response.is_success:
                    if held and not _continues_at(response, held):
                        meter.add(-held)
                        temporary.unlink()
                    self._append(remote, response, temporary, meter)
                    return None
                response.read()
        except httpx.TransportError as error:
            raise _TryAgain(unreachable(url, error)) from error
        if held and response.status_code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE:
            # All of it is here already, or more than there should be: the digest tells.
            return None
        if response.status_code in RETRYABLE_STATUSES:
            wait = retry_after_seconds(response)
            if wait is None or wait <= DEFAULT_RETRY.max_retry_after:
                raise _TryAgain(storage_error(response, f"fetch {_plain_name(temporary)}"), wait)
        return response

    @staticmethod
    def _append(remote: Remote, response: httpx.Response, temporary: Path, meter: Meter) -> None:
        held = _size(temporary)
        with temporary.open("ab") as stream:
            for chunk in response.iter_raw():
                held += len(chunk)
                if held > remote.max_bytes:
                    raise TransferFailed(
                        ClientErrorCode.CHECKSUM_MISMATCH,
                        f"{_plain_name(temporary)} is longer than {remote.max_bytes} bytes.",
                    )
                stream.write(chunk)
                meter.add(len(chunk))
        if remote.size_bytes is not None and held < remote.size_bytes:
            # A body that ends early without an error, as a proxy may deliver it.
            raise _TryAgain(
                TransferFailed(
                    ClientErrorCode.CHECKSUM_MISMATCH,
                    f"{_plain_name(temporary)} ended after {held} of {remote.size_bytes} bytes.",
                )
            )


def file_sha256(path: Path) -> str:
    """Digest of a file, hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _continues_at(response: httpx.Response, offset: int) -> bool:
    """Whether a partial answer starts where it was asked to; a whole one (200) does not."""
    match = _CONTENT_RANGE.fullmatch(response.headers.get("Content-Range", ""))
    return response.status_code == httpx.codes.PARTIAL_CONTENT and bool(match and int(match[1]) == offset)


def _plain_name(temporary: Path) -> str:
    return temporary.name[1:].rsplit(".", 2)[0]
