"""Models of one's own on this machine: taking in what was trained elsewhere, and letting go of it again."""

import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from contract import own_models
from contract.catalogue import Model, get_model
from contract.environment import default_model_directory
from contract.errors import ErrorCode, StemFoundryError
from contract.own_models import OwnModelError
from contract.registered_models import FILE_NAME, RegisteredModelsError
from stem_foundry._downloads import make_directory, not_writable
from stem_foundry._errors import BadInput, ClientErrorCode
from stem_foundry._fetch import file_sha256

# Far above any model that is trained here.
_MAX_ARCHIVE_BYTES = 4 * 1024**3
_CARD_SUFFIXES = (".json", ".md")


def add_own_models(source: Path) -> list[Model]:
    """Register models that were trained elsewhere, and copy their weights into the model folder.

    Args:
        source: a folder with ``registered_models.json`` and weights, or such a folder packed as ``.tar.gz``,
            which is what a training job on SageMaker leaves.

    Raises:
        BadInput: ``file_not_found``, ``model_unavailable`` when it does not hold models whose weights have
            their digest, ``model_name_taken``, or ``output_not_writable``.
    """
    with _unpacked(source) as folder:
        with _expected_errors():
            models = own_models.own_models(folder / FILE_NAME)
        if not models:
            raise BadInput(ErrorCode.MODEL_UNAVAILABLE, f"{source} holds no {FILE_NAME} with models.")
        for model in models:
            with _expected_errors():
                own_models.check_free(model.name)
            _check_weights(model, folder)
        target = default_model_directory()
        make_directory(target)
        for model in models:
            with _expected_errors():
                _copy(model, folder, target)
                own_models.add_model(model)
    return models


def remove_own_model(name: str) -> list[Path]:
    """Unregister a model of this machine and delete its weights and card.

    Returns:
        The files that are gone.

    Raises:
        BadInput: ``unknown_model`` when it is none of this machine's own.
    """
    try:
        model = own_models.remove_model(name)
    except OwnModelError as error:
        raise BadInput(ErrorCode.UNKNOWN_MODEL, f"{error}.") from error
    except RegisteredModelsError as error:
        raise BadInput(ErrorCode.MODEL_UNAVAILABLE, str(error)) from error
    kept = {file.name for other in own_models.own_models() for file in other.weights}
    folder = default_model_directory()
    gone = []
    for file in model.weights:
        weights = folder / file.name
        others = [weights.with_suffix(suffix) for suffix in _CARD_SUFFIXES]
        for path in [weights, weights.with_name(f"{weights.name}.sha256"), *others]:
            if file.name not in kept and path.is_file():
                path.unlink()
                gone.append(path)
    return gone


def where_weights_are(name: str) -> str:
    """Where the weights of a model are for a service on this machine: a word or three for a table."""
    try:
        model = get_model(name)
    except (StemFoundryError, RegisteredModelsError):
        return "elsewhere"
    if model.bundled:
        return "bundled"
    folder = default_model_directory()
    return "here" if all((folder / file.name).is_file() for file in model.weights) else "to download"


@contextmanager
def _unpacked(source: Path) -> Iterator[Path]:
    if source.is_dir():
        yield source
        return
    if not source.is_file():
        raise BadInput(ClientErrorCode.FILE_NOT_FOUND, f"There is no {source}.")
    with tempfile.TemporaryDirectory() as folder:
        try:
            with tarfile.open(source) as archive:
                if sum(member.size for member in archive.getmembers()) > _MAX_ARCHIVE_BYTES:
                    raise BadInput(ErrorCode.MODEL_UNAVAILABLE, f"{source} is larger than any model.")
                archive.extractall(folder, filter="data")
        except (tarfile.TarError, EOFError, OSError) as error:
            raise BadInput(ErrorCode.MODEL_UNAVAILABLE, f"{source} cannot be unpacked: {error}") from error
        yield Path(folder)


def _check_weights(model: Model, folder: Path) -> None:
    for file in model.weights:
        path = folder / file.name
        if not path.is_file() or file_sha256(path) != file.sha256:
            raise BadInput(
                ErrorCode.MODEL_UNAVAILABLE, f"{path.name} is missing, or not the file that was registered."
            )


def _copy(model: Model, folder: Path, target: Path) -> None:
    for file in model.weights:
        weights = folder / file.name
        for path in [weights, *(weights.with_suffix(suffix) for suffix in _CARD_SUFFIXES)]:
            if path.is_file() and path.resolve() != (target / path.name).resolve():
                partial = target / f".{path.name}.part"
                shutil.copyfile(path, partial)
                partial.replace(target / path.name)


@contextmanager
def _expected_errors() -> Iterator[None]:
    try:
        yield
    except OwnModelError as error:
        raise BadInput(ClientErrorCode.MODEL_NAME_TAKEN, f"{error}.") from error
    except OSError as error:
        raise not_writable(default_model_directory(), error) from error
    except RegisteredModelsError as error:
        raise BadInput(ErrorCode.MODEL_UNAVAILABLE, str(error)) from error
