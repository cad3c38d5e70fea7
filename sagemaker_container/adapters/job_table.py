"""DynamoDB: conditional updates of job records, and the heartbeats of workers."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import boto3
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.config import Config
from botocore.exceptions import ClientError

from contract import keys
from contract.records import JobRecord, encode_attributes
from contract.transitions import Update

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_CONDITION_FAILED = "ConditionalCheckFailedException"

_serializer = TypeSerializer()
_deserializer = TypeDeserializer()


class UpdateRefusedError(Exception):
    """The condition of an update failed.

    Args:
        record: what the table holds, or None when there is no such job.
    """

    def __init__(self, record: JobRecord | None) -> None:
        super().__init__("the record does not allow this update")
        self.record = record


class JobTable:
    """The service's table, as far as a worker needs it. Safe to use from several threads."""

    def __init__(self, client: "DynamoDBClient", table_name: str) -> None:
        self._client = client
        self._table_name = table_name

    @classmethod
    def connect(cls, table_name: str) -> "JobTable":
        """Build from the process's AWS settings."""
        config = Config(connect_timeout=5, read_timeout=10, retries={"mode": "standard", "max_attempts": 4})
        return cls(boto3.client("dynamodb", config=config), table_name)

    def update(self, update: Update) -> JobRecord:
        """Apply a conditional update and return the record as it now is.

        Raises:
            UpdateRefusedError: the condition failed.
            botocore.exceptions.BotoCoreError, ClientError: DynamoDB cannot be reached or fails.
        """
        arguments = update.arguments()
        for name in ("Key", "ExpressionAttributeValues"):
            if name in arguments:
                arguments[name] = _encode(arguments[name])
        try:
            answer = self._client.update_item(TableName=self._table_name, **arguments)
        except ClientError as error:
            if error.response["Error"]["Code"] != _CONDITION_FAILED:
                raise
            item: Mapping[str, Any] | None = error.response.get("Item")  # type: ignore[assignment]
            raise UpdateRefusedError(_record(item) if item else None) from error
        return _record(answer["Attributes"])

    def put_worker(self, worker_id: str, attributes: Mapping[str, Any]) -> None:
        """Write a worker's heartbeat."""
        item = keys.worker_item(worker_id) | encode_attributes(attributes)
        self._client.put_item(TableName=self._table_name, Item=_encode(item))

    def remove_worker(self, worker_id: str) -> None:
        """Forget a worker."""
        self._client.delete_item(TableName=self._table_name, Key=_encode(keys.worker_item(worker_id)))


def _encode(item: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _serializer.serialize(value) for name, value in item.items()}


def _record(item: Mapping[str, Any]) -> JobRecord:
    return JobRecord.from_item({name: _deserializer.deserialize(value) for name, value in item.items()})
