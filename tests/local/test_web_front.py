"""The web front: the page under a strict policy, and the API passed on unchanged."""

import re
from collections.abc import Iterator

import httpx
import pytest
from flask import Flask, Response, jsonify, request

from local.http_server import HttpServer
from local.settings import LOOPBACK
from local.web_front import WebFront
from tests.local.ports import free_ports

STORAGE = "http://127.0.0.1:4566"


def upstream_application() -> Flask:
    application = Flask("api")

    @application.route("/stage/v1/<path:path>", methods=["GET", "POST", "DELETE"])
    def answer(path: str) -> Response:
        if path == "throttled":
            return Response("{}", 429, {"Retry-After": "7", "Content-Type": "application/problem+json"})
        if path == "unchanged":
            return Response(status=304, headers={"ETag": '"abc"'})
        response = jsonify(
            method=request.method,
            uri=request.environ["REQUEST_URI"],
            headers=dict(request.headers),
            body=request.get_data(as_text=True),
        )
        response.headers["ETag"] = '"abc"'
        return response

    return application


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    web_port, api_port = free_ports(2)
    api = HttpServer("api", upstream_application(), api_port, max_body_bytes=1_000_000)
    front = WebFront(port=web_port, api_url=f"http://{LOOPBACK}:{api_port}/stage", storage_url=STORAGE)
    api.start()
    front.start()
    with httpx.Client(base_url=f"http://{LOOPBACK}:{web_port}", trust_env=False) as client:
        yield client
    front.stop()
    api.stop()


def test_the_page_loads_only_its_own_files(client: httpx.Client) -> None:
    page = client.get("/")
    assert page.status_code == 200
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert f"connect-src 'self' {STORAGE}" in policy
    links = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert links
    for link in links:
        assert link.startswith("/")
        if link.startswith("/assets/"):
            assert client.get(link).status_code == 200
    assert " style=" not in page.text
    assert " onclick=" not in page.text


@pytest.mark.parametrize("path", ["/assets/../service.py", "/assets/%2e%2e/service.py", "/assets/none.js"])
def test_nothing_but_the_assets_is_served(client: httpx.Client, path: str) -> None:
    assert client.get(path).status_code == 404


def test_a_call_is_passed_on_unchanged(client: httpx.Client) -> None:
    answer = client.post(
        "/v1/jobs/%C3%A4%2Fb?limit=2&cursor=a%3Db",
        content='{"a": 1}',
        headers={
            "Authorization": "Bearer t",
            "Idempotency-Key": "k",
            "Connection": "keep-alive",
            "TE": "trailers",
        },
    )
    seen = answer.json()
    assert seen["method"] == "POST"
    assert seen["uri"] == "/stage/v1/jobs/%C3%A4%2Fb?limit=2&cursor=a%3Db"
    assert seen["body"] == '{"a": 1}'
    headers = {name.lower(): value for name, value in seen["headers"].items()}
    assert headers["authorization"] == "Bearer t"
    assert headers["idempotency-key"] == "k"
    assert "te" not in headers
    assert answer.headers["ETag"] == '"abc"'


def test_status_and_headers_come_back(client: httpx.Client) -> None:
    throttled = client.get("/v1/throttled")
    assert (throttled.status_code, throttled.headers["Retry-After"]) == (429, "7")
    assert throttled.headers["Content-Type"] == "application/problem+json"
    unchanged = client.get("/v1/unchanged", headers={"If-None-Match": '"abc"'})
    assert (unchanged.status_code, unchanged.content) == (304, b"")


def test_an_absolute_url_does_not_choose_the_server(client: httpx.Client) -> None:
    """A request line with a whole URL must not turn the front into an open proxy."""
    seen = client.request("GET", "/v1/x", extensions={"target": b"http://example.org/v1/x"}).json()
    assert seen["uri"] == "/stage/v1/x"


def test_an_api_that_is_down_is_a_problem_with_a_hint() -> None:
    web_port, nobody = free_ports(2)
    front = WebFront(port=web_port, api_url=f"http://{LOOPBACK}:{nobody}", storage_url=STORAGE)
    front.start()
    try:
        answer = httpx.get(f"http://{LOOPBACK}:{web_port}/v1/health", trust_env=False)
    finally:
        front.stop()
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "1"
    assert answer.json()["code"] == "service_unavailable"
