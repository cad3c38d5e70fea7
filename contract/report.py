"""The report that every finished job carries (``report.json``)."""

from datetime import datetime
from typing import Literal

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
    loudness_lufs: float | None = Field(
        default=None,
        description="Integrated loudness of ITU-R BS.1770 in LUFS; None when not measured, or when nothing"
        " passes the standard's gate of -70 LUFS.",
    )
    true_peak_dbtp: float | None = Field(
        default=None,
        description="True peak in dB of full scale, oversampled by four; None when not measured or silent.",
    )
    clipped_samples: int = Field(
        default=0, description="Samples beyond full scale before encoding, over all channels.", ge=0
    )


class TempoAlternative(BaseModel):
    """Another tempo that the same beats could be counted in."""

    model_config = ConfigDict(frozen=True)

    bpm: float = Field(description="Beats per minute.", gt=0)
    strength: float = Field(
        description="How periodic the onsets are at this tempo, on the scale of the confidence.", ge=0, le=1
    )


class TempoReport(BaseModel):
    """The tempo of a song and its beats."""

    model_config = ConfigDict(frozen=True)

    bpm: float = Field(description="Beats per minute: the average of the steady beats.", gt=0)
    confidence: float = Field(description="How periodic the onsets are at the beat, 0 to 1.", ge=0, le=1)
    alternatives: list[TempoAlternative] = Field(description="Half and double the tempo.")
    beat_source: Literal["drums", "mixture"] = Field(description="What the beats were found in.")
    beats_seconds: list[float] = Field(description="When the beats fall, in seconds from the start.")


class KeyReport(BaseModel):
    """The musical key of a whole song."""

    model_config = ConfigDict(frozen=True)

    tonic: str = Field(description="Keynote with sharps: C, C#, D ... B.")
    mode: Literal["major", "minor"]
    confidence: float = Field(
        description="Fit of the key and its lead over the next best, 0 to 1.", ge=0, le=1
    )
    camelot: str = Field(description="Code of the key on the Camelot wheel, 1A to 12B.")
    relative: str = Field(description="Key with the same notes and the other mode, such as 'A minor'.")
    tuning_cents: float = Field(
        description="Deviation from A4 = 440 Hz in cents of a semitone.", ge=-50, le=50
    )


class MusicAnalysis(BaseModel):
    """What was heard in the song; a part is None where the music has none, or none could be found."""

    model_config = ConfigDict(frozen=True)

    tempo: TempoReport | None
    key: KeyReport | None


class Report(BaseModel):
    """What was done, with what, how long it took and how good it is."""

    model_config = ConfigDict(frozen=True)

    job_id: str
    attempt: int
    created_at: datetime
    source: SourceReport
    model: ModelReport
    kit_model: ModelReport | None = Field(None, description="What split the drums; None when they were not.")
    output: OutputOptions
    sample_rate_hz: int
    samples: int = Field(description="Samples per channel of every stem.")
    device: str
    backend: str | None = Field(None, description="What ran the network: torch or openvino.")
    precision: str | None = Field(None, description="Arithmetic of the network: fp32, fp16 or bf16.")
    seconds: dict[str, float] = Field(description="Wall time of each stage.")
    trace: dict[str, float] = Field(
        default={},
        description="Busy seconds of each operation, summed over the threads that run side by side.",
    )
    skipped_seconds: float = Field(
        default=0.0, description="Digital silence that no network had to look at.", ge=0
    )
    real_time_factor: float = Field(description="Seconds of audio per second of work, all stages.")
    residual_db: float | None = Field(
        description="Energy of (mixture - sum of the model's stems) against the mixture; None for silence,"
        " and when not all of them had to be computed."
    )
    common_gain_db: float = Field(description="Gain put on all stems together so that none clips; 0 or less.")
    stems: list[StemReport]
    analysis: MusicAnalysis | None = Field(None, description="Tempo and key; None when not asked for.")
    warnings: list[JobWarning]
