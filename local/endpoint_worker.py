"""One instance behind the local endpoint: hands requests to its container, one at a time."""

import logging
import threading
from collections.abc import Callable

import httpx
from botocore.exceptions import BotoCoreError, ClientError

from local.endpoint_delivery import Delivery, Outcome
from local.endpoint_queue import AsyncRequest, RequestQueue

logger = logging.getLogger(__name__)

_PING_SECONDS = 2.0
_CONNECT_SECONDS = 5.0
_HEALTH_POLL_SECONDS = 0.1
_RETRY_SECONDS = 1.0
_MAX_FAILURE_BYTES = 64 * 1024


class Worker:
    """Takes requests while its container is healthy; a container that is not takes none.

    Args:
        url: base URL of the container.
        queue: where requests wait.
        delivery: reads inputs and settles answers.
    """

    def __init__(self, url: str, queue: RequestQueue, delivery: Delivery) -> None:
        self._url = url
        self._queue = queue
        self._delivery = delivery
        self._stopping = threading.Event()
        self._client = httpx.Client(base_url=url, trust_env=False)
        self._thread = threading.Thread(target=self._run, name=f"endpoint worker {url}", daemon=True)

    def start(self) -> None:
        """Begin to take requests."""
        self._thread.start()

    def request_stop(self) -> None:
        """Take no further request. One that is being worked on stays queued unless it is completed."""
        self._stopping.set()

    def join(self, timeout_seconds: float) -> None:
        """Wait until the thread has ended."""
        self._thread.join(timeout_seconds)
        self._client.close()

    def _run(self) -> None:
        while not self._stopping.is_set() and self._queue.wait_for_work():
            if not self._healthy():
                self._stopping.wait(_HEALTH_POLL_SECONDS)
                continue
            request = self._queue.claim()
            if request is not None:
                self._handle(request)

    def _healthy(self) -> bool:
        try:
            return self._client.get("/ping", timeout=_PING_SECONDS).status_code == httpx.codes.OK
        except httpx.TransportError:
            return False

    def _handle(self, request: AsyncRequest) -> None:
        outcome = self._invoke(request)
        if outcome.status != "Completed" and self._stopping.is_set():
            # The service is being stopped, which is not the request's failure: deliver it again.
            self._queue.release(request)
            return
        settle(self._queue, self._delivery, request, outcome, self._stopping.wait)

    def _invoke(self, request: AsyncRequest) -> Outcome:
        try:
            payload = self._delivery.fetch_input(request)
        except (BotoCoreError, ClientError) as error:
            return Outcome("Failed", reason=f"ClientError: could not read {request.input_location}: {error}")
        headers = {
            "Content-Type": request.content_type,
            "Accept": request.accept,
            "X-Amzn-SageMaker-Custom-Attributes": request.custom_attributes,
            "X-Amzn-SageMaker-Inference-Id": request.inference_id,
        }
        timeout = httpx.Timeout(request.timeout_seconds, connect=_CONNECT_SECONDS)
        try:
            response = self._client.post(
                "/invocations",
                content=payload,
                headers={name: value for name, value in headers.items() if value is not None},
                timeout=timeout,
            )
        except httpx.TimeoutException:
            seconds = request.timeout_seconds
            return Outcome(
                "Failed", reason=f"ClientError: the model did not answer within {seconds} seconds."
            )
        except httpx.TransportError as error:
            return Outcome(
                "Failed", reason=f"InternalServerError: the connection to the model broke: {error}"
            )
        return answered(response)


def answered(response: httpx.Response) -> Outcome:
    """Judge a container's answer as SageMaker does."""
    content_type = response.headers.get("Content-Type")
    if not response.is_success:
        party = "client" if response.is_client_error else "server"
        reason = f"ClientError: Received {party} error ({response.status_code}) from model."
        return Outcome("Failed", response.content[:_MAX_FAILURE_BYTES], content_type, reason)
    if "Content-Length" not in response.headers:
        # SageMaker refuses streamed answers, so a container must not get used to sending them.
        return Outcome("Failed", reason="ClientError: the model's response has no Content-Length header.")
    return Outcome("Completed", response.content, content_type)


def settle(
    queue: RequestQueue,
    delivery: Delivery,
    request: AsyncRequest,
    outcome: Outcome,
    wait: Callable[[float], bool],
) -> None:
    """Deliver an outcome and forget the request; if AWS cannot be reached it is delivered again later."""
    try:
        delivery.settle(request, outcome)
    except (BotoCoreError, ClientError):
        logger.exception("could not deliver the outcome of %s", request.inference_id)
        wait(_RETRY_SECONDS)
        queue.release(request)
        return
    queue.finish(request)
    if outcome.status != "Completed":
        logger.warning("%s %s: %s", request.inference_id, outcome.status.lower(), outcome.reason)
