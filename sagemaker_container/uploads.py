"""What an attempt of a job uploads: remembered, so that nothing half done is forgotten, and side by side."""

import contextvars
import logging
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Self

from contract import keys
from contract.audio import CONTENT_TYPES, AudioFormat, Stem
from contract.inference import ResultFile
from sagemaker_container.adapters.object_store import ObjectStore
from sagemaker_container.separation.delivery import FileKind, FinishedFile

_logger = logging.getLogger(__name__)

JSON_TYPE = "application/json"
_UPLOAD_THREADS = 4


class Uploads:
    """The objects an attempt has begun to upload."""

    def __init__(self, objects: ObjectStore) -> None:
        self._objects = objects
        self._keys: list[str] = []

    def store(self, path: Path, key: str, content_type: str) -> ResultFile:
        """Upload; remembered before the first byte goes, so that nothing half done is forgotten."""
        self._keys.append(key)
        return self._objects.store(path, key, content_type)

    def store_stream(self, chunks: Iterable[bytes], key: str, content_type: str) -> ResultFile:
        """The same for what is made on the fly."""
        self._keys.append(key)
        return self._objects.store_stream(chunks, key, content_type)

    def remove(self) -> None:
        """Delete them all. A failure is logged only: the job's retention removes what stays."""
        while self._keys:
            key = self._keys.pop()
            try:
                self._objects.remove(key)
            except Exception:
                _logger.exception("an upload could not be removed", extra={"key": key})


class ParallelUploads:
    """Uploads every file of a job as soon as it is finished, beside the work on the others.

    Args:
        uploads: what the attempt has uploaded.
        job_id: the job.
        audio_format: of the stems.
        checkpoint: called before each upload; what it raises ends it.
    """

    def __init__(
        self, uploads: Uploads, job_id: str, audio_format: AudioFormat, checkpoint: Callable[[], None]
    ) -> None:
        self._uploads = uploads
        self._job_id = job_id
        self._format = audio_format
        self._checkpoint = checkpoint
        self._pool = ThreadPoolExecutor(_UPLOAD_THREADS, thread_name_prefix="upload")
        self._running: list[tuple[FinishedFile, Future[ResultFile]]] = []
        self._lock = threading.Lock()

    def begin(self, file: FinishedFile) -> None:
        """Queue a file; thread-safe."""
        context = contextvars.copy_context()
        with self._lock:
            self._running.append((file, self._pool.submit(context.run, self._store, file)))

    def wait(self, on_share: Callable[[float], None]) -> dict[FinishedFile, ResultFile]:
        """Wait for all.

        Args:
            on_share: told the share of files that are stored, 0 to 1.

        Raises:
            Exception: what the first upload to fail raised.
        """
        stored = {}
        for file, upload in self._running:
            stored[file] = upload.result()
            on_share(len(stored) / len(self._running))
        return stored

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        # Also when the work failed: an upload that is still running would outlive its removal.
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _store(self, file: FinishedFile) -> ResultFile:
        self._checkpoint()
        key, content_type = self._target(file)
        return self._uploads.store(file.path, key, content_type)

    def _target(self, file: FinishedFile) -> tuple[str, str]:
        if file.kind is FileKind.STEM:
            key = keys.job_stem(self._job_id, Stem(file.lane), self._format)
            return key, CONTENT_TYPES[self._format]
        if file.kind is FileKind.PREVIEW:
            return keys.job_preview(self._job_id, file.lane), CONTENT_TYPES[AudioFormat.MP3]
        return keys.job_preview_index(self._job_id), JSON_TYPE
