import pytest

from benchmarks.scaling_policy import ScalingPolicy, Step, StepScaling
from tests.unit.benchmarks.templates import inference_template


def test_the_numbers_of_a_template():
    policy = ScalingPolicy.from_template(inference_template())
    assert (policy.min_capacity, policy.max_capacity) == (0, 3)
    (tracking,) = policy.target_tracking
    assert (tracking.target, tracking.scale_in_cooldown, tracking.scale_out_cooldown) == (5, 120, 300)
    assert tracking.scale_in
    assert tracking.signal.expression.evaluate({"backlog": 0.0, "in_flight": 0.0}) == 0.1
    alarms = {alarm.name: alarm for alarm in policy.alarms}
    assert alarms.keys() == {"WakeAlarm", "RestAlarm"}
    assert (alarms["WakeAlarm"].datapoints, alarms["RestAlarm"].datapoints) == (1, 5)
    assert alarms["RestAlarm"].period == 60
    assert alarms["RestAlarm"].policy.adjustment_type == "ExactCapacity"


def test_a_template_without_scaling_is_refused():
    with pytest.raises(ValueError, match="0 scalable targets"):
        ScalingPolicy.from_template({"Resources": {}})


def test_a_period_that_is_not_simulated_is_refused():
    with pytest.raises(ValueError, match="WakeAlarm"):
        ScalingPolicy.from_template(inference_template(WakeAlarm={"Period": 10}))


@pytest.mark.parametrize(
    ("step", "distance", "contained"),
    [
        (Step(1, 0, None), 0.0, True),
        (Step(1, 0, 5), 5.0, False),
        (Step(1, None, 0), 0.0, True),
        (Step(1, -5, 0), -5.0, False),
        (Step(1, None, None), 3.0, True),
    ],
)
def test_the_bound_nearer_to_the_threshold_belongs_to_a_step(step, distance, contained):
    assert step.contains(distance) is contained


@pytest.mark.parametrize(
    ("kind", "adjustment", "wanted"),
    [("ChangeInCapacity", -1, 3), ("ExactCapacity", 0, 0), ("PercentChangeInCapacity", 50, 6)],
)
def test_step_adjustments(kind, adjustment, wanted):
    assert StepScaling(kind, (Step(adjustment, 0, None),)).proposal(4, 1.0) == wanted
