"""Who may do what: every permission of every function and of the container, in one table.

Table access is limited by item prefix (``dynamodb:LeadingKeys``), bucket access by object prefix. Actions
are always spelt out, and ``*`` is a resource only where the service knows no other.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from aws_cdk import aws_iam as iam

from contract import keys, metrics
from contract.functions import FunctionName


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """ARNs that permissions name; ``topics`` and what follows concern the container alone."""

    table: str
    bucket: str
    secret: str = ""
    origin_secret: str = ""
    endpoint: str = ""
    result_queue: str = ""
    topics: tuple[str, ...] = ()
    container_logs: str = ""
    image_repository: str = ""


PULL_ACTIONS = ("BatchCheckLayerAvailability", "BatchGetImage", "GetDownloadUrlForLayer")


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildResources:
    """ARNs that permissions of the image's build name."""

    logs: str
    sources: str
    source_object: str
    key: str
    repository: str
    digest_parameter: str


Rule = Callable[[Resources], iam.PolicyStatement]

JOB = f"{keys.JOB_KEY_PREFIX}*"
UPLOAD = f"{keys.UPLOAD_KEY_PREFIX}*"
IDEMPOTENCY = f"{keys.IDEMPOTENCY_KEY_PREFIX}*"
CACHE = f"{keys.CACHE_KEY_PREFIX}*"
USAGE = f"{keys.USAGE_KEY_PREFIX}*"
SESSIONS = f"{keys.SESSIONS_KEY_PREFIX}*"
WORKERS = keys.WORKERS_PARTITION


def _allow(
    actions: Sequence[str],
    resources: Sequence[str],
    conditions: dict[str, dict[str, list[str]]] | None = None,
) -> iam.PolicyStatement:
    return iam.PolicyStatement(actions=list(actions), resources=list(resources), conditions=conditions)


