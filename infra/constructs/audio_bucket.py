"""The bucket of uploads, stems and endpoint messages."""

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_s3 as s3
from constructs import Construct

from contract import keys
from infra.constructs.retention import data_removal_policy
from infra.settings import Settings

# Backstop behind the scheduled clean-up: each period is the longest retention (168 h) plus slack.
_EXPIRY_DAYS = {
    keys.UPLOADS_PREFIX: 8,
    keys.JOBS_PREFIX: 9,
    keys.INFERENCE_PREFIX: 9,
    keys.INFERENCE_FAILURES_PREFIX: 9,
}
# What a browser must be able to read: the ETag of a part, the ranges of a preview, the checksums.
_EXPOSED_HEADERS = [
    "ETag",
    "Content-Range",
    "Content-Length",
    "x-amz-checksum-crc64nvme",
    "x-amz-checksum-sha256",
    "x-amz-checksum-type",
]


class AudioBucket(Construct):
    """A private bucket that empties itself, with its access logs in a second one."""

    def __init__(self, scope: Construct, construct_id: str, *, settings: Settings) -> None:
        super().__init__(scope, construct_id)
        private: dict[str, Any] = {
            "encryption": s3.BucketEncryption.S3_MANAGED,
            "block_public_access": s3.BlockPublicAccess.BLOCK_ALL,
            "object_ownership": s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            "enforce_ssl": settings.enforce_tls,
            "removal_policy": data_removal_policy(settings),
        }
        self.access_logs = s3.Bucket(
            self,
            "AccessLogs",
            lifecycle_rules=[s3.LifecycleRule(expiration=cdk.Duration.days(settings.log_retention_days))],
            **private,
        )
        self.bucket = s3.Bucket(
            self,
            "Bucket",
            cors=[_cors(settings)],
            lifecycle_rules=_lifecycle(),
            server_access_logs_bucket=self.access_logs,
            server_access_logs_prefix="audio/",
            **private,
        )


def _cors(settings: Settings) -> s3.CorsRule:
    return s3.CorsRule(
        allowed_origins=list(settings.site_origins),
        allowed_methods=[s3.HttpMethods.GET, s3.HttpMethods.PUT, s3.HttpMethods.HEAD],
        # A presigned link accepts exactly the headers it signs, so naming them here would add nothing.
        allowed_headers=["*"],
        exposed_headers=_EXPOSED_HEADERS,
        max_age=3600,
    )


def _lifecycle() -> list[s3.LifecycleRule]:
    expiry = [
        s3.LifecycleRule(id=f"expire-{prefix.rstrip('/')}", prefix=prefix, expiration=cdk.Duration.days(days))
        for prefix, days in _EXPIRY_DAYS.items()
    ]
    abandoned = s3.LifecycleRule(
        id="abort-abandoned-uploads", abort_incomplete_multipart_upload_after=cdk.Duration.days(1)
    )
    return [*expiry, abandoned]
