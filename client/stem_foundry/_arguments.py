"""Arguments of callers, checked before the service is asked."""

import uuid
from collections.abc import Iterable, Sequence

from pydantic import ValidationError

from contract.api import ModelDescription
from contract.audio import Stem
from contract.errors import ErrorCode
from contract.models import Purpose
from stem_foundry._errors import BadInput

JobId = uuid.UUID | str


def invalid_arguments(error: ValidationError) -> BadInput:
    """The error for arguments that the contract's models refuse."""
    reasons = []
    for problem in error.errors(include_url=False, include_context=False, include_input=False):
        field = ".".join(str(part) for part in problem["loc"])
        message = problem["msg"].removeprefix("Value error, ")
        reasons.append(f"{field}: {message}" if field else message)
    return BadInput(ErrorCode.INVALID_REQUEST, "; ".join(reasons))


def job_path(job_id: JobId) -> dict[str, str]:
    """Path parameter of the routes of one job.

    Raises:
        BadInput: ``invalid_request`` when it is not a UUID.
    """
    try:
        return {"job_id": str(job_id if isinstance(job_id, uuid.UUID) else uuid.UUID(job_id))}
    except ValueError as error:
        raise BadInput(ErrorCode.INVALID_REQUEST, f"{job_id!r} is not a job id.") from error


def check_choice(
    offered: Iterable[ModelDescription],
    name: str | None,
    stems: Sequence[str] | None,
    *,
    drum_parts: bool = False,
) -> None:
    """Compare a choice of model and stems with what the service offers, before a long upload.

    Raises:
        BadInput: ``unknown_model`` or ``unknown_stem``, naming what there is.
    """
    models = [model for model in offered if model.purpose is Purpose.SONG]
    chosen = [model for model in models if (model.default if name is None else model.name == name)]
    if not chosen:
        known = ", ".join(model.name for model in models)
        raise BadInput(ErrorCode.UNKNOWN_MODEL, f"There is no model {name!r}. Known models: {known}.")
    missing = [str(stem) for stem in stems or () if stem not in chosen[0].stems]
    if missing:
        raise BadInput(
            ErrorCode.UNKNOWN_STEM,
            f"The model {chosen[0].name} does not give {', '.join(missing)}."
            f" It gives: {', '.join(chosen[0].stems)}.",
        )
    if drum_parts and Stem.DRUMS not in chosen[0].stems:
        raise BadInput(
            ErrorCode.UNKNOWN_STEM,
            f"The model {chosen[0].name} gives no drums that could be split into parts.",
        )
