"""AWS clients, made once per process and honouring ``AWS_ENDPOINT_URL*``."""

import os
from functools import cache
from typing import TYPE_CHECKING, Literal

import boto3
from botocore.config import Config

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sagemaker_runtime import SageMakerRuntimeClient
    from mypy_boto3_secretsmanager import SecretsManagerClient

_RETRIES = Config(retries={"mode": "standard", "max_attempts": 4}, connect_timeout=3, read_timeout=20)


def _addressing_style() -> Literal["path", "virtual"]:
    # Virtual-hosted names give regional links on AWS; behind an own endpoint they need not resolve.
    custom = "AWS_ENDPOINT_URL_S3" in os.environ or "AWS_ENDPOINT_URL" in os.environ
    return "path" if custom else "virtual"


@cache
def s3() -> "S3Client":
    """S3 client whose presigned links are SigV4 on the regional host."""
    config = _RETRIES.merge(
        Config(
            signature_version="s3v4",
            s3={"addressing_style": _addressing_style()},
            request_checksum_calculation="when_required",
        )
    )
    return boto3.client("s3", config=config)


@cache
def table(name: str) -> "Table":
    """The service's table."""
    return boto3.resource("dynamodb", config=_RETRIES).Table(name)


@cache
def sagemaker_runtime() -> "SageMakerRuntimeClient":
    """Client of the inference endpoint."""
    return boto3.client("sagemaker-runtime", config=_RETRIES)


@cache
def secrets_manager() -> "SecretsManagerClient":
    """Client of Secrets Manager."""
    return boto3.client("secretsmanager", config=_RETRIES)
