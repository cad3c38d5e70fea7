"""The command line, put together."""

from dataclasses import replace
from typing import Annotated

import typer

from contract.routes import SERVICE_VERSION
from stem_foundry._client import DEFAULT_API_URL
from stem_foundry.cli._exit import EXIT_CODES_HELP
from stem_foundry.cli._interrupts import interrupt_on_termination
from stem_foundry.cli._jobs import jobs
from stem_foundry.cli._models import models
from stem_foundry.cli._separate import separate
from stem_foundry.cli._settings import settings_of
from stem_foundry.cli._train import ANY_ARGUMENTS, train

app = typer.Typer(
    name="stems",
    help="Turn songs into their stems.",
    epilog=EXIT_CODES_HELP,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.command("separate", epilog=EXIT_CODES_HELP)(separate)
app.command("train", context_settings=ANY_ARGUMENTS)(train)
app.add_typer(jobs, name="jobs")
app.add_typer(models, name="models")


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"stems {SERVICE_VERSION}")
        raise typer.Exit


@app.callback()
def global_options(
    context: typer.Context,
    api_url: Annotated[
        str, typer.Option(envvar="STEMS_API_URL", help="Address of the service.")
    ] = DEFAULT_API_URL,
    _version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version and exit."),
    ] = False,
) -> None:
    """Turn songs into their stems.

    The environment variable STEMS_TOKEN gives a bearer token to use instead of an anonymous session.
    """
    context.obj = replace(settings_of(context), api_url=api_url)


def main() -> None:
    """Entry point of the ``stems`` command."""
    interrupt_on_termination()
    app()
