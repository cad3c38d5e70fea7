"""Starts the real server with a catalogue that also knows a small model: ``serve_small.py serve``."""

from pathlib import Path

from contract.catalogue import CATALOGUE, Architecture
from contract.environment import ContainerEnvironment
from sagemaker_container import serve
from tests.unit.container.small_models import entry, save_mask_network

if __name__ == "__main__":
    directory: Path = ContainerEnvironment.from_environ().model_directory
    CATALOGUE["small"] = entry("small", Architecture.MASK_NETWORK, save_mask_network(directory))
    serve.main()
