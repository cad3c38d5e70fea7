"""What is remembered of a fine-tuning, in its folder, so that it can be resumed."""

from pathlib import Path
from typing import Final, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from contract.models import Model
from training.finetune.errors import FineTuningError
from training.finetune.scores import mean

RECORD_FILE: Final = "run.json"

NAME_PATTERN: Final[str] = Model.model_json_schema()["properties"]["name"]["pattern"]
"""The rule of the catalogue."""


class Request(BaseModel):
    """What a user asks for."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=NAME_PATTERN, description="Of the new model.")
    base: str = Field(description="Model to start from.")
    data: Path = Field(description="Folder of multitracks.")
    validation: Path | None = Field(None, description="Folder of songs nothing is learnt from.")
    held_out_share: float = Field(0.2, gt=0, lt=1, description="Share of the songs held out.")
    minutes: float = Field(30, gt=0, le=100_000, description="How long to train, where no steps are given.")
    steps: int | None = Field(None, ge=1, le=10_000_000)
    batch_size: int | None = Field(None, ge=1, le=1024, description="Default: the recipe's.")
    learning_rate: float | None = Field(None, gt=0, le=0.1, description="Default: a tenth of the recipe's.")
    seed: int = 1


class Check(BaseModel):
    """A look at the songs held out: ratios in dB by stem after a step."""

    step: int
    scores: dict[str, float]


class Record(BaseModel):
    """The state of a fine-tuning beside its weights."""

    request: Request
    base_digest: str
    training_songs: list[str]
    held_out_songs: list[str]
    segment_samples: int
    steps: int
    before: dict[str, float]
    checks: list[Check] = []
    seconds: float = 0.0

    @property
    def best(self) -> Check | None:
        """The check with the highest mean."""
        return max(self.checks, key=lambda check: mean(check.scores), default=None)

    def save(self, folder: Path) -> None:
        """Write it; the old one stays whole until the new one is complete."""
        partial = folder / f".{RECORD_FILE}.part"
        partial.write_text(self.model_dump_json(indent=2) + "\n", encoding="utf-8")
        partial.replace(folder / RECORD_FILE)

    @classmethod
    def load(cls, folder: Path) -> Self | None:
        """Return what a folder holds, if anything.

        Raises:
            FineTuningError: it was written by another version.
        """
        path = folder / RECORD_FILE
        if not path.is_file():
            return None
        try:
            return cls.model_validate_json(path.read_bytes())
        except ValidationError as error:
            raise FineTuningError(f"{path} is of another version: use --restart") from error
