"""How do the scaling policies of the synthesized template behave: waiting, cost, and songs that are cut?

Replays arrival patterns against the numbers in the Inference template. Fails when a job is lost, when an idle
endpoint costs anything or when more machines run than allowed.

    python -m benchmarks.scaling [--compare] [--seeds 5] [--settings '{"environment": "dev"}']
"""

import argparse
import os
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.environment import save
from benchmarks.scaling_arrivals import SCENARIOS, Scenario
from benchmarks.scaling_candidates import candidates
from benchmarks.scaling_policy import ScalingPolicy
from benchmarks.scaling_simulation import Outcome, Run, Simulation
from benchmarks.scaling_times import ServiceTimes
from infra.settings import Settings

_TIMELINE_COLUMNS = 60
TEMPLATE = "the template"


@dataclass(frozen=True, slots=True)
class Summary:
    """Several runs of one scenario under one policy: means per run, waits over all jobs."""

    scenario: str
    policy: str
    jobs: float
    outcomes: dict[str, int]
    refused_and_retried: float
    jobs_cut: float
    jobs_lost: int
    instance_hours: float
    gpu_usd: float
    gpu_usd_per_job: float | None
    starts_from_zero: float
    capacity_changes: float
    most_instances: int
    wait_seconds: dict[str, float]
    instances_over_time: str

    def problems(self, policy: ScalingPolicy) -> list[str]:
        """What must never happen, in words."""
        found = []
        if self.jobs_lost:
            found.append(f"{self.jobs_lost} jobs lost")
        if self.most_instances > policy.max_capacity:
            found.append(f"{self.most_instances} instances, {policy.max_capacity} are allowed")
        if not self.jobs and not policy.min_capacity and self.instance_hours:
            found.append(f"{self.instance_hours} instance hours without any job")
        return [f"{self.scenario}, {self.policy}: {problem}" for problem in found]


def play(policy: ScalingPolicy, times: ServiceTimes, scenario: Scenario, seeds: int) -> list[Run]:
    """One run for each seed; the same seed meets the same songs whatever the policy."""
    return [
        Simulation(
            policy,
            times,
            scenario.pattern(random.Random(f"arrivals {seed}")),  # noqa: S311 - a simulation
            scenario.duration,
            seed=seed,
        ).run()
        for seed in range(seeds)
    ]


def summarize(scenario: str, policy: str, runs: Sequence[Run], times: ServiceTimes) -> Summary:
    """Numbers of several runs."""
    count = len(runs)
    jobs = [job for run in runs for job in run.jobs]
    waits = sorted(job.waited_seconds for job in jobs if job.outcome is Outcome.COMPLETED)
    hours = sum(run.instance_hours for run in runs) / count
    cost = hours * times.price.instance_hour
    per_run = len(jobs) / count
    return Summary(
        scenario=scenario,
        policy=policy,
        jobs=per_run,
        outcomes=dict(Counter(str(job.outcome) for job in jobs)),
        refused_and_retried=sum(run.refusals for run in runs) / count,
        jobs_cut=sum(run.cuts for run in runs) / count,
        jobs_lost=sum(run.lost for run in runs),
        instance_hours=round(hours, 2),
        gpu_usd=round(cost, 2),
        gpu_usd_per_job=round(cost / per_run, 4) if per_run else None,
        starts_from_zero=sum(_starts_from_zero(run) for run in runs) / count,
        capacity_changes=sum(len(run.capacity) for run in runs) / count,
        most_instances=max((capacity for run in runs for _, capacity in run.capacity), default=0),
        wait_seconds={
            name: round(_percentile(waits, share))
            for name, share in (("p50", 0.5), ("p95", 0.95), ("max", 1))
        },
        instances_over_time=timeline(runs[0]),
    )


def _starts_from_zero(run: Run) -> int:
    before = [0, *(capacity for _, capacity in run.capacity)]
    return sum(earlier == 0 and later > 0 for earlier, later in pairwise(before))


