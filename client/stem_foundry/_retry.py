"""When to ask again, and how long to wait before that."""

import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx

Sleep = Callable[[float], None]

RETRYABLE_STATUSES = frozenset({429, 500, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Exponential back-off with full jitter.

    Attributes:
        attempts: tries in all, the first one included.
        first_delay: upper bound of the first wait, seconds; it doubles from there.
        max_delay: upper bound of any wait chosen here, seconds.
        max_retry_after: a longer ``Retry-After`` is not waited for but reported, seconds.
    """

    attempts: int = 5
    first_delay: float = 0.25
    max_delay: float = 8.0
    max_retry_after: float = 60.0

    def delays(self) -> Iterator[float]:
        """One wait before each repetition, seconds."""
        for repetition in range(self.attempts - 1):
            bound = min(self.max_delay, self.first_delay * 2**repetition)
            # Half fixed, half random: callers that failed together do not come back together.
            yield bound / 2 + random.uniform(0, bound / 2)  # noqa: S311


DEFAULT_RETRY = RetryPolicy()

# While waiting for a job an outage of a minute or two is no reason to give up a finished separation.
PATIENT_RETRY = RetryPolicy(attempts=14, max_delay=15.0)


def retry_after_seconds(response: httpx.Response) -> float | None:
    """``Retry-After`` of a response (seconds or HTTP date) as seconds from now, or None."""
    value = response.headers.get("Retry-After", "").strip()
    if not value:
        return None
    if value.isascii() and value.isdigit():
        return float(value)
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())


def call_with_retries(
    send: Callable[[], httpx.Response],
    *,
    policy: RetryPolicy = DEFAULT_RETRY,
    sleep: Sleep = time.sleep,
) -> httpx.Response:
    """Send until an answer comes that repeating would not change.

    Returns:
        The last answer, which may still be an error.

    Raises:
        httpx.TransportError: when the last try got no answer.
    """
    for delay in policy.delays():
        wait = delay
        try:
            response = send()
        except httpx.TransportError:
            sleep(wait)
            continue
        if response.status_code not in RETRYABLE_STATUSES:
            return response
        asked = retry_after_seconds(response)
        if asked is not None:
            if asked > policy.max_retry_after:
                return response
            wait += asked
        response.close()
        sleep(wait)
    return send()
