"""One page that tells how the service is doing."""

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from contract.metrics import Metric
from infra.constructs.watched_metrics import WatchedMetrics
from infra.settings import Settings

_PERIOD = cdk.Duration.minutes(5)
_HOUR = cdk.Duration.hours(1)
_WIDTH = 8
_HEIGHT = 6


class Dashboard(Construct):
    """From the request to the bill, in the order in which a song travels."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: Settings,
        watched: WatchedMetrics,
        alarms: list[cloudwatch.Alarm],
        hourly_usd: float | None,
    ) -> None:
        super().__init__(scope, construct_id)
        self.dashboard = cloudwatch.Dashboard(
            self,
            "Dashboard",
            dashboard_name=f"stem-foundry-{settings.environment}",
            default_interval=cdk.Duration.hours(12),
            widgets=[
                [cloudwatch.AlarmStatusWidget(title="Alarms", alarms=list(alarms), width=3 * _WIDTH)],
                _api(watched, settings),
                _jobs(watched),
                _waiting(watched),
                _machines(watched),
                _time_and_cost(watched, hourly_usd),
            ],
        )


def _api(watched: WatchedMetrics, settings: Settings) -> list[cloudwatch.IWidget]:
    functions = f'FunctionName="{settings.stack_name("Api")}-"'
    search = f"SEARCH('{{AWS/Lambda,FunctionName}} {functions} MetricName=\"Errors\"', 'Sum', 300)"
    return [
        _graph("Requests", [watched.requests("Count", _PERIOD)]),
        _graph(
            "Errors",
            [
                watched.requests("4xx", _PERIOD),
                watched.requests("5xx", _PERIOD),
                cloudwatch.MathExpression(expression=search, label="", using_metrics={}, period=_PERIOD),
            ],
        ),
        _graph(
            "Latency, ms",
            [watched.requests("Latency", _PERIOD, "p50"), watched.requests("Latency", _PERIOD, "p95")],
        ),
    ]


def _jobs(watched: WatchedMetrics) -> list[cloudwatch.IWidget]:
    funnel = (Metric.JOBS_CREATED, Metric.JOBS_COMPLETED, Metric.JOBS_FAILED, Metric.JOBS_CANCELLED)
    recovery = (Metric.JOBS_RETRIED, Metric.LOST_JOBS_FOUND)
    return [
        _graph("Jobs", [watched.jobs(metric, _PERIOD) for metric in funnel]),
        _graph("Failed, % of an hour's jobs", [watched.failed_percent(_HOUR)]),
        _graph(
            "Retried, lost and found, undeliverable",
            [*(watched.jobs(metric, _PERIOD) for metric in recovery), watched.dead_letters(_PERIOD)],
        ),
    ]


def _waiting(watched: WatchedMetrics) -> list[cloudwatch.IWidget]:
    return [
        _graph(
            "Backlog",
            [
                watched.queue("ApproximateBacklogSize", _PERIOD),
                watched.queue("HasBacklogWithoutCapacity", _PERIOD),
            ],
        ),
        _graph("Age of the oldest request, s", [watched.oldest_request(_PERIOD)]),
        _graph(
            "Time in backlog, ms",
            [
                watched.invocations("TimeInBacklog", _PERIOD),
                watched.invocations("TimeInBacklog", _PERIOD, "Maximum"),
            ],
        ),
    ]


def _machines(watched: WatchedMetrics) -> list[cloudwatch.IWidget]:
    return [
        _graph("GPU, %", [watched.host(n, _PERIOD) for n in ("GPUUtilization", "GPUMemoryUtilization")]),
        _graph(
            "CPU and memory, %", [watched.host(n, _PERIOD) for n in ("CPUUtilization", "MemoryUtilization")]
        ),
        _graph(
            "Songs in work",
            [
                watched.jobs(Metric.IN_FLIGHT, _PERIOD, "Average"),
                watched.jobs(Metric.IN_FLIGHT, _PERIOD, "Maximum"),
            ],
        ),
    ]


def _time_and_cost(watched: WatchedMetrics, hourly_usd: float | None) -> list[cloudwatch.IWidget]:
    seconds = watched.jobs(Metric.JOB_SECONDS, _HOUR, "Average")
    widgets = [
        _graph("Seconds per job", [seconds, watched.jobs(Metric.JOB_SECONDS, _HOUR, "p95")]),
        _graph(
            "Cold starts: number and seconds",
            [
                watched.jobs(Metric.COLD_START_SECONDS, _HOUR, "SampleCount"),
                watched.jobs(Metric.COLD_START_SECONDS, _HOUR, "Average"),
            ],
        ),
    ]
    if hourly_usd is not None:
        cost = cloudwatch.MathExpression(
            label="US$ per job",
            expression=f"seconds * {hourly_usd} / 3600",
            period=_HOUR,
            using_metrics={"seconds": seconds},
        )
        widgets.append(_graph("GPU cost per job, US$, without start and idle time", [cost]))
    return widgets


def _graph(title: str, metrics: list[cloudwatch.IMetric]) -> cloudwatch.IWidget:
    return cloudwatch.GraphWidget(
        title=title,
        left=metrics,
        left_y_axis=cloudwatch.YAxisProps(min=0, show_units=False),
        width=_WIDTH,
        height=_HEIGHT,
    )
