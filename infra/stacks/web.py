"""The site, and the one host name under which site and API are reached."""

from typing import Any

import aws_cdk as cdk
from constructs import Construct

from infra.constructs.distribution import Distribution, DistributionInputs
from infra.constructs.page_upload import acknowledge_page_upload
from infra.constructs.site import Site
from infra.constructs.web_acl import WebAcl
from infra.settings import Settings
from infra.stacks.api import ApiStack
from infra.stacks.edge import EDGE_REGION, EdgeStack
from infra.stacks.storage import StorageStack


class WebStack(cdk.Stack):
    """Holds no data. Never deployed to the local emulator.

    CloudFront takes a firewall from us-east-1 only. Where the settings name another region it comes from
    the Edge stack; where they name none, this stack refuses to be deployed elsewhere.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: Settings,
        storage: StorageStack,
        api: ApiStack,
        edge: EdgeStack | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(scope, construct_id, description="Stem Foundry: site and host name", **kwargs)
        if api.origin_secret_arn is None:
            message = "the Web stack needs an Api stack that is deployed behind it"
            raise ValueError(message)
        site = Site(self, "Site", settings=settings)
        revision = cdk.CfnParameter(
            self,
            "OriginRevision",
            default="1",
            allowed_pattern="[0-9A-Za-z.-]{1,32}",
            description="Change it after putting a new value into the origin secret, to have it looked up",
        )
        bucket = storage.bucket
        self.distribution = Distribution(
            self,
            "Front",
            settings=settings,
            inputs=DistributionInputs(
                site=site.bucket,
                access_logs=site.access_logs,
                api_host=f"{api.http_api_id}.execute-api.{self.region}.{self.url_suffix}",
                origin_secret_arn=api.origin_secret_arn,
                revision=revision.value_as_string,
                # Presigned links name the bucket by either of its hosts, depending on the region.
                audio_hosts=[
                    f"{bucket.bucket_name}.s3.{self.region}.{self.url_suffix}",
                    f"{bucket.bucket_name}.s3.{self.url_suffix}",
                ],
                web_acl_arn=self._web_acl_arn(settings, edge),
            ),
        ).distribution
        site.fill(self.distribution, settings=settings)
        acknowledge_page_upload(self, site.bucket.bucket_arn)
        host = settings.domain_name or self.distribution.distribution_domain_name
        outputs = {
            "SiteUrl": f"https://{host}",
            "DistributionDomainName": self.distribution.distribution_domain_name,
            "DistributionId": self.distribution.distribution_id,
            "SiteBucketName": site.bucket.bucket_name,
        }
        for name, value in outputs.items():
            cdk.CfnOutput(self, name, value=value)

    def _web_acl_arn(self, settings: Settings, edge: EdgeStack | None) -> str | None:
        if not settings.waf_enabled:
            return None
        if edge is not None:
            return edge.web_acl_arn
        cdk.CfnRule(
            self,
            "FirewallRegion",
            assertions=[
                cdk.CfnRuleAssertion(
                    assert_=cdk.Fn.condition_equals(cdk.Aws.REGION, EDGE_REGION),
                    assert_description=f"CloudFront takes a firewall from {EDGE_REGION} only: deploy "
                    "there, or name account and region in the settings, or set waf_enabled to false.",
                )
            ],
        )
        return WebAcl(self, "Firewall", settings=settings).arn
