"""S3 and DynamoDB as the worker uses them."""

import base64
import hashlib
import io
import threading
from decimal import Decimal

import pytest
from botocore.exceptions import ClientError, IncompleteReadError, ReadTimeoutError
from botocore.response import StreamingBody

from contract import transitions
from contract.errors import ErrorCode, StemFoundryError
from contract.inference import Source
from contract.limits import PART_SIZE_BYTES
from sagemaker_container.adapters.job_table import JobTable, UpdateRefusedError
from sagemaker_container.adapters.object_store import ObjectStore
from sagemaker_container.metrics import Metrics
from sagemaker_container.presence import Presence, WorkerState

from .audio_files import tones, write
from .aws import BUCKET, JOB_ID, TABLE, now_ms

CONTENT = bytes(range(256)) * 8192


@pytest.fixture
def source(aws):
    etag = aws.s3.put_object(Bucket=BUCKET, Key="source", Body=CONTENT)["ETag"]
    return Source(key="source", etag=etag, size_bytes=len(CONTENT), filename="song")


@pytest.fixture
def objects(aws):
    return ObjectStore.connect(BUCKET)


def test_fetching_reports_what_has_arrived(objects, source, tmp_path):
    arrived = []
    objects.fetch(source, tmp_path / "file", max_bytes=10**9, on_bytes=arrived.append)
    assert (tmp_path / "file").read_bytes() == CONTENT
    assert arrived[-1] == len(CONTENT)


def test_an_etag_without_quotes_is_the_same(objects, source, tmp_path):
    bare = source.model_copy(update={"etag": source.etag.strip('"')})
    objects.fetch(bare, tmp_path / "file", max_bytes=10**9)
    assert (tmp_path / "file").read_bytes() == CONTENT


def test_too_large_an_object_is_not_downloaded(objects, source, tmp_path):
    with pytest.raises(StemFoundryError) as caught:
        objects.fetch(source, tmp_path / "file", max_bytes=100)
    assert caught.value.code is ErrorCode.FILE_TOO_LARGE
    assert (tmp_path / "file").stat().st_size == 0


