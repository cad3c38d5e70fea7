"""One attempt of one job, from its lease to its answer."""

import logging
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from contract import keys, transitions
from contract.audio import Lane
from contract.errors import StemFoundryError
from contract.inference import (
    InferenceError,
    InferenceRequest,
    InferenceResult,
    PreviewFile,
    ResultFile,
    StemFile,
)
from contract.limits import MAX_JOB_ATTEMPTS, Limits
from contract.preview import MIXTURE_LANE
from contract.records import JobRecord
from contract.report import Report
from contract.states import JobStage, JobState
from sagemaker_container.adapters.job_table import JobTable, UpdateRefusedError
from sagemaker_container.adapters.object_store import ObjectStore
from sagemaker_container.clock import now_ms
from sagemaker_container.lease import JobStoppedError, Lease, StopReason
from sagemaker_container.separation.archive import StoredArchive
from sagemaker_container.separation.delivery import FileKind, FinishedFile
from sagemaker_container.separation.models.store import ModelStore
from sagemaker_container.separation.pipeline import real_time_factor, separate_file, stem_path
from sagemaker_container.separation.trace import Stopwatch
from sagemaker_container.uploads import JSON_TYPE, ParallelUploads, Uploads

_logger = logging.getLogger(__name__)

SCRATCH_PREFIX = "job-"
_ZIP = "application/zip"


class ServiceStoppingError(Exception):
    """The process is told to stop; the work has to be done elsewhere."""


class LeaseUnreachableError(Exception):
    """The lease could not be renewed in time, so another worker may have the job."""


@dataclass(frozen=True, slots=True)
class JobProcessor:
    """What working on jobs takes.

    Args:
        objects: the audio bucket.
        table: the table of jobs.
        models: gives the networks.
        worker_id: name under which leases are held.
        limits: bounds of the service.
        scratch_directory: where temporary folders are made; the system's default when None.
        stopping: set when the process is told to stop.
    """

    objects: ObjectStore
    table: JobTable
    models: ModelStore
    worker_id: str
    limits: Limits
    scratch_directory: Path | None
    stopping: threading.Event = field(default_factory=threading.Event)

    def process(self, request: InferenceRequest) -> InferenceResult:
        """Do the work, or find that it is not ours to do.

        Raises:
            ServiceStoppingError: the job was given back, because the process stops.
            LeaseUnreachableError: the lease could not be kept.
            botocore.exceptions.BotoCoreError, ClientError: AWS cannot be reached or fails.
        """
        refused = self._take_lease(request)
        if refused is not None:
            return refused
        uploads = Uploads(self.objects)
        lease = Lease(
            self.table,
            request.job_id,
            request.attempt,
            self.worker_id,
            lease_seconds=self.limits.lease_seconds,
            stopping=self.stopping,
        )
        try:
            with lease, TemporaryDirectory(prefix=SCRATCH_PREFIX, dir=self.scratch_directory) as scratch:
                return _Attempt(self, request, lease, uploads, Path(scratch)).run()
        except JobStoppedError as stop:
            return self._stopped(request, stop.reason, uploads)
        except StemFoundryError as error:
            _logger.info("the job failed", extra={"code": str(error.code), "reason": error.message})
            uploads.remove()
            return _result(request, "failed", error=InferenceError(code=error.code, message=error.message))
        except Exception:
            uploads.remove()
            raise

    def _take_lease(self, request: InferenceRequest) -> InferenceResult | None:
        """Take the lease; an answer when that is refused."""
        if self.stopping.is_set():
            raise ServiceStoppingError
        try:
            self.table.update(
                transitions.take_lease(
                    request.job_id,
                    request.attempt,
                    self.worker_id,
                    now=now_ms(),
                    lease_seconds=self.limits.lease_seconds,
                )
            )
        except UpdateRefusedError as refusal:
            status = "cancelled" if _is_being_cancelled(refusal.record, request.attempt) else "skipped"
            _logger.info("no lease for this attempt", extra={"answer": status})
            return _result(request, status)
        return None

    def _stopped(self, request: InferenceRequest, reason: StopReason, uploads: Uploads) -> InferenceResult:
        """Leave the job in the state that its end asks for."""
        if reason is StopReason.TAKEN_OVER:
            # The objects of the job now belong to another attempt or worker.
            return _result(request, "skipped")
        uploads.remove()
        if reason is StopReason.DELETED:
            return _result(request, "skipped")
        if reason is StopReason.CANCELLED:
            return _result(request, "cancelled")
        if reason is StopReason.UNREACHABLE:
            raise LeaseUnreachableError
        return self._give_back(request)

    def _give_back(self, request: InferenceRequest) -> InferenceResult:
        """Queue the next attempt, unless this was the last; then the notification settles the job."""
        if request.attempt < MAX_JOB_ATTEMPTS:
            try:
                self.table.update(
                    transitions.requeue(request.job_id, request.attempt, worker_id=self.worker_id)
                )
            except UpdateRefusedError as refusal:
                cancelled = _is_being_cancelled(refusal.record, request.attempt)
                return _result(request, "cancelled" if cancelled else "skipped")
            _logger.info("the job was given back")
        raise ServiceStoppingError


