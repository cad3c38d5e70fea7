"""Every metric that alarms and dashboard read, by what it says."""

from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch

from contract.metrics import ENDPOINT_DIMENSION, NAMESPACE, Metric
from infra.constructs.inference_endpoint import VARIANT

_SAGEMAKER = "AWS/SageMaker"
_HOST = "/aws/sagemaker/Endpoints"


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedMetrics:
    """Metrics of one deployment; periods are given where a metric is used."""

    api_id: str
    dead_letter_queue: str
    table: str
    endpoint: str

    # --- the API ---

    def requests(self, name: str, period: cdk.Duration, statistic: str = "Sum") -> cloudwatch.Metric:
        """A metric of the gateway: Count, 4xx, 5xx or Latency (milliseconds)."""
        return _metric("AWS/ApiGateway", name, {"ApiId": self.api_id}, period, statistic)

    def throttles(self, period: cdk.Duration) -> cloudwatch.MathExpression:
        """Refusals by Lambda and DynamoDB.

        Lambda's are those of the account and region, as is the concurrency that runs out.
        """
        return cloudwatch.MathExpression(
            label="Throttles",
            expression="FILL(functions, 0) + FILL(reads, 0) + FILL(writes, 0)",
            period=period,
            using_metrics={
                "functions": _metric("AWS/Lambda", "Throttles", {}, period, "Sum"),
                "reads": self._table("ReadThrottleEvents", period),
                "writes": self._table("WriteThrottleEvents", period),
            },
        )

    def _table(self, name: str, period: cdk.Duration) -> cloudwatch.Metric:
        return _metric("AWS/DynamoDB", name, {"TableName": self.table}, period, "Sum")

    def dead_letters(self, period: cdk.Duration) -> cloudwatch.Metric:
        """Messages in the dead-letter queue."""
        dimensions = {"QueueName": self.dead_letter_queue}
        return _metric("AWS/SQS", "ApproximateNumberOfMessagesVisible", dimensions, period, "Maximum")

    # --- jobs ---

    def jobs(self, metric: Metric, period: cdk.Duration, statistic: str = "Sum") -> cloudwatch.Metric:
        """A metric of our own."""
        return _metric(NAMESPACE, metric, {ENDPOINT_DIMENSION: self.endpoint}, period, statistic)

    def failed_percent(self, period: cdk.Duration, *, least_jobs: int = 1) -> cloudwatch.MathExpression:
        """Failed of all finished jobs in percent; 0 when fewer than ``least_jobs`` finished."""
        finished = "(FILL(failed, 0) + FILL(completed, 0))"
        return cloudwatch.MathExpression(
            label="Failed, %",
            expression=f"IF({finished} >= {least_jobs}, 100 * FILL(failed, 0) / {finished}, 0)",
            period=period,
            using_metrics={
                "failed": self.jobs(Metric.JOBS_FAILED, period),
                "completed": self.jobs(Metric.JOBS_COMPLETED, period),
            },
        )

    # --- the endpoint ---

    def queue(self, name: str, period: cdk.Duration, statistic: str = "Maximum") -> cloudwatch.Metric:
        """A metric of the endpoint's queue, which has no variants."""
        return _metric(_SAGEMAKER, name, {ENDPOINT_DIMENSION: self.endpoint}, period, statistic)

    def oldest_request(self, period: cdk.Duration) -> cloudwatch.Metric:
        """How long the oldest request has waited, seconds."""
        return self.queue("ApproximateAgeOfOldestRequest", period)

    def invocations(self, name: str, period: cdk.Duration, statistic: str = "Average") -> cloudwatch.Metric:
        """A metric of what instances do, such as TimeInBacklog (milliseconds)."""
        return _metric(_SAGEMAKER, name, self._variant, period, statistic)

    def host(self, name: str, period: cdk.Duration) -> cloudwatch.Metric:
        """A metric of the machines, such as GPUUtilization (percent)."""
        return _metric(_HOST, name, self._variant, period, "Average")

    def machines_without_heartbeat(self, period: cdk.Duration) -> cloudwatch.MathExpression:
        """1 while a machine runs (it has a load) and no container says so; no data without a machine.

        Such a machine is paid for and never counts as idle, so nothing but a person ends it.
        """
        return cloudwatch.MathExpression(
            label="Machine without heartbeat",
            expression="IF(FILL(heartbeat, 0) < 1, 1, 0) + 0 * load",
            period=period,
            using_metrics={
                "heartbeat": self.jobs(Metric.WORKER_HEARTBEAT, period, "Maximum"),
                "load": self.host("CPUUtilization", period),
            },
        )

    @property
    def _variant(self) -> dict[str, str]:
        return {ENDPOINT_DIMENSION: self.endpoint, "VariantName": VARIANT}


def _metric(
    namespace: str, name: str, dimensions: dict[str, str], period: cdk.Duration, statistic: str
) -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace=namespace,
        metric_name=name,
        dimensions_map=dimensions or None,
        period=period,
        statistic=statistic,
    )
