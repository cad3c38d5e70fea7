"""``stems models``."""

from pathlib import Path
from typing import Annotated

import typer

from stem_foundry._own_models import add_own_models, remove_own_model, where_weights_are
from stem_foundry._weights import download_model, own_catalogue
from stem_foundry.cli._exit import expected_errors
from stem_foundry.cli._output import print_json, print_table
from stem_foundry.cli._progress import display_for
from stem_foundry.cli._settings import settings_of

models = typer.Typer(no_args_is_help=True, help="See and fetch models.")


@models.command("list")
def list_models(
    context: typer.Context,
    offline: Annotated[
        bool, typer.Option("--offline", help="Show the catalogue of this version without asking the service.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Write one JSON object and nothing else.")] = False,
) -> None:
    """List the models the service offers, with stems, cost and licence."""
    if offline:
        with expected_errors():
            found = own_catalogue()
    else:
        with expected_errors(), settings_of(context).client() as service:
            found = service.models()
    if as_json:
        print_json({"models": [model.model_dump(mode="json") for model in found]})
        return
    print_table(
        ["Model", "For", "Stems", "Cost", "Weights", "Licence"],
        [
            [
                f"{model.name} (default)" if model.default else model.name,
                model.purpose,
                ", ".join(model.stems),
                f"{model.relative_cost:g}",
                where_weights_are(model.name),
                model.licence,
            ]
            for model in found
        ],
    )


@models.command("download")
def download(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="A name from `stems models list`.")],
    as_json: Annotated[bool, typer.Option("--json", help="Write one JSON object and nothing else.")] = False,
) -> None:
    """Fetch the published weights of a model for the service on this machine, and verify them."""
    settings = settings_of(context)
    with expected_errors(), display_for(name, silent=as_json) as display:
        installed = download_model(
            name, on_progress=display.show, transport=settings.transport, sleep=settings.sleep
        )
    if as_json:
        digests = {str(path): digest for path, digest in installed.digests.items()}
        print_json({"model": name, "bundled": installed.model.bundled, "files": digests})
    elif installed.model.bundled:
        typer.echo(f"{name} is bundled: there is nothing to download.")
    else:
        for path, digest in installed.digests.items():
            typer.echo(f"{path}  sha256 {digest}")
        typer.echo(f"{name} is ready. {installed.model.licence}. {installed.model.commercial_use}")


@models.command("add")
def add(
    source: Annotated[Path, typer.Argument(help="model.tar.gz of a training job, or a folder of its files.")],
    as_json: Annotated[bool, typer.Option("--json", help="Write one JSON object and nothing else.")] = False,
) -> None:
    """Register models that were trained elsewhere with the service on this machine."""
    with expected_errors():
        added = add_own_models(source)
    if as_json:
        print_json({"models": [model.model_dump(mode="json", exclude_defaults=True) for model in added]})
    for model in () if as_json else added:
        typer.echo(f"{model.name} is registered: {model.title}.")


@models.command("remove")
def remove(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A model of your own.")],
    as_json: Annotated[bool, typer.Option("--json", help="Write one JSON object and nothing else.")] = False,
) -> None:
    """Unregister a model of your own and delete its weights from this machine."""
    with expected_errors():
        gone = remove_own_model(name)
    if as_json:
        print_json({"model": name, "files": [str(path) for path in gone]})
    else:
        typer.echo(f"{name} is removed: {len(gone)} files.")
