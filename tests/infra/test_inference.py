"""The traps of asynchronous endpoints that scale to zero, one test each."""

import json
import math

import pytest

from contract.environment import ContainerEnvironment
from infra.settings import Settings
from tests.infra.conftest import synthesize

ENDPOINT = "stem-foundry-prod"
ENDPOINT_DIMENSION = [{"Name": "EndpointName", "Value": ENDPOINT}]
DIGEST = "sha256:" + "5f" * 32


@pytest.fixture(scope="session")
def variant(inference):
    (variant,) = inference.only("AWS::SageMaker::EndpointConfig")["ProductionVariants"]
    return variant


@pytest.fixture(scope="session")
def policies(inference):
    return {
        p["PolicyName"].removeprefix(f"{ENDPOINT}-"): p
        for p in inference.of_type("AWS::ApplicationAutoScaling::ScalingPolicy").values()
    }


def alarm_of(inference, policy):
    """The one alarm that runs a policy."""
    policies = inference.of_type("AWS::ApplicationAutoScaling::ScalingPolicy")
    (policy_id,) = [key for key, p in policies.items() if p["PolicyName"] == f"{ENDPOINT}-{policy}"]
    (alarm,) = [
        a
        for a in inference.of_type("AWS::CloudWatch::Alarm").values()
        if [inference.render(action) for action in a["AlarmActions"]] == [f"<{policy_id}>"]
    ]
    return alarm


# --- the endpoint ---


def test_the_host_driver_is_chosen_and_not_left_to_the_default(variant):
    assert variant["InferenceAmiVersion"] == "al2023-ami-sagemaker-inference-gpu-4-1"


def test_several_instance_types_in_order_of_preference(variant):
    assert "InstanceType" not in variant
    assert variant["InstancePools"] == [
        {"InstanceType": "ml.g4dn.xlarge", "Priority": 1},
        {"InstanceType": "ml.g5.xlarge", "Priority": 2},
        {"InstanceType": "ml.g6.xlarge", "Priority": 3},
    ]


def test_an_endpoint_cannot_be_created_with_no_instance(variant):
    assert variant["InitialInstanceCount"] == 1


def test_timeouts_are_explicit(variant):
    assert variant["ContainerStartupHealthCheckTimeoutInSeconds"] == 900
    assert variant["ModelDataDownloadTimeoutInSeconds"] == 600
    assert variant["VariantInstanceProvisionTimeoutInSeconds"] == 1800


def test_only_the_endpoint_has_a_fixed_name(inference):
    assert inference.only("AWS::SageMaker::Endpoint")["EndpointName"] == ENDPOINT
    assert "ModelName" not in inference.only("AWS::SageMaker::Model")
    assert "EndpointConfigName" not in inference.only("AWS::SageMaker::EndpointConfig")


def test_the_functions_and_the_role_know_the_same_endpoint(inference, api):
    assert api.output("EndpointName") == inference.only("AWS::SageMaker::Endpoint")["EndpointName"]


def test_model_configuration_and_endpoint_name_each_other(inference, variant):
    (model,) = inference.of_type("AWS::SageMaker::Model")
    (configuration,) = inference.of_type("AWS::SageMaker::EndpointConfig")
    assert inference.render(variant["ModelName"]) == f"<{model}.ModelName>"
    endpoint = inference.only("AWS::SageMaker::Endpoint")
    assert inference.render(endpoint["EndpointConfigName"]) == f"<{configuration}.EndpointConfigName>"


def test_one_song_at_a_time(inference):
    client = inference.only("AWS::SageMaker::EndpointConfig")["AsyncInferenceConfig"]["ClientConfig"]
    assert client == {"MaxConcurrentInvocationsPerInstance": 1}


def test_answers_and_failures_go_where_the_functions_look(inference):
    output = inference.only("AWS::SageMaker::EndpointConfig")["AsyncInferenceConfig"]["OutputConfig"]
    assert inference.render(output["S3OutputPath"]).endswith(">/inference")
    assert inference.render(output["S3FailurePath"]).endswith(">/inference-failures")
    assert "AudioBucket" in inference.render(output["S3OutputPath"])


def test_success_and_failure_are_both_announced(inference, storage):
    output = inference.only("AWS::SageMaker::EndpointConfig")["AsyncInferenceConfig"]["OutputConfig"]
    topics = {key: inference.render(topic) for key, topic in output["NotificationConfig"].items()}
    assert topics == {
        "SuccessTopic": storage.output("SuccessTopicArn"),
        "ErrorTopic": storage.output("ErrorTopicArn"),
    }


def test_the_role_is_the_containers_own(inference, storage):
    role = inference.only("AWS::SageMaker::Model")["ExecutionRoleArn"]
    assert inference.render(role) == storage.output("ContainerRoleArn")


def test_an_update_starts_an_instance_instead_of_keeping_a_count_of_zero(inference):
    assert inference.only("AWS::SageMaker::Endpoint")["RetainAllVariantProperties"] is False


