"""Models that an operator adds to the catalogue, in a file of JSON.

The file is the one that ``MODEL_CATALOGUE_FILE`` names, or ``registered_models.json`` in the folder of this
package, which goes wherever the package goes: into the functions and into the image. None there is fine.
"""

import os
from collections.abc import Container
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Final

from pydantic import Field, TypeAdapter, ValidationError

from contract.models import Model

FILE_VARIABLE: Final = "MODEL_CATALOGUE_FILE"
DEFAULT_FILE: Final = Path(__file__).with_name("registered_models.json")

MAX_MODELS: Final = 64
MAX_FILE_BYTES: Final = 1024 * 1024

_Models = TypeAdapter(Annotated[list[Model], Field(max_length=MAX_MODELS)])


class RegisteredModelsError(ValueError):
    """The file cannot be used; the message names it and says what is wrong with it."""


def registered_models(file: Path | None = None, *, reserved: Container[str]) -> list[Model]:
    """The registered models, in the order of the file.

    Args:
        file: where they are; by default where the environment says.
        reserved: names that the service's own models have.

    Raises:
        RegisteredModelsError: the file is missing where one was named, cannot be read, or is wrong.
    """
    named = file or os.environ.get(FILE_VARIABLE)
    path = Path(named) if named else DEFAULT_FILE
    try:
        status = path.stat()
    except FileNotFoundError as error:
        if not named:
            return []
        raise RegisteredModelsError(f"{path}: there is no such file") from error
    except OSError as error:
        raise RegisteredModelsError(f"{path}: {error.strerror}") from error
    models = _read(path, status.st_mtime_ns, status.st_size)
    for model in models:
        if model.name in reserved:
            raise RegisteredModelsError(f"{path}: {model.name} is a model of the service itself")
    return list(models)


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
