"""The SageMaker asynchronous endpoint."""

from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from lambdas.core.ports import DispatchError, Invocation

if TYPE_CHECKING:
    from mypy_boto3_sagemaker_runtime import SageMakerRuntimeClient


class AsyncEndpoint:
    """Implements the port ``Endpoint``."""

    def __init__(self, client: "SageMakerRuntimeClient", name: str) -> None:
        self._client = client
        self._name = name

    def invoke(
        self, input_location: str, *, inference_id: str, timeout_seconds: int, queue_seconds: int
    ) -> Invocation:
        """Queue an invocation."""
        try:
            answer = self._client.invoke_endpoint_async(
                EndpointName=self._name,
                InputLocation=input_location,
                ContentType="application/json",
                InferenceId=inference_id,
                InvocationTimeoutSeconds=timeout_seconds,
                RequestTTLSeconds=queue_seconds,
            )
        except (ClientError, BotoCoreError) as error:
            raise DispatchError(f"{self._name} did not accept {inference_id}: {error}") from error
        return Invocation(answer["OutputLocation"], answer.get("FailureLocation"))
