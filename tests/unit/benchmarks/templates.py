"""A scaling template with the shapes the Inference stack uses, small enough to read."""

from typing import Any

Json = dict[str, Any]


def _stat(query_id: str, name: str, stat: str, period: int | None = 60) -> Json:
    metric_stat: Json = {"Metric": {"Namespace": "N", "MetricName": name}, "Stat": stat}
    if period:
        metric_stat["Period"] = period
    return {"Id": query_id, "MetricStat": metric_stat, "ReturnData": False}


def inference_template(**changes: Json) -> Json:
    """Properties of single resources can be replaced by logical id."""
    resources: dict[str, Json] = {
        "Target": {
            "Type": "AWS::ApplicationAutoScaling::ScalableTarget",
            "Properties": {"MinCapacity": 0, "MaxCapacity": 3},
        },
        "Wake": {
            "Type": "AWS::ApplicationAutoScaling::ScalingPolicy",
            "Properties": {
                "StepScalingPolicyConfiguration": {
                    "AdjustmentType": "ChangeInCapacity",
                    "Cooldown": 600,
                    "StepAdjustments": [{"MetricIntervalLowerBound": 0, "ScalingAdjustment": 1}],
                }
            },
        },
        "WakeAlarm": {
            "Type": "AWS::CloudWatch::Alarm",
            "Properties": {
                "MetricName": "HasBacklogWithoutCapacity",
                "Statistic": "Maximum",
                "Period": 60,
                "EvaluationPeriods": 1,
                "Threshold": 1,
                "ComparisonOperator": "GreaterThanOrEqualToThreshold",
                "TreatMissingData": "notBreaching",
                "AlarmActions": [{"Ref": "Wake"}],
            },
        },
        "Follow": {
            "Type": "AWS::ApplicationAutoScaling::ScalingPolicy",
            "Properties": {
                "TargetTrackingScalingPolicyConfiguration": {
                    "TargetValue": 5,
                    "ScaleInCooldown": 120,
                    "CustomizedMetricSpecification": {
                        "Metrics": [
                            _stat("backlog", "ApproximateBacklogSizePerInstance", "Average", None),
                            _stat("in_flight", "InFlight", "Average", None),
                            {
                                "Id": "load",
                                "Expression": "MAX([backlog, 5 * FILL(in_flight, 1)]) + 0 * backlog",
                                "ReturnData": False,
                            },
                            {"Id": "floored", "Expression": "IF(load > 0.1, load, 0.1)", "ReturnData": True},
                        ]
                    },
                }
            },
        },
        "Rest": {
            "Type": "AWS::ApplicationAutoScaling::ScalingPolicy",
            "Properties": {
                "StepScalingPolicyConfiguration": {
                    "AdjustmentType": "ExactCapacity",
                    "Cooldown": 60,
                    "StepAdjustments": [{"MetricIntervalLowerBound": 0, "ScalingAdjustment": 0}],
                }
            },
        },
        "RestAlarm": {
            "Type": "AWS::CloudWatch::Alarm",
            "Properties": {
                "Metrics": [
                    _stat("backlog", "ApproximateBacklogSize", "Maximum"),
                    _stat("in_flight", "InFlight", "Maximum"),
                    {"Id": "idle", "Expression": "IF(backlog + in_flight == 0, 1, 0)", "ReturnData": True},
                ],
                "EvaluationPeriods": 5,
                "DatapointsToAlarm": 5,
                "Threshold": 1,
                "ComparisonOperator": "GreaterThanOrEqualToThreshold",
                "TreatMissingData": "notBreaching",
                "AlarmActions": [{"Ref": "Rest"}],
            },
        },
        "OperatorsAlarm": {
            "Type": "AWS::CloudWatch::Alarm",
            "Properties": {"AlarmActions": [{"Ref": "OperatorsTopic"}]},
        },
    }
    for name, properties in changes.items():
        resources[name] = resources[name] | {"Properties": resources[name]["Properties"] | properties}
    return {"Resources": resources}
