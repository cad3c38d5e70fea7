"""Starting, reading, listing and cancelling jobs."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from uuid import uuid4

import pytest

from contract import keys, routes
from contract.audio import Extras, Stem
from contract.catalogue import CATALOGUE
from lambdas import wiring
from lambdas.core import result_cache
from tests.unit.contract.registered import KIT_ENTRY, write_entries

from .conftest import BUCKET, Service, reset_wiring
from .flows import completed, container_result, lease, notify, put_answer, record_of, started, uploaded


def test_a_job_is_recorded_then_dispatched(service: Service) -> None:
    job = started(
        service, stems=["vocals", "instrumental"], output={"format": "mp3"}, metadata={"album": "A"}
    )
    assert (job["state"], job["stage"], job["jobs_ahead"]) == ("queued", "starting_gpu", 0)
    assert job["output"] == {
        "format": "mp3",
        "bit_depth": None,
        "bitrate_kbps": 320,
        "original_sample_rate": False,
    }
    assert job["filename"] == "My song.mp3"
    (invocation,) = service.endpoint.invocations
    assert invocation["id"] == f"{job['job_id']}.1"
    assert (invocation["timeout"], invocation["queue"]) == (3600, 21600)
    request = json.loads(
        service.s3.get_object(Bucket=BUCKET, Key=keys.job_request(job["job_id"], 1))["Body"].read()
    )
    assert invocation["input"].endswith(keys.job_request(job["job_id"], 1))
    assert request["source"]["etag"] == record_of(service, job["job_id"]).source.etag
    assert record_of(service, job["job_id"]).dispatched_at == service.now


@pytest.fixture
def kit(service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The service has a model that splits drums."""
    path = write_entries(tmp_path / "models.json", KIT_ENTRY)
    monkeypatch.setenv("MODEL_CATALOGUE_FILE", str(path))
    monkeypatch.setenv("KIT_MODEL", "drumsep")
    reset_wiring()
    monkeypatch.setattr(wiring, "endpoint", lambda: service.endpoint)


def sent_request(service: Service, job_id: str) -> dict[str, Any]:
    found = service.s3.get_object(Bucket=BUCKET, Key=keys.job_request(job_id, 1))["Body"].read()
    request: dict[str, Any] = json.loads(found)
    return request


def test_a_plain_job_has_analysis_and_previews(service: Service) -> None:
    job = started(service)
    expected = {"drum_parts": False, "analysis": True, "previews": True, "archive": False}
    assert job["extras"] == expected
    request = sent_request(service, job["job_id"])
    assert (request["extras"], request["kit_model"]) == (expected, None)
    assert record_of(service, job["job_id"]).extras == Extras()


@pytest.mark.usefixtures("kit")
def test_drum_parts_are_split_by_the_services_kit_model(service: Service) -> None:
    job = started(service, stems=["vocals"], drum_parts=True, analysis=False)
    assert (job["stems"], job["extras"]["drum_parts"]) == (["vocals"], True)
    request = sent_request(service, job["job_id"])
    assert (request["kit_model"], request["extras"]["drum_parts"]) == ("drumsep", True)
    _, models, _ = service.call(routes.LIST_MODELS, owner=None)
    assert models["models"][-1]["purpose"] == "drums"


def test_without_a_kit_model_drum_parts_are_refused(service: Service) -> None:
    body = {"upload_id": uploaded(service), "drum_parts": True}
    status, problem, _ = service.call(routes.CREATE_JOB, body)
    assert (status, problem["code"]) == (422, "model_unavailable")
    assert "ask without drum_parts" in problem["detail"]


@pytest.mark.usefixtures("kit")
@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"model": "drumsep"}, "unknown_model"),
        ({"model": "duo", "drum_parts": True}, "unknown_stem"),
        ({"stems": ["kick"]}, "unknown_stem"),
        ({"drum_parts": "perhaps"}, "invalid_request"),
        ({"extras": {"archive": True}}, "invalid_request"),
    ],
)
def test_extras_that_cannot_be(
    service: Service, monkeypatch: pytest.MonkeyPatch, options: dict[str, Any], code: str
) -> None:
    duo = CATALOGUE["htdemucs"].model_copy(update={"name": "duo", "stems": (Stem.VOCALS, Stem.OTHER)})
    monkeypatch.setitem(CATALOGUE, "duo", duo)
    status, problem, _ = service.call(routes.CREATE_JOB, {"upload_id": uploaded(service)} | options)
    assert (status, problem["code"]) == (422, code)


