"""Models that are added to the catalogue, in two files of JSON.

One is ``registered_models.json`` in the folder of this package, which goes wherever the package goes: into
the functions and into the image. The other is the machine's own: the one that ``MODEL_CATALOGUE_FILE`` names,
or the one in the model folder. A name in both means the machine's model. Neither need exist.
"""

import os
from collections.abc import Container, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Final

from pydantic import Field, TypeAdapter, ValidationError

from contract.environment import default_model_directory
from contract.models import Model

FILE_VARIABLE: Final = "MODEL_CATALOGUE_FILE"
FILE_NAME: Final = "registered_models.json"
PACKAGED_FILE: Final = Path(__file__).with_name(FILE_NAME)

MAX_MODELS: Final = 64
MAX_FILE_BYTES: Final = 1024 * 1024

_Models = TypeAdapter(Annotated[list[Model], Field(max_length=MAX_MODELS)])


class RegisteredModelsError(ValueError):
    """The file cannot be used; the message names it and says what is wrong with it."""


def machine_file() -> Path:
    """The file of the models of this machine; need not exist."""
    named = os.environ.get(FILE_VARIABLE)
    return Path(named) if named else default_model_directory() / FILE_NAME


def registered_models(file: Path | None = None, *, reserved: Container[str]) -> list[Model]:
    """The registered models: packaged ones, then the machine's, each in the order of their file.

    Args:
        file: the machine's file; by default where the environment says.
        reserved: names that the service's own models have.

    Raises:
        RegisteredModelsError: a file is missing where one was named, cannot be read, or is wrong.
    """
    found: dict[str, Model] = {}
    for path in _files(file):
        for model in read_file(path):
            if model.name in reserved:
                raise RegisteredModelsError(f"{path}: {model.name} is a model of the service itself")
            found[model.name] = model
    return list(found.values())


def _files(file: Path | None) -> Iterator[Path]:
    if PACKAGED_FILE.exists():
        yield PACKAGED_FILE
    if file or os.environ.get(FILE_VARIABLE):
        yield file or machine_file()
        return
    try:
        own = machine_file()
    except RuntimeError:
        # A user without a home folder, as in a function on AWS, has no models there either.
        return
    if own.exists():
        yield own


def read_file(path: Path) -> tuple[Model, ...]:
    """The models of one file, in its order.

    Raises:
        RegisteredModelsError: it is missing, cannot be read, or is wrong.
    """
    try:
        status = path.stat()
    except FileNotFoundError as error:
        raise RegisteredModelsError(f"{path}: there is no such file") from error
    except OSError as error:
        raise RegisteredModelsError(f"{path}: {error.strerror}") from error
    return _read(path, status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=8)
def _read(path: Path, _changed_ns: int, size: int) -> tuple[Model, ...]:
    """Read a file; when and how large it was make a changed one another entry of the cache."""
    if size > MAX_FILE_BYTES:
        raise RegisteredModelsError(f"{path}: has {size} bytes, more than the {MAX_FILE_BYTES} allowed")
    try:
        models = _Models.validate_json(path.read_bytes())
    except OSError as error:
        raise RegisteredModelsError(f"{path}: {error.strerror}") from error
    except ValidationError as error:
        raise RegisteredModelsError(f"{path}: {_explain(error)}") from error
    names = [model.name for model in models]
    for model in models:
        if names.count(model.name) > 1:
            raise RegisteredModelsError(f"{path}: {model.name} is listed twice")
        if model.bundled:
            raise RegisteredModelsError(f"{path}: {model.name} cannot be bundled: leave that out")
        if not all(file.sha256 for file in model.weights):
            raise RegisteredModelsError(f"{path}: {model.name} needs the full sha256 of each file of weights")
    return tuple(models)


def _explain(error: ValidationError) -> str:
    reasons = []
    for problem in error.errors(include_url=False, include_context=False, include_input=False):
        place = ".".join(map(str, problem["loc"]))
        reason = problem["msg"].removeprefix("Value error, ")
        reasons.append(f"{place}: {reason}" if place else reason)
    return "; ".join(reasons)
