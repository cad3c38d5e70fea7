"""What can be chosen about the service on one machine."""

import os
import socket
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from contract.catalogue import Model, Purpose, catalogue, preferred_kit_model
from contract.environment import PRECISION_DESCRIPTION, PrecisionPolicy, default_model_directory
from contract.limits import Limits
from contract.registered_models import FILE_NAME, FILE_VARIABLE

REPOSITORY = Path(__file__).resolve().parent.parent
LOOPBACK = "127.0.0.1"
REGION = "us-east-1"
ACCOUNT = "000000000000"
# The emulator's root user. It listens on the loopback interface only, so this protects nothing.
ROOT_ACCESS_KEY = "test"
ROOT_SECRET_KEY = "test"  # noqa: S105

DEFAULT_STATE_DIRECTORY = REPOSITORY / ".local"
DEFAULT_PAGE_DIRECTORY = REPOSITORY / "frontend" / "dist"
DEFAULT_AWS_PYTHON = REPOSITORY / ".venv-aws" / "bin" / "python"

# What the owner is told about a worker that is not up: here it is a process that loads its model.
_WORKER_START_SECONDS = 5


def _named_catalogue() -> Path | None:
    named = os.environ.get(FILE_VARIABLE)
    return Path(named) if named else None


class LocalSettings(BaseModel):
    """Choices for one service on this machine."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    state_directory: Path = Field(DEFAULT_STATE_DIRECTORY, description="Jobs, objects, queue and logs.")
    web_port: int = Field(8000, ge=1, le=65535, description="Web page and API.")
    aws_port: int = Field(4566, ge=1, le=65535, description="Local AWS; presigned links carry it.")
    endpoint_port: int = Field(4567, ge=1, le=65535, description="SageMaker runtime front.")
    container_port: int = Field(4568, ge=1, le=65535, description="First worker; the others follow.")
    workers: int = Field(1, ge=1, le=16, description="Containers, each working on one song at a time.")
    cold_start_seconds: float = Field(
        0,
        ge=0,
        le=3600,
        description="Simulates an endpoint scaled to zero: workers start this long after the first request.",
    )
    idle_minutes: float = Field(
        0, ge=0, le=1440, description="Ends by itself after so long without a request or a job; 0: never."
    )
    limits: Limits = Limits()
    page_directory: Path = Field(DEFAULT_PAGE_DIRECTORY, description="The built web page.")
    model_directory: Path = Field(default_factory=default_model_directory)
    preload_model: str | None = Field(None, description="Model loaded before a worker counts as healthy.")
    precision: PrecisionPolicy | None = Field(None, description=PRECISION_DESCRIPTION)
    kit_model: str | None = Field(
        None, description="Model that splits drums; default one that was registered, else the bundled one."
    )
    model_catalogue: Path | None = Field(
        default_factory=_named_catalogue,
        description=f"File of models registered beside the service's own; default ${FILE_VARIABLE}, else"
        f" {FILE_NAME} in the model directory.",
    )
    aws_python: Path = Field(DEFAULT_AWS_PYTHON, description="Interpreter that has the emulator installed.")
    log_level: str = Field("INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$")

    @model_validator(mode="after")
    def _ports_differ(self) -> Self:
        ports = [port for _, port in self.ports()]
        if len(set(ports)) != len(ports):
            raise ValueError(f"the ports overlap: {', '.join(map(str, ports))}")
        if max(ports) > 65535:
            raise ValueError(
                f"container_port {self.container_port} leaves no room for {self.workers} workers"
            )
        return self

    @model_validator(mode="after")
    def _models_are_known(self) -> Self:
        known = self._known_models()
        chosen = known.get(self.kit_model or "")
        if self.kit_model is not None and (chosen is None or chosen.purpose is not Purpose.DRUMS):
            raise ValueError(f"kit_model: the catalogue has no model {self.kit_model} that splits drums")
        return self

    def _known_models(self) -> dict[str, Model]:
        # Without one that was named there may be no file yet.
        named = self.model_catalogue is not None or self.catalogue_file.exists()
        return catalogue(self.catalogue_file if named else None)

    @property
    def chosen_kit_model(self) -> str | None:
        """Model that splits drums; None where drum parts cannot be had."""
        return self.kit_model or preferred_kit_model(self._known_models().values())

    @property
    def catalogue_file(self) -> Path:
        """File of registered models that every process reads, and reads anew when it changes."""
        return (self.model_catalogue or self.model_directory / FILE_NAME).resolve()

    def ports(self) -> list[tuple[str, int]]:
        """Every port in use, with the name of what listens on it."""
        return [
            ("web_port", self.web_port),
            ("aws_port", self.aws_port),
            ("endpoint_port", self.endpoint_port),
            *(("container_port", self.container_port + index) for index in range(self.workers)),
        ]

    @property
    def web_url(self) -> str:
        """Base URL of web page and API, without a trailing slash."""
        return f"http://{LOOPBACK}:{self.web_port}"

    @property
    def aws_url(self) -> str:
        """Endpoint of every AWS service but the SageMaker runtime."""
        return f"http://{LOOPBACK}:{self.aws_port}"

    @property
    def endpoint_url(self) -> str:
        """Endpoint of the SageMaker runtime."""
        return f"http://{LOOPBACK}:{self.endpoint_port}"

    @property
    def container_urls(self) -> list[str]:
        """Base URLs of the workers."""
        return [f"http://{LOOPBACK}:{self.container_port + index}" for index in range(self.workers)]

    @property
    def log_directory(self) -> Path:
        """One log file per process."""
        return self.state_directory / "logs"

    @property
    def effective_limits(self) -> Limits:
        """The limits the Lambdas and the container get: start-up times are those of this machine."""
        if "cold_start_seconds" in self.limits.model_fields_set:
            return self.limits
        seconds = round(self.cold_start_seconds) + _WORKER_START_SECONDS
        return self.limits.model_copy(update={"cold_start_seconds": seconds})


def port_is_free(port: int) -> bool:
    """Whether nothing listens on this port of the loopback interface."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True
