"""Environment variables, by name, of the Lambdas and of the container.

The CDK app writes them from these models and the processes read them into the same models, so a missing
or misspelt variable fails at start.
"""

import os
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from contract.limits import Limits


class Environment(BaseModel):
    """Fields map to variables of the same name in capitals; ``limits`` travels as JSON."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    table_name: str
    audio_bucket: str
    limits: Limits = Limits()
    model_catalogue_file: Path | None = Field(
        None, description="File of registered models; default the one in the contract's folder, if any."
    )

    @classmethod
    def from_environ(cls, environ: Mapping[str, str] | None = None) -> Self:
        """Read and validate.

        Raises:
            pydantic.ValidationError: naming every variable that is missing or wrong.
        """
        variables = os.environ if environ is None else environ
        values: dict[str, object] = {
            name: variables[name.upper()] for name in cls.model_fields if name.upper() in variables
        }
        if "limits" in values:
            values["limits"] = Limits.model_validate_json(str(values["limits"]))
        return cls.model_validate(values)

    def to_environ(self) -> dict[str, str]:
        """The variables that `from_environ` reads back to an equal model."""
        variables = {
            name.upper(): str(value)
            for name, value in self.model_dump(mode="json", exclude={"limits"}).items()
            if value is not None
        }
        return variables | {"LIMITS": self.limits.model_dump_json(exclude_defaults=True)}


class LambdaEnvironment(Environment):
    """Variables of every Lambda function."""

    endpoint_name: str = ""
    kit_model: str | None = Field(
        None, description="Model that splits drums; without one, drum parts are refused."
    )
    signing_secret_arn: str | None = Field(
        None, description="Secret that signs session tokens; only for the functions that need it."
    )
    origin_secret_arn: str | None = Field(
        None,
        description="Secret that proves a request came through the distribution; only for the functions "
        "that check it. Without it every request is taken.",
    )
    prewarm: Literal["sessions", "all"] | None = Field(
        None,
        description="Whose uploads start an instance before the job exists: those of anonymous sessions, or"
        " everybody's. Only for the function that creates uploads.",
    )


class PrecisionPolicy(StrEnum):
    """How networks compute: in fp32, or in the half precision the device is fast in."""

    FULL = "full"
    FAST = "fast"


PRECISION_DESCRIPTION = (
    "full (fp32) or fast (half precision); default fast on a GPU and for models that make masks, as the"
    " bundled ones do, else full."
)


class ContainerEnvironment(Environment):
    """Variables of the inference container."""

    model_directory: Path = Field(description="Folder of downloaded weights.")
    require_gpu: bool = Field(False, description="Refuse to become healthy without a CUDA device.")
    preload_model: str | None = Field(None, description="Model loaded and warmed up before /ping is healthy.")
    precision: PrecisionPolicy | None = Field(None, description=PRECISION_DESCRIPTION)
    model_memory_bytes: int | None = Field(
        None, gt=0, description="Memory for loaded models; default half of a GPU's, else 4 GiB."
    )
    scratch_directory: Path | None = Field(
        None, description="Where jobs keep temporary files; one worker's own."
    )
    endpoint_name: str | None = Field(
        None, description="Endpoint whose metrics the container writes; none are written without a name."
    )


def default_model_directory(environ: Mapping[str, str] | None = None) -> Path:
    """Folder of downloaded weights on one machine: ``MODEL_DIRECTORY`` or the user's data folder."""
    variables = os.environ if environ is None else environ
    if configured := variables.get("MODEL_DIRECTORY"):
        return Path(configured)
    data_home = variables.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(data_home) / "stem-foundry" / "models"
