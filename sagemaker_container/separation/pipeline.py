"""A song in, stems and a report out. Needs no AWS. The one place where the stages are wired.

    decode → spool → segments → overlap-add → one thread per stem: measure, keep as float, encode → close

Memory does not grow with the song; the disk's share is checked before the separation begins.
"""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
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
from sagemaker_container.separation import disk, measure
from sagemaker_container.separation.decode import decode_file
from sagemaker_container.separation.decoding.outcome import DecodedAudio
from sagemaker_container.separation.encode import Tags, is_bounded, open_writer
from sagemaker_container.separation.models.store import LoadedModel, ModelStore
from sagemaker_container.separation.stages import Channel, StageGroup
from sagemaker_container.separation.streaming.engine import EstimateBlock, StreamingEngine
from sagemaker_container.separation.streaming.spool import Spool
from sagemaker_container.separation.streaming.statistics import MixtureStatistics, mixture_statistics
from sagemaker_container.separation.trace import Operation, Stopwatch, Trace
from sagemaker_container.separation.tracks import (
    EncodedStem,
    FloatSpool,
    Interleaved,
    Sink,
    Track,
    spooled_blocks,
)

OnProgress = Callable[[JobStage, float], None]
"""Is told a stage and the share of it that is done, 0 to 1; what it raises ends the work. Thread-safe."""

OnStem = Callable[[Stem, Path], None]
"""Is told every stem whose file is complete, from several threads."""

