"""Findings of the AwsSolutions rule pack that are accepted, one by one and with the reason.

Only what is named here is accepted: a wildcard that somebody adds later is a finding again.
"""

from collections.abc import Iterable
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import Construct

from contract import keys

_RULE_PACK = "AwsSolutions::AwsSolutions"

_PREFIX_REASONS = {
    keys.UPLOADS_PREFIX: "Upload ids are made at run time; nothing but uploaded files lies below the prefix.",
    keys.JOBS_PREFIX: "Job ids are made at run time; nothing but files of jobs lies below the prefix.",
    keys.job_prefix(keys.PREWARM_JOB_ID): "Nothing but the one request that starts an instance lies there.",
    keys.INFERENCE_PREFIX: "SageMaker chooses the names; nothing but answers of the endpoint lies there.",
    keys.INFERENCE_FAILURES_PREFIX: "SageMaker chooses the names; nothing but its failures lies there.",
}
_ENDPOINT_LOGS = ":log-group:/aws/sagemaker/Endpoints/"
_ENDPOINT_LOGS_REASON = "The log streams of the endpoint are named by SageMaker at run time."
_ANY_RESOURCE_REASON = (
    "X-Ray, CloudWatch metrics and tokens of ECR have no resources that a policy could name."
)


def acknowledge(scope: Construct, rule: str, reason: str) -> None:
    """Accept one finding of a rule, such as ``SMG4``, below ``scope``."""
    cdk.Validations.of(scope).acknowledge(cdk.Acknowledgment(id=f"{_RULE_PACK}-{rule}", reason=reason))


def acknowledge_wildcards(role: iam.Role, statements: Iterable[iam.PolicyStatement]) -> None:
    """Accept the known wildcards among the resources of a role's statements."""
    stack = cdk.Stack.of(role)
    resources = {_flatten(stack.resolve(resource)) for s in statements for resource in s.resources}
    for resource in sorted(resources):
        if reason := _reason(resource):
            acknowledge(role, f"IAM5[Resource::{resource}]", reason)


def flatten(scope: Construct, value: Any) -> str:
    """An expression in the notation of the rule pack's findings, such as ``<Bucket.Arn>/*``."""
    return _flatten(cdk.Stack.of(scope).resolve(value))


def _reason(resource: str) -> str | None:
    if resource == "*":
        return _ANY_RESOURCE_REASON
    if _ENDPOINT_LOGS in resource:
        return _ENDPOINT_LOGS_REASON
    _, slash, rest = resource.partition("/")
    return _PREFIX_REASONS.get(rest.removesuffix("*")) if slash and rest.endswith("*") else None


def _flatten(value: Any) -> str:
    """A CloudFormation expression in the notation of the rule pack's findings."""
    match value:
        case {"Ref": name}:
            return f"<{name}>"
        case {"Fn::GetAtt": [name, attribute]}:
            return f"<{name}.{attribute}>"
        case {"Fn::ImportValue": name}:
            return str(name)
        case {"Fn::Join": [separator, parts]}:
            return str(separator).join(_flatten(part) for part in parts)
    return str(value)
