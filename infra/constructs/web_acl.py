"""The firewall before the distribution."""

from aws_cdk import aws_wafv2 as waf
from constructs import Construct

from infra.settings import Settings

# A browser that polls one job and uploads parts stays below a tenth of it.
REQUESTS_PER_FIVE_MINUTES = 3000

# Managed rule groups by the label of their metric; a rule named here only counts, with the reason.
# Job metadata may be longer than the 8 KB that SizeRestrictions_BODY allows; the API has its own bounds.
_MANAGED: dict[str, tuple[str, ...]] = {
    "AWSManagedRulesAmazonIpReputationList": (),
    "AWSManagedRulesKnownBadInputsRuleSet": (),
    "AWSManagedRulesCommonRuleSet": ("SizeRestrictions_BODY",),
}


class WebAcl(Construct):
    """Managed rules and a rate limit by address. Exists in us-east-1 only, as CloudFront wants it."""

    def __init__(self, scope: Construct, construct_id: str, *, settings: Settings) -> None:
        super().__init__(scope, construct_id)
        managed = [_managed_rule(n, name, counted) for n, (name, counted) in enumerate(_MANAGED.items(), 1)]
        self.arn = waf.CfnWebACL(
            self,
            "Acl",
            scope="CLOUDFRONT",
            description=f"Stem Foundry, {settings.environment}",
            default_action=waf.CfnWebACL.DefaultActionProperty(allow={}),
            visibility_config=_visibility("All"),
            rules=[_rate_rule(), *managed],
        ).attr_arn


def _rate_rule() -> waf.CfnWebACL.RuleProperty:
    return waf.CfnWebACL.RuleProperty(
        name="Rate",
        priority=0,
        action=waf.CfnWebACL.RuleActionProperty(block={}),
        visibility_config=_visibility("Rate"),
        statement=waf.CfnWebACL.StatementProperty(
            rate_based_statement=waf.CfnWebACL.RateBasedStatementProperty(
                limit=REQUESTS_PER_FIVE_MINUTES, evaluation_window_sec=300, aggregate_key_type="IP"
            )
        ),
    )


def _managed_rule(priority: int, name: str, counted: tuple[str, ...]) -> waf.CfnWebACL.RuleProperty:
    return waf.CfnWebACL.RuleProperty(
        name=name,
        priority=priority,
        override_action=waf.CfnWebACL.OverrideActionProperty(none={}),
        visibility_config=_visibility(name),
        statement=waf.CfnWebACL.StatementProperty(
            managed_rule_group_statement=waf.CfnWebACL.ManagedRuleGroupStatementProperty(
                vendor_name="AWS",
                name=name,
                rule_action_overrides=[
                    waf.CfnWebACL.RuleActionOverrideProperty(
                        name=rule, action_to_use=waf.CfnWebACL.RuleActionProperty(count={})
                    )
                    for rule in counted
                ]
                or None,
            )
        ),
    )


def _visibility(metric: str) -> waf.CfnWebACL.VisibilityConfigProperty:
    return waf.CfnWebACL.VisibilityConfigProperty(
        cloud_watch_metrics_enabled=True, metric_name=metric, sampled_requests_enabled=True
    )
