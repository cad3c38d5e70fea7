"""The scaling of the endpoint as numbers, read from the synthesized template of the Inference stack."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, cast

from benchmarks.metric_math import Expression

Json = Mapping[str, Any]
MissingData = Literal["missing", "notBreaching", "breaching", "ignore"]
AdjustmentType = Literal["ChangeInCapacity", "ExactCapacity", "PercentChangeInCapacity"]

# Application Auto Scaling's defaults for SageMaker variants, where a template names none.
DEFAULT_COOLDOWN_SECONDS = 300


@dataclass(frozen=True, slots=True)
class MetricReference:
    """One metric with its statistic, such as the average of ``ApproximateBacklogSize``."""

    name: str
    statistic: str


@dataclass(frozen=True, slots=True)
class Signal:
    """What a policy or an alarm looks at: metrics by id, and an expression over the ids."""

    metrics: tuple[tuple[str, MetricReference], ...]
    expression: Expression


@dataclass(frozen=True, slots=True)
class TargetTracking:
    """Keeps the signal at the target; scale-in can be switched off."""

    name: str
    signal: Signal
    target: float
    scale_in_cooldown: float = DEFAULT_COOLDOWN_SECONDS
    scale_out_cooldown: float = DEFAULT_COOLDOWN_SECONDS
    scale_in: bool = True


@dataclass(frozen=True, slots=True)
class Step:
    """An adjustment for signals between two distances from the alarm's threshold."""

    adjustment: int
    lower: float | None
    upper: float | None

    def contains(self, distance: float) -> bool:
        """Whether the distance lies in the interval; the bound nearer to the threshold belongs to it."""
        if self.upper is not None and self.upper <= 0:
            return (self.lower is None or distance > self.lower) and distance <= self.upper
        return (self.lower is None or distance >= self.lower) and (
            self.upper is None or distance < self.upper
        )


@dataclass(frozen=True, slots=True)
class StepScaling:
    """Changes capacity when its alarm says so."""

    adjustment_type: AdjustmentType
    steps: tuple[Step, ...]
    cooldown: float = 0

    def proposal(self, current: int, distance: float) -> int:
        """Capacity wanted when the signal lies ``distance`` above (or below) the alarm's threshold."""
        for step in self.steps:
            if step.contains(distance):
                return self._adjusted(current, step.adjustment)
        return current

    def _adjusted(self, current: int, adjustment: int) -> int:
        if self.adjustment_type == "ExactCapacity":
            return adjustment
        if self.adjustment_type == "PercentChangeInCapacity":
            return current + round(current * adjustment / 100)
        return current + adjustment


@dataclass(frozen=True, slots=True)
class Alarm:
    """An alarm that drives a step policy."""

    name: str
    signal: Signal
    period: int
    evaluation_periods: int
    datapoints: int
    threshold: float
    comparison: str
    missing: MissingData
    policy: StepScaling

    def breaches(self, value: float) -> bool:
        """Whether one data point is beyond the threshold."""
        return {
            "GreaterThanOrEqualToThreshold": value >= self.threshold,
            "GreaterThanThreshold": value > self.threshold,
            "LessThanOrEqualToThreshold": value <= self.threshold,
            "LessThanThreshold": value < self.threshold,
        }[self.comparison]


@dataclass(frozen=True, slots=True)
class ScalingPolicy:
    """Everything that decides how many instances run."""

    min_capacity: int
    max_capacity: int
    target_tracking: tuple[TargetTracking, ...] = ()
    alarms: tuple[Alarm, ...] = field(default=())

    @classmethod
    def from_template(cls, template: Json) -> "ScalingPolicy":
        """Read a synthesized template.

        Raises:
            ValueError: when there is no scalable target, or an alarm period is not one minute's multiple.
            UnsupportedExpressionError: when a metric expression is not modelled.
        """
        resources: Json = template["Resources"]
        targets = _of_type(resources, "AWS::ApplicationAutoScaling::ScalableTarget")
        if len(targets) != 1:
            raise ValueError(f"the template has {len(targets)} scalable targets, one is expected")
        (target,) = targets.values()
        policies = _of_type(resources, "AWS::ApplicationAutoScaling::ScalingPolicy")
        steps = {
            name: _step_scaling(body["StepScalingPolicyConfiguration"])
            for name, body in policies.items()
            if "StepScalingPolicyConfiguration" in body
        }
        return cls(
            min_capacity=int(target["MinCapacity"]),
            max_capacity=int(target["MaxCapacity"]),
            target_tracking=tuple(
                _target_tracking(name, body["TargetTrackingScalingPolicyConfiguration"])
                for name, body in policies.items()
                if "TargetTrackingScalingPolicyConfiguration" in body
            ),
            alarms=tuple(
                _alarm(name, body, steps[policy])
                for name, body in _of_type(resources, "AWS::CloudWatch::Alarm").items()
                for policy in _action_policies(body)
                if policy in steps
            ),
        )


