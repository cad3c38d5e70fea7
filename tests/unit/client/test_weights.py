"""Published weights: verified before they get their name, pinned from then on."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from contract import catalogue
from contract.catalogue import CATALOGUE, WeightsFile
from contract.environment import default_model_directory
from stem_foundry import BadInput, ServiceUnreachable, TransferFailed, download_model
from tests.unit.client.fake_service import BrokenStream, streamed
from tests.unit.contract.registered import KIT_ENTRY, write_entries

CONTENT = b"weights" * 1000
DIGEST = hashlib.sha256(CONTENT).hexdigest()
NAME = f"955717e8-{DIGEST[:8]}.th"


class Publisher:
    """The host that published weights come from."""

    def __init__(self) -> None:
        self.content = CONTENT
        self.requests: list[httpx.Request] = []
        self.answers: list[httpx.Response | Exception] = []

    def handle(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if request.method == "GET" and self.answers:
            answer = self.answers.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer
        if request.method == "HEAD":
            return httpx.Response(200, headers={"Content-Length": str(len(self.content))})
        start = int(request.headers.get("Range", "bytes=0-")[6:-1])
        headers = {"Content-Range": f"bytes {start}-{len(self.content) - 1}/{len(self.content)}"}
        return streamed(206 if start else 200, self.content[start:], headers if start else None)


@pytest.fixture
def publisher(monkeypatch: pytest.MonkeyPatch) -> Publisher:
    weights = WeightsFile(name=NAME, sha256_prefix=DIGEST[:8], url=f"https://publisher.test/{NAME}")
    model = CATALOGUE["htdemucs"].model_copy(update={"weights": (weights,)})
    monkeypatch.setitem(catalogue.CATALOGUE, "htdemucs", model)
    return Publisher()


@pytest.fixture
def fetch(publisher: Publisher) -> Callable[..., Path]:
    def run(name: str = "htdemucs", directory: Path | None = None) -> Path:
        transport = httpx.MockTransport(publisher.handle)
        installed = download_model(name, directory, transport=transport, sleep=lambda _: None)
        assert list(installed.digests.values()) == [DIGEST]
        return next(iter(installed.digests))

    return run


def test_weights_and_their_full_digest_are_written(fetch: Callable[..., Path]) -> None:
    path = fetch()
    assert path == default_model_directory() / NAME
    assert path.read_bytes() == CONTENT
    assert path.with_name(f"{NAME}.sha256").read_text() == f"{DIGEST}  {NAME}\n"
    assert len(list(path.parent.iterdir())) == 2


def test_weights_that_are_here_are_not_fetched_again(
    fetch: Callable[..., Path], publisher: Publisher, tmp_path: Path
) -> None:
    fetch(directory=tmp_path)
    publisher.requests.clear()
    fetch(directory=tmp_path)
    assert publisher.requests == []


def test_weights_put_there_by_hand_are_pinned(fetch: Callable[..., Path], tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(CONTENT)
    fetch(directory=tmp_path)
    assert (tmp_path / f"{NAME}.sha256").read_text().split()[0] == DIGEST


def test_damaged_weights_are_fetched_again(fetch: Callable[..., Path], tmp_path: Path) -> None:
    fetch(directory=tmp_path)
    (tmp_path / NAME).write_bytes(b"damaged")
    assert fetch(directory=tmp_path).read_bytes() == CONTENT


def test_an_interrupted_download_goes_on(
    fetch: Callable[..., Path], publisher: Publisher, tmp_path: Path
) -> None:
    publisher.answers = [httpx.Response(200, stream=BrokenStream(CONTENT[:100]))]
    fetch(directory=tmp_path)
    assert publisher.requests[-1].headers["Range"] == "bytes=100-"


def test_other_weights_are_refused(fetch: Callable[..., Path], publisher: Publisher, tmp_path: Path) -> None:
    publisher.content = b"something else"
    with pytest.raises(TransferFailed) as caught:
        fetch(directory=tmp_path)
    assert caught.value.code == "checksum_mismatch"
    assert list(tmp_path.iterdir()) == []


def test_a_host_that_refuses_is_named(publisher: Publisher, tmp_path: Path) -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(404))
    with pytest.raises(TransferFailed, match=r"publisher\.test; storage answered 404"):
        download_model("htdemucs", tmp_path, transport=transport)


def test_a_host_that_cannot_be_reached_is_named(publisher: Publisher, tmp_path: Path) -> None:
    def offline(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("Name or service not known")

    transport = httpx.MockTransport(offline)
    with pytest.raises(ServiceUnreachable, match=r"https://publisher\.test: Name or service"):
        download_model("htdemucs", tmp_path, transport=transport, sleep=lambda _: None)


def test_bundled_models_need_nothing(tmp_path: Path) -> None:
    assert download_model("foundry_4s", tmp_path / "models").digests == {}
    assert not (tmp_path / "models").exists()


def test_registered_models_can_be_fetched(
    publisher: Publisher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights = [{"name": NAME, "sha256": DIGEST, "url": f"https://publisher.test/{NAME}"}]
    path = write_entries(tmp_path / "models.json", KIT_ENTRY | {"weights": weights})
    monkeypatch.setenv("MODEL_CATALOGUE_FILE", str(path))
    transport = httpx.MockTransport(publisher.handle)
    installed = download_model("drumsep", tmp_path / "models", transport=transport)
    assert installed.digests == {tmp_path / "models" / NAME: DIGEST}


def test_weights_without_an_address_are_put_there_by_hand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = KIT_ENTRY | {"weights": [{"name": NAME, "sha256": DIGEST}]}
    monkeypatch.setenv("MODEL_CATALOGUE_FILE", str(write_entries(tmp_path / "models.json", entry)))
    with pytest.raises(BadInput, match=f"{DIGEST}, into {tmp_path}") as caught:
        download_model("drumsep", tmp_path)
    assert caught.value.code == "model_unavailable"
    (tmp_path / NAME).write_bytes(CONTENT)
    assert download_model("drumsep", tmp_path).digests == {tmp_path / NAME: DIGEST}


def test_a_catalogue_that_cannot_be_used_is_bad_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MODEL_CATALOGUE_FILE", str(tmp_path / "absent.json"))
    with pytest.raises(BadInput, match="no such file") as caught:
        download_model("drumsep", tmp_path)
    assert caught.value.code == "model_unavailable"


def test_unknown_models_are_bad_input(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="Known models: foundry_4s") as caught:
        download_model("nope", tmp_path)
    assert caught.value.code == "unknown_model"


def test_a_folder_that_cannot_be_written_is_bad_input(publisher: Publisher, song: Path) -> None:
    with pytest.raises(BadInput) as caught:
        download_model("htdemucs", song / "models")
    assert caught.value.code == "output_not_writable"
