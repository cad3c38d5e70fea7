"""A service, a client that never really waits, and songs to send."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from stem_foundry import StemFoundry
from tests.unit.client.fake_service import BASE_URL, FakeService

MakeSong = Callable[..., Path]


@pytest.fixture(autouse=True)
def private_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads or writes the state of the person who runs it."""
    for name in [name for name in os.environ if name.startswith("STEMS_")]:
        monkeypatch.delenv(name)
    monkeypatch.delenv("MODEL_DIRECTORY", raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))


@pytest.fixture
def service() -> FakeService:
    return FakeService()


@pytest.fixture
def sleeps() -> list[float]:
    """Every wait the client wanted, in seconds."""
    return []


@pytest.fixture
def client(service: FakeService, sleeps: list[float]) -> Iterator[StemFoundry]:
    with StemFoundry(BASE_URL, transport=service.transport, sleep=sleeps.append) as opened:
        yield opened


@pytest.fixture
def make_song(tmp_path: Path) -> MakeSong:
    def make(size: int = 1000, name: str = "song.wav") -> Path:
        path = tmp_path / name
        pattern = bytes(range(251))
        path.write_bytes((pattern * (size // len(pattern) + 1))[:size])
        return path

    return make


@pytest.fixture
def song(make_song: MakeSong) -> Path:
    return make_song()
