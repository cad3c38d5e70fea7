"""Starting a job: checks, limits, idempotency, cache, dispatch."""

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from uuid import uuid4

from contract import api, catalogue, keys
from contract.audio import Stem
from contract.errors import ErrorCode, StemFoundryError
from contract.inference import Source
from contract.limits import MAX_JOB_ATTEMPTS, Limits
from contract.models import Model
from contract.records import JobRecord, UploadRecord, created_order
from contract.states import JobState, UploadState
from lambdas.core.clock import instant, utc_day
from lambdas.core.dispatch import dispatch
from lambdas.core.ports import (
    DispatchError,
    Endpoint,
    IdempotencyConflictError,
    IdempotencyRecord,
    JobTable,
    ObjectMissingError,
    ObjectStore,
    UploadTable,
)
from lambdas.core.result_cache import cache_key, complete_from_cache
from lambdas.core.uploads import own_upload

_BACKLOG_RETRY_SECONDS = 60
_ACTIVE_RETRY_SECONDS = 15


@dataclass(frozen=True, slots=True)
class JobStarter:
    """Creates jobs; holds what that takes."""

    uploads: UploadTable
    table: JobTable
    objects: ObjectStore
    endpoint: Endpoint
    limits: Limits
    kit_model: str | None = None

    def start(
        self, owner: str, body: api.CreateJob, *, idempotency_key: str | None, request_id: str, now: int
    ) -> tuple[JobRecord, DispatchError | None]:
        """Create a job, or return the one that the same Idempotency-Key made before.

        Returns:
            The job, and why it could not be dispatched yet if that happened: it stays queued and the
            reconciler sends it again.

        Raises:
            StemFoundryError: any of the errors of ``POST /v1/jobs``.
        """
        memory = self._memory(owner, idempotency_key, body, now)
        if memory and (known := self.table.get_idempotency(owner, memory.key)):
            return self._replay(known, memory, now)
        record = self._new_record(owner, body, memory, request_id, now)
        self._check_limits(record, now)
        try:
            self.table.create_job(record, memory)
        except IdempotencyConflictError:
            known = self.table.get_idempotency(owner, memory.key) if memory else None
            if known is None or memory is None:
                raise
            return self._replay(known, memory, now)
        return self._hand_over(record, now)

    def _memory(self, owner: str, key: str | None, body: api.CreateJob, now: int) -> IdempotencyRecord | None:
        if key is None:
            return None
        # Without defaults, so that a field that is new to the API does not make an old request another one.
        body_sha256 = hashlib.sha256(body.model_dump_json(exclude_defaults=True).encode()).hexdigest()
        expires_at = now // 1000 + self.limits.max_retention_hours * 3600
        return IdempotencyRecord(owner, key, body_sha256, str(uuid4()), expires_at)

    def _replay(
        self, known: IdempotencyRecord, memory: IdempotencyRecord, now: int
    ) -> tuple[JobRecord, DispatchError | None]:
        if known.body_sha256 != memory.body_sha256:
            raise StemFoundryError(
                ErrorCode.IDEMPOTENCY_KEY_REUSED,
                "This Idempotency-Key was already used for a different request. Use a new key.",
            )
        record = self.table.get_job(known.job_id)
        if record is None or record.deleted_at is not None:
            raise StemFoundryError(
                ErrorCode.JOB_NOT_FOUND, f"The job {known.job_id} that this Idempotency-Key made was deleted."
            )
        if record.state is JobState.QUEUED and record.dispatched_at is None:
            return self._dispatch(record, now)
        return record, None

    def _new_record(
        self,
        owner: str,
        body: api.CreateJob,
        memory: IdempotencyRecord | None,
        request_id: str,
        now: int,
    ) -> JobRecord:
        model = catalogue.get_song_model(body.model)
        stems = catalogue.effective_stems(model, _known_stems(body.stems))
        kit_model = self._kit_model(model) if body.drum_parts else None
        retention_hours = body.retention_hours or self.limits.default_retention_hours
        if retention_hours > self.limits.max_retention_hours:
            raise StemFoundryError(
                ErrorCode.INVALID_REQUEST,
                f"retention_hours may be at most {self.limits.max_retention_hours} here.",
            )
        upload = own_upload(owner, str(body.upload_id), table=self.uploads, now=now)
        job_id = memory.job_id if memory else str(uuid4())
        record = JobRecord(
            job_id=job_id,
            owner=owner,
            state=JobState.QUEUED,
            attempt=1,
            source=self._verified_source(upload),
            upload_id=upload.upload_id,
            model=model.name,
            stems=stems,
            output=body.output.with_defaults(),
            extras=body.extras,
            kit_model=kit_model,
            metadata=body.metadata,
            retention_hours=retention_hours,
            created_at=now,
            created_order=created_order(now, job_id),
            retention_ends_at=now // 1000 + self._longest_life_seconds() + retention_hours * 3600,
            idempotency_key=memory.key if memory else None,
            request_id=request_id,
        )
        return record.model_copy(update={"cache_key": cache_key(upload, record)})

    def _kit_model(self, model: Model) -> str:
        catalogue.check_drum_parts(model)
        return catalogue.get_kit_model(self.kit_model).name

    def _longest_life_seconds(self) -> int:
        return (self.limits.queue_timeout_seconds + self.limits.invocation_timeout_seconds) * MAX_JOB_ATTEMPTS

    def _verified_source(self, upload: UploadRecord) -> Source:
        if upload.state is not UploadState.COMPLETE:
            raise StemFoundryError(
                ErrorCode.UPLOAD_NOT_COMPLETE,
                f"The upload {upload.upload_id} is {upload.state}. Send the file and complete it first.",
            )
        key = keys.upload_source(upload.upload_id)
        try:
            stored = self.objects.head(key)
        except ObjectMissingError:
            stored = None
        if stored is None or stored.etag != upload.etag:
            raise StemFoundryError(
                ErrorCode.UPLOAD_EXPIRED, f"The file of upload {upload.upload_id} is gone. Upload it again."
            )
        return Source(key=key, etag=stored.etag, size_bytes=stored.size_bytes, filename=upload.filename)

    def _check_limits(self, record: JobRecord, now: int) -> None:
        active = self.table.active_jobs()
        own = sum(1 for job in active if job.owner == record.owner)
        if own >= self.limits.max_active_jobs_per_owner:
            raise StemFoundryError(
                ErrorCode.TOO_MANY_ACTIVE_JOBS,
                f"You have {own} jobs in work, the most allowed at once. Wait for one or cancel one.",
                retry_after_seconds=_ACTIVE_RETRY_SECONDS,
            )
        if len(active) >= self.limits.max_backlog:
            raise StemFoundryError(
                ErrorCode.BACKLOG_FULL,
                "The service has more work than it can queue. Try again in a minute.",
                retry_after_seconds=_BACKLOG_RETRY_SECONDS,
            )
        day = utc_day(now)
        used = self.table.audio_seconds_used(record.owner, day)
        if used >= self.limits.max_audio_minutes_per_day * 60:
            midnight = instant(now).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
            raise StemFoundryError(
                ErrorCode.DAILY_AUDIO_LIMIT_REACHED,
                f"Today's {self.limits.max_audio_minutes_per_day} minutes of audio are used up. "
                "The count starts anew at midnight UTC.",
                retry_after_seconds=int(midnight.timestamp() - now / 1000) + 1,
            )

    def _hand_over(self, record: JobRecord, now: int) -> tuple[JobRecord, DispatchError | None]:
        settled = complete_from_cache(record, table=self.table, objects=self.objects, now=now)
        if settled is not None:
            return settled, None
        current = self.table.get_job(record.job_id) if record.cache_key else record
        return self._dispatch(current or record, now)

    def _dispatch(self, record: JobRecord, now: int) -> tuple[JobRecord, DispatchError | None]:
        try:
            dispatch(
                record,
                table=self.table,
                objects=self.objects,
                endpoint=self.endpoint,
                limits=self.limits,
                now=now,
            )
        except DispatchError as error:
            return record, error
        return record, None


def _known_stems(requested: list[str] | None) -> list[Stem] | None:
    if requested is None:
        return None
    unknown = [name for name in requested if name not in set(Stem)]
    if unknown:
        raise StemFoundryError(
            ErrorCode.UNKNOWN_STEM,
            f"There is no stem {unknown[0][:64]!r}. Known stems: {', '.join(Stem)}.",
        )
    return [Stem(name) for name in requested]
