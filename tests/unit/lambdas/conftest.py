"""AWS in memory (moto) behind the real adapters, a recording endpoint, and gateway events."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import boto3
import pytest
from moto import mock_aws

from contract import keys
from contract.environment import LambdaEnvironment
from contract.functions import FunctionName
from contract.limits import Limits
from contract.routes import Route
from lambdas import wiring
from lambdas.adapters import clients
from lambdas.adapters.objects import AudioBucket
from lambdas.adapters.table import DynamoTable
from lambdas.core.ports import DispatchError, Invocation

REGION = "eu-west-1"
BUCKET = "audio"
LIMITS = Limits(max_active_jobs_per_owner=2, max_backlog=4, dispatch_grace_seconds=30)


def create_table(name: str = "jobs") -> Any:
    string_attributes = ("pk", "sk", "owner_jobs", "created_order", "active", "expiring")

    def index(name: str, partition: str, sort: str) -> dict[str, Any]:
        return {
            "IndexName": name,
            "KeySchema": [
                {"AttributeName": partition, "KeyType": "HASH"},
                {"AttributeName": sort, "KeyType": "RANGE"},
            ],
            "Projection": {"ProjectionType": "ALL"},
        }

    return boto3.resource("dynamodb", region_name=REGION).create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        AttributeDefinitions=[
            *({"AttributeName": attribute, "AttributeType": "S"} for attribute in string_attributes),
            {"AttributeName": "retention_ends_at", "AttributeType": "N"},
        ],
        GlobalSecondaryIndexes=[
            index(keys.BY_OWNER_INDEX, "owner_jobs", "created_order"),
            index(keys.ACTIVE_INDEX, "active", "created_order"),
            index(keys.EXPIRING_INDEX, "expiring", "retention_ends_at"),
        ],
        BillingMode="PAY_PER_REQUEST",
    )


@dataclass
class RecordingEndpoint:
    """Accepts invocations and remembers them; refuses while ``down``."""

    invocations: list[dict[str, Any]] = field(default_factory=list)
    down: bool = False

    def invoke(
        self, input_location: str, *, inference_id: str, timeout_seconds: int, queue_seconds: int
    ) -> Invocation:
        if self.down:
            raise DispatchError("endpoint is down")
        self.invocations.append(
            {
                "input": input_location,
                "id": inference_id,
                "timeout": timeout_seconds,
                "queue": queue_seconds,
            }
        )
        output = f"s3://{BUCKET}/inference/{uuid4()}.out"
        return Invocation(output, output.replace("inference/", "inference-failures/"))


@dataclass
class Service:
    """The Lambdas of one deployment."""

    table: DynamoTable
    objects: AudioBucket
    endpoint: RecordingEndpoint
    s3: Any
    raw_table: Any
    now: int = 1_800_000_000_000

    def call(
        self,
        route: Route,
        body: object = None,
        *,
        owner: str | None = "owner-1",
        headers: dict[str, str] | None = None,
        query: dict[str, str] | None = None,
        raw_body: str | None = None,
        denial: dict[str, str] | None = None,
        **path: str,
    ) -> tuple[int, Any, dict[str, str]]:
        """Send a gateway event to the route's function; returns status, body and headers."""
        event = gateway_event(route, body, headers=headers, query=query, raw_body=raw_body, path=path)
        if owner is not None or denial is not None:
            context = denial or {"owner": owner}
            event["requestContext"]["authorizer"] = {"lambda": context}
        answer = invoke(route.function, event)
        text = answer["body"]
        parsed = json.loads(text) if text.startswith(("{", "[")) else text
        lowered = {name.lower(): value for name, value in (answer.get("headers") or {}).items()}
        return answer["statusCode"], parsed, lowered

    def keys_in_bucket(self, prefix: str = "") -> list[str]:
        found = self.s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", [])
        return sorted(item["Key"] for item in found)


def invoke(function: FunctionName, event: dict[str, Any]) -> dict[str, Any]:
    from importlib import import_module

    context = SimpleNamespace(
        function_name=str(function),
        memory_limit_in_mb=512,
        invoked_function_arn=f"arn:aws:lambda:{REGION}:123456789012:function:{function}",
        aws_request_id=str(uuid4()),
    )
    result: dict[str, Any] = import_module(f"lambdas.handlers.{function}").handler(event, context)
    return result


def gateway_event(
    route: Route,
    body: object = None,
    *,
    headers: dict[str, str] | None = None,
    query: dict[str, str] | None = None,
    raw_body: str | None = None,
    path: dict[str, str] | None = None,
) -> dict[str, Any]:
    """An HTTP API event, payload 2.0, as the developer guide shows it."""
    url = route.url(**(path or {}))
    text = raw_body if raw_body is not None else (None if body is None else json.dumps(body))
    return {
        "version": "2.0",
        "routeKey": route.key,
        "rawPath": url,
        "rawQueryString": "&".join(f"{name}={value}" for name, value in (query or {}).items()),
        "headers": {"content-type": "application/json", **(headers or {})},
        "queryStringParameters": query,
        "pathParameters": path or None,
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "api",
            "domainName": "api.example.com",
            "domainPrefix": "api",
            "http": {
                "method": route.method,
                "path": url,
                "protocol": "HTTP/1.1",
                "sourceIp": "192.0.2.1",
                "userAgent": "test",
            },
            "requestId": "request-1",
            "routeKey": route.key,
            "stage": "$default",
            "time": "01/Jan/2027:00:00:00 +0000",
            "timeEpoch": 1_800_000_000_000,
        },
        "body": text,
        "isBase64Encoded": False,
    }


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"):
        monkeypatch.delenv(name, raising=False)
    with mock_aws():
        raw_table = create_table()
        s3 = boto3.client("s3", region_name=REGION)
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        secret = boto3.client("secretsmanager", region_name=REGION).create_secret(
            Name="signing", SecretString="a-signing-key-of-at-least-32-characters"
        )
        environment = LambdaEnvironment(
            table_name="jobs",
            audio_bucket=BUCKET,
            endpoint_name="endpoint",
            limits=LIMITS,
            signing_secret_arn=secret["ARN"],
        )
        for name, value in environment.to_environ().items():
            monkeypatch.setenv(name, value)
        reset_wiring()
        made = Service(
            DynamoTable(clients.table("jobs")),
            AudioBucket(clients.s3(), BUCKET),
            RecordingEndpoint(),
            s3,
            raw_table,
        )
        monkeypatch.setattr(wiring, "endpoint", lambda: made.endpoint)
        monkeypatch.setattr(wiring, "now_ms", lambda: made.now)
        yield made
    reset_wiring()


def reset_wiring() -> None:
    for function in (*vars(wiring).values(), *vars(clients).values()):
        if hasattr(function, "cache_clear"):
            function.cache_clear()