def _leading_keys(partitions: Sequence[str]) -> dict[str, dict[str, list[str]]]:
    # Every granted action names the partition key of each item it touches, so the set is never empty,
    # which ForAllValues would let pass; Scan, which names none, is granted to nobody.
    return {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": list(partitions)}}


def _items(actions: str, *partitions: str) -> Rule:
    """Item calls (names separated by spaces) on the items whose partition key has one of the prefixes."""
    names = [f"dynamodb:{action}" for action in actions.split()]
    return lambda resources: _allow(names, [resources.table], _leading_keys(partitions))


def _query(index: str, *partitions: str) -> Rule:
    """Query of an index, limited to the partitions if any are given."""
    conditions = _leading_keys(partitions) if partitions else None
    return lambda resources: _allow(["dynamodb:Query"], [f"{resources.table}/index/{index}"], conditions)


def _objects(actions: str, *prefixes: str) -> Rule:
    """Object calls (names separated by spaces) on the objects below the prefixes."""
    names = [f"s3:{action}" for action in actions.split()]
    return lambda resources: _allow(names, [f"{resources.bucket}/{prefix}*" for prefix in prefixes])


def _read_secrets(resources: Resources) -> iam.PolicyStatement:
    secrets = [arn for arn in (resources.secret, resources.origin_secret) if arn]
    return _allow(["secretsmanager:GetSecretValue"], secrets)


def _query_workers(resources: Resources) -> iam.PolicyStatement:
    return _allow(["dynamodb:Query"], [resources.table], _leading_keys([WORKERS]))


def _invoke_endpoint(resources: Resources) -> iam.PolicyStatement:
    return _allow(["sagemaker:InvokeEndpointAsync"], [resources.endpoint])


def _receive_results(resources: Resources) -> iam.PolicyStatement:
    actions = ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes", "ChangeMessageVisibility")
    return _allow([f"sqs:{action}" for action in actions], [resources.result_queue])


def _list_jobs(resources: Resources) -> iam.PolicyStatement:
    return _allow(
        ["s3:ListBucket"], [resources.bucket], {"StringLike": {"s3:prefix": [f"{keys.JOBS_PREFIX}*"]}}
    )


_ACTIVE = _query(keys.ACTIVE_INDEX, keys.ACTIVE_PARTITION)
_EXPIRING = _query(keys.EXPIRING_INDEX, keys.EXPIRING_PARTITION)
_BY_OWNER = _query(keys.BY_OWNER_INDEX)

# Settling a job: the result function when notified, the reconciler when the notification was lost.
_SETTLE: tuple[Rule, ...] = (
    _items("GetItem UpdateItem", JOB),
    _items("PutItem", CACHE),
    _items("UpdateItem", USAGE),
    _objects("PutObject", keys.JOBS_PREFIX),
    _invoke_endpoint,
)

# Granted only where the settings ask for it: starting an instance while a song is being uploaded.
PREWARM_RULES: tuple[Rule, ...] = (
    _items("UpdateItem", keys.PREWARM_PARTITION),
    _query_workers,
    _objects("PutObject", keys.job_prefix(keys.PREWARM_JOB_ID)),
    _invoke_endpoint,
)

FUNCTION_RULES: dict[FunctionName, tuple[Rule, ...]] = {
    FunctionName.AUTHORIZE: (_read_secrets,),
    FunctionName.SESSION: (_read_secrets, _items("UpdateItem", SESSIONS)),
    FunctionName.UPLOAD: (
        _items("GetItem PutItem UpdateItem DeleteItem", UPLOAD),
        _objects(
            "PutObject GetObject DeleteObject AbortMultipartUpload ListMultipartUploadParts",
            keys.UPLOADS_PREFIX,
        ),
    ),
    FunctionName.PROCESS: (
        _items("GetItem", UPLOAD, IDEMPOTENCY, CACHE, USAGE, JOB),
        _items("PutItem", JOB, IDEMPOTENCY),
        _items("UpdateItem", JOB),
        _items("DeleteItem", CACHE),
        _query_workers,
        _ACTIVE,
        _objects("GetObject", keys.UPLOADS_PREFIX, keys.JOBS_PREFIX),
        _objects("PutObject", keys.JOBS_PREFIX),
        _invoke_endpoint,
    ),
    FunctionName.STATUS: (
        _items("GetItem", JOB),
        _query_workers,
        _BY_OWNER,
        _ACTIVE,
        _objects("GetObject", keys.JOBS_PREFIX),
    ),
    FunctionName.CANCEL: (_items("GetItem UpdateItem", JOB),),
    FunctionName.CLEANUP: (
        _items("GetItem UpdateItem DeleteItem", JOB, UPLOAD),
        _items("DeleteItem", IDEMPOTENCY, CACHE),
        _EXPIRING,
        _ACTIVE,
        _list_jobs,
        _objects(
            "DeleteObject",
            keys.JOBS_PREFIX,
            keys.UPLOADS_PREFIX,
            keys.INFERENCE_PREFIX,
            keys.INFERENCE_FAILURES_PREFIX,
        ),
        _objects("AbortMultipartUpload", keys.UPLOADS_PREFIX),
    ),
    FunctionName.RECONCILE: (
        *_SETTLE,
        _ACTIVE,
        _objects("GetObject", keys.INFERENCE_PREFIX, keys.INFERENCE_FAILURES_PREFIX),
    ),
    FunctionName.RESULT: (
        *_SETTLE,
        _receive_results,
        _objects("GetObject", keys.INFERENCE_PREFIX),
        _objects("DeleteObject", keys.INFERENCE_PREFIX, keys.INFERENCE_FAILURES_PREFIX),
    ),
    FunctionName.ABOUT: (),
}


def function_statements(
    function: FunctionName, resources: Resources, log_group: str, *, prewarm: bool = False
) -> list[iam.PolicyStatement]:
    """Everything one function may do.

    Args:
        function: whose permissions.
        resources: ARNs of what they apply to.
        log_group: ARN of the function's own log group, ending in ``:*`` (its streams).
        prewarm: whether uploads may start an instance.
    """
    common = [
        _allow(["logs:CreateLogStream", "logs:PutLogEvents"], [log_group]),
        # X-Ray has no resources to name.
        _allow(["xray:PutTraceSegments", "xray:PutTelemetryRecords"], ["*"]),
    ]
    rules = FUNCTION_RULES[function]
    if prewarm and function is FunctionName.UPLOAD:
        rules = (*rules, *PREWARM_RULES)
    return [*common, *(rule(resources) for rule in rules)]


def container_statements(resources: Resources) -> list[iam.PolicyStatement]:
    """Everything the inference container may do, and SageMaker on its behalf."""
    rules: tuple[Rule, ...] = (
        _objects("GetObject", keys.UPLOADS_PREFIX),
        _objects("GetObject PutObject DeleteObject AbortMultipartUpload", keys.JOBS_PREFIX),
        # SageMaker writes the container's answers under these prefixes with this role.
        _objects("PutObject", keys.INFERENCE_PREFIX, keys.INFERENCE_FAILURES_PREFIX),
        _items("UpdateItem", JOB),
        _items("PutItem DeleteItem", WORKERS),
    )
    logs = ("CreateLogGroup", "CreateLogStream", "DescribeLogStreams", "PutLogEvents")
    return [
        *(rule(resources) for rule in rules),
        # Without a prefix condition: SageMaker checks for exactly this before it creates an endpoint.
        _allow(["s3:ListBucket"], [resources.bucket]),
        _allow(["sns:Publish"], resources.topics),
        _allow([f"logs:{action}" for action in logs], [resources.container_logs]),
        # SageMaker pulls the image with this role. A registry token has no resource to name.
        _allow(["ecr:GetAuthorizationToken"], ["*"]),
        _allow([f"ecr:{action}" for action in PULL_ACTIONS], [resources.image_repository]),
        # Metrics have no resources to name; the namespace bounds them.
        _allow(
            ["cloudwatch:PutMetricData"],
            ["*"],
            {"StringEquals": {"cloudwatch:namespace": [metrics.NAMESPACE]}},
        ),
    ]


def build_statements(resources: BuildResources) -> list[iam.PolicyStatement]:
    """Everything the build of the container's image may do."""
    push = (
        *PULL_ACTIONS,
        "CompleteLayerUpload",
        "DescribeImages",
        "DescribeImageScanFindings",
        "InitiateLayerUpload",
        "PutImage",
        "UploadLayerPart",
    )
    return [
        _allow(["logs:CreateLogStream", "logs:PutLogEvents"], [resources.logs]),
        _allow(["s3:GetBucketLocation", "s3:GetBucketVersioning"], [resources.sources]),
        _allow(["s3:GetObject", "s3:GetObjectVersion"], [resources.source_object]),
        _allow(["kms:Decrypt", "kms:GenerateDataKey"], [resources.key]),
        # A registry token has no resource to name.
        _allow(["ecr:GetAuthorizationToken"], ["*"]),
        _allow([f"ecr:{action}" for action in push], [resources.repository]),
        _allow(["ssm:PutParameter"], [resources.digest_parameter]),
    ]


def start_statements(project: str) -> list[iam.PolicyStatement]:
    """Everything that may be done when sources are uploaded: start their build."""
    return [_allow(["codebuild:StartBuild"], [project])]
