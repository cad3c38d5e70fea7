"""The command line of fine-tuning: `stems train`, or `python -m training.finetune`."""

import argparse
import json
import re
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, Final

import torch
from pydantic import ValidationError

from contract.catalogue import DEFAULT_MODEL
from contract.environment import default_model_directory
from contract.own_models import OwnModelError, check_free
from contract.registered_models import RegisteredModelsError
from training.audio_tracks import AudioTrackError
from training.finetune.errors import FineTuningError, NoGainError
from training.finetune.record import NAME_PATTERN, Record, Request
from training.finetune.result import card, publish
from training.finetune.run import FineTuning, StoppedError, forget

DONE: Final = 0
BAD_INPUT: Final = 2
NO_GAIN: Final = 3
INTERRUPTED: Final = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; the exit status is one of those above."""
    options = _parser().parse_args(arguments)
    try:
        with _stop_signals() as stop:
            return _run(options, stop)
    except (FineTuningError, OwnModelError, RegisteredModelsError, AudioTrackError) as error:
        for line in str(error).splitlines():
            _say(f"error: {line}")
        return BAD_INPUT
    except torch.OutOfMemoryError:
        _say("error: the memory is full: use --resume with nothing else running, or --restart --batch-size 1")
        return BAD_INPUT
    except OSError as error:
        _say(f"error: {error}")
        return BAD_INPUT
    except NoGainError as error:
        _say(str(error))
        return NO_GAIN
    except StoppedError as stopped:
        hint = "To go on: add --resume" if stopped.step else "Nothing was learnt yet"
        _say(f"Stopped at step {stopped.step} of {stopped.steps}. {hint}")
        return INTERRUPTED


class Stop:
    """Whether the user, or the machine, wants it to end."""

    wanted = False


def _run(options: argparse.Namespace, stop: Stop) -> int:
    given = {
        name: value
        for name, value in vars(options).items()
        if name in Request.model_fields and value is not None
    }
    for name in {"data", "validation"} & given.keys():
        # It may be resumed from another folder.
        given[name] = given[name].resolve()
    given.setdefault("name", f"{given.get('base', DEFAULT_MODEL)}_own")
    if not re.fullmatch(NAME_PATTERN, given["name"]):
        raise FineTuningError("--name: must be small letters, digits, _ . - and at most 64 of them")
    work = options.work or default_model_directory() / "training" / given["name"]
    if options.restart:
        forget(work)
    record = Record.load(work)
    request = _request(given, record, work, resume=options.resume)
    check_free(request.name)
    tuning = FineTuning(request, default_model_directory(), work, _say, lambda: stop.wanted)
    if record is None:
        tuning.begin()
    else:
        tuning.resume(record)
    try:
        tuning.train()
        facts = _publish(tuning)
    except NoGainError:
        forget(work)
        raise
    forget(work)
    if options.json:
        print(json.dumps(facts, indent=2))
    return DONE


def _request(given: dict[str, Any], record: Record | None, work: Path, *, resume: bool) -> Request:
    """Return what was asked for, now or when the run began."""
    if record is not None and not resume:
        raise FineTuningError(
            f"{work} holds an unfinished training of {given['name']}: go on with --resume, or begin anew"
            " with --restart"
        )
    if resume and record is None:
        raise FineTuningError(f"{work} holds nothing to resume")
    if record is not None:
        # Where the songs are may have changed; what is done with them may not.
        moved = {key: value for key, value in given.items() if key in {"data", "validation"}}
        return record.request.model_copy(update=moved)
    if "data" not in given:
        raise FineTuningError("say where your songs are: --data FOLDER")
    try:
        return Request.model_validate({"base": DEFAULT_MODEL} | given)
    except ValidationError as error:
        problems = (f"--{problem['loc'][0]}: {problem['msg']}" for problem in error.errors(include_url=False))
        raise FineTuningError("\n".join(problems)) from error


def _publish(tuning: FineTuning) -> dict[str, Any]:
    record = tuning.record
    model, text = publish(record, tuning.base, tuning.best_weights, default_model_directory())
    facts = card(record, tuning.base, model.digest)
    _say(
        f"{model.name} is registered: {facts['mean_sdr_db_before']:.2f} dB before,"
        f" {facts['mean_sdr_db_after']:.2f} dB after on the songs held out (step {facts['steps']})."
    )
    _say(f"Card      {text}")
    _say(f"Use it    make separate SONG=song.mp3 MODEL={model.name}")
    _say(f"          stems separate --model {model.name} song.mp3")
    return facts


@contextmanager
def _stop_signals() -> Iterator[Stop]:
    """Let Ctrl-C and SIGTERM end the run after the step in work; a second Ctrl-C ends it at once."""
    stop = Stop()

    def request_stop(number: int, _frame: FrameType | None) -> None:
        if stop.wanted and number == signal.SIGINT:
            raise KeyboardInterrupt
        stop.wanted = True
        _say("Stopping after this step")

    before = {number: signal.signal(number, request_stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="stems train",
        description="Train a bundled model further on your own multitracks. The result is registered on this"
        " machine and serves at once.",
        epilog="Exit codes: 0 done · 2 bad input · 3 it did not help · 130 interrupted (go on with --resume)",
    )
    add = parser.add_argument
    add("--data", type=Path, metavar="FOLDER", help="a folder for each song, with drums.wav, vocals.wav ...")
    add("--from", dest="base", metavar="MODEL", help=f"model to start from; default {DEFAULT_MODEL}")
    add("--name", metavar="NAME", help="of the new model; default MODEL_own")
    add("--minutes", type=float, metavar="N", help="how long to train; default 30")
    add("--steps", type=int, metavar="N", help="instead of --minutes")
    add("--validation", type=Path, metavar="FOLDER", help="songs to measure with; default: a share of --data")
    add("--held-out", dest="held_out_share", type=float, metavar="SHARE", help="that share; default 0.2")
    add("--batch-size", type=int, metavar="N", help="examples of a step; less needs less memory")
    add("--learning-rate", type=float, metavar="RATE", help="default: a tenth of the model's own")
    add("--seed", type=int, metavar="N", help="of the random choices; default 1")
    add("--resume", action="store_true", help="go on with an interrupted training of that name")
    add("--restart", action="store_true", help="forget an interrupted training of that name")
    add("--work", type=Path, metavar="FOLDER", help="where its state is kept until it is done")
    add("--json", action="store_true", help="print the card as JSON")
    return parser


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
