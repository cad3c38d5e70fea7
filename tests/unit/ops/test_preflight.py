import pytest

from infra.ops import preflight
from infra.ops.preflight import Status
from tests.unit.ops.stubbed import ACCOUNT, REGION, StubbedSession, deployment

DIGEST = "sha256:" + "a" * 64
IDENTITY = {"Account": ACCOUNT, "Arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/Deploy/me", "UserId": "x"}


def quotas(session, service, **values):
    listed = [{"QuotaName": name, "Value": value} for name, value in values.items()]
    session.answer("service-quotas", "list_service_quotas", {"Quotas": listed}, ServiceCode=service)


def defaults(session, service, **values):
    listed = [{"QuotaName": name, "Value": value} for name, value in values.items()]
    session.answer(
        "service-quotas", "list_aws_default_service_quotas", {"Quotas": listed}, ServiceCode=service
    )


def test_credentials_of_another_account_are_refused(session):
    session.answer("sts", "get_caller_identity", IDENTITY)
    finding = preflight.check_credentials(deployment(session, account="999999999999", region=REGION))
    assert finding.status is Status.FAILED
    assert "999999999999" in finding.detail


@pytest.mark.parametrize(
    ("arn", "status"), [(IDENTITY["Arn"], Status.OK), (f"arn:aws:iam::{ACCOUNT}:root", Status.WARNING)]
)
def test_whose_credentials(session, arn, status):
    session.answer("sts", "get_caller_identity", IDENTITY | {"Arn": arn})
    assert preflight.check_credentials(deployment(session)).status is status


@pytest.mark.parametrize(
    ("region", "settings", "status"),
    [
        ("us-east-1", {}, Status.OK),
        ("eu-west-1", {}, Status.FAILED),
        ("eu-west-1", {"waf_enabled": False}, Status.OK),
        ("eu-west-1", {"account": ACCOUNT, "region": "eu-west-1"}, Status.OK),
    ],
)
def test_the_firewall_wants_a_known_region(region, settings, status):
    assert preflight.check_region(deployment(StubbedSession(region), **settings)).status is status


@pytest.mark.parametrize(
    ("granted", "status", "detail"),
    [
        (0.0, Status.FAILED, "0 for every type"),
        (1.0, Status.WARNING, "ml.g4dn.xlarge: 1; max_instances 2"),
        (2.0, Status.OK, "ml.g4dn.xlarge: 2"),
    ],
)
def test_gpu_quota(session, granted, status, detail):
    quotas(session, "sagemaker", **{"ml.g4dn.xlarge for endpoint usage": granted})
    defaults(session, "sagemaker", **{"ml.g5.xlarge for endpoint usage": 0.0})
    finding = preflight.check_gpu_quota(deployment(session))
    assert finding.status is status
    assert detail in finding.detail
    assert ("request 2" in finding.fix) is (status is not Status.OK)


def test_a_quota_that_applies_wins_over_the_default(session):
    quotas(session, "sagemaker", **{"ml.g4dn.xlarge for endpoint usage": 4.0})
    defaults(session, "sagemaker", **{"ml.g4dn.xlarge for endpoint usage": 0.0})
    assert preflight.check_gpu_quota(deployment(session)).status is Status.OK


@pytest.mark.parametrize(("value", "status"), [(0.0, Status.FAILED), (1.0, Status.OK)])
def test_build_capacity(session, value, status):
    quotas(session, "codebuild", **{preflight.BUILD_QUOTA: value})
    assert preflight.check_build_capacity(deployment(session)).status is status


def test_an_unknown_build_quota_is_said(session):
    quotas(session, "codebuild")
    defaults(session, "codebuild")
    assert preflight.check_build_capacity(deployment(session)).status is Status.WARNING


