"""What an operator may choose, validated before anything is synthesized.

The settings come as one JSON object in the CDK context key ``settings``, from the command line or from
``cdk.json``::

    cdk deploy --all -c settings='{"environment": "prod", "site_origins": ["https://stems.example"]}'

One object rather than loose keys, so that a misspelt name is refused instead of ignored.
"""

import json
import re
from datetime import time
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from contract.catalogue import Purpose, get_model, preferred_kit_model
from contract.errors import StemFoundryError
from contract.limits import Limits
from contract.registered_models import RegisteredModelsError

LOCAL = "local"
# Environments that may be thrown away: their data goes with the stack.
DISPOSABLE_ENVIRONMENTS = frozenset({"dev", LOCAL})

DEVELOPMENT_ORIGINS = ("http://127.0.0.1:8000", "http://localhost:8000")
DEFAULT_INSTANCE_TYPES = ("ml.g4dn.xlarge", "ml.g5.xlarge", "ml.g6.xlarge")
DEFAULT_MODELS = ("htdemucs", "foundry_4s", "foundry_kit")
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


def _model_name(value: str) -> str:
    try:
        return get_model(value).name
    except StemFoundryError as error:
        raise ValueError(error.message) from error
    except RegisteredModelsError as error:
        raise ValueError(str(error)) from error


def _time_zone(value: str) -> str:
    try:
        return ZoneInfo(value).key
    except (ZoneInfoNotFoundError, ValueError) as error:
        message = "must be a time zone of the IANA database, such as Europe/Berlin"
        raise ValueError(message) from error


def _minute_of_day(value: time) -> time:
    if value.tzinfo is not None or value.second or value.microsecond:
        message = "must be a plain time of day to the minute, such as 08:30"
        raise ValueError(message)
    return value


InstanceType = Annotated[str, Field(pattern=r"^ml\.(g4dn|g5|g6|g6e)\.[a-z0-9]{1,16}$")]
MinuteOfDay = Annotated[time, AfterValidator(_minute_of_day)]
Weekday = Literal["MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"]
# Whose uploads wake the endpoint before a job exists: nobody's, those of anonymous sessions, or everybody's.
Prewarm = Literal["off", "sessions", "all"]


