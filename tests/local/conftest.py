"""One local service for all end-to-end tests, on ports and state of its own."""

from collections.abc import Iterator

import httpx
import pytest

from contract.limits import Limits
from local.service import LocalService
from tests.local.kit_model import register_kit_model
from tests.local.ports import settings_on_free_ports

# Short leases and no grace, so that a test that loses a worker or a message need not wait for real time.
TEST_LIMITS = Limits(
    lease_seconds=4,
    dispatch_grace_seconds=0,
    max_active_jobs_per_owner=5,
    max_sessions_per_address_per_hour=10_000,
)


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalService]:
    """The running service; tests share it, and each takes a session (an owner) of its own."""
    model_directory = tmp_path_factory.mktemp("models")
    settings = settings_on_free_ports(
        tmp_path_factory.mktemp("service"),
        limits=TEST_LIMITS,
        model_directory=model_directory,
        model_catalogue=register_kit_model(model_directory),
    )
    with LocalService(settings) as running:
        yield running


@pytest.fixture
def api(service: LocalService) -> Iterator[httpx.Client]:
    """An HTTP client with a fresh session: an owner without jobs."""
    with httpx.Client(base_url=service.api_url, timeout=60, trust_env=False) as client:
        session = client.post("/v1/sessions")
        assert session.status_code == 201, session.text
        client.headers["Authorization"] = f"Bearer {session.json()['token']}"
        yield client
