"""``service_times.toml`` as a typed model."""

import tomllib
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

DEFAULT_PATH = Path(__file__).with_name("service_times.toml")


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class JobTimes(_Section):
    """Busy seconds of a job."""

    fixed_seconds: float = Field(ge=0)
    per_audio_second: float = Field(gt=0)
    noise_low: float = Field(gt=0)
    noise_high: float = Field(gt=0)


class Songs(_Section):
    """Lengths of songs, and how many are long recordings."""

    median_seconds: float = Field(gt=0)
    sigma: float = Field(ge=0)
    long_share: float = Field(ge=0, le=1)
    long_seconds: float = Field(gt=0)
    long_cost: float = Field(gt=0)


class Start(_Section):
    """Seconds from the decision to scale out to a healthy container."""

    shortest_seconds: float = Field(ge=0)
    typical_seconds: float = Field(ge=0)
    longest_seconds: float = Field(ge=0)


class MetricTimes(_Section):
    """How late CloudWatch shows a data point, and how often gauges are written."""

    lag_shortest_seconds: float = Field(ge=0)
    lag_longest_seconds: float = Field(ge=0)
    sample_seconds: int = Field(ge=1, le=60)


class Recovery(_Section):
    """What happens to a job whose machine is taken away."""

    hard_kill_share: float = Field(ge=0, le=1)
    lease_seconds: float = Field(ge=0)
    dispatch_grace_seconds: float = Field(ge=0)
    reconcile_every_seconds: float = Field(gt=0)


class Price(_Section):
    """US dollars."""

    instance_hour: float = Field(ge=0)


class ServiceTimes(_Section):
    """Everything the simulation assumes about machines."""

    hardware: str
    status: str = Field(pattern=r"^(estimate|measured)$")
    job: JobTimes
    songs: Songs
    start: Start
    metrics: MetricTimes
    recovery: Recovery
    price: Price

    @classmethod
    def load(cls, path: Path = DEFAULT_PATH) -> "ServiceTimes":
        """Read the file.

        Raises:
            OSError, tomllib.TOMLDecodeError, pydantic.ValidationError: naming what is wrong.
        """
        return cls.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
