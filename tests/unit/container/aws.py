"""The service's table and bucket in memory, and jobs in them."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3

from contract import keys
from contract.audio import OutputOptions, Stem
from contract.inference import InferenceRequest, Source
from contract.records import JobRecord, created_order
from contract.states import JobState

from .small_models import STEMS

TABLE = "jobs"
BUCKET = "audio"
JOB_ID = "6f0a2c3e-4a51-4bb8-9a53-3f0a7a5f4f10"


def now_ms() -> int:
    return time.time_ns() // 1_000_000


@dataclass
class Aws:
    """Direct access beside the adapters."""

    s3: Any
    dynamodb: Any

    @classmethod
    def create(cls) -> "Aws":
        s3 = boto3.client("s3", region_name="us-east-1")
        s3.create_bucket(Bucket=BUCKET)
        dynamodb = boto3.resource("dynamodb")
        dynamodb.create_table(
            TableName=TABLE,
            KeySchema=[
                {"AttributeName": keys.PARTITION_KEY, "KeyType": "HASH"},
                {"AttributeName": keys.SORT_KEY, "KeyType": "RANGE"},
            ],
            AttributeDefinitions=[
                {"AttributeName": name, "AttributeType": "S"} for name in (keys.PARTITION_KEY, keys.SORT_KEY)
            ],
            BillingMode="PAY_PER_REQUEST",
        )
        return cls(s3, dynamodb)

    @property
    def table(self) -> Any:
        return self.dynamodb.Table(TABLE)

    def add_job(
        self,
        path: Path,
        *,
        attempt: int = 1,
        model: str = "small",
        stems: tuple[Stem, ...] = STEMS,
        output: OutputOptions | None = None,
        job_id: str = JOB_ID,
    ) -> InferenceRequest:
        """Upload a song and queue a job for it."""
        key = keys.upload_source(job_id)
        content = path.read_bytes()
        etag = self.s3.put_object(Bucket=BUCKET, Key=key, Body=content)["ETag"]
        source = Source(key=key, etag=etag, size_bytes=len(content), filename=path.name)
        now = now_ms()
        record = JobRecord(
            job_id=job_id,
            owner="owner",
            state=JobState.QUEUED,
            attempt=attempt,
            source=source,
            upload_id=job_id,
            model=model,
            stems=list(stems),
            output=output or OutputOptions(),
            metadata={},
            retention_hours=24,
            created_at=now,
            created_order=created_order(now, job_id),
            retention_ends_at=now // 1000 + 24 * 3600,
        )
        self.table.put_item(Item=record.item())
        return InferenceRequest(
            job_id=job_id,
            attempt=attempt,
            source=source,
            model=model,
            stems=list(stems),
            output=record.output,
            request_id="request-1",
        )

    def record(self, job_id: str = JOB_ID) -> JobRecord:
        return JobRecord.from_item(self.table.get_item(Key=keys.job_item(job_id))["Item"])

    def change(self, update: Any) -> None:
        """Do what another part of the service would do."""
        self.table.update_item(**update.arguments())

    def workers(self) -> list[dict[str, Any]]:
        items = self.table.scan()["Items"]
        return [item for item in items if item[keys.PARTITION_KEY] == keys.WORKERS_PARTITION]

    def objects(self, job_id: str = JOB_ID) -> dict[str, bytes]:
        """What the job owns in S3, by key."""
        listed = self.s3.list_objects_v2(Bucket=BUCKET, Prefix=keys.job_prefix(job_id)).get("Contents", [])
        return {
            entry["Key"]: self.s3.get_object(Bucket=BUCKET, Key=entry["Key"])["Body"].read()
            for entry in listed
        }
