"""What CloudWatch shows of the simulated endpoint, minutes late, and what alarms make of it."""

import math
import random
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from benchmarks.scaling_policy import Alarm, MetricReference, Signal, TargetTracking
from benchmarks.scaling_times import MetricTimes
from contract.metrics import Metric

MINUTE = 60
# Application Auto Scaling's own alarms of a target-tracking policy.
TRACKING_HIGH_DATAPOINTS = 3
TRACKING_LOW_DATAPOINTS = 15
TRACKING_LOW_FRACTION = 0.9
# CloudWatch looks a little further back than an alarm's periods for the points that are not yet there.
_LOOK_BACK_MINUTES = 5
_KEPT_MINUTES = 240

_STATISTICS: dict[str, Callable[[list[float]], float]] = {
    "Average": lambda samples: sum(samples) / len(samples),
    "Maximum": max,
    "Minimum": min,
    "Sum": sum,
    "SampleCount": len,
}


@dataclass(frozen=True, slots=True)
class Gauges:
    """State of the endpoint at one moment."""

    backlog: int
    ready: int
    busy: int

    def samples(self) -> Mapping[str, list[float]]:
        """Samples written by SageMaker, and by each container, at that moment."""
        return {
            "ApproximateBacklogSize": [float(self.backlog)],
            "ApproximateBacklogSizePerInstance": [self.backlog / self.ready] if self.ready else [],
            "HasBacklogWithoutCapacity": [float(self.backlog > 0 and self.ready == 0)],
            Metric.IN_FLIGHT: [1.0] * self.busy + [0.0] * (self.ready - self.busy),
            Metric.WORKER_HEARTBEAT: [1.0] * self.ready,
        }


@dataclass(slots=True)
class _Point:
    samples: list[float] = field(default_factory=list)
    visible_at: float = 0.0


class CloudWatch:
    """Metrics by the minute; each data point becomes visible after a random lag."""

    def __init__(self, times: MetricTimes, rng: random.Random) -> None:
        self._times = times
        self._rng = rng
        self._minutes: deque[tuple[int, dict[str, _Point]]] = deque(maxlen=_KEPT_MINUTES)
        # Values that no late data point can change any more.
        self._settled: dict[tuple[int, int, int], float | None] = {}

    def record(self, now: float, gauges: Gauges) -> None:
        """Add what is written at ``now``."""
        minute = int(now // MINUTE)
        if not self._minutes or self._minutes[-1][0] != minute:
            self._minutes.append((minute, {}))
        points = self._minutes[-1][1]
        for name, samples in gauges.samples().items():
            if not samples:
                continue
            if name not in points:
                lag = self._rng.uniform(self._times.lag_shortest_seconds, self._times.lag_longest_seconds)
                points[name] = _Point(visible_at=(minute + 1) * MINUTE + lag)
            points[name].samples.extend(samples)

    def series(self, signal: Signal, now: float, periods: int, minutes_per_period: int = 1) -> list[float]:
        """The newest visible values, oldest first, at most ``periods`` of them.

        A metric of an expression whose point is not visible yet is missing, as it is for CloudWatch: an
        expression that fills gaps then fills this one too.
        """
        newest_minute = int(now // MINUTE)
        first = newest_minute - (periods + _LOOK_BACK_MINUTES) * minutes_per_period
        groups: dict[int, list[dict[str, _Point]]] = {}
        for minute, points in reversed(self._minutes):
            if minute < first:
                break
            if minute < newest_minute:
                groups.setdefault(minute // minutes_per_period, []).append(points)
        values: list[float] = []
        settled = (now - self._times.lag_longest_seconds) / MINUTE
        for group in sorted(groups, reverse=True):
            key = (id(signal), minutes_per_period, group)
            if key in self._settled:
                value = self._settled[key]
            else:
                value = self._value(signal, groups[group], now)
                if (group + 1) * minutes_per_period <= settled:
                    self._settled[key] = value
            if value is not None:
                values.append(value)
            if len(values) == periods:
                break
        return values[::-1]

    def _value(self, signal: Signal, minutes: list[dict[str, _Point]], now: float) -> float | None:
        values = {key: self._statistic(metric, minutes, now) for key, metric in signal.metrics}
        if all(value is None for value in values.values()):
            return None
        return signal.expression.evaluate(values)

    @staticmethod
    def _statistic(metric: MetricReference, minutes: list[dict[str, _Point]], now: float) -> float | None:
        samples = [
            sample
            for points in minutes
            if metric.name in points and points[metric.name].visible_at <= now
            for sample in points[metric.name].samples
        ]
        return float(_STATISTICS[metric.statistic](samples)) if samples else None


def check_metrics(signal: Signal) -> None:
    """Refuse a signal over metrics or statistics that the simulation does not produce.

    Raises:
        ValueError: naming the metric.
    """
    known = Gauges(backlog=0, ready=1, busy=0).samples()
    for _, metric in signal.metrics:
        if metric.name not in known or metric.statistic not in _STATISTICS:
            raise ValueError(f"not simulated: {metric.statistic} of metric {metric.name}")


class AlarmState:
    """One alarm; asked once a minute."""

    def __init__(self, alarm: Alarm) -> None:
        check_metrics(alarm.signal)
        self.alarm = alarm
        self._firing = False

    def firing(self, watch: CloudWatch, now: float) -> float | None:
        """Distance of the newest value from the threshold while in ALARM, else None."""
        alarm = self.alarm
        values = watch.series(alarm.signal, now, alarm.evaluation_periods, alarm.period // MINUTE)
        breaching = sum(alarm.breaches(value) for value in values)
        missing = alarm.evaluation_periods - len(values)
        if missing and alarm.missing == "breaching":
            breaching += missing
        if breaching >= alarm.datapoints:
            self._firing = True
        elif not missing or alarm.missing in ("notBreaching", "breaching") or values:
            self._firing = False
        if not self._firing:
            return None
        return (values[-1] if values else alarm.threshold) - alarm.threshold


class TrackingState:
    """One target-tracking policy with the two alarms Application Auto Scaling keeps for it."""

    def __init__(self, policy: TargetTracking) -> None:
        check_metrics(policy.signal)
        self.policy = policy

    def proposal(self, watch: CloudWatch, now: float, ready: int, current: int) -> int | None:
        """Capacity wanted, or None when the policy is content."""
        target = self.policy.target
        high = watch.series(self.policy.signal, now, TRACKING_HIGH_DATAPOINTS)
        if len(high) == TRACKING_HIGH_DATAPOINTS and all(value > target for value in high):
            return max(current, math.ceil(max(ready, 1) * high[-1] / target))
        low = watch.series(self.policy.signal, now, TRACKING_LOW_DATAPOINTS)
        if (
            self.policy.scale_in
            and len(low) == TRACKING_LOW_DATAPOINTS
            and all(value < target * TRACKING_LOW_FRACTION for value in low)
        ):
            return min(current, math.ceil(ready * low[-1] / target))
        return None
