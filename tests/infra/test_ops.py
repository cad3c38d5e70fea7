import json
import re

import pytest

from contract.metrics import Metric
from infra.image_source import REPOSITORY
from infra.ops.prices import Prices
from infra.settings import Settings
from tests.infra.conftest import synthesize

ANCHORS = {
    "dlq-not-empty",
    "oldest-request-age",
    "failure-rate",
    "api-5xx",
    "throttles",
    "lost-jobs",
    "no-heartbeat",
}
MANUAL = REPOSITORY / "docs" / "operations.md"


def alarm(ops, anchor):
    (found,) = [
        a
        for a in ops.of_type("AWS::CloudWatch::Alarm").values()
        if a["AlarmDescription"].endswith(f"docs/operations.md#{anchor}")
    ]
    return found


def test_every_alarm_tells_what_to_do_and_reaches_the_operator(ops):
    alarms = ops.of_type("AWS::CloudWatch::Alarm").values()
    anchors = {
        re.search(r"Runbook: docs/operations\.md#([a-z0-9-]+)$", a["AlarmDescription"])[1] for a in alarms
    }
    assert anchors == ANCHORS
    (topic,) = ops.of_type("AWS::SNS::Topic")
    for properties in alarms:
        assert [ops.render(action) for action in properties["AlarmActions"]] == [f"<{topic}>"]
        assert [ops.render(action) for action in properties["OKActions"]] == [f"<{topic}>"]
        assert properties["TreatMissingData"] == "notBreaching"
        assert properties["ComparisonOperator"] == "GreaterThanOrEqualToThreshold"


@pytest.mark.parametrize(
    ("anchor", "metric", "dimension", "threshold"),
    [
        ("dlq-not-empty", "AWS/SQS ApproximateNumberOfMessagesVisible", "QueueName", 1),
        ("oldest-request-age", "AWS/SageMaker ApproximateAgeOfOldestRequest", "EndpointName", 1800),
        ("api-5xx", "AWS/ApiGateway 5xx", "ApiId", 5),
        ("lost-jobs", "StemFoundry LostJobsFound", "EndpointName", 1),
    ],
)
def test_alarms_on_one_metric(ops, anchor, metric, dimension, threshold):
    properties = alarm(ops, anchor)
    assert f"{properties['Namespace']} {properties['MetricName']}" == metric
    assert [d["Name"] for d in properties["Dimensions"]] == [dimension]
    assert properties["Threshold"] == threshold


def test_the_dead_letter_queue_is_the_one_of_the_results(ops):
    (dimension,) = alarm(ops, "dlq-not-empty")["Dimensions"]
    assert ops.render(dimension["Value"]).startswith("<NotificationsResultDeadLetterQueue")


def queries(properties):
    return {
        query["MetricStat"]["Metric"]["MetricName"]: query["MetricStat"]
        for query in properties["Metrics"]
        if "MetricStat" in query
    }


def test_failure_rate_needs_enough_jobs_to_be_a_rate(ops):
    properties = alarm(ops, "failure-rate")
    assert queries(properties).keys() == {"JobsFailed", "JobsCompleted"}
    (expression,) = [query["Expression"] for query in properties["Metrics"] if "Expression" in query]
    assert expression == (
        "IF((FILL(failed, 0) + FILL(completed, 0)) >= 5,"
        " 100 * FILL(failed, 0) / (FILL(failed, 0) + FILL(completed, 0)), 0)"
    )
    assert properties["Threshold"] == 20


def test_throttles_of_functions_and_table(ops):
    read = queries(alarm(ops, "throttles"))
    assert read.keys() == {"Throttles", "ReadThrottleEvents", "WriteThrottleEvents"}
    assert "Dimensions" not in read["Throttles"]["Metric"]


def test_an_endpoint_that_fails_is_told(ops):
    rule = ops.only("AWS::Events::Rule")
    pattern = rule["EventPattern"]
    assert pattern["source"] == ["aws.sagemaker"]
    assert pattern["detail-type"] == ["SageMaker Endpoint State Change"]
    assert pattern["detail"]["EndpointName"] == ["stem-foundry-prod"]
    (status,) = pattern["detail"]["EndpointStatus"]
    assert "IN_SERVICE" in status["anything-but"]
    assert not {"FAILED", "OUT_OF_SERVICE", "ROLLING_BACK", "UPDATE_ROLLBACK_FAILED"} & set(
        status["anything-but"]
    )
    (target,) = rule["Targets"]
    assert "endpoint-not-in-service" in json.dumps(target)


