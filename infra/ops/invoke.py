"""One request straight to the endpoint, past API and table, with AWS's own client of it.

For the question "is it the endpoint or everything around it?". The SageMaker SDK (extra ``ops``) is imported
only here: it is far larger than all the rest.
"""

from dataclasses import dataclass
from uuid import uuid4

from contract import keys
from contract.audio import OutputOptions
from contract.inference import InferenceRequest, Source
from infra.ops.deployment import Deployment, OpsError, explained

# No job has such an id: the result function drops the answer, and the container answers without work.
INFERENCE_PREFIX = "ops."


@dataclass(frozen=True, slots=True)
class Sent:
    """Where the answer will lie."""

    inference_id: str
    output: str
    failure: str


def probe_request(job_id: str, model: str) -> InferenceRequest:
    """A request for a job that does not exist: a healthy container answers ``skipped``."""
    return InferenceRequest(
        job_id=job_id,
        attempt=1,
        source=Source(key=keys.upload_source(job_id), etag='"0"', size_bytes=1, filename="probe.wav"),
        model=model,
        stems=[],
        output=OutputOptions(),
    )


def invoke(deployment: Deployment) -> Sent:
    """Send a probe; the answer appears in S3 when a machine is up.

    Raises:
        OpsError: when the SDK is missing or AWS refuses.
    """
    try:
        from sagemaker.core.resources import Endpoint
    except ImportError as error:
        raise OpsError(
            "the SageMaker SDK is not installed", "pip install 'stem-foundry[ops]' (about 450 MB)"
        ) from error
    bucket = deployment.output("Storage", "AudioBucketName")
    job_id = str(uuid4())
    key = keys.job_request(job_id, 1)
    body = probe_request(job_id, deployment.settings.models[0]).model_dump_json()
    with explained("writing the probe"):
        deployment.session.client("s3").put_object(
            Bucket=bucket, Key=key, Body=body.encode(), ContentType="application/json"
        )
    # The SDK has a session of its own, from the environment.
    with explained("invoking the endpoint"):
        answer = Endpoint(endpoint_name=deployment.settings.endpoint_name).invoke_async(
            input_location=f"s3://{bucket}/{key}",
            content_type="application/json",
            inference_id=f"{INFERENCE_PREFIX}{job_id}",
            request_ttl_seconds=deployment.settings.limits.queue_timeout_seconds,
            invocation_timeout_seconds=60,
        )
    return Sent(f"{INFERENCE_PREFIX}{job_id}", answer.output_location, answer.failure_location)
