"""Serves the laboratory and its songs, and can be as slow or as forbidding as a storage may be."""

import mimetypes
import re
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs, urlsplit

from contract.page import content_security_policy

_PIECE_BYTES: Final = 4096
_RANGE: Final = re.compile(r"bytes=(\d+)-(\d+)")


@dataclass
class Behaviour:
    """How audio is served now; a test changes it while it runs."""

    bytes_per_second: float | None = None
    """Of each stem."""
    delayed: dict[str, float] = field(default_factory=dict)
    """Seconds before the answer, by lane."""
    refused_links: set[str] = field(default_factory=set)
    failing: int = 0
    """So many of the next requests for audio are answered with 503."""
    ranges: bool = True
    requests: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    """Answered requests for audio, by lane."""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def fails(self) -> bool:
        """Whether this request is to fail."""
        with self.lock:
            self.failing -= 1
            return self.failing >= 0


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    directories: tuple[Path, ...]
    behaviour: Behaviour

    def handle(self) -> None:
        """Requests of one connection, until the player gives up what it no longer needs."""
        with suppress(ConnectionError):
            super().handle()

    def do_GET(self) -> None:
        """A file, or a part of it."""
        url = urlsplit(self.path)
        name = url.path.strip("/") or "index.html"
        path = next((folder / name for folder in self.directories if (folder / name).is_file()), None)
        if path is None:
            self._answer(HTTPStatus.NOT_FOUND, b"")
        elif path.suffix == ".mp3":
            self._audio(path, parse_qs(url.query).get("link", [""])[0])
        else:
            self._answer(
                HTTPStatus.OK, path.read_bytes(), {"Content-Type": mimetypes.guess_type(name)[0] or ""}
            )

    def _audio(self, path: Path, link: str) -> None:
        if link in self.behaviour.refused_links:
            self._answer(HTTPStatus.FORBIDDEN, b"")
            return
        if self.behaviour.fails():
            self._answer(HTTPStatus.SERVICE_UNAVAILABLE, b"")
            return
        time.sleep(self.behaviour.delayed.get(path.stem, 0))
        self.behaviour.requests[path.stem] += 1
        whole = path.read_bytes()
        asked = _RANGE.fullmatch(self.headers.get("Range", ""))
        if asked is None or not self.behaviour.ranges:
            self._answer(HTTPStatus.OK, whole, {"Content-Type": "audio/mpeg"})
            return
        part = whole[int(asked[1]) : int(asked[2]) + 1]
        content_range = f"bytes {asked[1]}-{int(asked[1]) + len(part) - 1}/{len(whole)}"
        self._answer(
            HTTPStatus.PARTIAL_CONTENT, part, {"Content-Type": "audio/mpeg", "Content-Range": content_range}
        )

    def _answer(self, status: HTTPStatus, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Security-Policy", content_security_policy(""))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self._send(body, self.behaviour.bytes_per_second if ".mp3" in self.path else None)

    def _send(self, body: bytes, bytes_per_second: float | None) -> None:
        if bytes_per_second is None:
            self.wfile.write(body)
            return
        begin = time.monotonic()
        for sent in range(0, len(body), _PIECE_BYTES):
            self.wfile.write(body[sent : sent + _PIECE_BYTES])
            time.sleep(max(0, begin + (sent + _PIECE_BYTES) / bytes_per_second - time.monotonic()))

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
        """Say nothing."""


@contextmanager
def serving(*directories: Path) -> Iterator[tuple[str, Behaviour]]:
    """Serve the files of some folders; gives the address, and how to behave."""
    behaviour = Behaviour()
    handler = type("Handler", (_Handler,), {"directories": directories, "behaviour": behaviour})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", behaviour
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
