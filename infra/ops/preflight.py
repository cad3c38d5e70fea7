"""Everything that makes a deployment fail late, asked for early, each with its fix."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from botocore.exceptions import BotoCoreError, ClientError

from infra.ops.deployment import Deployment, error_code

# The first bootstrap template that works with asset publishing and version checks of the pinned CDK.
LEAST_BOOTSTRAP_VERSION = 6
BOOTSTRAP_PARAMETER = "/cdk-bootstrap/hnb659fds/version"
# CloudFront takes firewalls and certificates from here.
EDGE_REGION = "us-east-1"
BUILD_QUOTA = "Concurrently running builds for Linux/Large environment"


class Status(StrEnum):
    """How a check ended; only a failure stops a deployment."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Finding:
    """Result of one check; ``fix`` is empty when all is well."""

    check: str
    status: Status
    detail: str
    fix: str = ""


def check_credentials(deployment: Deployment) -> Finding:
    """Whose credentials these are, and whether they belong to the account of the settings."""
    identity = deployment.session.client("sts").get_caller_identity()
    account, wanted = identity["Account"], deployment.settings.account
    detail = f"account {account} as {identity['Arn'].rpartition(':')[2]}"
    if wanted not in (None, account):
        return Finding(
            "credentials",
            Status.FAILED,
            f"{detail}, but the settings name account {wanted}",
            "Use that account's credentials (AWS_PROFILE), or correct settings.account.",
        )
    if identity["Arn"].endswith(":root"):
        return Finding(
            "credentials", Status.WARNING, f"{detail}: the root user", "Deploy with a role instead."
        )
    return Finding("credentials", Status.OK, detail)


def check_region(deployment: Deployment) -> Finding:
    """Whether the firewall can be deployed to this region."""
    settings, region = deployment.settings, deployment.region
    if settings.waf_enabled and settings.region is None and region != EDGE_REGION:
        return Finding(
            "region",
            Status.FAILED,
            f"{region}; the firewall before CloudFront must lie in {EDGE_REGION}",
            "Name account and region in the settings (the firewall then gets a stack of its own there), "
            "or set waf_enabled to false.",
        )
    return Finding("region", Status.OK, region)


def check_gpu_quota(deployment: Deployment) -> Finding:
    """New accounts may run no GPU endpoint at all; the endpoint would then fail after half an hour."""
    settings = deployment.settings
    names = {f"{instance_type} for endpoint usage" for instance_type in settings.instance_types}
    granted = {
        name.split()[0]: value
        for name, value in _quotas(deployment, "sagemaker", names).items()
        if value >= 1
    }
    fix = (
        f"Service Quotas > Amazon SageMaker > '{settings.instance_types[0]} for endpoint usage': request "
        f"{settings.max_instances}. New accounts wait hours to days for it."
    )
    if not granted:
        wanted = ", ".join(settings.instance_types)
        return Finding("GPU quota", Status.FAILED, f"0 for every type in {wanted} ({deployment.region})", fix)
    detail = ", ".join(f"{name}: {granted[name]:.0f}" for name in settings.instance_types if name in granted)
    if max(granted.values()) < settings.max_instances:
        return Finding("GPU quota", Status.WARNING, f"{detail}; max_instances {settings.max_instances}", fix)
    return Finding("GPU quota", Status.OK, detail)


def _quotas(deployment: Deployment, service: str, names: set[str]) -> dict[str, float]:
    """Values by name: what applies to the account, else AWS's default."""
    client = deployment.session.client("service-quotas")
    found: dict[str, float] = {}
    operations: tuple[Literal["list_service_quotas"], Literal["list_aws_default_service_quotas"]] = (
        "list_service_quotas",
        "list_aws_default_service_quotas",
    )
    for operation in operations:
        if found.keys() >= names:
            break
        for page in client.get_paginator(operation).paginate(ServiceCode=service):
            for quota in page["Quotas"]:
                name = quota.get("QuotaName", "")
                if name in names:
                    found.setdefault(name, quota.get("Value", 0.0))
    return found


def check_bootstrap(deployment: Deployment) -> Finding:
    """Whether the CDK has its bucket and roles there."""
    account = deployment.session.client("sts").get_caller_identity()["Account"]
    regions = [deployment.region]
    if deployment.settings.waf_enabled and deployment.region != EDGE_REGION:
        regions.append(EDGE_REGION)
    versions: list[str] = []
    for region in regions:
        fix = f"npx --no-install cdk bootstrap aws://{account}/{region}"
        client = deployment.session.client("ssm", region_name=region)
        try:
            version = int(client.get_parameter(Name=BOOTSTRAP_PARAMETER)["Parameter"]["Value"])
        except client.exceptions.ParameterNotFound:
            return Finding("CDK bootstrap", Status.FAILED, f"{region} is not bootstrapped", fix)
        if version < LEAST_BOOTSTRAP_VERSION:
            return Finding("CDK bootstrap", Status.FAILED, f"{region}: version {version} is too old", fix)
        versions.append(f"{region}: version {version}")
    return Finding("CDK bootstrap", Status.OK, ", ".join(versions))


