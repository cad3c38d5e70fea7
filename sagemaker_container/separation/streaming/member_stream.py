"""One network over a whole song, as a stream of finished samples."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from contract.audio import CHANNELS
from contract.errors import ErrorCode, StemFoundryError
from sagemaker_container.separation.models.store import Member
from sagemaker_container.separation.streaming.host_copy import HostCopy, PendingCopy
from sagemaker_container.separation.streaming.overlap_add import OverlapAdd
from sagemaker_container.separation.streaming.segments import (
    Segment,
    padded_window,
    read_window,
    segments,
    stride_of,
)
from sagemaker_container.separation.streaming.spool import Spool


@dataclass(frozen=True, slots=True)
class Normalisation:
    """The network sees ``(mixture - mean) / deviation``; a stem is ``estimate * deviation + offset``."""

    mean: float
    deviation: float
    offset: float

    @property
    def silence(self) -> float:
        """The estimate that becomes zero."""
        return -self.offset / self.deviation


@dataclass(slots=True)
class _Batch:
    """Consecutive segments; those without a window are digital silence and need no network."""

    items: list[tuple[Segment, Tensor | None]]

    @property
    def windows(self) -> list[Tensor]:
        return [window for _, window in self.items if window is not None]


@dataclass(frozen=True, slots=True)
class _Launched:
    """A batch whose estimates the device may still be computing."""

    batch: _Batch
    windows: Tensor | None
    estimates: Tensor | None
    finite: PendingCopy | None


class MemberStream:
    """Runs a network segment by segment.

    While the device works on a batch, the samples that the batch before it finished are on their way to the
    host; nothing in between waits for the device.

    Args:
        member: the network.
        sources: indexes of the network's estimates that are wanted; others may be anything, even not numbers.
        spool: the song.
        normalisation: see `Normalisation`.
        on_progress: told the share of segments that are done; what it raises ends the work.
    """

    def __init__(
        self,
        member: Member,
        sources: Sequence[int],
        spool: Spool,
        normalisation: Normalisation,
        on_progress: Callable[[float], None],
    ) -> None:
        self._backend = member.backend
        # Asked once: on a GPU it depends on the memory that is free before the first batch is there.
        self._batch_size = member.backend.batch_size
        self._sources = (
            None
            if list(sources) == list(range(member.backend.sources))
            else torch.tensor(sources, device=member.backend.device)
        )
        self._spool = spool
        self._normalisation = normalisation
        self._on_progress = on_progress
        self._segments = list(segments(spool.samples, member.segment_samples, member.window_length))
        self._copy = HostCopy(self._backend.device)
        self._overlap_add = OverlapAdd(
            len(sources), member.segment_samples, spool.samples, self._backend.device
        )
        self._silence_shape = (len(sources), CHANNELS)
        self.block_samples = self._batch_size * stride_of(member.segment_samples)
        self._done = 0
        self._heard_until = 0
        self.skipped_samples = 0

    def blocks(self) -> Iterator[Tensor]:
        """Yield finished stretches [sources, channels, samples], on the device, in order; one for each batch.

        Raises:
            StemFoundryError: ``separation_failed`` when an estimate is not finite in full precision either.
        """
        before: _Launched | None = None
        for batch in self._batches():
            launched = self._launch(batch)
            if before is not None:
                yield self._accept(before)
            before = launched
        if before is not None:
            yield self._accept(before)

    def _batches(self) -> Iterator[_Batch]:
        batch = _Batch([])
        for segment in self._segments:
            window = self._window(segment)
            live = batch.windows
            differs = bool(live) and window is not None and live[0].shape != window.shape
            if differs or len(batch.items) == self._batch_size:
                yield batch
                batch = _Batch([])
            batch.items.append((segment, window))
        yield batch

    def _window(self, segment: Segment) -> Tensor | None:
        inside = read_window(self._spool, segment)
        if not bool(inside.any()):
            return None
        normalised = inside.sub_(self._normalisation.mean).div_(self._normalisation.deviation)
        return padded_window(normalised, segment)

    def _launch(self, batch: _Batch) -> _Launched:
        if not batch.windows:
            return _Launched(batch, None, None, None)
        stacked = torch.stack(batch.windows)
        if self._backend.device.type == "cuda":
            stacked = stacked.pin_memory()
        windows = stacked.to(self._backend.device, non_blocking=True)
        estimates = self._selected(self._backend(windows))
        finite = self._copy.start(torch.isfinite(estimates).flatten(1).all(1))
        return _Launched(batch, windows, estimates, finite)

    def _selected(self, estimates: Tensor) -> Tensor:
        return estimates if self._sources is None else estimates.index_select(1, self._sources)

    def _accept(self, launched: _Launched) -> Tensor:
        """What a batch finishes, as one stretch.

        The next batch is queued on the device already, and a copy that starts now runs after it: segment by
        segment, the second would have the host wait for the first, and so for that batch.
        """
        estimates = self._finite_estimates(launched)
        stretches = []
        for segment, window in launched.batch.items:
            estimate = self._silence(segment) if window is None else _trimmed(next(estimates), segment)
            finished = self._overlap_add.add(segment, estimate)
            finished.mul_(self._normalisation.deviation).add_(self._normalisation.offset)
            self._silence_what_nobody_heard(segment, finished, heard=window is not None)
            self._done += 1
            self._on_progress(self._done / len(self._segments))
            stretches.append(finished)
        return stretches[0] if len(stretches) == 1 else torch.cat(stretches, dim=-1)

    def _finite_estimates(self, launched: _Launched) -> Iterator[Tensor]:
        if launched.finite is None or launched.estimates is None or launched.windows is None:
            return
        for number, finite in enumerate(launched.finite.result().tolist()):
            if finite:
                yield launched.estimates[number]
            else:
                yield self._in_full_precision(launched.windows[number : number + 1])

    def _in_full_precision(self, window: Tensor) -> Tensor:
        reference = self._backend.reference
        if reference is not None:
            estimate = self._selected(reference(window))[0]
            if bool(torch.isfinite(estimate).all()):
                return estimate
        raise StemFoundryError(
            ErrorCode.SEPARATION_FAILED, "The model gave values that are not numbers for this song."
        )

    def _silence(self, segment: Segment) -> Tensor:
        shape = (*self._silence_shape, segment.length)
        return torch.full(shape, self._normalisation.silence, device=self._backend.device)

    def _silence_what_nobody_heard(self, segment: Segment, finished: Tensor, *, heard: bool) -> None:
        """Rounding aside it is zero already; digital silence has no rounding."""
        if heard:
            self._heard_until = segment.start + segment.length
            return
        silent_from = max(0, self._heard_until - segment.start)
        finished[..., silent_from:] = 0.0
        self.skipped_samples += max(0, finished.shape[-1] - silent_from)


def _trimmed(estimate: Tensor, segment: Segment) -> Tensor:
    """The middle of a window's estimate, which is the segment's."""
    return estimate[..., segment.margin : segment.margin + segment.length]
