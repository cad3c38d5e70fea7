"""With a distribution in front: what goes around it is refused, and viewers are told apart."""

from typing import Any

import boto3
import pytest

from contract import routes
from contract.edge import ORIGIN_VERIFY_HEADER, VIEWER_ADDRESS_HEADER
from contract.functions import FunctionName

from .conftest import LIMITS, REGION, Service, gateway_event, invoke, reset_wiring

SECRET = "the-secret-that-the-distribution-sends"


@pytest.fixture
def arn(service: Service, monkeypatch: pytest.MonkeyPatch) -> str:
    client = boto3.client("secretsmanager", region_name=REGION)
    created: str = client.create_secret(Name="origin", SecretString=SECRET)["ARN"]
    monkeypatch.setenv("ORIGIN_SECRET_ARN", created)
    reset_wiring()
    return created


def create_session(**headers: str) -> dict[str, Any]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return invoke(FunctionName.SESSION, gateway_event(routes.CREATE_SESSION, headers=named))


def authorize(secret: str | None) -> dict[str, Any]:
    headers = {"Authorization": "Bearer x"} | ({"X-Origin-Verify": secret} if secret is not None else {})
    return invoke(FunctionName.AUTHORIZE, gateway_event(routes.LIST_JOBS, headers=headers))


@pytest.mark.parametrize("sent", [None, "", "wrong", SECRET[:-1], SECRET + "x", "é"])
def test_what_goes_around_the_distribution_is_refused(arn: str, sent: str | None) -> None:
    assert authorize(sent) == {"isAuthorized": False}
    answer = create_session(**({"X_Origin_Verify": sent} if sent is not None else {}))
    assert (answer["statusCode"], answer["body"]) == (403, '{"message":"Forbidden"}')


def test_what_comes_through_it_is_served(arn: str) -> None:
    assert authorize(SECRET)["isAuthorized"] is True
    assert create_session(x_origin_verify=SECRET)["statusCode"] == 201


def test_the_previous_secret_holds_while_the_distribution_is_updated(arn: str) -> None:
    boto3.client("secretsmanager", region_name=REGION).put_secret_value(SecretId=arn, SecretString="new" * 12)
    assert authorize(SECRET)["isAuthorized"] is True
    assert authorize("new" * 12)["isAuthorized"] is True


def usage_addresses(service: Service) -> set[str]:
    partitions = {str(item["pk"]) for item in service.raw_table.scan()["Items"]}
    return {p.removeprefix("SESSIONS#") for p in partitions if p.startswith("SESSIONS#")}


def test_sessions_are_limited_by_the_viewers_address(arn: str, service: Service) -> None:
    for viewer in ("198.51.100.7", "2001:db8::1", "not an address"):
        headers = {ORIGIN_VERIFY_HEADER: SECRET, VIEWER_ADDRESS_HEADER: viewer}
        assert create_session(**headers)["statusCode"] == 201
    assert usage_addresses(service) == {"198.51.100.7", "2001:db8::1", "192.0.2.1"}


def test_without_a_distribution_nobody_chooses_an_address(service: Service) -> None:
    assert LIMITS.max_sessions_per_address_per_hour > 1
    assert create_session(**{VIEWER_ADDRESS_HEADER: "198.51.100.7"})["statusCode"] == 201
    assert usage_addresses(service) == {"192.0.2.1"}
