"""What CloudFormation on the local AWS leaves out, applied from the same templates.

On AWS each of these is part of the deployment. Here the emulator creates the resource and ignores the
property, so it is set by the service's own API; values still come from the template alone.
"""

import json
from typing import TYPE_CHECKING, Any

from local.emulator import LocalAws
from local.settings import ACCOUNT

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient

_SSM_PARAMETER_TYPE = "AWS::SSM::Parameter::Value<String>"
# Layers carry no code here: functions run on an interpreter that has the packages installed.
_PLACEHOLDER_LAYER = f"arn:aws:lambda:us-east-1:{ACCOUNT}:layer:powertools:1"
_BOOTSTRAP_VERSION = "30"
_SAGEMAKER = "sagemaker.amazonaws.com"


def cloudformation_parameters(aws: LocalAws, template: dict[str, Any]) -> list[dict[str, str]]:
    """Make the SSM parameters that a template reads exist, under names that may be written here.

    AWS publishes those under ``/aws/service``; nobody else may create them there.

    Returns:
        The stack parameters that point at them.
    """
    ssm: Any = aws.client("ssm")
    overrides = []
    for logical_id, parameter in template.get("Parameters", {}).items():
        if parameter["Type"] != _SSM_PARAMETER_TYPE:
            continue
        bootstrap = logical_id == "BootstrapVersion"
        name = parameter["Default"] if bootstrap else f"/local/{logical_id}"
        value = _BOOTSTRAP_VERSION if bootstrap else _PLACEHOLDER_LAYER
        ssm.put_parameter(Name=name, Value=value, Type="String", Overwrite=True)
        overrides.append({"ParameterKey": logical_id, "ParameterValue": name})
    return overrides


def apply_fixups(aws: LocalAws, stack_name: str, template: dict[str, Any]) -> None:
    """Apply what the emulator ignored in one deployed stack; doing it again changes nothing."""
    cloudformation: Any = aws.client("cloudformation")
    deployed = cloudformation.describe_stack_resources(StackName=stack_name)["StackResources"]
    names = {resource["LogicalResourceId"]: resource["PhysicalResourceId"] for resource in deployed}
    for logical_id, resource in template["Resources"].items():
        fix = _FIXUPS.get(resource["Type"])
        if fix is not None:
            fix(aws, names[logical_id], resource.get("Properties", {}))


def _time_to_live(aws: LocalAws, name: str, properties: dict[str, Any]) -> None:
    specification = properties.get("TimeToLiveSpecification")
    if not specification:
        return
    client: Any = aws.client("dynamodb")
    current = client.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
    if current.get("TimeToLiveStatus") != "ENABLED":
        client.update_time_to_live(TableName=name, TimeToLiveSpecification=specification)


def _lifecycle(aws: LocalAws, name: str, properties: dict[str, Any]) -> None:
    rules = properties.get("LifecycleConfiguration", {}).get("Rules")
    if not rules:
        return
    client: Any = aws.client("s3")
    client.put_bucket_lifecycle_configuration(
        Bucket=name, LifecycleConfiguration={"Rules": [lifecycle_rule(rule) for rule in rules]}
    )


def lifecycle_rule(rule: dict[str, Any]) -> dict[str, Any]:
    """One rule, from CloudFormation's spelling to S3's.

    Raises:
        ValueError: the rule uses a property that is not translated here.
    """
    translated: dict[str, Any] = {"Status": rule["Status"], "Filter": {"Prefix": rule.get("Prefix", "")}}
    for name, value in rule.items():
        match name:
            case "Status" | "Prefix":
                continue
            case "Id":
                translated["ID"] = value
            case "ExpirationInDays":
                translated["Expiration"] = {"Days": value}
            case "AbortIncompleteMultipartUpload" | "NoncurrentVersionExpiration":
                translated[name] = value
            case _:
                raise ValueError(f"no translation for the lifecycle property {name}")
    return translated


def _api_cors(aws: LocalAws, name: str, properties: dict[str, Any]) -> None:
    cors = properties.get("CorsConfiguration")
    if cors:
        aws.client("apigatewayv2").update_api(ApiId=name, CorsConfiguration=cors)


def _role_trust(aws: LocalAws, name: str, properties: dict[str, Any]) -> None:
    """The local endpoint stands in for SageMaker, so it may assume the roles SageMaker may assume.

    What a role may *do* is untouched: only who may take it on.
    """
    trust: dict[str, Any] = properties["AssumeRolePolicyDocument"]
    if _SAGEMAKER not in json.dumps(trust):
        return
    stand_in = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
        "Action": "sts:AssumeRole",
    }
    client: IAMClient = aws.client("iam")
    client.update_assume_role_policy(
        RoleName=name, PolicyDocument=json.dumps(trust | {"Statement": [*trust["Statement"], stand_in]})
    )


_FIXUPS = {
    "AWS::DynamoDB::Table": _time_to_live,
    "AWS::DynamoDB::GlobalTable": _time_to_live,
    "AWS::S3::Bucket": _lifecycle,
    "AWS::ApiGatewayV2::Api": _api_cors,
    "AWS::IAM::Role": _role_trust,
}
