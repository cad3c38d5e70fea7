"""The life of a job in the container: lease, work, answer, and every way it can end early."""

import hashlib
import io
import json
import threading
import zipfile
from dataclasses import dataclass, field

import pytest
from botocore.exceptions import EndpointConnectionError

from contract import keys, transitions
from contract.audio import CONTENT_TYPES, DRUM_PARTS, Extras, OutputOptions, Stem
from contract.errors import ErrorCode
from contract.limits import Limits
from contract.report import Report
from contract.states import JobStage, JobState
from sagemaker_container.adapters.job_table import JobTable
from sagemaker_container.adapters.object_store import ObjectStore
from sagemaker_container.job import JobProcessor, ServiceStoppingError
from sagemaker_container.lease import Lease

from .audio_files import RATE, noise, write
from .aws import BUCKET, JOB_ID, TABLE, now_ms
from .small_models import STEMS


@pytest.fixture
def song(tmp_path):
    return write(tmp_path / "song.wav", noise(2 * RATE))


@dataclass
class Rig:
    """A processor over the in-memory services, with hooks into its stages."""

    aws: object
    processor: JobProcessor
    scratch: object
    hooks: dict = field(default_factory=dict)

    def at(self, stage, action):
        """Do something when the work first reports a stage, and let the table say so at once."""
        self.hooks[stage] = action


@pytest.fixture
def rig(aws, store, tmp_path, monkeypatch):
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    processor = JobProcessor(
        objects=ObjectStore.connect(BUCKET),
        table=JobTable.connect(TABLE),
        models=store,
        worker_id="worker-1",
        limits=Limits(),
        scratch_directory=scratch,
    )
    rig = Rig(aws, processor, scratch)
    report = Lease.report

    def hooked(lease, stage, share):
        action = rig.hooks.pop(stage, None)
        if action is not None:
            action()
            lease.confirm()
        report(lease, stage, share)

    monkeypatch.setattr(Lease, "report", hooked)
    return rig


def assert_nothing_left(rig):
    assert rig.aws.objects() == {}
    assert list(rig.scratch.iterdir()) == []


def test_a_job_is_done_and_answered(rig, song):
    request = rig.aws.add_job(song)
    result = rig.processor.process(request)
    assert result.status == "completed"
    assert result.duration_seconds == 2.0
    assert [stem.stem for stem in result.stems] == list(STEMS)
    objects = rig.aws.objects()
    for file in [*result.stems, result.report]:
        assert len(objects[file.key]) == file.size_bytes
        assert hashlib.sha256(objects[file.key]).hexdigest() == file.sha256
    assert set(objects) == {
        *(keys.job_stem(JOB_ID, stem, "wav") for stem in STEMS),
        keys.job_report(JOB_ID),
    }
    record = rig.aws.record()
    assert (record.state, record.worker_id) == (JobState.PROCESSING, "worker-1")
    assert list(rig.scratch.iterdir()) == []


def test_the_report_counts_every_stage(rig, song):
    result = rig.processor.process(rig.aws.add_job(song))
    report = Report.model_validate(json.loads(rig.aws.objects()[result.report.key]))
    assert list(report.seconds) == ["downloading", "decoding", "separating", "encoding", "uploading"]
    assert (report.job_id, report.attempt) == (JOB_ID, 1)


@pytest.mark.parametrize("audio_format", ["flac", "mp3"])
def test_objects_carry_their_content_type(rig, song, audio_format):
    request = rig.aws.add_job(song, output=OutputOptions(format=audio_format), stems=(Stem.BASS,))
    [stem] = rig.processor.process(request).stems
    head = rig.aws.s3.head_object(Bucket=BUCKET, Key=stem.key)
    assert head["ContentType"] == CONTENT_TYPES[audio_format]
    assert stem.key.endswith(f"/stems/bass.{audio_format}")


def test_previews_archive_and_drum_parts_are_stored_too(rig, song):
    extras = Extras(drum_parts=True, analysis=True, previews=True, archive=True)
    request = rig.aws.add_job(song).model_copy(update={"extras": extras, "kit_model": "small_kit"})
    result = rig.processor.process(request)
    delivered = [*STEMS, *DRUM_PARTS]
    assert [file.stem for file in result.stems] == delivered
    assert [file.lane for file in result.previews] == ["mixture", *delivered]
    objects = rig.aws.objects()
    every = [*result.stems, *result.previews, result.preview_index, result.archive, result.report]
    assert set(objects) == {file.key for file in every}
    for file in every:
        assert len(objects[file.key]) == file.size_bytes
        assert hashlib.sha256(objects[file.key]).hexdigest() == file.sha256
    assert result.archive.key == keys.job_archive(JOB_ID)
    with zipfile.ZipFile(io.BytesIO(objects[result.archive.key])) as archive:
        assert archive.namelist() == [f"{stem}.wav" for stem in delivered]
        for file in result.stems:
            assert archive.read(f"{file.stem}.wav") == objects[file.key]
    assert list(rig.scratch.iterdir()) == []