def direct_signal(name: str, statistic: str = "Average") -> Signal:
    """A signal that is one metric."""
    return Signal((("m", MetricReference(name, statistic)),), Expression("m"))


def math_signal(expression: str, **metrics: tuple[str, str]) -> Signal:
    """A signal computed from metrics given as ``id=(name, statistic)``."""
    references = tuple((key, MetricReference(*metric)) for key, metric in metrics.items())
    return Signal(references, Expression(expression))


def _of_type(resources: Json, resource_type: str) -> dict[str, Json]:
    return {
        name: body.get("Properties", {}) for name, body in resources.items() if body["Type"] == resource_type
    }


def _action_policies(alarm: Json) -> list[str]:
    return [action["Ref"] for action in alarm.get("AlarmActions", []) if "Ref" in action]


def _query_signal(queries: list[Json]) -> Signal:
    metrics = tuple(
        (
            query["Id"],
            MetricReference(query["MetricStat"]["Metric"]["MetricName"], query["MetricStat"]["Stat"]),
        )
        for query in queries
        if "MetricStat" in query
    )
    expressions = {query["Id"]: query["Expression"] for query in queries if "Expression" in query}
    returned = [query["Id"] for query in queries if query.get("ReturnData", True)]
    if len(returned) != 1:
        raise ValueError("one of the metric queries must return data, no more and no fewer")
    (identifier,) = returned
    return Signal(metrics, Expression(_inlined(identifier, expressions)))


def _inlined(identifier: str, expressions: Mapping[str, str]) -> str:
    """One expression over metrics alone."""
    if identifier not in expressions:
        return identifier
    inner = {name: text for name, text in expressions.items() if name != identifier}
    return re.sub(
        r"\b[a-z]\w*\b",
        lambda match: f"({_inlined(match[0], inner)})" if match[0] in inner else match[0],
        expressions[identifier],
    )


def _target_tracking(name: str, body: Json) -> TargetTracking:
    specification: Json = body["CustomizedMetricSpecification"]
    signal = (
        _query_signal(specification["Metrics"])
        if "Metrics" in specification
        else direct_signal(specification["MetricName"], specification["Statistic"])
    )
    return TargetTracking(
        name=name,
        signal=signal,
        target=float(body["TargetValue"]),
        scale_in_cooldown=float(body.get("ScaleInCooldown", DEFAULT_COOLDOWN_SECONDS)),
        scale_out_cooldown=float(body.get("ScaleOutCooldown", DEFAULT_COOLDOWN_SECONDS)),
        scale_in=not body.get("DisableScaleIn", False),
    )


def _step_scaling(body: Json) -> StepScaling:
    return StepScaling(
        adjustment_type=cast("AdjustmentType", body["AdjustmentType"]),
        steps=tuple(
            Step(
                adjustment=int(step["ScalingAdjustment"]),
                lower=_bound(step.get("MetricIntervalLowerBound")),
                upper=_bound(step.get("MetricIntervalUpperBound")),
            )
            for step in body["StepAdjustments"]
        ),
        cooldown=float(body.get("Cooldown", DEFAULT_COOLDOWN_SECONDS)),
    )


def _bound(value: object) -> float | None:
    return None if value is None else float(str(value))


def _alarm(name: str, body: Json, policy: StepScaling) -> Alarm:
    queries: list[Json] = body.get("Metrics", [])
    signal = _query_signal(queries) if queries else direct_signal(body["MetricName"], body["Statistic"])
    periods = [query["MetricStat"]["Period"] for query in queries if "MetricStat" in query]
    period = int(body.get("Period") or periods[0])
    if period % 60:
        raise ValueError(f"alarm {name}: period {period} s is not a multiple of a minute")
    return Alarm(
        name=name,
        signal=signal,
        period=period,
        evaluation_periods=int(body["EvaluationPeriods"]),
        datapoints=int(body.get("DatapointsToAlarm", body["EvaluationPeriods"])),
        threshold=float(body["Threshold"]),
        comparison=body["ComparisonOperator"],
        missing=body.get("TreatMissingData", "missing"),
        policy=policy,
    )
