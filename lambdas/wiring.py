"""Puts adapters behind the domain's ports, once per process and only when first needed."""

from datetime import UTC, datetime
from functools import cache

from contract.environment import LambdaEnvironment
from lambdas.adapters import clients
from lambdas.adapters.endpoint import AsyncEndpoint
from lambdas.adapters.objects import AudioBucket
from lambdas.adapters.signing_keys import SecretSigningKeys
from lambdas.adapters.table import DynamoTable
from lambdas.core.clock import milliseconds
from lambdas.core.jobs import JobStarter
from lambdas.core.prewarming import Prewarmer
from lambdas.core.reconciliation import Reconciler
from lambdas.core.removal import Remover
from lambdas.core.settlement import Settler


def now() -> datetime:
    """The current time, UTC."""
    return datetime.now(UTC)


def now_ms() -> int:
    """The current time in milliseconds since the epoch."""
    return milliseconds(now())


@cache
def environment() -> LambdaEnvironment:
    """The function's variables, validated."""
    return LambdaEnvironment.from_environ()


@cache
def table() -> DynamoTable:
    """Upload and job records."""
    return DynamoTable(clients.table(environment().table_name))


@cache
def objects() -> AudioBucket:
    """The audio bucket."""
    return AudioBucket(clients.s3(), environment().audio_bucket)


@cache
def endpoint() -> AsyncEndpoint:
    """The inference endpoint."""
    return AsyncEndpoint(clients.sagemaker_runtime(), environment().endpoint_name)


@cache
def signing_keys() -> SecretSigningKeys:
    """Session signing keys.

    Raises:
        RuntimeError: this function was deployed without access to them.
    """
    secret_arn = environment().signing_secret_arn
    if secret_arn is None:
        raise RuntimeError("SIGNING_SECRET_ARN is not set for this function")
    return SecretSigningKeys(clients.secrets_manager(), secret_arn)


@cache
def origin_secrets() -> SecretSigningKeys | None:
    """Versions of the distribution's secret, or None where there is no distribution in front."""
    secret_arn = environment().origin_secret_arn
    return SecretSigningKeys(clients.secrets_manager(), secret_arn) if secret_arn else None


@cache
def job_starter() -> JobStarter:
    """Creates jobs."""
    return JobStarter(table(), table(), objects(), endpoint(), environment().limits, environment().kit_model)


@cache
def prewarmer() -> Prewarmer | None:
    """Starts an instance ahead of a job; None when the operator has not asked for that."""
    whose = environment().prewarm
    if whose is None:
        return None
    return Prewarmer(table(), objects(), endpoint(), environment().limits, whose)


@cache
def settler() -> Settler:
    """Applies outcomes of attempts."""
    return Settler(table(), objects(), endpoint(), environment().limits, now_ms)


@cache
def reconciler() -> Reconciler:
    """Finds jobs whose messages were lost."""
    return Reconciler(settler())


@cache
def remover() -> Remover:
    """Removes jobs and uploads."""
    return Remover(table(), table(), objects(), environment().limits)