@pytest.mark.parametrize("stage", [JobStage.SEPARATING, JobStage.ENCODING, JobStage.UPLOADING])
def test_a_cancelled_job_leaves_none_of_its_extras(rig, song, stage):
    extras = Extras(drum_parts=True, analysis=True, previews=True, archive=True)
    request = rig.aws.add_job(song).model_copy(update={"extras": extras, "kit_model": "small_kit"})
    rig.at(stage, lambda: rig.aws.change(transitions.request_cancel(JOB_ID)))
    assert rig.processor.process(request).status == "cancelled"
    assert_nothing_left(rig)


# --- no lease ---------------------------------------------------------------------------------------


def test_a_job_that_does_not_exist_is_skipped(rig, song):
    request = rig.aws.add_job(song)
    rig.aws.table.delete_item(Key=keys.job_item(JOB_ID))
    assert rig.processor.process(request).status == "skipped"
    assert_nothing_left(rig)


def test_a_late_message_of_an_earlier_attempt_is_skipped(rig, song):
    request = rig.aws.add_job(song, attempt=2)
    assert rig.processor.process(request.model_copy(update={"attempt": 1})).status == "skipped"
    assert rig.aws.record().state is JobState.QUEUED


def test_a_job_with_a_live_worker_is_skipped(rig, song):
    request = rig.aws.add_job(song)
    rig.aws.change(transitions.take_lease(JOB_ID, 1, "other", now=now_ms(), lease_seconds=60))
    assert rig.processor.process(request).status == "skipped"
    assert rig.aws.record().worker_id == "other"


def test_a_finished_job_is_skipped(rig, song):
    request = rig.aws.add_job(song)
    result = rig.processor.process(request)
    rig.aws.change(transitions.complete(result, retention_hours=24, now=now_ms()))
    before = rig.aws.objects()
    assert rig.processor.process(request).status == "skipped"
    assert rig.aws.objects() == before


def test_a_job_whose_lost_worker_should_have_cancelled_is_cancelled(rig, song):
    request = rig.aws.add_job(song)
    rig.aws.change(transitions.take_lease(JOB_ID, 1, "lost", now=0, lease_seconds=1))
    rig.aws.change(transitions.request_cancel(JOB_ID))
    assert rig.processor.process(request).status == "cancelled"
    assert_nothing_left(rig)


def test_a_lease_that_ran_out_is_taken_over(rig, song):
    request = rig.aws.add_job(song)
    rig.aws.change(transitions.take_lease(JOB_ID, 1, "lost", now=0, lease_seconds=1))
    assert rig.processor.process(request).status == "completed"
    assert rig.aws.record().worker_id == "worker-1"


# --- the user's faults ------------------------------------------------------------------------------


def test_a_bad_file_is_a_failed_result(rig, tmp_path):
    path = tmp_path / "song.mp3"
    path.write_bytes(b"#EXTM3U\nfile:///etc/passwd\n")
    result = rig.processor.process(rig.aws.add_job(path))
    assert (result.status, result.error.code) == ("failed", ErrorCode.UNSAFE_MEDIA)
    assert_nothing_left(rig)


def test_a_model_without_weights_is_a_failed_result(rig, song):
    result = rig.processor.process(rig.aws.add_job(song, model="htdemucs"))
    assert result.error.code is ErrorCode.MODEL_UNAVAILABLE
    assert "stems models download htdemucs" in result.error.message


def test_a_source_that_is_gone_is_a_failed_result(rig, song):
    request = rig.aws.add_job(song)
    rig.aws.s3.delete_object(Bucket=BUCKET, Key=request.source.key)
    assert rig.processor.process(request).error.code is ErrorCode.SOURCE_MISSING


def test_a_source_that_was_swapped_is_a_failed_result(rig, song):
    request = rig.aws.add_job(song)
    rig.aws.s3.put_object(Bucket=BUCKET, Key=request.source.key, Body=b"other")
    assert rig.processor.process(request).error.code is ErrorCode.SOURCE_CHANGED


# --- stopping ---------------------------------------------------------------------------------------

STAGES = [JobStage.DECODING, JobStage.SEPARATING, JobStage.ENCODING, JobStage.UPLOADING]


