"""The commands. Exit codes: 0 all is well, 1 something is not (with its fix), 2 the call itself was wrong."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, NoReturn, get_args

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from benchmarks.scaling_times import ServiceTimes
from contract.api import Job
from infra.ops import cost as costs
from infra.ops import drain as drains
from infra.ops import logs as job_logs
from infra.ops.deployment import Deployment, OpsError, read_settings
from infra.ops.invoke import invoke as send_probe
from infra.ops.preflight import Finding, Status, run_checks
from infra.ops.prices import Prices
from infra.ops.smoke import DEMO_SONG
from infra.ops.smoke import smoke as run_smoke
from infra.ops.stage_model import stage_model as put_among_sources
from infra.settings import Settings, SettingsError
from stem_foundry import StemFoundryClientError, TransferProgress

app = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__, pretty_exceptions_enable=False)

SettingsOption = Annotated[
    str | None, typer.Option("--settings", metavar="JSON", help="As for deployment; default: cdk.json.")
]
ProfileOption = Annotated[str | None, typer.Option("--profile", help="AWS profile; default: AWS_PROFILE.")]

_COLOURS = {Status.OK: "green", Status.WARNING: "yellow", Status.FAILED: "red"}


def _console() -> Console:
    return Console(highlight=False, soft_wrap=True)


def _fail(message: str, fix: str = "", code: int = 1) -> NoReturn:
    typer.echo(f"error: {message}", err=True)
    if fix:
        typer.echo(f"fix: {fix}", err=True)
    raise typer.Exit(code)


@contextmanager
def _expected_errors() -> Iterator[None]:
    try:
        yield
    except OpsError as error:
        _fail(error.message, error.fix)
    except StemFoundryClientError as error:
        _fail(f"{error.message} ({error.code})")


def _settings(text: str | None) -> Settings:
    try:
        return read_settings(text)
    except SettingsError as error:
        _fail(str(error), code=2)


def _deployment(text: str | None, profile: str | None) -> Deployment:
    return Deployment.open(_settings(text), profile)


@app.command()
def preflight(settings: SettingsOption = None, profile: ProfileOption = None) -> None:
    """Ask for everything that would make a deployment fail late."""
    with _expected_errors():
        findings = run_checks(_deployment(settings, profile))
    for finding in findings:
        _show(finding)
    if any(finding.status is Status.FAILED for finding in findings):
        raise typer.Exit(1)


def _show(finding: Finding) -> None:
    console, colour = _console(), _COLOURS[finding.status]
    console.print(f"[{colour}]{finding.status:8s}[/] {finding.check}: {escape(finding.detail)}")
    if finding.fix:
        console.print(f"         → {escape(finding.fix)}")


@app.command()
def cost(  # noqa: PLR0917 - Typer's options are parameters
    songs: Annotated[int, typer.Option(min=0, help="Songs per month.")] = 1000,
    minutes: Annotated[float, typer.Option(min=0.1, max=120, help="Length of a song.")] = 3.5,
    stems: Annotated[int, typer.Option(min=1, max=8, help="Stems per song.")] = 4,
    output: Annotated[str, typer.Option("--format", help="wav, flac, mp3 or m4a.")] = "wav",
    retention_hours: Annotated[int, typer.Option(min=1, max=168)] = 24,
    active_hours: Annotated[
        float, typer.Option(min=1, max=costs.HOURS_PER_MONTH, help="Hours of the month in which songs come.")
    ] = costs.HOURS_PER_MONTH,
    settings: SettingsOption = None,
) -> None:
    """Estimate the bill of a month."""
    chosen, prices, times = _settings(settings), Prices.load(), ServiceTimes.load()
    if output not in get_args(costs.Format):
        _fail(f"--format: {output!r} is none of {', '.join(get_args(costs.Format))}", code=2)
    if chosen.instance_types[0] not in prices.instance_hour:
        _fail(f"there is no price for {chosen.instance_types[0]}", "Add it to infra/ops/prices.toml.")
    usage = costs.Usage(
        songs=songs,
        minutes_per_song=minutes,
        stems=stems,
        format=output,  # type: ignore[arg-type] # checked above
        retention_hours=retention_hours,
        active_hours=active_hours,
    )
    _show_estimate(costs.estimate(chosen, usage, prices, times), usage, prices, times)


def _show_estimate(estimate: costs.Estimate, usage: costs.Usage, prices: Prices, times: ServiceTimes) -> None:
    console = _console()
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column()
    table.add_column(justify="right")
    table.add_column()
    for line in estimate.lines:
        table.add_row(line.name, f"{line.usd:.2f}", line.how)
    per_song = f"{estimate.total / usage.songs:.4f} per song" if usage.songs else "with no song at all"
    table.add_row("total", f"{estimate.total:.2f}", per_song, style="bold")
    console.print(f"{usage.songs:,} songs a month, US dollars:")
    console.print(table)
    for warning in estimate.warnings:
        console.print(f"[yellow]{escape(warning)}[/]")
    console.print(
        f"List prices of {prices.region}, {prices.date}, without free tiers. Work per song "
        f"{estimate.busy_seconds_per_song:.0f} s on {times.hardware}: {times.status}."
    )


@app.command()
def smoke(  # noqa: PLR0917 - Typer's options are parameters
    url: Annotated[str | None, typer.Option(help="Address; default: the site of the Web stack.")] = None,
    song: Annotated[Path, typer.Option(exists=True, dir_okay=False, readable=True)] = DEMO_SONG,
    model: Annotated[str | None, typer.Option(help="A name from the catalogue.")] = None,
    out: Annotated[Path | None, typer.Option(help="Keep the stems in this folder.")] = None,
    allow_cpu: Annotated[bool, typer.Option("--allow-cpu", help="A CPU may have done it.")] = False,
    settings: SettingsOption = None,
    profile: ProfileOption = None,
) -> None:
    """Separate a song through the deployed service and check what comes back."""
    with _expected_errors(), tempfile.TemporaryDirectory() as scratch:
        address = url or _deployment(settings, profile).output("Web", "SiteUrl")
        result = run_smoke(
            address,
            out or Path(scratch),
            song=song,
            model=model,
            expect_gpu=not allow_cpu,
            on_update=_Progress(),
        )
    report = result.report
    console = _console()
    console.print(
        f"{escape(report.model.name)} on {escape(report.device)}: "
        f"{report.source.duration_seconds:.1f} s of audio, {report.real_time_factor:.1f} times real time, "
        f"residual {'unknown' if report.residual_db is None else f'{report.residual_db:.1f} dB'}"
    )
    for problem in result.problems:
        typer.echo(f"problem: {problem}", err=True)
    if result.problems:
        raise typer.Exit(1)
    console.print("[green]all is well[/]")


class _Progress:
    """One line for each state and stage."""

    def __init__(self) -> None:
        self._last = ""

    def __call__(self, update: TransferProgress | Job) -> None:
        if isinstance(update, Job) and (line := f"{update.state} {update.stage or ''}".strip()) != self._last:
            self._last = line
            typer.echo(line)


@app.command()
def drain(
    resume: Annotated[bool, typer.Option("--resume", help="Open again after a drain.")] = False,
    timeout_minutes: Annotated[float, typer.Option(min=0, max=1440, help="Wait so long for jobs.")] = 60,
    settings: SettingsOption = None,
    profile: ProfileOption = None,
) -> None:
    """Accept no more jobs, let the accepted ones end, hold the endpoint at zero machines."""
    with _expected_errors():
        deployment = _deployment(settings, profile)
        if resume:
            drains.let_scale(deployment)
            drains.start_accepting(deployment)
            typer.echo("open: jobs are accepted and the endpoint scales")
            return
        drains.stop_accepting(deployment)
        typer.echo("closed: no new jobs are accepted; progress, downloads and deletion go on")
        drains.wait_until_empty(
            deployment,
            timeout_seconds=timeout_minutes * 60,
            on_count=lambda count: typer.echo(f"{count} jobs are still active"),
        )
        drains.hold_at_zero(deployment)
    typer.echo("empty: no machine runs and none will start; drain --resume opens again")


@app.command()
def logs(
    job: Annotated[str, typer.Argument(help="A job's id.")],
    hours: Annotated[float, typer.Option(min=0.1, max=24 * 365, help="Look back so far.")] = 24,
    settings: SettingsOption = None,
    profile: ProfileOption = None,
) -> None:
    """Print every log line about a job, of all functions and the endpoint."""
    with _expected_errors():
        identifier = job_logs.job_id(job)
        lines = job_logs.job_lines(_deployment(settings, profile), identifier, hours)
    for line in lines:
        level = str(line.fields.get("level", ""))
        text = line.text.encode("unicode_escape").decode("ascii")
        typer.echo(f"{line.at.isoformat(timespec='milliseconds')} {line.source:9s} {level:7s} {text}")
    if not lines:
        _fail(f"no log line names job {identifier} within {hours:g} h", "Look back further with --hours.")


@app.command()
def invoke(settings: SettingsOption = None, profile: ProfileOption = None) -> None:
    """Send a probe straight to the endpoint with the SageMaker SDK (extra `ops`)."""
    with _expected_errors():
        sent = send_probe(_deployment(settings, profile))
    typer.echo(f"{sent.inference_id}\nanswer  {sent.output}\nfailure {sent.failure}")


@app.command("stage-model")
def stage_model(name: Annotated[str, typer.Argument(help="A model of this machine.")]) -> None:
    """Put a model you trained among the sources, for the next `make deploy`."""
    with _expected_errors():
        model = put_among_sources(name)
    typer.echo(f"{model.name}: {model.digest}\nadd it to `models` in the settings, then: make deploy")