def test_location_header_names_the_job(service: Service) -> None:
    _, job, headers = service.call(routes.CREATE_JOB, {"upload_id": uploaded(service)})
    assert headers["location"] == f"/v1/jobs/{job['job_id']}"


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"model": "spleeter"}, "unknown_model"),
        ({"stems": ["kazoo"]}, "unknown_stem"),
        ({"stems": ["guitar"]}, "unknown_stem"),
        ({"stems": []}, "invalid_request"),
        ({"output": {"format": "ogg"}}, "unsupported_output"),
        ({"output": {"format": "flac", "bit_depth": 32}}, "unsupported_output"),
        ({"retention_hours": 169}, "invalid_request"),
        ({"retention_hours": 0}, "invalid_request"),
        ({"metadata": {str(n): "x" for n in range(17)}}, "invalid_request"),
        ({"metadata": {"k": "x" * 257}}, "invalid_request"),
        ({"loud": True}, "invalid_request"),
        ({"upload_id": "x"}, "invalid_request"),
    ],
)
def test_bad_options(service: Service, options: dict[str, Any], code: str) -> None:
    body = {"upload_id": uploaded(service)} | options
    status, problem, _ = service.call(routes.CREATE_JOB, body)
    assert (status, problem["code"]) == (422, code)
    assert problem["detail"]
    assert not service.endpoint.invocations


def test_a_job_needs_a_finished_own_upload(service: Service) -> None:
    announced = {"filename": "a.mp3", "size_bytes": 4}
    _, upload, _ = service.call(routes.CREATE_UPLOAD, announced)
    status, problem, _ = service.call(routes.CREATE_JOB, {"upload_id": upload["upload_id"]})
    assert (status, problem["code"]) == (409, "upload_not_complete")
    status, problem, _ = service.call(routes.CREATE_JOB, {"upload_id": str(uuid4())})
    assert (status, problem["code"]) == (404, "upload_not_found")
    foreign = uploaded(service, "somebody")
    status, problem, _ = service.call(routes.CREATE_JOB, {"upload_id": foreign})
    assert (status, problem["code"]) == (404, "upload_not_found")


def test_a_swapped_source_is_refused(service: Service) -> None:
    upload_id = uploaded(service)
    service.s3.put_object(Bucket=BUCKET, Key=keys.upload_source(upload_id), Body=b"another")
    status, problem, _ = service.call(routes.CREATE_JOB, {"upload_id": upload_id})
    assert (status, problem["code"]) == (410, "upload_expired")


def test_active_jobs_of_an_owner_are_limited(service: Service) -> None:
    upload_id = uploaded(service)
    for _ in range(2):
        started(service, upload_id=upload_id)
    status, problem, headers = service.call(routes.CREATE_JOB, {"upload_id": upload_id})
    assert (status, problem["code"]) == (429, "too_many_active_jobs")
    assert int(headers["retry-after"]) > 0


def test_the_backlog_is_limited(service: Service) -> None:
    for number in range(4):
        started(service, f"owner-{number // 2}")
    status, problem, headers = service.call(
        routes.CREATE_JOB, {"upload_id": uploaded(service, "late")}, owner="late"
    )
    assert (status, problem["code"]) == (429, "backlog_full")
    assert headers["retry-after"] == "60"


def test_audio_per_day_is_limited(service: Service) -> None:
    service.table.add_audio_seconds("owner-1", "2027-01-15", 36_000, expires_at=2_000_000_000)
    status, problem, headers = service.call(routes.CREATE_JOB, {"upload_id": uploaded(service)})
    assert (status, problem["code"]) == (429, "daily_audio_limit_reached")
    assert 0 < int(headers["retry-after"]) <= 86_400


def test_same_key_and_body_is_the_same_job(service: Service) -> None:
    upload_id = uploaded(service)
    first = started(service, upload_id=upload_id, key="retry-1")
    again = started(service, upload_id=upload_id, key="retry-1")
    assert again["job_id"] == first["job_id"]
    assert len(service.endpoint.invocations) == 1


def test_same_key_with_another_body_is_refused(service: Service) -> None:
    upload_id = uploaded(service)
    started(service, upload_id=upload_id, key="retry-1")
    status, problem, _ = service.call(
        routes.CREATE_JOB,
        {"upload_id": upload_id, "stems": ["drums"]},
        headers={"idempotency-key": "retry-1"},
    )
    assert (status, problem["code"]) == (422, "idempotency_key_reused")


def test_a_key_belongs_to_its_owner(service: Service) -> None:
    one = started(service, key="k")
    other = started(service, "owner-2", key="k")
    assert one["job_id"] != other["job_id"]


@pytest.mark.parametrize("key", ["", "x" * 129, "white space", "ümlaut"])
def test_malformed_idempotency_keys(service: Service, key: str) -> None:
    status, problem, _ = service.call(
        routes.CREATE_JOB, {"upload_id": uploaded(service)}, headers={"idempotency-key": key}
    )
    assert (status, problem["code"]) == (422, "invalid_request")


