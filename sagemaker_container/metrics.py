"""The container's metrics: log lines in CloudWatch's embedded metric format.

CloudWatch makes metrics of them by itself, so nothing waits for a call and nothing fails with one.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass

from contract import metrics
from contract.metrics import Metric
from sagemaker_container.clock import now_ms

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Metrics:
    """Writes the metrics of one endpoint.

    Args:
        endpoint_name: value of the one dimension; without it nothing is written.
    """

    endpoint_name: str | None

    def emit(self, values: Mapping[Metric, float]) -> None:
        """Write one value each."""
        if self.endpoint_name is None:
            return
        described = {
            "Timestamp": now_ms(),
            "CloudWatchMetrics": [
                {
                    "Namespace": metrics.NAMESPACE,
                    "Dimensions": [[metrics.ENDPOINT_DIMENSION]],
                    "Metrics": [{"Name": str(name), "Unit": metrics.unit(name)} for name in values],
                }
            ],
        }
        fields = {str(name): value for name, value in values.items()}
        _logger.info(
            "metrics", extra={"_aws": described, metrics.ENDPOINT_DIMENSION: self.endpoint_name, **fields}
        )
