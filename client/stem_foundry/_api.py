"""Calling the routes of the contract."""

from collections.abc import Mapping
from typing import TypeVar

import httpx
from pydantic import BaseModel

from contract.routes import Route
from stem_foundry._errors import BadInput, ClientErrorCode
from stem_foundry._http import Http
from stem_foundry._problems import api_error, has_problem, parse
from stem_foundry._retry import DEFAULT_RETRY, RetryPolicy
from stem_foundry._sessions import Sessions

Model = TypeVar("Model", bound=BaseModel)


class Api:
    """One service, as one caller."""

    def __init__(self, http: Http, api_url: str, sessions: Sessions) -> None:
        self._http = http
        self._api_url = api_url
        self._sessions = sessions

    def fetch(
        self,
        route: Route,
        model: type[Model],
        *,
        path: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
        body: BaseModel | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Model:
        """Call a route and read its answer.

        Raises:
            ApiError: when the service refuses or fails.
            ServiceUnreachable: when it does not answer.
        """
        response = self.call(route, path=path, query=query, body=body, headers=headers)
        return parse(response, model)

    def call(
        self,
        route: Route,
        *,
        path: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
        body: BaseModel | None = None,
        headers: Mapping[str, str] | None = None,
        policy: RetryPolicy = DEFAULT_RETRY,
    ) -> httpx.Response:
        """Call a route; the answer is a success or 304.

        Every route may be repeated: creating a job carries an Idempotency-Key, a repeated announcement
        of an upload leaves one behind that expires unused.
        """
        url = self._api_url + route.url(**(path or {}))
        content = body.model_dump_json(exclude_none=True).encode() if body is not None else None
        sent = dict(headers or {})
        if content is not None:
            sent["Content-Type"] = "application/json"

        def send() -> httpx.Response:
            return self._http.send(
                route.method, url, headers=sent, params=query, content=content, policy=policy
            )

        if route.public:
            response = send()
        else:
            token = self._sessions.token()
            sent["Authorization"] = f"Bearer {token}"
            response = send()
            if _is_session_refusal(response) and self._sessions.replace(token):
                sent["Authorization"] = f"Bearer {self._sessions.token()}"
                response = send()
        if response.is_success or response.status_code == httpx.codes.NOT_MODIFIED:
            return response
        raise api_error(response)


def _is_session_refusal(response: httpx.Response) -> bool:
    """401 from service or gateway, or the gateway's bare 403 when its authorizer says no."""
    if response.status_code == httpx.codes.UNAUTHORIZED:
        return True
    return response.status_code == httpx.codes.FORBIDDEN and not has_problem(response)


def normalise_api_url(value: str) -> str:
    """The service's base URL without a trailing slash.

    Raises:
        BadInput: ``invalid_url`` when it is not a plain http or https URL.
    """
    try:
        url = httpx.URL(value.strip())
    except httpx.InvalidURL as error:
        raise BadInput(ClientErrorCode.INVALID_URL, f"{value!r} is not a URL: {error}") from error
    if url.scheme not in {"http", "https"} or not url.host or url.query or url.fragment or url.userinfo:
        raise BadInput(
            ClientErrorCode.INVALID_URL,
            f"{value!r} is not the address of a service. Give it like http://127.0.0.1:8000",
        )
    return str(url).rstrip("/")