@pytest.mark.parametrize(("version", "status"), [("5", Status.FAILED), ("25", Status.OK)])
def test_bootstrap_version(session, version, status):
    session.answer("sts", "get_caller_identity", IDENTITY)
    session.answer(
        "ssm", "get_parameter", {"Parameter": {"Value": version}}, Name=preflight.BOOTSTRAP_PARAMETER
    )
    finding = preflight.check_bootstrap(deployment(session))
    assert finding.status is status


def test_the_firewalls_region_is_bootstrapped_as_well():
    session = StubbedSession("eu-west-1")
    session.answer("sts", "get_caller_identity", IDENTITY)
    session.answer("ssm", "get_parameter", {"Parameter": {"Value": "25"}})
    session.stubber("ssm", "us-east-1").add_client_error("get_parameter", "ParameterNotFound")
    finding = preflight.check_bootstrap(deployment(session, account=ACCOUNT, region="eu-west-1"))
    assert finding.status is Status.FAILED
    assert finding.fix.endswith(f"cdk bootstrap aws://{ACCOUNT}/us-east-1")


def test_powertools_layer(session):
    session.answer("ssm", "get_parameter", {"Parameter": {"Value": "arn:aws:lambda:x:1:layer:p:1"}})
    assert preflight.check_powertools_layer(deployment(session)).status is Status.OK
    # The public parameter once held a literal placeholder.
    session.answer("ssm", "get_parameter", {"Parameter": {"Value": "{{ placeholder }}"}})
    assert preflight.check_powertools_layer(deployment(session)).status is Status.FAILED
    session.refuse("ssm", "get_parameter", "ParameterNotFound")
    assert preflight.check_powertools_layer(deployment(session)).status is Status.FAILED


def test_no_image_yet_is_only_a_warning(session):
    session.refuse("ssm", "get_parameter", "ParameterNotFound")
    assert preflight.check_image(deployment(session)).status is Status.WARNING


def test_the_digest_must_be_in_the_repository(session):
    chosen = deployment(session)
    parameter = {"Parameter": {"Value": DIGEST}}
    asked = {"repositoryName": chosen.settings.image_repository, "imageIds": [{"imageDigest": DIGEST}]}
    session.answer("ssm", "get_parameter", parameter, Name=chosen.settings.image_digest_parameter)
    session.answer("ecr", "describe_images", {"imageDetails": [{"imageSizeInBytes": 4_200_000_000}]}, **asked)
    found = preflight.check_image(chosen)
    assert (found.status, found.detail.endswith("with 4.2 GB compressed")) == (Status.OK, True)
    session.answer("ssm", "get_parameter", parameter)
    session.refuse("ecr", "describe_images", "ImageNotFoundException")
    assert preflight.check_image(chosen).status is Status.FAILED


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("InService", Status.OK),
        ("Updating", Status.WARNING),
        ("Failed", Status.FAILED),
        ("UpdateRollbackFailed", Status.FAILED),
    ],
)
def test_endpoint_status(session, status, expected):
    answer = {
        "EndpointName": "stem-foundry-dev",
        "EndpointArn": f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:endpoint/stem-foundry-dev",
        "EndpointStatus": status,
        "CreationTime": "2026-11-21T00:00:00Z",
        "LastModifiedTime": "2026-11-21T00:00:00Z",
    }
    session.answer("sagemaker", "describe_endpoint", answer, EndpointName="stem-foundry-dev")
    assert preflight.check_endpoint(deployment(session)).status is expected


def test_no_endpoint_yet_is_fine(session):
    session.refuse("sagemaker", "describe_endpoint", "ValidationException", "Could not find endpoint")
    assert preflight.check_endpoint(deployment(session)).status is Status.OK


def test_a_refused_check_fails_alone(session):
    session.refuse("sts", "get_caller_identity", "AccessDenied")
    findings = preflight.run_checks(deployment(session), preflight.CHECKS[:2])
    assert [finding.status for finding in findings] == [Status.FAILED, Status.OK]
    assert findings[0].detail.startswith("AccessDenied")
    assert "GetCallerIdentity" in findings[0].fix
