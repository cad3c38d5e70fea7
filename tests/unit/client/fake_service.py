"""A service in memory that holds the SDK to the contract.

Requests are matched against `contract.routes` and parsed with `contract.api`; storage checks what presigned
links check. Anything else is an assertion error, so a client that strays fails its test.
"""

import base64
import hashlib
import itertools
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID, uuid4

import httpx
from pydantic import BaseModel, ValidationError

from contract import api, routes
from contract.audio import CONTENT_TYPES, DRUM_PARTS, Stem
from contract.catalogue import check_drum_parts, describe, effective_stems, get_song_model
from contract.errors import ErrorCode, StemFoundryError, WarningCode, http_status
from contract.limits import PART_SIZE_BYTES, SINGLE_PUT_BELOW_BYTES, Limits
from contract.report import (
    JobWarning,
    KeyReport,
    ModelReport,
    MusicAnalysis,
    Report,
    SourceReport,
    StemReport,
    TempoReport,
)
from contract.states import JobStage, JobState, UploadState

BASE_URL = "http://service.test"
ARCHIVE = b"all stems"
Fault = Callable[[httpx.Request], httpx.Response | None]


class BrokenStream(httpx.SyncByteStream):
    """A body that ends with a lost connection."""

    def __init__(self, content: bytes) -> None:
        self.content = content

    def __iter__(self) -> Iterator[bytes]:
        yield self.content
        raise httpx.ReadError("connection reset")


@dataclass
class StoredUpload:
    owner: str
    announced: api.CreateUpload
    state: UploadState = UploadState.OPEN
    content: bytes | None = None
    parts: dict[int, bytes] = field(default_factory=dict)

    @property
    def is_multipart(self) -> bool:
        return self.announced.size_bytes >= SINGLE_PUT_BELOW_BYTES

    @property
    def part_count(self) -> int:
        return ceil(self.announced.size_bytes / PART_SIZE_BYTES)


@dataclass
class StoredJob:
    owner: str
    view: api.Job
    files: dict[Stem, bytes]
    report: bytes
    script: list[dict[str, Any]]
    version: int = 0


