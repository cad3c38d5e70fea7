"""Stop accepting jobs, let the accepted ones end, and hold the endpoint at zero.

Three switches outside the templates, so that nothing has to be deployed for it:

1. The function that creates jobs gets a concurrency of 0. Everything else keeps answering: progress,
   downloads, deletion.
2. The jobs that are on their way end by themselves; the active index of the table says how many are left.
3. Scaling out is suspended, by load and by schedule, and the endpoint's desired count becomes 0.

Resuming turns all of it back.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

from botocore.exceptions import ClientError

from contract import keys
from infra.ops.deployment import Deployment, OpsError, error_code, explained


@dataclass(frozen=True, slots=True)
class Variant:
    """The endpoint's only variant."""

    endpoint: str
    name: str

    @property
    def resource_id(self) -> str:
        """As Application Auto Scaling names it."""
        return f"endpoint/{self.endpoint}/variant/{self.name}"


def stop_accepting(deployment: Deployment) -> None:
    """Refuse new jobs; callers see a 5xx and try again later."""
    function = deployment.output("Api", "FunctionProcess")
    with explained(f"closing {function}"):
        deployment.session.client("lambda").put_function_concurrency(
            FunctionName=function, ReservedConcurrentExecutions=0
        )


def start_accepting(deployment: Deployment) -> None:
    """Accept jobs again."""
    function = deployment.output("Api", "FunctionProcess")
    with explained(f"opening {function}"):
        deployment.session.client("lambda").delete_function_concurrency(FunctionName=function)


def active_jobs(deployment: Deployment) -> int:
    """Jobs that wait or are worked on, from the table: metrics would be minutes late.

    Eventually consistent: a job of the last moment may be missing.
    """
    table = deployment.output("Storage", "TableName")
    paginator = deployment.session.client("dynamodb").get_paginator("query")
    with explained(f"counting active jobs in {table}"):
        pages = paginator.paginate(
            TableName=table,
            IndexName=keys.ACTIVE_INDEX,
            Select="COUNT",
            KeyConditionExpression="#p = :p",
            ExpressionAttributeNames={"#p": "active"},
            ExpressionAttributeValues={":p": {"S": keys.ACTIVE_PARTITION}},
        )
        return sum(page["Count"] for page in pages)


def wait_until_empty(
    deployment: Deployment,
    *,
    timeout_seconds: float,
    on_count: Callable[[int], None],
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
    every_seconds: float = 15.0,
) -> None:
    """Wait for the last accepted job.

    Raises:
        OpsError: when jobs are left after the time; they go on, nothing is cut.
    """
    deadline = clock() + timeout_seconds
    while (count := active_jobs(deployment)) > 0:
        on_count(count)
        if clock() >= deadline:
            raise OpsError(
                f"{count} jobs are still active; nothing was cut and no new ones are accepted",
                "Run drain again to go on waiting, or drain --resume to open again.",
            )
        sleep(every_seconds)


def variant(deployment: Deployment) -> Variant:
    """The variant that scales.

    Raises:
        OpsError: when there is no endpoint.
    """
    endpoint = deployment.settings.endpoint_name
    client = deployment.session.client("sagemaker")
    try:
        variants = client.describe_endpoint(EndpointName=endpoint).get("ProductionVariants", [])
    except ClientError as error:
        if error_code(error) == "ValidationException":
            raise OpsError(f"there is no endpoint {endpoint}", "Deploy the Inference stack.") from error
        raise OpsError(f"reading endpoint {endpoint}: {error}") from error
    if len(variants) != 1:
        raise OpsError(f"endpoint {endpoint} has {len(variants)} variants, one is expected")
    return Variant(endpoint, variants[0]["VariantName"])


def hold_at_zero(deployment: Deployment) -> None:
    """No machine, and none may start. Only for an endpoint without work."""
    target = variant(deployment)
    _suspend(deployment, target, suspended=True)
    with explained(f"releasing the machines of {target.endpoint}"):
        deployment.session.client("sagemaker").update_endpoint_weights_and_capacities(
            EndpointName=target.endpoint,
            DesiredWeightsAndCapacities=[{"VariantName": target.name, "DesiredInstanceCount": 0}],
        )


def let_scale(deployment: Deployment) -> None:
    """Scale by load and schedule again."""
    _suspend(deployment, variant(deployment), suspended=False)


def _suspend(deployment: Deployment, target: Variant, *, suspended: bool) -> None:
    with explained(f"{'suspending' if suspended else 'resuming'} the scaling of {target.endpoint}"):
        deployment.session.client("application-autoscaling").register_scalable_target(
            ServiceNamespace="sagemaker",
            ResourceId=target.resource_id,
            ScalableDimension="sagemaker:variant:DesiredInstanceCount",
            SuspendedState={
                "DynamicScalingOutSuspended": suspended,
                "ScheduledScalingSuspended": suspended,
                "DynamicScalingInSuspended": False,
            },
        )
