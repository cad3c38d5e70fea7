"""How the endpoint's answers reach the `result` function: topics, a queue and its dead-letter queue."""

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from contract.functions import FUNCTIONS, FunctionName
from infra.settings import Settings

MAX_RECEIVES = 5
# AWS's advice for a queue read by a function: six times its timeout, so that a throttled batch is not
# delivered twice while it waits.
_VISIBILITY_TIMEOUTS = 6


class Notifications(Construct):
    """Success and error topics, both delivered to one queue.

    Messages are not raw: the SNS envelope tells the topic. The topics are not encrypted with a KMS key:
    they store nothing, and a message holds opaque ids and S3 locations only.
    """

    def __init__(self, scope: Construct, construct_id: str, *, settings: Settings) -> None:
        super().__init__(scope, construct_id)
        self.success_topic = sns.Topic(self, "SuccessTopic", enforce_ssl=settings.enforce_tls)
        self.error_topic = sns.Topic(self, "ErrorTopic", enforce_ssl=settings.enforce_tls)
        self.dead_letter_queue = sqs.Queue(
            self,
            "ResultDeadLetterQueue",
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=settings.enforce_tls,
            retention_period=cdk.Duration.days(14),
        )
        timeout = FUNCTIONS[FunctionName.RESULT].timeout_seconds
        self.result_queue = sqs.Queue(
            self,
            "ResultQueue",
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=settings.enforce_tls,
            visibility_timeout=cdk.Duration.seconds(_VISIBILITY_TIMEOUTS * timeout),
            dead_letter_queue=sqs.DeadLetterQueue(
                queue=self.dead_letter_queue, max_receive_count=MAX_RECEIVES
            ),
        )
        for topic in (self.success_topic, self.error_topic):
            topic.add_subscription(
                subscriptions.SqsSubscription(self.result_queue, raw_message_delivery=False)
            )

    def allow_publishing(self, publisher: iam.IRole) -> None:
        """Let one role publish, and nobody else.

        Without a policy of its own a topic has SNS's default one, which lets every principal of the account
        publish, and so every function could forge a result.
        """
        for topic in (self.success_topic, self.error_topic):
            topic.add_to_resource_policy(
                iam.PolicyStatement(
                    actions=["sns:Publish"], principals=[publisher], resources=[topic.topic_arn]
                )
            )
