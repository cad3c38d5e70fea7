"""The web front: the page, and ``/v1/*`` passed on to the HTTP API unchanged."""

import time
from typing import Any

import httpx
from flask import Flask, Response, request

from local.http_server import HttpServer
from local.page import Page

_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
# HTTP API accepts at most 10 MB; audio never passes here, it goes straight to S3.
_MAX_BODY_BYTES = 10 * 1024 * 1024
_TIMEOUT = httpx.Timeout(35, connect=5)  # an HTTP API answers within 30 seconds
# RFC 9110, 7.6.1: these belong to one connection. Length and host are set anew for the next one.
_HOP_BY_HOP = frozenset(
    {
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
_NOT_FORWARDED = _HOP_BY_HOP | {"host", "content-length"}
_NOT_RETURNED = _HOP_BY_HOP | {"content-encoding", "content-length", "date", "server"}


def create_application(api_url: str, page: Page) -> Flask:
    """The WSGI application.

    Args:
        api_url: base URL of the HTTP API's stage, without a trailing slash.
        page: what is served beside the API.
    """
    application = Flask("web_front", static_folder=None)
    client = httpx.Client(base_url=api_url, timeout=_TIMEOUT, trust_env=False, follow_redirects=False)

    def pass_on(path: str) -> Response:
        return _pass_on(client, f"/v1/{path}")

    application.add_url_rule("/v1/<path:path>", view_func=pass_on, methods=_METHODS)
    page.register(application)
    return application


def _pass_on(client: httpx.Client, path: str) -> Response:
    headers = [(name, value) for name, value in request.headers if name.lower() not in _NOT_FORWARDED]
    target = _target(request.environ.get("REQUEST_URI", ""), path)
    try:
        answer = client.request(request.method, target, headers=headers, content=request.get_data())
    except httpx.TransportError as error:
        return _unavailable(str(error))
    returned: Any = [
        (name, value) for name, value in answer.headers.multi_items() if name.lower() not in _NOT_RETURNED
    ]
    return Response(answer.content, status=answer.status_code, headers=returned)


def _target(request_uri: str, path: str) -> str:
    """Path and query as the client wrote them: decoding and encoding could change what is asked for.

    Anything but a plain path of the API, such as an absolute URL, falls back to what was routed.
    """
    return request_uri if request_uri.startswith("/v1/") else path


def _unavailable(detail: str) -> Response:
    """The answer in the form of the API's own problems."""
    problem = {
        "type": "about:blank",
        "title": "Service unavailable",
        "status": 503,
        "detail": f"The local API does not answer: {detail}",
        "code": "service_unavailable",
    }
    response = Response(status=503, content_type="application/problem+json")
    response.set_data(httpx.Response(503, json=problem).content)
    response.headers["Retry-After"] = "1"
    return response


class WebFront:
    """Serves the page and the API from one origin."""

    def __init__(self, *, port: int, api_url: str, page: Page) -> None:
        application = create_application(api_url, page)
        application.before_request(self._note_request)
        self._last_request = time.monotonic()
        self._server = HttpServer("web front", application, port, max_body_bytes=_MAX_BODY_BYTES)

    def start(self) -> None:
        """Answer requests from now on."""
        self._server.start()

    def _note_request(self) -> None:
        self._last_request = time.monotonic()

    def idle_seconds(self) -> float:
        """Time since the last request, or since the start."""
        return time.monotonic() - self._last_request

    def stop(self) -> None:
        """Close the port."""
        self._server.stop()
