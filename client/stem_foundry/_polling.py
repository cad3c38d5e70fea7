"""Waiting for a job."""

from collections.abc import Callable, Mapping

import httpx

from contract.api import Job
from contract.routes import GET_JOB
from contract.states import JobState
from stem_foundry._api import Api
from stem_foundry._errors import JobCancelled, JobFailed
from stem_foundry._problems import parse
from stem_foundry._retry import PATIENT_RETRY, Sleep, retry_after_seconds

MIN_INTERVAL_SECONDS = 0.25
MAX_INTERVAL_SECONDS = 15.0

# Asking every tenth of the time waited so far, a result is seen at most 10 % later than it was ready.
_GROWTH = 0.1


def next_interval(waited: float, hint: float | None) -> float:
    """Seconds until the next question.

    Args:
        waited: seconds waited so far.
        hint: the service's own proposal; it can shorten the interval, never lengthen it.
    """
    bound = MAX_INTERVAL_SECONDS if hint is None else min(MAX_INTERVAL_SECONDS, hint)
    return max(MIN_INTERVAL_SECONDS, min(bound, waited * _GROWTH))


def wait_for_job(
    api: Api, path: Mapping[str, str], on_update: Callable[[Job], None] | None, sleep: Sleep
) -> Job:
    """Ask until the job is completed; see `StemFoundry.wait`."""
    etag: str | None = None
    waited = 0.0
    while True:
        headers: dict[str, str] = {"If-None-Match": etag} if etag else {}
        response = api.call(GET_JOB, path=path, headers=headers, policy=PATIENT_RETRY)
        hint = retry_after_seconds(response)
        if response.status_code != httpx.codes.NOT_MODIFIED:
            job = parse(response, Job)
            etag = response.headers.get("ETag")
            # Finer than the header, which counts in whole seconds.
            hint = job.poll_after_seconds if job.poll_after_seconds is not None else hint
            if on_update is not None:
                on_update(job)
            if job.state.is_final:
                return completed(job)
        interval = next_interval(waited, hint)
        sleep(interval)
        waited += interval


def completed(job: Job) -> Job:
    """The job, if that is how it ended."""
    if job.state is JobState.FAILED:
        raise JobFailed(job)
    if job.state is JobState.CANCELLED:
        raise JobCancelled(job)
    return job
