"""The simulation reads the template that is deployed, not a copy of its numbers."""

import pytest

from benchmarks.scaling import play, template_policy
from benchmarks.scaling_arrivals import HOUR, Scenario
from benchmarks.scaling_times import ServiceTimes
from infra.settings import Settings


@pytest.fixture(scope="module")
def policy():
    return template_policy(Settings(idle_minutes=7, max_instances=3))


def test_the_simulation_reads_the_synthesized_template(policy):
    assert (policy.min_capacity, policy.max_capacity) == (0, 3)
    assert [len(policy.target_tracking), len(policy.alarms)] == [1, 2]
    assert 7 in {alarm.evaluation_periods for alarm in policy.alarms}


def test_the_template_wakes_for_one_song_and_rests_again(policy):
    scenario = Scenario("one", "one song", lambda _: [600.0], 3 * HOUR)
    (run,) = play(policy, ServiceTimes.load(), scenario, seeds=1)
    (instance,) = run.instances
    (job,) = run.jobs
    assert run.lost == 0
    assert job.ended_at is not None
    assert instance.removed_at is not None
    assert 7 * 60 <= instance.removed_at - job.ended_at <= 12 * 60


def test_the_template_costs_nothing_when_nobody_comes(policy):
    (run,) = play(policy, ServiceTimes.load(), Scenario("idle", "nobody", lambda _: [], 24 * HOUR), seeds=1)
    assert run.instance_hours == 0
