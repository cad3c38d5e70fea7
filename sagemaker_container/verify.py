"""Proves the weights in an image: ``python -m sagemaker_container.verify FOLDER MODEL...``.

Run while the image is built. Every model is read, verified and loaded exactly as a worker does it.
"""

import sys
from pathlib import Path

import torch

from contract.catalogue import get_model
from contract.errors import StemFoundryError
from sagemaker_container.separation.models.store import ModelStore


def main(arguments: list[str]) -> int:
    """Load the named models from a folder.

    Returns:
        0 when all are sound, 1 with a message when one is not, 2 for wrong arguments.
    """
    if len(arguments) < 2:
        sys.stderr.write("usage: python -m sagemaker_container.verify FOLDER MODEL...\n")
        return 2
    store = ModelStore(Path(arguments[0]), torch.device("cpu"))
    for name in arguments[1:]:
        try:
            model = store.load(get_model(name)).model
        except StemFoundryError as error:
            sys.stderr.write(f"{error.message}\n")
            return 1
        sys.stdout.write(f"{name}: {model.digest} ({model.licence})\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
