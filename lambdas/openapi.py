"""Generates docs/openapi.json from the contract and the handlers.

``python -m lambdas.openapi`` writes it, ``--check`` fails when the committed file has drifted.
"""

import json
import re
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from aws_lambda_powertools.event_handler.openapi.models import HTTPBearer
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from contract.functions import FunctionName
from contract.page import PageConfiguration
from contract.preview import PreviewIndex
from contract.report import Report
from contract.routes import ROUTES, SERVICE_VERSION

# No operation answers with these; they are files that its links, or the web page's host, lead to.
_DOCUMENTS: tuple[type[BaseModel], ...] = (Report, PreviewIndex, PageConfiguration)
_REFERENCE = "#/components/schemas/{model}"
TARGET = Path(__file__).parents[1] / "docs" / "openapi.json"
# Powertools describes its own validation answers; ours are problem documents instead.
_POWERTOOLS_VALIDATION = "HTTPValidationError"
_DESCRIPTION = (
    "Turns a song into its stems. Start a session, announce the file, send it straight to S3 by the links "
    "you receive, start a job, poll it, download the stems. Errors are RFC 9457 problem documents with a "
    "stable code."
)


def generate() -> dict[str, Any]:
    """The OpenAPI 3.1 document of all functions together, routes in the contract's order."""
    paths: dict[str, Any] = {}
    schemas: dict[str, Any] = {}
    merged: dict[str, Any] = {}
    for function in dict.fromkeys(route.function for route in ROUTES):
        merged = _document(function)
        for path, operations in merged["paths"].items():
            paths.setdefault(path, {}).update(operations)
        schemas |= merged.get("components", {}).get("schemas", {})
    documents = _document_schemas()
    schemas = documents | schemas
    own = {name: schema for name, schema in schemas.items() if "ValidationError" not in name}
    referenced = set(re.findall(r"#/components/schemas/(\w+)", json.dumps([paths, own]))) | documents.keys()
    ordered = {path: paths[path] for path in dict.fromkeys(route.path for route in ROUTES)}
    return {
        "openapi": merged["openapi"],
        "info": {"title": "Stem Foundry", "version": SERVICE_VERSION, "description": _DESCRIPTION},
        "paths": ordered,
        "components": {
            "schemas": {name: schemas[name] for name in sorted(referenced & schemas.keys())},
            "securitySchemes": merged["components"]["securitySchemes"],
        },
    }


def _document_schemas() -> dict[str, Any]:
    _, schemas = models_json_schema(
        [(model, "serialization") for model in _DOCUMENTS], by_alias=True, ref_template=_REFERENCE
    )
    definitions: dict[str, Any] = schemas["$defs"]
    return definitions


def _document(function: FunctionName) -> dict[str, Any]:
    app = import_module(f"lambdas.handlers.{function}").app
    document: dict[str, Any] = json.loads(
        app.get_openapi_json_schema(
            openapi_version="3.1.0",
            security_schemes={"session": HTTPBearer(description="Token of POST /v1/sessions")},
        )
    )
    for operations in document["paths"].values():
        for operation in operations.values():
            validation = operation["responses"].get("422", {})
            if _POWERTOOLS_VALIDATION in json.dumps(validation):
                del operation["responses"]["422"]
    return document


def main() -> int:
    """Write the document, or check it."""
    text = json.dumps(generate(), indent=2, ensure_ascii=False) + "\n"
    if "--check" not in sys.argv[1:]:
        TARGET.write_text(text, encoding="utf-8")
        return 0
    if TARGET.is_file() and TARGET.read_text(encoding="utf-8") == text:
        return 0
    print("docs/openapi.json does not match the code; run: make openapi", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
