import pytest
from botocore.stub import ANY

from contract.functions import FunctionName
from infra.ops import drain, logs
from infra.ops.deployment import Deployment, OpsError, read_settings
from tests.unit.ops.stubbed import ACCOUNT, deployment

JOB = "1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed"
NAME = "stem-foundry-dev"


def endpoint(variants):
    return {
        "EndpointName": NAME,
        "EndpointArn": f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:endpoint/{NAME}",
        "EndpointStatus": "InService",
        "CreationTime": "2026-11-21T00:00:00Z",
        "LastModifiedTime": "2026-11-21T00:00:00Z",
        "ProductionVariants": [{"VariantName": name} for name in variants],
    }


def suspended(session, value):
    session.answer(
        "application-autoscaling",
        "register_scalable_target",
        {},
        ServiceNamespace="sagemaker",
        ResourceId=f"endpoint/{NAME}/variant/gpu",
        ScalableDimension="sagemaker:variant:DesiredInstanceCount",
        SuspendedState={
            "DynamicScalingOutSuspended": value,
            "ScheduledScalingSuspended": value,
            "DynamicScalingInSuspended": False,
        },
    )


def counted(session, *counts):
    for count in counts:
        session.answer("dynamodb", "query", {"Count": count})


def test_the_function_that_creates_jobs_is_closed_and_opened(session):
    chosen = deployment(session)
    session.outputs(chosen.settings, "Api", FunctionProcess="process-x")
    session.answer(
        "lambda",
        "put_function_concurrency",
        {"ReservedConcurrentExecutions": 0},
        FunctionName="process-x",
        ReservedConcurrentExecutions=0,
    )
    session.answer("lambda", "delete_function_concurrency", {}, FunctionName="process-x")
    drain.stop_accepting(chosen)
    drain.start_accepting(chosen)
    session.assert_all_asked()


def test_waits_for_the_last_job(session):
    chosen = deployment(session)
    session.outputs(chosen.settings, "Storage", TableName="table-x")
    counted(session, 2, 1, 0)
    seen, slept = [], []
    drain.wait_until_empty(chosen, timeout_seconds=60, on_count=seen.append, sleep=slept.append)
    assert (seen, slept) == ([2, 1], [15.0, 15.0])
    session.assert_all_asked()


def test_gives_up_without_cutting_anything(session):
    chosen = deployment(session)
    session.outputs(chosen.settings, "Storage", TableName="table-x")
    counted(session, 3)
    with pytest.raises(OpsError, match="3 jobs are still active; nothing was cut"):
        drain.wait_until_empty(chosen, timeout_seconds=0, on_count=lambda _: None, sleep=lambda _: None)


def test_active_jobs_are_asked_from_the_active_index(session):
    from infra.constructs.table import INDEX_KEYS

    chosen = deployment(session)
    session.outputs(chosen.settings, "Storage", TableName="table-x")
    session.answer(
        "dynamodb",
        "query",
        {"Count": 4},
        TableName="table-x",
        IndexName="active",
        Select="COUNT",
        KeyConditionExpression="#p = :p",
        ExpressionAttributeNames={"#p": INDEX_KEYS["active"][0][0]},
        ExpressionAttributeValues={":p": {"S": "ACTIVE"}},
    )
    assert drain.active_jobs(chosen) == 4


def test_no_machine_and_none_may_start(session):
    session.answer("sagemaker", "describe_endpoint", endpoint(["gpu"]), EndpointName=NAME)
    suspended(session, True)
    session.answer(
        "sagemaker",
        "update_endpoint_weights_and_capacities",
        {"EndpointArn": f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:endpoint/{NAME}"},
        EndpointName=NAME,
        DesiredWeightsAndCapacities=[{"VariantName": "gpu", "DesiredInstanceCount": 0}],
    )
    drain.hold_at_zero(deployment(session))
    session.assert_all_asked()


def test_scales_again(session):
    session.answer("sagemaker", "describe_endpoint", endpoint(["gpu"]))
    suspended(session, False)
    drain.let_scale(deployment(session))
    session.assert_all_asked()


def test_without_an_endpoint_there_is_nothing_to_hold(session):
    session.refuse("sagemaker", "describe_endpoint", "ValidationException")
    with pytest.raises(OpsError, match="there is no endpoint stem-foundry-dev"):
        drain.variant(deployment(session))
    session.answer("sagemaker", "describe_endpoint", endpoint(["a", "b"]))
    with pytest.raises(OpsError, match="2 variants"):
        drain.variant(deployment(session))


@pytest.mark.parametrize("text", ['x" || { $.a = 1', "", "123"])
def test_only_job_ids_become_filters(text):
    with pytest.raises(OpsError, match="is not a job id"):
        logs.job_id(text)


def test_lines_of_all_sources_in_order(session):
    chosen = deployment(session)
    session.outputs(
        chosen.settings, "Api", **{f"Function{name.capitalize()}": f"f-{name}" for name in FunctionName}
    )
    for name in FunctionName:
        session.answer(
            "lambda",
            "get_function_configuration",
            {"LoggingConfig": {"LogGroup": f"own-{name}"}},
            FunctionName=f"f-{name}",
        )
    for number, name in enumerate(FunctionName):
        if number == 1:
            session.refuse("logs", "filter_log_events", "ResourceNotFoundException")
            continue
        message = '{"level": "INFO", "message": "step", "job_id": "x"}' if number == 0 else "plain\n"
        session.answer(
            "logs",
            "filter_log_events",
            {"events": [{"timestamp": 9000 - number, "message": message}]},
            logGroupName=f"own-{name}",
            filterPattern=f'"{JOB}"',
            startTime=ANY,
        )
    session.answer("logs", "filter_log_events", {"events": []})
    lines = logs.job_lines(chosen, JOB, hours=1)
    assert [line.at for line in lines] == sorted(line.at for line in lines)
    assert len(lines) == len(FunctionName) - 1
    assert (lines[-1].source, lines[-1].text, lines[-1].fields["level"]) == (
        FunctionName.AUTHORIZE,
        "step",
        "INFO",
    )
    assert lines[0].text == "plain"
    session.assert_all_asked()


def test_the_endpoints_group_and_the_filter(session):
    chosen = deployment(session)
    session.outputs(
        chosen.settings, "Api", **{f"Function{name.capitalize()}": f"f-{name}" for name in FunctionName}
    )
    for _ in FunctionName:
        session.answer("lambda", "get_function_configuration", {})
    groups = logs.log_groups(chosen)
    assert groups["endpoint"] == f"/aws/sagemaker/Endpoints/{NAME}"
    assert groups["process"] == "/aws/lambda/f-process"


def test_a_missing_stack_or_output_is_explained(session):
    chosen = deployment(session)
    session.refuse("cloudformation", "describe_stacks", "ValidationError", "Stack does not exist")
    with pytest.raises(OpsError, match="reading stack StemFoundry-dev-Web: ValidationError"):
        chosen.output("Web", "SiteUrl")
    session.outputs(chosen.settings, "Web", Other="x")
    with pytest.raises(OpsError, match="has no output SiteUrl"):
        chosen.output("Web", "SiteUrl")


def test_a_region_is_needed(monkeypatch):
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    with pytest.raises(OpsError, match="no AWS region is set"):
        Deployment.open(read_settings("{}"))
