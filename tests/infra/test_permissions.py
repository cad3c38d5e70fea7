"""Every permission that is deployed, against a table written out by hand.

A line is ``action resource``; in brackets the item prefix or the other condition it is limited to.
"""

import re
from typing import Any

import pytest

from contract.functions import FunctionName
from infra.image_source import REPOSITORY
from infra.settings import Settings
from tests.infra.conftest import synthesize
from tests.infra.templates import Template, as_list

FUNCTION_COMMON = """
logs:CreateLogStream own-logs
logs:PutLogEvents own-logs
xray:PutTelemetryRecords *
xray:PutTraceSegments *
"""

SETTLE = """
dynamodb:GetItem table [JOB#*]
dynamodb:PutItem table [CACHE#*]
dynamodb:UpdateItem table [JOB#*]
dynamodb:UpdateItem table [USAGE#*]
s3:PutObject bucket/jobs/*
sagemaker:InvokeEndpointAsync endpoint
"""

EXPECTED = {
    FunctionName.AUTHORIZE: """
secretsmanager:GetSecretValue origin-secret
secretsmanager:GetSecretValue secret
""",
    FunctionName.SESSION: """
secretsmanager:GetSecretValue origin-secret
secretsmanager:GetSecretValue secret
dynamodb:UpdateItem table [SESSIONS#*]
""",
    FunctionName.UPLOAD: """
dynamodb:DeleteItem table [UPLOAD#*]
dynamodb:GetItem table [UPLOAD#*]
dynamodb:PutItem table [UPLOAD#*]
dynamodb:UpdateItem table [UPLOAD#*]
s3:AbortMultipartUpload bucket/uploads/*
s3:DeleteObject bucket/uploads/*
s3:GetObject bucket/uploads/*
s3:ListMultipartUploadParts bucket/uploads/*
s3:PutObject bucket/uploads/*
""",
    FunctionName.PROCESS: """
dynamodb:DeleteItem table [CACHE#*]
dynamodb:GetItem table [CACHE#*]
dynamodb:GetItem table [IDEMPOTENCY#*]
dynamodb:GetItem table [JOB#*]
dynamodb:GetItem table [UPLOAD#*]
dynamodb:GetItem table [USAGE#*]
dynamodb:PutItem table [IDEMPOTENCY#*]
dynamodb:PutItem table [JOB#*]
dynamodb:Query table [WORKERS]
dynamodb:Query table/index/active [ACTIVE]
dynamodb:UpdateItem table [JOB#*]
s3:GetObject bucket/jobs/*
s3:GetObject bucket/uploads/*
s3:PutObject bucket/jobs/*
sagemaker:InvokeEndpointAsync endpoint
""",
    FunctionName.STATUS: """
dynamodb:GetItem table [JOB#*]
dynamodb:Query table [WORKERS]
dynamodb:Query table/index/active [ACTIVE]
dynamodb:Query table/index/by_owner
s3:GetObject bucket/jobs/*
""",
    FunctionName.CANCEL: """
dynamodb:GetItem table [JOB#*]
dynamodb:UpdateItem table [JOB#*]
""",
    FunctionName.CLEANUP: """
dynamodb:DeleteItem table [CACHE#*]
dynamodb:DeleteItem table [IDEMPOTENCY#*]
dynamodb:DeleteItem table [JOB#*]
dynamodb:DeleteItem table [UPLOAD#*]
dynamodb:GetItem table [JOB#*]
dynamodb:GetItem table [UPLOAD#*]
dynamodb:Query table/index/active [ACTIVE]
dynamodb:Query table/index/expiring [EXPIRING]
dynamodb:UpdateItem table [JOB#*]
dynamodb:UpdateItem table [UPLOAD#*]
s3:AbortMultipartUpload bucket/uploads/*
s3:DeleteObject bucket/inference-failures/*
s3:DeleteObject bucket/inference/*
s3:DeleteObject bucket/jobs/*
s3:DeleteObject bucket/uploads/*
s3:ListBucket bucket [s3:prefix jobs/*]
""",
    FunctionName.RECONCILE: f"""
{SETTLE}
dynamodb:Query table/index/active [ACTIVE]
s3:GetObject bucket/inference-failures/*
s3:GetObject bucket/inference/*
""",
    FunctionName.RESULT: f"""
{SETTLE}
s3:DeleteObject bucket/inference-failures/*
s3:DeleteObject bucket/inference/*
s3:GetObject bucket/inference/*
sqs:ChangeMessageVisibility queue
sqs:DeleteMessage queue
sqs:GetQueueAttributes queue
sqs:ReceiveMessage queue
""",
    FunctionName.ABOUT: "",
}

