"""The part that costs money by the hour: the GPU endpoint and its scaling."""

from typing import Any

import aws_cdk as cdk
from constructs import Construct

from infra.constructs.endpoint_scaling import EndpointScaling
from infra.constructs.inference_endpoint import EndpointInputs, InferenceEndpoint
from infra.settings import Settings
from infra.stacks.storage import StorageStack


class InferenceStack(cdk.Stack):
    """Holds no data; may be removed and deployed again alone. Never deployed to the local emulator.

    The image is named by digest. Unless the settings pin one, CloudFormation reads it at deployment from the
    parameter that the build writes: a new image makes a new model, and the endpoint is updated in place.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: Settings,
        storage: StorageStack,
        **kwargs: Any,
    ) -> None:
        super().__init__(scope, construct_id, description="Stem Foundry: GPU endpoint and scaling", **kwargs)
        endpoint = InferenceEndpoint(
            self,
            "Inference",
            settings=settings,
            inputs=EndpointInputs(
                image=self._image(settings),
                role_arn=storage.container_role.role_arn,
                bucket_name=storage.bucket.bucket_name,
                table_name=storage.table.table_name,
                success_topic=storage.notifications.success_topic.topic_arn,
                error_topic=storage.notifications.error_topic.topic_arn,
            ),
        ).endpoint
        EndpointScaling(self, "Scaling", settings=settings, endpoint=endpoint)
        licences = "; ".join(f"{name}: {licence}" for name, licence in settings.model_licences.items())
        cdk.CfnOutput(self, "ModelLicences", value=licences)

    def _image(self, settings: Settings) -> str:
        digest = settings.image_digest
        if digest is None:
            digest = cdk.CfnParameter(
                self,
                "ImageDigest",
                type="AWS::SSM::Parameter::Value<String>",
                default=settings.image_digest_parameter,
                description="SSM parameter that holds the digest of the container's image",
            ).value_as_string
        registry = f"{self.account}.dkr.ecr.{self.region}.{self.url_suffix}"
        return f"{registry}/{settings.image_repository}@{digest}"
