"""A SageMaker asynchronous endpoint on one machine.

Speaks the ``InvokeEndpointAsync`` protocol of the SDKs, keeps requests in a durable queue, hands them to
containers over SageMaker's container contract, and stores and announces the answers as SageMaker does.
"""

import re
import threading
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Flask, Response, jsonify, request
from pydantic import BaseModel, ConfigDict, ValidationError
from werkzeug.datastructures import Headers

from local.credentials import RoleCredentials
from local.emulator import LocalAws
from local.endpoint_delivery import Delivery, EndpointConfiguration, Outcome
from local.endpoint_queue import AsyncRequest, RequestQueue
from local.endpoint_worker import Worker, settle
from local.http_server import HttpServer
from local.settings import ACCOUNT

_HEADER = "X-Amzn-SageMaker-"
MAX_BODY_BYTES = 128_000
_MAX_HEADER_CHARACTERS = 1024
_MAX_INFERENCE_ID_CHARACTERS = 64
_INFERENCE_ID = re.compile(r"[!-~][ -~]*")
_LOCATION = re.compile(r"s3://[^/]+/.+", re.DOTALL)
_TTL_SECONDS = (60, 21_600, 21_600)  # least, most, default
_TIMEOUT_SECONDS = (1, 3_600, 900)
_UNSUPPORTED = ("S3OutputPathExtension", "Filename")
_STOP_SECONDS = 10.0


class InvocationError(ValueError):
    """The invocation is refused, with SageMaker's ``ValidationError``."""


