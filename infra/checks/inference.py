"""The endpoint and its scaling: the known traps, one check each."""

from collections.abc import Iterator
from typing import Any

from contract.metrics import ENDPOINT_DIMENSION, Metric
from infra.checks.model import Check, Finding, Json, Resource, Stacks, as_list, mentions, resources, text

CONFIGURATION = "AWS::SageMaker::EndpointConfig"
ENDPOINT = "AWS::SageMaker::Endpoint"
MODEL = "AWS::SageMaker::Model"
TARGET = "AWS::ApplicationAutoScaling::ScalableTarget"
POLICY = "AWS::ApplicationAutoScaling::ScalingPolicy"
ALARM = "AWS::CloudWatch::Alarm"

# Host driver 580, which the CUDA 13 of the image needs.
AMI_VERSION = "al2023-ami-sagemaker-inference-gpu-4-1"


def _variants(stacks: Stacks) -> Iterator[tuple[Resource, Json]]:
    for configuration in resources(stacks, CONFIGURATION):
        for variant in as_list(configuration.at("ProductionVariants")):
            yield configuration, variant


def there_is_one_endpoint(stacks: Stacks) -> Iterator[Finding]:
    """With one model, one configuration and one scalable target."""
    for kind in (MODEL, CONFIGURATION, ENDPOINT, TARGET):
        if len(resources(stacks, kind)) != 1:
            yield Finding("Inference", f"needs exactly one {kind}")


def host_driver_is_chosen(stacks: Stacks) -> Iterator[Finding]:
    """The default one is too old for the image and kills it."""
    for configuration, variant in _variants(stacks):
        chosen = variant.get("InferenceAmiVersion")
        yield from configuration.must(chosen == AMI_VERSION, f"runs on host driver {chosen}")


def image_is_pinned(stacks: Stacks) -> Iterator[Finding]:
    """By digest: with a tag the endpoint would not notice a new image, or change without being asked."""
    for model in resources(stacks, MODEL):
        image = text(model.at("PrimaryContainer", "Image"))
        parameters = stacks[model.part].get("Parameters", {})
        from_parameter = any(
            mentions(image, name)
            and parameter["Type"] == "AWS::SSM::Parameter::Value<String>"
            and str(parameter.get("Default")).endswith("/image-digest")
            for name, parameter in parameters.items()
        )
        pinned = "@sha256:" in image or ('@"' in image and from_parameter)
        yield from model.must(pinned and ":latest" not in image, "names its image by a tag")
        needs_gpu = model.at("PrimaryContainer", "Environment", "REQUIRE_GPU") == "True"
        yield from model.must(needs_gpu, "would separate on the CPU, thirty times slower, unnoticed")


def updates_happen_in_place(stacks: Stacks) -> Iterator[Finding]:
    """A stable endpoint keeps its image cache; fixed names of what it is made from block the next update."""
    for model in resources(stacks, MODEL):
        yield from model.must(model.at("ModelName") is None, "has a fixed name")
    for configuration in resources(stacks, CONFIGURATION):
        yield from configuration.must(configuration.at("EndpointConfigName") is None, "has a fixed name")
    for endpoint in resources(stacks, ENDPOINT):
        yield from endpoint.must(isinstance(endpoint.at("EndpointName"), str), "has no fixed name")
        yield from endpoint.must(
            endpoint.at("RetainAllVariantProperties") is not None, "decides nothing on updates"
        )


def variant_can_start(stacks: Stacks) -> Iterator[Finding]:
    """At least one instance, of several types, with explicit patience."""
    for configuration, variant in _variants(stacks):
        yield from configuration.must(
            variant.get("InitialInstanceCount") == 1, "does not start with one instance"
        )
        pools = as_list(variant.get("InstancePools"))
        yield from configuration.must(pools and "InstanceType" not in variant, "knows one instance type only")
        priorities = [pool["Priority"] for pool in pools]
        yield from configuration.must(len(set(priorities)) == len(priorities), "has no order of types")
        for name in ("ContainerStartupHealthCheckTimeoutInSeconds", "ModelDataDownloadTimeoutInSeconds"):
            yield from configuration.must(60 <= variant.get(name, 0) <= 3600, f"leaves {name} to the default")


def songs_come_one_at_a_time(stacks: Stacks) -> Iterator[Finding]:
    """And their end is told, good or bad."""
    for configuration in resources(stacks, CONFIGURATION):
        client = configuration.at(
            "AsyncInferenceConfig", "ClientConfig", "MaxConcurrentInvocationsPerInstance"
        )
        yield from configuration.must(client == 1, "gives one GPU several songs at a time")
        output = configuration.at("AsyncInferenceConfig", "OutputConfig") or {}
        topics = output.get("NotificationConfig", {})
        for name in ("SuccessTopic", "ErrorTopic"):
            yield from configuration.must(topics.get(name), f"has no {name}")
        told_apart = text(topics.get("SuccessTopic")) != text(topics.get("ErrorTopic"))
        yield from configuration.must(told_apart, "has one topic for both ends")
        for name in ("S3OutputPath", "S3FailurePath"):
            yield from configuration.must(output.get(name), f"has no {name}")


