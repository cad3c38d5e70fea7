"""Keeps a job's lease, tells its progress, and notices when the work should stop."""

import contextvars
import logging
import threading
import time
from collections.abc import Callable
from enum import Enum, auto
from types import TracebackType
from typing import Self

from botocore.exceptions import BotoCoreError, ClientError

from contract import transitions
from contract.records import JobRecord
from contract.states import JobStage
from sagemaker_container.adapters.job_table import JobTable, UpdateRefusedError
from sagemaker_container.clock import now_ms

_logger = logging.getLogger(__name__)

PROGRESS_INTERVAL_SECONDS = 1.0

# Where each stage lies on the bar that the user sees; separation takes most of the time.
_STAGE_SPANS: dict[JobStage, tuple[float, float]] = {
    JobStage.DOWNLOADING: (0.0, 0.03),
    JobStage.DECODING: (0.03, 0.06),
    JobStage.SEPARATING: (0.06, 0.85),
    JobStage.ENCODING: (0.85, 0.94),
    JobStage.UPLOADING: (0.94, 0.99),
}


class StopReason(Enum):
    """Why work on a job ends early."""

    CANCELLED = auto()
    DELETED = auto()
    TAKEN_OVER = auto()
    UNREACHABLE = auto()
    SHUTDOWN = auto()


class JobStoppedError(Exception):
    """Raised inside the work to end it.

    Args:
        reason: why.
    """

    def __init__(self, reason: StopReason) -> None:
        super().__init__(reason.name.lower())
        self.reason = reason


class Lease:
    """The right to work on one attempt of a job; use it as a context.

    A thread of its own writes progress at most once a second and renews the lease during long stages. All
    methods may be called from any thread.

    Args:
        table: where the record lies.
        job_id: the job.
        attempt: the attempt whose lease was taken.
        worker_id: its holder.
        lease_seconds: how long a lease lasts without renewal.
        stopping: set when the process has been told to stop.
        interval_seconds: shortest time between two progress updates.
    """

    def __init__(
        self,
        table: JobTable,
        job_id: str,
        attempt: int,
        worker_id: str,
        *,
        lease_seconds: int,
        stopping: threading.Event,
        interval_seconds: float = PROGRESS_INTERVAL_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._table = table
        self._job_id = job_id
        self._attempt = attempt
        self._worker_id = worker_id
        self._lease_seconds = lease_seconds
        self._stopping = stopping
        self._interval_seconds = interval_seconds
        self._clock = clock
        self._changed = threading.Condition()
        self._stage = JobStage.DOWNLOADING
        self._progress = 0.0
        self._unwritten = False
        self._closed = False
        self._stop_reason: StopReason | None = None
        self._renewed_at = clock()
        self._writing = threading.Lock()
        self._thread = threading.Thread(
            target=contextvars.copy_context().run, args=(self._keep,), name="lease", daemon=True
        )

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop renewing. Afterwards nothing is written any more."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        if self._thread.is_alive():
            self._thread.join()

    def report(self, stage: JobStage, share: float) -> None:
        """Tell where the work is; goes forward only.

        Args:
            stage: what is happening.
            share: part of the stage that is done, 0 to 1.

        Raises:
            JobStoppedError: the work should end.
        """
        start, end = _STAGE_SPANS[stage]
        progress = start + (end - start) * min(1.0, max(0.0, share))
        with self._changed:
            if progress > self._progress or (progress == self._progress and stage is not self._stage):
                self._stage, self._progress = stage, progress
                self._unwritten = True
                self._changed.notify_all()
        self.checkpoint()

    def checkpoint(self) -> None:
        """Raise `JobStoppedError` when the work should end."""
        if self._stop_reason is not None:
            raise JobStoppedError(self._stop_reason)
        if self._stopping.is_set():
            raise JobStoppedError(StopReason.SHUTDOWN)

    def confirm(self) -> None:
        """Ask the table now whether the lease still holds.

        Raises:
            JobStoppedError: it does not, or the job is to be cancelled.
            botocore.exceptions.BotoCoreError, ClientError: the table cannot be asked.
        """
        self._write()
        self.checkpoint()

    @property
    def _is_over(self) -> bool:
        return self._closed or self._stop_reason is not None

    def _keep(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._is_over or self._unwritten, self._lease_seconds / 4)
                if self._is_over:
                    return
            try:
                self._write()
            except (BotoCoreError, ClientError):
                _logger.warning("the lease could not be renewed", exc_info=True)
                if self._clock() - self._renewed_at > self._lease_seconds:
                    self._stop(StopReason.UNREACHABLE)
            except Exception:
                _logger.exception("keeping the lease failed")
                self._stop(StopReason.UNREACHABLE)
            with self._changed:
                self._changed.wait_for(lambda: self._is_over, self._interval_seconds)

    def _write(self) -> None:
        # One writer at a time: an older progress must not overtake a newer one.
        with self._writing:
            with self._changed:
                stage, progress = self._stage, self._progress
                self._unwritten = False
            started = self._clock()
            try:
                record = self._table.update(
                    transitions.report_progress(
                        self._job_id,
                        self._attempt,
                        self._worker_id,
                        stage=stage,
                        progress=progress,
                        now=now_ms(),
                        lease_seconds=self._lease_seconds,
                    )
                )
            except UpdateRefusedError as refusal:
                self._stop(self._reason_of(refusal.record))
                return
            self._renewed_at = started
            if record.cancel_requested:
                self._stop(StopReason.CANCELLED)

    def _reason_of(self, record: JobRecord | None) -> StopReason:
        if record is None or record.deleted_at is not None:
            return StopReason.DELETED
        if record.attempt == self._attempt and record.state.is_final and not record.stem_files:
            # Failed or cancelled by somebody else: nobody will want what was uploaded.
            return StopReason.DELETED
        return StopReason.TAKEN_OVER

    def _stop(self, reason: StopReason) -> None:
        with self._changed:
            if self._stop_reason is None:
                self._stop_reason = reason
                self._changed.notify_all()
                _logger.info("the job is to stop", extra={"reason": reason.name.lower()})
