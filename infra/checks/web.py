"""Distribution and firewall."""

from collections.abc import Iterator

from contract.edge import ORIGIN_VERIFY_HEADER
from infra.checks.model import Check, Finding, Json, Resource, Stacks, as_list, expect, resources, text

DISTRIBUTION = "AWS::CloudFront::Distribution"
# CloudFront's own policies CachingDisabled and AllViewerExceptHostHeader.
_CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
_ALL_BUT_HOST = "b689b0a8-53d0-40ab-baf2-68738e2966ac"
_SAFE = {"redirect-to-https", "https-only"}


def _distributions(stacks: Stacks) -> Iterator[tuple[Resource, Json]]:
    for distribution in resources(stacks, DISTRIBUTION):
        yield distribution, distribution.at("DistributionConfig")


def viewers_use_tls(stacks: Stacks) -> Iterator[Finding]:
    """Everywhere, with strict headers for the site."""
    yield from expect(stacks, DISTRIBUTION)
    for distribution, config in _distributions(stacks):
        for behaviour in (config["DefaultCacheBehavior"], *as_list(config.get("CacheBehaviors"))):
            safe = behaviour["ViewerProtocolPolicy"] in _SAFE
            yield from distribution.must(safe, "serves plain http")
            yield from distribution.must(
                behaviour.get("ResponseHeadersPolicyId"), "sends no security headers"
            )
        yield from distribution.must(config.get("Logging"), "does not log access")


def pages_are_strict(stacks: Stacks) -> Iterator[Finding]:
    """The content security policy allows nothing by default, nothing inline and no wildcard."""
    policies = [
        (policy, policy.at("ResponseHeadersPolicyConfig", "SecurityHeadersConfig") or {})
        for policy in resources(stacks, "AWS::CloudFront::ResponseHeadersPolicy")
    ]
    strict = [(policy, headers) for policy, headers in policies if "ContentSecurityPolicy" in headers]
    if not strict:
        yield Finding("Web", "has no content security policy")
    for policy, headers in strict:
        content = text(headers["ContentSecurityPolicy"]["ContentSecurityPolicy"])
        yield from policy.must("default-src 'none'" in content, "allows what it does not name")
        # Compiling WebAssembly evaluates no text; it is what the player's pitch and tempo need.
        others = content.replace("'wasm-unsafe-eval'", "")
        yield from policy.must("unsafe" not in others and "*" not in others, "allows inline code or any host")
        yield from policy.must("frame-ancestors 'none'" in content, "lets other sites frame the page")
    for policy, headers in policies:
        yield from policy.must("StrictTransportSecurity" in headers, "does not insist on TLS")


def api_is_passed_through(stacks: Stacks) -> Iterator[Finding]:
    """Uncached, with its secret, over TLS, its errors untouched."""
    for distribution, config in _distributions(stacks):
        yield from distribution.must(not config.get("CustomErrorResponses"), "replaces the API's errors")
        behaviours = [b for b in as_list(config.get("CacheBehaviors")) if b["PathPattern"] == "/v1/*"]
        yield from distribution.must(behaviours, "does not reach the API")
        for behaviour in behaviours:
            uncached = behaviour.get("CachePolicyId") == _CACHING_DISABLED
            yield from distribution.must(uncached, "caches answers of one caller for others")
            passed = behaviour.get("OriginRequestPolicyId") == _ALL_BUT_HOST
            yield from distribution.must(passed, "keeps headers from the API")
            (origin,) = [o for o in config["Origins"] if o["Id"] == behaviour["TargetOriginId"]]
            yield from _api_origin(distribution, origin)


def _api_origin(distribution: Resource, origin: Json) -> Iterator[Finding]:
    secure = origin.get("CustomOriginConfig", {}).get("OriginProtocolPolicy") == "https-only"
    yield from distribution.must(secure, "speaks plain http to the API")
    sent = {h["HeaderName"]: text(h["HeaderValue"]) for h in as_list(origin.get("OriginCustomHeaders"))}
    secret = sent.get(ORIGIN_VERIFY_HEADER, "")
    yield from distribution.must(
        "{{resolve:secretsmanager:" in secret, "shows the API no secret, or in clear"
    )


def site_is_read_with_a_signature(stacks: Stacks) -> Iterator[Finding]:
    """The bucket is reached with origin access control."""
    for distribution, config in _distributions(stacks):
        target = config["DefaultCacheBehavior"]["TargetOriginId"]
        (origin,) = [o for o in config["Origins"] if o["Id"] == target]
        yield from distribution.must(
            origin.get("OriginAccessControlId"), "reads the site without a signature"
        )
    for control in resources(stacks, "AWS::CloudFront::OriginAccessControl"):
        signs = control.at("OriginAccessControlConfig", "SigningBehavior") == "always"
        yield from control.must(signs, "does not sign")


def firewall_is_in_place(stacks: Stacks) -> Iterator[Finding]:
    """Managed rules that block, and a rate limit."""
    for distribution, config in _distributions(stacks):
        yield from distribution.must(config.get("WebACLId"), "has no firewall")
    for acl in resources(stacks, "AWS::WAFv2::WebACL"):
        rules = as_list(acl.at("Rules"))
        limited = any(
            "RateBasedStatement" in r["Statement"] and "Block" in r.get("Action", {}) for r in rules
        )
        yield from acl.must(limited, "does not limit the rate of an address")
        managed = [r for r in rules if "ManagedRuleGroupStatement" in r["Statement"]]
        yield from acl.must(len(managed) >= 3, "lacks managed rules")
        for rule in managed:
            yield from acl.must("None" in rule.get("OverrideAction", {}), f"only counts {rule['Name']}")


CHECKS: tuple[Check, ...] = (
    viewers_use_tls,
    pages_are_strict,
    api_is_passed_through,
    site_is_read_with_a_signature,
    firewall_is_in_place,
)
