"""The client: one object, one method per thing a caller can want."""

import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import httpx
from pydantic import ValidationError

from contract.api import (
    CreateJob,
    DeletionReceipt,
    Health,
    Job,
    JobPage,
    ModelDescription,
    ModelList,
    Upload,
)
from contract.audio import Extras, OutputOptions, Stem
from contract.limits import MAX_PAGE_SIZE
from contract.report import Report
from contract.routes import (
    CANCEL_JOB,
    CREATE_JOB,
    DELETE_JOB,
    GET_HEALTH,
    GET_JOB,
    LIST_JOBS,
    LIST_MODELS,
)
from contract.states import JobState
from stem_foundry._api import Api, normalise_api_url
from stem_foundry._arguments import JobId, check_choice, invalid_arguments, job_path
from stem_foundry._downloads import DownloadedFiles, Downloader, make_directory
from stem_foundry._errors import JobEnded, StemFoundryClientError
from stem_foundry._http import Http
from stem_foundry._polling import wait_for_job
from stem_foundry._progress import OnTransfer, TransferProgress
from stem_foundry._retry import Sleep
from stem_foundry._sessions import Sessions
from stem_foundry._source import open_source
from stem_foundry._state import DirectoryState, MemoryState, State
from stem_foundry._uploads import Uploader

DEFAULT_API_URL: Final = "http://127.0.0.1:8000"


@dataclass(frozen=True, slots=True)
class Result:
    """What `StemFoundry.separate` leaves behind.

    Attributes:
        job: the completed job.
        files: stems and report on disk.
        report: the report, parsed.
        receipt: what the service removed, when that was asked for.
    """

    job: Job
    files: DownloadedFiles
    report: Report
    receipt: DeletionReceipt | None


