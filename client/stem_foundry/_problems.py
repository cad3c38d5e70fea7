"""Reading answers: models from good ones, errors from the others."""

import re
from http import HTTPStatus
from typing import TypeVar

import httpx
from pydantic import BaseModel, ValidationError

from contract.errors import ErrorCode
from stem_foundry._errors import ApiError, ClientErrorCode, TransferFailed
from stem_foundry._retry import retry_after_seconds

Model = TypeVar("Model", bound=BaseModel)

_PROBLEM_TYPE = "application/problem+json"
_MAX_DETAIL_CHARACTERS = 500
_STORAGE_CODE = re.compile(r"<Code>([A-Za-z0-9]{1,64})</Code>")
_STORAGE_MESSAGE = re.compile(r"<Message>([^<]{1,300})</Message>")

# The gateway answers some requests before the service sees them, with a plain message and no code.
_GATEWAY_CODES: dict[int, str] = {
    HTTPStatus.UNAUTHORIZED: ErrorCode.UNAUTHORIZED,
    HTTPStatus.FORBIDDEN: ErrorCode.UNAUTHORIZED,
    HTTPStatus.NOT_FOUND: ErrorCode.ROUTE_NOT_FOUND,
    HTTPStatus.TOO_MANY_REQUESTS: ErrorCode.TOO_MANY_REQUESTS,
    HTTPStatus.INTERNAL_SERVER_ERROR: ErrorCode.INTERNAL_ERROR,
    HTTPStatus.BAD_GATEWAY: ErrorCode.SERVICE_UNAVAILABLE,
    HTTPStatus.SERVICE_UNAVAILABLE: ErrorCode.SERVICE_UNAVAILABLE,
    HTTPStatus.GATEWAY_TIMEOUT: ErrorCode.SERVICE_UNAVAILABLE,
}


def parse(response: httpx.Response, model: type[Model]) -> Model:
    """The body of a good answer.

    Raises:
        ApiError: ``unexpected_answer`` when the body is not what the contract promises.
    """
    try:
        return model.model_validate_json(response.content)
    except ValidationError as error:
        raise ApiError(
            ClientErrorCode.UNEXPECTED_ANSWER,
            f"The service sent something that is not a {model.__name__}"
            f" ({error.error_count()} problems). Is {_origin(response)} a Stem Foundry service?",
            response.status_code,
        ) from error


def has_problem(response: httpx.Response) -> bool:
    """Whether an answer is a problem document, so written by the service and not by its gateway."""
    content_type = str(response.headers.get("Content-Type", ""))
    return content_type.split(";", maxsplit=1)[0].strip().lower() == _PROBLEM_TYPE


def api_error(response: httpx.Response) -> ApiError:
    """The error that an API answer stands for.

    Read tolerantly: a newer service may use codes that this client does not know.
    """
    body = _json_object(response)
    stated = body.get("code")
    if isinstance(stated, str) and stated:
        code = stated
    else:
        code = _GATEWAY_CODES.get(response.status_code, ClientErrorCode.UNEXPECTED_ANSWER)
    detail = body.get("detail") or body.get("message")
    if not isinstance(detail, str):
        detail = f"The service answered {response.status_code} {response.reason_phrase}"
    fields = body.get("errors")
    if isinstance(fields, list):
        reasons = [": ".join(map(str, field.values())) for field in fields if isinstance(field, dict)]
        unsaid = [reason for reason in reasons[:5] if reason not in detail]
        detail += f" ({'; '.join(unsaid)})" if unsaid else ""
    return ApiError(code, _one_line(detail), response.status_code, retry_after_seconds(response))


def storage_error(response: httpx.Response, doing: str) -> TransferFailed:
    """The error that an answer of S3 stands for; its XML is searched, not parsed.

    Args:
        response: read answer of an error status.
        doing: what was tried, such as ``"send song.mp3"``.
    """
    text = response.text[:4096]
    code, message = _STORAGE_CODE.search(text), _STORAGE_MESSAGE.search(text)
    reason = code.group(1) if code else response.reason_phrase
    explained = f": {message.group(1)}" if message else ""
    return TransferFailed(
        ClientErrorCode.STORAGE_REFUSED,
        _one_line(f"Could not {doing}; storage answered {response.status_code} {reason}{explained}"),
    )


def _json_object(response: httpx.Response) -> dict[str, object]:
    try:
        body = response.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _one_line(text: str) -> str:
    return " ".join(text.split())[:_MAX_DETAIL_CHARACTERS]


def _origin(response: httpx.Response) -> str:
    url = response.request.url
    return f"{url.scheme}://{url.netloc.decode('ascii')}"
