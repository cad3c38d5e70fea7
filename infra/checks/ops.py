"""Alarms: the right ones, on data that exists, reaching somebody who then knows what to do."""

import re
from collections.abc import Iterator

from contract.metrics import ENDPOINT_DIMENSION, NAMESPACE, Metric
from infra.checks.model import Check, Finding, Resource, Stacks, as_list, mentions, resources, text

ALARM = "AWS::CloudWatch::Alarm"
ANCHORS = frozenset(
    {
        "dlq-not-empty",
        "oldest-request-age",
        "failure-rate",
        "api-5xx",
        "throttles",
        "lost-jobs",
        "no-heartbeat",
    }
)
_RUNBOOK = re.compile(r"Runbook: docs/operations\.md#([a-z0-9-]+)")


def _alarms(stacks: Stacks) -> list[Resource]:
    return [alarm for alarm in resources(stacks, ALARM) if alarm.part == "Ops"]


def every_alarm_has_its_page(stacks: Stacks) -> Iterator[Finding]:
    """And every page its alarm."""
    found = set()
    for alarm in _alarms(stacks):
        named = _RUNBOOK.search(str(alarm.at("AlarmDescription")))
        yield from alarm.must(named, "does not say what to do")
        found |= {named[1]} if named else set()
    for missing in sorted(ANCHORS - found):
        yield Finding("Ops", f"has no alarm {missing}")


def every_alarm_reaches_somebody(stacks: Stacks) -> Iterator[Finding]:
    """By the topic of alarms, and does not cry over silence."""
    topics = [topic.logical_id for topic in resources(stacks, "AWS::SNS::Topic") if topic.part == "Ops"]
    for alarm in _alarms(stacks):
        told = any(mentions(alarm.at("AlarmActions"), topic) for topic in topics)
        yield from alarm.must(told, "reaches nobody")
        yield from alarm.must(alarm.at("ActionsEnabled") is not False, "is switched off")
        yield from alarm.must(alarm.at("TreatMissingData") == "notBreaching", "alarms when nothing happens")


def alarms_look_where_data_is(stacks: Stacks) -> Iterator[Finding]:
    """Our own metrics and the queue's have one dimension and known names."""
    known = {str(metric) for metric in Metric}
    for alarm in _alarms(stacks):
        if alarm.at("Namespace") == NAMESPACE:
            yield from alarm.must(alarm.at("MetricName") in known, "watches a metric that nobody writes")
        if alarm.at("Namespace") in {NAMESPACE, "AWS/SageMaker"}:
            names = [dimension["Name"] for dimension in as_list(alarm.at("Dimensions"))]
            yield from alarm.must(names == [ENDPOINT_DIMENSION], "watches where no data is")


def failing_endpoint_is_told(stacks: Stacks) -> Iterator[Finding]:
    """By its own events, since an endpoint that is not there has no metrics."""
    rules = [
        rule
        for rule in resources(stacks, "AWS::Events::Rule")
        if "SageMaker Endpoint State Change" in text(rule.at("EventPattern"))
    ]
    if not rules:
        yield Finding("Ops", "nobody is told when the endpoint fails")
    for rule in rules:
        yield from rule.must(rule.at("State") == "ENABLED", "is switched off")
        orderly = text(rule.at("EventPattern", "detail", "EndpointStatus"))
        yield from rule.must("FAILED" not in orderly, "takes a failure for orderly")
        yield from rule.must(rule.at("Targets"), "tells nobody")


CHECKS: tuple[Check, ...] = (
    every_alarm_has_its_page,
    every_alarm_reaches_somebody,
    alarms_look_where_data_is,
    failing_endpoint_is_told,
)
