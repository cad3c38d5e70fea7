"""``stems jobs``."""

from itertools import islice
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from contract.api import Job
from contract.states import JobState
from stem_foundry.cli._exit import expected_errors
from stem_foundry.cli._output import print_fields, print_json, print_table
from stem_foundry.cli._progress import display_for, status_of
from stem_foundry.cli._settings import settings_of
from stem_foundry.cli._text import about, clock, size

jobs = typer.Typer(no_args_is_help=True, help="Look after your jobs.")

JobIdArgument = Annotated[UUID, typer.Argument(metavar="JOB_ID", help="Id of a job of yours.")]
AsJson = Annotated[bool, typer.Option("--json", help="Write one JSON object and nothing else.")]


@jobs.command("list")
def list_jobs(
    context: typer.Context,
    status: Annotated[JobState | None, typer.Option(help="Only jobs in this state.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most this many.")] = 20,
    as_json: AsJson = False,
) -> None:
    """List your jobs, newest first."""
    with expected_errors(), settings_of(context).client() as service:
        found = list(islice(service.jobs(status, page_size=min(limit, 100)), limit))
    if as_json:
        print_json({"jobs": [job.model_dump(mode="json") for job in found]})
    elif not found:
        typer.echo("There are no jobs.")
    else:
        print_table(
            ["Job", "State", "Model", "File", "Created"],
            [
                [str(job.job_id), _state(job), job.model, job.filename, f"{job.created_at:%Y-%m-%d %H:%M}"]
                for job in found
            ],
        )


@jobs.command("show")
def show_job(context: typer.Context, job_id: JobIdArgument, as_json: AsJson = False) -> None:
    """Show one job."""
    with expected_errors(), settings_of(context).client() as service:
        job = service.get_job(job_id)
    if as_json:
        print_json(job.model_dump(mode="json"))
    else:
        print_fields(_fields(job))


@jobs.command("cancel")
def cancel_job(context: typer.Context, job_id: JobIdArgument, as_json: AsJson = False) -> None:
    """Cancel a job: at once while it waits, at the next segment while it is processed."""
    with expected_errors(), settings_of(context).client() as service:
        job = service.cancel(job_id)
    if as_json:
        print_json(job.model_dump(mode="json"))
    elif job.state is JobState.CANCELLED:
        typer.echo(f"Job {job.job_id} is cancelled.")
    else:
        typer.echo(f"Job {job.job_id} stops at its next segment.")


@jobs.command("delete")
def delete_job(context: typer.Context, job_id: JobIdArgument, as_json: AsJson = False) -> None:
    """Delete a job with its song and stems."""
    with expected_errors(), settings_of(context).client() as service:
        receipt = service.delete(job_id)
    if as_json:
        print_json(receipt.model_dump(mode="json"))
        return
    typer.echo(
        f"Job {receipt.job_id} is deleted: {receipt.objects_removed} objects, {size(receipt.bytes_removed)}."
    )
    if receipt.still_stopping:
        typer.echo("It was being processed; its worker stops and removes the rest.")


@jobs.command("download")
def download_job(
    context: typer.Context,
    job_id: JobIdArgument,
    out: Annotated[Path, typer.Option(help="Folder for the stems.")] = Path("stems"),
    as_json: AsJson = False,
) -> None:
    """Download the stems of a completed job, also to go on with a download that broke off."""
    with expected_errors(), settings_of(context).client() as service:
        job = service.get_job(job_id)
        with display_for(job.filename, silent=as_json) as display:
            files = service.download(job, out, display.show)
    if as_json:
        stems = {str(stem): str(path) for stem, path in files.stems.items()}
        archive = str(files.archive) if files.archive else None
        report = str(files.report)
        print_json({"job_id": str(job_id), "stems": stems, "report_file": report, "archive_file": archive})
    else:
        others = "report.json and stems.zip" if files.archive else "report.json"
        typer.echo(f"{len(files.stems)} stems, {others} are in {out}.")


def _state(job: Job) -> str:
    if job.state.is_final:
        return str(job.state)
    status = status_of(job)
    return status.text if status.fraction is None else f"{status.text} {status.fraction:.0%}"


def _fields(job: Job) -> list[tuple[str, str]]:
    output = job.output.with_defaults()
    depth = f"{output.bit_depth} bit" if output.bit_depth else f"{output.bitrate_kbps} kb/s"
    fields = [
        ("Job", str(job.job_id)),
        ("State", _state(job)),
        ("File", job.filename),
        ("Model", job.model),
        ("Stems", ", ".join(job.stems)),
        ("Output", f"{output.format}, {depth}"),
        ("Extras", ", ".join(name for name, wanted in job.extras if wanted) or "none"),
        ("Created", job.created_at.isoformat(timespec="seconds")),
        ("Kept until", job.retention_ends_at.isoformat(timespec="seconds")),
    ]
    if job.duration_seconds is not None:
        fields.append(("Length", clock(job.duration_seconds)))
    if job.eta_seconds:
        fields.append(("Finished in", about(job.eta_seconds)))
    if job.error is not None:
        fields.append(("Error", f"{job.error.message} ({job.error.code})"))
    fields.extend(("Warning", f"{warning.message} ({warning.code})") for warning in job.warnings)
    fields.extend((f"  {name}", value) for name, value in job.metadata.items())
    return fields
