"""POST /v1/sessions."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from contract import api, routes
from contract.errors import StemFoundryError
from lambdas import wiring
from lambdas.core.sessions import bearer_token, issue_session, owner_of
from lambdas.handlers.http import http_api, serve

app = http_api(public=True)


@serve(app, routes.CREATE_SESSION)
def create_session() -> api.Session:
    """Issue a session; a valid token in the request keeps its owner."""
    return issue_session(
        _present_owner(),
        address=app.current_event.request_context.http.source_ip,
        table=wiring.table(),
        signing_keys=wiring.signing_keys(),
        limits=wiring.environment().limits,
        now=wiring.now(),
    )


def _present_owner() -> str | None:
    authorization = app.current_event.headers.get("authorization")
    try:
        return owner_of(bearer_token(authorization), wiring.signing_keys(), now=wiring.now())
    except StemFoundryError:
        # No valid session to renew: a new owner it is.
        return None


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Entry point."""
    return app.resolve(event, context)
