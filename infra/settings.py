"""What an operator may choose, validated before anything is synthesized.

The settings come as one JSON object in the CDK context key ``settings``, from the command line or from
``cdk.json``::

    cdk deploy --all -c settings='{"environment": "prod", "site_origins": ["https://stems.example"]}'

One object rather than loose keys, so that a misspelt name is refused instead of ignored.
"""

import json
import re
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from contract.limits import Limits

LOCAL = "local"
# Environments that may be thrown away: their data goes with the stack.
DISPOSABLE_ENVIRONMENTS = frozenset({"dev", LOCAL})

DEVELOPMENT_ORIGINS = ("http://127.0.0.1:8000", "http://localhost:8000")
POWERTOOLS_LAYER_PARAMETER = "/aws/service/powertools/python/arm64/python3.14/latest"

_LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1"})
_ORIGIN = re.compile(
    r"(?P<scheme>https?)://(?P<host>[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){0,9})(?::(?P<port>[1-9]\d{0,4}))?"
)
# Browsers leave these out.
_DEFAULT_PORTS = {"http": 80, "https": 443}
_LAST_PORT = 65_535

# The periods CloudWatch Logs accepts, up to a year.
LogRetentionDays = Literal[1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365]


class SettingsError(ValueError):
    """The settings are not usable; the message names every field that was refused, and why."""


def _origin(value: str) -> str:
    """Accept exactly what a browser sends as ``Origin``, else CORS would silently never match."""
    match = _ORIGIN.fullmatch(value)
    port = int(match["port"]) if match and match["port"] else None
    if match is None or port == _DEFAULT_PORTS[match["scheme"]] or (port or 0) > _LAST_PORT:
        message = "must be an origin in lower case, such as https://stems.example, without path or wildcard"
        raise ValueError(message)
    if match["scheme"] == "http" and match["host"] not in _LOOPBACK_HOSTS:
        message = "must use https, except for localhost and 127.0.0.1"
        raise ValueError(message)
    return value


class Settings(BaseModel):
    """Choices for one deployment of the service.

    Account and region stay those of the operator's credentials unless both are given.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    environment: str = Field(
        "dev",
        pattern=r"^[a-z0-9][a-z0-9-]{0,14}[a-z0-9]$",
        description="Name of the deployment, part of every stack name: dev, prod, local or your own.",
    )
    account: str | None = Field(None, pattern=r"^\d{12}$", description="AWS account to be bound to.")
    region: str | None = Field(None, pattern=r"^[a-z]{2}(-[a-z]+)+-\d$", description="AWS region.")
    site_origins: tuple[Annotated[str, AfterValidator(_origin)], ...] = Field(
        (),
        max_length=16,
        description="Origins whose pages may call the API and S3. dev and local default to the local site.",
    )
    limits: Limits = Limits()
    enforce_tls: bool = Field(True, description="Refuse plain http to bucket, topics and queues.")
    endpoint_name: str = Field(
        "",
        pattern=r"^([a-z0-9](-*[a-z0-9]){0,62})?$",
        description="SageMaker endpoint that separates; default stem-foundry-{environment}.",
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_retention_days: LogRetentionDays = 30
    retain_data: bool | None = Field(
        None,
        description="Keep bucket, table and secret when the stack is deleted, and protect the table from "
        "deletion. Default: everywhere but in dev and local.",
    )
    powertools_layer_parameter: str = Field(
        POWERTOOLS_LAYER_PARAMETER,
        pattern=r"^/[A-Za-z0-9_./-]+$",
        max_length=1011,
        description="SSM parameter that names the Lambda layer holding Powertools and pydantic.",
    )

    @model_validator(mode="before")
    @classmethod
    def _fill_defaults(cls, values: Any) -> Any:
        """Defaults that follow from the environment."""
        if not isinstance(values, dict):
            return values
        environment = values.get("environment", "dev")
        disposable = environment in DISPOSABLE_ENVIRONMENTS if isinstance(environment, str) else False
        derived = {
            "endpoint_name": values.get("endpoint_name") or f"stem-foundry-{environment}",
            "retain_data": not disposable if values.get("retain_data") is None else values["retain_data"],
        }
        if disposable and not values.get("site_origins"):
            derived["site_origins"] = DEVELOPMENT_ORIGINS
        return values | derived

    @model_validator(mode="after")
    def _check_together(self) -> Self:
        if not self.site_origins:
            message = f"site_origins: name the origin of the site, needed in environment {self.environment!r}"
            raise ValueError(message)
        if len(set(self.site_origins)) != len(self.site_origins):
            message = "site_origins: an origin is listed twice"
            raise ValueError(message)
        if (self.account is None) != (self.region is None):
            message = "account and region: give both or neither"
            raise ValueError(message)
        return self

    @property
    def is_local(self) -> bool:
        """Whether this deployment runs on the local emulator."""
        return self.environment == LOCAL

    def stack_name(self, part: str) -> str:
        """Name of the stack that holds ``part``, such as ``Storage``."""
        return f"StemFoundry-{self.environment}-{part}"

    @classmethod
    def from_context(cls, value: object) -> Self:
        """Read the context key ``settings``.

        Args:
            value: a JSON object as text (command line), a mapping (``cdk.json``), or None for defaults.

        Raises:
            SettingsError: naming every refused field.
        """
        if isinstance(value, str):
            try:
                value = json.loads(value)
            except json.JSONDecodeError as error:
                message = f"settings: not valid JSON: {error}"
                raise SettingsError(message) from error
        if value is None:
            value = {}
        if not isinstance(value, dict):
            message = 'settings: must be a JSON object, such as {"environment": "prod"}'
            raise SettingsError(message)
        try:
            return cls.model_validate(value)
        except ValidationError as error:
            raise SettingsError(_explain(error)) from error


def _explain(error: ValidationError) -> str:
    lines = []
    for problem in error.errors(include_url=False, include_context=False):
        place = ".".join(["settings", *(str(part) for part in problem["loc"])])
        lines.append(f"{place}: {problem['msg'].removeprefix('Value error, ')}")
    return "\n".join(lines)
