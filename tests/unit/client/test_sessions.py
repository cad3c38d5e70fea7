"""Sessions: opened when needed, renewed in time, always for the same owner."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from contract.errors import ErrorCode
from stem_foundry import ApiError, BadInput, StemFoundry
from stem_foundry._state import DirectoryState, SessionNote
from tests.unit.client.fake_service import BASE_URL, FakeService, problem


def owners(service: FakeService) -> set[str]:
    return set(service.tokens.values())


def test_public_calls_need_no_session(client: StemFoundry, service: FakeService) -> None:
    assert client.health().status == "ok"
    assert [model.name for model in client.models() if model.default] == ["foundry_4s"]
    assert service.calls("sessions") == []


def test_one_session_serves_many_calls(client: StemFoundry, service: FakeService) -> None:
    list(client.jobs())
    list(client.jobs())
    assert len(service.calls("sessions")) == 1


def test_a_session_is_renewed_at_half_its_life(service: FakeService, tmp_path: Path) -> None:
    with StemFoundry(BASE_URL, transport=service.transport, state_directory=tmp_path) as client:
        list(client.jobs())
    (file,) = (tmp_path / "sessions").iterdir()
    note = SessionNote.model_validate_json(file.read_text())
    now = datetime.now(UTC)
    assert abs((note.renew_at - now) - timedelta(hours=12)) < timedelta(minutes=1)

    DirectoryState(tmp_path).write(
        "sessions", BASE_URL, note.model_copy(update={"renew_at": now}).model_dump_json()
    )
    with StemFoundry(BASE_URL, transport=service.transport, state_directory=tmp_path) as client:
        list(client.jobs())
    assert len(service.tokens) == 2
    assert len(owners(service)) == 1


def test_a_renewal_that_fails_is_no_obstacle_while_the_token_works(
    client: StemFoundry, service: FakeService
) -> None:
    service.session_life = timedelta(0)
    list(client.jobs())
    note = client._api._sessions._note
    assert note is not None
    note.expires_at = datetime.now(UTC) + timedelta(hours=1)
    service.fail("sessions", httpx.Response(503))
    list(client.jobs())
    assert len(service.tokens) == 1


def test_an_expired_token_is_replaced_and_the_call_repeated(
    client: StemFoundry, service: FakeService
) -> None:
    list(client.jobs())
    service.expired_tokens.update(service.tokens)
    assert list(client.jobs()) == []
    assert len(service.tokens) == 2


def test_a_refused_token_keeps_its_owner_when_the_service_can_tell(
    client: StemFoundry, service: FakeService
) -> None:
    list(client.jobs())
    service.fail("GET", problem(ErrorCode.TOKEN_EXPIRED, "The session has expired."))
    list(client.jobs())
    assert len(service.tokens) == 2
    assert len(owners(service)) == 1


def test_a_bare_refusal_by_the_gateway_counts_as_well(client: StemFoundry, service: FakeService) -> None:
    service.fail("GET", httpx.Response(403, json={"message": "Forbidden"}))
    list(client.jobs())
    assert len(service.calls("sessions")) == 2


def test_a_service_that_refuses_new_tokens_too_is_reported(client: StemFoundry, service: FakeService) -> None:
    service.fail("GET", *[problem(ErrorCode.TOKEN_INVALID, "Not valid.")] * 2)
    with pytest.raises(ApiError) as caught:
        list(client.jobs())
    assert (caught.value.code, caught.value.status) == ("token_invalid", 401)


def test_a_given_token_is_used_as_it_is(service: FakeService) -> None:
    service.tokens["mine"] = "me"
    with StemFoundry(BASE_URL, "mine", transport=service.transport) as client:
        assert list(client.jobs()) == []
        service.expired_tokens.add("mine")
        with pytest.raises(ApiError) as caught:
            list(client.jobs())
    assert caught.value.code == "token_expired"
    assert service.calls("sessions") == []


def test_damaged_notes_count_as_absent(service: FakeService, tmp_path: Path) -> None:
    DirectoryState(tmp_path).write("sessions", BASE_URL, '{"token": 1')
    with StemFoundry(BASE_URL, transport=service.transport, state_directory=tmp_path) as client:
        assert list(client.jobs()) == []


def test_services_have_a_session_each(service: FakeService, tmp_path: Path) -> None:
    for url in (BASE_URL, "http://other.test/"):
        with StemFoundry(url, transport=service.transport, state_directory=tmp_path) as client:
            list(client.jobs())
    assert len(list((tmp_path / "sessions").iterdir())) == 2


def test_a_state_folder_that_cannot_be_used_says_so(service: FakeService, song: Path) -> None:
    with (
        StemFoundry(BASE_URL, transport=service.transport, state_directory=song / "state") as client,
        pytest.raises(BadInput) as caught,
    ):
        list(client.jobs())
    assert caught.value.code == "state_unusable"


@pytest.mark.parametrize(
    "url", ["ftp://x", "service.test", "http://", "http://u:p@x", "http://x/?q=1", "http://x:port"]
)
def test_urls_that_are_no_service_are_refused(url: str) -> None:
    with pytest.raises(BadInput) as caught:
        StemFoundry(url)
    assert caught.value.code == "invalid_url"


def test_a_path_in_the_url_is_kept() -> None:
    with StemFoundry("https://example.com/stems/") as client:
        assert client.api_url == "https://example.com/stems"
