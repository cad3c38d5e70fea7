"""Entry point of a training job on SageMaker: ``python -m sagemaker_container.train [train]``.

What SageMaker promises to a training container and expects of it: hyperparameters, channels, the model
folder, the failure file, and SIGTERM two minutes before the end. Training itself is a process of its own,
`training.finetune`, which the image of training jobs has (training/Dockerfile).
"""

import json
import logging
import os
import signal
import subprocess
import sys
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Final

from sagemaker_container import logs

_logger = logging.getLogger(__name__)

ROOT: Final = Path("/opt/ml")
COMMAND: Final = (sys.executable, "-m", "training.finetune")
OPTIONS: Final = frozenset(
    {"batch-size", "from", "held-out", "learning-rate", "minutes", "name", "seed", "steps"}
)
"""Hyperparameters; each is the option of `stems train` of that name."""
TRAINING_CHANNEL: Final = "training"
VALIDATION_CHANNEL: Final = "validation"
RECORD: Final = "run.json"

BAD_INPUT: Final = 2
INTERRUPTED: Final = 130
# SageMaker shows so much of the file as the reason of the failure.
_FAILURE_CHARACTERS: Final = 1024
_KEPT_LINES: Final = 20


class JobError(ValueError):
    """The job is described wrongly; the message says what to change."""


@dataclass(frozen=True, slots=True)
class Job:
    """A training job's folders.

    Attributes:
        root: what SageMaker calls /opt/ml.
    """

    root: Path

    @property
    def model(self) -> Path:
        """What lies here when the job ends is packed as model.tar.gz."""
        return self.root / "model"

    @property
    def work(self) -> Path:
        """State of the run, below what is copied to S3 while it changes and back when a job goes on."""
        return self.root / "checkpoints" / "run"

    def arguments(self) -> list[str]:
        """The command line of the training.

        Raises:
            JobError: a hyperparameter is unknown, or the channel with the songs is missing.
        """
        songs = self._channel(TRAINING_CHANNEL)
        if not songs.is_dir():
            raise JobError(f"the job has no channel {TRAINING_CHANNEL!r} with the multitracks")
        options = {"data": str(songs), "work": str(self.work)} | self._hyperparameters()
        if self._channel(VALIDATION_CHANNEL).is_dir():
            options["validation"] = str(self._channel(VALIDATION_CHANNEL))
        arguments = [f"--{name}={value}" for name, value in options.items()]
        return [*arguments, "--resume"] if (self.work / RECORD).is_file() else arguments

    def fail(self, reason: str) -> None:
        """Leave the reason where SageMaker looks for it."""
        path = self.root / "output" / "failure"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(reason[-_FAILURE_CHARACTERS:], encoding="utf-8")

    def _channel(self, name: str) -> Path:
        return self.root / "input" / "data" / name

    def _hyperparameters(self) -> dict[str, str]:
        path = self.root / "input" / "config" / "hyperparameters.json"
        given: dict[str, str] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
        # SageMaker's own clients add some of theirs.
        wanted = {name: value for name, value in given.items() if not name.startswith("sagemaker_")}
        unknown = sorted(wanted.keys() - OPTIONS)
        if unknown:
            raise JobError(
                f"unknown hyperparameters {', '.join(unknown)}; known: {', '.join(sorted(OPTIONS))}"
            )
        # Some clients write JSON into the values, which are strings.
        return {name: str(value).strip('"') for name, value in wanted.items()}


def main(root: Path = ROOT) -> int:
    """Run the job that the folders describe; 0 when there is a model, else the training's exit status."""
    job = Job(root)
    try:
        arguments = job.arguments()
    except (JobError, json.JSONDecodeError) as error:
        _logger.error("%s", error)
        job.fail(str(error))
        return BAD_INPUT
    environment = os.environ | {"MODEL_DIRECTORY": str(job.model)}
    environment.pop("MODEL_CATALOGUE_FILE", None)
    last_lines: deque[str] = deque(maxlen=_KEPT_LINES)
    with subprocess.Popen(
        [*COMMAND, *arguments], env=environment, stderr=subprocess.PIPE, text=True, errors="replace"
    ) as training:

        def stop(_number: int, _frame: FrameType | None) -> None:
            training.send_signal(signal.SIGTERM)

        before = signal.signal(signal.SIGTERM, stop)
        assert training.stderr is not None
        for line in training.stderr:
            sys.stderr.write(line)
            last_lines.append(line)
        status = training.wait()
        signal.signal(signal.SIGTERM, before)
    if status < 0:
        last_lines.append(f"the training was ended by signal {-status}; 9 mostly means: out of memory\n")
    if status not in {0, INTERRUPTED}:
        job.fail(_reason(list(last_lines)))
    return status


def _reason(lines: list[str]) -> str:
    """The lines that say what is wrong, or else the last ones."""
    errors = [line for line in lines if line.startswith("error: ")]
    return "".join(errors or lines[-5:]).strip()


if __name__ == "__main__":
    logs.configure()
    sys.exit(main())
