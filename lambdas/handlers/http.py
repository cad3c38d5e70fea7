"""What all HTTP functions share: routing from the contract, problem JSON, and who is calling."""

import json
import re
from collections.abc import Callable
from typing import Any, TypeVar

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError

from contract.api import Problem
from contract.errors import ErrorCode, StemFoundryError, http_status
from contract.routes import Route

HandlerFunction = TypeVar("HandlerFunction", bound=Callable[..., Any])

_PROBLEM_TYPE = "application/problem+json"
_PATH_PARAMETER = re.compile(r"\{(\w+)\}")
_MAX_REPORTED_ERRORS = 10

logger = Logger()


class HttpApi(APIGatewayHttpResolver):
    """A resolver that refuses callers without an owner before it looks at what they sent.

    Args:
        public: every route of this function may be called without a session.
    """

    def __init__(self, *, public: bool) -> None:
        super().__init__(enable_validation=True)
        self._public = public

    def resolve(self, event: Any, context: Any) -> dict[str, Any]:
        """Answer a gateway event; lines logged meanwhile name the request and its job."""
        with logger.append_context_keys(
            request_id=event["requestContext"]["requestId"], **(event.get("pathParameters") or {})
        ):
            return self._answer(event, context)

    def _answer(self, event: Any, context: Any) -> dict[str, Any]:
        if not self._public:
            try:
                owner_of_event(event)
            except StemFoundryError as error:
                refused = _problem(event["requestContext"]["requestId"], error.code, error.message)
                return {
                    "statusCode": refused.status_code,
                    "headers": {"Content-Type": _PROBLEM_TYPE},
                    "body": refused.body,
                    "isBase64Encoded": False,
                }
        answer = super().resolve(event, context)
        # A 304 has no body; the gateway's format wants a string all the same.
        return answer | {"body": answer.get("body") or ""}


def http_api(*, public: bool = False) -> HttpApi:
    """Make a resolver that validates and answers every problem as RFC 9457."""
    app = HttpApi(public=public)
    app.exception_handler(StemFoundryError)(lambda error: _refusal(app, error))
    app.exception_handler(RequestValidationError)(lambda error: _invalid(app, error))
    app.exception_handler(Exception)(lambda error: _unexpected(app, error))
    app.not_found(lambda _error: _no_route(app))
    return app


def serve(app: APIGatewayHttpResolver, route: Route) -> Callable[[HandlerFunction], HandlerFunction]:
    """Register a handler for a route of the contract, with everything its documentation needs."""
    codes = _problem_codes(route)
    described: dict[int, Any] = {
        status: {
            "description": ", ".join(f"`{code}`" for code in codes if http_status(code) == status),
            "content": {_PROBLEM_TYPE: {"model": Problem}},
        }
        for status in sorted({int(http_status(code)) for code in codes})
    }
    success: dict[str, Any] = {"description": "Success"}
    if route.response is not None:
        success["content"] = {"application/json": {"model": route.response}}
    decorate: Callable[[HandlerFunction], HandlerFunction] = app.route(
        _PATH_PARAMETER.sub(r"<\1>", route.path),
        route.method,
        summary=route.summary,
        operation_id=route.name,
        tags=[route.path.split("/")[2]],
        security=[] if route.public else [{"session": []}],
        responses={route.status: success} | described,
        status_code=route.status,
    )
    return decorate


def _problem_codes(route: Route) -> list[ErrorCode]:
    codes = list(route.errors)
    if not route.public:
        codes += [
            ErrorCode.INVALID_REQUEST,
            ErrorCode.UNAUTHORIZED,
            ErrorCode.TOKEN_INVALID,
            ErrorCode.TOKEN_EXPIRED,
        ]
    return codes


def owner_of_caller(app: APIGatewayHttpResolver) -> str:
    """The owner that the authorizer resolved.

    Raises:
        StemFoundryError: the reason for which it resolved none.
    """
    return owner_of_event(app.current_event.raw_event)


def owner_of_event(event: dict[str, Any]) -> str:
    """The owner in a gateway event.

    Raises:
        StemFoundryError: the reason for which the authorizer resolved none.
    """
    authorizer = event.get("requestContext", {}).get("authorizer") or {}
    context = authorizer.get("lambda") or {}
    if owner := context.get("owner"):
        return str(owner)
    code = context.get("denial")
    raise StemFoundryError(
        ErrorCode(code) if code in set(ErrorCode) else ErrorCode.UNAUTHORIZED,
        str(context.get("detail") or "Send a session token: 'Authorization: Bearer <token>'."),
    )


def request_id(app: APIGatewayHttpResolver) -> str:
    """The gateway's id of this request; it stands in logs, problems and the job."""
    return str(app.current_event.request_context.request_id)


def _problem(
    instance: str,
    code: ErrorCode,
    detail: str,
    *,
    retry_after_seconds: int | None = None,
    errors: list[dict[str, str]] | None = None,
) -> Response[str]:
    """Build a problem response; ``instance`` is the request id."""
    status = http_status(code)
    body = Problem(
        type=f"urn:stem-foundry:problem:{code}",
        title=status.phrase,
        status=int(status),
        detail=detail,
        code=code,
        instance=instance,
        errors=errors,
    )
    headers: dict[str, str | list[str]] = {}
    if retry_after_seconds is not None:
        headers["Retry-After"] = str(retry_after_seconds)
    return Response(
        status_code=int(status),
        content_type=_PROBLEM_TYPE,
        body=body.model_dump_json(exclude_none=True),
        headers=headers,
    )


def _refusal(app: APIGatewayHttpResolver, error: StemFoundryError) -> Response[str]:
    logger.info("refused", extra={"code": str(error.code), "detail": error.message})
    return _problem(request_id(app), error.code, error.message, retry_after_seconds=error.retry_after_seconds)


def _invalid(app: APIGatewayHttpResolver, error: RequestValidationError) -> Response[str]:
    errors = [
        {"field": ".".join(str(part) for part in issue["loc"]), "reason": str(issue["msg"])}
        for issue in error.errors()[:_MAX_REPORTED_ERRORS]
    ]
    first = errors[0] if errors else {"field": "body", "reason": "is not valid"}
    detail = f"{first['field']}: {first['reason']}"
    unsupported_output = any(issue["field"].startswith("body.output") for issue in errors)
    code = ErrorCode.UNSUPPORTED_OUTPUT if unsupported_output else ErrorCode.INVALID_REQUEST
    logger.info("invalid", extra={"errors": json.dumps(errors)})
    return _problem(request_id(app), code, detail, errors=errors)


def _no_route(app: APIGatewayHttpResolver) -> Response[str]:
    event = app.current_event
    return _problem(
        request_id(app), ErrorCode.ROUTE_NOT_FOUND, f"There is nothing at {event.http_method} {event.path}."
    )


def _unexpected(app: APIGatewayHttpResolver, error: Exception) -> Response[str]:
    logger.error("unexpected error", exc_info=error)
    return _problem(
        request_id(app),
        ErrorCode.INTERNAL_ERROR,
        f"Something went wrong on our side. Quote {request_id(app)} to the operator.",
    )
