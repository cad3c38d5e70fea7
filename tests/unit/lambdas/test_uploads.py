"""Uploads: what is accepted, what is signed, how they are verified."""

from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest

from contract import keys, routes
from contract.limits import PART_SIZE_BYTES, SINGLE_PUT_BELOW_BYTES

from .conftest import BUCKET, Service

SONG = {"filename": "song.mp3", "size_bytes": 1000, "content_type": "audio/mpeg"}
LARGE = {**SONG, "size_bytes": SINGLE_PUT_BELOW_BYTES + 1}


def create(service: Service, announced: dict[str, Any] = SONG, owner: str = "owner-1") -> dict[str, Any]:
    status, body, _ = service.call(routes.CREATE_UPLOAD, announced, owner=owner)
    assert status == 201, body
    return body


def put_source(service: Service, upload_id: str, size: int = 1000) -> None:
    service.s3.put_object(Bucket=BUCKET, Key=keys.upload_source(upload_id), Body=b"x" * size)


def test_single_put_signs_length_type_checksum_and_write_once(service: Service) -> None:
    upload = create(service, {**SONG, "sha256": "ab" * 32})
    query = parse_qs(urlsplit(upload["url"]).query)
    assert query["X-Amz-SignedHeaders"] == [
        "content-length;content-type;host;if-none-match;x-amz-checksum-sha256"
    ]
    assert query["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"]
    assert urlsplit(upload["url"]).netloc == f"{BUCKET}.s3.eu-west-1.amazonaws.com"
    assert set(upload["headers"]) == {"Content-Type", "If-None-Match", "x-amz-checksum-sha256"}
    assert upload["method"] == "put"


def test_large_files_are_multipart_and_sign_each_length(service: Service) -> None:
    upload = create(service, LARGE)
    assert (upload["method"], upload["part_size_bytes"], upload["part_count"]) == (
        "multipart",
        PART_SIZE_BYTES,
        3,
    )
    assert "url" not in upload or upload["url"] is None
    status, body, _ = service.call(routes.SIGN_PARTS, {"part_numbers": [1, 3]}, upload_id=upload["upload_id"])
    assert status == 200
    assert [part["part_number"] for part in body["parts"]] == [1, 3]
    for part in body["parts"]:
        assert "content-length" in parse_qs(urlsplit(part["url"]).query)["X-Amz-SignedHeaders"][0]


@pytest.mark.parametrize(
    ("announced", "status", "code"),
    [
        ({**SONG, "size_bytes": 0}, 422, "file_empty"),
        ({**SONG, "size_bytes": 2_000_000_001}, 413, "file_too_large"),
        ({**SONG, "size_bytes": -1}, 422, "invalid_request"),
        ({**SONG, "content_type": "text/html"}, 415, "unsupported_media_type"),
        ({**SONG, "content_type": "audio/mpeg\r\nx: y"}, 422, "invalid_request"),
        ({**SONG, "filename": ""}, 422, "invalid_request"),
        ({**SONG, "filename": "x" * 256}, 422, "invalid_request"),
        ({**SONG, "sha256": "nope"}, 422, "invalid_request"),
        ({**SONG, "colour": "red"}, 422, "invalid_request"),
        ({"size_bytes": 1}, 422, "invalid_request"),
    ],
)
def test_bad_announcements(service: Service, announced: dict[str, Any], status: int, code: str) -> None:
    got, problem, headers = service.call(routes.CREATE_UPLOAD, announced)
    assert (got, problem["code"]) == (status, code)
    assert problem["detail"]
    assert headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("raw_body", ["", "{", "null", "[]", '"x"', "\ufeff{}"])
def test_a_body_that_is_no_object_is_a_problem_not_a_crash(service: Service, raw_body: str) -> None:
    status, problem, _ = service.call(routes.CREATE_UPLOAD, raw_body=raw_body)
    assert (status, problem["code"]) == (422, "invalid_request")


@pytest.mark.parametrize(
    ("filename", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\music\\song.mp3", "song.mp3"),
        ('a "quoted"\nname.mp3', 'a "quoted"name.mp3'),
        ("日本語🎵.flac", "日本語🎵.flac"),
        ("..", "audio"),
        ("\u202etxt.exe", "txt.exe"),
    ],
)
def test_odd_names_are_kept_as_names_only(service: Service, filename: str, shown: str) -> None:
    upload = create(service, {**SONG, "filename": filename})
    record = service.table.get_upload(upload["upload_id"])
    assert record is not None
    assert record.filename == shown


def test_complete_verifies_what_s3_holds(service: Service) -> None:
    upload_id = create(service)["upload_id"]
    status, problem, _ = service.call(routes.COMPLETE_UPLOAD, {}, upload_id=upload_id)
    assert (status, problem["code"]) == (409, "upload_incomplete")
    put_source(service, upload_id, size=999)
    status, problem, _ = service.call(routes.COMPLETE_UPLOAD, {}, upload_id=upload_id)
    assert (status, problem["code"]) == (409, "upload_size_mismatch")
    put_source(service, upload_id)
    for _ in range(2):
        status, body, _ = service.call(routes.COMPLETE_UPLOAD, upload_id=upload_id)
        assert (status, body["state"]) == (200, "complete")


