"""A discrete-event simulation of the endpoint: queue, machines, scaling, and jobs that lose their machine.

Pessimistic where the real behaviour is not documented: machines that are removed are chosen at random whether
they work or not, a removed machine stops at once, and nothing is scaled while an earlier change is going on.
"""

import heapq
import itertools
import random
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial

from benchmarks.scaling_policy import ScalingPolicy
from benchmarks.scaling_signals import MINUTE, AlarmState, CloudWatch, Gauges, TrackingState
from benchmarks.scaling_times import ServiceTimes
from contract.limits import MAX_JOB_ATTEMPTS, Limits

# A client that was refused asks again after the service's Retry-After.
RETRY_AFTER_SECONDS = 60.0


class Outcome(StrEnum):
    """How a job ended."""

    COMPLETED = "completed"
    WORKER_LOST = "worker_lost"
    QUEUE_TIMEOUT = "queue_timeout"


@dataclass(slots=True, eq=False)
class Job:
    """One song on its way; times in seconds from the start."""

    asked_at: float
    work_seconds: float
    admitted_at: float | None = None
    queued_at: float = 0.0
    started_at: float | None = None
    ended_at: float | None = None
    attempts: int = 1
    outcome: Outcome | None = None

    @property
    def waited_seconds(self) -> float:
        """From asking to the start of the attempt that finished it."""
        return (self.started_at or 0.0) - self.asked_at


@dataclass(slots=True, eq=False)
class Instance:
    """One machine of the endpoint, billed from launch to removal."""

    launched_at: float
    ready: bool = False
    job: Job | None = None
    removed_at: float | None = None


@dataclass(slots=True)
class Run:
    """What happened."""

    jobs: list[Job]
    duration: float
    instances: list[Instance] = field(default_factory=list)
    capacity: list[tuple[float, int]] = field(default_factory=list)
    cuts: int = 0
    refusals: int = 0

    @property
    def instance_hours(self) -> float:
        """Billed hours."""
        ends = ((i.removed_at if i.removed_at is not None else self.duration) for i in self.instances)
        return sum(end - i.launched_at for end, i in zip(ends, self.instances, strict=True)) / 3600

    @property
    def lost(self) -> int:
        """Jobs that neither ended nor are anywhere on their way: must be none."""
        return sum(job.outcome is None for job in self.jobs)


@dataclass(frozen=True, slots=True)
class _Proposal:
    """What one policy wants now."""

    policy: str
    wanted: int
    cooldown: float


