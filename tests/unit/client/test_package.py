"""The package as it is installed: light, typed, and one flat public surface."""

import subprocess
import sys
from pathlib import Path

import stem_foundry


def test_nothing_heavy_is_needed() -> None:
    heavy = [
        "boto3",
        "botocore",
        "torch",
        "numpy",
        "av",
        "flask",
        "aws_lambda_powertools",
        "lambdas",
        "local",
    ]
    code = f"import sys, stem_foundry.cli; print([name for name in {heavy} if name in sys.modules])"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout == "[]\n"


def test_everything_public_is_there_once() -> None:
    assert len(set(stem_foundry.__all__)) == len(stem_foundry.__all__)
    assert all(hasattr(stem_foundry, name) for name in stem_foundry.__all__)
    assert (Path(stem_foundry.__file__).parent / "py.typed").exists()
