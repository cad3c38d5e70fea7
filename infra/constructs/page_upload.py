"""What CDK brings along to upload files into a bucket, and why its findings are accepted."""

from typing import cast

import aws_cdk as cdk
from constructs import Construct

from infra.acknowledgements import acknowledge, flatten

# The function is shared by all uploads of a stack; its name is fixed by CDK.
_FUNCTION = "Custom::CDKBucketDeployment8693BB64968944B69AAFB0CC9EB8756C"
_ACTIONS = ("s3:GetObject*", "s3:GetBucket*", "s3:List*", "s3:DeleteObject*", "s3:Abort*")
_REASON = (
    "Written by CDK: runs only while the stack is deployed, reads the assets of deployments and writes "
    "the public files of the site."
)


def acknowledge_page_upload(stack: cdk.Stack, site_bucket_arn: str) -> None:
    """Accept the findings on CDK's own upload function, each by its exact name.

    Args:
        stack: the stack that holds at least one bucket deployment.
        site_bucket_arn: ARN of the bucket that the files go into.
    """
    function = cast("Construct", stack.node.find_child(_FUNCTION))
    role = cast("Construct", function.node.find_child("ServiceRole"))
    acknowledge(function, "L1", "CDK chooses the runtime of its own function.")
    managed = "arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
    acknowledge(role, f"IAM4[Policy::{managed}]", _REASON)
    for action in _ACTIONS:
        acknowledge(role, f"IAM5[Action::{action}]", _REASON)
    assets = f"cdk-{cdk.DefaultStackSynthesizer.DEFAULT_QUALIFIER}-assets-{stack.account}-{stack.region}"
    for bucket in (f"arn:{stack.partition}:s3:::{assets}", site_bucket_arn):
        acknowledge(role, f"IAM5[Resource::{flatten(stack, bucket)}/*]", _REASON)
    acknowledge(role, "IAM5[Resource::*]", "Invalidates CloudFront's cache; CDK names no distribution.")
