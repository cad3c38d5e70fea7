"""HTTP face of the container, as SageMaker wants it: ``GET /ping`` and ``POST /invocations``."""

import logging
from http import HTTPStatus

from flask import Flask, Response, request
from pydantic import ValidationError
from werkzeug.exceptions import HTTPException

from contract.errors import ErrorCode
from contract.inference import InferenceError, InferenceRequest
from sagemaker_container.job import ServiceStoppingError
from sagemaker_container.worker import BusyError, Readiness, Worker

_logger = logging.getLogger(__name__)

MAX_REQUEST_BYTES = 64 * 1024
_JSON = "application/json"


def create_app(worker: Worker) -> Flask:
    """Build the application around a worker."""
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = MAX_REQUEST_BYTES

    @app.get("/ping")
    def ping() -> Response:
        """Healthy once the model is loaded and warm."""
        readiness = worker.readiness
        status = HTTPStatus.OK if readiness is Readiness.READY else HTTPStatus.SERVICE_UNAVAILABLE
        return Response(f'{{"status": "{readiness.name.lower()}"}}', status, content_type=_JSON)

    @app.post("/invocations")
    def invocations() -> Response:
        """Work on one attempt of a job. Faults of the user's input are a result, not an HTTP error."""
        try:
            inference_request = InferenceRequest.model_validate_json(request.get_data())
        except ValidationError as error:
            return _problem(HTTPStatus.BAD_REQUEST, ErrorCode.INVALID_REQUEST, _describe(error))
        if worker.readiness is not Readiness.READY:
            return _unavailable("This worker is not ready.")
        try:
            result = worker.process(inference_request)
        except ServiceStoppingError:
            return _unavailable("This worker stops; the job goes on elsewhere.")
        except BusyError:
            return _unavailable("This worker has more requests than it takes.")
        return Response(result.model_dump_json(), HTTPStatus.OK, content_type=_JSON)

    @app.errorhandler(Exception)
    def fault(error: Exception) -> Response:
        """Everything else is worth a retry: AWS out of reach, memory exhausted, a bug."""
        if isinstance(error, HTTPException):
            status = HTTPStatus(error.code or HTTPStatus.INTERNAL_SERVER_ERROR)
            return _problem(status, ErrorCode.INVALID_REQUEST, error.description or status.phrase)
        _logger.error("the invocation failed", exc_info=error)
        return _problem(
            HTTPStatus.INTERNAL_SERVER_ERROR,
            ErrorCode.INTERNAL_ERROR,
            f"{type(error).__name__}: {error}"[:500],
        )

    return app


def _unavailable(message: str) -> Response:
    return _problem(HTTPStatus.SERVICE_UNAVAILABLE, ErrorCode.SERVICE_UNAVAILABLE, message)


def _problem(status: HTTPStatus, code: ErrorCode, message: str) -> Response:
    body = InferenceError(code=code, message=message).model_dump_json()
    return Response(body, status, content_type=_JSON)


def _describe(error: ValidationError) -> str:
    fields = (
        f"{'.'.join(map(str, detail['loc'])) or 'body'}: {detail['msg']}"
        for detail in error.errors(include_url=False, include_input=False)[:10]
    )
    return "The body is not an inference request. " + "; ".join(fields)
