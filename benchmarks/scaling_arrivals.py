"""Arrival patterns: when jobs are asked for, in seconds from the start."""

import random
from collections.abc import Callable
from dataclasses import dataclass

HOUR = 3600.0
DAY = 24 * HOUR

Pattern = Callable[[random.Random], list[float]]


def _poisson(rng: random.Random, start: float, end: float, per_hour: float) -> list[float]:
    moments: list[float] = []
    moment = start + rng.expovariate(per_hour / HOUR)
    while moment < end:
        moments.append(moment)
        moment += rng.expovariate(per_hour / HOUR)
    return moments


def _nobody(_rng: random.Random) -> list[float]:
    return []


def _one_a_day(rng: random.Random) -> list[float]:
    return [day * DAY + rng.uniform(0, DAY - 2 * HOUR) for day in range(7)]


def _office_hours(rng: random.Random) -> list[float]:
    return [
        moment
        for day in range(5)
        for moment in _poisson(rng, day * DAY + 9 * HOUR, day * DAY + 17 * HOUR, per_hour=12)
    ]


def _burst(rng: random.Random) -> list[float]:
    return sorted(rng.uniform(HOUR, HOUR + 60) for _ in range(1000))


def _steady(rng: random.Random) -> list[float]:
    return _poisson(rng, 0, 2 * DAY, per_hour=100)


def _sparse(rng: random.Random) -> list[float]:
    # The gaps lie around the idle time: the worst case for releasing machines early.
    return _poisson(rng, 0, 3 * DAY, per_hour=6)


def _heavy(rng: random.Random) -> list[float]:
    # About what two machines can do at most, so that both scale-out and scale-in are always in play.
    return _poisson(rng, 0, 12 * HOUR, per_hour=280)


@dataclass(frozen=True, slots=True)
class Scenario:
    """A pattern and how long the endpoint is watched, in seconds."""

    name: str
    description: str
    pattern: Pattern
    duration: float


SCENARIOS: tuple[Scenario, ...] = (
    Scenario("idle", "nobody comes for a week", _nobody, 7 * DAY),
    Scenario("one_a_day", "one song a day for a week", _one_a_day, 7 * DAY),
    Scenario("office_hours", "12 songs an hour from 9 to 17, five days", _office_hours, 5 * DAY),
    Scenario("sparse", "6 songs an hour around the clock, three days", _sparse, 3 * DAY + 2 * HOUR),
    Scenario("burst", "1,000 songs within a minute", _burst, 8 * HOUR),
    Scenario("steady", "100 songs an hour, two days", _steady, 2 * DAY + 2 * HOUR),
    Scenario("heavy", "280 songs an hour, twelve hours", _heavy, 14 * HOUR),
)