def _percentile(ordered: Sequence[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


def timeline(run: Run, columns: int = _TIMELINE_COLUMNS) -> str:
    """The most instances of each part of the run as one character: ``.`` for none, ``+`` above nine."""
    width = run.duration / columns
    most = [0] * columns
    changes = [*run.capacity, (run.duration, 0)]
    for (start, capacity), (end, _) in pairwise(changes):
        for column in range(int(start // width), min(columns - 1, int(end // width)) + 1):
            most[column] = max(most[column], capacity)
    return "".join("." if not n else str(n) if n < 10 else "+" for n in most)


def template_policy(settings: Settings) -> ScalingPolicy:
    """The policies of the synthesized Inference stack."""
    # Imported here: the CDK starts a Node process while it is imported.
    from infra.app import build

    os.environ["CDK_VALIDATION"] = "false"
    with tempfile.TemporaryDirectory() as outdir:
        assembly = build(settings, outdir)
        template = assembly.get_stack_by_name(settings.stack_name("Inference")).template
    return ScalingPolicy.from_template(template)


def _table(summaries: Sequence[Summary]) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in ("scenario", "policy"):
        table.add_column(name)
    for name in ("jobs", "GPU h", "USD", "USD/job", "wait p50", "p95", "max", "cut", "lost", "cold starts"):
        table.add_column(name, justify="right")
    for s in summaries:
        per_job = "" if s.gpu_usd_per_job is None else f"{s.gpu_usd_per_job:.4f}"
        waits = (f"{s.wait_seconds[name]:.0f}" for name in ("p50", "p95", "max"))
        table.add_row(
            s.scenario, s.policy, f"{s.jobs:.0f}", f"{s.instance_hours:.2f}", f"{s.gpu_usd:.2f}", per_job,
            *waits, f"{s.jobs_cut:.1f}", str(s.jobs_lost), f"{s.starts_from_zero:.1f}",
        )  # fmt: skip
    return table


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--settings", help="settings of the deployment, a JSON object")
    parser.add_argument("--seeds", type=int, default=5, help="runs of each scenario")
    parser.add_argument("--compare", action="store_true", help="the alternatives of decision 0032 as well")
    parsed = parser.parse_args(arguments)
    if parsed.seeds < 1:
        parser.error("--seeds must be at least 1")
    return parsed


def main(arguments: Sequence[str] | None = None) -> int:
    """Simulate, print and save; 1 when something happened that must not."""
    parsed = _arguments(arguments)
    settings = Settings.from_context(parsed.settings)
    times = ServiceTimes.load()
    # Warm hours are the operator's own choice; what the policies do by themselves is the question here.
    policies = {TEMPLATE: replace(template_policy(settings), min_capacity=0)}
    if parsed.compare:
        policies |= candidates(settings.idle_minutes, settings.max_instances)
    summaries: list[Summary] = []
    problems: list[str] = []
    for scenario in SCENARIOS:
        for name, policy in policies.items():
            summary = summarize(scenario.name, name, play(policy, times, scenario, parsed.seeds), times)
            summaries.append(summary)
            problems.extend(summary.problems(policy))
    _report(summaries, times)
    print(save("scaling", _result(summaries, times, settings, parsed.seeds)))
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


def _report(summaries: Sequence[Summary], times: ServiceTimes) -> None:
    console = Console(width=150)
    console.print(f"{times.hardware}; service times: [bold]{times.status}[/bold]. Waits in seconds.")
    console.print(_table(summaries))
    console.print("\nInstances over time, one run each:")
    for summary in summaries:
        if summary.policy == TEMPLATE:
            console.print(
                f"{summary.scenario:13s} {summary.instances_over_time}", markup=False, highlight=False
            )
    idle = [summary for summary in summaries if summary.policy == TEMPLATE and not summary.jobs]
    console.print(
        f"\nWithout songs: {sum(summary.instance_hours for summary in idle):.2f} GPU hours, "
        f"{sum(summary.gpu_usd for summary in idle):.2f} USD.",
        highlight=False,
    )


def _result(
    summaries: Sequence[Summary], times: ServiceTimes, settings: Settings, seeds: int
) -> dict[str, Any]:
    return {
        "question": (__doc__ or "").splitlines()[0],
        "service_times": times.model_dump(),
        "settings": {"idle_minutes": settings.idle_minutes, "max_instances": settings.max_instances},
        "scenarios": {scenario.name: scenario.description for scenario in SCENARIOS},
        "seeds": seeds,
        "summaries": [asdict(summary) for summary in summaries],
    }


if __name__ == "__main__":
    sys.exit(main())
