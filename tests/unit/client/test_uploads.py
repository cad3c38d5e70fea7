"""Sending songs: one PUT, parts, broken lines, expired links, resumption."""

import json
import os
from pathlib import Path

import httpx
import pytest

from contract.limits import PART_SIZE_BYTES, SINGLE_PUT_BELOW_BYTES
from contract.states import UploadState
from stem_foundry import (
    ApiError,
    BadInput,
    ServiceUnreachable,
    StemFoundry,
    TransferFailed,
    TransferProgress,
)
from tests.unit.client.conftest import MakeSong
from tests.unit.client.fake_service import BASE_URL, FakeService, storage_problem

LARGE = 4 * PART_SIZE_BYTES + 1234
PARTS = r"PUT /storage/uploads/[0-9a-f-]+/\d+"


@pytest.fixture
def large_song(make_song: MakeSong) -> Path:
    return make_song(LARGE, "large.wav")


# --- one PUT --------------------------------------------------------------------------------------------


def test_a_small_song_goes_in_one_put(client: StemFoundry, service: FakeService, song: Path) -> None:
    upload = client.upload(song)

    assert upload.state is UploadState.COMPLETE
    stored = service.uploads[str(upload.upload_id)]
    assert stored.content == song.read_bytes()
    assert (stored.announced.filename, stored.announced.size_bytes) == ("song.wav", 1000)
    assert stored.announced.content_type in {"audio/wav", "audio/x-wav"}


@pytest.mark.parametrize(
    ("size", "method"), [(SINGLE_PUT_BELOW_BYTES - 1, "put"), (SINGLE_PUT_BELOW_BYTES, "multipart")]
)
def test_the_service_decides_between_put_and_parts(
    client: StemFoundry, make_song: MakeSong, size: int, method: str
) -> None:
    assert client.upload(make_song(size)).method == method


@pytest.mark.parametrize(
    ("name", "content_type"),
    [
        ("a.mp3", "audio/mpeg"),
        ("a.mp4", "video/mp4"),
        ("a", "application/octet-stream"),
        ("a.txt", "application/octet-stream"),
        ("a.mp3.gz", "application/octet-stream"),
    ],
)
def test_only_media_types_that_are_accepted_are_declared(
    client: StemFoundry, service: FakeService, make_song: MakeSong, name: str, content_type: str
) -> None:
    upload = client.upload(make_song(10, name))
    assert service.uploads[str(upload.upload_id)].announced.content_type == content_type


@pytest.mark.parametrize("name", ['quo\'te "s".wav', "neue\nzeile.wav", "Ünïcødé 🎵.wav", "..wav"])
def test_odd_names_arrive_as_they_are(
    client: StemFoundry, service: FakeService, make_song: MakeSong, name: str
) -> None:
    upload = client.upload(make_song(10, name))
    assert service.uploads[str(upload.upload_id)].announced.filename == name


def test_names_that_are_no_text_still_travel(
    client: StemFoundry, service: FakeService, tmp_path: Path
) -> None:
    path = tmp_path / os.fsdecode(b"caf\xe9.wav")
    path.write_bytes(b"x")
    upload = client.upload(path)
    assert service.uploads[str(upload.upload_id)].announced.filename == "caf?.wav"


def test_a_put_is_repeated_after_a_lost_connection_and_a_busy_storage(
    client: StemFoundry, service: FakeService, song: Path, sleeps: list[float]
) -> None:
    service.fail("PUT", httpx.WriteError("broken pipe"), httpx.Response(503))
    upload = client.upload(song)
    assert service.uploads[str(upload.upload_id)].content == song.read_bytes()
    assert len(sleeps) == 2


def test_412_means_that_an_earlier_try_arrived(client: StemFoundry, service: FakeService, song: Path) -> None:
    def answer_is_lost(request: httpx.Request) -> httpx.Response | None:
        if request.method == "PUT" and len(service.calls("PUT")) == 1:
            service._storage(request)
            raise httpx.ReadError("connection reset")
        return None

    service.faults.append(answer_is_lost)
    assert client.upload(song).state is UploadState.COMPLETE
    assert len(service.calls("PUT")) == 2


