"""Bringing the files of a finished job home."""

import threading
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from contract.api import Download, Downloads, Job
from contract.audio import Stem
from contract.report import Report
from contract.routes import CREATE_DOWNLOADS
from stem_foundry._api import Api
from stem_foundry._errors import BadInput, ClientErrorCode, TransferFailed
from stem_foundry._fetch import Fetcher, Remote
from stem_foundry._http import Http
from stem_foundry._progress import Meter, OnTransfer

PARALLEL_FILES = 4
REPORT_FILENAME = "report.json"
ARCHIVE_FILENAME = "stems.zip"

_Item = Stem | Literal["report", "archive"]


@dataclass(frozen=True, slots=True)
class DownloadedFiles:
    """Where the files of a job are now.

    Attributes:
        stems: the stems, and the drum parts.
        report: the report.
        archive: all stems in one ZIP file, when the job was asked for that.
    """

    stems: dict[Stem, Path]
    report: Path
    archive: Path | None = None

    def read_report(self) -> Report:
        """The job's report, parsed."""
        return Report.model_validate_json(self.report.read_bytes())


class Downloader:
    """Fetches stems and report of jobs."""

    def __init__(self, api: Api, http: Http) -> None:
        self._api = api
        self._fetcher = Fetcher(http)

    def download(self, job: Job, directory: Path, on_progress: OnTransfer | None) -> DownloadedFiles:
        """Fetch all files of a completed job; see `StemFoundry.download`."""
        make_directory(directory)
        links = _Links(self._api, job)
        downloads = links.current
        # Local names come from the stem enumeration and the format, never from what a server wrote.
        targets: dict[_Item, Path] = {
            stem: directory / f"{stem}.{job.output.format}" for stem in downloads.stems
        }
        targets["report"] = directory / REPORT_FILENAME
        if downloads.archive is not None:
            targets["archive"] = directory / ARCHIVE_FILENAME
        size = sum(_chosen(downloads, item).size_bytes for item in targets)
        meter = Meter("download", size, on_progress)
        with ThreadPoolExecutor(PARALLEL_FILES, thread_name_prefix="fetch") as pool:
            fetching = [
                pool.submit(self._fetcher.fetch, links.remote(item), target, meter)
                for item, target in targets.items()
            ]
            try:
                for future in as_completed(fetching):
                    future.result()
            except BaseException as error:
                meter.stop()
                pool.shutdown(wait=False, cancel_futures=True)
                if isinstance(error, OSError):
                    raise not_writable(directory, error) from error
                raise
        return DownloadedFiles(
            {stem: targets[stem] for stem in downloads.stems}, targets["report"], targets.get("archive")
        )


class _Links:
    """Links of one job, renewed when a thread finds them expired."""

    def __init__(self, api: Api, job: Job) -> None:
        self._api = api
        self._job_id = str(job.job_id)
        self._lock = threading.Lock()
        self.current = job.downloads or self._ask()

    def remote(self, item: _Item) -> Remote:
        """One file."""
        file = _chosen(self.current, item)
        return Remote(
            link=lambda fresh: self._url(item, fresh),
            sha256=file.sha256,
            size_bytes=file.size_bytes,
            max_bytes=file.size_bytes,
        )

    def _url(self, item: _Item, fresh: bool) -> str:
        with self._lock:
            if fresh:
                self.current = self._ask()
            return str(_chosen(self.current, item).url)

    def _ask(self) -> Downloads:
        return self._api.fetch(CREATE_DOWNLOADS, Downloads, path={"job_id": self._job_id})


def _chosen(downloads: Downloads, item: _Item) -> Download:
    """One of the links."""
    others = {"report": downloads.report, "archive": downloads.archive}
    found = downloads.stems.get(item) if isinstance(item, Stem) else others[item]
    if found is None:
        raise TransferFailed(ClientErrorCode.UNEXPECTED_ANSWER, f"The service no longer offers {item}.")
    return found


def make_directory(directory: Path) -> None:
    """Make the folder for the results, with its parents.

    Raises:
        BadInput: ``output_not_writable``.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise not_writable(directory, error) from error


def not_writable(directory: Path, error: OSError) -> BadInput:
    """The error for a folder that results cannot be written to."""
    reason = error.strerror or str(error)
    return BadInput(ClientErrorCode.OUTPUT_NOT_WRITABLE, f"Cannot write to {directory}: {reason}")
