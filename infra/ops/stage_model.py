"""Puts a model of this machine among the sources of the functions and of the image."""

import hashlib
import shutil
from pathlib import Path

from contract.environment import default_model_directory
from contract.models import Model
from contract.own_models import OwnModelError, add_model, own_models, remove_model
from contract.registered_models import FILE_NAME, RegisteredModelsError
from infra.image_source import REPOSITORY
from infra.ops.deployment import OpsError

OWN_WEIGHTS = Path("sagemaker_container/weights/own")
"""Where the image's build takes weights from that cannot be fetched."""


def stage_model(name: str, repository: Path = REPOSITORY) -> Model:
    """Copy the weights and the entry of a model into the checkout; one that was staged before is replaced.

    Git ignores both, so a private model stays private.

    Raises:
        OpsError: there is no such model on this machine, or its weights are not the registered ones.
    """
    packaged = repository / "contract" / FILE_NAME
    try:
        model = next((model for model in own_models() if model.name == name), None)
        if model is None:
            raise OpsError(f"there is no model {name} on this machine", "stems models list --offline")
        _copy_weights(model, repository / OWN_WEIGHTS)
        if any(staged.name == name for staged in own_models(packaged)):
            remove_model(name, packaged)
        add_model(model, packaged)
    except (OwnModelError, RegisteredModelsError) as error:
        raise OpsError(str(error)) from error
    return model


def _copy_weights(model: Model, target: Path) -> None:
    folder = default_model_directory()
    for file in model.weights:
        path = folder / file.name
        if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != file.sha256:
            raise OpsError(f"{path} is missing, or not the file that was registered")
        shutil.copyfile(path, target / file.name)