EXPECTED_CONTAINER = """
cloudwatch:PutMetricData * [cloudwatch:namespace StemFoundry]
dynamodb:DeleteItem table [WORKERS]
dynamodb:PutItem table [WORKERS]
dynamodb:UpdateItem table [JOB#*]
ecr:BatchCheckLayerAvailability image-repository
ecr:BatchGetImage image-repository
ecr:GetAuthorizationToken *
ecr:GetDownloadUrlForLayer image-repository
logs:CreateLogGroup endpoint-logs
logs:CreateLogStream endpoint-logs
logs:DescribeLogStreams endpoint-logs
logs:PutLogEvents endpoint-logs
s3:AbortMultipartUpload bucket/jobs/*
s3:DeleteObject bucket/jobs/*
s3:GetObject bucket/jobs/*
s3:GetObject bucket/uploads/*
s3:ListBucket bucket
s3:PutObject bucket/inference-failures/*
s3:PutObject bucket/inference/*
s3:PutObject bucket/jobs/*
sns:Publish error-topic
sns:Publish success-topic
"""

ARN_START = "arn:<AWS::Partition>"
ARN_OWNER = "<AWS::Region>:<AWS::AccountId>"

NAMES = (
    (r"<AudioBucket\w+\.Arn>", "bucket"),
    (r"<JobsTable\w+\.Arn>", "table"),
    (r"<SigningSecret\w+\.Id>", "secret"),
    (r"<OriginSecret\w+\.Id>", "origin-secret"),
    (r"<NotificationsResultQueue\w+\.Arn>", "queue"),
    (r"<NotificationsSuccessTopic\w+>", "success-topic"),
    (r"<NotificationsErrorTopic\w+>", "error-topic"),
    (rf"{ARN_START}:sagemaker:{ARN_OWNER}:endpoint/stem-foundry-prod", "endpoint"),
    (rf"{ARN_START}:ecr:{ARN_OWNER}:repository/stem-foundry-prod", "image-repository"),
    (
        rf"{ARN_START}:logs:{ARN_OWNER}:log-group:/aws/sagemaker/Endpoints/stem-foundry-prod\*",
        "endpoint-logs",
    ),
)


def limits(condition: dict[str, Any]) -> list[str]:
    """The values one permission is limited to, as suffixes of its lines."""
    if not condition:
        return [""]
    ((operator, ((key, values),)),) = [(o, list(c.items())) for o, c in condition.items()]
    known = {
        "dynamodb:LeadingKeys": "ForAllValues:StringLike",
        "s3:prefix": "StringLike",
        "cloudwatch:namespace": "StringEquals",
    }
    assert operator == known[key]
    label = "" if key == "dynamodb:LeadingKeys" else f"{key} "
    return [f" [{label}{value}]" for value in as_list(values)]


def lines(template: Template, role: dict[str, Any], log_group: str | None = None) -> list[str]:
    """Everything a role may do, one line for each combination."""
    (policy,) = role["Policies"]
    names = [*NAMES, (rf"<{log_group}\.Arn>", "own-logs")]
    found = []
    for statement in policy["PolicyDocument"]["Statement"]:
        assert statement["Effect"] == "Allow"
        assert statement.keys() <= {"Effect", "Action", "Resource", "Condition"}
        for action in as_list(statement["Action"]):
            for resource in as_list(statement["Resource"]):
                text = template.render(resource)
                for pattern, name in names:
                    text = re.sub(f"^{pattern}", name, text)
                found += [f"{action} {text}{limit}" for limit in limits(statement.get("Condition", {}))]
    return sorted(found)