def test_only_watching_services_publish_alarms(ops):
    statements = ops.only("AWS::SNS::TopicPolicy")["PolicyDocument"]["Statement"]
    allowed = [s for s in statements if s["Effect"] == "Allow"]
    assert {s["Principal"]["Service"] for s in allowed} == {
        "cloudwatch.amazonaws.com",
        "events.amazonaws.com",
        "budgets.amazonaws.com",
    }
    limited = [s for s in allowed if "aws:SourceAccount" in s.get("Condition", {}).get("StringEquals", {})]
    assert len(limited) >= 3
    assert any(s.get("Condition") == {"Bool": {"aws:SecureTransport": "false"}} for s in statements)


def test_mail_and_budget_are_the_operators_choice(ops, full_templates):
    assert not ops.of_type("AWS::SNS::Subscription")
    assert not ops.of_type("AWS::Budgets::Budget")
    full = full_templates["Ops"]
    subscription = full.only("AWS::SNS::Subscription")
    assert (subscription["Protocol"], subscription["Endpoint"]) == ("email", "operator@stems.example")
    budget = full.only("AWS::Budgets::Budget")
    assert budget["Budget"]["BudgetLimit"] == {"Amount": 50, "Unit": "USD"}
    told = [
        (n["Notification"]["Threshold"], n["Notification"]["NotificationType"])
        for n in budget["NotificationsWithSubscribers"]
    ]
    assert told == [(80, "ACTUAL"), (100, "ACTUAL"), (100, "FORECASTED")]


def test_dashboard_shows_every_metric_of_our_own_that_is_not_a_heartbeat(ops):
    dashboard = ops.only("AWS::CloudWatch::Dashboard")
    assert dashboard["DashboardName"] == "stem-foundry-prod"
    body = json.loads(ops.render(dashboard["DashboardBody"]))
    text = json.dumps(body)
    shown = {metric for metric in Metric if f'"{metric}"' in text}
    assert shown >= set(Metric) - {Metric.WORKER_HEARTBEAT, Metric.AUDIO_SECONDS}
    for name in ("Count", "5xx", "TimeInBacklog", "GPUUtilization", "ApproximateAgeOfOldestRequest"):
        assert f'"{name}"' in text
    widths = [(w["x"] + w["width"]) for w in body["widgets"]]
    assert max(widths) == 24


def anchors_of(markdown):
    """As GitHub makes them: lower case, no punctuation, hyphens for spaces."""
    headings = re.findall(r"^#{1,6} (.+)$", markdown, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def test_every_link_to_the_manual_has_its_place_there(ops):
    linked = set(re.findall(r"docs/operations\.md#([a-z0-9-]+)", json.dumps(ops.body)))
    assert linked == ANCHORS | {"endpoint-not-in-service", "budget"}
    assert linked <= anchors_of(MANUAL.read_text(encoding="utf-8"))


def test_a_machine_that_is_paid_and_silent_is_told(ops):
    properties = alarm(ops, "no-heartbeat")
    found = queries(properties)
    assert found["WorkerHeartbeat"]["Metric"]["Namespace"] == "StemFoundry"
    assert found["CPUUtilization"]["Metric"]["Namespace"] == "/aws/sagemaker/Endpoints"
    (expression,) = [q["Expression"] for q in properties["Metrics"] if "Expression" in q]
    # Without a machine there is no load, and a sum with missing data is missing.
    assert expression.endswith("+ 0 * load")
    assert "FILL(heartbeat, 0)" in expression
    assert properties["EvaluationPeriods"] * 5 == 30


def cost_expressions(template):
    body = json.loads(template.render(template.only("AWS::CloudWatch::Dashboard")["DashboardBody"]))
    return re.findall(r"seconds \* ([0-9.]+) / 3600", json.dumps(body))


def test_cost_per_job_is_at_the_price_of_the_preferred_machine(ops, settings):
    price = Prices.load().instance_hour[settings.instance_types[0]]
    assert cost_expressions(ops) == [str(price.usd)]


def test_a_machine_without_a_price_has_no_cost_on_the_dashboard(tmp_path):
    settings = Settings(environment="dev", instance_types=("ml.g6e.48xlarge",))
    assert settings.instance_types[0] not in Prices.load().instance_hour
    assert cost_expressions(synthesize(settings, tmp_path)["Ops"]) == []