class Control(BaseModel):
    """What a simulation may change while the front runs; absent fields stay as they are."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    paused: bool | None = None
    drop_notifications: bool | None = None


def parse_invocation(
    headers: Headers, body: bytes, configuration: EndpointConfiguration, *, now: float
) -> AsyncRequest:
    """Validate an invocation within the limits of the SageMaker runtime.

    Raises:
        InvocationError: saying which member is missing or out of range.
    """
    values = {
        name: headers.get(_HEADER + name)
        for name in ("InputLocation", "Inference-Id", "Content-Type", "Accept", "Custom-Attributes")
    }
    for name in _UNSUPPORTED:
        if headers.get(_HEADER + name) is not None:
            raise InvocationError(f"{name} is not supported by the local endpoint.")
    for name, value in values.items():
        if value is not None and (len(value) > _MAX_HEADER_CHARACTERS or not value.isascii()):
            raise InvocationError(f"{name} must be at most {_MAX_HEADER_CHARACTERS} ASCII characters.")
    _check_input(values["InputLocation"], body)
    inference_id = values["Inference-Id"] or str(uuid.uuid4())
    if len(inference_id) > _MAX_INFERENCE_ID_CHARACTERS or not _INFERENCE_ID.fullmatch(inference_id):
        raise InvocationError("InferenceId must be 1 to 64 printable characters and not start with a space.")
    ttl_seconds = _bounded(headers, "RequestTTLSeconds", _TTL_SECONDS)
    unique = uuid.uuid4()
    return AsyncRequest(
        endpoint=configuration.name,
        inference_id=inference_id,
        input_location=values["InputLocation"],
        body=body if values["InputLocation"] is None else None,
        content_type=values["Content-Type"],
        accept=values["Accept"],
        custom_attributes=values["Custom-Attributes"],
        output_location=f"{configuration.output_path}/{unique}.out",
        failure_location=f"{configuration.failure_path}/{unique}-error.out",
        received_at=now,
        expires_at=now + ttl_seconds,
        timeout_seconds=_bounded(headers, "InvocationTimeoutSeconds", _TIMEOUT_SECONDS),
    )


def _check_input(location: str | None, body: bytes) -> None:
    if (location is None) == (not body):
        raise InvocationError("Exactly one of InputLocation and Body must be given.")
    if location is not None and not _LOCATION.fullmatch(location):
        raise InvocationError(f"InputLocation {location!r} is not an S3 location such as s3://bucket/key.")
    if len(body) > MAX_BODY_BYTES:
        raise InvocationError(f"Body must be at most {MAX_BODY_BYTES} bytes.")


def _bounded(headers: Headers, name: str, bounds: tuple[int, int, int]) -> int:
    least, most, default = bounds
    text = headers.get(_HEADER + name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and least <= int(text[:9]) <= most):
        raise InvocationError(f"{name} must be a whole number from {least} to {most}, not {text[:32]!r}.")
    return int(text)


class EndpointFront:
    """The endpoint: HTTP server, queue and one worker per container.

    Args:
        aws: clients under the endpoint's role.
        configuration: the one endpoint that exists.
        port: port on the loopback interface.
        queue_file: SQLite file of the queue; requests in it are delivered first.
        container_urls: base URLs of the containers.
        credentials: role credentials that containers may fetch.
        paused: start without handing out requests (simulation).
        drop_notifications: start without publishing notifications (simulation).
        clock: seconds since the Unix epoch; must not go back.
    """

    def __init__(
        self,
        aws: LocalAws,
        configuration: EndpointConfiguration,
        *,
        port: int,
        queue_file: Path,
        container_urls: list[str],
        credentials: RoleCredentials | None = None,
        paused: bool = False,
        drop_notifications: bool = False,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.configuration = configuration
        self.request_arrived = threading.Event()
        self._clock = clock
        self._credentials = credentials
        self.queue = RequestQueue(queue_file, clock)
        self.queue.paused = paused
        self._delivery = Delivery(aws, configuration, clock)
        self._delivery.drop_notifications = drop_notifications
        self._workers = [Worker(url, self.queue, self._delivery) for url in container_urls]
        self._stopping = threading.Event()
        self._expirer = threading.Thread(target=self._expire, name="endpoint expiry", daemon=True)
        self._server = HttpServer(
            "endpoint front", self._application(), port, max_body_bytes=MAX_BODY_BYTES * 2
        )
        if self.queue.counts() != (0, 0):
            self.request_arrived.set()

    def start(self) -> None:
        """Accept invocations and begin to hand them out."""
        self._server.start()
        self._expirer.start()
        for worker in self._workers:
            worker.start()

    def request_stop(self) -> None:
        """Hand out nothing more; to be called before the containers are stopped."""
        self._stopping.set()
        for worker in self._workers:
            worker.request_stop()
        self.queue.close()

    def stop(self) -> None:
        """Stop; requests that are not settled stay in the queue's file."""
        self.request_stop()
        self._server.stop()
        for worker in self._workers:
            worker.join(_STOP_SECONDS)
        self._expirer.join(_STOP_SECONDS)
        self.queue.dispose()

    def apply(self, control: Control) -> None:
        """Change the simulation."""
        if control.drop_notifications is not None:
            self._delivery.drop_notifications = control.drop_notifications
        if control.paused is not None:
            self.queue.paused = control.paused

    def status(self) -> dict[str, Any]:
        """Counts of the queue and the state of the simulation."""
        waiting, in_flight = self.queue.counts()
        return {
            "endpoint": self.configuration.name,
            "workers": len(self._workers),
            "waiting": waiting,
            "in_flight": in_flight,
            "paused": self.queue.paused,
            "drop_notifications": self._delivery.drop_notifications,
        }

    def _expire(self) -> None:
        reason = "The request waited longer than its RequestTTLSeconds."
        while (expired := self.queue.claim_expired()) is not None:
            outcome = Outcome("Expired", reason=reason)
            settle(self.queue, self._delivery, expired, outcome, self._stopping.wait)

    # --- HTTP ---------------------------------------------------------------------------------------

    def _application(self) -> Flask:
        application = Flask("endpoint_front", static_folder=None)
        application.add_url_rule(
            "/endpoints/<name>/async-invocations", view_func=self._invoke_async, methods=["POST"]
        )
        application.add_url_rule("/ping", view_func=lambda: jsonify(self.status()))
        application.add_url_rule("/control", view_func=self._control, methods=["GET", "POST"])
        application.add_url_rule("/credentials", view_func=self._serve_credentials)
        return application

    def _invoke_async(self, name: str) -> Response:
        if name != self.configuration.name:
            return _refusal(f"Endpoint {name} of account {ACCOUNT} not found.")
        try:
            accepted = parse_invocation(
                request.headers, request.get_data(), self.configuration, now=self._clock()
            )
        except InvocationError as error:
            return _refusal(str(error))
        self.queue.put(accepted)
        self.request_arrived.set()
        response = jsonify(InferenceId=accepted.inference_id)
        response.status_code = 202
        response.headers[_HEADER + "OutputLocation"] = accepted.output_location
        response.headers[_HEADER + "FailureLocation"] = accepted.failure_location
        return response

    def _control(self) -> Response:
        if request.method == "POST":
            try:
                self.apply(Control.model_validate_json(request.get_data()))
            except ValidationError as error:
                return _refusal(str(error))
        return jsonify(self.status())

    def _serve_credentials(self) -> Response:
        credentials = self._credentials
        if credentials is None or request.headers.get("Authorization") != credentials.authorization_token:
            return Response(status=403)
        return jsonify(credentials.document())


def _refusal(message: str) -> Response:
    response = jsonify(message=message)
    response.status_code = 400
    response.headers["x-amzn-errortype"] = "ValidationError"
    return response
