"""The session token: made when first needed, renewed in time, kept for the same owner."""

import threading
from datetime import UTC, datetime

from contract.api import Session
from contract.routes import CREATE_SESSION
from stem_foundry._errors import ApiError, ServiceUnreachable
from stem_foundry._http import Http
from stem_foundry._problems import api_error, parse
from stem_foundry._retry import DEFAULT_RETRY, RetryPolicy
from stem_foundry._state import SessionNote, State, read_note

_KIND = "sessions"
_REFUSED = frozenset({401, 403})
_ONE_TRY = RetryPolicy(attempts=1)


class Sessions:
    """Gives the token to send. A token given by the caller is sent as it is and never replaced."""

    def __init__(self, http: Http, api_url: str, state: State, given_token: str | None) -> None:
        self._http = http
        self._api_url = api_url
        self._state = state
        self._given_token = given_token
        self._note: SessionNote | None = None
        self._lock = threading.Lock()

    def token(self) -> str:
        """A token that should be valid now.

        Raises:
            ApiError: when the service issues none.
            ServiceUnreachable: when it cannot be asked.
        """
        if self._given_token:
            return self._given_token
        with self._lock:
            note = self._note or read_note(self._state, _KIND, self._api_url, SessionNote)
            if note is None:
                return self._open(None)
            self._note, now = note, datetime.now(UTC)
            if now < note.renew_at:
                return note.token
            return self._renew_early(note) if now < note.expires_at else self._reopen(note)

    def replace(self, refused: str) -> bool:
        """Get another token after the service refused one; False when there is no other to be had."""
        if self._given_token:
            return False
        with self._lock:
            # Another thread may have been faster.
            if self._note is not None and self._note.token == refused:
                self._reopen(self._note)
            return True

    def _renew_early(self, note: SessionNote) -> str:
        """Renew a token that still works, so a service that is too busy to do it is no obstacle."""
        try:
            return self._open(note.token, _ONE_TRY)
        except (ApiError, ServiceUnreachable):
            return note.token

    def _reopen(self, note: SessionNote) -> str:
        """Renew with the old token, which keeps the owner; a new owner only when that is refused."""
        try:
            return self._open(note.token)
        except ApiError as error:
            if error.status not in _REFUSED:
                raise
            return self._open(None)

    def _open(self, old_token: str | None, policy: RetryPolicy = DEFAULT_RETRY) -> str:
        headers = {"Authorization": f"Bearer {old_token}"} if old_token else {}
        asked_at = datetime.now(UTC)
        response = self._http.send(
            CREATE_SESSION.method, self._api_url + CREATE_SESSION.path, headers=headers, policy=policy
        )
        if not response.is_success:
            raise api_error(response)
        session = parse(response, Session)
        self._note = SessionNote(
            token=session.token,
            renew_at=asked_at + (session.expires_at - asked_at) / 2,
            expires_at=session.expires_at,
        )
        self._state.write(_KIND, self._api_url, self._note.model_dump_json())
        return session.token
