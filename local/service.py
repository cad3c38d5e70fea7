"""The whole service on one machine, brought up and down as one."""

import contextlib
import logging
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Any, Self

import boto3

from contract import keys
from contract.functions import FunctionName
from contract.own_models import ensure_file
from contract.page import PageConfiguration
from local.background import code_version
from local.container import container_process
from local.credentials import RoleCredentials
from local.deploy import Deployer, Outputs
from local.emulator import LocalAws, start_emulator
from local.endpoint_delivery import EndpointConfiguration
from local.endpoint_front import EndpointFront
from local.invocation import invoke_function, warm_up, warm_up_result
from local.lock import RunningService, StateLock
from local.page import Page
from local.processes import LocalError, ManagedProcess
from local.settings import LocalSettings, port_is_free
from local.web_front import WebFront
from local.workers import WorkerPool

logger = logging.getLogger(__name__)

_IDLE_CHECK_SECONDS = 5.0


class LocalService:
    """Emulator, deployed stacks, endpoint, containers and web front.

    Use it as a context manager, or call `start` and `stop`. State lives in the state directory and
    survives; one service at a time may use it.

    Args:
        settings: ports, folders, limits.
        progress: told what is being started, in a few words.

    Attributes:
        settings: what it was started with.
        outputs: of the deployed stacks, by name.
        aws: makes SDK clients with the local AWS's root credentials.
        endpoint: the SageMaker front, whose queue and simulation can be watched and steered.
        workers: the containers behind it.
        credentials: of the role that endpoint and containers run under.
    """

    outputs: Outputs
    aws: LocalAws
    endpoint: EndpointFront
    workers: WorkerPool
    credentials: RoleCredentials

    def __init__(self, settings: LocalSettings, *, progress: Callable[[str], None] | None = None) -> None:
        self.settings = settings
        self._say = progress or logger.info
        self._lock = StateLock(settings.state_directory)
        self._undo = contextlib.ExitStack()
        self._stopping = threading.Event()
        self._failure: str | None = None

    # --- for clients and tests ------------------------------------------------------------------------

    @property
    def api_url(self) -> str:
        """Base URL for clients, without ``/v1``; also the web page."""
        return self.settings.web_url

    @property
    def aws_endpoint_url(self) -> str:
        """Endpoint of every local AWS service but the SageMaker runtime."""
        return self.settings.aws_url

    @property
    def session(self) -> boto3.Session:
        """SDK session with root credentials; `aws` makes clients that know the endpoint."""
        return self.aws.session

    def invoke_function(self, name: FunctionName | str, event: dict[str, Any] | None = None) -> Any:
        """Run a function of the service and return its answer.

        Raises:
            LocalError: the function raised; with what it raised.
        """
        return invoke_function(self.aws, self.outputs[f"Function{str(name).capitalize()}"], event or {})

    def restart_container(self, index: int = 0, *, kill: bool = False) -> None:
        """End a worker, with ``kill`` as a crash does, and start it again; returns when it is healthy."""
        self.stop_container(index, kill=kill)
        self.start_container(index)

    def stop_container(self, index: int = 0, *, kill: bool = False) -> None:
        """End a worker and leave it down until `start_container`."""
        self.workers.instances[index].down(kill=kill)

    def start_container(self, index: int = 0) -> None:
        """Start a worker that is down; returns when it is healthy."""
        self.workers.instances[index].up()
        self.workers.instances[index].wait_until_healthy()

    # --- life -----------------------------------------------------------------------------------------

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Bring everything up; returns when a song can be separated.

        Raises:
            LocalError: it cannot run here, and why; nothing is left running.
        """
        try:
            self._acquire()
            ensure_file(self.settings.catalogue_file)
            self._start_aws()
            self._start_endpoint()
            self._start_web_front()
            self._start_workers()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Take everything down in reverse order; state stays."""
        self._stopping.set()
        self._undo.close()

    def request_stop(self) -> None:
        """Let `wait` return; may be called from a signal handler."""
        self._stopping.set()

    def wait(self) -> None:
        """Block until `request_stop`, or until nobody has needed the service for its idle minutes.

        Raises:
            LocalError: the local AWS ended by itself, or no worker could be started.
        """
        while not self._stopping.wait(_IDLE_CHECK_SECONDS if self.settings.idle_minutes else None):
            if self._is_idle():
                self._say(f"Nothing to do for {self.settings.idle_minutes:g} minutes")
                self._stopping.set()
        if self._failure is not None:
            raise LocalError(self._failure)

    def _is_idle(self) -> bool:
        return (
            self._web_front.idle_seconds() > self.settings.idle_minutes * 60
            and self.endpoint.queue.counts() == (0, 0)
        )

    # --- the parts, in order --------------------------------------------------------------------------

    def _acquire(self) -> None:
        settings = self.settings
        note = RunningService(
            pid=os.getpid(),
            web_url=settings.web_url,
            aws_url=settings.aws_url,
            code=code_version(),
            ends_when_idle=settings.idle_minutes > 0,
        )
        self._lock.acquire(note)
        self._undo.callback(self._lock.release)
        for name, port in settings.ports():
            if not port_is_free(port):
                option = f"--{name.replace('_', '-')}"
                raise LocalError(
                    f"Port {port} is in use by another program. Stop that, or choose another: {option}"
                )

    def _start_aws(self) -> None:
        """Start the emulator and, while it starts, synthesize what is to be deployed."""
        self.aws = LocalAws(self.settings)
        deployer = Deployer(self.settings, self.aws)
        previous = deployer.previous()
        with ThreadPoolExecutor(1) as pool:
            synthesis = pool.submit(deployer.synthesize) if previous is None else None
            self._say("Starting the local AWS")
            emulator = start_emulator(self.settings)
            self._undo.callback(emulator.stop)
            if previous is not None and deployer.is_deployed():
                self.outputs = previous.outputs
            else:
                self._say("Deploying the stacks")
                (synthesis or pool.submit(deployer.synthesize)).result()
                self.outputs = deployer.deploy()
        threading.Thread(target=self._watch_emulator, args=(emulator,), daemon=True).start()

    def _watch_emulator(self, emulator: ManagedProcess) -> None:
        emulator.wait()
        self._fail(f"The {emulator.name} ended by itself. {emulator.log_tail()}")

    def _start_endpoint(self) -> None:
        settings, outputs = self.settings, self.outputs
        self.credentials = RoleCredentials(self.aws, outputs["ContainerRoleArn"], "local-endpoint")
        bucket = outputs["AudioBucketName"]
        self.endpoint = EndpointFront(
            LocalAws(settings, self.credentials.session()),
            EndpointConfiguration(
                name=outputs["EndpointName"],
                output_path=f"s3://{bucket}/{keys.INFERENCE_PREFIX.rstrip('/')}",
                failure_path=f"s3://{bucket}/{keys.INFERENCE_FAILURES_PREFIX.rstrip('/')}",
                success_topic=outputs["SuccessTopicArn"],
                error_topic=outputs["ErrorTopicArn"],
            ),
            port=settings.endpoint_port,
            queue_file=settings.state_directory / "endpoint-queue.sqlite3",
            container_urls=settings.container_urls,
            credentials=self.credentials,
        )
        self._undo.callback(self.endpoint.stop)
        self.endpoint.start()

    def _start_web_front(self) -> None:
        settings = self.settings
        self._web_front = WebFront(
            port=settings.web_port,
            api_url=f"{settings.aws_url}/_aws/execute-api/{self.outputs['ApiId']}/$default",
            page=Page(
                settings.page_directory,
                PageConfiguration.of(settings.effective_limits, environment="local"),
                storage_url=settings.aws_url,
            ),
        )
        self._undo.callback(self._web_front.stop)
        self._web_front.start()

    def _start_workers(self) -> None:
        settings = self.settings
        processes = [
            container_process(settings, self.outputs, self.credentials, index)
            for index in range(settings.workers)
        ]
        self.workers = WorkerPool(processes, settings.container_urls, self._stopping)
        self._undo.callback(self._stop_workers)
        if settings.cold_start_seconds:
            self.workers.up_after(self.endpoint.request_arrived, settings.cold_start_seconds)
            warm_up(settings.web_url)
            return
        self._say("Starting the worker" if settings.workers == 1 else f"Starting {settings.workers} workers")
        self.workers.up()
        warm_up(settings.web_url)
        warm_up_result(self.aws, self.outputs["FunctionResult"])
        self.workers.wait_until_healthy()

    def _fail(self, reason: str) -> None:
        if not self._stopping.is_set():
            self._failure = reason
            self._stopping.set()

    def _stop_workers(self) -> None:
        # First, or the endpoint would announce the requests they are working on as failed.
        self.endpoint.request_stop()
        self.endpoint.request_arrived.set()
        self.workers.down()
