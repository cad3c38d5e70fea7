"""Models, health, the OpenAPI document and its readable page."""

from pathlib import Path
from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.utilities.typing import LambdaContext

from contract import api, catalogue, routes
from lambdas.handlers.docs_page import render
from lambdas.handlers.http import http_api, serve

app = http_api(public=True)

# Committed as docs/openapi.json; the deployed code carries it at its root.
_CANDIDATES = ("openapi.json", "docs/openapi.json")


def _openapi_document() -> str:
    root = Path(__file__).parents[2]
    for candidate in _CANDIDATES:
        if (root / candidate).is_file():
            return (root / candidate).read_text(encoding="utf-8")
    raise FileNotFoundError("openapi.json was not packaged with the functions")


@serve(app, routes.LIST_MODELS)
def list_models() -> api.ModelList:
    """The catalogue."""
    return catalogue.describe()


@serve(app, routes.GET_HEALTH)
def get_health() -> api.Health:
    """The API answers."""
    return api.Health(status="ok", version=routes.SERVICE_VERSION)


@serve(app, routes.GET_OPENAPI)
def get_openapi() -> Response[str]:
    """The OpenAPI document."""
    return Response(status_code=200, content_type="application/json", body=_openapi_document())


@serve(app, routes.GET_DOCS)
def get_docs() -> Response[str]:
    """The API, readable."""
    return Response(
        status_code=200,
        content_type="text/html; charset=utf-8",
        body=render(_openapi_document()),
        headers={
            "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'",
            "X-Content-Type-Options": "nosniff",
        },
    )


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Entry point."""
    return app.resolve(event, context)