class Simulation:
    """One endpoint under one policy and one series of arrivals; same seed, same run."""

    def __init__(
        self,
        policy: ScalingPolicy,
        times: ServiceTimes,
        arrivals: list[float],
        duration: float,
        *,
        seed: int = 0,
        limits: Limits | None = None,
    ) -> None:
        self._policy = policy
        self._times = times
        self._limits = limits or Limits()
        # Own streams, so that two policies meet the same songs.
        songs = random.Random(f"songs {seed}")  # noqa: S311 - a simulation
        self._rng = random.Random(f"machines {seed}")  # noqa: S311 - a simulation
        self._watch = CloudWatch(times.metrics, random.Random(f"metrics {seed}"))  # noqa: S311
        self._alarms = [AlarmState(alarm) for alarm in policy.alarms]
        self._tracking = [TrackingState(tracking) for tracking in policy.target_tracking]
        self._run = Run([Job(at, self._work(songs)) for at in arrivals], duration)
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._sequence = itertools.count()
        self._now = 0.0
        self._queue: deque[Job] = deque()
        self._active = 0
        self._alive: list[Instance] = []
        self._cooled_at: dict[str, float] = {}

    def _work(self, rng: random.Random) -> float:
        job, songs = self._times.job, self._times.songs
        is_long = rng.random() < songs.long_share
        seconds = rng.lognormvariate(0, songs.sigma) * songs.median_seconds
        cost = 1.0
        if is_long:
            seconds, cost = songs.long_seconds, songs.long_cost
        noise = rng.uniform(job.noise_low, job.noise_high)
        work = (job.fixed_seconds + job.per_audio_second * seconds * cost) * noise
        return min(work, self._limits.invocation_timeout_seconds)

    def run(self) -> Run:
        """Play until the duration is over and every job has ended."""
        for job in self._run.jobs:
            self._at(job.asked_at, partial(self._ask, job))
        self._set_capacity(self._policy.min_capacity)
        self._at(0.0, self._sample)
        self._at(MINUTE, self._scale)
        while self._events:
            when, _, action = heapq.heappop(self._events)
            if when > self._run.duration and all(job.outcome is not None for job in self._run.jobs):
                break
            self._now = when
            action()
        self._run.duration = max(self._run.duration, self._now)
        return self._run

    def _at(self, when: float, action: Callable[[], None]) -> None:
        heapq.heappush(self._events, (when, next(self._sequence), action))

    # jobs

    def _ask(self, job: Job) -> None:
        if self._active >= self._limits.max_backlog:
            self._run.refusals += 1
            self._at(self._now + RETRY_AFTER_SECONDS * self._rng.uniform(1, 2), partial(self._ask, job))
            return
        self._active += 1
        job.admitted_at = self._now
        self._enqueue(job)

    def _enqueue(self, job: Job) -> None:
        job.queued_at = self._now
        self._queue.append(job)
        self._hand_out()

    def _hand_out(self) -> None:
        for instance in self._alive:
            if instance.ready and instance.job is None:
                job = self._next_job()
                if job is None:
                    return
                self._start(instance, job)

    def _next_job(self) -> Job | None:
        while self._queue:
            job = self._queue.popleft()
            if self._now - job.queued_at <= self._limits.queue_timeout_seconds:
                return job
            self._end(job, Outcome.QUEUE_TIMEOUT)
        return None

    def _start(self, instance: Instance, job: Job) -> None:
        instance.job = job
        job.started_at = self._now

        def finish() -> None:
            # An instance that was removed meanwhile has no job any more.
            if instance.job is job:
                instance.job = None
                self._end(job, Outcome.COMPLETED)
                self._hand_out()

        self._at(self._now + job.work_seconds, finish)

    def _end(self, job: Job, outcome: Outcome) -> None:
        job.outcome, job.ended_at = outcome, self._now
        self._active -= 1

    def _cut(self, job: Job) -> None:
        """The machine goes while it works: the lease re-queues the job, the reconciler sends it again."""
        self._run.cuts += 1
        recovery = self._times.recovery
        if job.attempts == MAX_JOB_ATTEMPTS:
            self._end(job, Outcome.WORKER_LOST)
            return
        job.attempts += 1
        hard = self._rng.random() < recovery.hard_kill_share
        silent = recovery.lease_seconds if hard else recovery.dispatch_grace_seconds
        self._at(
            self._now + silent + self._rng.uniform(0, recovery.reconcile_every_seconds),
            partial(self._enqueue, job),
        )

    # machines

    def _set_capacity(self, wanted: int) -> None:
        wanted = max(self._policy.min_capacity, min(self._policy.max_capacity, wanted))
        if wanted == len(self._alive):
            return
        while len(self._alive) < wanted:
            self._launch()
        while len(self._alive) > wanted:
            self._remove(self._rng.choice(self._alive))
        self._run.capacity.append((self._now, wanted))

    def _launch(self) -> None:
        instance = Instance(self._now)
        self._alive.append(instance)
        self._run.instances.append(instance)
        start = self._times.start

        def ready() -> None:
            instance.ready = True
            self._hand_out()

        delay = self._rng.triangular(start.shortest_seconds, start.longest_seconds, start.typical_seconds)
        self._at(self._now + delay, ready)

    def _remove(self, instance: Instance) -> None:
        self._alive.remove(instance)
        instance.removed_at = self._now
        job, instance.job = instance.job, None
        if job is not None:
            self._cut(job)

    # scaling

    def _sample(self) -> None:
        ready = [instance for instance in self._alive if instance.ready]
        busy = sum(instance.job is not None for instance in ready)
        # SageMaker counts what is being processed as backlog too.
        self._watch.record(self._now, Gauges(len(self._queue) + busy, len(ready), busy))
        self._at(self._now + self._times.metrics.sample_seconds, self._sample)

    def _scale(self) -> None:
        self._at(self._now + MINUTE, self._scale)
        current = len(self._alive)
        proposals = [
            proposal
            for proposal in self._proposals(current)
            if proposal.wanted != current and self._now >= self._cooled_at.get(proposal.policy, 0.0)
        ]
        # SageMaker changes an endpoint only while no earlier change is going on.
        if not proposals or any(not instance.ready for instance in self._alive):
            return
        # More wins over fewer, and a little fewer over much fewer.
        chosen = max(proposals, key=lambda proposal: proposal.wanted)
        self._cooled_at[chosen.policy] = self._now + chosen.cooldown
        self._set_capacity(chosen.wanted)

    def _proposals(self, current: int) -> Iterator[_Proposal]:
        ready = sum(instance.ready for instance in self._alive)
        for state in self._alarms:
            distance = state.firing(self._watch, self._now)
            if distance is not None:
                policy = state.alarm.policy
                yield _Proposal(state.alarm.name, policy.proposal(current, distance), policy.cooldown)
        for tracking in self._tracking:
            wanted = tracking.proposal(self._watch, self._now, ready, current)
            if wanted is not None:
                rule = tracking.policy
                cooldown = rule.scale_out_cooldown if wanted > current else rule.scale_in_cooldown
                yield _Proposal(rule.name, wanted, cooldown)