def send_part(service: Service, upload_id: str, number: int, size: int) -> str:
    record = service.table.get_upload(upload_id)
    assert record is not None
    answer = service.s3.upload_part(
        Bucket=BUCKET,
        Key=keys.upload_source(upload_id),
        UploadId=record.multipart_id,
        PartNumber=number,
        Body=b"x" * size,
    )
    return str(answer["ETag"])


def test_multipart_is_listed_resumed_and_completed(service: Service) -> None:
    upload_id = create(service, LARGE)["upload_id"]
    send_part(service, upload_id, 1, PART_SIZE_BYTES)
    send_part(service, upload_id, 3, 1)
    _, listed, _ = service.call(routes.LIST_PARTS, upload_id=upload_id)
    assert [part["part_number"] for part in listed["parts"]] == [1, 3]
    status, problem, _ = service.call(routes.COMPLETE_UPLOAD, {}, upload_id=upload_id)
    assert (status, problem["code"]) == (409, "upload_incomplete")
    assert "2" in problem["detail"]
    etag = send_part(service, upload_id, 2, PART_SIZE_BYTES)
    wrong = {"parts": [{"part_number": 2, "etag": '"other"'}]}
    status, problem, _ = service.call(routes.COMPLETE_UPLOAD, wrong, upload_id=upload_id)
    assert (status, problem["code"]) == (409, "upload_checksum_mismatch")
    right = {"parts": [{"part_number": 2, "etag": etag}]}
    status, body, _ = service.call(routes.COMPLETE_UPLOAD, right, upload_id=upload_id)
    assert (status, body["state"]) == (200, "complete")


def test_completion_whose_answer_was_lost_can_be_repeated(service: Service) -> None:
    upload_id = create(service, LARGE)["upload_id"]
    record = service.table.get_upload(upload_id)
    assert record is not None
    for number, size in ((1, PART_SIZE_BYTES), (2, PART_SIZE_BYTES), (3, 1)):
        send_part(service, upload_id, number, size)
    parts = service.objects.list_parts(keys.upload_source(upload_id), str(record.multipart_id))
    service.objects.complete_multipart(
        keys.upload_source(upload_id), str(record.multipart_id), parts, size_bytes=record.size_bytes
    )
    status, body, _ = service.call(routes.COMPLETE_UPLOAD, {}, upload_id=upload_id)
    assert (status, body["state"]) == (200, "complete")


def test_part_numbers_are_bounded(service: Service) -> None:
    upload_id = create(service, LARGE)["upload_id"]
    status, problem, _ = service.call(routes.SIGN_PARTS, {"part_numbers": [4]}, upload_id=upload_id)
    assert (status, problem["code"]) == (422, "part_number_out_of_range")
    status, problem, _ = service.call(
        routes.SIGN_PARTS, {"part_numbers": list(range(1, 102))}, upload_id=upload_id
    )
    assert (status, problem["code"]) == (422, "invalid_request")


def test_a_single_put_has_no_parts(service: Service) -> None:
    upload_id = create(service)["upload_id"]
    for route, body in ((routes.SIGN_PARTS, {"part_numbers": [1]}), (routes.LIST_PARTS, None)):
        status, problem, _ = service.call(route, body, upload_id=upload_id)
        assert (status, problem["code"]) == (409, "upload_not_multipart")


def test_abort_removes_what_arrived_and_closes(service: Service) -> None:
    upload_id = create(service, LARGE)["upload_id"]
    send_part(service, upload_id, 1, PART_SIZE_BYTES)
    for _ in range(2):
        status, body, _ = service.call(routes.ABORT_UPLOAD, upload_id=upload_id)
        assert (status, body["state"]) == (200, "aborted")
    assert not service.s3.list_multipart_uploads(Bucket=BUCKET).get("Uploads")
    status, problem, _ = service.call(routes.COMPLETE_UPLOAD, {}, upload_id=upload_id)
    assert (status, problem["code"]) == (409, "upload_closed")


def test_a_complete_upload_cannot_be_aborted(service: Service) -> None:
    upload_id = create(service)["upload_id"]
    put_source(service, upload_id)
    service.call(routes.COMPLETE_UPLOAD, upload_id=upload_id)
    status, problem, _ = service.call(routes.ABORT_UPLOAD, upload_id=upload_id)
    assert (status, problem["code"]) == (409, "upload_closed")
    assert service.keys_in_bucket("uploads/")


def test_another_owners_upload_is_not_found(service: Service) -> None:
    upload_id = create(service, owner="somebody")["upload_id"]
    for route in (routes.COMPLETE_UPLOAD, routes.ABORT_UPLOAD, routes.LIST_PARTS):
        status, problem, _ = service.call(route, upload_id=upload_id)
        assert (status, problem["code"]) == (404, "upload_not_found")


def test_unknown_and_malformed_ids(service: Service) -> None:
    status, problem, _ = service.call(routes.ABORT_UPLOAD, upload_id=str(uuid4()))
    assert (status, problem["code"]) == (404, "upload_not_found")
    status, problem, _ = service.call(routes.ABORT_UPLOAD, upload_id="..")
    assert (status, problem["code"]) == (422, "invalid_request")


def test_an_expired_upload_is_gone(service: Service) -> None:
    upload_id = create(service)["upload_id"]
    service.now += 25 * 3600 * 1000
    status, problem, _ = service.call(routes.COMPLETE_UPLOAD, upload_id=upload_id)
    assert (status, problem["code"]) == (410, "upload_expired")
