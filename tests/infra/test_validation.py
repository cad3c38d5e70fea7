"""The slow, strict synthesis: CDK's own template rules, the AwsSolutions pack and Guard rules of our own."""

import re

import aws_cdk as cdk
import pytest

from infra.settings import Settings
from infra.validation import GUARD_RULES, add_rules, validate, violations


@pytest.fixture
def strict(monkeypatch):
    monkeypatch.delenv("CDK_VALIDATION", raising=False)


@pytest.fixture(params=["prod", "full", "bare", "local"])
def chosen(request, settings: Settings, full_settings: Settings) -> Settings:
    return {
        "prod": settings,
        "full": full_settings,
        "bare": Settings(environment="dev", waf_enabled=False),
        "local": Settings(environment="local"),
    }[request.param]


def test_nothing_is_found_that_is_not_acknowledged(strict, chosen, tmp_path):
    assert validate(chosen, str(tmp_path)) == []


BAD = {
    "Configuration": (
        "AWS::SageMaker::EndpointConfig",
        {
            "EndpointConfigName": "fixed",
            "ProductionVariants": [{"VariantName": "a", "ModelName": "m", "InitialInstanceCount": 1}],
            "AsyncInferenceConfig": {
                "OutputConfig": {"S3OutputPath": "s3://bucket/answers"},
                "ClientConfig": {"MaxConcurrentInvocationsPerInstance": 4},
            },
        },
    ),
    "Model": ("AWS::SageMaker::Model", {"PrimaryContainer": {"Image": "image:latest"}}),
    "Target": ("AWS::ApplicationAutoScaling::ScalableTarget", {"MinCapacity": 1, "MaxCapacity": 2}),
    "Bucket": ("AWS::S3::Bucket", {}),
    "Queue": ("AWS::SQS::Queue", {"SqsManagedSseEnabled": False}),
    "Logs": ("AWS::Logs::LogGroup", {}),
    "Repository": ("AWS::ECR::Repository", {}),
    "Table": ("AWS::DynamoDB::Table", {"BillingMode": "PAY_PER_REQUEST"}),
    "Api": ("AWS::ApiGatewayV2::Api", {"Name": "a", "CorsConfiguration": {"AllowOrigins": ["*"]}}),
    "Distribution": (
        "AWS::CloudFront::Distribution",
        {
            "DistributionConfig": {
                "Enabled": True,
                "CustomErrorResponses": [{"ErrorCode": 404}],
                "DefaultCacheBehavior": {"TargetOriginId": "o", "ViewerProtocolPolicy": "https-only"},
            }
        },
    ),
}


def test_every_rule_of_our_own_fires(strict, tmp_path):
    """A rule that is misspelt finds nothing, and nobody would notice."""
    app = cdk.App(outdir=str(tmp_path), analytics_reporting=False)
    stack = cdk.Stack(app, "Bad")
    for name, (kind, properties) in BAD.items():
        cdk.CfnResource(stack, name, type=kind, properties=properties)
    add_rules(app)
    fired = {violation.rule for violation in violations(app, str(tmp_path))}
    text = "".join(path.read_text() for path in GUARD_RULES.glob("*.guard"))
    rules = set(re.findall(r"^rule (\w+)", text, re.MULTILINE))
    assert len(rules) >= 10
    assert rules - fired == set()