def test_a_job_that_could_not_be_dispatched_stays_and_a_retry_sends_it(service: Service) -> None:
    upload_id = uploaded(service)
    service.endpoint.down = True
    job = started(service, upload_id=upload_id, key="k")
    assert record_of(service, job["job_id"]).dispatched_at is None
    service.endpoint.down = False
    again = started(service, upload_id=upload_id, key="k")
    assert again["job_id"] == job["job_id"]
    assert [invocation["id"] for invocation in service.endpoint.invocations] == [f"{job['job_id']}.1"]


def test_same_bytes_and_options_come_from_the_cache(service: Service) -> None:
    first = completed(service)
    job = started(service)
    assert (job["state"], job["cached"]) == ("completed", True)
    assert job["job_id"] != first
    assert len(service.endpoint.invocations) == 1
    prefix = keys.job_prefix(job["job_id"])
    assert service.keys_in_bucket(prefix) == [
        f"{prefix}preview/index.json",
        f"{prefix}preview/mixture.mp3",
        f"{prefix}preview/vocals.mp3",
        f"{prefix}report.json",
        f"{prefix}stems/vocals.wav",
    ]
    assert all(
        file.key.startswith(prefix)
        for file in (
            *record_of(service, job["job_id"]).preview_files,
            *record_of(service, job["job_id"]).stem_files,
        )
    )
    service.call(routes.DELETE_JOB, job_id=first)
    status, copied, _ = service.call(routes.GET_JOB, job_id=job["job_id"])
    assert (status, copied["state"]) == (200, "completed")


@pytest.mark.parametrize(
    "other",
    [
        {"stems": ["drums"]},
        {"output": {"format": "flac"}},
        {"owner": "owner-2"},
        {"archive": True},
        {"analysis": False},
    ],
)
def test_other_options_or_owners_miss_the_cache(service: Service, other: dict[str, Any]) -> None:
    completed(service)
    assert started(service, **other)["state"] == "queued"


