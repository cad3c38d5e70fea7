"""Direct calls of deployed functions, and the calls that make them warm."""

import json
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import httpx

from contract import routes
from local.emulator import LocalAws
from local.processes import LocalError

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

_TIMEOUT_SECONDS = 30.0


def invoke_function(aws: LocalAws, function_name: str, event: dict[str, Any]) -> Any:
    """Run a function and return its answer.

    Raises:
        LocalError: the function raised; with what it raised.
    """
    client: LambdaClient = aws.client("lambda")
    answer = client.invoke(FunctionName=function_name, Payload=json.dumps(event).encode())
    payload = answer["Payload"].read()
    if answer.get("FunctionError"):
        raise LocalError(f"{function_name} failed: {payload.decode(errors='replace')}")
    return json.loads(payload) if payload else None


def warm_up_result(aws: LocalAws, function_name: str) -> None:
    """Start the function that settles jobs, with a message that is not about a job and is ignored."""
    record = {"messageId": "warm-up", "eventSource": "aws:sqs", "body": "{}"}
    invoke_function(aws, function_name, {"Records": [record]})


def warm_up(api_url: str) -> None:
    """Call each function of the API once, so that nobody waits for its first start.

    The calls change nothing: they are refused as incomplete or name a job that does not exist.

    Raises:
        LocalError: the API is not there.
    """
    nobody = str(uuid.uuid4())
    with httpx.Client(base_url=api_url, timeout=_TIMEOUT_SECONDS, trust_env=False) as client:
        health = client.get(routes.GET_HEALTH.path)
        if not health.is_success:
            raise LocalError(
                f"The API answers {health.status_code} to {routes.GET_HEALTH.path}: {health.text}"
            )
        session = client.post(routes.CREATE_SESSION.path)
        if not session.is_success:
            # Too many sessions this hour, for example; a cold start is no reason not to run.
            return
        client.headers["Authorization"] = f"Bearer {session.json()['token']}"
        calls: list[tuple[str, str, dict[str, str] | None]] = [
            *((route.method, route.path, {}) for route in (routes.CREATE_UPLOAD, routes.CREATE_JOB)),
            *(
                (route.method, route.url(job_id=nobody), None)
                for route in (routes.GET_JOB, routes.CANCEL_JOB, routes.DELETE_JOB)
            ),
        ]
        with ThreadPoolExecutor(len(calls)) as pool:
            list(pool.map(lambda call: client.request(call[0], call[1], json=call[2]), calls))
