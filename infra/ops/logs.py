"""Every log line about one job, of all functions and of the endpoint, in order of time."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from botocore.exceptions import ClientError

from contract.functions import FunctionName
from infra.ops.deployment import Deployment, OpsError, error_code, explained

ENDPOINT_LOGS = "/aws/sagemaker/Endpoints/"


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line; ``fields`` is empty when it was not JSON."""

    at: datetime
    source: str
    text: str
    fields: dict[str, Any]


def job_id(text: str) -> str:
    """A job's id in its canonical form.

    Raises:
        OpsError: when it is none; it would otherwise become part of a filter.
    """
    try:
        return str(UUID(text))
    except ValueError:
        raise OpsError(f"{text[:64]!r} is not a job id", "Job ids look like 1b9d6bcd-bbfd-4b2d-…") from None


def log_groups(deployment: Deployment) -> dict[str, str]:
    """Log group of every function that is deployed, and of the endpoint, by a short name."""
    client = deployment.session.client("lambda")
    groups: dict[str, str] = {}
    for name in FunctionName:
        function = deployment.output("Api", f"Function{name.capitalize()}")
        with explained(f"reading function {function}"):
            configuration = client.get_function_configuration(FunctionName=function)
        groups[str(name)] = configuration.get("LoggingConfig", {}).get("LogGroup", f"/aws/lambda/{function}")
    groups["endpoint"] = ENDPOINT_LOGS + deployment.settings.endpoint_name
    return groups


def job_lines(deployment: Deployment, job: str, hours: float) -> list[LogLine]:
    """Lines that name the job, oldest first.

    The endpoint's own ``data-log`` knows only the inference id, which begins with the job's id, so the filter
    is the id as text.

    Args:
        deployment: where.
        job: id in its canonical form.
        hours: how far to look back.

    Raises:
        OpsError: when AWS refuses.
    """
    since = datetime.now(UTC) - timedelta(hours=hours)
    lines = [
        line
        for source, group in log_groups(deployment).items()
        for line in _group_lines(deployment, source, group, f'"{job}"', since)
    ]
    return sorted(lines, key=lambda line: line.at)


def _group_lines(
    deployment: Deployment, source: str, group: str, pattern: str, since: datetime
) -> Iterator[LogLine]:
    paginator = deployment.session.client("logs").get_paginator("filter_log_events")
    pages = paginator.paginate(
        logGroupName=group, filterPattern=pattern, startTime=int(since.timestamp() * 1000)
    )
    with explained(f"reading {group}"):
        try:
            for page in pages:
                for event in page["events"]:
                    yield _line(source, event["timestamp"], event["message"])
        except ClientError as error:
            # A function that has never run, or an endpoint that has never started, has no group yet.
            if error_code(error) != "ResourceNotFoundException":
                raise


def _line(source: str, timestamp: int, message: str) -> LogLine:
    fields: Any = None
    if message.startswith("{"):
        try:
            fields = json.loads(message)
        except json.JSONDecodeError:
            fields = None
    known = fields if isinstance(fields, dict) else {}
    text = str(known.get("message", message.strip()))
    return LogLine(datetime.fromtimestamp(timestamp / 1000, UTC), source, text, known)