_BLOCKS_PER_QUEUE = 2
_CLOSING_THREADS = 4


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
    on_stem: OnStem = lambda _stem, _path: None,
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
        on_stem: see `OnStem`.
        job_id: for the report.
        attempt: for the report.

    Raises:
        StemFoundryError: the input, the wanted stems or the model are at fault.
        disk.DiskSpaceError: the machine has too little room.
    """
    description = get_model(model)
    wanted = effective_stems(description, list(stems) if stems else None)
    options = (output or OutputOptions()).with_defaults()
    with TemporaryDirectory(prefix="separating-", dir=output_directory) as scratch:
        separation = _Separation(
            description, wanted, options, output_directory, Path(scratch), on_progress, on_stem
        )
        return separation.run(path, store, limits or Limits(), job_id, attempt)


@dataclass(slots=True)
class _Separation:
    """One song on its way."""

    model: Model
    wanted: list[Stem]
    output: OutputOptions
    folder: Path
    scratch: Path
    on_progress: OnProgress
    on_stem: OnStem
    stopwatch: Stopwatch = field(default_factory=Stopwatch)
    trace: Trace = field(default_factory=Trace)
    residual: measure.ResidualMeter = field(default_factory=measure.ResidualMeter)
    adds_up: bool = True
    tracks: dict[Stem, Track] = field(default_factory=dict)
    encoded: dict[Stem, EncodedStem] = field(default_factory=dict)

    def run(self, path: Path, store: ModelStore, limits: Limits, job_id: str, attempt: int) -> Report:
        with ExitStack() as undo:
            loading = undo.enter_context(ThreadPoolExecutor(1)).submit(store.load, self.model)
            self.on_progress(JobStage.DECODING, 0.0)
            with self.stopwatch.stage(JobStage.DECODING):
                decoded, spool = self._decode(path, limits)
                undo.callback(spool.close)
                statistics = self._statistics(spool)
                self._require_disk(spool.samples)
            with self.stopwatch.stage(JobStage.SEPARATING):
                self.on_progress(JobStage.SEPARATING, 0.0)
                # What is not finished when something fails must not stay.
                undo.callback(self._abort)
                loaded = loading.result()
                skipped_seconds = self._separate(loaded, spool, statistics, decoded)
            gain = self._common_gain()
            with self.stopwatch.stage(JobStage.ENCODING):
                self._finish(gain)
            outcome = _Outcome(decoded, statistics, spool.samples, gain, skipped_seconds)
            return self._report(outcome, loaded, job_id, attempt)

    # --- the stages -----------------------------------------------------------------------------------

    def _decode(self, path: Path, limits: Limits) -> tuple[DecodedAudio, Spool]:
        spool = self.scratch / "mixture.f32"
        with self.trace.busy(Operation.DECODING):
            decoded = decode_file(
                path, spool, limits, checkpoint=lambda: self.on_progress(JobStage.DECODING, 0.5)
            )
        return decoded, Spool(spool)

    def _statistics(self, spool: Spool) -> MixtureStatistics:
        with self.trace.busy(Operation.STATISTICS):
            return mixture_statistics(spool, lambda: self.on_progress(JobStage.DECODING, 0.9))

    def _require_disk(self, samples: int) -> None:
        per_stem = disk.stem_bytes(samples, self.output)
        if is_bounded(self.output):
            per_stem += disk.spool_bytes(samples)
        disk.require(self.scratch, len(self.wanted) * per_stem)

    def _separate(
        self, loaded: LoadedModel, spool: Spool, statistics: MixtureStatistics, decoded: DecodedAudio
    ) -> float:
        """Run the network; everything else happens beside it. Returns the seconds of skipped silence."""
        engine = StreamingEngine(loaded)
        tags = Tags(decoded.tags, decoded.cover)
        clipping = threading.Event() if is_bounded(self.output) else None
        with StageGroup(len(self.wanted), capacity=_BLOCKS_PER_QUEUE) as group:
            channels: dict[Stem, Channel[Tensor]] = {}
            for stem in self.wanted:
                self.tracks[stem] = self._track(stem, spool.samples, tags, clipping)
                channels[stem] = group.channel()
                group.start(partial(self.tracks[stem].consume, channels[stem]))
            progress = partial(self.on_progress, JobStage.SEPARATING)
            with closing(engine.separate(spool, self._computed(), progress, statistics)) as blocks:
                for block in self._timed(blocks):
                    self._measure_residual(block)
                    for stem, channel in channels.items():
                        channel.put(_delivered(stem, block))
            group.join()
        return engine.skipped_seconds

    def _track(self, stem: Stem, samples: int, tags: Tags, clipping: threading.Event | None) -> Track:
        path = stem_path(self.folder, stem, self.output)
        self.encoded[stem] = EncodedStem(
            partial(self._open_writer, path, samples, tags.for_stem(str(stem))), clipping
        )
        sinks: list[tuple[Operation, Sink]] = [(Operation.ENCODING, self.encoded[stem])]
        if clipping is not None:
            sinks.append((Operation.SPOOLING, FloatSpool(self._float_spool(stem))))
        return Track(measure.LevelMeter(), sinks, self.trace)

    def _open_writer(self, path: Path, samples: int, tags: Tags, gain: float) -> Sink:
        return open_writer(path, self.output, length=samples, gain=gain, tags=tags)

    def _float_spool(self, stem: Stem) -> Path:
        return self.scratch / f"{stem}.f32"

    def _computed(self) -> list[Stem]:
        """The model's own stems that the wanted ones are made of."""
        own = [stem for stem in self.model.stems if stem in self.wanted]
        if Stem.INSTRUMENTAL in self.wanted and Stem.VOCALS not in own:
            own.append(Stem.VOCALS)
        return own

    def _timed(self, blocks: Iterator[EstimateBlock]) -> Iterator[EstimateBlock]:
        """The same blocks; what making them takes goes to the trace."""
        while True:
            with self.trace.busy(Operation.SEPARATING):
                block = next(blocks, None)
            if block is None:
                return
            yield block

    def _measure_residual(self, block: EstimateBlock) -> None:
        self.adds_up = self.adds_up and all(stem in block.stems for stem in self.model.stems)
        if self.adds_up:
            with self.trace.busy(Operation.MEASURING):
                self.residual.add(block.mixture, (block.stems[stem] for stem in self.model.stems))

    def _common_gain(self) -> float:
        """One gain for all stems, so that none clips and their balance stays."""
        highest = max(track.levels.peak for track in self.tracks.values())
        return 1 / highest if highest > 1 and is_bounded(self.output) else 1.0

    def _finish(self, gain: float) -> None:
        """Close the files in threads; the encoders release the interpreter lock."""
        self.on_progress(JobStage.ENCODING, 0.0)
        with ThreadPoolExecutor(_CLOSING_THREADS, thread_name_prefix="closing") as pool:
            closings = [pool.submit(self._finish_stem, stem, gain) for stem in self.wanted]
            for done, finished in enumerate(closings, start=1):
                finished.result()
                self.on_progress(JobStage.ENCODING, done / len(closings))

    def _finish_stem(self, stem: Stem, gain: float) -> None:
        operation = Operation.ENCODING if gain == 1.0 else Operation.ENCODING_AGAIN
        with self.trace.busy(operation):
            self.encoded[stem].finish(gain, partial(self._kept_blocks, stem))
        self._float_spool(stem).unlink(missing_ok=True)
        self.on_stem(stem, stem_path(self.folder, stem, self.output))

    def _kept_blocks(self, stem: Stem) -> Iterator[Interleaved]:
        return spooled_blocks(self._float_spool(stem), lambda: self.on_progress(JobStage.ENCODING, 0.0))

    def _abort(self) -> None:
        for encoded in self.encoded.values():
            encoded.abort()

    # --- the report -----------------------------------------------------------------------------------

    def _report(self, outcome: "_Outcome", loaded: LoadedModel, job_id: str, attempt: int) -> Report:
        decoded = outcome.decoded
        seconds = self.stopwatch.seconds
        return Report(
            job_id=job_id,
            attempt=attempt,
            created_at=datetime.now(UTC),
            source=_source_report(decoded),
            model=_model_report(self.model),
            output=self.output,
            sample_rate_hz=SAMPLE_RATE_HZ,
            samples=outcome.samples,
            device=device_name(loaded.device),
            seconds=seconds,
            real_time_factor=real_time_factor(outcome.samples / SAMPLE_RATE_HZ, seconds),
            residual_db=self.residual.result() if self.adds_up else None,
            common_gain_db=round(20 * log10(outcome.gain), 2),
            stems=[track.levels.report(stem) for stem, track in self.tracks.items()],
            warnings=[*decoded.warnings, *_signal_warnings(outcome.statistics, outcome.gain)],
        )


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What the stages found out."""

    decoded: DecodedAudio
    statistics: MixtureStatistics
    samples: int
    gain: float
    skipped_seconds: float


def real_time_factor(duration_seconds: float, seconds: Mapping[str, float]) -> float:
    """Seconds of audio per second of work."""
    return round(duration_seconds / max(sum(seconds.values()), 1e-6), 3)


def device_name(device: torch.device) -> str:
    """A device as people call it."""
    return torch.cuda.get_device_name(device) if device.type == "cuda" else device.type


def _delivered(stem: Stem, block: EstimateBlock) -> Tensor:
    if stem is Stem.INSTRUMENTAL:
        return block.mixture - block.stems[Stem.VOCALS]
    return block.stems[stem]


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
    if statistics.peak <= measure.SILENT_INPUT_PEAK:
        yield JobWarning(code=WarningCode.SILENT_INPUT, message="The audio is silent, and so are its stems.")
    if gain != 1.0:
        yield JobWarning(
            code=WarningCode.COMMON_GAIN_APPLIED,
            message=f"All stems were lowered by {-20 * log10(gain):.2f} dB so that none clips.",
        )
