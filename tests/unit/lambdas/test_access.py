"""Sessions, the authorizer, owner isolation of every route, and the public pages."""

import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

import jwt
import pytest

from contract import routes
from contract.api import ModelList, Session
from contract.functions import FunctionName
from lambdas import openapi, wiring
from lambdas.core.sessions import AUDIENCE

from .conftest import LIMITS, REGION, Service, gateway_event, invoke, reset_wiring

KEY = "a-signing-key-of-at-least-32-characters"


def authorize(token: str | None) -> dict[str, Any]:
    headers = {"authorization": f"Bearer {token}"} if token is not None else {}
    event = gateway_event(routes.LIST_JOBS, headers=headers)
    answer = invoke(FunctionName.AUTHORIZE, {**event, "type": "REQUEST"})
    assert answer["isAuthorized"] is True
    context: dict[str, Any] = answer["context"]
    return context


def new_session(service: Service, token: str | None = None) -> Session:
    headers = {"authorization": f"Bearer {token}"} if token else None
    status, body, _ = service.call(routes.CREATE_SESSION, owner=None, headers=headers)
    assert status == 201
    return Session.model_validate(body)


def test_a_session_resolves_to_its_owner(service: Service) -> None:
    first, second = new_session(service), new_session(service)
    owner = authorize(first.token)["owner"]
    assert owner.startswith("anonymous-")
    assert authorize(second.token)["owner"] != owner


def test_renewing_keeps_the_owner(service: Service) -> None:
    first = new_session(service)
    renewed = new_session(service, first.token)
    assert authorize(renewed.token)["owner"] == authorize(first.token)["owner"]


def test_an_expired_token_is_told_so_everywhere(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    session = new_session(service)
    later = wiring.now() + timedelta(hours=LIMITS.session_hours, seconds=1)
    monkeypatch.setattr(wiring, "now", lambda: later)
    denial = authorize(session.token)
    assert (denial["owner"], denial["denial"]) == ("", "token_expired")
    status, problem, _ = service.call(routes.LIST_JOBS, owner=None, denial=denial)
    assert (status, problem["code"]) == (401, "token_expired")
    assert authorize(new_session(service, session.token).token)["owner"], "a new owner, not the expired one"


@pytest.mark.parametrize(
    "token",
    [
        "",
        "nonsense",
        jwt.encode({"sub": "admin", "aud": AUDIENCE, "exp": 4_000_000_000}, "x" * 32, "HS256"),
        jwt.encode({"sub": "admin", "aud": AUDIENCE, "exp": 4_000_000_000}, None, "none"),
        jwt.encode({"sub": "admin", "aud": "other", "exp": 4_000_000_000}, KEY, "HS256"),
        jwt.encode({"sub": "admin", "aud": AUDIENCE}, KEY, "HS256"),
    ],
)
def test_forged_tokens_have_no_owner(service: Service, token: str) -> None:
    assert authorize(token)["owner"] == ""
    assert authorize(token)["denial"] == "token_invalid"


def test_a_missing_header_is_unauthorized(service: Service) -> None:
    assert authorize(None)["denial"] == "unauthorized"


def test_rotation_keeps_running_sessions(service: Service) -> None:
    import boto3

    session = new_session(service)
    boto3.client("secretsmanager", region_name=REGION).put_secret_value(
        SecretId="signing", SecretString="another-signing-key-of-32-characters!"
    )
    reset_wiring()
    assert authorize(session.token)["owner"]
    assert jwt.get_unverified_header(new_session(service).token)["alg"] == "HS256"


def test_sessions_per_address_are_limited(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(LIMITS.max_sessions_per_address_per_hour):
        new_session(service)
    status, problem, headers = service.call(routes.CREATE_SESSION, owner=None)
    assert (status, problem["code"]) == (429, "too_many_sessions")
    assert 0 < int(headers["retry-after"]) <= 3601


@pytest.mark.parametrize(
    "route", [route for route in routes.ROUTES if not route.public], ids=lambda r: r.name
)
def test_every_protected_route_refuses_a_caller_without_owner(service: Service, route: routes.Route) -> None:
    path = {name: str(uuid4()) for name in ("upload_id", "job_id") if f"{{{name}}}" in route.path}
    status, problem, headers = service.call(route, {}, owner=None, **path)
    assert (status, problem["code"]) == (401, "unauthorized")
    assert headers["content-type"] == "application/problem+json"


def test_unexpected_errors_are_problems_without_details(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    def explode() -> None:
        raise RuntimeError("table arn:secret")

    monkeypatch.setattr(wiring, "table", explode)
    status, problem, _ = service.call(routes.LIST_JOBS)
    assert (status, problem["code"]) == (500, "internal_error")
    assert "arn:secret" not in json.dumps(problem)
    assert problem["instance"] == "request-1"


def test_unknown_paths_are_problems(service: Service) -> None:
    event = gateway_event(routes.LIST_JOBS)
    event["rawPath"] = event["requestContext"]["http"]["path"] = "/v1/nothing"
    event["requestContext"]["authorizer"] = {"lambda": {"owner": "o"}}
    answer = invoke(FunctionName.STATUS, event)
    assert (answer["statusCode"], json.loads(answer["body"])["code"]) == (404, "route_not_found")


def test_models_health_and_docs(service: Service) -> None:
    status, body, _ = service.call(routes.LIST_MODELS, owner=None)
    models = ModelList.model_validate(body).models
    assert status == 200
    assert [model.name for model in models if model.default] == ["foundry_4s"]
    assert all(model.licence and model.commercial_use for model in models)
    status, body, _ = service.call(routes.GET_HEALTH, owner=None)
    assert (status, body) == (200, {"status": "ok", "version": routes.SERVICE_VERSION})
    status, document, _ = service.call(routes.GET_OPENAPI, owner=None)
    assert (status, document["openapi"]) == (200, "3.1.0")
    status, page, headers = service.call(routes.GET_DOCS, owner=None)
    assert status == 200
    assert headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in headers["content-security-policy"]
    for route in routes.ROUTES:
        assert route.path in page
    assert "<script" not in page


def test_the_committed_openapi_document_is_current() -> None:
    committed = json.loads(openapi.TARGET.read_text(encoding="utf-8"))
    assert committed == openapi.generate()


def test_the_openapi_document_describes_exactly_the_routes() -> None:
    document = openapi.generate()
    described = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}
    assert described == {(route.method, route.path) for route in routes.ROUTES}
