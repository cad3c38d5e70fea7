"""Threads that work on one song side by side, with bounded queues between them, and end together."""

import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from types import TracebackType
from typing import Generic, Self, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class StageStoppedError(Exception):
    """Another stage failed or the work was given up; raised where a stage would wait for ever."""


class Channel(Generic[Item]):
    """A bounded queue with one end: `put` waits for room, iteration for items.

    Args:
        capacity: items that may wait.
    """

    def __init__(self, capacity: int) -> None:
        self._items: deque[Item] = deque()
        self._capacity = capacity
        self._closed = False
        self._stopped = False
        self._changed = threading.Condition()

    def put(self, item: Item) -> None:
        """Hand an item over.

        Raises:
            StageStoppedError: nobody will take it any more.
        """
        with self._changed:
            self._changed.wait_for(lambda: len(self._items) < self._capacity or self._stopped)
            if self._stopped:
                raise StageStoppedError
            self._items.append(item)
            self._changed.notify_all()

    def close(self) -> None:
        """Say that no item follows."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def stop(self) -> None:
        """Let whoever waits here raise `StageStoppedError`; what waits is dropped."""
        with self._changed:
            self._stopped = True
            self._items.clear()
            self._changed.notify_all()

    def __iter__(self) -> Iterator[Item]:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._items or self._closed or self._stopped)
                if self._stopped:
                    raise StageStoppedError
                if not self._items:
                    return
                item = self._items.popleft()
                self._changed.notify_all()
            yield item


class StageGroup:
    """Runs stages in threads. Leaving the block waits for them all; none outlives it.

    When a stage or the block itself raises, every channel is stopped, so that the others end at their next
    item; the first error is what leaves the block.

    Args:
        max_stages: threads that may run at once; more stages than that would wait for each other.
        capacity: items that may wait in each channel.
    """

    def __init__(self, max_stages: int, *, capacity: int) -> None:
        self._pool = ThreadPoolExecutor(max_stages, thread_name_prefix="stage")
        self._capacity = capacity
        self._channels: list[Channel[object]] = []
        self._futures: list[Future[object]] = []

    def channel(self) -> "Channel[Item]":
        """A channel that is stopped when anything fails."""
        channel: Channel[Item] = Channel(self._capacity)
        self._channels.append(channel)  # type: ignore[arg-type]
        return channel

    def start(self, work: "Callable[[], Result]") -> "Future[Result]":
        """Run a stage."""
        future = self._pool.submit(work)
        future.add_done_callback(self._ended)
        self._futures.append(future)  # type: ignore[arg-type]
        return future

    def join(self) -> None:
        """Close all channels and wait for the stages.

        Raises:
            BaseException: what the first stage to fail raised.
        """
        for channel in self._channels:
            channel.close()
        wait(self._futures, return_when=FIRST_EXCEPTION)
        self._raise_failure()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is not None:
            self._stop()
        self._pool.shutdown(wait=True, cancel_futures=error is not None)
        # The block was stopped because of a stage: that stage's error is the one to tell.
        if error is None or isinstance(error, StageStoppedError):
            self._raise_failure()

    def _ended(self, future: "Future[Result]") -> None:
        if future.cancelled() or future.exception() is not None:
            self._stop()

    def _stop(self) -> None:
        for channel in self._channels:
            channel.stop()

    def _raise_failure(self) -> None:
        failures = [
            failure
            for future in self._futures
            if future.done() and not future.cancelled() and (failure := future.exception()) is not None
        ]
        for failure in failures:
            if not isinstance(failure, StageStoppedError):
                raise failure
