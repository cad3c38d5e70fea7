"""A readable page of the OpenAPI document: static HTML, no scripts, no third parties."""

import json
from html import escape
from typing import Any

_STYLE = """
:root{color-scheme:light dark;--line:#8884;--soft:#8881}
body{font:16px/1.55 system-ui,sans-serif;max-width:60rem;margin:0 auto;padding:2rem 1rem}
h1{margin-bottom:0}h2{margin-top:2.5rem;border-bottom:1px solid var(--line)}
article{margin:1.5rem 0;padding:1rem;border:1px solid var(--line);border-radius:.6rem}
article h3{margin:0;font:600 1rem ui-monospace,monospace;overflow-wrap:anywhere}
table{border-collapse:collapse;width:100%;font-size:.9rem}
td,th{text-align:left;vertical-align:top;padding:.3rem .6rem;border-bottom:1px solid var(--line)}
code{background:var(--soft);padding:.1rem .3rem;border-radius:.3rem}
"""


def render(document: str) -> str:
    """Render an OpenAPI 3.1 JSON document as HTML."""
    api = json.loads(document)
    info = api["info"]
    operations = "".join(
        _operation(path, method, operation)
        for path, methods in api["paths"].items()
        for method, operation in methods.items()
    )
    schemas = "".join(
        _schema(name, schema) for name, schema in sorted(api.get("components", {}).get("schemas", {}).items())
    )
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(info["title"])}</title>'
        f'<meta name="viewport" content="width=device-width,initial-scale=1"><style>{_STYLE}</style></head>'
        f"<body><main><h1>{escape(info['title'])}</h1><p>Version {escape(info['version'])} · "
        f'<a href="openapi.json">openapi.json</a></p><p>{escape(info.get("description", ""))}</p>'
        f"<h2>Operations</h2>{operations}<h2>Schemas</h2>{schemas}</main></body></html>"
    )


def _operation(path: str, method: str, operation: dict[str, Any]) -> str:
    body = operation.get("requestBody", {}).get("content", {})
    takes = ", ".join(_type_of(content.get("schema", {})) for content in body.values())
    answers = "".join(
        f"<tr><td>{escape(status)}</td><td>{_answer_type(answer)}</td>"
        f"<td>{_inline(answer.get('description', ''))}</td></tr>"
        for status, answer in sorted(operation.get("responses", {}).items())
    )
    session = "needs a session" if operation.get("security") else "public"
    return (
        f'<article id="{escape(operation.get("operationId", ""))}">'
        f"<h3>{escape(method.upper())} {escape(path)}</h3>"
        f"<p>{escape(operation.get('summary', ''))} <small>({session})</small></p>"
        + (f"<p>Body: {takes}</p>" if takes else "")
        + f"<table><thead><tr><th>Status</th><th>Body</th><th>Meaning</th></tr></thead>"
        f"<tbody>{answers}</tbody></table></article>"
    )


def _answer_type(answer: dict[str, Any]) -> str:
    return ", ".join(_type_of(content.get("schema", {})) for content in answer.get("content", {}).values())


def _schema(name: str, schema: dict[str, Any]) -> str:
    required = set(schema.get("required", []))
    rows = "".join(
        f"<tr><td><code>{escape(field)}</code>{'' if field in required else '?'}</td>"
        f"<td>{_type_of(definition)}</td><td>{_inline(definition.get('description', ''))}</td></tr>"
        for field, definition in schema.get("properties", {}).items()
    )
    values = ", ".join(f"<code>{escape(str(value))}</code>" for value in schema.get("enum", []))
    return (
        f'<article id="schema-{escape(name)}"><h3>{escape(name)}</h3>'
        f"<p>{_inline(schema.get('description', ''))}</p>"
        + (f"<p>{values}</p>" if values else "")
        + (f"<table><tbody>{rows}</tbody></table>" if rows else "")
        + "</article>"
    )


def _type_of(schema: dict[str, Any]) -> str:
    if reference := schema.get("$ref"):
        name = escape(str(reference).rsplit("/", 1)[-1])
        return f'<a href="#schema-{name}">{name}</a>'
    for combination in ("anyOf", "oneOf", "allOf"):
        if options := schema.get(combination):
            return " or ".join(_type_of(option) for option in options)
    if schema.get("type") == "array":
        return f"list of {_type_of(schema.get('items', {}))}"
    return escape(str(schema.get("format") or schema.get("type") or "any"))


def _inline(text: str) -> str:
    parts = escape(text).split("`")
    return "".join(f"<code>{part}</code>" if index % 2 else part for index, part in enumerate(parts))
