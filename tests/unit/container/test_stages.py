"""Stages in threads: order, back-pressure, and that they end together."""

import threading
from concurrent.futures import Future, wait
from functools import partial

import pytest

from sagemaker_container.separation.stages import Channel, StageGroup, StageStoppedError


def stage_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("stage")]


def test_items_arrive_in_order_and_iteration_ends_when_closed() -> None:
    with StageGroup(1, capacity=2) as group:
        channel: Channel[int] = group.channel()
        received = group.start(lambda: list(channel))
        for number in range(100):
            channel.put(number)
        group.join()
    assert received.result() == list(range(100))
    assert stage_threads() == []


def test_a_full_channel_makes_the_producer_wait() -> None:
    channel: Channel[int] = Channel(1)
    channel.put(1)
    second_is_in = threading.Event()

    def produce() -> None:
        channel.put(2)
        second_is_in.set()

    producer = threading.Thread(target=produce)
    producer.start()
    items = iter(channel)
    assert not second_is_in.is_set()
    assert next(items) == 1
    assert second_is_in.wait(10)
    assert next(items) == 2
    producer.join()


def consume_all(channel: Channel[int]) -> list[int]:
    return list(channel)


def fail() -> None:
    raise OSError("disk full")


def test_the_error_of_a_stage_reaches_a_producer_that_waits_and_the_caller() -> None:
    def fail_at_the_first(channel: Channel[int]) -> None:
        for _ in channel:
            raise ZeroDivisionError

    def produce_for_ever() -> None:
        with StageGroup(1, capacity=1) as group:
            channel: Channel[int] = group.channel()
            group.start(lambda: fail_at_the_first(channel))
            while True:
                channel.put(1)

    with pytest.raises(ZeroDivisionError):
        produce_for_ever()
    assert stage_threads() == []


def test_an_error_of_the_caller_ends_the_stages_and_stays_the_error() -> None:
    def give_up() -> None:
        with StageGroup(2, capacity=1) as group:
            for _ in range(2):
                channel: Channel[int] = group.channel()
                group.start(partial(consume_all, channel))
            raise InterruptedError

    with pytest.raises(InterruptedError):
        give_up()
    assert stage_threads() == []


def test_one_failing_stage_ends_its_siblings() -> None:
    def run() -> None:
        with StageGroup(2, capacity=1) as group:
            channel: Channel[int] = group.channel()
            siblings.append(group.start(lambda: consume_all(channel)))
            group.start(fail)
            wait(siblings)

    siblings: list[Future[list[int]]] = []
    with pytest.raises(OSError, match="disk full"):
        run()
    assert isinstance(siblings[0].exception(), StageStoppedError)


def test_join_tells_the_error_of_a_stage() -> None:
    def run() -> None:
        with StageGroup(1, capacity=1) as group:
            group.start(fail)
            try:
                group.join()
            except OSError as error:
                seen.append(error)
                raise

    seen: list[OSError] = []
    with pytest.raises(OSError, match="disk full"):
        run()
    assert len(seen) == 1
