"""The public face: HTTP API, Lambda functions, authorizer and schedules."""

from typing import Any

import aws_cdk as cdk
from constructs import Construct

from contract.environment import LambdaEnvironment
from infra.constructs.functions import Functions
from infra.constructs.http_api import HttpApi
from infra.constructs.origin_secret import OriginSecret
from infra.permissions import Resources
from infra.settings import Settings
from infra.stacks.storage import StorageStack


class ApiStack(cdk.Stack):
    """Holds no data. Deployed to AWS and to the local emulator alike.

    The endpoint is known by name only: it may be deployed later, or removed, without touching this stack.
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
        super().__init__(scope, construct_id, description="Stem Foundry: API and functions", **kwargs)
        # On one machine there is no distribution, and so nobody who could show the secret.
        self.origin_secret_arn = None if settings.is_local else OriginSecret(self, "Origin").arn
        self.functions = Functions(
            self,
            "Functions",
            settings=settings,
            environment=LambdaEnvironment(
                table_name=storage.table.table_name,
                audio_bucket=storage.bucket.bucket_name,
                limits=settings.limits,
                endpoint_name=settings.endpoint_name,
                kit_model=settings.chosen_kit_model,
                model_catalogue_file=settings.model_catalogue_file,
                signing_secret_arn=storage.signing_secret_arn,
                origin_secret_arn=self.origin_secret_arn,
                prewarm=None if settings.prewarm == "off" else settings.prewarm,
            ),
            resources=self._resources(settings, storage),
        ).by_name
        self.http_api = HttpApi(self, "Http", settings=settings, functions=self.functions)
        # Exported by hand, so that its name is known while other stacks are still being built.
        self.http_api_id = self.export_value(self.http_api.api.ref)
        self._add_outputs(settings)

    def _resources(self, settings: Settings, storage: StorageStack) -> Resources:
        return Resources(
            table=storage.table.table_arn,
            bucket=storage.audio_bucket_arn,
            secret=storage.signing_secret_arn,
            origin_secret=self.origin_secret_arn or "",
            endpoint=self.format_arn(
                service="sagemaker", resource="endpoint", resource_name=settings.endpoint_name
            ),
            result_queue=storage.notifications.result_queue.queue_arn,
        )

    def _add_outputs(self, settings: Settings) -> None:
        outputs = {
            "ApiId": self.http_api.api.ref,
            "ApiUrl": self.http_api.url,
            "EndpointName": settings.endpoint_name,
            **{
                f"Function{name.capitalize()}": function.function_name
                for name, function in self.functions.items()
            },
            **({"OriginSecretArn": self.origin_secret_arn} if self.origin_secret_arn else {}),
        }
        for name, value in outputs.items():
            cdk.CfnOutput(self, name, value=value)
