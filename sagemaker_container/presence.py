"""Heartbeats of a worker: how the API knows that a machine is up, also when it has nothing to do."""

import logging
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass

from botocore.exceptions import BotoCoreError, ClientError

from contract.metrics import Metric
from sagemaker_container.adapters.job_table import JobTable
from sagemaker_container.clock import now_ms
from sagemaker_container.metrics import Metrics

_logger = logging.getLogger(__name__)

HEARTBEAT_SECONDS = 15.0
_EXPIRY_SECONDS = 300


@dataclass(frozen=True, slots=True)
class WorkerState:
    """What a heartbeat tells."""

    models: list[str]
    device: str
    busy_job: str | None


class Presence:
    """Writes a heartbeat every 15 s from `start` to `stop`, and at once on `refresh`.

    Args:
        table: where heartbeats lie.
        worker_id: this worker.
        describe: gives the current state.
        metrics: where the endpoint's scaling reads that this worker lives, and whether it works.
    """

    def __init__(
        self, table: JobTable, worker_id: str, describe: Callable[[], WorkerState], metrics: Metrics
    ) -> None:
        self._table = table
        self._worker_id = worker_id
        self._describe = describe
        self._metrics = metrics
        self._wanted = threading.Event()
        self._stopped = False
        self._thread = threading.Thread(target=self._beat, name="presence", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def refresh(self) -> None:
        """Tell the metrics at once that the state has changed, and write a heartbeat soon."""
        self._emit()
        self._wanted.set()

    def stop(self) -> None:
        """End and remove the heartbeat, so that nobody waits for this worker."""
        self._stopped = True
        self._wanted.set()
        if self._thread.is_alive():
            self._thread.join()
            self._attempt(lambda: self._table.remove_worker(self._worker_id))

    def _beat(self) -> None:
        while not self._stopped:
            self._emit()
            self._attempt(self._write)
            self._wanted.wait(HEARTBEAT_SECONDS)
            self._wanted.clear()

    def _emit(self) -> None:
        busy = self._describe().busy_job is not None
        self._metrics.emit({Metric.WORKER_HEARTBEAT: 1, Metric.IN_FLIGHT: int(busy)})

    def _write(self) -> None:
        now = now_ms()
        state = {name: value for name, value in asdict(self._describe()).items() if value is not None}
        self._table.put_worker(
            self._worker_id, state | {"heartbeat_at": now, "expires_at": now // 1000 + _EXPIRY_SECONDS}
        )

    def _attempt(self, action: Callable[[], None]) -> None:
        # A lost heartbeat costs a wrong estimate for the user, never a job.
        try:
            action()
        except (BotoCoreError, ClientError):
            _logger.warning("the heartbeat could not be written", exc_info=True)
