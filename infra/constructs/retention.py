"""What becomes of data when its stack is deleted."""

import aws_cdk as cdk

from infra.settings import Settings


def data_removal_policy(settings: Settings) -> cdk.RemovalPolicy:
    """Keep the data or delete it with the stack, as the settings say."""
    return cdk.RemovalPolicy.RETAIN if settings.retain_data else cdk.RemovalPolicy.DESTROY
