"""POST /v1/sessions."""

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from contract import api, routes
from contract.errors import StemFoundryError
from lambdas import wiring
from lambdas.core.origin import came_through_distribution, viewer_address
from lambdas.core.sessions import bearer_token, issue_session, owner_of
from lambdas.handlers.http import http_api, serve

app = http_api(public=True)
logger = Logger()

# Word for word what the gateway answers when an authorizer refuses.
_FORBIDDEN = {
    "statusCode": 403,
    "headers": {"Content-Type": "application/json"},
    "body": '{"message":"Forbidden"}',
    "isBase64Encoded": False,
}


@serve(app, routes.CREATE_SESSION)
def create_session() -> api.Session:
    """Issue a session; a valid token in the request keeps its owner."""
    return issue_session(
        _present_owner(),
        address=_address(),
        table=wiring.table(),
        signing_keys=wiring.signing_keys(),
        limits=wiring.environment().limits,
        now=wiring.now(),
    )


def _address() -> str:
    event = app.current_event
    source: str = event.request_context.http.source_ip
    # Behind the distribution the gateway sees only the distribution's own addresses.
    behind_distribution = wiring.origin_secrets() is not None
    return viewer_address(event.headers, otherwise=source) if behind_distribution else source


def _present_owner() -> str | None:
    authorization = app.current_event.headers.get("authorization")
    try:
        return owner_of(bearer_token(authorization), wiring.signing_keys(), now=wiring.now())
    except StemFoundryError:
        # No valid session to renew: a new owner it is.
        return None


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Entry point; the route is public, so what goes around the distribution is refused here."""
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    secrets = wiring.origin_secrets()
    if secrets is not None and not came_through_distribution(headers, secrets):
        logger.warning("refused: the request went around the distribution")
        return dict(_FORBIDDEN)
    return app.resolve(event, context)
