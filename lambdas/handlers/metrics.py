"""The service's own metrics, written as log lines that CloudWatch turns into metrics."""

from collections.abc import Mapping

from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

from contract.metrics import ENDPOINT_DIMENSION, NAMESPACE, Metric
from lambdas import wiring
from lambdas.core.settlement import Settlement

SETTLEMENT_METRICS = {
    Settlement.COMPLETED: Metric.JOBS_COMPLETED,
    Settlement.FAILED: Metric.JOBS_FAILED,
    Settlement.CANCELLED: Metric.JOBS_CANCELLED,
    Settlement.RETRIED: Metric.JOBS_RETRIED,
}


def count(counts: Mapping[Metric, int]) -> None:
    """Publish how often something happened; zeros are left out, so that silence costs nothing."""
    happened = {metric: number for metric, number in counts.items() if number}
    if not happened:
        return
    # An empty service keeps Powertools from adding a dimension of its own: functions and container share
    # one set of dimensions, so that a metric is the same series whoever reports it.
    metrics = EphemeralMetrics(namespace=NAMESPACE, service="")
    metrics.add_dimension(name=ENDPOINT_DIMENSION, value=wiring.environment().endpoint_name)
    for metric, number in happened.items():
        metrics.add_metric(name=metric, unit=MetricUnit.Count, value=number)
    metrics.flush_metrics()


def count_settlements(outcomes: Mapping[Settlement, int]) -> None:
    """Publish what events did to jobs."""
    count(
        {SETTLEMENT_METRICS[outcome]: n for outcome, n in outcomes.items() if outcome in SETTLEMENT_METRICS}
    )