class WarmHours(BaseModel):
    """Hours in which instances stay up although nothing waits."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    days: tuple[Weekday, ...] = Field(
        ("MON", "TUE", "WED", "THU", "FRI"), min_length=1, description="Days on which the hours apply."
    )
    start: MinuteOfDay = Field(description="From, local time to the minute.")
    end: MinuteOfDay = Field(description="Until, local time to the minute, later on the same day.")
    time_zone: Annotated[str, AfterValidator(_time_zone)] = Field(
        "UTC", description="Time zone of the IANA database, such as Europe/Berlin."
    )
    instances: int = Field(1, ge=1, le=100, description="Instances kept up.")

    @model_validator(mode="after")
    def _check_together(self) -> Self:
        if self.start >= self.end:
            message = "start must be before end, on the same day"
            raise ValueError(message)
        if len(set(self.days)) != len(self.days):
            message = "days: a day is listed twice"
            raise ValueError(message)
        return self


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

    # access
    auth_mode: Literal["anonymous"] = Field(
        "anonymous", description="Who may use the API: anybody, with an anonymous session."
    )
    # the site
    domain_name: str | None = Field(
        None,
        max_length=253,
        pattern=r"^[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63}){1,9}$",
        description="Own host name of the site, such as stems.example; default CloudFront's.",
    )
    certificate_arn: str | None = Field(
        None,
        pattern=r"^arn:aws[a-z-]*:acm:us-east-1:\d{12}:certificate/[0-9a-f-]{36}$",
        description="ACM certificate of domain_name; CloudFront wants it in us-east-1.",
    )
    waf_enabled: bool = Field(True, description="Put AWS WAF before the site and the API; costs per month.")
    # the endpoint
    instance_types: tuple[InstanceType, ...] = Field(
        DEFAULT_INSTANCE_TYPES,
        min_length=1,
        max_length=5,
        description="GPU instance types in order of preference; the next is taken when one has no capacity.",
    )
    max_instances: int = Field(2, ge=1, le=100, description="Most instances at a time; bounds the bill.")
    idle_minutes: int = Field(
        5, ge=2, le=120, description="Minutes without any work after which all instances are released."
    )
    warm_hours: WarmHours | None = Field(None, description="Hours in which instances stay up; default none.")
    prewarm: Prewarm = Field(
        "off",
        description="Whose uploads start an instance before the job exists: off, sessions (anonymous "
        "ones), all. Shortens the wait by the time the upload takes, and costs when no job follows.",
    )
    # the image
    models: tuple[Annotated[str, AfterValidator(_model_name)], ...] = Field(
        DEFAULT_MODELS,
        min_length=1,
        description="Models whose weights are baked into the image; the first is loaded at start.",
    )
    kit_model: str | None = Field(
        None,
        max_length=64,
        description="Which of them splits drums; default one that was registered, else the bundled one.",
    )
    model_catalogue_file: Path | None = Field(
        None,
        description="File of registered models, for local alone. Elsewhere that file is"
        " contract/registered_models.json, which is packaged with the code.",
    )
    image_digest: str | None = Field(
        None,
        pattern=r"^sha256:[0-9a-f]{64}$",
        description="Image to be deployed. Default: the one the last successful build left in "
        "image_digest_parameter.",
    )
    # operations
    alarm_email: str | None = Field(
        None,
        max_length=254,
        pattern=r"^[^\s@]+@[^\s@]+\.[^\s@]+$",
        description="Where alarms go; SNS asks that address for confirmation.",
    )
    monthly_budget_usd: int | None = Field(
        None, ge=1, le=1_000_000, description="Monthly cost that raises an alarm; default no budget."
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
        elif not values.get("site_origins") and isinstance(values.get("domain_name"), str):
            derived["site_origins"] = (f"https://{values['domain_name']}",)
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
        if (self.domain_name is None) != (self.certificate_arn is None):
            message = "domain_name and certificate_arn: give both or neither"
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _check_endpoint(self) -> Self:
        for name in ("instance_types", "models"):
            listed = getattr(self, name)
            if len(set(listed)) != len(listed):
                message = f"{name}: an entry is listed twice"
                raise ValueError(message)
        if self.warm_hours is not None and self.warm_hours.instances > self.max_instances:
            message = "warm_hours.instances: must not exceed max_instances"
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _check_models(self) -> Self:
        if get_model(self.models[0]).purpose is not Purpose.SONG:
            message = "models: the first one must take songs apart"
            raise ValueError(message)
        if self.is_local:
            return self
        if self.kit_model is not None and self.kit_model not in self._kit_models:
            message = "kit_model: must be one of models, and one that splits drums"
            raise ValueError(message)
        if self.model_catalogue_file is not None:
            message = "model_catalogue_file: only in environment 'local'"
            raise ValueError(message)
        return self

    @property
    def _kit_models(self) -> list[str]:
        return [name for name in self.models if get_model(name).purpose is Purpose.DRUMS]

    @property
    def chosen_kit_model(self) -> str | None:
        """Model that splits drums; None where drum parts cannot be had."""
        return self.kit_model or preferred_kit_model(map(get_model, self.models))

    @property
    def image_repository(self) -> str:
        """Name of the ECR repository that holds the container's image."""
        return f"stem-foundry-{self.environment}"

    @property
    def image_digest_parameter(self) -> str:
        """SSM parameter in which a build leaves the digest of the image it has pushed."""
        return f"/stem-foundry/{self.environment}/image-digest"

    @property
    def model_licences(self) -> dict[str, str]:
        """Licence of every model in the image, by its name."""
        return {name: get_model(name).licence for name in self.models}

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
