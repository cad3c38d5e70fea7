"""What all HTTP functions share: routing from the contract, problem JSON, and who is calling."""

import json
import re
from collections.abc import Callable
from typing import Any, TypeVar

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.middlewares import NextMiddleware
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError

from contract.api import Problem
from contract.errors import ErrorCode, StemFoundryError, http_status
from contract.routes import Route

HandlerFunction = TypeVar("HandlerFunction", bound=Callable[..., Any])

_PROBLEM_TYPE = "application/problem+json"
_PATH_PARAMETER = re.compile(r"\{(\w+)\}")
_MAX_REPORTED_ERRORS = 10

logger = Logger()


def http_api(*, public: bool = False) -> APIGatewayHttpResolver:
    """Make a resolver that validates, answers problems as RFC 9457 and refuses callers without an owner.

    Args:
        public: every route of this function may be called without a session.
    """
    app = APIGatewayHttpResolver(enable_validation=True)
    app.exception_handler(StemFoundryError)(lambda error: _refusal(app, error))
    app.exception_handler(RequestValidationError)(lambda error: _invalid(app, error))
    app.exception_handler(Exception)(lambda error: _unexpected(app, error))
    app.not_found(lambda _error: _no_route(app))
    if not public:
        app.use([_require_owner])
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
    context = _authorizer_context(app)
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


def _authorizer_context(app: APIGatewayHttpResolver) -> dict[str, Any]:
    authorizer = app.current_event.raw_event.get("requestContext", {}).get("authorizer") or {}
    context = authorizer.get("lambda") or {}
    return context if isinstance(context, dict) else {}


def _require_owner(app: Any, next_middleware: NextMiddleware) -> Response[Any]:
    owner_of_caller(app)
    return next_middleware(app)


def problem(
    app: APIGatewayHttpResolver,
    code: ErrorCode,
    detail: str,
    *,
    retry_after_seconds: int | None = None,
    errors: list[dict[str, str]] | None = None,
) -> Response[str]:
    """Build a problem response."""
    status = http_status(code)
    body = Problem(
        type=f"urn:stem-foundry:problem:{code}",
        title=status.phrase,
        status=int(status),
        detail=detail,
        code=code,
        instance=request_id(app),
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
    return problem(app, error.code, error.message, retry_after_seconds=error.retry_after_seconds)


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
    return problem(app, code, detail, errors=errors)


def _no_route(app: APIGatewayHttpResolver) -> Response[str]:
    event = app.current_event
    return problem(app, ErrorCode.ROUTE_NOT_FOUND, f"There is nothing at {event.http_method} {event.path}.")


def _unexpected(app: APIGatewayHttpResolver, error: Exception) -> Response[str]:
    logger.error("unexpected error", exc_info=error)
    return problem(
        app,
        ErrorCode.INTERNAL_ERROR,
        f"Something went wrong on our side. Quote {request_id(app)} to the operator.",
    )
