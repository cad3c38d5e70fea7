"""Adding to the models registered on this machine, and taking away again: for models a user has trained.

The file is the machine's own of `contract.registered_models`. Services that run read it anew when it changes.
"""

from pathlib import Path

from pydantic import TypeAdapter

from contract.catalogue import CATALOGUE
from contract.models import Model
from contract.registered_models import MAX_MODELS, machine_file, read_file

_Models = TypeAdapter(list[Model])


class OwnModelError(ValueError):
    """A model cannot be added or removed; the message says why."""


def own_models(file: Path | None = None) -> list[Model]:
    """The models of this machine's file, in its order; none where there is no file.

    Raises:
        RegisteredModelsError: the file cannot be used.
    """
    path = file or machine_file()
    return list(read_file(path)) if path.is_file() else []


def check_free(name: str, file: Path | None = None) -> None:
    """See that a new model can have a name.

    Raises:
        OwnModelError: the service itself or another model of this machine has it.
    """
    if name in CATALOGUE:
        raise OwnModelError(f"{name} is a model of the service itself: choose another name")
    if any(model.name == name for model in own_models(file)):
        raise OwnModelError(f"there is a model {name} already: choose another name, or remove that one first")


def add_model(model: Model, file: Path | None = None) -> Path:
    """Register a model on this machine.

    Returns:
        The file it was written to.

    Raises:
        OwnModelError: its name is taken, or there are too many.
        RegisteredModelsError: the file cannot be used.
    """
    path = file or machine_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    check_free(model.name, path)
    models = own_models(path)
    if len(models) >= MAX_MODELS:
        raise OwnModelError(f"{path} has {MAX_MODELS} models already: remove one first")
    _write(path, [*models, model])
    return path


def remove_model(name: str, file: Path | None = None) -> Model:
    """Take a model out of this machine's file; its weights are left alone.

    Returns:
        What its entry was.

    Raises:
        OwnModelError: it is not in that file.
        RegisteredModelsError: the file cannot be used.
    """
    path = file or machine_file()
    if name in CATALOGUE:
        raise OwnModelError(f"{name} is a model of the service itself and stays")
    models = own_models(path)
    found = next((model for model in models if model.name == name), None)
    if found is None:
        raise OwnModelError(f"there is no model {name} in {path}")
    _write(path, [model for model in models if model.name != name])
    return found


def ensure_file(path: Path) -> None:
    """Make an empty file where there is none, so that processes can be told its name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        _write(path, [])


def _write(path: Path, models: list[Model]) -> None:
    """Readers see the old file or the new one, never a part."""
    content = _Models.dump_json(models, indent=2, exclude_defaults=True)
    partial = path.with_name(f".{path.name}.part")
    partial.write_bytes(content + b"\n")
    partial.replace(path)