def test_an_expired_link_of_a_put_is_replaced_by_a_new_announcement(
    client: StemFoundry, service: FakeService, song: Path
) -> None:
    service.fail("PUT", storage_problem(403, "AccessDenied", "Request has expired"))
    upload = client.upload(song)
    assert service.uploads[str(upload.upload_id)].content == song.read_bytes()
    assert len(service.calls("POST /v1/uploads$")) == 2


def test_what_storage_refuses_is_told_in_its_words(
    client: StemFoundry, service: FakeService, song: Path
) -> None:
    service.fail("PUT", storage_problem(400, "BadDigest", "The SHA256 did not match"))
    with pytest.raises(TransferFailed, match=r"400 BadDigest: The SHA256 did not match") as caught:
        client.upload(song)
    assert caught.value.code == "storage_refused"


def test_links_with_their_signatures_stay_out_of_messages(
    client: StemFoundry, service: FakeService, song: Path
) -> None:
    service.fail("PUT", *[httpx.ConnectError("refused")] * 9)
    with pytest.raises(ServiceUnreachable) as caught:
        client.upload(song)
    assert "generation" not in caught.value.message


# --- files that cannot be sent --------------------------------------------------------------------------


def test_missing_empty_and_special_files_are_refused_here(
    client: StemFoundry, service: FakeService, tmp_path: Path
) -> None:
    (tmp_path / "empty.wav").touch()
    os.mkfifo(tmp_path / "pipe.wav")
    expected = {
        "missing.wav": "file_not_found",
        "empty.wav": "file_empty",
        ".": "is_a_directory",
        "pipe.wav": "not_a_regular_file",
        "nul\0.wav": "file_unreadable",
    }
    for name, code in expected.items():
        with pytest.raises(BadInput) as caught:
            client.upload(tmp_path / name)
        assert caught.value.code == code
    assert service.requests == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_file_is_refused_here(client: StemFoundry, song: Path) -> None:
    song.chmod(0)
    with pytest.raises(BadInput) as caught:
        client.upload(song)
    assert caught.value.code == "file_unreadable"


def test_a_song_over_the_services_limit_is_refused_before_a_byte_is_sent(
    client: StemFoundry, service: FakeService, song: Path
) -> None:
    service.limits = service.limits.model_copy(update={"max_upload_bytes": 999})
    with pytest.raises(ApiError) as caught:
        client.upload(song)
    assert (caught.value.code, caught.value.status) == ("file_too_large", 413)
    assert service.calls("PUT") == []


def test_a_song_that_changes_while_it_is_sent_is_noticed(
    client: StemFoundry, service: FakeService, song: Path
) -> None:
    def change(progress: TransferProgress) -> None:
        os.utime(song, ns=(0, 0))

    with pytest.raises(BadInput) as caught:
        client.upload(song, change)
    assert caught.value.code == "file_changed"
    assert service.calls("complete") == []


# --- parts ----------------------------------------------------------------------------------------------


def test_a_large_song_goes_in_parts(client: StemFoundry, service: FakeService, large_song: Path) -> None:
    seen: list[int] = []
    upload = client.upload(large_song, lambda progress: seen.append(progress.done_bytes))

    assert service.uploads[str(upload.upload_id)].content == large_song.read_bytes()
    assert len(service.calls(PARTS)) == 5
    assert seen == sorted(seen)
    assert seen[-1] == LARGE


def test_parts_are_repeated_one_by_one(
    client: StemFoundry, service: FakeService, large_song: Path, sleeps: list[float]
) -> None:
    service.fail(r"PUT .*/3$", httpx.ReadError("reset"), httpx.Response(500), httpx.Response(503))
    upload = client.upload(large_song)
    assert service.uploads[str(upload.upload_id)].content == large_song.read_bytes()
    assert len(service.calls(PARTS)) == 5 + 3
    assert len(sleeps) == 3


def test_expired_links_of_parts_are_signed_again(
    client: StemFoundry, service: FakeService, large_song: Path
) -> None:
    def expire(request: httpx.Request) -> None:
        if request.method == "PUT" and service.link_generation == 1:
            service.link_generation = service.oldest_valid_generation = 2

    service.faults.append(expire)
    upload = client.upload(large_song)
    assert service.uploads[str(upload.upload_id)].content == large_song.read_bytes()
    assert len(service.calls("POST /v1/uploads$")) == 1


