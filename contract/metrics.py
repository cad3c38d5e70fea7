"""Names of the service's own CloudWatch metrics: one namespace, one dimension.

Functions and container write them as log lines in CloudWatch's embedded metric format; scaling policies,
dashboard and alarms read them by these names.
"""

from enum import StrEnum

NAMESPACE = "StemFoundry"

# Separates deployments, and lets the scaling policies find the metrics of their own endpoint.
ENDPOINT_DIMENSION = "EndpointName"


class Metric(StrEnum):
    """What is measured, with its unit."""

    # from the functions: counts
    JOBS_CREATED = "JobsCreated"
    JOBS_COMPLETED = "JobsCompleted"
    JOBS_FAILED = "JobsFailed"
    JOBS_CANCELLED = "JobsCancelled"
    JOBS_RETRIED = "JobsRetried"
    LOST_JOBS_FOUND = "LostJobsFound"
    # from each container, several times a minute
    IN_FLIGHT = "InFlight"
    WORKER_HEARTBEAT = "WorkerHeartbeat"
    # from each container, once per event: seconds
    JOB_SECONDS = "JobSeconds"
    AUDIO_SECONDS = "AudioSeconds"
    COLD_START_SECONDS = "ColdStartSeconds"


def unit(metric: Metric) -> str:
    """CloudWatch's name of a metric's unit."""
    return "Seconds" if metric.endswith("Seconds") else "Count"
