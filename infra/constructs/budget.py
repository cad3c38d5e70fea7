"""The monthly budget of the account."""

from aws_cdk import aws_budgets as budgets
from constructs import Construct

# (percent, what is compared with the budget)
NOTIFICATIONS = ((80, "ACTUAL"), (100, "ACTUAL"), (100, "FORECASTED"))


class Budget(Construct):
    """Tells when a month's cost approaches, reaches or is going to reach the limit.

    It watches the whole account: a filter by tag would see nothing, silently, until somebody activates the
    tag for cost allocation. A budget tells; it stops nothing, which `max_instances` does.
    """

    def __init__(self, scope: Construct, construct_id: str, *, monthly_usd: int, topic_arn: str) -> None:
        super().__init__(scope, construct_id)
        budgets.CfnBudget(
            self,
            "Budget",
            budget=budgets.CfnBudget.BudgetDataProperty(
                budget_type="COST",
                time_unit="MONTHLY",
                budget_limit=budgets.CfnBudget.SpendProperty(amount=monthly_usd, unit="USD"),
            ),
            notifications_with_subscribers=[
                budgets.CfnBudget.NotificationWithSubscribersProperty(
                    notification=budgets.CfnBudget.NotificationProperty(
                        notification_type=kind,
                        comparison_operator="GREATER_THAN",
                        threshold=percent,
                        threshold_type="PERCENTAGE",
                    ),
                    subscribers=[
                        budgets.CfnBudget.SubscriberProperty(subscription_type="SNS", address=topic_arn)
                    ],
                )
                for percent, kind in NOTIFICATIONS
            ],
        )
