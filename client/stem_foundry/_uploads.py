"""Sending a file: one PUT, or parts in parallel that can be resumed."""

import json
from pathlib import Path

import httpx

from contract.api import (
    CompleteUpload,
    CreateUpload,
    Upload,
    UploadedParts,
)
from contract.errors import ErrorCode
from contract.limits import SINGLE_PUT_BELOW_BYTES
from contract.routes import COMPLETE_UPLOAD, CREATE_UPLOAD, LIST_PARTS
from contract.states import UploadState
from stem_foundry._api import Api
from stem_foundry._body import CountedBody
from stem_foundry._errors import ApiError, ClientErrorCode
from stem_foundry._http import Http
from stem_foundry._parts import PartSender
from stem_foundry._problems import storage_error
from stem_foundry._progress import Meter, OnTransfer
from stem_foundry._source import Source, open_source
from stem_foundry._state import State, UploadNote, read_note

_KIND = "uploads"
_LINK_TRIES = 3
_GONE = frozenset({ErrorCode.UPLOAD_NOT_FOUND, ErrorCode.UPLOAD_EXPIRED, ErrorCode.UPLOAD_CLOSED})


class Uploader:
    """Sends files and remembers unfinished ones."""

    def __init__(self, api: Api, http: Http, state: State, api_url: str) -> None:
        self._api = api
        self._http = http
        self._state = state
        self._api_url = api_url

    def upload(self, path: Path, on_progress: OnTransfer | None = None) -> Upload:
        """Send a file and have it verified; see `StemFoundry.upload`."""
        source = open_source(path)
        key = json.dumps([self._api_url, *source.identity])
        resumed = self._resume(source, key, on_progress)
        if resumed is not None:
            return resumed
        upload = self._announce(source)
        meter = Meter("upload", source.size_bytes, on_progress)
        if upload.method == "multipart":
            note = UploadNote(upload_id=str(upload.upload_id), path=str(path))
            self._state.write(_KIND, key, note.model_dump_json())
            return self._send_parts(source, note.upload_id, key, meter)
        upload = self._put_whole(source, upload, meter)
        source.check_unchanged()
        return self._complete(str(upload.upload_id), CompleteUpload())

    def _announce(self, source: Source) -> Upload:
        single = source.size_bytes < SINGLE_PUT_BELOW_BYTES
        body = CreateUpload(
            filename=source.filename,
            size_bytes=source.size_bytes,
            content_type=source.content_type,
            sha256=source.sha256() if single else None,
        )
        return self._api.fetch(CREATE_UPLOAD, Upload, body=body)

    def _complete(self, upload_id: str, body: CompleteUpload) -> Upload:
        return self._api.fetch(COMPLETE_UPLOAD, Upload, path={"upload_id": upload_id}, body=body)

    def _put_whole(self, source: Source, upload: Upload, meter: Meter) -> Upload:
        """Send the bytes; returns the upload that took them."""
        body = CountedBody(source, 0, source.size_bytes, meter)
        response = self._put(source, upload, body)
        for _ in range(_LINK_TRIES - 1):
            if response.status_code != httpx.codes.FORBIDDEN:
                break
            # The link of a single PUT cannot be signed again: announce the file anew.
            upload = self._announce(source)
            response = self._put(source, upload, body)
        # 412: an earlier try did arrive although its answer got lost; closing verifies what is there.
        if response.is_success or response.status_code == httpx.codes.PRECONDITION_FAILED:
            return upload
        raise storage_error(response, f"send {source.path.name}")

    def _put(self, source: Source, upload: Upload, body: CountedBody) -> httpx.Response:
        if upload.url is None:
            raise ApiError(ClientErrorCode.UNEXPECTED_ANSWER, "The service gave no link to send to.", 201)
        headers = {**(upload.headers or {}), "Content-Length": str(source.size_bytes)}
        return self._http.send("PUT", str(upload.url), headers=headers, content=body)

    def _resume(self, source: Source, key: str, on_progress: OnTransfer | None) -> Upload | None:
        """Go on with an upload that an earlier run began, if the service still has it."""
        note = read_note(self._state, _KIND, key, UploadNote)
        if note is None:
            return None
        try:
            return self._send_parts(
                source, note.upload_id, key, Meter("upload", source.size_bytes, on_progress)
            )
        except ApiError as error:
            if error.code not in _GONE:
                raise
        self._state.forget(_KIND, key)
        return None

    def _send_parts(self, source: Source, upload_id: str, key: str, meter: Meter) -> Upload:
        listed = self._api.fetch(LIST_PARTS, UploadedParts, path={"upload_id": upload_id})
        if listed.state is UploadState.COMPLETE:
            upload = self._complete(upload_id, CompleteUpload())
        else:
            parts = PartSender(self._api, self._http, source, listed=listed, meter=meter).send_missing()
            source.check_unchanged()
            upload = self._complete(upload_id, CompleteUpload(parts=parts))
        self._state.forget(_KIND, key)
        return upload
