"""The worker of one process: gets ready, takes one job at a time, and stops in order."""

import logging
import shutil
import socket
import threading
import time
import uuid
from enum import Enum, auto
from pathlib import Path

import torch

from contract.catalogue import DEFAULT_MODEL, catalogue, get_model
from contract.environment import ContainerEnvironment
from contract.errors import StemFoundryError
from contract.inference import InferenceRequest, InferenceResult
from contract.metrics import Metric
from sagemaker_container import logs
from sagemaker_container.adapters.job_table import JobTable
from sagemaker_container.adapters.object_store import ObjectStore
from sagemaker_container.job import SCRATCH_PREFIX, JobProcessor, ServiceStoppingError
from sagemaker_container.metrics import Metrics
from sagemaker_container.presence import Presence, WorkerState
from sagemaker_container.separation.models.store import ModelStore
from sagemaker_container.separation.pipeline import device_name
from sagemaker_container.separation.streaming.engine import warm_up

_logger = logging.getLogger(__name__)

# Requests that wait hold a server thread each; the others must stay free for /ping.
MAX_WAITING = 3


class Readiness(Enum):
    """Whether jobs can be taken."""

    STARTING = auto()
    READY = auto()
    FAILED = auto()
    STOPPING = auto()


class GpuMissingError(Exception):
    """A GPU is required and there is none."""


class BusyError(Exception):
    """Too many requests wait already."""


def select_device(*, require_gpu: bool) -> torch.device:
    """The GPU if there is one.

    Raises:
        GpuMissingError: it is required and absent; running on the CPU would be thirty times slower.
    """
    if torch.cuda.is_available():
        return torch.device("cuda")
    if require_gpu:
        raise GpuMissingError(
            "REQUIRE_GPU is set but no CUDA device is usable: check the driver of the instance against the"
            " CUDA version of this image."
        )
    return torch.device("cpu")


def remove_leftovers(scratch_directory: Path) -> None:
    """Remove what a killed predecessor left in the folder of this worker."""
    for folder in scratch_directory.glob(SCRATCH_PREFIX + "*"):
        shutil.rmtree(folder, ignore_errors=True)


class Worker:
    """Owns the models and the one inference lock.

    Args:
        environment: the process's settings.

    Raises:
        GpuMissingError: see `select_device`.
    """

    def __init__(self, environment: ContainerEnvironment) -> None:
        self._created_at = time.monotonic()
        self._environment = environment
        self._device = select_device(require_gpu=environment.require_gpu)
        self._models = ModelStore(
            environment.model_directory,
            self._device,
            precision=environment.precision,
            memory_bytes=environment.model_memory_bytes,
        )
        table = JobTable.connect(environment.table_name)
        worker_id = f"{socket.gethostname()[:64]}-{uuid.uuid4().hex[:12]}"
        self._processor = JobProcessor(
            objects=ObjectStore.connect(environment.audio_bucket),
            table=table,
            models=self._models,
            worker_id=worker_id,
            limits=environment.limits,
            scratch_directory=environment.scratch_directory,
        )
        self._metrics = Metrics(environment.endpoint_name)
        self._presence = Presence(table, worker_id, self._state, self._metrics)
        self._readiness = Readiness.STARTING
        self._inference = threading.Lock()
        self._places = threading.BoundedSemaphore(1 + MAX_WAITING)
        self._busy_job: str | None = None

    @property
    def readiness(self) -> Readiness:
        """Whether jobs can be taken; answers at once."""
        return Readiness.STOPPING if self._processor.stopping.is_set() else self._readiness

    def start(self) -> None:
        """Load and warm up the model in the background."""
        if self._environment.scratch_directory is not None:
            remove_leftovers(self._environment.scratch_directory)
        threading.Thread(target=self._prepare, name="preparation", daemon=True).start()

    def process(self, request: InferenceRequest) -> InferenceResult:
        """Work on a job, after those before it.

        Raises:
            BusyError: too many wait already.
            ServiceStoppingError: the process stops.
            Exception: whatever else `JobProcessor.process` raises.
        """
        if not self._places.acquire(blocking=False):
            raise BusyError
        try:
            with (
                self._inference,
                logs.bound(job_id=request.job_id, attempt=request.attempt, request_id=request.request_id),
            ):
                return self._process_now(request)
        finally:
            self._places.release()

    def request_stop(self) -> None:
        """Tell the job in work to stop at its next segment. May be called from a signal handler."""
        self._processor.stopping.set()

    def close(self) -> None:
        """Remove what others see of this worker."""
        self._processor.stopping.set()
        self._presence.stop()

    def _process_now(self, request: InferenceRequest) -> InferenceResult:
        if self._processor.stopping.is_set():
            raise ServiceStoppingError
        self._busy_job = request.job_id
        self._presence.refresh()
        started = time.monotonic()
        try:
            result = self._processor.process(request)
        finally:
            self._busy_job = None
            self._presence.refresh()
        if result.status == "completed":
            seconds = round(time.monotonic() - started, 3)
            self._metrics.emit(
                {Metric.JOB_SECONDS: seconds, Metric.AUDIO_SECONDS: result.duration_seconds or 0.0}
            )
        return result

    def _prepare(self) -> None:
        try:
            model = get_model(self._environment.preload_model or DEFAULT_MODEL)
            warm_up(self._models.load(model))
        except StemFoundryError as error:
            self._readiness = Readiness.FAILED
            _logger.error("not ready: %s", error.message, extra={"code": str(error.code)})
        except Exception:
            self._readiness = Readiness.FAILED
            _logger.exception("not ready: preparing the model failed")
        else:
            self._readiness = Readiness.READY
            self._presence.start()
            seconds = round(time.monotonic() - self._created_at, 3)
            self._metrics.emit({Metric.COLD_START_SECONDS: seconds})
            _logger.info("ready", extra={"device": device_name(self._device), "model": model.name})

    def _state(self) -> WorkerState:
        installed = [model.name for model in catalogue().values() if self._models.is_installed(model)]
        return WorkerState(models=installed, device=device_name(self._device), busy_job=self._busy_job)
