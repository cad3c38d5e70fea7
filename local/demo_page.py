"""The demo of the web page: our own song, separated by the bundled model, as a job without a service.

    python -m local.demo_page FOLDER

writes what the page plays under ``/demo/``: ``job.json``, the report, the stems and the previews.
"""

import hashlib
import json
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import torch

from contract.api import Download, Downloads, Job
from contract.audio import CONTENT_TYPES, AudioFormat, Extras, OutputOptions
from contract.catalogue import DEFAULT_MODEL
from contract.preview import MIXTURE_LANE
from contract.report import Report
from contract.states import JobState
from local.settings import REPOSITORY
from sagemaker_container.separation.delivery import FileKind, FinishedFile
from sagemaker_container.separation.models.store import ModelStore
from sagemaker_container.separation.pipeline import separate_file

SONG = REPOSITORY / "local" / "demo" / "song.mp3"
# A link of the API is absolute; the page serves these files itself, so their host is taken away again.
_HOST = "https://demo.invalid"
_PATH = "/demo"
_OUTPUT = OutputOptions(format=AudioFormat.MP3, bitrate_kbps=192)
_EXTRAS = Extras(previews=True, analysis=True)
# It is part of the page and stays as long as the page does.
_NEVER = datetime(9999, 12, 31, tzinfo=UTC)


def build(folder: Path) -> None:
    """Separate the song and write the demo; a folder that is there is replaced as a whole."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=folder.parent) as scratch:
        made = Path(scratch) / "demo"
        stems, previews = made / "stems", made / "preview"
        work = Path(scratch) / "work"
        for directory in (stems, previews, work):
            directory.mkdir(parents=True)
        files: list[FinishedFile] = []
        report = separate_file(
            SONG,
            work,
            model=DEFAULT_MODEL,
            store=ModelStore(work, torch.device("cpu")),
            output=_OUTPUT,
            extras=_EXTRAS,
            on_file=files.append,
            job_id=str(uuid5(NAMESPACE_URL, f"{_HOST}{_PATH}")),
            attempt=1,
        )
        placed = {file: file.path.rename(made / _place(file)) for file in files}
        report_path = made / "report.json"
        report_path.write_text(report.model_dump_json(), encoding="utf-8")
        job = {"job": _without_host(_job(report, made, report_path, placed))}
        (made / "job.json").write_text(json.dumps(job), encoding="utf-8")
        _replace(folder, made)


def _place(file: FinishedFile) -> Path:
    if file.kind is FileKind.STEM:
        return Path("stems") / file.path.name
    name = "index.json" if file.kind is FileKind.PREVIEW_INDEX else f"{file.lane}.mp3"
    return Path("preview") / name


def _job(report: Report, folder: Path, report_path: Path, placed: dict[FinishedFile, Path]) -> Job:
    def download(path: Path, content_type: str) -> Download:
        content = path.read_bytes()
        return Download.model_validate(
            {
                "url": f"{_HOST}{_PATH}/{path.relative_to(folder).as_posix()}",
                "filename": f"Demo - {path.name}",
                "content_type": content_type,
                "size_bytes": len(content),
                "sha256": hashlib.sha256(content).hexdigest(),
            }
        )

    mp3 = CONTENT_TYPES[AudioFormat.MP3]
    content_types = {
        FileKind.STEM: mp3,
        FileKind.PREVIEW: mp3,
        FileKind.PREVIEW_INDEX: "application/json",
    }

    def downloads_of(kind: FileKind) -> Iterable[tuple[str, Download]]:
        for file, path in placed.items():
            if file.kind is kind:
                yield str(file.lane), download(path, content_types[kind])

    downloads = Downloads.model_validate(
        {
            "stems": dict(downloads_of(FileKind.STEM)),
            "report": download(report_path, "application/json"),
            "previews": dict(downloads_of(FileKind.PREVIEW)),
            "preview_index": dict(downloads_of(FileKind.PREVIEW_INDEX))[MIXTURE_LANE],
            "expires_at": _NEVER,
        }
    )
    return Job.model_validate(
        {
            "job_id": report.job_id,
            "state": JobState.COMPLETED,
            "progress": 1.0,
            "attempt": report.attempt,
            "upload_id": report.job_id,
            "filename": "Demo song.mp3",
            "model": report.model.name,
            "stems": [stem.stem for stem in report.stems],
            "output": report.output,
            "extras": _EXTRAS,
            "metadata": {},
            "warnings": report.warnings,
            "duration_seconds": report.source.duration_seconds,
            "created_at": report.created_at,
            "finished_at": report.created_at,
            "retention_ends_at": _NEVER,
            "downloads": downloads,
        }
    )


def _without_host(job: Job) -> Any:
    return json.loads(job.model_dump_json().replace(_HOST, ""))


def _replace(folder: Path, made: Path) -> None:
    if folder.exists():
        folder.rename(made.parent / "replaced")
    made.rename(folder)


def main(arguments: Sequence[str]) -> int:
    """Build the demo into the folder that is named."""
    build(Path(arguments[0]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