@dataclass(frozen=True, slots=True)
class _Attempt:
    """The work itself, under a lease."""

    processor: JobProcessor
    request: InferenceRequest
    lease: Lease
    uploads: Uploads
    scratch: Path

    def run(self) -> InferenceResult:
        stopwatch = Stopwatch()
        started = time.perf_counter()
        with stopwatch.stage(JobStage.DOWNLOADING):
            source = self._fetch()
        request = self.request
        audio_format = request.output.format
        with ParallelUploads(self.uploads, request.job_id, audio_format, self.lease.checkpoint) as uploads:
            report = separate_file(
                source,
                self.scratch,
                model=request.model,
                store=self.processor.models,
                stems=request.stems,
                output=request.output,
                extras=request.extras,
                kit_model=request.kit_model,
                limits=self.processor.limits,
                on_progress=self.lease.report,
                on_file=uploads.begin,
                job_id=request.job_id,
                attempt=request.attempt,
            )
            source.unlink()
            with stopwatch.stage(JobStage.UPLOADING):
                self.lease.report(JobStage.UPLOADING, 0.0)
                self.lease.confirm()
                stored = uploads.wait(partial(self.lease.report, JobStage.UPLOADING))
                archive = self._store_archive(report) if request.extras.archive else None
        report = _with_own_stages(report, stopwatch.seconds)
        report_file = self._store_report(report)
        # Deleted or cancelled while the last bytes went out: then nothing may stay.
        self.lease.confirm()
        _logger.info(
            "the job is done",
            extra={"seconds": report.seconds, "total_seconds": round(time.perf_counter() - started, 3)},
        )
        return _result(
            request,
            "completed",
            warnings=report.warnings,
            duration_seconds=round(report.samples / report.sample_rate_hz, 6),
            stems=_stem_files(report, stored),
            previews=_preview_files(report, stored),
            preview_index=_index_file(stored),
            archive=archive,
            report=report_file,
        )

    def _fetch(self) -> Path:
        source = self.scratch / "source"
        size = max(1, self.request.source.size_bytes)
        self.processor.objects.fetch(
            self.request.source,
            source,
            max_bytes=self.processor.limits.max_upload_bytes,
            on_bytes=lambda received: self.lease.report(JobStage.DOWNLOADING, received / size),
        )
        return source

    def _store_archive(self, report: Report) -> ResultFile:
        paths = (stem_path(self.scratch, level.stem, report.output) for level in report.stems)
        archive = StoredArchive({path.name: path for path in paths}, report.created_at, self.lease.checkpoint)
        return self.uploads.store_stream(archive.chunks(), keys.job_archive(self.request.job_id), _ZIP)

    def _store_report(self, report: Report) -> ResultFile:
        path = self.scratch / "report.json"
        path.write_text(report.model_dump_json(indent=2), encoding="utf-8")
        return self.uploads.store(path, keys.job_report(self.request.job_id), JSON_TYPE)


def _stem_files(report: Report, stored: Mapping[FinishedFile, ResultFile]) -> list[StemFile]:
    """In the order of the report."""
    by_stem = {file.lane: result for file, result in stored.items() if file.kind is FileKind.STEM}
    return [StemFile(stem=level.stem, **by_stem[level.stem].model_dump()) for level in report.stems]


def _preview_files(report: Report, stored: Mapping[FinishedFile, ResultFile]) -> list[PreviewFile]:
    """The mixture, then the stems in the order of the report."""
    by_lane = {file.lane: result for file, result in stored.items() if file.kind is FileKind.PREVIEW}
    lanes: list[Lane] = [MIXTURE_LANE, *(level.stem for level in report.stems)]
    return [PreviewFile(lane=lane, **by_lane[lane].model_dump()) for lane in lanes if lane in by_lane]


def _index_file(stored: Mapping[FinishedFile, ResultFile]) -> ResultFile | None:
    return next((result for file, result in stored.items() if file.kind is FileKind.PREVIEW_INDEX), None)


def _with_own_stages(report: Report, seconds: dict[str, float]) -> Report:
    """Add the stages around the separation, and count them in."""
    every = seconds | report.seconds
    ordered = {str(stage): every[str(stage)] for stage in JobStage if str(stage) in every}
    factor = real_time_factor(report.samples / report.sample_rate_hz, ordered)
    return report.model_copy(update={"seconds": ordered, "real_time_factor": factor})


def _is_being_cancelled(record: JobRecord | None, attempt: int) -> bool:
    return (
        record is not None
        and record.deleted_at is None
        and record.attempt == attempt
        and record.state is JobState.PROCESSING
        and record.cancel_requested
    )


def _result(request: InferenceRequest, status: str, **details: object) -> InferenceResult:
    return InferenceResult.model_validate(
        {"job_id": request.job_id, "attempt": request.attempt, "status": status, **details}
    )
