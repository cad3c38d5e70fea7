"""The execution role of the inference container."""

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import Construct

from infra.acknowledgements import acknowledge_wildcards
from infra.permissions import Resources, container_statements
from infra.settings import Settings


class ContainerRole(Construct):
    """Assumed by SageMaker for the endpoint, and in environment `local` by the container's process.

    The policy is inline because SageMaker validates the role when the endpoint is created and a separate
    policy resource may not be attached by then.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, settings: Settings, resources: Resources
    ) -> None:
        super().__init__(scope, construct_id)
        principals: list[iam.IPrincipal] = [iam.ServicePrincipal("sagemaker.amazonaws.com")]
        if settings.is_local:
            # One machine has no SageMaker: the container's process takes the very same role itself.
            principals.append(iam.AccountRootPrincipal())
        statements = container_statements(resources)
        self.role = iam.Role(
            self,
            "Role",
            description="Runs the separation container",
            assumed_by=iam.CompositePrincipal(*principals),
            inline_policies={"permissions": iam.PolicyDocument(statements=statements)},
            max_session_duration=cdk.Duration.hours(1),
        )
        acknowledge_wildcards(self.role, statements)
