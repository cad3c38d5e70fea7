"""The files of one song: opened before it is separated, filled while it is, closed after it."""

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path

from contract.audio import Lane, OutputOptions, Stem
from contract.preview import MIXTURE_LANE
from contract.report import StemReport
from contract.states import JobStage
from sagemaker_container.separation import disk
from sagemaker_container.separation.encode import Tags, full_scale, is_bounded, open_writer
from sagemaker_container.separation.measure import LevelMeter
from sagemaker_container.separation.plan import Plan
from sagemaker_container.separation.previews import PreviewWriter, write_index
from sagemaker_container.separation.trace import Operation, Trace
from sagemaker_container.separation.tracks import (
    EncodedStem,
    FloatSpool,
    Interleaved,
    Sink,
    Track,
    spooled_blocks,
)

_CLOSING_THREADS = 4


class FileKind(StrEnum):
    """What a finished file is."""

    STEM = "stem"
    PREVIEW = "preview"
    PREVIEW_INDEX = "preview_index"


@dataclass(frozen=True, slots=True)
class FinishedFile:
    """A file that will not change any more; the lane is that of the mixture for the index of the previews."""

    kind: FileKind
    lane: Lane
    path: Path


OnFile = Callable[[FinishedFile], None]
"""Is told every file that is finished, from several threads."""

OnProgress = Callable[[JobStage, float], None]
"""Is told a stage and the share of it that is done, 0 to 1; what it raises ends the work. Thread-safe."""


def stem_path(directory: Path, stem: Stem, output: OutputOptions) -> Path:
    """Where a stem is written; no part of it comes from the user."""
    return directory / f"{stem}.{output.format}"


def preview_path(directory: Path, lane: Lane) -> Path:
    """Where a preview is written."""
    return directory / f"{lane}.preview.mp3"


def preview_index_path(directory: Path) -> Path:
    """Where the index of the previews is written."""
    return directory / "preview-index.json"


