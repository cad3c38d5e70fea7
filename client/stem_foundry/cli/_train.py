"""``stems train``: handed on to the training package of the repository, where that is installed."""

from collections.abc import Callable
from importlib import import_module

import typer

from stem_foundry._errors import BadInput, ClientErrorCode
from stem_foundry.cli._exit import expected_errors

# By its name, since this package must work without it: training needs PyTorch, this does not.
_COMMAND = "training.finetune.__main__"

ANY_ARGUMENTS = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}


def train(context: typer.Context) -> None:
    """Train a model further on your own multitracks (see stems train --help)."""
    with expected_errors():
        run = _command()
    raise typer.Exit(run(context.args))


def _command() -> Callable[[list[str]], int]:
    try:
        command: Callable[[list[str]], int] = import_module(_COMMAND).main
    except ModuleNotFoundError as error:
        raise BadInput(
            ClientErrorCode.TRAINING_NOT_INSTALLED,
            f"Training needs more than this command line brings ({error.name} is missing). In a checkout of"
            " Stem Foundry: pip install -e '.[container,training]'",
        ) from error
    return command