def table(text: str) -> list[str]:
    return sorted(line for line in text.splitlines() if line)


@pytest.mark.parametrize("name", FunctionName)
def test_function_may_do_exactly_this(api, name):
    (function,) = [
        p for p in api.of_type("AWS::Lambda::Function").values() if p["Handler"].split(".")[-2] == name
    ]
    role = api.of_type("AWS::IAM::Role")[function["Role"]["Fn::GetAtt"][0]]
    log_group = function["LoggingConfig"]["LogGroup"]["Ref"]
    assert lines(api, role, log_group) == table(FUNCTION_COMMON + EXPECTED[name])


def upload_of(api):
    (function,) = [
        p for p in api.of_type("AWS::Lambda::Function").values() if p["Handler"].split(".")[-2] == "upload"
    ]
    return function


def test_uploads_may_start_an_instance_only_where_the_settings_say_so(api, tmp_path):
    settings = Settings(environment="prod", site_origins=("https://stems.example",), prewarm="sessions")
    warming = synthesize(settings, tmp_path)["Api"]
    function = upload_of(warming)
    role = warming.of_type("AWS::IAM::Role")[function["Role"]["Fn::GetAtt"][0]]
    added = """
dynamodb:Query table [WORKERS]
dynamodb:UpdateItem table [PREWARM]
s3:PutObject bucket/jobs/prewarm/*
sagemaker:InvokeEndpointAsync endpoint
"""
    log_group = function["LoggingConfig"]["LogGroup"]["Ref"]
    expected = FUNCTION_COMMON + EXPECTED[FunctionName.UPLOAD] + added
    assert lines(warming, role, log_group) == table(expected)
    assert function["Environment"]["Variables"]["PREWARM"] == "sessions"
    told = [
        p["Handler"]
        for p in warming.of_type("AWS::Lambda::Function").values()
        if "PREWARM" in p["Environment"]["Variables"]
    ]
    assert told == [function["Handler"]]
    assert "PREWARM" not in upload_of(api)["Environment"]["Variables"]


def test_container_may_do_exactly_this(storage):
    assert lines(storage, storage.only("AWS::IAM::Role")) == table(EXPECTED_CONTAINER)


def test_no_permission_hides_elsewhere(storage, api):
    for template in (storage, api):
        assert not template.of_type("AWS::IAM::Policy")
        assert not template.of_type("AWS::IAM::ManagedPolicy")
        for role in template.of_type("AWS::IAM::Role").values():
            assert "ManagedPolicyArns" not in role


def test_function_roles_are_lambdas_alone(api):
    for role in api.of_type("AWS::IAM::Role").values():
        (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
        assert statement["Principal"] == {"Service": "lambda.amazonaws.com"}


def test_no_action_is_a_wildcard():
    text = "".join([FUNCTION_COMMON, EXPECTED_CONTAINER, *EXPECTED.values()])
    assert not [line for line in table(text) if "*" in line.split()[0]]


def test_any_resource_only_where_the_service_knows_no_other():
    text = "".join([FUNCTION_COMMON, EXPECTED_CONTAINER, *EXPECTED.values()])
    unlimited = {line.split()[0] for line in table(text) if line.split()[1] == "*"}
    assert unlimited == {
        "cloudwatch:PutMetricData",
        "ecr:GetAuthorizationToken",
        "xray:PutTelemetryRecords",
        "xray:PutTraceSegments",
    }


def test_the_security_document_lists_every_role_with_exactly_its_permissions():
    document = (REPOSITORY / "docs" / "security.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\w+) \| [^|]+ \| (.+) \|$", document.split("## Roles")[1], re.MULTILINE)
    documented = {role: re.findall(r"`([^`]+)`", permissions) for role, permissions in rows if role != "role"}
    expected = {str(name): table(text) for name, text in EXPECTED.items()}
    assert documented == expected | {"container": table(EXPECTED_CONTAINER)}