def test_an_interrupted_upload_is_resumed_by_another_process(
    service: FakeService, large_song: Path, tmp_path: Path
) -> None:
    def dead_after_two_parts(request: httpx.Request) -> None:
        if request.method == "PUT" and sum(len(u.parts) for u in service.uploads.values()) >= 2:
            raise httpx.ConnectError("no route to host")

    def process() -> StemFoundry:
        return StemFoundry(
            BASE_URL, transport=service.transport, sleep=lambda _: None, state_directory=tmp_path / "state"
        )

    service.faults.append(dead_after_two_parts)
    with process() as first, pytest.raises(ServiceUnreachable):
        first.upload(large_song)
    (note,) = (tmp_path / "state" / "uploads").iterdir()
    assert json.loads(note.read_text())["path"] == str(large_song)
    assert note.stat().st_mode & 0o777 == 0o600

    service.faults.clear()
    service.requests.clear()
    seen: list[int] = []
    with process() as second:
        upload = second.upload(large_song, lambda progress: seen.append(progress.done_bytes))

    assert service.uploads[str(upload.upload_id)].content == large_song.read_bytes()
    assert len(service.calls(PARTS)) == 3
    assert seen[0] >= PART_SIZE_BYTES
    assert service.calls("POST /v1/uploads$") == []
    assert list((tmp_path / "state" / "uploads").iterdir()) == []


def test_a_part_that_is_too_short_is_sent_again(
    client: StemFoundry, service: FakeService, large_song: Path
) -> None:
    service.fail(r"PUT .*/5$", *[httpx.ConnectError("gone")] * 5)
    with pytest.raises(ServiceUnreachable):
        client.upload(large_song)
    (stored,) = service.uploads.values()
    stored.parts[2] = b"half"
    client.upload(large_song)
    assert stored.content == large_song.read_bytes()


def test_a_resumed_upload_that_the_service_forgot_starts_anew(
    client: StemFoundry, service: FakeService, large_song: Path
) -> None:
    service.fail(PARTS, *[httpx.ConnectError("gone")] * 25)
    with pytest.raises(ServiceUnreachable):
        client.upload(large_song)
    service.faults.clear()
    service.uploads.clear()

    upload = client.upload(large_song)
    assert service.uploads[str(upload.upload_id)].content == large_song.read_bytes()


def test_an_upload_whose_completion_got_lost_is_taken_up_as_complete(
    client: StemFoundry, service: FakeService, large_song: Path
) -> None:
    def answer_is_lost(request: httpx.Request) -> httpx.Response | None:
        if request.url.path.endswith("/complete") and len(service.calls("complete$")) <= 5:
            service._api(request)
            raise httpx.ReadError("reset")
        return None

    service.faults.append(answer_is_lost)
    with pytest.raises(ServiceUnreachable):
        client.upload(large_song)
    service.requests.clear()
    service.faults.clear()
    assert client.upload(large_song).state is UploadState.COMPLETE
    assert service.calls(PARTS) == []


def test_a_changed_song_is_not_mixed_with_the_parts_of_its_older_version(
    client: StemFoundry, service: FakeService, large_song: Path
) -> None:
    service.fail(r"PUT .*/5$", *[httpx.ConnectError("gone")] * 5)
    with pytest.raises(ServiceUnreachable):
        client.upload(large_song)
    large_song.write_bytes(b"y" * LARGE)
    os.utime(large_song, ns=(1, 1))

    upload = client.upload(large_song)
    assert service.uploads[str(upload.upload_id)].content == b"y" * LARGE


def test_one_refused_part_stops_the_others(
    client: StemFoundry, service: FakeService, make_song: MakeSong
) -> None:
    song = make_song(40 * PART_SIZE_BYTES // 4, "ten.wav")
    service.fail(r"PUT .*/1$", storage_problem(400, "EntityTooSmall", "Too small"))
    with pytest.raises(TransferFailed, match="part 1"):
        client.upload(song)
