"""The web front: the page under a strict policy, and the API passed on unchanged."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from flask import Flask, Response, jsonify, request

from contract.limits import Limits
from contract.page import PageConfiguration, content_security_policy
from local.http_server import HttpServer
from local.page import Page
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


def built_page(directory: Path) -> Page:
    (directory / "assets").mkdir(parents=True)
    (directory / "demo").mkdir()
    (directory / "index.html").write_text("<!doctype html><title>Stem Foundry</title>")
    (directory / "assets" / "app-1a2b.js").write_text("export {};")
    (directory / "demo" / "song.mp3").write_bytes(bytes(range(100)))
    return page_of(directory)


def page_of(directory: Path) -> Page:
    return Page(directory, PageConfiguration.of(Limits(), environment="test"), storage_url=STORAGE)


@contextmanager
def front_of(page: Page) -> Iterator[httpx.Client]:
    web_port, api_port = free_ports(2)
    api = HttpServer("api", upstream_application(), api_port, max_body_bytes=1_000_000)
    front = WebFront(port=web_port, api_url=f"http://{LOOPBACK}:{api_port}/stage", page=page)
    api.start()
    front.start()
    with httpx.Client(base_url=f"http://{LOOPBACK}:{web_port}", trust_env=False) as client:
        yield client
    front.stop()
    api.stop()


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    with front_of(built_page(tmp_path_factory.mktemp("page") / "dist")) as client:
        yield client


@pytest.mark.parametrize("path", ["/", "/demo", "/jobs/4f2", "/jobs/4f2/"])
def test_every_view_is_the_same_page_under_a_strict_policy(client: httpx.Client, path: str) -> None:
    page = client.get(path)
    assert page.status_code == 200
    assert "<title>Stem Foundry</title>" in page.text
    assert page.headers["Cache-Control"] == "no-cache"
    assert page.headers["Content-Security-Policy"] == content_security_policy(STORAGE)
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert client.head(path).status_code == 200


def test_files_whose_names_change_with_their_content_are_kept_for_good(client: httpx.Client) -> None:
    asset = client.get("/assets/app-1a2b.js")
    assert asset.status_code == 200
    assert "javascript" in asset.headers["Content-Type"]
    assert asset.headers["Cache-Control"].replace(" ", "").split(",") == [
        "public",
        "max-age=31536000",
        "immutable",
    ]


def test_the_page_reads_its_settings_at_run_time(client: httpx.Client) -> None:
    answer = client.get("/config.json")
    told = PageConfiguration.model_validate_json(answer.content, by_alias=True)
    assert told == PageConfiguration.of(Limits(), environment="test")


def test_a_range_of_a_file_is_served(client: httpx.Client) -> None:
    part = client.get("/demo/song.mp3", headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, bytes(range(10, 20)))
    assert part.headers["Content-Range"] == "bytes 10-19/100"


@pytest.mark.parametrize(
    "path",
    ["/assets/../../secret.txt", "/assets/%2e%2e/%2e%2e/secret.txt", "/%2e%2e/secret.txt", "/assets/none.js"],
)
def test_nothing_but_the_page_is_served(tmp_path: Path, path: str) -> None:
    page = built_page(tmp_path / "dist")
    (tmp_path / "secret.txt").write_text("secret")
    with front_of(page) as client:
        answer = client.get(path)
    assert answer.status_code == 404
    assert "secret" not in answer.text


def test_a_page_that_was_not_built_says_how(tmp_path: Path) -> None:
    with front_of(page_of(tmp_path / "dist")) as client:
        answer = client.get("/")
        assert answer.status_code == 503
        assert "make page" in answer.text
        assert client.get("/v1/unchanged").status_code == 304


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


def test_an_api_that_is_down_is_a_problem_with_a_hint(tmp_path: Path) -> None:
    web_port, nobody = free_ports(2)
    front = WebFront(port=web_port, api_url=f"http://{LOOPBACK}:{nobody}", page=page_of(tmp_path))
    front.start()
    try:
        answer = httpx.get(f"http://{LOOPBACK}:{web_port}/v1/health", trust_env=False)
    finally:
        front.stop()
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "1"
    assert answer.json()["code"] == "service_unavailable"
