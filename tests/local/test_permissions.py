"""IAM proven, not assumed: with each function's own role, the local AWS refuses what is not its business.

A probe function is deployed under the role of the function in question; the local AWS enforces IAM.
"""

import io
import json
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest

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

    def get(key: keys.ItemKey) -> Call:
        return ("dynamodb", "get_item", {"TableName": table, "Key": _typed(key)})

    def delete(key: keys.ItemKey) -> Call:
        return ("dynamodb", "delete_item", {"TableName": table, "Key": _typed(key)})

    def put_object(key: str) -> Call:
        return ("s3", "put_object", {"Bucket": bucket, "Key": key, "Body": ""})

    return {
        "scan table": ("dynamodb", "scan", {"TableName": table}),
        "delete table": ("dynamodb", "delete_table", {"TableName": table}),
        "read job": get(keys.job_item("none")),
        "read upload": get(keys.upload_item("none")),
        "delete job": delete(keys.job_item("none")),
        "delete upload": delete(keys.upload_item("none")),
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


def _typed(key: keys.ItemKey) -> dict[str, dict[str, str]]:
    return {name: {"S": value} for name, value in key.items()}


# What each function may do of the calls above; everything else has to be refused.
ALLOWED: dict[FunctionName, set[str]] = {
    FunctionName.AUTHORIZE: {"read secret"},
    FunctionName.SESSION: {"read secret"},
    FunctionName.UPLOAD: {"read upload", "delete upload", "write upload object"},
    FunctionName.PROCESS: {"read job", "read upload", "write job object"},
    FunctionName.STATUS: {"read job"},
    FunctionName.CANCEL: {"read job"},
    FunctionName.CLEANUP: {"read job", "read upload", "delete job", "delete upload", "delete job object"},
    FunctionName.RECONCILE: {"read job", "write job object"},
    FunctionName.RESULT: {"read job", "write job object"},
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
    import boto3
    from botocore.exceptions import ClientError

    session = boto3.Session(
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretAccessKey"],
        aws_session_token=credentials["SessionToken"],
        region_name="us-east-1",
    )
    for name in ("scan table", "delete table", "delete job", "write elsewhere", "read secret", "create user"):
        client, operation, arguments = calls_of(service)[name]
        with pytest.raises(ClientError) as refused:
            getattr(session.client(client, endpoint_url=service.aws_endpoint_url), operation)(**arguments)
        assert refused.value.response["Error"]["Code"] in _REFUSED, name
