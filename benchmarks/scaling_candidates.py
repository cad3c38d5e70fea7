"""Ways to scale that were compared; decision 0032 explains the choice."""

from benchmarks.scaling_policy import (
    Alarm,
    ScalingPolicy,
    Signal,
    Step,
    StepScaling,
    TargetTracking,
    direct_signal,
    math_signal,
)
from contract.metrics import Metric

_TARGET = 5.0
_BACKLOG_PER_INSTANCE = ("ApproximateBacklogSizePerInstance", "Average")
_BACKLOG = ("ApproximateBacklogSize", "Maximum")


def wake() -> Alarm:
    """The first machine, as soon as one request waits without any."""
    return Alarm(
        name="wake",
        signal=direct_signal("HasBacklogWithoutCapacity", "Maximum"),
        period=60,
        evaluation_periods=1,
        datapoints=1,
        threshold=1,
        comparison="GreaterThanOrEqualToThreshold",
        missing="notBreaching",
        policy=StepScaling("ChangeInCapacity", (Step(1, 0, None),), cooldown=600),
    )


def idle(minutes: int) -> Alarm:
    """No machine after so many minutes without any work; a missing metric never counts as idle."""
    return Alarm(
        name="idle",
        signal=math_signal(
            "IF(backlog + flight == 0, 1, 0)", backlog=_BACKLOG, flight=(Metric.IN_FLIGHT, "Maximum")
        ),
        period=60,
        evaluation_periods=minutes,
        datapoints=minutes,
        threshold=1,
        comparison="GreaterThanOrEqualToThreshold",
        missing="notBreaching",
        policy=StepScaling("ExactCapacity", (Step(0, 0, None),), cooldown=60),
    )


def _tracking(signal: Signal, *, scale_in: bool = True) -> TargetTracking:
    return TargetTracking("tracking", signal, _TARGET, scale_in=scale_in)


_LOAD = f"MAX([backlog, {_TARGET} * FILL(flight, 1)]) + 0 * backlog"
_LOAD_METRICS = {"backlog": _BACKLOG_PER_INSTANCE, "flight": (Metric.IN_FLIGHT, "Average")}
_LOAD_OF_BACKLOG = direct_signal(*_BACKLOG_PER_INSTANCE)
# Each machine at work counts as much as the target, so that one that works is never surplus.
_LOAD_OF_WORK = math_signal(_LOAD, **_LOAD_METRICS)
# The same, but never so little that target tracking itself would release the last machine.
_LOAD_WITH_FLOOR = math_signal(f"IF({_LOAD} > 0.1, {_LOAD}, 0.1)", **_LOAD_METRICS)


def candidates(idle_minutes: int, max_capacity: int) -> dict[str, ScalingPolicy]:
    """Policies by name."""

    def policy(tracking: TargetTracking, *alarms: Alarm) -> ScalingPolicy:
        return ScalingPolicy(0, max_capacity, (tracking,), (wake(), *alarms))

    return {
        "documented sample": policy(_tracking(_LOAD_OF_BACKLOG)),
        "tracking, work counted": policy(_tracking(_LOAD_OF_WORK)),
        "the same + idle alarm": policy(_tracking(_LOAD_OF_WORK), idle(idle_minutes)),
        "tracking with floor + idle alarm": policy(_tracking(_LOAD_WITH_FLOOR), idle(idle_minutes)),
        "tracking out only + idle alarm": policy(
            _tracking(_LOAD_OF_WORK, scale_in=False), idle(idle_minutes)
        ),
    }
