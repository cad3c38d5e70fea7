"""Alarms, each with the page that says what to do."""

from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from contract.metrics import Metric
from infra.constructs.watched_metrics import WatchedMetrics
from infra.settings import Settings

RUNBOOK = "docs/operations.md"

# A song waits for a cold start (about seven minutes) and a few songs before it.
OLDEST_REQUEST_SECONDS = 1800
FAILED_PERCENT = 20
# Below it one bad file would be a rate of failures.
LEAST_JOBS_FOR_A_RATE = 5
SERVER_ERRORS = 5

# A cold start takes about seven minutes, a large image longer.
SILENT_MINUTES = 30

# What an endpoint goes through when it is deployed, changed or removed on purpose.
_ORDERLY_STATUS = ["IN_SERVICE", "CREATING", "UPDATING", "SYSTEM_UPDATING", "DELETING"]


def runbook(anchor: str) -> str:
    """Where an alarm's entry stands in the operations manual."""
    return f"{RUNBOOK}#{anchor}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """When a metric is alarming."""

    anchor: str
    text: str
    metric: cloudwatch.IMetric
    value: float
    periods: int = 1


class AlarmTopic(Construct):
    """Where all alarms go. Messages are stored nowhere and tell names and numbers only, hence no KMS key."""

    def __init__(self, scope: Construct, construct_id: str, *, settings: Settings) -> None:
        super().__init__(scope, construct_id)
        self.topic = sns.Topic(self, "Topic", enforce_ssl=True, display_name="Stem Foundry alarms")
        if settings.alarm_email is not None:
            self.topic.add_subscription(subscriptions.EmailSubscription(settings.alarm_email))
        stack = cdk.Stack.of(self)
        for service in ("cloudwatch", "events", "budgets"):
            self.topic.add_to_resource_policy(
                iam.PolicyStatement(
                    sid=f"Publish{service.capitalize()}",
                    actions=["sns:Publish"],
                    principals=[iam.ServicePrincipal(f"{service}.amazonaws.com")],
                    resources=[self.topic.topic_arn],
                    conditions={"StringEquals": {"aws:SourceAccount": stack.account}},
                )
            )


class Alarms(Construct):
    """Everything that somebody should be told at once."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: Settings,
        watched: WatchedMetrics,
        topic: sns.ITopic,
    ) -> None:
        super().__init__(scope, construct_id)
        self.alarms = [self._alarm(threshold, topic) for threshold in _thresholds(watched)]
        self._endpoint_not_in_service(settings.endpoint_name, topic)

    def _alarm(self, threshold: Threshold, topic: sns.ITopic) -> cloudwatch.Alarm:
        name = "".join(word.capitalize() for word in threshold.anchor.split("-"))
        alarm = cloudwatch.Alarm(
            self,
            name,
            alarm_description=f"{threshold.text} Runbook: {runbook(threshold.anchor)}",
            metric=threshold.metric,
            threshold=threshold.value,
            evaluation_periods=threshold.periods,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
        alarm.add_alarm_action(actions.SnsAction(topic))
        alarm.add_ok_action(actions.SnsAction(topic))
        return alarm

    def _endpoint_not_in_service(self, endpoint_name: str, topic: sns.ITopic) -> None:
        status = events.EventField.from_path("$.detail.EndpointStatus")
        message = f"Endpoint {endpoint_name} is {status}. Runbook: {runbook('endpoint-not-in-service')}"
        events.Rule(
            self,
            "EndpointNotInService",
            description=f"Tells when the endpoint fails. Runbook: {runbook('endpoint-not-in-service')}",
            event_pattern=events.EventPattern(
                source=["aws.sagemaker"],
                detail_type=["SageMaker Endpoint State Change"],
                detail={
                    "EndpointName": [endpoint_name],
                    "EndpointStatus": events.Match.anything_but(*_ORDERLY_STATUS),
                },
            ),
            targets=[targets.SnsTopic(topic, message=events.RuleTargetInput.from_text(message))],
        )


def _thresholds(watched: WatchedMetrics) -> list[Threshold]:
    five, fifteen, hour = (cdk.Duration.minutes(minutes) for minutes in (5, 15, 60))
    return [
        Threshold(
            anchor="dlq-not-empty",
            text="Notifications of the endpoint could not be applied.",
            metric=watched.dead_letters(five),
            value=1,
        ),
        Threshold(
            anchor="oldest-request-age",
            text=f"A request has waited for {OLDEST_REQUEST_SECONDS // 60} minutes.",
            metric=watched.oldest_request(five),
            value=OLDEST_REQUEST_SECONDS,
        ),
        Threshold(
            anchor="failure-rate",
            text=f"{FAILED_PERCENT} % of the last hour's jobs failed, of at least {LEAST_JOBS_FOR_A_RATE}.",
            metric=watched.failed_percent(hour, least_jobs=LEAST_JOBS_FOR_A_RATE),
            value=FAILED_PERCENT,
        ),
        Threshold(
            anchor="api-5xx",
            text="The API answers with server errors.",
            metric=watched.requests("5xx", five),
            value=SERVER_ERRORS,
        ),
        Threshold(
            anchor="throttles",
            text="Lambda or DynamoDB throttles.",
            metric=watched.throttles(five),
            value=1,
            periods=2,
        ),
        Threshold(
            anchor="lost-jobs",
            text="The reconciler found jobs that nothing else would have moved.",
            metric=watched.jobs(Metric.LOST_JOBS_FOUND, fifteen),
            value=1,
        ),
        Threshold(
            anchor="no-heartbeat",
            text=f"A machine has run for {SILENT_MINUTES} minutes without a word from its container.",
            metric=watched.machines_without_heartbeat(five),
            value=1,
            periods=SILENT_MINUTES // 5,
        ),
    ]
