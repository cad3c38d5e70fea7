"""The fake service on a real socket, for what only a network can show."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx

from tests.unit.client.fake_service import FakeService

_NOT_FORWARDED = {"connection", "keep-alive"}


def _handler_for(service: FakeService) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            content = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = [(k, v) for k, v in self.headers.items() if k.lower() not in _NOT_FORWARDED]
            request = httpx.Request(
                self.command, service.base_url + self.path, headers=headers, content=content
            )
            try:
                response = service.handle(request)
            except httpx.TransportError:
                self.close_connection = True
                return
            self.send_response(response.status_code)
            for name, value in response.headers.items():
                self.send_header(name, value)
            if "Content-Length" not in response.headers:
                self.send_header("Content-Length", "0")
            self.end_headers()
            if self.command == "HEAD":
                return
            try:
                for chunk in response.iter_raw() if not response.is_stream_consumed else [response.content]:
                    self.wfile.write(chunk)
            except httpx.TransportError:
                self.close_connection = True

        do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = _serve  # noqa: N815 - names the base class wants

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Keep the test's output quiet."""

    return Handler


@contextmanager
def serve(service: FakeService) -> Iterator[str]:
    """Serve until the block ends; gives the base URL."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_for(service))
    server.daemon_threads = True
    service.base_url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield service.base_url
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
