"""A song in, stems and a report out: decode, separate, encode. Needs no AWS."""

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import log10
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from torch import Tensor

from contract.audio import SAMPLE_RATE_HZ, OutputOptions, Stem
from contract.catalogue import Model, effective_stems, get_model
from contract.errors import WarningCode
from contract.limits import Limits
from contract.report import JobWarning, ModelReport, Report, SourceReport
from contract.states import JobStage
from sagemaker_container.separation import measure
from sagemaker_container.separation.decode import decode_file, read_spool
from sagemaker_container.separation.decoding.outcome import DecodedAudio
from sagemaker_container.separation.encode import encode, is_bounded
from sagemaker_container.separation.engine import DemucsEngine
from sagemaker_container.separation.models.store import ModelStore


@dataclass(frozen=True, slots=True)
class _Encoding:
    """How all stems of one song are encoded."""

    output: OutputOptions
    gain: float
    tags: dict[str, str]


OnProgress = Callable[[JobStage, float], None]
"""Is told a stage and the share of it that is done, 0 to 1; what it raises ends the work. Thread-safe."""

_ENCODER_THREADS = 4


@dataclass(slots=True)
class Stopwatch:
    """Wall time of stages, in seconds."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, stage: JobStage) -> Iterator[None]:
        """Add the time inside to the stage."""
        started = time.perf_counter()
        try:
            yield
        finally:
            elapsed = time.perf_counter() - started
            self.seconds[str(stage)] = round(self.seconds.get(str(stage), 0.0) + elapsed, 4)


def stem_path(directory: Path, stem: Stem, output: OutputOptions) -> Path:
    """Where a stem is written; no part of it comes from the user."""
    return directory / f"{stem}.{output.format}"


def separate_file(
    path: Path,
    output_directory: Path,
    *,
    model: str,
    store: ModelStore,
    stems: Sequence[Stem] | None = None,
    output: OutputOptions | None = None,
    limits: Limits | None = None,
    on_progress: OnProgress = lambda _stage, _share: None,
    job_id: str = "",
    attempt: int = 1,
) -> Report:
    """Separate one file.

    Args:
        path: the song, of any accepted kind.
        output_directory: existing folder; receives one file per stem, named by `stem_path`.
        model: a name of the catalogue.
        store: gives the networks.
        stems: wanted stems, or all of the model's.
        output: how to encode; 16-bit WAV by default.
        limits: bounds of the input.
        on_progress: see `OnProgress`.
        job_id: for the report.
        attempt: for the report.

    Raises:
        StemFoundryError: the input, the wanted stems or the model are at fault.
    """
    description = get_model(model)
    wanted = effective_stems(description, list(stems) if stems else None)
    options = (output or OutputOptions()).with_defaults()
    stopwatch = Stopwatch()

    on_progress(JobStage.DECODING, 0.0)
    with stopwatch.stage(JobStage.DECODING):
        decoded, mixture = _decode(path, output_directory, limits or Limits(), on_progress)
    with stopwatch.stage(JobStage.SEPARATING):
        estimates = _separate(mixture, wanted, description, store, on_progress)
        residual = (
            measure.residual_db(mixture, (estimates[stem] for stem in description.stems))
            if all(stem in estimates for stem in description.stems)
            else None
        )
        delivered = {stem: _delivered(stem, estimates, mixture) for stem in wanted}
        levels = [measure.stem_report(stem, samples) for stem, samples in delivered.items()]
    gain = _common_gain(max(level.peak for level in levels), options)
    with stopwatch.stage(JobStage.ENCODING):
        _encode_all(delivered, output_directory, _Encoding(options, gain, decoded.tags), on_progress)

    duration = mixture.shape[-1] / SAMPLE_RATE_HZ
    return Report(
        job_id=job_id,
        attempt=attempt,
        created_at=datetime.now(UTC),
        source=SourceReport(
            container=decoded.container,
            codec=decoded.codec,
            sample_rate_hz=decoded.source_sample_rate_hz,
            channels=decoded.source_channels,
            samples=decoded.source_samples,
            duration_seconds=round(decoded.source_samples / decoded.source_sample_rate_hz, 6),
        ),
        model=ModelReport(
            name=description.name,
            digest=description.digest,
            licence=description.licence,
            provenance=description.provenance,
            commercial_use=description.commercial_use,
        ),
        output=options,
        sample_rate_hz=SAMPLE_RATE_HZ,
        samples=mixture.shape[-1],
        device=device_name(store.device),
        seconds=stopwatch.seconds,
        real_time_factor=real_time_factor(duration, stopwatch.seconds),
        residual_db=residual,
        common_gain_db=round(20 * log10(gain), 2),
        stems=levels,
        warnings=[*decoded.warnings, *_signal_warnings(mixture, gain)],
    )


def real_time_factor(duration_seconds: float, seconds: dict[str, float]) -> float:
    """Seconds of audio per second of work."""
    return round(duration_seconds / max(sum(seconds.values()), 1e-6), 3)


def device_name(device: torch.device) -> str:
    """A device as people call it."""
    return torch.cuda.get_device_name(device) if device.type == "cuda" else device.type


def _decode(path: Path, folder: Path, limits: Limits, on_progress: OnProgress) -> tuple[DecodedAudio, Tensor]:
    with TemporaryDirectory(prefix="decoding-", dir=folder) as scratch:
        spool = Path(scratch) / "spool.f32"
        decoded = decode_file(path, spool, limits, checkpoint=lambda: on_progress(JobStage.DECODING, 0.5))
        return decoded, read_spool(spool)


def _separate(
    mixture: Tensor, wanted: Sequence[Stem], model: Model, store: ModelStore, on_progress: OnProgress
) -> dict[Stem, Tensor]:
    on_progress(JobStage.SEPARATING, 0.0)
    engine = DemucsEngine(store.load(model))
    own = [stem for stem in model.stems if stem in wanted]
    if Stem.INSTRUMENTAL in wanted and Stem.VOCALS not in own:
        own.append(Stem.VOCALS)
    return engine.separate(mixture, own, lambda share: on_progress(JobStage.SEPARATING, share))


def _delivered(stem: Stem, estimates: dict[Stem, Tensor], mixture: Tensor) -> Tensor:
    if stem is Stem.INSTRUMENTAL:
        return mixture - estimates[Stem.VOCALS]
    return estimates[stem]


def _common_gain(highest_peak: float, output: OutputOptions) -> float:
    """One gain for all stems, so that none clips and their balance stays."""
    return 1 / highest_peak if highest_peak > 1 and is_bounded(output) else 1.0


def _encode_all(
    delivered: dict[Stem, Tensor],
    folder: Path,
    options: _Encoding,
    on_progress: OnProgress,
) -> None:
    """Encode in threads; the encoders release the interpreter lock."""
    on_progress(JobStage.ENCODING, 0.0)
    with ThreadPoolExecutor(_ENCODER_THREADS, thread_name_prefix="encoder") as pool:
        jobs = [
            pool.submit(
                encode,
                samples,
                stem_path(folder, stem, options.output),
                options.output,
                gain=options.gain,
                tags=_stem_tags(options.tags, stem),
                checkpoint=lambda: on_progress(JobStage.ENCODING, 0.0),
            )
            for stem, samples in delivered.items()
        ]
        for done, job in enumerate(jobs, start=1):
            job.result()
            on_progress(JobStage.ENCODING, done / len(jobs))


def _stem_tags(tags: dict[str, str], stem: Stem) -> dict[str, str]:
    title = tags.get("title")
    return tags | {"title": f"{title} ({stem})" if title else str(stem)}


def _signal_warnings(mixture: Tensor, gain: float) -> Iterator[JobWarning]:
    if measure.peak(mixture) <= measure.SILENT_INPUT_PEAK:
        yield JobWarning(code=WarningCode.SILENT_INPUT, message="The audio is silent, and so are its stems.")
    if gain != 1.0:
        yield JobWarning(
            code=WarningCode.COMMON_GAIN_APPLIED,
            message=f"All stems were lowered by {-20 * log10(gain):.2f} dB so that none clips.",
        )
