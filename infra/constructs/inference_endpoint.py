"""The SageMaker endpoint: model, configuration and endpoint, all at CloudFormation's level.

CDK has no higher construct that knows asynchronous inference. Names of model and configuration are left to
CloudFormation: both are replaced on every change, and a fixed name would collide with its predecessor. The
endpoint's name is fixed, so that an update happens in place, functions can know it beforehand, and the
instances' cache of the image survives.
"""

from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from contract import keys
from contract.environment import ContainerEnvironment
from infra.settings import Settings

VARIANT = "gpu"
# Driver 580 with CUDA 13.0, for the torch build in the image. Without it g4dn and g5 get driver 470, on
# which no CUDA of the last years runs. Moves together with the base image and torch: decision 0030.
AMI_VERSION = "al2023-ami-sagemaker-inference-gpu-4-1"
# One GPU works on one song at a time; a second one would only halve the speed of both.
CONCURRENT_INVOCATIONS = 1

MODEL_DIRECTORY = "/opt/stem-foundry/models"
SCRATCH_DIRECTORY = "/tmp/stem-foundry"  # noqa: S108

# From the container's start to its first healthy /ping: CUDA, weights and one warm-up segment take a minute
# or two; a container that is not up by then never will be.
_STARTUP_SECONDS = 900
# There is no model archive, the weights lie in the image; said explicitly all the same.
_MODEL_DOWNLOAD_SECONDS = 600
# How long to look for instances of all types before the update counts as failed.
_PROVISION_SECONDS = 1800


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointInputs:
    """What the endpoint is made from.

    ``image`` is the image's URI with its digest; ``success_topic`` and ``error_topic`` are ARNs.
    """

    image: str
    role_arn: str
    bucket_name: str
    table_name: str
    success_topic: str
    error_topic: str


class InferenceEndpoint(Construct):
    """An asynchronous endpoint that answers through S3 and SNS."""

    def __init__(
        self, scope: Construct, construct_id: str, *, settings: Settings, inputs: EndpointInputs
    ) -> None:
        super().__init__(scope, construct_id)
        model = sagemaker.CfnModel(
            self,
            "Model",
            execution_role_arn=inputs.role_arn,
            primary_container=sagemaker.CfnModel.ContainerDefinitionProperty(
                image=inputs.image, environment=self._environment(settings, inputs)
            ),
            # Isolation would take away the network, and the container reads and writes S3 itself.
            enable_network_isolation=False,
        )
        configuration = sagemaker.CfnEndpointConfig(
            self,
            "Configuration",
            production_variants=[_variant(settings, model.attr_model_name)],
            async_inference_config=_asynchronous(inputs),
        )
        self.endpoint = sagemaker.CfnEndpoint(
            self,
            "Endpoint",
            endpoint_name=settings.endpoint_name,
            endpoint_config_name=configuration.attr_endpoint_config_name,
            # An update starts one instance and so proves that the new image becomes healthy: decision 0031.
            retain_all_variant_properties=False,
        )

    def _environment(self, settings: Settings, inputs: EndpointInputs) -> dict[str, str]:
        environment = ContainerEnvironment.model_validate(
            {
                "table_name": inputs.table_name,
                "audio_bucket": inputs.bucket_name,
                "limits": settings.limits,
                "model_directory": MODEL_DIRECTORY,
                "scratch_directory": SCRATCH_DIRECTORY,
                "require_gpu": True,
                "preload_model": settings.models[0],
                "endpoint_name": settings.endpoint_name,
            }
        )
        return environment.to_environ() | {"AWS_DEFAULT_REGION": cdk.Stack.of(self).region}


def _variant(settings: Settings, model_name: str) -> sagemaker.CfnEndpointConfig.ProductionVariantProperty:
    pools = [
        sagemaker.CfnEndpointConfig.InstancePoolProperty(instance_type=name, priority=priority)
        for priority, name in enumerate(settings.instance_types, start=1)
    ]
    return sagemaker.CfnEndpointConfig.ProductionVariantProperty(
        variant_name=VARIANT,
        model_name=model_name,
        # Zero is refused here; only scaling gets there.
        initial_instance_count=1,
        initial_variant_weight=1,
        # Several types, for one alone may have no capacity at the moment somebody waits.
        instance_pools=pools,
        inference_ami_version=AMI_VERSION,
        container_startup_health_check_timeout_in_seconds=_STARTUP_SECONDS,
        model_data_download_timeout_in_seconds=_MODEL_DOWNLOAD_SECONDS,
        variant_instance_provision_timeout_in_seconds=_PROVISION_SECONDS,
    )


def _asynchronous(inputs: EndpointInputs) -> sagemaker.CfnEndpointConfig.AsyncInferenceConfigProperty:
    answers = f"s3://{inputs.bucket_name}"
    return sagemaker.CfnEndpointConfig.AsyncInferenceConfigProperty(
        client_config=sagemaker.CfnEndpointConfig.AsyncInferenceClientConfigProperty(
            max_concurrent_invocations_per_instance=CONCURRENT_INVOCATIONS
        ),
        output_config=sagemaker.CfnEndpointConfig.AsyncInferenceOutputConfigProperty(
            s3_output_path=f"{answers}/{keys.INFERENCE_PREFIX.rstrip('/')}",
            s3_failure_path=f"{answers}/{keys.INFERENCE_FAILURES_PREFIX.rstrip('/')}",
            notification_config=sagemaker.CfnEndpointConfig.AsyncInferenceNotificationConfigProperty(
                success_topic=inputs.success_topic, error_topic=inputs.error_topic
            ),
        ),
    )