class FakeService:
    """The service and its storage behind one request handler."""

    def __init__(self) -> None:
        self.base_url = BASE_URL
        self.limits = Limits()
        self.session_life = timedelta(hours=24)
        self.tokens: dict[str, str] = {}
        self.expired_tokens: set[str] = set()
        self.uploads: dict[str, StoredUpload] = {}
        self.jobs: dict[str, StoredJob] = {}
        self.idempotency: dict[tuple[str, str], tuple[bytes, str]] = {}
        self.script: list[dict[str, Any]] = [{"state": JobState.COMPLETED, "progress": 1.0}]
        self.stem_bytes = b"stem of "
        self.link_generation = 1
        self.oldest_valid_generation = 1
        self.faults: list[Fault] = []
        self.requests: list[httpx.Request] = []
        self._counter = itertools.count(1)
        self._lock = threading.RLock()

    @property
    def transport(self) -> httpx.MockTransport:
        return httpx.MockTransport(self.handle)

    # --- what tests use -------------------------------------------------------------------------------

    def fail(self, pattern: str, *answers: httpx.Response | Exception | None) -> None:
        """Answer the next requests whose ``METHOD /path`` matches; None lets one through."""
        left = list(answers)

        def fault(request: httpx.Request) -> httpx.Response | None:
            if not left or not re.search(pattern, f"{request.method} {request.url.path}"):
                return None
            answer = left.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer

        self.faults.append(fault)

    def calls(self, pattern: str) -> list[httpx.Request]:
        """Requests so far whose ``METHOD /path`` matches."""
        return [r for r in self.requests if re.search(pattern, f"{r.method} {r.url.path}")]

    # --- requests -------------------------------------------------------------------------------------

    def handle(self, request: httpx.Request) -> httpx.Response:
        with self._lock:
            request.read()
            self.requests.append(request)
            for fault in self.faults:
                if (answer := fault(request)) is not None:
                    return answer
            try:
                if request.url.path.startswith("/storage/"):
                    return self._storage(request)
                return self._api(request)
            except StemFoundryError as error:
                return problem(error.code, error.message, error.retry_after_seconds)

    def _api(self, request: httpx.Request) -> httpx.Response:
        route, parameters = match_route(request)
        owner = ""
        if not route.public:
            owner = self._owner(request)
        body: BaseModel | None = None
        if route.request is not None:
            assert request.headers["Content-Type"] == "application/json"
            try:
                body = route.request.model_validate_json(request.content)
            except ValidationError as error:
                raise StemFoundryError(ErrorCode.INVALID_REQUEST, str(error)) from error
        else:
            assert not request.content
        answer = getattr(self, "_" + route.name)(request, owner, body, **parameters)
        if isinstance(answer, httpx.Response):
            return answer
        assert route.response is not None
        assert isinstance(answer, route.response)
        return json_response(answer, route.status)

    def _owner(self, request: httpx.Request) -> str:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme != "Bearer":
            raise StemFoundryError(ErrorCode.UNAUTHORIZED, "Send a token.")
        if token in self.expired_tokens:
            raise StemFoundryError(ErrorCode.TOKEN_EXPIRED, "The session has expired.")
        if token not in self.tokens:
            raise StemFoundryError(ErrorCode.TOKEN_INVALID, "The token is not valid.")
        return self.tokens[token]

    def _create_session(self, request: httpx.Request, *_: object) -> api.Session:
        old = request.headers.get("Authorization", "").removeprefix("Bearer ")
        number = next(self._counter)
        token = f"token-{number}"
        known = self.tokens.get(old) if old not in self.expired_tokens else None
        self.tokens[token] = known or f"owner-{number}"
        return api.Session(token=token, expires_at=datetime.now(UTC) + self.session_life)

    # --- uploads --------------------------------------------------------------------------------------

    def _create_upload(self, _: httpx.Request, owner: str, body: api.CreateUpload) -> api.Upload:
        if body.size_bytes > self.limits.max_upload_bytes:
            raise StemFoundryError(ErrorCode.FILE_TOO_LARGE, "The file is too large.")
        upload_id = str(uuid4())
        self.uploads[upload_id] = StoredUpload(owner, body)
        return self._upload_view(upload_id)

    def _upload_view(self, upload_id: str) -> api.Upload:
        stored = self.uploads[upload_id]
        multipart = stored.is_multipart
        return api.Upload.model_validate(
            {
                "upload_id": upload_id,
                "state": stored.state,
                "method": "multipart" if multipart else "put",
                "size_bytes": stored.announced.size_bytes,
                "url": None if multipart else self._link(f"uploads/{upload_id}"),
                "headers": None if multipart else put_headers(stored.announced),
                "part_size_bytes": PART_SIZE_BYTES if multipart else None,
                "part_count": stored.part_count if multipart else None,
                "expires_at": datetime.now(UTC) + timedelta(hours=1),
            }
        )

    def _own_upload(self, owner: str, upload_id: str) -> StoredUpload:
        stored = self.uploads.get(upload_id)
        if stored is None or stored.owner != owner:
            raise StemFoundryError(ErrorCode.UPLOAD_NOT_FOUND, "There is no such upload.")
        return stored

    def _sign_parts(
        self, _: httpx.Request, owner: str, body: api.SignParts, upload_id: str
    ) -> api.SignedParts:
        stored = self._own_upload(owner, upload_id)
        if stored.state is not UploadState.OPEN:
            raise StemFoundryError(ErrorCode.UPLOAD_CLOSED, "The upload is closed.")
        assert max(body.part_numbers) <= stored.part_count
        return api.SignedParts.model_validate(
            {
                "parts": [
                    {"part_number": n, "url": self._link(f"uploads/{upload_id}/{n}"), "headers": {}}
                    for n in body.part_numbers
                ],
                "expires_at": datetime.now(UTC) + timedelta(hours=1),
            }
        )

    def _list_parts(self, _: httpx.Request, owner: str, __: None, upload_id: str) -> api.UploadedParts:
        stored = self._own_upload(owner, upload_id)
        return api.UploadedParts(
            upload_id=UUID(upload_id),
            state=stored.state,
            part_size_bytes=PART_SIZE_BYTES,
            part_count=stored.part_count,
            parts=[
                api.UploadedPart(part_number=n, size_bytes=len(content), etag=etag_of(content))
                for n, content in sorted(stored.parts.items())
            ],
        )

    def _complete_upload(
        self, _: httpx.Request, owner: str, body: api.CompleteUpload, upload_id: str
    ) -> api.Upload:
        stored = self._own_upload(owner, upload_id)
        if stored.state is UploadState.OPEN and stored.is_multipart:
            if len(stored.parts) != stored.part_count:
                raise StemFoundryError(ErrorCode.UPLOAD_INCOMPLETE, "Parts are missing.")
            assert body.parts is None or [(p.part_number, p.etag) for p in body.parts] == [
                (n, etag_of(content)) for n, content in sorted(stored.parts.items())
            ]
            stored.content = b"".join(content for _, content in sorted(stored.parts.items()))
        if stored.content is None:
            raise StemFoundryError(ErrorCode.UPLOAD_INCOMPLETE, "The file has not arrived.")
        if len(stored.content) != stored.announced.size_bytes:
            raise StemFoundryError(ErrorCode.UPLOAD_SIZE_MISMATCH, "The size is wrong.")
        stored.state = UploadState.COMPLETE
        return self._upload_view(upload_id).model_copy(update={"url": None, "headers": None})

    # --- jobs -----------------------------------------------------------------------------------------

    def _create_job(self, request: httpx.Request, owner: str, body: api.CreateJob) -> api.Job:
        upload = self._own_upload(owner, str(body.upload_id))
        if upload.state is not UploadState.COMPLETE:
            raise StemFoundryError(ErrorCode.UPLOAD_NOT_COMPLETE, "Finish the upload first.")
        key = (owner, request.headers["Idempotency-Key"])
        if key in self.idempotency:
            old_body, job_id = self.idempotency[key]
            if old_body != request.content:
                raise StemFoundryError(ErrorCode.IDEMPOTENCY_KEY_REUSED, "The key belongs to another body.")
            return self.jobs[job_id].view
        model = get_song_model(body.model)
        if body.drum_parts:
            check_drum_parts(model)
        if body.stems and not set(body.stems) <= set(Stem):
            raise StemFoundryError(ErrorCode.UNKNOWN_STEM, "There is no such stem.")
        stems = effective_stems(model, [Stem(s) for s in body.stems] if body.stems else None)
        now = datetime.now(UTC)
        view = api.Job(
            job_id=uuid4(),
            state=JobState.QUEUED,
            stage=JobStage.WAITING,
            jobs_ahead=0,
            progress=0,
            attempt=1,
            upload_id=body.upload_id,
            filename=upload.announced.filename,
            model=model.name,
            stems=stems,
            output=body.output.with_defaults(),
            extras=body.extras,
            metadata=body.metadata,
            created_at=now,
            retention_ends_at=now + timedelta(hours=body.retention_hours or 24),
        )
        job_id = str(view.job_id)
        self.jobs[job_id] = StoredJob(
            owner,
            view,
            files={
                stem: self.stem_bytes + stem.encode()
                for stem in [*stems, *(DRUM_PARTS if body.drum_parts else ())]
            },
            report=make_report(view).model_dump_json().encode(),
            script=list(self.script),
        )
        self.idempotency[key] = (request.content, job_id)
        return view

    def _own_job(self, owner: str, job_id: str) -> StoredJob:
        stored = self.jobs.get(job_id)
        if stored is None or stored.owner != owner:
            raise StemFoundryError(ErrorCode.JOB_NOT_FOUND, f"There is no job {job_id}.")
        return stored

    def _get_job(self, request: httpx.Request, owner: str, _: None, job_id: str) -> httpx.Response:
        stored = self._own_job(owner, job_id)
        headers = {}
        if stored.script and not stored.view.state.is_final:
            change = dict(stored.script.pop(0))
            headers = change.pop("headers", {})
            if change:
                stored.view = stored.view.model_copy(update=change)
                stored.version += 1
        tag = f'"{stored.version}"'
        if request.headers.get("If-None-Match") == tag:
            return httpx.Response(304, headers={"ETag": tag, **headers})
        view = stored.view
        if view.state is JobState.COMPLETED:
            view = view.model_copy(update={"downloads": self._downloads(job_id)})
        return json_response(view, 200, {"ETag": tag, **headers})

    def _list_jobs(self, request: httpx.Request, owner: str, _: None) -> api.JobPage:
        query = dict(request.url.params)
        own = [job.view for job in reversed(self.jobs.values()) if job.owner == owner]
        own = [job for job in own if query.get("status") in {None, str(job.state)}]
        start, limit = int(query.get("cursor", 0)), int(query.get("limit", 20))
        assert 1 <= limit <= 100
        page = own[start : start + limit]
        more = start + limit < len(own)
        return api.JobPage(jobs=page, next_cursor=str(start + limit) if more else None)

    def _downloads(self, job_id: str) -> api.Downloads:
        job = self.jobs[job_id]

        def file(name: str, content: bytes, content_type: str) -> dict[str, Any]:
            return {
                "url": self._link(f"jobs/{job_id}/{name}"),
                "filename": "../../evil",
                "content_type": content_type,
                "size_bytes": len(content),
                "sha256": hashlib.sha256(content).hexdigest(),
            }

        audio = CONTENT_TYPES[job.view.output.format]
        return api.Downloads.model_validate(
            {
                "stems": {stem: file(stem, content, audio) for stem, content in job.files.items()},
                "report": file("report", job.report, "application/json"),
                "archive": file("archive", ARCHIVE, "application/zip") if job.view.extras.archive else None,
                "expires_at": datetime.now(UTC) + timedelta(hours=1),
            }
        )

    def _create_downloads(self, _: httpx.Request, owner: str, __: None, job_id: str) -> api.Downloads:
        stored = self._own_job(owner, job_id)
        if stored.view.state is not JobState.COMPLETED:
            raise StemFoundryError(ErrorCode.JOB_NOT_COMPLETE, f"The job is {stored.view.state}.")
        self.link_generation += 1
        return self._downloads(job_id)

    def _cancel_job(self, _: httpx.Request, owner: str, __: None, job_id: str) -> api.Job:
        stored = self._own_job(owner, job_id)
        if stored.view.state.is_final:
            raise StemFoundryError(ErrorCode.JOB_ALREADY_FINISHED, f"The job is {stored.view.state}.")
        queued = stored.view.state is JobState.QUEUED
        change = {"state": JobState.CANCELLED} if queued else {"cancel_requested": True}
        stored.view = stored.view.model_copy(update=change)
        return stored.view

    def _delete_job(self, _: httpx.Request, owner: str, __: None, job_id: str) -> api.DeletionReceipt:
        stored = self._own_job(owner, job_id)
        del self.jobs[job_id]
        return api.DeletionReceipt(
            job_id=UUID(job_id),
            deleted_at=datetime.now(UTC),
            objects_removed=len(stored.files) + 2,
            bytes_removed=12_345,
            upload_removed=True,
            still_stopping=stored.view.state is JobState.PROCESSING,
        )

    def _list_models(self, *_: object) -> api.ModelList:
        return describe()

    def _get_health(self, *_: object) -> api.Health:
        return api.Health(status="ok", version=routes.SERVICE_VERSION)

    # --- storage --------------------------------------------------------------------------------------

    def _link(self, key: str) -> str:
        return f"{self.base_url}/storage/{key}?generation={self.link_generation}"

    def _storage(self, request: httpx.Request) -> httpx.Response:
        assert "Authorization" not in request.headers, "a session token was sent to storage"
        generation = int(parse_qs(request.url.query.decode())["generation"][0])
        if generation < self.oldest_valid_generation:
            return storage_problem(403, "AccessDenied", "Request has expired")
        kind, identifier, *rest = request.url.path.removeprefix("/storage/").split("/")
        if kind == "uploads":
            return self._put(request, self.uploads[identifier], int(rest[0]) if rest else None)
        return self._get(request, self.jobs[identifier], rest[0])

    def _put(self, request: httpx.Request, upload: StoredUpload, part: int | None) -> httpx.Response:
        assert request.method == "PUT"
        assert int(request.headers["Content-Length"]) == len(request.content)
        assert "Transfer-Encoding" not in request.headers
        etag = etag_of(request.content)
        if part is not None:
            last = upload.announced.size_bytes - (upload.part_count - 1) * PART_SIZE_BYTES
            assert len(request.content) == (last if part == upload.part_count else PART_SIZE_BYTES)
            upload.parts[part] = request.content
            return httpx.Response(200, headers={"ETag": etag})
        for name, value in put_headers(upload.announced).items():
            assert request.headers[name] == value
        if upload.content is not None:
            return storage_problem(412, "PreconditionFailed", "The object exists")
        if hashlib.sha256(request.content).hexdigest() != upload.announced.sha256:
            return storage_problem(400, "BadDigest", "The SHA256 you specified did not match")
        upload.content = request.content
        return httpx.Response(200, headers={"ETag": etag})

    @staticmethod
    def _get(request: httpx.Request, job: StoredJob, name: str) -> httpx.Response:
        assert request.headers["Accept-Encoding"] == "identity"
        others = {"report": job.report, "archive": ARCHIVE}
        content = others[name] if name in others else job.files[Stem(name)]
        asked = re.fullmatch(r"bytes=(\d+)-", request.headers.get("Range", ""))
        if asked is None:
            return streamed(200, content)
        start = int(asked[1])
        if start >= len(content):
            return storage_problem(416, "InvalidRange", "The range cannot be satisfied")
        headers = {"Content-Range": f"bytes {start}-{len(content) - 1}/{len(content)}"}
        return streamed(206, content[start:], headers)