class BrokenStream:
    """Gives half of the content, then breaks off."""

    def __init__(self, content):
        self.parts = [content[: len(content) // 2]]

    def read(self, *_):
        if self.parts:
            return self.parts.pop()
        raise ReadTimeoutError(endpoint_url="http://s3", error="timeout")


def test_a_download_that_breaks_off_is_resumed(objects, source, tmp_path, monkeypatch):
    get_object = objects._client.get_object
    ranges = []

    def breaking(**arguments):
        answer = get_object(**arguments)
        ranges.append(arguments.get("Range"))
        if len(ranges) == 1:
            answer["Body"] = StreamingBody(BrokenStream(CONTENT), None)
        return answer

    monkeypatch.setattr(objects._client, "get_object", breaking)
    objects.fetch(source, tmp_path / "file", max_bytes=10**9)
    assert (tmp_path / "file").read_bytes() == CONTENT
    assert ranges == [None, f"bytes={len(CONTENT) // 2}-"]


def test_a_download_that_always_ends_early_fails(objects, source, tmp_path, monkeypatch):
    def short(**_):
        return {"ContentLength": 10, "Body": StreamingBody(io.BytesIO(b""), "10")}

    monkeypatch.setattr(objects._client, "get_object", short)
    with pytest.raises(IncompleteReadError):
        objects.fetch(source, tmp_path / "file", max_bytes=10**9)


@pytest.mark.parametrize(
    ("status", "code"), [(403, ErrorCode.SOURCE_MISSING), (412, ErrorCode.SOURCE_CHANGED), (503, None)]
)
def test_statuses_mean_what_s3_means(objects, source, tmp_path, *, monkeypatch, status, code):
    def refuse(**_):
        raise ClientError({"Error": {}, "ResponseMetadata": {"HTTPStatusCode": status}}, "GetObject")

    monkeypatch.setattr(objects._client, "get_object", refuse)
    with pytest.raises(StemFoundryError if code else ClientError) as caught:
        objects.fetch(source, tmp_path / "file", max_bytes=10**9)
    assert getattr(caught.value, "code", None) == code


def test_storing_sends_the_digest_for_s3_to_verify(objects, tmp_path):
    path = tmp_path / "file"
    path.write_bytes(CONTENT)
    sent = []
    objects._client.meta.events.register(
        "before-call.s3.PutObject", lambda params, **_: sent.append(params["headers"])
    )
    stored = objects.store(path, "key", "audio/wav")
    digest = hashlib.sha256(CONTENT)
    assert (stored.size_bytes, stored.sha256) == (len(CONTENT), digest.hexdigest())
    assert sent[0]["x-amz-checksum-sha256"] == base64.b64encode(digest.digest()).decode()


def sent_parts(objects):
    """The checksums that go out with the parts of uploads from now on."""
    sent = []
    objects._client.meta.events.register(
        "before-call.s3.UploadPart",
        lambda params, **_: sent.append(params["headers"]["x-amz-checksum-sha256"]),
    )
    return sent


def begun_uploads(aws):
    return aws.s3.list_multipart_uploads(Bucket=BUCKET).get("Uploads", [])


@pytest.mark.parametrize("chunk", [1 << 20, 3_000_001, 40 << 20])
@pytest.mark.parametrize("size", [0, 1, PART_SIZE_BYTES, PART_SIZE_BYTES + 1, 3 * PART_SIZE_BYTES - 7])
def test_a_stream_is_stored_in_parts_that_s3_verifies(aws, objects, size, chunk):
    content = (CONTENT * (size // len(CONTENT) + 1))[:size]
    sent = sent_parts(objects)
    chunks = (content[start : start + chunk] for start in range(0, size, chunk))
    stored = objects.store_stream(chunks, "stems.zip", "application/zip")
    assert (stored.size_bytes, stored.sha256) == (size, hashlib.sha256(content).hexdigest())
    answer = aws.s3.get_object(Bucket=BUCKET, Key="stems.zip")
    assert answer["Body"].read() == content
    assert answer["ContentType"] == "application/zip"
    parts = [content[start : start + PART_SIZE_BYTES] for start in range(0, max(1, size), PART_SIZE_BYTES)]
    assert sent == [base64.b64encode(hashlib.sha256(part).digest()).decode() for part in parts]
    assert begun_uploads(aws) == []


def test_a_stream_that_fails_leaves_nothing_behind(aws, objects):
    def failing():
        yield bytes(2 * PART_SIZE_BYTES)
        assert len(begun_uploads(aws)) == 1
        raise InterruptedError

    with pytest.raises(InterruptedError):
        objects.store_stream(failing(), "stems.zip", "application/zip")
    assert begun_uploads(aws) == []
    assert aws.s3.list_objects_v2(Bucket=BUCKET).get("Contents", []) == []


def test_the_error_of_a_stream_outlives_that_of_giving_it_up(objects, monkeypatch):
    def refuse(**_):
        raise ClientError({"Error": {}}, "AbortMultipartUpload")

    monkeypatch.setattr(objects._client, "abort_multipart_upload", refuse)
    monkeypatch.setattr(objects._client, "upload_part", lambda **_: (_ for _ in ()).throw(InterruptedError))
    with pytest.raises(InterruptedError):
        objects.store_stream([b"content"], "stems.zip", "application/zip")


def test_removing_what_is_not_there_is_no_error(objects):
    objects.remove("nothing")


@pytest.mark.parametrize(("endpoint", "style"), [(None, "virtual"), ("http://localhost:4566", "path")])
def test_buckets_are_in_the_path_only_at_a_custom_endpoint(aws, monkeypatch, endpoint, style):
    if endpoint:
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    assert ObjectStore.connect(BUCKET)._client.meta.config.s3["addressing_style"] == style


def test_a_refused_update_tells_what_the_record_says(aws, tmp_path):
    aws.add_job(write(tmp_path / "song.wav", tones(10)), attempt=2)
    lease = transitions.take_lease(JOB_ID, 1, "worker", now=now_ms(), lease_seconds=60)
    with pytest.raises(UpdateRefusedError) as caught:
        JobTable.connect(TABLE).update(lease)
    assert caught.value.record.attempt == 2


def test_a_heartbeat_is_written_and_removed(aws):
    written = []

    class Table(JobTable):
        def put_worker(self, worker_id, attributes):
            super().put_worker(worker_id, attributes)
            written.append(worker_id)
            refreshed.wait(20) if len(written) == 1 else second.set()

    refreshed, second = threading.Event(), threading.Event()
    state = WorkerState(models=["small"], device="cpu", busy_job=JOB_ID)
    presence = Presence(Table.connect(TABLE), "worker-1", lambda: state, Metrics(None))
    presence.start()
    presence.refresh()
    refreshed.set()
    assert second.wait(20)
    [item] = aws.workers()
    assert item["sk"] == "worker-1"
    assert (item["models"], item["device"], item["busy_job"]) == (["small"], "cpu", JOB_ID)
    assert abs(item["heartbeat_at"] - now_ms()) < 60_000
    assert item["expires_at"] == item["heartbeat_at"] // 1000 + Decimal(300)
    presence.stop()
    assert aws.workers() == []
