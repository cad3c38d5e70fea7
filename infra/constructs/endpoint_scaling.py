"""How many instances run: from none to many and back.

Four rules, each for what the others cannot see:

- **wake**: something waits and no instance is there: one more, at the first sign of it.
- **follow**: target tracking on the queue per instance. Work in progress counts as a queue at its target,
  so that busy instances are neither added to nor taken away; it also goes from many to one, slowly.
- **rest**: nothing waits and nothing is worked on for `idle_minutes`: none. Target tracking would take a
  quarter of an hour for that, which is most of what a single song costs.
- **warm hours**: by schedule the least number of instances is more than none.

A metric that is missing never means idle. The containers publish their work in progress as their heartbeat,
idle or not: when it stops, *follow* takes the instances for busy, and *rest* knows nothing and waits.
Instances are not told apart when one is removed, and metrics lag by minutes, so a song may be cut; its lease
then brings it back into the queue.
"""

from datetime import time
from typing import Any

from aws_cdk import aws_applicationautoscaling as autoscaling
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from contract import metrics
from contract.metrics import Metric
from infra.constructs.inference_endpoint import VARIANT
from infra.settings import Settings, WarmHours

SAGEMAKER_NAMESPACE = "AWS/SageMaker"
PERIOD_SECONDS = 60

# Songs per instance that wait or are worked on. At half a minute each the last of them waits for less time
# than a further instance would take to start.
TARGET_BACKLOG_PER_INSTANCE = 5
# What target tracking sees at least: enough that it goes from many instances to one but never to none, which
# it would do at the first quiet minute after a time of little work. Decision 0032.
LEAST_TRACKED_LOAD = 0.1
FOLLOW_COOLDOWN_SECONDS = 300
# Longer than an instance takes to start, so that one song does not start two.
WAKE_COOLDOWN_SECONDS = 600

_Query = autoscaling.CfnScalingPolicy.TargetTrackingMetricDataQueryProperty


