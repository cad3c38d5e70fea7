"""IAM proven, not assumed: with each function's own role, the local AWS refuses what is not its business.

A probe function is deployed under the role of the function in question. The local AWS enforces actions,
resources and object prefixes, not ``dynamodb:LeadingKeys``: which items a function may touch is asserted on
the templates (``tests/infra``).
"""

import io
import json
import zipfile
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from contract import keys
from contract.functions import FunctionName
from local.service import LocalService

_PROBE = """
import boto3
from botocore.exceptions import ClientError

def handler(event, context):
    outcomes = []
    for service, operation, arguments in event["calls"]:
        try:
            getattr(boto3.client(service), operation)(**arguments)
            outcomes.append("allowed")
        except ClientError as error:
            outcomes.append(error.response["Error"]["Code"])
    return outcomes
"""

_REFUSED = {"AccessDenied", "AccessDeniedException", "403", "UnauthorizedOperation", "AuthorizationError"}

Call = tuple[str, str, dict[str, Any]]


@pytest.fixture(scope="module")
def probe_code() -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as bundle:
        bundle.writestr("probe.py", _PROBE)
    return archive.getvalue()


@pytest.fixture
def ask(service: LocalService, probe_code: bytes) -> Iterator[Any]:
    """Runs SDK calls under the role of a function."""
    client = service.aws.client("lambda")
    made = []

    def run(function: FunctionName, calls: list[Call]) -> list[str]:
        deployed = service.outputs[f"Function{function.capitalize()}"]
        role = client.get_function_configuration(FunctionName=deployed)["Role"]
        name = f"probe-{function}"
        client.create_function(
            FunctionName=name,
            Runtime="python3.12",
            Role=role,
            Handler="probe.handler",
            Code={"ZipFile": probe_code},
        )
        made.append(name)
        answer = client.invoke(FunctionName=name, Payload=json.dumps({"calls": calls}).encode())
        outcomes = json.loads(answer["Payload"].read())
        assert isinstance(outcomes, list), outcomes
        return outcomes

    yield run
    for name in made:
        client.delete_function(FunctionName=name)


def calls_of(service: LocalService) -> dict[str, Call]:
    """One call per kind of access."""
    table, bucket = service.outputs["TableName"], service.outputs["AudioBucketName"]

    key = {name: {"S": value} for name, value in keys.job_item("none").items()}

    def put_object(key: str) -> Call:
        return ("s3", "put_object", {"Bucket": bucket, "Key": key, "Body": ""})

    return {
        "scan table": ("dynamodb", "scan", {"TableName": table}),
        "delete table": ("dynamodb", "delete_table", {"TableName": table}),
        "read item": ("dynamodb", "get_item", {"TableName": table, "Key": key}),
        "delete item": ("dynamodb", "delete_item", {"TableName": table, "Key": key}),
        "write upload object": put_object("uploads/probe/source"),
        "write job object": put_object("jobs/probe/requests/1.json"),
        "write inference object": put_object("inference/probe.out"),
        "write elsewhere": put_object("elsewhere/probe"),
        "delete job object": ("s3", "delete_object", {"Bucket": bucket, "Key": "jobs/probe/requests/1.json"}),
        "list bucket": ("s3", "list_objects_v2", {"Bucket": bucket}),
        "read secret": (
            "secretsmanager",
            "get_secret_value",
            {"SecretId": service.outputs["SigningSecretArn"]},
        ),
        "publish result": (
            "sns",
            "publish",
            {"TopicArn": service.outputs["SuccessTopicArn"], "Message": "x"},
        ),
        "purge queue": ("sqs", "purge_queue", {"QueueUrl": service.outputs["ResultQueueUrl"]}),
        "assume another role": (
            "sts",
            "assume_role",
            {"RoleArn": service.outputs["ContainerRoleArn"], "RoleSessionName": "probe"},
        ),
        "create user": ("iam", "create_user", {"UserName": "probe"}),
    }


# What each function may do of the calls above; everything else has to be refused.
ALLOWED: dict[FunctionName, set[str]] = {
    FunctionName.AUTHORIZE: {"read secret"},
    FunctionName.SESSION: {"read secret"},
    FunctionName.UPLOAD: {"read item", "delete item", "write upload object"},
    FunctionName.PROCESS: {"read item", "delete item", "write job object"},
    FunctionName.STATUS: {"read item"},
    FunctionName.CANCEL: {"read item"},
    FunctionName.CLEANUP: {"read item", "delete item", "delete job object"},
    FunctionName.RECONCILE: {"read item", "write job object"},
    FunctionName.RESULT: {"read item", "write job object"},
    FunctionName.ABOUT: set(),
}


@pytest.mark.parametrize("function", list(FunctionName))
def test_a_function_is_refused_what_is_not_its_business(
    service: LocalService, ask: Any, function: FunctionName
) -> None:
    calls = calls_of(service)
    outcomes = dict(zip(calls, ask(function, list(calls.values())), strict=True))
    allowed = {name for name, outcome in outcomes.items() if outcome == "allowed"}
    refused = {name for name, outcome in outcomes.items() if outcome in _REFUSED}
    assert allowed == ALLOWED[function], outcomes
    assert refused == set(calls) - ALLOWED[function], outcomes


def test_the_containers_role_cannot_read_records_or_sign_tokens(service: LocalService) -> None:
    credentials = service.aws.client("sts").assume_role(
        RoleArn=service.outputs["ContainerRoleArn"], RoleSessionName="probe"
    )["Credentials"]
    session = boto3.Session(
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretAccessKey"],
        aws_session_token=credentials["SessionToken"],
        region_name="us-east-1",
    )
    for name in ("scan table", "delete table", "read item", "write elsewhere", "read secret", "create user"):
        client, operation, arguments = calls_of(service)[name]
        with pytest.raises(ClientError) as refused:
            getattr(session.client(client, endpoint_url=service.aws_endpoint_url), operation)(**arguments)
        assert refused.value.response["Error"]["Code"] in _REFUSED, name