def check_powertools_layer(deployment: Deployment) -> Finding:
    """Whether the layer that the functions need is published where CloudFormation will look."""
    name = deployment.settings.powertools_layer_parameter
    client = deployment.session.client("ssm")
    try:
        arn = client.get_parameter(Name=name)["Parameter"]["Value"]
    except client.exceptions.ParameterNotFound:
        arn = ""
    if not arn.startswith("arn:"):
        return Finding(
            "Powertools layer",
            Status.FAILED,
            f"{name} holds no layer ARN in {deployment.region}",
            "Put a layer's ARN into a parameter of your own and name it in powertools_layer_parameter.",
        )
    return Finding("Powertools layer", Status.OK, arn)


def check_image(deployment: Deployment) -> Finding:
    """Whether the digest the endpoint would be made from exists in the repository."""
    settings = deployment.settings
    digest = settings.image_digest
    source = "settings.image_digest"
    if digest is None:
        source = settings.image_digest_parameter
        ssm = deployment.session.client("ssm")
        try:
            digest = ssm.get_parameter(Name=source)["Parameter"]["Value"]
        except ssm.exceptions.ParameterNotFound:
            return Finding(
                "image",
                Status.WARNING,
                f"none built yet: there is no parameter {source}",
                "make deploy builds it after the Image stack; the Inference stack needs it.",
            )
    ecr = deployment.session.client("ecr")
    try:
        (image,) = ecr.describe_images(
            repositoryName=settings.image_repository, imageIds=[{"imageDigest": digest}]
        )["imageDetails"]
    except (ecr.exceptions.ImageNotFoundException, ecr.exceptions.RepositoryNotFoundException):
        return Finding(
            "image",
            Status.FAILED,
            f"{source} names {digest[:19]}…, which is not in repository {settings.image_repository}",
            "Build it again (make deploy), or correct the digest.",
        )
    size = image.get("imageSizeInBytes", 0) / 1e9
    return Finding("image", Status.OK, f"{digest[:19]}… with {size:.1f} GB compressed")


def check_build_capacity(deployment: Deployment) -> Finding:
    """New accounts may be allowed no build machine of the size the image needs."""
    value = _quotas(deployment, "codebuild", {BUILD_QUOTA}).get(BUILD_QUOTA)
    if value is None:
        return Finding(
            "CodeBuild",
            Status.WARNING,
            f"no quota named '{BUILD_QUOTA}' was found",
            "Look in Service Quotas > AWS CodeBuild.",
        )
    if value < 1:
        fix = f"Service Quotas > AWS CodeBuild > '{BUILD_QUOTA}': request 1."
        return Finding("CodeBuild", Status.FAILED, f"{BUILD_QUOTA}: 0", fix)
    return Finding("CodeBuild", Status.OK, f"{value:.0f} builds at a time")


def check_endpoint(deployment: Deployment) -> Finding:
    """An endpoint that failed can be neither updated nor woken."""
    name = deployment.settings.endpoint_name
    try:
        endpoint = deployment.session.client("sagemaker").describe_endpoint(EndpointName=name)
    except ClientError as error:
        # SageMaker has no code of its own for an endpoint that does not exist.
        if error_code(error) == "ValidationException":
            return Finding("endpoint", Status.OK, f"{name} is not deployed yet")
        raise
    status = endpoint["EndpointStatus"]
    if status in ("Failed", "UpdateRollbackFailed", "OutOfService"):
        return Finding(
            "endpoint",
            Status.FAILED,
            f"{name} is {status}: {endpoint.get('FailureReason', 'no reason given')}",
            "Read its log (docs/operations.md#endpoint-not-in-service), delete the Inference stack, deploy.",
        )
    if status != "InService":
        return Finding("endpoint", Status.WARNING, f"{name} is {status}", "Wait until it is InService.")
    return Finding("endpoint", Status.OK, f"{name} is InService")


CHECKS: tuple[tuple[str, Callable[[Deployment], Finding]], ...] = (
    ("credentials", check_credentials),
    ("region", check_region),
    ("CDK bootstrap", check_bootstrap),
    ("GPU quota", check_gpu_quota),
    ("CodeBuild", check_build_capacity),
    ("Powertools layer", check_powertools_layer),
    ("image", check_image),
    ("endpoint", check_endpoint),
)


def run_checks(
    deployment: Deployment, checks: Sequence[tuple[str, Callable[[Deployment], Finding]]] = CHECKS
) -> list[Finding]:
    """Run every check; one that AWS refuses is a failure of its own, and the others still run."""
    findings = []
    for name, check in checks:
        try:
            findings.append(check(deployment))
        except ClientError as error:
            message = f"{error_code(error)}: {error.response.get('Error', {}).get('Message', '')}"
            fix = f"The operator needs permission for {error.operation_name}."
            findings.append(Finding(name, Status.FAILED, message, fix))
        except BotoCoreError as error:
            fix = "Set credentials: AWS_PROFILE, aws sso login, or AWS_ACCESS_KEY_ID and its secret."
            findings.append(Finding(name, Status.FAILED, str(error), fix))
    return findings
