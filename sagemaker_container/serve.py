"""Entry point of the container: ``python -m sagemaker_container.serve [serve]``.

One worker process, because there is one GPU; threads, so that ``/ping`` is answered while it works.
"""

import logging
import os
import signal
import sys
from types import FrameType
from typing import Any

from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.glogging import Logger as GunicornLogger

from contract.environment import ContainerEnvironment
from sagemaker_container import logs

_logger = logging.getLogger(__name__)

THREADS = 8
# SageMaker kills 30 s after it has asked to stop.
GRACEFUL_SECONDS = 25
DEFAULT_HOST = "0.0.0.0"  # noqa: S104
DEFAULT_PORT = "8080"


class PropagatingLogger(GunicornLogger):  # type: ignore[misc]
    """Leaves the formatting of gunicorn's messages to the process's own logging."""

    def setup(self, cfg: Any) -> None:
        """Called by gunicorn in place of its own set-up."""
        self.cfg = cfg
        self.loglevel = logging.INFO
        self.error_log.setLevel(self.loglevel)
        self.error_log.propagate = True


class Server(BaseApplication):  # type: ignore[misc]
    """Gunicorn around the Flask application; the worker is built in the serving process, after the fork."""

    def __init__(self, environment: ContainerEnvironment, bind: str) -> None:
        self._environment = environment
        self._bind = bind
        super().__init__()

    def load_config(self) -> None:
        """Settings of gunicorn."""
        settings: dict[str, object] = {
            "bind": self._bind,
            "workers": 1,
            "worker_class": "gthread",
            "threads": THREADS,
            # Jobs take as long as they take; the platform has its own limit.
            "timeout": 0,
            "graceful_timeout": GRACEFUL_SECONDS,
            "control_socket_disable": True,
            "logger_class": PropagatingLogger,
            "post_worker_init": _watch_for_stop,
            "worker_exit": _close_worker,
        }
        for name, value in settings.items():
            if name in self.cfg.settings:
                self.cfg.set(name, value)

    def load(self) -> Any:
        """Build the application; called once, in the serving process."""
        from sagemaker_container.web import create_app
        from sagemaker_container.worker import GpuMissingError, Worker

        try:
            worker = Worker(self._environment)
        except GpuMissingError as error:
            _logger.critical("%s", error)
            sys.exit(Arbiter.WORKER_BOOT_ERROR)
        worker.start()
        self.worker = worker
        return create_app(worker)


def _watch_for_stop(gunicorn_worker: Any) -> None:
    """Stop the job in work as soon as the process is told to stop; gunicorn then waits for its answer."""

    def on_terminate(number: int, frame: FrameType | None) -> None:
        gunicorn_worker.app.worker.request_stop()
        gunicorn_worker.handle_exit(number, frame)

    signal.signal(signal.SIGTERM, on_terminate)


def _close_worker(_arbiter: Any, gunicorn_worker: Any) -> None:
    worker = getattr(gunicorn_worker.app, "worker", None)
    if worker is not None:
        worker.close()


def main() -> None:
    """Read the environment and serve until told to stop."""
    # Weights come from local files only, whatever a library may try.
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    # Idle OpenMP threads sleep instead of spinning: on two busy cores separation is twice as fast.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    logs.configure()
    environment = ContainerEnvironment.from_environ()
    host = os.environ.get("BIND_HOST", DEFAULT_HOST)
    port = os.environ.get("PORT", DEFAULT_PORT)
    Server(environment, f"{host}:{port}").run()


if __name__ == "__main__":
    main()
