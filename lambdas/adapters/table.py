"""The DynamoDB table as the domain's upload and job tables."""

import time
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.conditions import Attr, ConditionBase, Key
from boto3.dynamodb.types import TypeDeserializer
from botocore.exceptions import ClientError

from contract import keys
from contract.records import JobRecord, UploadRecord
from contract.states import JobState
from contract.transitions import Update
from lambdas.core.ports import IdempotencyConflictError, IdempotencyRecord, JobUpdate

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

_CONDITION_FAILED = "ConditionalCheckFailedException"
_TRANSACTION_TRIES = 4
_TRANSACTION_PAUSE_SECONDS = 0.05


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


class DynamoTable:
    """Implements the ports ``UploadTable`` and ``JobTable`` on one table."""

    def __init__(self, table: "Table") -> None:
        self._table = table

    # --- uploads ---

    def get_upload(self, upload_id: str) -> UploadRecord | None:
        """Read strongly consistent."""
        item = self._get(keys.upload_item(upload_id))
        return UploadRecord.from_item(item) if item else None

    def put_upload(self, record: UploadRecord) -> None:
        """Write a new record."""
        self._table.put_item(Item=record.item(), ConditionExpression=Attr(keys.PARTITION_KEY).not_exists())

    def update_upload(self, update: Update) -> UploadRecord | None:
        """Apply; None when the condition failed."""
        applied, item = self._update(update)
        return UploadRecord.from_item(item) if applied and item else None

    # --- jobs ---

    def get_job(self, job_id: str) -> JobRecord | None:
        """Read strongly consistent."""
        item = self._get(keys.job_item(job_id))
        return JobRecord.from_item(item) if item else None

    def create_job(self, record: JobRecord, idempotency: IdempotencyRecord | None) -> None:
        """Write job and idempotency memory in one transaction."""
        if idempotency is None:
            self._table.put_item(
                Item=record.item(), ConditionExpression=Attr(keys.PARTITION_KEY).not_exists()
            )
            return
        memory = {
            **keys.idempotency_item(idempotency.owner, idempotency.key),
            "body_sha256": idempotency.body_sha256,
            "job_id": idempotency.job_id,
            keys.TIME_TO_LIVE_ATTRIBUTE: idempotency.expires_at,
        }
        for attempt in range(1, _TRANSACTION_TRIES + 1):
            try:
                self._put_new(record.item(), memory)
            except ClientError as error:
                reasons = [reason.get("Code") for reason in error.response.get("CancellationReasons", [])]
                if "ConditionalCheckFailed" in reasons:
                    raise IdempotencyConflictError(idempotency.key) from error
                # Two requests with the same key collide here before either has written.
                if "TransactionConflict" not in reasons or attempt == _TRANSACTION_TRIES:
                    raise
                time.sleep(_TRANSACTION_PAUSE_SECONDS * attempt)
            else:
                return

    def _put_new(self, *items: Mapping[str, Any]) -> None:
        absent = f"attribute_not_exists({keys.PARTITION_KEY})"
        self._table.meta.client.transact_write_items(
            TransactItems=[
                {"Put": {"TableName": self._table.name, "Item": item, "ConditionExpression": absent}}
                for item in items
            ]
        )

    def update_job(self, update: Update) -> JobUpdate:
        """Apply a conditional update; a failed condition is an outcome, not an error."""
        applied, item = self._update(update)
        return JobUpdate(applied, JobRecord.from_item(item) if item and "job_id" in item else None)

    def get_idempotency(self, owner: str, key: str) -> IdempotencyRecord | None:
        """Find what a key was used for."""
        item = self._get(keys.idempotency_item(owner, key))
        if item is None:
            return None
        return IdempotencyRecord(
            owner,
            key,
            str(item["body_sha256"]),
            str(item["job_id"]),
            int(item[keys.TIME_TO_LIVE_ATTRIBUTE]),
        )

    def active_jobs(self) -> list[JobRecord]:
        """All queued and processing jobs, oldest first."""
        items = self._query(Key("active").eq(keys.ACTIVE_PARTITION), index=keys.ACTIVE_INDEX)
        return [JobRecord.from_item(item) for item in items]

    def list_jobs(
        self, owner: str, *, limit: int, before: str | None, state: JobState | None
    ) -> tuple[list[JobRecord], str | None]:
        """A page of an owner's jobs, newest first, and the ``created_order`` to go on from."""
        condition: ConditionBase = Key("owner_jobs").eq(owner)
        if before is not None:
            condition &= Key("created_order").lt(before)
        found: list[JobRecord] = []
        for item in self._query(condition, index=keys.BY_OWNER_INDEX, newest_first=True):
            record = JobRecord.from_item(item)
            if state is not None and record.state is not state:
                continue
            if len(found) == limit:
                return found, found[-1].created_order
            found.append(record)
        return found, None

    def live_workers(self, *, since: int) -> int:
        """Number of workers with a heartbeat at or after ``since`` (ms)."""
        items = self._query(Key(keys.PARTITION_KEY).eq(keys.WORKERS_PARTITION))
        return sum(1 for item in items if int(item.get("heartbeat_at", 0)) >= since)

    def claim(self, update: Update) -> bool:
        """Apply a conditional update that only one of several callers wins."""
        applied, _ = self._update(update)
        return applied

    # --- memories ---

    def cached_job(self, owner: str, cache_key: str) -> str | None:
        """Job id of an earlier result with this key."""
        item = self._get(keys.cache_item(owner, cache_key))
        return str(item["job_id"]) if item else None

    def put_cached_job(self, owner: str, cache_key: str, job_id: str, *, expires_at: int) -> None:
        """Remember a result."""
        self._table.put_item(
            Item={
                **keys.cache_item(owner, cache_key),
                "job_id": job_id,
                keys.TIME_TO_LIVE_ATTRIBUTE: expires_at,
            }
        )

    def forget_cached_job(self, owner: str, cache_key: str, job_id: str) -> None:
        """Drop the memory of a result if it still points at this job."""
        self._delete_if_of_job(keys.cache_item(owner, cache_key), job_id)

    def forget_idempotency(self, owner: str, key: str, job_id: str) -> None:
        """Drop the memory of a key if it still points at this job."""
        self._delete_if_of_job(keys.idempotency_item(owner, key), job_id)

    def _delete_if_of_job(self, key: keys.ItemKey, job_id: str) -> None:
        try:
            self._table.delete_item(Key=key, ConditionExpression=Attr("job_id").eq(job_id))
        except ClientError as error:
            if _code(error) != _CONDITION_FAILED:
                raise

    def delete_item(self, key: keys.ItemKey) -> None:
        """Remove an item for good."""
        self._table.delete_item(Key=key)

    def due_items(self, *, now_seconds: int, limit: int) -> list[Mapping[str, Any]]:
        """Upload and job items whose retention has ended, oldest first."""
        due = Key("expiring").eq(keys.EXPIRING_PARTITION) & Key("retention_ends_at").lte(now_seconds)
        found: list[Mapping[str, Any]] = []
        for item in self._query(due, index=keys.EXPIRING_INDEX):
            found.append(item)
            if len(found) == limit:
                break
        return found

    # --- counters ---

    def audio_seconds_used(self, owner: str, day: str) -> float:
        """Audio processed for an owner on a UTC day."""
        item = self._get(keys.usage_item(owner, day))
        return float(item.get("audio_seconds", 0)) if item else 0.0

    def add_audio_seconds(self, owner: str, day: str, seconds: float, *, expires_at: int) -> None:
        """Count processed audio."""
        self._add(keys.usage_item(owner, day), "audio_seconds", seconds, expires_at)

    def count_session(self, address: str, hour: str, *, expires_at: int) -> int:
        """Count a session issued to an address and return the count of that hour."""
        return int(self._add(keys.sessions_item(address, hour), "sessions", 1, expires_at))

    def _add(self, key: keys.ItemKey, attribute: str, amount: float, expires_at: int) -> Any:
        response = self._table.update_item(
            Key=key,
            UpdateExpression="ADD #counter :amount SET #expiry = :expires_at",
            ExpressionAttributeNames={"#counter": attribute, "#expiry": keys.TIME_TO_LIVE_ATTRIBUTE},
            ExpressionAttributeValues={":amount": Decimal(str(amount)), ":expires_at": expires_at},
            ReturnValues="ALL_NEW",
        )
        return response["Attributes"][attribute]

    # --- plumbing ---

    def _get(self, key: keys.ItemKey) -> dict[str, Any] | None:
        return self._table.get_item(Key=key, ConsistentRead=True).get("Item")

    def _update(self, update: Update) -> tuple[bool, dict[str, Any] | None]:
        try:
            response = self._table.update_item(**update.arguments())
        except ClientError as error:
            if _code(error) != _CONDITION_FAILED:
                raise
            # The resource layer does not translate items that come with an error.
            old = error.response.get("Item")
            deserialize = TypeDeserializer().deserialize
            return False, {name: deserialize(value) for name, value in old.items()} if old else None  # type: ignore[attr-defined]
        return True, dict(response["Attributes"])

    def _query(
        self, condition: ConditionBase, *, index: str | None = None, newest_first: bool = False
    ) -> Iterator[dict[str, Any]]:
        arguments: dict[str, Any] = {
            "KeyConditionExpression": condition,
            "ScanIndexForward": not newest_first,
        }
        if index is not None:
            arguments["IndexName"] = index
        while True:
            response = self._table.query(**arguments)
            yield from response["Items"]
            if "LastEvaluatedKey" not in response:
                return
            arguments["ExclusiveStartKey"] = response["LastEvaluatedKey"]
