"""The report that every finished job carries (``report.json``)."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from contract.audio import OutputOptions, Stem
from contract.errors import WarningCode


class JobWarning(BaseModel):
    """Something the user should know about a job that worked."""

    model_config = ConfigDict(frozen=True)

    code: WarningCode
    message: str


class SourceReport(BaseModel):
    """The audio as it was uploaded."""

    model_config = ConfigDict(frozen=True)

    container: str
    codec: str
    sample_rate_hz: int
    channels: int
    samples: int = Field(description="Decoded samples per channel at the source's own rate.")
    duration_seconds: float


class ModelReport(BaseModel):
    """Which model ran, and under which terms."""

    model_config = ConfigDict(frozen=True)

    name: str
    digest: str
    licence: str
    provenance: str
    commercial_use: str


class StemReport(BaseModel):
    """One delivered stem."""

    model_config = ConfigDict(frozen=True)

    stem: Stem
    peak: float = Field(description="Largest absolute sample before encoding; full scale is 1.")
    rms_dbfs: float | None = Field(description="Root mean square in dB of full scale; None when silent.")
    silent: bool


class Report(BaseModel):
    """What was done, with what, how long it took and how good it is."""

    model_config = ConfigDict(frozen=True)

    job_id: str
    attempt: int
    created_at: datetime
    source: SourceReport
    model: ModelReport
    output: OutputOptions
    sample_rate_hz: int
    samples: int = Field(description="Samples per channel of every stem.")
    device: str
    seconds: dict[str, float] = Field(description="Wall time of each stage.")
    real_time_factor: float = Field(description="Seconds of audio per second of work, all stages.")
    residual_db: float | None = Field(
        description="Energy of (mixture - sum of the model's stems) against the mixture; None for silence,"
        " and when not all of them had to be computed."
    )
    common_gain_db: float = Field(description="Gain put on all stems together so that none clips; 0 or less.")
    stems: list[StemReport]
    warnings: list[JobWarning]
