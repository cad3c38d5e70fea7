"""What is measured against what: command lines, all with the same song, weights and threads."""

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.engine import models, places
from contract.registered_models import FILE_VARIABLE

STEMS: Final = tuple(str(stem) for stem in models.STEMS)
_SINGLE, _BAG = "random", "random_ft"

Command = Callable[[Path, Path], list[str]]
"""(song, existing folder for the stems) -> program and arguments."""


@dataclass(frozen=True, slots=True)
class Subject:
    """One row of the table.

    ``accurate`` is the same with 32-bit float output, for comparing; None for those that are not compared.
    ``baseline`` names the subject that it is to be faster than.
    """

    title: str
    command: Command
    accurate: Command | None = None
    baseline: str | None = "demucs"


def prepare() -> None:
    """Write the weights, unless they are there."""
    if not places.CATALOGUE.is_file():
        models.write_all(places.WEIGHTS)


def environment(threads: int) -> Mapping[str, str]:
    """Variables of every run: threads of the maths libraries, our models, and no look at any network."""
    count = str(threads)
    return {
        "OMP_NUM_THREADS": count,
        "MKL_NUM_THREADS": count,
        "OPENBLAS_NUM_THREADS": count,
        "HF_HUB_OFFLINE": "1",
        FILE_VARIABLE: str(places.CATALOGUE),
    }


def default_threads() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0))


def demucs_command(model: str, *options: str) -> Command:
    """The installed `demucs` command, without its random shift."""

    def command(song: Path, out: Path) -> list[str]:
        program = str(Path(sys.executable).with_name("demucs"))
        fixed = ["--repo", str(places.WEIGHTS), "-n", model, "-d", "cpu", "--shifts", "0", "-o", str(out)]
        return [program, *fixed, *options, str(song)]

    return command


def demucs_library(model: str) -> Command:
    """`demucs.api` in a process of its own; writes 32-bit float."""

    def command(song: Path, out: Path) -> list[str]:
        module = [sys.executable, "-m", "benchmarks.engine.reference"]
        return [*module, str(song), str(out), "--model", model, "--repo", str(places.WEIGHTS)]

    return command


def ours(model: str, precision: str | None, *options: str, beside: bool = False) -> Command:
    """The engine of Stem Foundry in a process of its own.

    Args:
        model: name in the catalogue of `models.write_all`.
        precision: full or fast, None for what the engine chooses.
        options: further arguments.
        beside: whether previews and analysis are made too.
    """

    def command(song: Path, out: Path) -> list[str]:
        fixed = ["--model", model, "--json", *(["--precision", precision] if precision else [])]
        weights = ["--model-directory", str(places.WEIGHTS)]
        without = [] if beside else ["--no-previews", "--no-analysis"]
        module = [sys.executable, "-m", "sagemaker_container.separation"]
        return [*module, str(song), str(out), *fixed, *weights, *without, *options]

    return command


_WAV = ("--format", "wav")
_FLOAT = (*_WAV, "--bit-depth", "32")
_TORCH = ("--runtime", "torch")

DEMUCS, REFERENCE, FULL, FAST, FULL_TORCH = "demucs", "demucs_api", "full", "fast", "full_torch"
MP3, BESIDE = "full_mp3", "full_previews_analysis"
BUNDLED, BUNDLED_FULL, BUNDLED_PARTS = "foundry_4s", "foundry_4s_full", "foundry_4s_drum_parts"
TWO_STEMS, SPECIALIST = "demucs_two_stems", "specialist"

SUBJECTS: Final[Mapping[str, Subject]] = {
    DEMUCS: Subject("demucs command", demucs_command(_SINGLE)),
    REFERENCE: Subject("demucs.api", demucs_library(_SINGLE)),
    FULL: Subject("full", ours(_SINGLE, "full", *_WAV), ours(_SINGLE, "full", *_FLOAT)),
    FAST: Subject("fast", ours(_SINGLE, "fast", *_WAV), ours(_SINGLE, "fast", *_FLOAT)),
    FULL_TORCH: Subject(
        "full, torch alone",
        ours(_SINGLE, "full", *_WAV, *_TORCH),
        ours(_SINGLE, "full", *_FLOAT, *_TORCH),
    ),
    MP3: Subject("full, MP3 320", ours(_SINGLE, "full", "--format", "mp3", "--bitrate-kbps", "320")),
    BESIDE: Subject("full, previews, analysis", ours(_SINGLE, "full", *_WAV, beside=True)),
    BUNDLED: Subject("foundry_4s", ours("foundry_4s", None, *_WAV)),
    BUNDLED_FULL: Subject("foundry_4s, full", ours("foundry_4s", "full", *_WAV)),
    BUNDLED_PARTS: Subject(
        "foundry_4s, drum parts",
        ours("foundry_4s", None, *_WAV, "--drum-parts", "--kit-model", "foundry_kit"),
    ),
    TWO_STEMS: Subject(
        "bag: demucs --two-stems vocals", demucs_command(_BAG, "--two-stems", "vocals"), baseline=None
    ),
    SPECIALIST: Subject(
        "bag: full, vocals alone", ours(_BAG, "full", *_WAV, "--stems", "vocals"), baseline=TWO_STEMS
    ),
}

BAG: Final = frozenset({TWO_STEMS, SPECIALIST})
"""Those that may get a shorter song: four networks take their time."""


def tiny(song: Path, out: Path) -> list[str]:
    """All that the product does, with a network that costs next to nothing, by torch."""
    return ours("random_tiny", "full", *_WAV, *_TORCH, beside=True)(song, out)


def full_size(song: Path, out: Path) -> list[str]:
    """The same with the network of full size."""
    return ours(_SINGLE, "full", *_WAV, *_TORCH, beside=True)(song, out)
