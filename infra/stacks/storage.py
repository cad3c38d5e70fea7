"""What must outlive everything else: bucket, table, topics, queues, secret, and the container's role."""

from typing import Any

import aws_cdk as cdk
from constructs import Construct

from infra.constructs.audio_bucket import AudioBucket
from infra.constructs.container_role import ContainerRole
from infra.constructs.notifications import Notifications
from infra.constructs.signing_secret import SigningSecret
from infra.constructs.table import ServiceTable
from infra.permissions import Resources
from infra.settings import Settings


class StorageStack(cdk.Stack):
    """Storage and messaging. Deployed to AWS and to the local emulator alike."""

    def __init__(self, scope: Construct, construct_id: str, *, settings: Settings, **kwargs: Any) -> None:
        super().__init__(scope, construct_id, description="Stem Foundry: storage and messaging", **kwargs)
        self.bucket = AudioBucket(self, "Audio", settings=settings).bucket
        self.table = ServiceTable(self, "Jobs", settings=settings).table
        self.notifications = Notifications(self, "Notifications", settings=settings)
        self.signing_secret_arn = SigningSecret(self, "Signing", settings=settings).arn
        # Here and not beside the endpoint, so that the endpoint can be removed without touching the role.
        self.container_role = ContainerRole(
            self, "Container", settings=settings, resources=self._container_resources(settings)
        ).role
        self.notifications.allow_publishing(self.container_role)
        # Exported by hand, so that its name is known while other stacks are still being built.
        self.audio_bucket_arn = self.export_value(self.bucket.bucket_arn)
        self._add_outputs()

    def _container_resources(self, settings: Settings) -> Resources:
        logs = f"/aws/sagemaker/Endpoints/{settings.endpoint_name}*"
        return Resources(
            table=self.table.table_arn,
            bucket=self.bucket.bucket_arn,
            topics=(
                self.notifications.success_topic.topic_arn,
                self.notifications.error_topic.topic_arn,
            ),
            container_logs=self.format_arn(
                service="logs",
                resource="log-group",
                resource_name=logs,
                arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
            ),
            image_repository=self.format_arn(
                service="ecr", resource="repository", resource_name=settings.image_repository
            ),
        )

    def _add_outputs(self) -> None:
        outputs = {
            "AudioBucketName": self.bucket.bucket_name,
            "TableName": self.table.table_name,
            "SuccessTopicArn": self.notifications.success_topic.topic_arn,
            "ErrorTopicArn": self.notifications.error_topic.topic_arn,
            "ResultQueueUrl": self.notifications.result_queue.queue_url,
            "ResultDeadLetterQueueUrl": self.notifications.dead_letter_queue.queue_url,
            "ContainerRoleArn": self.container_role.role_arn,
            "SigningSecretArn": self.signing_secret_arn,
        }
        for name, value in outputs.items():
            cdk.CfnOutput(self, name, value=value)