@pytest.mark.parametrize("stage", STAGES)
def test_cancelling_stops_the_work_and_removes_it(rig, song, stage):
    request = rig.aws.add_job(song)
    rig.at(stage, lambda: rig.aws.change(transitions.request_cancel(JOB_ID)))
    assert rig.processor.process(request).status == "cancelled"
    assert_nothing_left(rig)


@pytest.mark.parametrize("stage", STAGES)
def test_deleting_stops_the_work_and_leaves_nothing(rig, song, stage):
    request = rig.aws.add_job(song)
    rig.at(stage, lambda: rig.aws.change(transitions.bury(JOB_ID, now=now_ms(), deadline=2**31)))
    assert rig.processor.process(request).status == "skipped"
    assert_nothing_left(rig)


def test_deleting_after_the_last_upload_leaves_nothing(rig, song, monkeypatch):
    request = rig.aws.add_job(song)
    store = ObjectStore.store

    def deleted_meanwhile(objects, path, key, content_type):
        stored = store(objects, path, key, content_type)
        if key == keys.job_report(JOB_ID):
            rig.aws.table.delete_item(Key=keys.job_item(JOB_ID))
        return stored

    monkeypatch.setattr(ObjectStore, "store", deleted_meanwhile)
    assert rig.processor.process(request).status == "skipped"
    assert_nothing_left(rig)


def test_a_newer_attempt_keeps_its_objects(rig, song):
    request = rig.aws.add_job(song)
    key = keys.job_stem(JOB_ID, Stem.BASS, "wav")

    def next_attempt_is_done():
        rig.aws.change(transitions.requeue(JOB_ID, 1))
        rig.aws.s3.put_object(Bucket=BUCKET, Key=key, Body=b"of attempt 2")

    rig.at(JobStage.SEPARATING, next_attempt_is_done)
    assert rig.processor.process(request).status == "skipped"
    assert rig.aws.objects() == {key: b"of attempt 2"}


def test_a_job_failed_by_the_reconciler_stops(rig, song):
    request = rig.aws.add_job(song)
    failure = transitions.WORKER_LOST
    rig.at(
        JobStage.ENCODING,
        lambda: rig.aws.change(transitions.fail(JOB_ID, 1, failure, retention_hours=1, now=now_ms())),
    )
    assert rig.processor.process(request).status == "skipped"
    assert_nothing_left(rig)


@pytest.mark.parametrize("stage", STAGES)
def test_a_stopping_process_gives_its_job_back(rig, song, stage):
    request = rig.aws.add_job(song)
    rig.at(stage, rig.processor.stopping.set)
    with pytest.raises(ServiceStoppingError):
        rig.processor.process(request)
    record = rig.aws.record()
    assert (record.state, record.attempt, record.worker_id) == (JobState.QUEUED, 2, None)
    assert_nothing_left(rig)


def test_the_last_attempt_is_not_given_back(rig, song):
    request = rig.aws.add_job(song, attempt=3)
    rig.at(JobStage.SEPARATING, rig.processor.stopping.set)
    with pytest.raises(ServiceStoppingError):
        rig.processor.process(request)
    record = rig.aws.record()
    assert (record.state, record.attempt) == (JobState.PROCESSING, 3)
    assert_nothing_left(rig)


def test_a_job_cancelled_while_the_process_stops_is_cancelled(rig, song, monkeypatch):
    request = rig.aws.add_job(song)
    monkeypatch.setattr(Lease, "confirm", lambda _: None)

    def both():
        rig.aws.change(transitions.request_cancel(JOB_ID))
        rig.processor.stopping.set()

    rig.at(JobStage.SEPARATING, both)
    assert rig.processor.process(request).status == "cancelled"


def test_a_stopping_process_takes_no_job(rig, song):
    request = rig.aws.add_job(song)
    rig.processor.stopping.set()
    with pytest.raises(ServiceStoppingError):
        rig.processor.process(request)
    assert rig.aws.record().state is JobState.QUEUED


# --- faults worth a retry ---------------------------------------------------------------------------


def test_an_unreachable_bucket_is_no_result(rig, song, monkeypatch):
    request = rig.aws.add_job(song)

    def unreachable(*_):
        raise EndpointConnectionError(endpoint_url="http://s3")

    monkeypatch.setattr(ObjectStore, "store", unreachable)
    with pytest.raises(EndpointConnectionError):
        rig.processor.process(request)
    assert_nothing_left(rig)


def test_no_thread_is_left_behind(rig, song):
    rig.processor.process(rig.aws.add_job(song))
    assert not [thread for thread in threading.enumerate() if thread.name in {"lease", "encoder", "upload"}]
