"""Gateway authorizer: bearer token → owner.

It lets every request with a header through and says who calls, or why nobody: HTTP APIs cannot shape the
answer of a refusing authorizer, and a caller with an expired session deserves a problem document that says
so. `lambdas.handlers.http` refuses whoever has no owner before any route runs. Only who goes around the
distribution is refused right here.
"""

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from contract.errors import StemFoundryError
from lambdas import wiring
from lambdas.core.origin import came_through_distribution
from lambdas.core.sessions import bearer_token, owner_of

logger = Logger()


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:  # noqa: ARG001
    """Resolve the caller (HTTP API authorizer, payload 2.0, simple response)."""
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    secrets = wiring.origin_secrets()
    if secrets is not None and not came_through_distribution(headers, secrets):
        logger.warning("refused: the request went around the distribution")
        return {"isAuthorized": False}
    try:
        token = bearer_token(headers.get("authorization"))
        owner = owner_of(token, wiring.signing_keys(), now=wiring.now())
    except StemFoundryError as error:
        return _answer(owner="", denial=str(error.code), detail=error.message)
    return _answer(owner=owner, denial="", detail="")


def _answer(**caller: str) -> dict[str, Any]:
    return {"isAuthorized": True, "context": caller}
