"""Starting an instance while the song is still being uploaded.

A request for a job that does not exist makes the endpoint start an instance as any other would; the container
answers it at once. It is sent once in a cold spell and costs little when no job follows: one start, and the
minutes until an idle instance is released.
"""

from dataclasses import dataclass
from typing import Literal
from uuid import uuid4

from contract import keys, transitions
from contract.audio import OutputOptions
from contract.catalogue import DEFAULT_MODEL
from contract.inference import InferenceRequest, Source
from contract.limits import Limits
from lambdas.core.ports import Endpoint, ObjectStore, PrewarmTable
from lambdas.core.sessions import is_anonymous
from lambdas.core.waiting import WORKER_SILENCE_SECONDS

# Nothing has to be worked on; SageMaker accepts no less than 60 s in the queue.
_TIMEOUT_SECONDS = 60
_LEAST_QUEUE_SECONDS = 60
_MOST_QUEUE_SECONDS = 21_600


@dataclass(frozen=True, slots=True)
class Prewarmer:
    """Asks for an instance when none is up.

    Args:
        whose: whose uploads do that: those of anonymous sessions, or everybody's.
    """

    table: PrewarmTable
    objects: ObjectStore
    endpoint: Endpoint
    limits: Limits
    whose: Literal["sessions", "all"]

    def prewarm(self, owner: str, *, now: int) -> bool:
        """Ask once in a cold spell.

        Returns:
            Whether a request was sent.

        Raises:
            DispatchError: the endpoint did not accept it. The song then waits as without pre-warming.
        """
        if self.whose == "sessions" and not is_anonymous(owner):
            return False
        if self.table.live_workers(since=now - WORKER_SILENCE_SECONDS * 1000) > 0:
            return False
        # As long as an instance may take to start, twice: after that it has not come, or has gone again.
        quiet_seconds = min(
            _MOST_QUEUE_SECONDS, max(_LEAST_QUEUE_SECONDS, 2 * self.limits.cold_start_seconds)
        )
        if not self.table.claim(transitions.claim_prewarm(now=now, quiet_seconds=quiet_seconds)):
            return False
        location = self.objects.write_json(
            keys.job_request(keys.PREWARM_JOB_ID, 1), _request().model_dump_json()
        )
        self.endpoint.invoke(
            location,
            inference_id=keys.prewarm_inference_id(str(uuid4())),
            timeout_seconds=_TIMEOUT_SECONDS,
            queue_seconds=quiet_seconds,
        )
        return True


def _request() -> InferenceRequest:
    nothing = Source(key=keys.upload_source(keys.PREWARM_JOB_ID), etag="", size_bytes=0, filename="")
    return InferenceRequest(
        job_id=keys.PREWARM_JOB_ID,
        attempt=1,
        source=nothing,
        model=DEFAULT_MODEL,
        stems=[],
        output=OutputOptions(),
    )