class EndpointScaling(Construct):
    """Scalable target, policies and alarms of one endpoint."""

    def __init__(
        self, scope: Construct, construct_id: str, *, settings: Settings, endpoint: sagemaker.CfnEndpoint
    ) -> None:
        super().__init__(scope, construct_id)
        self._endpoint_name = settings.endpoint_name
        self._target = autoscaling.CfnScalableTarget(
            self,
            "Target",
            service_namespace="sagemaker",
            scalable_dimension="sagemaker:variant:DesiredInstanceCount",
            resource_id=f"endpoint/{settings.endpoint_name}/variant/{VARIANT}",
            min_capacity=0,
            max_capacity=settings.max_instances,
            scheduled_actions=_schedule(settings.warm_hours) if settings.warm_hours else None,
        )
        # The name alone does not order them: the variant must exist first, and outlive its scaling.
        self._target.add_resource_dependency(endpoint)
        self._wake()
        self._follow()
        self._rest(settings.idle_minutes)

    def _policy(self, construct_id: str, **details: Any) -> autoscaling.CfnScalingPolicy:
        return autoscaling.CfnScalingPolicy(
            self,
            construct_id,
            policy_name=f"{self._endpoint_name}-{construct_id.lower()}",
            scaling_target_id=self._target.ref,
            **details,
        )

    def _wake(self) -> None:
        policy = self._policy(
            "Wake",
            policy_type="StepScaling",
            step_scaling_policy_configuration=_step(
                "ChangeInCapacity", adjustment=1, cooldown=WAKE_COOLDOWN_SECONDS
            ),
        )
        cloudwatch.CfnAlarm(
            self,
            "WakeAlarm",
            alarm_description="Songs wait and no instance is there. Starts one; nothing has to be done.",
            namespace=SAGEMAKER_NAMESPACE,
            metric_name="HasBacklogWithoutCapacity",
            dimensions=_alarm_dimensions(self._endpoint_name),
            statistic="Maximum",
            period=PERIOD_SECONDS,
            evaluation_periods=1,
            datapoints_to_alarm=1,
            threshold=1,
            comparison_operator="GreaterThanOrEqualToThreshold",
            treat_missing_data="notBreaching",
            alarm_actions=[policy.ref],
        )

    def _follow(self) -> None:
        # The last term adds nothing, but leaves a minute out in which the length of the queue is unknown;
        # MAX would take it for a short one.
        target = TARGET_BACKLOG_PER_INSTANCE
        load = f"MAX([backlog, {target} * FILL(in_flight, 1)]) + 0 * backlog"
        tracked = f"IF(load > {LEAST_TRACKED_LOAD}, load, {LEAST_TRACKED_LOAD})"
        self._policy(
            "Follow",
            policy_type="TargetTrackingScaling",
            target_tracking_scaling_policy_configuration=autoscaling.CfnScalingPolicy.TargetTrackingScalingPolicyConfigurationProperty(
                target_value=target,
                scale_out_cooldown=FOLLOW_COOLDOWN_SECONDS,
                scale_in_cooldown=FOLLOW_COOLDOWN_SECONDS,
                customized_metric_specification=autoscaling.CfnScalingPolicy.CustomizedMetricSpecificationProperty(
                    metrics=[
                        self._tracked("backlog", SAGEMAKER_NAMESPACE, "ApproximateBacklogSizePerInstance"),
                        # The mean over instances: a sum would grow with their number and add ever more.
                        self._tracked("in_flight", metrics.NAMESPACE, Metric.IN_FLIGHT),
                        _Query(id="load", expression=load, return_data=False),
                        _Query(id="tracked", expression=tracked, return_data=True),
                    ]
                ),
            ),
        )

    def _tracked(self, query_id: str, namespace: str, name: str) -> _Query:
        policy = autoscaling.CfnScalingPolicy
        return _Query(
            id=query_id,
            return_data=False,
            metric_stat=policy.TargetTrackingMetricStatProperty(
                stat="Average",
                metric=policy.TargetTrackingMetricProperty(
                    namespace=namespace,
                    metric_name=name,
                    dimensions=[
                        policy.TargetTrackingMetricDimensionProperty(
                            name=metrics.ENDPOINT_DIMENSION, value=self._endpoint_name
                        )
                    ],
                ),
            ),
        )

    def _rest(self, idle_minutes: int) -> None:
        policy = self._policy(
            "Rest",
            policy_type="StepScaling",
            # Down to the least number that the schedule allows at the time.
            step_scaling_policy_configuration=_step("ExactCapacity", adjustment=0, cooldown=PERIOD_SECONDS),
        )
        cloudwatch.CfnAlarm(
            self,
            "RestAlarm",
            alarm_description=f"Nothing to do for {idle_minutes} minutes. Releases all instances; nothing has"
            " to be done.",
            metrics=[
                self._watched("backlog", SAGEMAKER_NAMESPACE, "ApproximateBacklogSize"),
                self._watched("in_flight", metrics.NAMESPACE, Metric.IN_FLIGHT),
                cloudwatch.CfnAlarm.MetricDataQueryProperty(
                    id="idle",
                    # A minute in which either is missing has no value, and so is not an idle one.
                    expression="IF(backlog + in_flight == 0, 1, 0)",
                    label="Nothing waits and nothing is worked on",
                    return_data=True,
                ),
            ],
            evaluation_periods=idle_minutes,
            datapoints_to_alarm=idle_minutes,
            threshold=1,
            comparison_operator="GreaterThanOrEqualToThreshold",
            treat_missing_data="notBreaching",
            alarm_actions=[policy.ref],
        )

    def _watched(
        self, query_id: str, namespace: str, name: str
    ) -> cloudwatch.CfnAlarm.MetricDataQueryProperty:
        return cloudwatch.CfnAlarm.MetricDataQueryProperty(
            id=query_id,
            return_data=False,
            metric_stat=cloudwatch.CfnAlarm.MetricStatProperty(
                # The largest value, so that a song shorter than a period is seen.
                stat="Maximum",
                period=PERIOD_SECONDS,
                metric=cloudwatch.CfnAlarm.MetricProperty(
                    namespace=namespace,
                    metric_name=name,
                    dimensions=_alarm_dimensions(self._endpoint_name),
                ),
            ),
        )


def _alarm_dimensions(endpoint_name: str) -> list[cloudwatch.CfnAlarm.DimensionProperty]:
    return [cloudwatch.CfnAlarm.DimensionProperty(name=metrics.ENDPOINT_DIMENSION, value=endpoint_name)]


def _step(
    adjustment_type: str, *, adjustment: int, cooldown: int
) -> autoscaling.CfnScalingPolicy.StepScalingPolicyConfigurationProperty:
    return autoscaling.CfnScalingPolicy.StepScalingPolicyConfigurationProperty(
        adjustment_type=adjustment_type,
        cooldown=cooldown,
        metric_aggregation_type="Maximum",
        step_adjustments=[
            autoscaling.CfnScalingPolicy.StepAdjustmentProperty(
                metric_interval_lower_bound=0, scaling_adjustment=adjustment
            )
        ],
    )


def _schedule(hours: WarmHours) -> list[autoscaling.CfnScalableTarget.ScheduledActionProperty]:
    days = ",".join(hours.days)

    def at(name: str, moment: time, least: int) -> autoscaling.CfnScalableTarget.ScheduledActionProperty:
        return autoscaling.CfnScalableTarget.ScheduledActionProperty(
            scheduled_action_name=name,
            schedule=f"cron({moment.minute} {moment.hour} ? * {days} *)",
            timezone=hours.time_zone,
            scalable_target_action=autoscaling.CfnScalableTarget.ScalableTargetActionProperty(
                min_capacity=least
            ),
        )

    return [at("warm-hours-begin", hours.start, hours.instances), at("warm-hours-end", hours.end, 0)]