class Delivery:
    """All that is written for one song.

    Args:
        plan: what is delivered.
        folder: receives what is delivered.
        scratch: receives what is not.
        samples: of the song, per channel, at 44.1 kHz.
        sample_rate_hz: of the stems.
        length: of the stems, samples per channel at their rate.
        tags: of the song.
        trace: is told what takes how long.
        on_file: see `OnFile`.
        on_progress: see `OnProgress`.
    """

    def __init__(
        self,
        plan: Plan,
        folder: Path,
        scratch: Path,
        *,
        samples: int,
        sample_rate_hz: int,
        length: int,
        tags: Tags,
        trace: Trace,
        on_file: OnFile,
        on_progress: OnProgress,
    ) -> None:
        self._plan = plan
        self._folder = folder
        self._scratch = scratch
        self._samples = samples
        self.sample_rate_hz = sample_rate_hz
        self.length = length
        self._full_scale = full_scale(plan.output)
        self._tags = tags
        self._trace = trace
        self._on_file = on_file
        self._on_progress = on_progress
        # Set by the first stem that passes full scale.
        self._clipping = threading.Event()
        self._encoded: dict[Stem, EncodedStem] = {}
        self._previews: dict[Lane, PreviewWriter] = {}
        self._levels: dict[Stem, LevelMeter] = {}

    def required_bytes(self) -> int:
        """Most that all of it takes on the disk at once."""
        plan = self._plan
        lanes = {*plan.lanes_of_song, *plan.parts}
        kept = sum(map(self._is_kept, lanes))
        previews = sum(map(self._has_preview, lanes))
        return (
            len(plan.delivered) * disk.stem_bytes(self.length, plan.output, self.sample_rate_hz)
            + kept * disk.spool_bytes(self._samples)
            + previews * disk.preview_bytes(self._samples)
        )

    def track(self, lane: Lane) -> Track:
        """Open what becomes of one lane."""
        is_delivered = lane in self._plan.delivered
        levels = LevelMeter(loudness=is_delivered and self._plan.extras.analysis)
        sinks: list[tuple[Operation, Sink]] = []
        if is_delivered:
            stem = Stem(lane)
            self._levels[stem] = levels
            self._encoded[stem] = EncodedStem(
                partial(self._open_writer, stem), self._full_scale, self._clipping
            )
            sinks.append((Operation.ENCODING, self._encoded[stem]))
        if self._is_kept(lane):
            sinks.append((Operation.SPOOLING, FloatSpool(self.float_spool(lane))))
        if self._has_preview(lane):
            self._previews[lane] = PreviewWriter(preview_path(self._folder, lane), self._samples)
            sinks.append((Operation.PREVIEWS, self._previews[lane]))
        return Track(levels, sinks, self._trace)

    def _is_kept(self, lane: Lane) -> bool:
        """Whether the samples are needed again: to lower the stem, or to split the drums."""
        if lane == MIXTURE_LANE:
            return False
        return is_bounded(self._plan.output) or (lane == Stem.DRUMS and bool(self._plan.parts))

    def _has_preview(self, lane: Lane) -> bool:
        return self._plan.extras.previews and (lane == MIXTURE_LANE or lane in self._plan.delivered)

    def _open_writer(self, stem: Stem, gain: float) -> Sink:
        return open_writer(
            stem_path(self._folder, stem, self._plan.output),
            self._plan.output,
            length=self.length,
            sample_rate_hz=self.sample_rate_hz,
            gain=gain,
            tags=self._tags.for_stem(str(stem)),
        )

    def float_spool(self, lane: Lane) -> Path:
        """Where the samples of a lane are kept."""
        return self._scratch / f"{lane}.f32"

    def common_gain(self) -> float:
        """One gain for all stems, so that none clips and their balance stays."""
        highest = max(levels.peak for levels in self._levels.values())
        return min(1.0, self._full_scale / highest) if highest > 0 else 1.0

    def levels(self) -> list[StemReport]:
        """Of every delivered stem, in order."""
        return [self._levels[stem].report(stem) for stem in self._plan.delivered]

    def previews_are_complete(self, lanes: Sequence[Lane]) -> None:
        """Hand over the previews of lanes that have been consumed."""
        for lane in lanes:
            if lane in self._previews:
                self._on_file(FinishedFile(FileKind.PREVIEW, lane, preview_path(self._folder, lane)))

    def finish_previews(self, beats: Sequence[float]) -> None:
        """Write and hand over the index."""
        if not self._previews:
            return
        path = preview_index_path(self._folder)
        lanes = {str(lane): writer.close() for lane, writer in self._previews.items()}
        write_index(path, lanes, samples=self._samples, beats=beats)
        self._on_file(FinishedFile(FileKind.PREVIEW_INDEX, MIXTURE_LANE, path))

    def finish_stems(self, gain: float) -> None:
        """Close the stems in threads, since the encoders release the interpreter lock; hand each over."""
        self._on_progress(JobStage.ENCODING, 0.0)
        with ThreadPoolExecutor(_CLOSING_THREADS, thread_name_prefix="closing") as pool:
            closings = [pool.submit(self._finish_stem, stem, gain) for stem in self._plan.delivered]
            for done, finished in enumerate(closings, start=1):
                finished.result()
                self._on_progress(JobStage.ENCODING, done / len(closings))

    def _finish_stem(self, stem: Stem, gain: float) -> None:
        with self._trace.busy(Operation.ENCODING if gain == 1.0 else Operation.ENCODING_AGAIN):
            self._encoded[stem].finish(gain, partial(self._kept_blocks, stem))
        self.float_spool(stem).unlink(missing_ok=True)
        path = stem_path(self._folder, stem, self._plan.output)
        self._on_file(FinishedFile(FileKind.STEM, stem, path))

    def _kept_blocks(self, stem: Stem) -> Iterator[Interleaved]:
        return spooled_blocks(self.float_spool(stem), lambda: self._on_progress(JobStage.ENCODING, 0.0))

    def abort(self) -> None:
        """Remove what is not finished; may be called at any time, also after the end."""
        for encoded in self._encoded.values():
            encoded.abort()
