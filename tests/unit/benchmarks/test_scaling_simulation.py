import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.scaling import play, summarize, timeline
from benchmarks.scaling_arrivals import HOUR, SCENARIOS, Scenario
from benchmarks.scaling_policy import ScalingPolicy, direct_signal
from benchmarks.scaling_signals import MINUTE, check_metrics
from benchmarks.scaling_simulation import Outcome, Run, Simulation
from benchmarks.scaling_times import ServiceTimes
from contract.limits import Limits
from tests.unit.benchmarks.templates import inference_template

POLICY = ScalingPolicy.from_template(inference_template())
TIMES = ServiceTimes.load()
IDLE_MINUTES = 5


def run(arrivals: list[float], hours: float = 3, seed: int = 0, **options) -> Run:
    return Simulation(
        options.pop("policy", POLICY),
        options.pop("times", TIMES),
        arrivals,
        hours * HOUR,
        seed=seed,
        **options,
    ).run()


def poisson(rate: float, hours: float, seed: int) -> list[float]:
    rng = random.Random(seed)
    return sorted(rng.uniform(0, hours * HOUR) for _ in range(int(rate * hours)))


def test_an_idle_endpoint_costs_nothing():
    result = run([], hours=48)
    assert result.instances == []
    assert result.instance_hours == 0


def test_one_song_wakes_one_machine_which_goes_away_again():
    result = run([600.0])
    (job,) = result.jobs
    (instance,) = result.instances
    assert job.outcome is Outcome.COMPLETED
    assert (
        job.waited_seconds < MINUTE + TIMES.metrics.lag_longest_seconds + MINUTE + TIMES.start.longest_seconds
    )
    assert instance.removed_at is not None
    assert job.ended_at is not None
    tail = instance.removed_at - job.ended_at
    assert tail >= IDLE_MINUTES * MINUTE
    # A minute begun, one for the alarm's rhythm, and the lag.
    assert tail <= (IDLE_MINUTES + 2) * MINUTE + TIMES.metrics.lag_longest_seconds


def test_target_tracking_alone_keeps_the_machine_three_times_as_long():
    tail_of = {}
    for name, alarms in (("both", POLICY.alarms), ("tracking", POLICY.alarms[:1])):
        (tracking,) = POLICY.target_tracking
        plain = replace(tracking, signal=direct_signal("ApproximateBacklogSizePerInstance"))
        result = run([600.0], policy=replace(POLICY, alarms=alarms, target_tracking=(plain,)))
        tail_of[name] = (result.instances[0].removed_at or 0) - (result.jobs[0].ended_at or 0)
    assert tail_of["tracking"] >= 14 * MINUTE
    assert tail_of["both"] < 10 * MINUTE


@settings(max_examples=20, deadline=None)
@given(rate=st.integers(1, 400), seed=st.integers(0, 1000), maximum=st.integers(1, 5))
def test_every_job_ends_and_no_more_machines_run_than_allowed(rate, seed, maximum):
    arrivals = poisson(rate, 2, seed)
    result = run(arrivals, seed=seed, policy=replace(POLICY, max_capacity=maximum))
    assert len(result.jobs) == len(arrivals)
    assert result.lost == 0
    assert all(job.outcome is not None and job.ended_at is not None for job in result.jobs)
    assert max((capacity for _, capacity in result.capacity), default=0) <= maximum


def test_the_same_seed_gives_the_same_run():
    arrivals = poisson(60, 3, 1)
    first, second = run(arrivals, seed=7), run(arrivals, seed=7)
    assert first.capacity == second.capacity
    assert [job.ended_at for job in first.jobs] == [job.ended_at for job in second.jobs]
    assert run(arrivals, seed=8).capacity != first.capacity


def test_cut_jobs_run_again():
    """Many machines, hour-long work, and a policy that takes machines away blindly."""
    songs = TIMES.songs.model_copy(update={"long_share": 0.5})
    times = TIMES.model_copy(update={"songs": songs})
    blind = direct_signal("ApproximateBacklogSizePerInstance")
    (tracking,) = POLICY.target_tracking
    policy = replace(POLICY, target_tracking=(replace(tracking, signal=blind, target=5.0),))
    result = run(poisson(40, 6, 3), hours=12, times=times, policy=policy)
    assert result.cuts > 0
    assert result.lost == 0
    assert all(job.attempts == 1 or job.outcome is not None for job in result.jobs)
    assert max(job.attempts for job in result.jobs) > 1


def test_a_full_backlog_refuses_and_the_client_comes_back():
    result = run([60.0 + i for i in range(60)], hours=2, limits=Limits(max_backlog=10))
    assert result.refusals > 0
    assert all(job.outcome is Outcome.COMPLETED for job in result.jobs)


def test_waiting_too_long_ends_a_job():
    never = replace(POLICY, max_capacity=1, alarms=POLICY.alarms[:1])
    slow = TIMES.model_copy(update={"job": TIMES.job.model_copy(update={"fixed_seconds": 600.0})})
    result = run([60.0] * 20, hours=8, policy=never, times=slow, limits=Limits(queue_timeout_seconds=3600))
    outcomes = {job.outcome for job in result.jobs}
    assert outcomes == {Outcome.COMPLETED, Outcome.QUEUE_TIMEOUT}


def test_a_metric_nobody_writes_is_refused():
    with pytest.raises(ValueError, match="Average of metric Invocations"):
        check_metrics(direct_signal("Invocations"))


def test_the_summary_adds_up():
    scenario = Scenario("two", "two songs", lambda _: [60.0, 7200.0], 4 * HOUR)
    runs = play(POLICY, TIMES, scenario, seeds=2)
    summary = summarize("two", "policy", runs, TIMES)
    assert (summary.jobs, summary.jobs_lost, summary.starts_from_zero) == (2, 0, 2)
    assert summary.outcomes == {"completed": 4}
    assert summary.gpu_usd == pytest.approx(summary.instance_hours * TIMES.price.instance_hour, abs=0.01)
    assert summary.problems(POLICY) == []
    assert summary.problems(replace(POLICY, max_capacity=0)) == ["two, policy: 1 instances, 0 are allowed"]
    assert timeline(runs[0], columns=4) == "1.1."


def test_scenarios_are_sorted_and_end_in_time():
    for scenario in SCENARIOS:
        arrivals = scenario.pattern(random.Random(0))
        assert arrivals == sorted(arrivals)
        assert all(0 <= moment < scenario.duration for moment in arrivals)