class StemFoundry:
    """A Stem Foundry service.

    Args:
        api_url: base URL of the service.
        token: bearer token to use; without one an anonymous session is opened when first needed.
        timeout: seconds of silence on a connection that are tolerated, or an ``httpx.Timeout``.
        transport: replaces the network, as in httpx.
        state_directory: folder in which the session and unfinished uploads are remembered between
            processes (private files); by default they are remembered in memory only.
        sleep: replaces ``time.sleep`` in all waiting.

    Every method may raise `ServiceUnreachable` and `ApiError`.
    """

    def __init__(
        self,
        api_url: str = DEFAULT_API_URL,
        token: str | None = None,
        *,
        timeout: float | httpx.Timeout = 30.0,
        transport: httpx.BaseTransport | None = None,
        state_directory: Path | None = None,
        sleep: Sleep = time.sleep,
    ) -> None:
        self.api_url = normalise_api_url(api_url)
        state: State = DirectoryState(state_directory) if state_directory else MemoryState()
        self._sleep = sleep
        self._http = Http(timeout=timeout, transport=transport, sleep=sleep)
        self._api = Api(self._http, self.api_url, Sessions(self._http, self.api_url, state, token))
        self._uploader = Uploader(self._api, self._http, state, self.api_url)
        self._downloader = Downloader(self._api, self._http)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections."""
        self._http.close()

    # --- the service ---------------------------------------------------------------------------------

    def health(self) -> Health:
        """Ask whether the service answers."""
        return self._api.fetch(GET_HEALTH, Health)

    def models(self) -> list[ModelDescription]:
        """The models the service offers."""
        return self._api.fetch(LIST_MODELS, ModelList).models

    # --- uploads -------------------------------------------------------------------------------------

    def upload(self, path: Path | str, on_progress: OnTransfer | None = None) -> Upload:
        """Send a song and have the service verify it.

        Small files go in one PUT, large ones in parts, four at a time. A large upload that broke off is
        resumed when the same unchanged file is sent again.

        Args:
            path: the file, 1 byte or more; the service says how large it may be.
            on_progress: called while bytes move, from any thread but never from two at once.

        Returns:
            The verified upload, ready for `create_job`.

        Raises:
            BadInput: when the file is missing, empty, unreadable, or changes while it is sent.
            TransferFailed: when storage refuses the bytes.
        """
        return self._uploader.upload(Path(path), on_progress)

    # --- jobs ----------------------------------------------------------------------------------------

    def create_job(
        self,
        upload: Upload | uuid.UUID | str,
        *,
        model: str | None = None,
        stems: Sequence[Stem | str] | None = None,
        output: OutputOptions | None = None,
        extras: Extras | None = None,
        retention_hours: int | None = None,
        metadata: Mapping[str, str] | None = None,
        idempotency_key: str | None = None,
    ) -> Job:
        """Start a separation.

        Args:
            upload: what `upload` returned, or its id.
            model: a name from `models`; the service's default when absent.
            stems: the stems wanted, by default all of the model's.
            output: format of the stems, by default 16-bit WAV.
            extras: what else is wanted, by default analysis and previews, but neither drum parts nor an
                archive.
            retention_hours: 1 to 168; after that the service deletes song and stems.
            metadata: up to 16 short strings that come back with the job.
            idempotency_key: calls with the same key and arguments give the same job; by default each
                call has its own, so that its repetitions on a bad connection start one job only.

        Raises:
            BadInput: ``invalid_request`` when an argument cannot be right.
        """
        upload_id = upload.upload_id if isinstance(upload, Upload) else upload
        try:
            body = CreateJob.model_validate(
                {
                    "upload_id": upload_id,
                    "model": model,
                    "stems": None if stems is None else [str(stem) for stem in stems],
                    "output": output or OutputOptions(),
                    **(extras or Extras()).model_dump(),
                    "retention_hours": retention_hours,
                    "metadata": dict(metadata or {}),
                }
            )
        except ValidationError as error:
            raise invalid_arguments(error) from error
        headers = {"Idempotency-Key": idempotency_key or str(uuid.uuid4())}
        return self._api.fetch(CREATE_JOB, Job, body=body, headers=headers)

    def get_job(self, job_id: JobId) -> Job:
        """One job as it is now."""
        return self._api.fetch(GET_JOB, Job, path=job_path(job_id))

    def jobs(self, status: JobState | None = None, *, page_size: int = 50) -> Iterator[Job]:
        """Own jobs, newest first, fetched page by page as they are iterated over.

        Args:
            status: only jobs in this state.
            page_size: jobs per request, 1 to 100.
        """
        query = {"limit": str(max(1, min(page_size, MAX_PAGE_SIZE)))}
        if status is not None:
            query["status"] = str(status)
        while True:
            page = self._api.fetch(LIST_JOBS, JobPage, query=query)
            yield from page.jobs
            if page.next_cursor is None:
                return
            query["cursor"] = page.next_cursor

    def wait(self, job_id: JobId, on_update: Callable[[Job], None] | None = None) -> Job:
        """Wait until a job is completed.

        Asks quickly at first, then ever less often, at the latest every 15 seconds.

        Args:
            job_id: the job.
            on_update: called with the job at first and whenever it has changed.

        Raises:
            JobFailed: with the job's own code and message.
            JobCancelled: when somebody cancelled it.
        """
        return wait_for_job(self._api, job_path(job_id), on_update, self._sleep)

    def cancel(self, job_id: JobId) -> Job:
        """Cancel a job: at once while it is queued, at the next segment while it is processed."""
        return self._api.fetch(CANCEL_JOB, Job, path=job_path(job_id))

    def delete(self, job_id: JobId) -> DeletionReceipt:
        """Delete a job with its song and stems."""
        return self._api.fetch(DELETE_JOB, DeletionReceipt, path=job_path(job_id))

    def download(
        self, job: Job | JobId, directory: Path | str, on_progress: OnTransfer | None = None
    ) -> DownloadedFiles:
        """Fetch the stems and the report of a completed job, and the archive if it has one.

        Files are called ``{stem}.{format}``, ``report.json`` and ``stems.zip`` and replace older ones. Each
        appears only when it is whole and its SHA-256 is right; a broken-off download is resumed.

        Raises:
            BadInput: ``output_not_writable``.
            TransferFailed: when storage refuses, or a file arrives damaged.
        """
        known = job if isinstance(job, Job) else self.get_job(job)
        return self._downloader.download(known, Path(directory), on_progress)

    def separate(
        self,
        path: Path | str,
        directory: Path | str,
        *,
        model: str | None = None,
        stems: Sequence[Stem | str] | None = None,
        output: OutputOptions | None = None,
        extras: Extras | None = None,
        retention_hours: int | None = None,
        metadata: Mapping[str, str] | None = None,
        delete_after: bool = False,
        on_update: Callable[[TransferProgress | Job], None] | None = None,
    ) -> Result:
        """Turn a song into its stems: upload, start, wait, download.

        Interrupted with Ctrl-C, it asks the service to cancel the job before it passes the interrupt on.

        Args:
            path: the song.
            directory: where the stems go; made when missing.
            model: as for `create_job`.
            stems: as for `create_job`.
            output: as for `create_job`.
            extras: as for `create_job`.
            retention_hours: as for `create_job`.
            metadata: as for `create_job`.
            delete_after: have the service delete song and stems as soon as they are here.
            on_update: called with `TransferProgress` while bytes move and with the job when it changes.

        Raises:
            BadInput, TransferFailed, JobFailed, JobCancelled: as the single steps do.
        """
        open_source(Path(path))
        make_directory(Path(directory))
        drum_parts = extras is not None and extras.drum_parts
        if model is not None or stems is not None or drum_parts:
            check_choice(self.models(), model, stems, drum_parts=drum_parts)
        upload = self.upload(path, on_update)
        job = self.create_job(
            upload,
            model=model,
            stems=stems,
            output=output,
            extras=extras,
            retention_hours=retention_hours,
            metadata=metadata,
        )
        try:
            job = self.wait(job.job_id, on_update)
        except KeyboardInterrupt as interrupt:
            self._cancel_interrupted(job, interrupt)
            raise
        except JobEnded as ended:
            if delete_after:
                self._delete_ended(job, ended)
            raise
        files = self.download(job, directory, on_update)
        receipt = self.delete(job.job_id) if delete_after else None
        return Result(job, files, files.read_report(), receipt)

    def _delete_ended(self, job: Job, ended: JobEnded) -> None:
        """Delete a job without stems; why it ended matters more than a deletion that fails."""
        try:
            self.delete(job.job_id)
        except StemFoundryClientError as error:
            ended.add_note(f"Job {job.job_id} could not be deleted: {error.message}")

    def _cancel_interrupted(self, job: Job, interrupt: KeyboardInterrupt) -> None:
        try:
            cancelled = self.cancel(job.job_id)
        except StemFoundryClientError as error:
            interrupt.add_note(f"Job {job.job_id} could not be cancelled: {error.message}")
        else:
            what = "is cancelled" if cancelled.state.is_final else "was told to stop"
            interrupt.add_note(f"Job {job.job_id} {what}.")
