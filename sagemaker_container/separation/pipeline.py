"""A song in, stems and a report out. Needs no AWS. The one place where the stages are wired.

    decode → spool → segments → overlap-add ┬→ for each stem a thread: measure, keep as float, preview, encode
                                            └→ a thread that listens for tempo and key
    drums → segments → overlap-add ─────────→ the same for the parts of the drums

Memory does not grow with the song; the disk's share is checked before the separation begins.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from torch import Tensor

from contract.audio import KIT_PARTS, Extras, Lane, OutputOptions, Stem
from contract.catalogue import Model
from contract.limits import Limits
from contract.preview import MIXTURE_LANE
from contract.report import MusicAnalysis, Report
from contract.states import JobStage
from sagemaker_container.separation import disk
from sagemaker_container.separation.analysis import Analyser
from sagemaker_container.separation.decode import decode_file
from sagemaker_container.separation.decoding.outcome import DecodedAudio
from sagemaker_container.separation.delivery import Delivery, OnFile, OnProgress, stem_path
from sagemaker_container.separation.encode import Tags, delivered_rate_hz, delivered_samples
from sagemaker_container.separation.measure import ResidualMeter
from sagemaker_container.separation.models.store import LoadedModel, ModelStore
from sagemaker_container.separation.plan import Plan, make_plan
from sagemaker_container.separation.reporting import Outcome, device_name, make_report, real_time_factor
from sagemaker_container.separation.stages import Channel, StageGroup
from sagemaker_container.separation.streaming.engine import EstimateBlock, StreamingEngine
from sagemaker_container.separation.streaming.spool import Spool
from sagemaker_container.separation.streaming.statistics import MixtureStatistics, mixture_statistics
from sagemaker_container.separation.trace import Operation, Stopwatch, Trace

__all__ = ["device_name", "real_time_factor", "separate_file", "stem_path"]

_BLOCKS_PER_QUEUE = 2

Derive = Callable[[Lane, EstimateBlock], Tensor]
"""Makes a lane of a block, [channels, samples]."""


def separate_file(
    path: Path,
    output_directory: Path,
    *,
    model: str,
    store: ModelStore,
    stems: Sequence[Stem] | None = None,
    output: OutputOptions | None = None,
    extras: Extras | None = None,
    kit_model: str | None = None,
    limits: Limits | None = None,
    on_progress: OnProgress = lambda _stage, _share: None,
    on_file: OnFile = lambda _: None,
    job_id: str = "",
    attempt: int = 1,
) -> Report:
    """Separate one file.

    Args:
        path: the song, of any accepted kind.
        output_directory: existing folder; receives one file per stem, named by `stem_path`, and what the
            extras ask for. The archive is made of the stems by whoever wants it.
        model: a name of the catalogue.
        store: gives the networks.
        stems: wanted stems, or all of the model's.
        output: how to encode; 16-bit WAV by default.
        extras: what is delivered beside the stems; nothing by default.
        kit_model: the model that splits drums, for the extra that asks for it.
        limits: bounds of the input.
        on_progress: see `OnProgress`.
        on_file: see `OnFile`.
        job_id: for the report.
        attempt: for the report.

    Raises:
        StemFoundryError: the input, the wanted stems or the model are at fault.
        disk.DiskSpaceError: the machine has too little room.
    """
    wanted = extras or Extras(analysis=False, previews=False)
    plan = make_plan(model, stems, output, wanted, kit_model)
    # The decoder runs in a folder of its own, where a relative path would lead elsewhere.
    folder = output_directory.resolve()
    with TemporaryDirectory(prefix="separating-", dir=folder) as scratch:
        separation = _Separation(plan, folder, Path(scratch), on_progress, on_file)
        return separation.run(path.resolve(), store, limits or Limits(), job_id, attempt)


@dataclass(slots=True)
class _Separation:
    """One song on its way."""

    plan: Plan
    folder: Path
    scratch: Path
    on_progress: OnProgress
    on_file: OnFile
    stopwatch: Stopwatch = field(default_factory=Stopwatch)
    trace: Trace = field(default_factory=Trace)
    residual: ResidualMeter = field(default_factory=ResidualMeter)
    adds_up: bool = True

    def run(self, path: Path, store: ModelStore, limits: Limits, job_id: str, attempt: int) -> Report:
        with ExitStack() as undo:
            # Loading a network and decoding a song take about as long, and different parts of the machine.
            loading = undo.enter_context(ThreadPoolExecutor(1, thread_name_prefix="loading"))
            loaded = loading.submit(store.load, self.plan.model)
            kit = loading.submit(store.load, self.plan.kit_model) if self.plan.kit_model else None
            self.on_progress(JobStage.DECODING, 0.0)
            with self.stopwatch.stage(JobStage.DECODING):
                decoded, spool = self._decode(path, limits)
                undo.callback(spool.close)
                statistics = self._statistics(spool)
                delivery = self._delivery(decoded, spool.samples)
                disk.require(self.scratch, delivery.required_bytes())
            undo.callback(delivery.abort)
            with self.stopwatch.stage(JobStage.SEPARATING):
                self.on_progress(JobStage.SEPARATING, 0.0)
                skipped, analysis = self._separate_song(loaded.result(), spool, statistics, delivery)
                if kit is not None:
                    self._separate_drums(kit, delivery)
            gain = delivery.common_gain()
            with self.stopwatch.stage(JobStage.ENCODING):
                delivery.finish_previews(_beats(analysis))
                delivery.finish_stems(gain)
            outcome = Outcome(
                decoded=decoded,
                statistics=statistics,
                samples=spool.samples,
                delivered_rate_hz=delivery.sample_rate_hz,
                delivered_samples=delivery.length,
                gain=gain,
                skipped_seconds=skipped,
                residual_db=self.residual.result() if self.adds_up else None,
                levels=delivery.levels(),
                analysis=analysis,
                seconds=self.stopwatch.seconds,
                trace=self.trace.seconds(),
            )
            return make_report(self.plan, loaded.result(), outcome, job_id=job_id, attempt=attempt)

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

    def _delivery(self, decoded: DecodedAudio, samples: int) -> Delivery:
        output, source_rate_hz = self.plan.output, decoded.source_sample_rate_hz
        return Delivery(
            self.plan,
            self.folder,
            self.scratch,
            samples=samples,
            sample_rate_hz=delivered_rate_hz(output, source_rate_hz),
            length=delivered_samples(output, source_rate_hz, decoded.source_samples, samples),
            tags=Tags(decoded.tags, decoded.cover),
            trace=self.trace,
            on_file=self.on_file,
            on_progress=self.on_progress,
        )

    def _separate_song(
        self, loaded: LoadedModel, spool: Spool, statistics: MixtureStatistics, delivery: Delivery
    ) -> tuple[float, MusicAnalysis | None]:
        """The first pass. Returns the seconds of skipped silence, and what was heard."""
        engine = StreamingEngine(loaded)
        share = self.plan.share_of_song
        progress = partial(self._report_separation, 0.0, share)
        with closing(engine.separate(spool, self.plan.computed, progress, statistics)) as blocks:
            measured = self._with_residual(self._timed(blocks))
            analysis = self._run_pass(measured, self.plan.lanes_of_song, _lane_of_song, delivery)
        return engine.skipped_seconds, analysis

    def _separate_drums(self, kit: "Future[LoadedModel]", delivery: Delivery) -> None:
        """The second pass, over the drums that the first one has found."""
        start = self.plan.share_of_song
        progress = partial(self._report_separation, start, 1 - start)
        with Spool(delivery.float_spool(Stem.DRUMS)) as drums:
            engine = StreamingEngine(kit.result())
            with closing(engine.separate(drums, self.plan.computed_of_drums, progress)) as blocks:
                self._run_pass(self._timed(blocks), self.plan.parts, _lane_of_drums, delivery, listen=False)

    def _report_separation(self, start: float, width: float, share: float) -> None:
        self.on_progress(JobStage.SEPARATING, start + width * share)

    def _run_pass(
        self,
        blocks: Iterator[EstimateBlock],
        lanes: Sequence[Lane],
        derive: Derive,
        delivery: Delivery,
        *,
        listen: bool = True,
    ) -> MusicAnalysis | None:
        """Hand every block to one thread for each lane, and to the one that listens."""
        listening: Future[MusicAnalysis] | None = None
        heard: Channel[EstimateBlock] | None = None
        with StageGroup(len(lanes) + 1, capacity=_BLOCKS_PER_QUEUE) as group:
            channels: dict[Lane, Channel[Tensor]] = {}
            for lane in lanes:
                channels[lane] = group.channel()
                group.start(partial(delivery.track(lane).consume, channels[lane]))
            if listen and self.plan.extras.analysis:
                heard = group.channel()
                listening = group.start(partial(self._listen, heard))
            for block in blocks:
                for lane, channel in channels.items():
                    channel.put(derive(lane, block))
                if heard is not None:
                    heard.put(block)
            group.join()
        delivery.previews_are_complete(lanes)
        return None if listening is None else listening.result()

    def _listen(self, blocks: "Channel[EstimateBlock]") -> MusicAnalysis:
        analyser = Analyser()
        for block in blocks:
            with self.trace.busy(Operation.ANALYSING):
                analyser.add(block.mixture, block.stems.get(Stem.DRUMS))
        with self.trace.busy(Operation.ANALYSING):
            return analyser.result()

    def _timed(self, blocks: Iterator[EstimateBlock]) -> Iterator[EstimateBlock]:
        """The same blocks; what making them takes goes to the trace."""
        while True:
            with self.trace.busy(Operation.SEPARATING):
                block = next(blocks, None)
            if block is None:
                return
            yield block

    def _with_residual(self, blocks: Iterator[EstimateBlock]) -> Iterator[EstimateBlock]:
        """The same blocks; how well all stems of the model add up is measured when all are there."""
        model: Model = self.plan.model
        for block in blocks:
            self.adds_up = self.adds_up and all(stem in block.stems for stem in model.stems)
            if self.adds_up:
                with self.trace.busy(Operation.MEASURING):
                    self.residual.add(block.mixture, (block.stems[stem] for stem in model.stems))
            yield block


def _lane_of_song(lane: Lane, block: EstimateBlock) -> Tensor:
    if lane == MIXTURE_LANE:
        return block.mixture
    if lane == Stem.INSTRUMENTAL:
        return block.mixture - block.stems[Stem.VOCALS]
    return block.stems[Stem(lane)]


def _lane_of_drums(lane: Lane, block: EstimateBlock) -> Tensor:
    """Here the mixture is the drums; what no part claims is the rest, so that all add up to the drums."""
    if lane == Stem.PERCUSSION_REST:
        rest = block.mixture.clone()
        for part in KIT_PARTS:
            rest.sub_(block.stems[part])
        return rest
    return block.stems[Stem(lane)]


def _beats(analysis: MusicAnalysis | None) -> Sequence[float]:
    return analysis.tempo.beats_seconds if analysis is not None and analysis.tempo is not None else ()
