"""Roles: only what is spelt out, only on what is named."""

from collections.abc import Iterator

from infra.checks.model import Check, Finding, Json, Resource, Stacks, as_list, mentions, resources, text

ROLE = "AWS::IAM::Role"
_POLICIES = ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy")

# Roles that CDK writes for its own helpers; `infra.constructs.page_upload` accepts their findings by name.
_OF_CDK = ("CustomCDKBucketDeployment", "CustomCrossRegionExport")

# Actions without a resource that a policy could name.
_WITHOUT_RESOURCE = frozenset(
    {
        "xray:PutTraceSegments",
        "xray:PutTelemetryRecords",
        "cloudwatch:PutMetricData",
        "ecr:GetAuthorizationToken",
    }
)
_ITEM_ACTIONS = frozenset({f"dynamodb:{name}Item" for name in ("Get", "Put", "Update", "Delete")})


def _own(stacks: Stacks, *types: str) -> list[Resource]:
    return [r for r in resources(stacks, *types) if not r.logical_id.startswith(_OF_CDK)]


def _granted(stacks: Stacks) -> Iterator[tuple[Resource, Json]]:
    for role in _own(stacks, ROLE):
        for policy in as_list(role.at("Policies")):
            for statement in as_list(policy["PolicyDocument"]["Statement"]):
                yield role, statement


def actions_are_spelt_out(stacks: Stacks) -> Iterator[Finding]:
    """No wildcard grants what a service will add tomorrow."""
    for role, statement in _granted(stacks):
        for action in as_list(statement.get("Action", "*")):
            yield from role.must("*" not in action, f"may do {action}")


def resources_are_named(stacks: Stacks) -> Iterator[Finding]:
    """`*` is a resource only where the service knows no other."""
    for role, statement in _granted(stacks):
        if "*" in as_list(statement.get("Resource", "*")):
            unlimited = set(as_list(statement.get("Action", "*"))) - _WITHOUT_RESOURCE
            yield from role.must(not unlimited, f"may do {sorted(unlimited)} to everything")
        if "cloudwatch:PutMetricData" in as_list(statement.get("Action")):
            yield from role.must("cloudwatch:namespace" in text(statement), "may write any metric")


def items_are_limited(stacks: Stacks) -> Iterator[Finding]:
    """Every call on items names the partitions it may touch; nobody scans."""
    for role, statement in _granted(stacks):
        actions = set(as_list(statement.get("Action")))
        if actions & _ITEM_ACTIONS:
            yield from role.must("dynamodb:LeadingKeys" in text(statement), "may touch every item")
        yield from role.must("dynamodb:Scan" not in actions, "may scan the table")


def permissions_are_inline(stacks: Stacks) -> Iterator[Finding]:
    """Nothing is granted elsewhere than in the role, where it would arrive late or unseen."""
    for role in _own(stacks, ROLE):
        yield from role.must(not role.at("ManagedPolicyArns"), "has a managed policy")
    for policy in _own(stacks, *_POLICIES):
        yield Finding(policy.where, "grants permissions outside a role")


def roles_are_services(stacks: Stacks) -> Iterator[Finding]:
    """Only AWS services take the roles of a deployment to AWS."""
    for role in resources(stacks, ROLE):
        for statement in as_list(role.at("AssumeRolePolicyDocument", "Statement")):
            principal = statement["Principal"]
            trusted = isinstance(principal, dict) and principal.keys() == {"Service"}
            yield from role.must(trusted, "may be taken by somebody who is no service")


def endpoint_role_passes_validation(stacks: Stacks) -> Iterator[Finding]:
    """What SageMaker looks for before it creates an endpoint."""
    roles = [r for r in _own(stacks, ROLE) if '"sagemaker.amazonaws.com"' in text(r.properties)]
    if not roles:
        yield Finding("Storage", "has no role for the endpoint")
    for role in roles:
        granted = [s for other, s in _granted(stacks) if other.where == role.where]
        lists = any("s3:ListBucket" in as_list(s["Action"]) and not s.get("Condition") for s in granted)
        yield from role.must(lists, "may not list the bucket without a condition on the prefix")
        publishes = any("sns:Publish" in as_list(s["Action"]) for s in granted)
        yield from role.must(publishes, "may not publish results")
        pulls = any("ecr:BatchGetImage" in as_list(s["Action"]) for s in granted)
        yield from role.must(pulls, "may not pull its image")


def functions_invoke_only_their_endpoint(stacks: Stacks) -> Iterator[Finding]:
    """The endpoint is named, and invoked by nothing but the asynchronous call."""
    for role, statement in _granted(stacks):
        called = [a for a in as_list(statement["Action"]) if a.startswith("sagemaker:")]
        if called:
            yield from role.must(called == ["sagemaker:InvokeEndpointAsync"], f"may do {called}")
            yield from role.must(mentions(statement["Resource"], ":endpoint/"), "may call any endpoint")


CHECKS: tuple[Check, ...] = (
    actions_are_spelt_out,
    resources_are_named,
    items_are_limited,
    permissions_are_inline,
    roles_are_services,
    endpoint_role_passes_validation,
    functions_invoke_only_their_endpoint,
)