def idle_costs_nothing(stacks: Stacks) -> Iterator[Finding]:
    """From none to a bounded number, and only after the endpoint exists."""
    endpoints = {endpoint.logical_id for endpoint in resources(stacks, ENDPOINT)}
    for target in resources(stacks, TARGET):
        yield from target.must(target.at("MinCapacity") == 0, "keeps instances up for ever")
        bounded = isinstance(target.at("MaxCapacity"), int) and target.at("MaxCapacity") >= 1
        yield from target.must(bounded, "is not bounded")
        scaled = target.at("ScalableDimension") == "sagemaker:variant:DesiredInstanceCount"
        yield from target.must(scaled, "scales something else")
        waits = endpoints & set(as_list(target.body.get("DependsOn")))
        yield from target.must(waits, "does not wait for its endpoint")


def _metrics(value: Any) -> Iterator[tuple[str, list[str], list[str]]]:
    """(name, dimensions, their values) of every metric named anywhere inside."""
    if isinstance(value, dict):
        if "MetricName" in value:
            listed = as_list(value.get("Dimensions"))
            yield value["MetricName"], [d["Name"] for d in listed], [text(d["Value"]) for d in listed]
        for inner in value.values():
            yield from _metrics(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _metrics(inner)


def scaling_sees_its_endpoint(stacks: Stacks) -> Iterator[Finding]:
    """The queue's metrics have one dimension; with another one, or more, there is no data."""
    names = {text(endpoint.at("EndpointName")) for endpoint in resources(stacks, ENDPOINT)}
    for resource in resources(stacks, POLICY, ALARM):
        if resource.part != "Inference":
            continue
        for metric, dimensions, values in _metrics(resource.properties):
            seen = dimensions == [ENDPOINT_DIMENSION] and set(values) == names
            yield from resource.must(seen, f"looks for {metric} where it is not")


def _alarms_of(stacks: Stacks, policy: Resource) -> list[Resource]:
    alarms = [a for a in resources(stacks, ALARM) if a.part == policy.part]
    return [a for a in alarms if mentions(as_list(a.at("AlarmActions")), policy.logical_id)]


def first_song_wakes_an_instance(stacks: Stacks) -> Iterator[Finding]:
    """Target tracking alone would wait for a queue; the first sign has to be enough."""
    waking = [
        alarm
        for policy in resources(stacks, POLICY)
        if policy.at("PolicyType") == "StepScaling"
        and (policy.at("StepScalingPolicyConfiguration", "StepAdjustments", 0, "ScalingAdjustment") or 0) > 0
        for alarm in _alarms_of(stacks, policy)
        if alarm.at("MetricName") == "HasBacklogWithoutCapacity"
    ]
    if not waking:
        yield Finding("Inference", "nothing wakes the endpoint for a first song")
    for alarm in waking:
        at_once = alarm.at("EvaluationPeriods") == 1 and alarm.at("DatapointsToAlarm") in {1, None}
        yield from alarm.must(at_once and alarm.at("Period") == 60, "waits before it wakes an instance")
        yield from alarm.must(alarm.at("Threshold") == 1, "never alarms")


def busy_instances_are_kept(stacks: Stacks) -> Iterator[Finding]:
    """Work in progress is part of what is tracked; a missing heartbeat never counts as idle."""
    tracking = [p for p in resources(stacks, POLICY) if p.at("PolicyType") == "TargetTrackingScaling"]
    if not tracking:
        yield Finding("Inference", "nothing adds instances to a long queue")
    for policy in tracking:
        settings = policy.at("TargetTrackingScalingPolicyConfiguration")
        read = {name for name, _, _ in _metrics(settings)}
        yield from policy.must(
            {"ApproximateBacklogSizePerInstance", Metric.IN_FLIGHT} <= read, "ignores work"
        )
        yield from policy.must("FILL(in_flight, 0)" not in text(settings), "takes silence for idleness")
        queries = as_list(policy.at(*_TRACKED))
        sums = [q for q in queries if "MetricStat" in q and q["MetricStat"].get("Stat") == "Sum"]
        yield from policy.must(not sums, "adds up instances, which runs away above one")
    for policy in resources(stacks, POLICY):
        resting = policy.at("StepScalingPolicyConfiguration", "AdjustmentType") == "ExactCapacity"
        for alarm in _alarms_of(stacks, policy) if resting else []:
            yield from alarm.must(
                alarm.at("TreatMissingData") == "notBreaching", "takes silence for idleness"
            )
            read = {name for name, _, _ in _metrics(alarm.properties)}
            yield from alarm.must(Metric.IN_FLIGHT in read, "releases instances that work")
            yield from alarm.must(
                (alarm.at("EvaluationPeriods") or 0) >= 2, "releases instances between songs"
            )


_TRACKED = ("TargetTrackingScalingPolicyConfiguration", "CustomizedMetricSpecification", "Metrics")

CHECKS: tuple[Check, ...] = (
    there_is_one_endpoint,
    host_driver_is_chosen,
    image_is_pinned,
    updates_happen_in_place,
    variant_can_start,
    songs_come_one_at_a_time,
    idle_costs_nothing,
    scaling_sees_its_endpoint,
    first_song_wakes_an_instance,
    busy_instances_are_kept,
)