def test_the_image_is_named_by_a_digest_that_is_read_at_deployment(inference):
    image = inference.render(inference.only("AWS::SageMaker::Model")["PrimaryContainer"]["Image"])
    assert image == (
        "<AWS::AccountId>.dkr.ecr.<AWS::Region>.<AWS::URLSuffix>/stem-foundry-prod@<ImageDigest>"
    )
    assert inference.body["Parameters"]["ImageDigest"]["Type"] == "AWS::SSM::Parameter::Value<String>"
    assert inference.body["Parameters"]["ImageDigest"]["Default"] == "/stem-foundry/prod/image-digest"


def test_the_image_may_be_pinned(tmp_path):
    settings = Settings(environment="dev", image_digest=DIGEST)
    inference = synthesize(settings, tmp_path)["Inference"]
    image = inference.render(inference.only("AWS::SageMaker::Model")["PrimaryContainer"]["Image"])
    assert image.endswith(f"/stem-foundry-dev@{DIGEST}")
    assert "ImageDigest" not in inference.body["Parameters"]


def test_the_container_reads_its_environment(inference, storage):
    variables = inference.only("AWS::SageMaker::Model")["PrimaryContainer"]["Environment"]
    rendered = {name: inference.render(value) for name, value in variables.items()}
    assert rendered.pop("AWS_DEFAULT_REGION") == "<AWS::Region>"
    environment = ContainerEnvironment.from_environ(rendered)
    assert environment.to_environ() == rendered
    assert environment.require_gpu is True
    assert environment.preload_model == "htdemucs"
    assert environment.endpoint_name == ENDPOINT
    assert environment.table_name == storage.output("TableName")
    assert environment.audio_bucket == storage.output("AudioBucketName")


def test_licences_of_the_models_are_shown_at_deployment(inference):
    assert "htdemucs: Code MIT; the licence of the weights is disputed" in inference.output("ModelLicences")


# --- scaling ---


def test_scaling_reaches_zero_and_is_bounded(inference):
    target = inference.only("AWS::ApplicationAutoScaling::ScalableTarget")
    assert (target["MinCapacity"], target["MaxCapacity"]) == (0, 2)
    assert target["ResourceId"] == f"endpoint/{ENDPOINT}/variant/gpu"
    assert target["ServiceNamespace"] == "sagemaker"
    assert target["ScalableDimension"] == "sagemaker:variant:DesiredInstanceCount"
    assert "ScheduledActions" not in target


def test_the_scaled_variant_is_the_deployed_one(inference, variant):
    target = inference.only("AWS::ApplicationAutoScaling::ScalableTarget")
    assert target["ResourceId"].rpartition("/")[2] == variant["VariantName"]


def test_scaling_waits_for_the_endpoint_and_goes_before_it(inference):
    (endpoint,) = inference.of_type("AWS::SageMaker::Endpoint")
    (target,) = [
        r
        for r in inference.body["Resources"].values()
        if r["Type"] == "AWS::ApplicationAutoScaling::ScalableTarget"
    ]
    assert target["DependsOn"] == [endpoint]


def test_every_policy_belongs_to_the_target(inference, policies):
    (target,) = inference.of_type("AWS::ApplicationAutoScaling::ScalableTarget")
    assert policies.keys() == {"wake", "follow", "rest"}
    assert {inference.render(p["ScalingTargetId"]) for p in policies.values()} == {f"<{target}>"}


def test_tracking_counts_work_in_progress_as_the_mean_over_instances(policies):
    assert policies["follow"]["PolicyType"] == "TargetTrackingScaling"
    tracking = policies["follow"]["TargetTrackingScalingPolicyConfiguration"]
    assert tracking["TargetValue"] == 5
    assert tracking["ScaleOutCooldown"] == tracking["ScaleInCooldown"] == 300
    assert "DisableScaleIn" not in tracking
    queries = {q["Id"]: q for q in tracking["CustomizedMetricSpecification"]["Metrics"]}
    assert queries["backlog"]["MetricStat"] == {
        "Stat": "Average",
        "Metric": {
            "Namespace": "AWS/SageMaker",
            "MetricName": "ApproximateBacklogSizePerInstance",
            "Dimensions": ENDPOINT_DIMENSION,
        },
    }
    assert queries["in_flight"]["MetricStat"] == {
        "Stat": "Average",
        "Metric": {
            "Namespace": "StemFoundry",
            "MetricName": "InFlight",
            "Dimensions": ENDPOINT_DIMENSION,
        },
    }
    assert queries["load"]["Expression"] == "MAX([backlog, 5 * FILL(in_flight, 1)]) + 0 * backlog"
    assert queries["tracked"]["Expression"] == "IF(load > 0.1, load, 0.1)"
    assert [name for name, query in queries.items() if query["ReturnData"]] == ["tracked"]


