"""Separates a file with `demucs.api`, as a program that uses the library would; the reference of accuracy.

    python -m benchmarks.engine.reference FILE OUT --model NAME --repo FOLDER [--device cpu]

Reads WAV at 44.1 kHz in stereo and writes 32-bit float WAV, so that no rounding hides a difference.
"""

import argparse
import sys
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import torch
from demucs.api import Separator
from torch import Tensor

from contract.audio import CHANNELS, SAMPLE_RATE_HZ


def separator(model: str, repo: Path, device: str) -> Any:
    """Demucs' own, reproducible and as `StreamingEngine` cuts a song."""
    return Separator(model=model, repo=repo, device=device, shifts=0, overlap=0.25, split=True)


def read(path: Path) -> Tensor:
    """A WAV file as [channels, samples].

    Raises:
        ValueError: it is not stereo at 44.1 kHz.
    """
    samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    if (rate, samples.shape[1]) != (SAMPLE_RATE_HZ, CHANNELS):
        raise ValueError(f"{path} is not stereo at {SAMPLE_RATE_HZ} Hz")
    return torch.from_numpy(np.ascontiguousarray(samples.T))


def main() -> int:
    """Separate and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--model", required=True)
    parser.add_argument("--repo", type=Path, required=True)
    parser.add_argument("--device", default="cpu")
    arguments = parser.parse_args()
    loaded = separator(arguments.model, arguments.repo, arguments.device)
    _, stems = loaded.separate_tensor(read(arguments.file), SAMPLE_RATE_HZ)
    for name, samples in stems.items():
        soundfile.write(
            arguments.out / f"{name}.wav",
            samples.cpu().numpy().T,
            SAMPLE_RATE_HZ,
            format="WAV",
            subtype="FLOAT",
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