def match_route(request: httpx.Request) -> tuple[routes.Route, dict[str, str]]:
    for route in routes.ROUTES:
        pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[0-9a-f-]{36})", route.path)
        found = re.fullmatch(pattern, request.url.path)
        if route.method == request.method and found:
            return route, found.groupdict()
    raise StemFoundryError(ErrorCode.ROUTE_NOT_FOUND, f"No route {request.method} {request.url.path}")


def json_response(
    model: BaseModel, status: int = 200, headers: dict[str, str] | None = None
) -> httpx.Response:
    content = model.model_dump_json(exclude_none=True)
    return httpx.Response(
        status, content=content, headers={"Content-Type": "application/json", **(headers or {})}
    )


def streamed(status: int, content: bytes, headers: dict[str, str] | None = None) -> httpx.Response:
    """A body that is read while it arrives, as from a network."""
    length = {"Content-Length": str(len(content))}
    return httpx.Response(status, stream=httpx.ByteStream(content), headers=length | (headers or {}))


def problem(code: ErrorCode, detail: str, retry_after: int | None = None) -> httpx.Response:
    status = http_status(code)
    body = api.Problem(
        type=f"urn:problem:{code}", title=status.phrase, status=status, detail=detail, code=code
    )
    headers = {"Content-Type": "application/problem+json"}
    if retry_after is not None:
        headers["Retry-After"] = str(retry_after)
    return httpx.Response(status, content=body.model_dump_json(exclude_none=True), headers=headers)


