"""What CloudFormation on the local AWS leaves out, applied from the same templates.

On AWS each of these is part of the deployment. Here the emulator creates the resource and ignores the
property, so it is set by the service's own API; values still come from the template alone.
"""

from typing import Any

from local.emulator import LocalAws

_SSM_PARAMETER_TYPE = "AWS::SSM::Parameter::Value<String>"
# A layer of AWS's own account carries no code here: functions run on an interpreter that has it installed.
_POWERTOOLS_LAYER = (
    "arn:aws:lambda:us-east-1:017000801446:layer:AWSLambdaPowertoolsPythonV3-python314-arm64:1"
)
_BOOTSTRAP_VERSION = "30"


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
        value = _BOOTSTRAP_VERSION if bootstrap else _POWERTOOLS_LAYER
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


_FIXUPS = {
    "AWS::DynamoDB::Table": _time_to_live,
    "AWS::DynamoDB::GlobalTable": _time_to_live,
    "AWS::S3::Bucket": _lifecycle,
    "AWS::ApiGatewayV2::Api": _api_cors,
}