def test_a_cached_archive_is_copied_unless_it_is_too_large(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    completed(service, archive=True)
    job = started(service, archive=True)
    assert job["cached"]
    assert f"{keys.job_prefix(job['job_id'])}stems.zip" in service.keys_in_bucket()
    monkeypatch.setattr(result_cache, "_MAX_COPY_BYTES", 4)
    assert started(service, archive=True)["state"] == "queued"


def test_a_cached_result_that_vanished_is_separated_again(service: Service) -> None:
    first = completed(service)
    service.objects.delete_prefix(keys.job_prefix(first))
    job = started(service)
    record = record_of(service, job["job_id"])
    assert (record.state, record.attempt, record.cached) == ("queued", 2, False)
    assert service.endpoint.invocations[-1]["id"] == f"{record.job_id}.2"


def test_status_while_waiting_and_working(service: Service) -> None:
    first = started(service)["job_id"]
    service.now += 1000
    second = started(service)["job_id"]
    _, job, _ = service.call(routes.GET_JOB, job_id=second)
    assert (job["stage"], job["jobs_ahead"]) == ("starting_gpu", 1)
    assert job["eta_seconds"] == 480
    service.raw_table.put_item(Item={**keys.worker_item("w"), "heartbeat_at": service.now})
    _, job, headers = service.call(routes.GET_JOB, job_id=second)
    assert (job["stage"], job["eta_seconds"]) == ("waiting", 60)
    assert int(headers["retry-after"]) >= 1
    lease(service, first)
    service.now += 61_000
    _, job, _ = service.call(routes.GET_JOB, job_id=first)
    assert (job["state"], job["stage"]) == ("processing", "downloading")
    _, job, _ = service.call(routes.GET_JOB, job_id=second)
    assert job["stage"] == "starting_gpu", "a worker silent for a minute does not count"


def test_a_completed_job_carries_links_for_saving(service: Service) -> None:
    job_id = completed(service)
    status, job, headers = service.call(routes.GET_JOB, job_id=job_id)
    assert status == 200
    stem = job["downloads"]["stems"]["vocals"]
    assert stem["filename"] == "My song - vocals.wav"
    assert "filename*=UTF-8''My%20song%20-%20vocals.wav" in unquote(stem["url"]).replace("+", " ")
    assert job["downloads"]["report"]["sha256"] == "b" * 64
    assert "retry-after" not in headers
    status, downloads, _ = service.call(routes.CREATE_DOWNLOADS, job_id=job_id)
    assert status == 200
    assert set(downloads["stems"]) == {"vocals"}
    assert "archive" not in downloads or downloads["archive"] is None


def test_previews_and_archive_have_links_too(service: Service) -> None:
    job_id = completed(service, archive=True)
    _, job, _ = service.call(routes.GET_JOB, job_id=job_id)
    downloads = job["downloads"]
    assert set(downloads["previews"]) == {"vocals", "mixture"}
    assert downloads["previews"]["mixture"]["filename"] == "My song - mixture (preview).mp3"
    assert downloads["previews"]["mixture"]["content_type"] == "audio/mpeg"
    assert f"jobs/{job_id}/preview/index.json" in downloads["preview_index"]["url"]
    assert downloads["archive"]["filename"] == "My song - stems.zip"
    assert downloads["archive"]["content_type"] == "application/zip"


def test_downloads_of_an_unfinished_job(service: Service) -> None:
    status, problem, _ = service.call(routes.CREATE_DOWNLOADS, job_id=started(service)["job_id"])
    assert (status, problem["code"]) == (409, "job_not_complete")


def test_etag_covers_the_job_and_not_its_links(service: Service) -> None:
    job_id = completed(service)
    _, _, headers = service.call(routes.GET_JOB, job_id=job_id)
    service.now += 60_000
    status, body, _ = service.call(routes.GET_JOB, job_id=job_id, headers={"if-none-match": headers["etag"]})
    assert (status, body) == (304, "")
    queued = started(service, stems=["drums"])["job_id"]
    _, _, before = service.call(routes.GET_JOB, job_id=queued)
    lease(service, queued)
    status, _, after = service.call(routes.GET_JOB, job_id=queued, headers={"if-none-match": before["etag"]})
    assert status == 200
    assert after["etag"] != before["etag"]


def test_jobs_are_listed_newest_first_in_pages(service: Service) -> None:
    made = []
    for stem in ("drums", "bass", "other"):
        service.now += 1000
        made.append(completed_with(service, stem))
    _, page, _ = service.call(routes.LIST_JOBS, query={"limit": "2"})
    assert [job["job_id"] for job in page["jobs"]] == made[:0:-1]
    _, rest, _ = service.call(routes.LIST_JOBS, query={"limit": "2", "cursor": page["next_cursor"]})
    assert [job["job_id"] for job in rest["jobs"]] == made[:1]
    assert rest["next_cursor"] is None
    _, none, _ = service.call(routes.LIST_JOBS, query={"status": "failed"})
    assert none["jobs"] == []
    _, foreign, _ = service.call(routes.LIST_JOBS, owner="somebody")
    assert foreign["jobs"] == []


def completed_with(service: Service, stem: str) -> str:
    return completed(service, stems=[stem])


@pytest.mark.parametrize("query", [{"limit": "0"}, {"limit": "101"}, {"cursor": "x"}, {"status": "asleep"}])
def test_bad_listing_parameters(service: Service, query: dict[str, str]) -> None:
    status, problem, _ = service.call(routes.LIST_JOBS, query=query)
    assert (status, problem["code"]) == (422, "invalid_request")


def test_another_owners_job_does_not_exist(service: Service) -> None:
    job_id = completed(service)
    for route in (routes.GET_JOB, routes.CREATE_DOWNLOADS, routes.CANCEL_JOB, routes.DELETE_JOB):
        status, problem, _ = service.call(route, job_id=job_id, owner="somebody")
        assert (status, problem["code"]) == (404, "job_not_found")


def test_a_job_past_its_retention_is_gone(service: Service) -> None:
    job_id = completed(service, retention_hours=1)
    service.now += 3_601_000
    status, problem, _ = service.call(routes.GET_JOB, job_id=job_id)
    assert (status, problem["code"]) == (410, "job_expired")
    _, page, _ = service.call(routes.LIST_JOBS)
    assert page["jobs"] == []


def test_cancel_while_queued_is_at_once_and_final(service: Service) -> None:
    job_id = started(service)["job_id"]
    for _ in range(2):
        status, job, _ = service.call(routes.CANCEL_JOB, job_id=job_id)
        assert (status, job["state"]) == (202, "cancelled")
    assert not lease(service, job_id), "the message that arrives later finds no work"


def test_cancel_while_processing_asks_the_worker(service: Service) -> None:
    job_id = started(service)["job_id"]
    lease(service, job_id)
    status, job, _ = service.call(routes.CANCEL_JOB, job_id=job_id)
    assert (status, job["state"], job["cancel_requested"]) == (202, "processing", True)
    output = put_answer(service, container_result(service, job_id, status="cancelled"))
    notify(service, job_id, output=output)
    assert record_of(service, job_id).state == "cancelled"


def test_a_finished_job_cannot_be_cancelled(service: Service) -> None:
    job_id = completed(service)
    status, problem, _ = service.call(routes.CANCEL_JOB, job_id=job_id)
    assert (status, problem["code"]) == (409, "job_already_finished")
