"""Removing jobs and uploads: on their owner's word, and when their retention ends."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from contract import api, keys, transitions
from contract.limits import Limits
from contract.records import JobRecord, UploadRecord
from contract.states import JobState, UploadState
from lambdas.core.clock import instant
from lambdas.core.ports import JobTable, ObjectStore, Removed, UploadTable

# After its time-out a worker needs a moment to notice and to remove what it still holds.
_STOPPING_MARGIN_SECONDS = 600


@dataclass(frozen=True, slots=True)
class Remover:
    """Removes what jobs and uploads own; holds what that takes."""

    uploads: UploadTable
    table: JobTable
    objects: ObjectStore
    limits: Limits

    def delete_job(self, record: JobRecord, *, now: int) -> api.DeletionReceipt:
        """Delete a job with its objects, its source and every memory of it.

        The tombstone comes first: from then on the job is invisible, its worker is refused, and a crash
        half-way is finished by the schedule.
        """
        deadline = now // 1000 + self.limits.invocation_timeout_seconds + _STOPPING_MARGIN_SECONDS
        buried = self.table.update_job(transitions.bury(record.job_id, now=now, deadline=deadline)).record
        current = buried or record
        removed = self._remove_objects(current)
        source = self._remove_source(current)
        self._forget(current)
        stopping = current.state is JobState.PROCESSING
        if not stopping:
            self.table.delete_item(keys.job_item(current.job_id))
        total = removed + source
        return api.DeletionReceipt.model_validate(
            {
                "job_id": current.job_id,
                "deleted_at": instant(now),
                "objects_removed": total.objects,
                "bytes_removed": total.size_bytes,
                "upload_removed": source.objects > 0,
                "still_stopping": stopping,
            }
        )

    def remove_due(self, *, now: int, limit: int) -> int:
        """Remove what has passed its retention, oldest first, and return how many records that were."""
        due = self.table.due_items(now_seconds=now // 1000, limit=limit)
        for item in due:
            self._remove_due_item(item)
        return len(due)

    def _remove_due_item(self, item: Mapping[str, Any]) -> None:
        if str(item[keys.PARTITION_KEY]).startswith(keys.UPLOAD_KEY_PREFIX):
            self._expire_upload(UploadRecord.from_item(item))
            return
        record = JobRecord.from_item(item)
        self._remove_objects(record)
        if record.deleted_at is not None:
            self.table.delete_item(keys.job_item(record.job_id))
        else:
            self.table.update_job(transitions.forget_objects(keys.job_item(record.job_id)))

    def _expire_upload(self, record: UploadRecord) -> None:
        key = keys.upload_source(record.upload_id)
        if record.multipart_id is not None and record.state is UploadState.OPEN:
            self.objects.abort_multipart(key, record.multipart_id)
        self.objects.delete(key)
        self.uploads.update_upload(transitions.close_upload(record.upload_id, UploadState.EXPIRED))
        self.uploads.update_upload(transitions.forget_objects(keys.upload_item(record.upload_id)))

    def _remove_objects(self, record: JobRecord) -> Removed:
        removed = self.objects.delete_prefix(keys.job_prefix(record.job_id))
        for location in (record.output_location, record.failure_location):
            if location is not None:
                self.objects.delete_location(location)
        return removed

    def _remove_source(self, record: JobRecord) -> Removed:
        shared = any(
            job.upload_id == record.upload_id and job.job_id != record.job_id
            for job in self.table.active_jobs()
        )
        if shared or self.uploads.get_upload(record.upload_id) is None:
            return Removed()
        self.objects.delete(record.source.key)
        self.table.delete_item(keys.upload_item(record.upload_id))
        return Removed(1, record.source.size_bytes)

    def _forget(self, record: JobRecord) -> None:
        if record.cache_key is not None:
            self.table.forget_cached_job(record.owner, record.cache_key, record.job_id)
        if record.idempotency_key is not None:
            self.table.forget_idempotency(record.owner, record.idempotency_key, record.job_id)
