"""Buckets, table, logs and secrets."""

from collections.abc import Iterator

from infra.checks.model import Check, Finding, Resource, Stacks, as_list, expect, mentions, resources, text

BUCKET = "AWS::S3::Bucket"
TABLE = "AWS::DynamoDB::Table"
_PUBLIC_ACCESS_BLOCK = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")
_AUDIO_PREFIXES = {"uploads/", "jobs/", "inference/", "inference-failures/"}


def refuses_plain_http(stacks: Stacks, resource: Resource, policy_type: str) -> bool:
    """Whether a policy of the same stack denies requests without TLS to the resource."""
    refusal = {"Bool": {"aws:SecureTransport": "false"}}
    return any(
        statement["Effect"] == "Deny"
        and statement.get("Condition") == refusal
        and mentions(statement["Resource"], resource.logical_id)
        for policy in resources(stacks, policy_type)
        if policy.part == resource.part
        for statement in as_list(policy.at("PolicyDocument", "Statement"))
    )


def buckets_are_private(stacks: Stacks) -> Iterator[Finding]:
    """No bucket is readable by the world, by ACL or by policy."""
    yield from expect(stacks, BUCKET, 4)
    for bucket in resources(stacks, BUCKET):
        for name in _PUBLIC_ACCESS_BLOCK:
            blocked = bucket.at("PublicAccessBlockConfiguration", name) is True
            yield from bucket.must(blocked, f"does not set {name}")
        yield from bucket.must(
            not str(bucket.at("AccessControl")).startswith("Public"), "has a public access control list"
        )
        yield from bucket.must(bucket.at("WebsiteConfiguration") is None, "is a website without TLS")
    for policy in resources(stacks, "AWS::S3::BucketPolicy"):
        for statement in as_list(policy.at("PolicyDocument", "Statement")):
            public = statement["Effect"] == "Allow" and '"*"' in text(statement["Principal"])
            yield from policy.must(not public, "allows everybody")


def buckets_are_encrypted(stacks: Stacks) -> Iterator[Finding]:
    """At rest and on the way."""
    for bucket in resources(stacks, BUCKET):
        yield from bucket.must(bucket.at("BucketEncryption"), "is not encrypted")
        yield from bucket.must(
            refuses_plain_http(stacks, bucket, "AWS::S3::BucketPolicy"), "accepts plain http"
        )


def audio_expires(stacks: Stacks) -> Iterator[Finding]:
    """Songs do not stay when the scheduled clean-up fails, nor do abandoned uploads."""
    for bucket in resources(stacks, BUCKET):
        if not bucket.logical_id.startswith("AudioBucket"):
            continue
        rules = [r for r in as_list(bucket.at("LifecycleConfiguration", "Rules")) if r["Status"] == "Enabled"]
        expiring = {rule.get("Prefix") for rule in rules if 0 < rule.get("ExpirationInDays", 0) <= 9}
        for prefix in sorted(_AUDIO_PREFIXES - expiring):
            yield Finding(bucket.where, f"keeps {prefix} for ever")
        abandoned = any("AbortIncompleteMultipartUpload" in rule for rule in rules)
        yield from bucket.must(abandoned, "keeps parts of abandoned uploads")


def origins_are_named(stacks: Stacks) -> Iterator[Finding]:
    """Browsers of other sites may neither call the API nor reach the bucket."""
    for bucket in resources(stacks, BUCKET):
        for rule in as_list(bucket.at("CorsConfiguration", "CorsRules")):
            yield from bucket.must("*" not in text(rule["AllowedOrigins"]), "lets every site call it")
    for api in resources(stacks, "AWS::ApiGatewayV2::Api"):
        origins = api.at("CorsConfiguration", "AllowOrigins")
        yield from api.must(origins and "*" not in text(origins), "lets every site call it")


def table_survives(stacks: Stacks) -> Iterator[Finding]:
    """Records can be restored, expire by themselves and do not go with a stack in production."""
    yield from expect(stacks, TABLE)
    for table in resources(stacks, TABLE):
        recovery = table.at("PointInTimeRecoverySpecification", "PointInTimeRecoveryEnabled")
        yield from table.must(recovery is True, "cannot be restored to a point in time")
        yield from table.must(table.at("TimeToLiveSpecification", "Enabled") is True, "never expires items")
        yield from table.must(table.at("BillingMode") == "PAY_PER_REQUEST", "costs while idle")
        yield from table.must(table.at("DeletionProtectionEnabled") is True, "may be deleted by mistake")
    for kept in resources(stacks, TABLE, "AWS::SecretsManager::Secret", "AWS::ECR::Repository"):
        if kept.part in {"Storage", "Image"}:
            yield from kept.must(kept.body.get("DeletionPolicy") == "Retain", "goes with its stack")


def logs_are_forgotten(stacks: Stacks) -> Iterator[Finding]:
    """No log group grows for ever."""
    yield from expect(stacks, "AWS::Logs::LogGroup", 10)
    for group in resources(stacks, "AWS::Logs::LogGroup"):
        yield from group.must(group.at("RetentionInDays"), "keeps logs for ever")


CHECKS: tuple[Check, ...] = (
    buckets_are_private,
    buckets_are_encrypted,
    audio_expires,
    origins_are_named,
    table_survives,
    logs_are_forgotten,
)
