"""What the operator looks at, and what calls the operator."""

from typing import Any

import aws_cdk as cdk
from constructs import Construct

from infra.constructs.alarms import Alarms, AlarmTopic, runbook
from infra.constructs.budget import Budget
from infra.constructs.dashboard import Dashboard
from infra.constructs.watched_metrics import WatchedMetrics
from infra.ops.prices import Prices
from infra.settings import Settings
from infra.stacks.api import ApiStack
from infra.stacks.storage import StorageStack


class OpsStack(cdk.Stack):
    """Dashboard, alarms and budget. Nothing depends on it. Never deployed to the local emulator."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: Settings,
        storage: StorageStack,
        api: ApiStack,
        **kwargs: Any,
    ) -> None:
        super().__init__(scope, construct_id, description="Stem Foundry: dashboard and alarms", **kwargs)
        watched = WatchedMetrics(
            api_id=api.http_api_id,
            dead_letter_queue=storage.notifications.dead_letter_queue.queue_name,
            table=storage.table.table_name,
            endpoint=settings.endpoint_name,
        )
        topic = AlarmTopic(self, "Notify", settings=settings).topic
        alarms = Alarms(self, "Alarms", settings=settings, watched=watched, topic=topic).alarms
        Dashboard(
            self,
            "Overview",
            settings=settings,
            watched=watched,
            alarms=alarms,
            hourly_usd=_hourly_usd(settings.instance_types[0]),
        )
        if settings.monthly_budget_usd is not None:
            Budget(self, "Month", monthly_usd=settings.monthly_budget_usd, topic_arn=topic.topic_arn)
        cdk.CfnOutput(self, "AlarmTopicArn", value=topic.topic_arn)
        cdk.CfnOutput(self, "BudgetRunbook", value=runbook("budget"))


def _hourly_usd(instance_type: str) -> float | None:
    """List price of the preferred instance type; the table need not know every type there is."""
    price = Prices.load().instance_hour.get(instance_type)
    return None if price is None else price.usd
