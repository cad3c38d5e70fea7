from dataclasses import replace

import pytest

from benchmarks.scaling import play, summarize
from benchmarks.scaling_arrivals import HOUR, SCENARIOS
from benchmarks.scaling_candidates import candidates
from benchmarks.scaling_times import ServiceTimes
from infra.ops.cost import Usage, estimate
from infra.ops.cost_document import DOCUMENT, render, update
from infra.ops.prices import Prices
from infra.settings import Settings

PRICES = Prices.load()
TIMES = ServiceTimes.load()


def cost_of(usage: Usage, **settings):
    return estimate(Settings(**settings), usage, PRICES, TIMES)


def line(result, name):
    (found,) = [item for item in result.lines if item.name == name]
    return found.usd


def test_without_songs_no_gpu_is_paid():
    result = cost_of(Usage(songs=0))
    assert (result.gpu_hours, result.cold_starts) == (0, 0)
    assert line(result, "GPU") == 0
    assert 0 < result.total < 25


def test_a_lone_song_pays_its_start_its_work_and_its_tail():
    result = cost_of(Usage(songs=1))
    assert result.cold_starts == pytest.approx(1, abs=0.01)
    seconds = TIMES.start.typical_seconds + result.busy_seconds_per_song + 300 + 180
    assert result.gpu_hours * 3600 == pytest.approx(seconds, rel=0.02)


@pytest.mark.parametrize("name", ["office_hours", "sparse", "one_a_day", "steady"])
def test_the_formula_agrees_with_the_simulation(name):
    (scenario,) = [s for s in SCENARIOS if s.name == name]
    policy = candidates(5, 2)["tracking with floor + idle alarm"]
    simulated = summarize(name, "", play(policy, TIMES, scenario, 2), TIMES)
    active = {"office_hours": 40.0, "sparse": 72.0, "one_a_day": 168.0, "steady": 48.0}[name]
    usage = Usage(songs=round(simulated.jobs), active_hours=active)
    assert scenario.duration >= active * HOUR
    # The formula keeps one machine where the simulation sometimes has two.
    assert cost_of(usage).gpu_hours == pytest.approx(simulated.instance_hours, rel=0.3)


def test_more_songs_cost_more_in_all_and_less_each():
    totals = [cost_of(Usage(songs=songs)).total for songs in (10, 1_000, 100_000)]
    assert totals == sorted(totals)
    each = [total / songs for total, songs in zip(totals, (10, 1_000, 100_000), strict=True)]
    assert each == sorted(each, reverse=True)


def test_settings_show_in_the_bill():
    usage = Usage(songs=1_000)
    base = cost_of(usage)
    assert cost_of(usage, waf_enabled=False).total < base.total
    assert cost_of(usage, idle_minutes=30).gpu_hours > base.gpu_hours
    assert cost_of(usage, models=("foundry_4s",)).busy_seconds_per_song < base.busy_seconds_per_song
    hours = {"start": "08:00", "end": "18:00"}
    assert cost_of(Usage(songs=0), warm_hours=hours).gpu_hours == pytest.approx(217, abs=1)
    assert line(cost_of(replace(usage, format="mp3")), "transfer") < line(base, "transfer")


def test_too_few_machines_are_said():
    result = cost_of(Usage(songs=500_000), max_instances=1)
    assert result.warnings == ("max_instances 1 is too few: songs would wait ever longer",)


def test_every_default_type_has_a_price_with_a_source():
    assert set(Settings().instance_types) <= PRICES.instance_hour.keys()
    tables = (PRICES.instance_hour, PRICES.usage, PRICES.monthly)
    assert all(
        price.source.startswith("https://aws.amazon.com/") for table in tables for price in table.values()
    )


def test_one_price_for_one_hour():
    """The simulation's price and the table's are the same."""
    assert TIMES.price.instance_hour == PRICES.instance_hour["ml.g4dn.xlarge"].usd


def test_the_document_says_what_is_computed():
    text = DOCUMENT.read_text(encoding="utf-8")
    assert render(PRICES, TIMES) in text, "run: python -m infra.ops.cost_document"
    assert update(text, "\nother\n") != text