def test_tracking_never_releases_the_last_instance(policies):
    """Its least value asks for one instance, whatever number is running."""
    tracking = policies["follow"]["TargetTrackingScalingPolicyConfiguration"]
    for running in (1, 2, 10, 50):
        assert math.ceil(running * 0.1 / tracking["TargetValue"]) == 1


def test_the_first_waiting_song_starts_an_instance(inference, policies):
    step = policies["wake"]["StepScalingPolicyConfiguration"]
    assert step["AdjustmentType"] == "ChangeInCapacity"
    assert step["StepAdjustments"] == [{"MetricIntervalLowerBound": 0, "ScalingAdjustment": 1}]
    assert step["Cooldown"] >= 420
    alarm = alarm_of(inference, "wake")
    assert (alarm["Namespace"], alarm["MetricName"]) == ("AWS/SageMaker", "HasBacklogWithoutCapacity")
    assert alarm["Dimensions"] == ENDPOINT_DIMENSION
    assert (alarm["Period"], alarm["EvaluationPeriods"], alarm["DatapointsToAlarm"]) == (60, 1, 1)
    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("GreaterThanOrEqualToThreshold", 1)
    assert alarm["TreatMissingData"] == "notBreaching"


def test_an_idle_endpoint_goes_to_zero(inference, policies):
    step = policies["rest"]["StepScalingPolicyConfiguration"]
    assert step["AdjustmentType"] == "ExactCapacity"
    assert step["StepAdjustments"] == [{"MetricIntervalLowerBound": 0, "ScalingAdjustment": 0}]
    alarm = alarm_of(inference, "rest")
    queries = {q["Id"]: q for q in alarm["Metrics"]}
    watched = {
        name: (q["MetricStat"]["Metric"]["Namespace"], q["MetricStat"]["Metric"]["MetricName"])
        for name, q in queries.items()
        if "MetricStat" in q
    }
    assert watched == {
        "backlog": ("AWS/SageMaker", "ApproximateBacklogSize"),
        "in_flight": ("StemFoundry", "InFlight"),
    }
    for name in watched:
        assert queries[name]["MetricStat"]["Metric"]["Dimensions"] == ENDPOINT_DIMENSION
        assert (queries[name]["MetricStat"]["Stat"], queries[name]["MetricStat"]["Period"]) == ("Maximum", 60)
    assert queries["idle"]["Expression"] == "IF(backlog + in_flight == 0, 1, 0)"
    assert alarm["EvaluationPeriods"] == alarm["DatapointsToAlarm"] == 5
    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("GreaterThanOrEqualToThreshold", 1)


def test_a_missing_heartbeat_is_not_idleness(inference, policies):
    alarm = alarm_of(inference, "rest")
    assert alarm["TreatMissingData"] == "notBreaching"
    # A filled-in zero would turn silence into idleness.
    assert "FILL" not in json.dumps(alarm)
    tracking = json.dumps(policies["follow"])
    assert "FILL(in_flight, 1)" in tracking
    assert "FILL(in_flight, 0)" not in tracking


def test_idle_minutes_and_bounds_follow_the_settings(tmp_path):
    settings = Settings(idle_minutes=12, max_instances=7, instance_types=("ml.g6.xlarge",))
    inference = synthesize(settings, tmp_path)["Inference"]
    assert inference.only("AWS::ApplicationAutoScaling::ScalableTarget")["MaxCapacity"] == 7
    (rest,) = [a for a in inference.of_type("AWS::CloudWatch::Alarm").values() if "Metrics" in a]
    assert rest["EvaluationPeriods"] == rest["DatapointsToAlarm"] == 12
    (variant,) = inference.only("AWS::SageMaker::EndpointConfig")["ProductionVariants"]
    assert variant["InstancePools"] == [{"InstanceType": "ml.g6.xlarge", "Priority": 1}]


def test_warm_hours_raise_the_least_capacity_by_schedule(tmp_path):
    hours = {"start": "08:30", "end": "18:00", "days": ["MON", "SAT"], "time_zone": "Europe/Berlin"}
    settings = Settings.model_validate({"warm_hours": hours | {"instances": 2}})
    inference = synthesize(settings, tmp_path)["Inference"]
    target = inference.only("AWS::ApplicationAutoScaling::ScalableTarget")
    assert target["MinCapacity"] == 0
    assert target["ScheduledActions"] == [
        {
            "ScheduledActionName": "warm-hours-begin",
            "Schedule": "cron(30 8 ? * MON,SAT *)",
            "Timezone": "Europe/Berlin",
            "ScalableTargetAction": {"MinCapacity": 2},
        },
        {
            "ScheduledActionName": "warm-hours-end",
            "Schedule": "cron(0 18 ? * MON,SAT *)",
            "Timezone": "Europe/Berlin",
            "ScalableTargetAction": {"MinCapacity": 0},
        },
    ]
