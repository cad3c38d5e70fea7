"""One HTTP client for the API and for storage, with retries."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import TracebackType
from typing import Self

import httpx

from stem_foundry._errors import ServiceUnreachable
from stem_foundry._retry import DEFAULT_RETRY, RetryPolicy, Sleep, call_with_retries

# A body that can be sent again: called once per try.
BodyFactory = Callable[[], Iterator[bytes]]


class Http:
    """Sends requests; carries no credentials of its own, so none can leak to storage hosts."""

    def __init__(
        self,
        *,
        timeout: float | httpx.Timeout = 30.0,
        transport: httpx.BaseTransport | None = None,
        sleep: Sleep = time.sleep,
    ) -> None:
        self._client = httpx.Client(timeout=timeout, transport=transport, follow_redirects=False)
        self.sleep = sleep

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections."""
        self._client.close()

    def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        content: bytes | BodyFactory | None = None,
        policy: RetryPolicy = DEFAULT_RETRY,
    ) -> httpx.Response:
        """Send a request until it is answered for good.

        Returns:
            The last answer, read, of whatever status.

        Raises:
            ServiceUnreachable: when no try was answered.
        """

        def once() -> httpx.Response:
            body = content() if callable(content) else content
            return self._client.request(method, url, headers=headers, params=params, content=body)

        try:
            return call_with_retries(once, policy=policy, sleep=self.sleep)
        except httpx.TransportError as error:
            raise unreachable(url, error) from error

    @contextmanager
    def stream(self, url: str, headers: Mapping[str, str]) -> Iterator[httpx.Response]:
        """GET once and leave the body to be read.

        Raises:
            httpx.TransportError: when the connection fails, also in the middle of the body.
        """
        with self._client.stream("GET", url, headers=headers) as response:
            yield response


def unreachable(url: str, error: httpx.TransportError) -> ServiceUnreachable:
    """The error for a host that cannot be talked to; names the host only, links carry signatures."""
    parts = httpx.URL(url)
    origin = f"{parts.scheme}://{parts.netloc.decode('ascii')}"
    reason = str(error) or type(error).__name__
    return ServiceUnreachable(f"Cannot reach {origin}: {reason}")