def storage_problem(status: int, code: str, message: str) -> httpx.Response:
    content = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>{message}</Message></Error>"
    return httpx.Response(status, content=content, headers={"Content-Type": "application/xml"})


def put_headers(announced: api.CreateUpload) -> dict[str, str]:
    assert announced.sha256 is not None, "single PUTs announce their digest"
    digest = base64.b64encode(bytes.fromhex(announced.sha256)).decode()
    return {
        "Content-Type": announced.content_type,
        "If-None-Match": "*",
        "x-amz-checksum-sha256": digest,
    }


def etag_of(content: bytes) -> str:
    return f'"{hashlib.sha256(content).hexdigest()[:32]}"'


MUSIC = MusicAnalysis(
    tempo=TempoReport(bpm=120.04, confidence=0.87, alternatives=[], beat_source="drums", beats_seconds=[0.5]),
    key=KeyReport(
        tonic="A", mode="minor", confidence=0.6, camelot="8A", relative="C major", tuning_cents=0.0
    ),
)


def make_report(job: api.Job) -> Report:
    kit = ModelReport(
        name="kit", digest="89abcdef00", licence="MIT", provenance="ours", commercial_use="Allowed"
    )
    return Report(
        job_id=str(job.job_id),
        attempt=1,
        created_at=job.created_at,
        source=SourceReport(
            container="wav",
            codec="pcm_s16le",
            sample_rate_hz=44_100,
            channels=2,
            samples=882_000,
            duration_seconds=20.0,
        ),
        model=ModelReport(
            name=job.model,
            digest="0123456789abcdef",
            licence="MIT",
            provenance="ours",
            commercial_use="Allowed",
        ),
        output=job.output,
        sample_rate_hz=44_100,
        samples=882_000,
        device="cpu",
        seconds={"downloading": 0.1, "decoding": 0.2, "separating": 1.5, "encoding": 0.3, "uploading": 0.1},
        real_time_factor=9.1,
        residual_db=-42.5,
        common_gain_db=0.0,
        stems=[
            StemReport(stem=stem, peak=0.5, rms_dbfs=-18.0, loudness_lufs=-16.25, silent=stem is Stem.OTHER)
            for stem in job.stems
        ],
        kit_model=kit if job.extras.drum_parts else None,
        analysis=MUSIC if job.extras.analysis else None,
        warnings=[JobWarning(code=WarningCode.RESAMPLED, message="Resampled from 48 kHz.")],
    )
