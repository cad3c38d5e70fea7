"""The firewall, for deployments outside us-east-1."""

from typing import Any

import aws_cdk as cdk
from constructs import Construct

from infra.constructs.web_acl import WebAcl
from infra.settings import Settings

EDGE_REGION = "us-east-1"


class EdgeStack(cdk.Stack):
    """What CloudFront accepts from us-east-1 alone; everything else lives in the region of the settings."""

    def __init__(self, scope: Construct, construct_id: str, *, settings: Settings, **kwargs: Any) -> None:
        super().__init__(scope, construct_id, description="Stem Foundry: firewall", **kwargs)
        self.web_acl_arn = WebAcl(self, "Firewall", settings=settings).arn
