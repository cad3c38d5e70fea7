"""The report of a job, from what its stages found out."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from math import log10

import torch

from contract.audio import SAMPLE_RATE_HZ
from contract.catalogue import Model
from contract.errors import WarningCode
from contract.report import (
    JobWarning,
    ModelReport,
    MusicAnalysis,
    Report,
    SourceReport,
    StemReport,
)
from sagemaker_container.separation.decoding.outcome import DecodedAudio
from sagemaker_container.separation.measure import SILENT_INPUT_PEAK
from sagemaker_container.separation.models.store import LoadedModel
from sagemaker_container.separation.plan import Plan
from sagemaker_container.separation.streaming.statistics import MixtureStatistics


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What the stages found out; seconds as in `Report`, samples at 44.1 kHz where not said otherwise."""

    decoded: DecodedAudio
    statistics: MixtureStatistics
    samples: int
    delivered_rate_hz: int
    delivered_samples: int
    gain: float
    skipped_seconds: float
    residual_db: float | None
    levels: list[StemReport]
    analysis: MusicAnalysis | None
    seconds: dict[str, float]
    trace: dict[str, float]


def make_report(plan: Plan, loaded: LoadedModel, outcome: Outcome, *, job_id: str, attempt: int) -> Report:
    """Put the report together."""
    backend = loaded.members_for(plan.computed)[0].backend
    return Report(
        job_id=job_id,
        attempt=attempt,
        created_at=datetime.now(UTC),
        source=_source_report(outcome.decoded),
        model=_model_report(plan.model),
        kit_model=_model_report(plan.kit_model) if plan.kit_model is not None else None,
        output=plan.output,
        sample_rate_hz=outcome.delivered_rate_hz,
        samples=outcome.delivered_samples,
        device=device_name(loaded.device),
        backend=backend.name,
        precision=str(backend.precision),
        seconds=outcome.seconds,
        trace=outcome.trace,
        skipped_seconds=round(outcome.skipped_seconds, 3),
        real_time_factor=real_time_factor(outcome.samples / SAMPLE_RATE_HZ, outcome.seconds),
        residual_db=outcome.residual_db,
        common_gain_db=round(20 * log10(outcome.gain), 2),
        stems=outcome.levels,
        analysis=outcome.analysis,
        warnings=[*outcome.decoded.warnings, *_signal_warnings(outcome.statistics, outcome.gain)],
    )


def real_time_factor(duration_seconds: float, seconds: Mapping[str, float]) -> float:
    """Seconds of audio per second of work."""
    return round(duration_seconds / max(sum(seconds.values()), 1e-6), 3)


def device_name(device: torch.device) -> str:
    """A device as people call it."""
    return torch.cuda.get_device_name(device) if device.type == "cuda" else device.type


def _source_report(decoded: DecodedAudio) -> SourceReport:
    return SourceReport(
        container=decoded.container,
        codec=decoded.codec,
        sample_rate_hz=decoded.source_sample_rate_hz,
        channels=decoded.source_channels,
        samples=decoded.source_samples,
        duration_seconds=round(decoded.source_samples / decoded.source_sample_rate_hz, 6),
    )


def _model_report(model: Model) -> ModelReport:
    return ModelReport(
        name=model.name,
        digest=model.digest,
        licence=model.licence,
        provenance=model.provenance,
        commercial_use=model.commercial_use,
    )


def _signal_warnings(statistics: MixtureStatistics, gain: float) -> Iterator[JobWarning]:
    if statistics.peak <= SILENT_INPUT_PEAK:
        yield JobWarning(code=WarningCode.SILENT_INPUT, message="The audio is silent, and so are its stems.")
    if gain != 1.0:
        yield JobWarning(
            code=WarningCode.COMMON_GAIN_APPLIED,
            message=f"All stems were lowered by {-20 * log10(gain):.2f} dB so that none clips.",
        )
