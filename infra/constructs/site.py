"""The bucket of the web page, and what is put into it."""

from pathlib import Path
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_s3_deployment as deployment
from constructs import Construct

from contract.page import CONFIGURATION_FILE, PageConfiguration
from infra.constructs.log_groups import log_group
from infra.settings import Settings

REPOSITORY = Path(__file__).resolve().parents[2]
BUILT_PAGE = REPOSITORY / "frontend" / "dist"
# Says where the API's documentation is; deployed as long as no page has been built.
PLACEHOLDER_PAGE = REPOSITORY / "infra" / "site"

# Files whose names change with their content.
_HASHED = "assets/*"


class Site(Construct):
    """A private bucket that only the distribution reads; nothing in it has to outlive the stack."""

    def __init__(self, scope: Construct, construct_id: str, *, settings: Settings) -> None:
        super().__init__(scope, construct_id)
        private: dict[str, Any] = {
            "encryption": s3.BucketEncryption.S3_MANAGED,
            "block_public_access": s3.BlockPublicAccess.BLOCK_ALL,
            "enforce_ssl": True,
            "removal_policy": cdk.RemovalPolicy.DESTROY,
        }
        # CloudFront delivers its logs with an ACL, which the bucket has to honour.
        self.access_logs = s3.Bucket(
            self,
            "AccessLogs",
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_PREFERRED,
            lifecycle_rules=[s3.LifecycleRule(expiration=cdk.Duration.days(settings.log_retention_days))],
            **private,
        )
        self.bucket = s3.Bucket(
            self,
            "Bucket",
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            server_access_logs_bucket=self.access_logs,
            server_access_logs_prefix="site/",
            **private,
        )

    def fill(self, distribution: cloudfront.IDistribution, *, settings: Settings) -> None:
        """Upload the built page, or the placeholder, with the settings that it reads when it starts."""
        page = deployment.Source.asset(str(BUILT_PAGE if BUILT_PAGE.is_dir() else PLACEHOLDER_PAGE))
        configuration = PageConfiguration.of(
            settings.limits, environment=settings.environment, auth_mode=settings.auth_mode
        ).model_dump(by_alias=True)
        logs = log_group(self, "UploadLogs", settings=settings)
        # Old files stay: pages that are open while a new one is deployed still load theirs.
        deployment.BucketDeployment(
            self,
            "Hashed",
            sources=[page],
            destination_bucket=self.bucket,
            exclude=["*"],
            include=[_HASHED],
            cache_control=[deployment.CacheControl.from_string("public, max-age=31536000, immutable")],
            prune=False,
            log_group=logs,
        )
        deployment.BucketDeployment(
            self,
            "Pages",
            sources=[page, deployment.Source.json_data(CONFIGURATION_FILE, configuration)],
            destination_bucket=self.bucket,
            exclude=[_HASHED],
            cache_control=[deployment.CacheControl.from_string("no-cache")],
            prune=False,
            distribution=distribution,
            distribution_paths=["/*"],
            log_group=logs,
        )
