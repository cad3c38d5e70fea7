"""One fine-tuning: it can be interrupted and resumed at any step, and keeps its best state."""

import dataclasses
import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import torch

from contract.models import Purpose
from sagemaker_container.separation.models.band_split_network import BandSplitNetwork
from training.config import ModelConfig, load_config
from training.export import write_weights
from training.finetune.errors import FineTuningError, NoGainError
from training.finetune.record import RECORD_FILE, Check, Record, Request
from training.finetune.sampler import MultitrackSampler
from training.finetune.scores import mean, score
from training.finetune.songs import Songs, find_songs
from training.finetune.weights import Base, open_base
from training.finetune.words import described, duration, listed
from training.sources import SAMPLE_RATE
from training.train import CHECKPOINT, prefetched
from training.trainer import Trainer

CHECKS: Final = 5
"""How often the held-out songs are separated while training, evenly spread; the last is at the end."""
MIN_GAIN_DB: Final = 0.05
"""A smaller gain on the songs held out is chance, not progress."""
LEARNING_RATE_SHARE: Final = 0.1
"""Of the recipe's rate: what is known shall be changed a little, not be learnt anew."""
OVERTIME: Final = 1.2
"""Training that was to take some minutes ends at the latest at this multiple of them."""
SAVE_SECONDS: Final = 60.0
SAY_SECONDS: Final = 15.0

RECIPES: Final = {Purpose.SONG: "foundry_4s", Purpose.DRUMS: "foundry_kit"}

BEST_FILE: Final = "best.safetensors"


class StoppedError(Exception):
    """It was asked to stop; everything is saved."""

    def __init__(self, step: int, steps: int) -> None:
        super().__init__(f"stopped at step {step} of {steps}")
        self.step = step
        self.steps = steps


class FineTuning:
    """Trains a model further.

    Args:
        request: what is wanted.
        model_directory: where models of this machine are.
        work: folder of this run: record, checkpoint and best weights.
        say: shows a line to the user.
        should_stop: asked after each step and between blocks of songs.
    """

    def __init__(
        self,
        request: Request,
        model_directory: Path,
        work: Path,
        say: Callable[[str], None],
        should_stop: Callable[[], bool] = lambda: False,
    ) -> None:
        self.request = request
        self.base: Base = open_base(request.base, model_directory)
        if self.base.class_name != BandSplitNetwork.__name__:
            raise FineTuningError(
                f"{request.base} is a {self.base.class_name}, which this version does not train"
            )
        self.songs: Songs = find_songs(
            request.data,
            self.base.stems,
            validation=request.validation,
            held_out_share=request.held_out_share,
        )
        self.work = work
        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        self._say = say
        self._should_stop = should_stop

    def begin(self) -> None:
        """Plan, and separate the songs held out with the model as it is.

        Raises:
            StoppedError: it was asked to stop.
        """
        self.work.mkdir(parents=True, exist_ok=True)
        segment = self.songs.segment_samples(self._recipe().training.segment_samples)
        self._describe(segment)
        steps, per_step = self._plan(segment)
        self._say(
            f"Training  {steps} steps of {self._batch_size} x {segment / SAMPLE_RATE:.1f} s, {self._where()}"
            f": {duration(steps * per_step)}"
        )
        trainer = self._trainer(steps, segment)
        started = time.monotonic()
        before = score(trainer.average, self.songs.held_out, self._should_stop)
        if self._should_stop():
            raise StoppedError(0, steps)
        if not before:
            raise FineTuningError("the songs held out are silent: nothing can be measured with them")
        self._say(f"Checks    {min(CHECKS, steps)} of {duration(time.monotonic() - started)} while training")
        self.record = Record(
            request=self.request,
            base_digest=self.base.model.digest,
            training_songs=[song.name for song in self.songs.training],
            held_out_songs=[song.name for song in self.songs.held_out],
            segment_samples=segment,
            steps=steps,
            before=before,
        )
        trainer.save(self._checkpoint)
        self.record.save(self.work)
        self._say(f"Before    {listed(before)}")

    def resume(self, record: Record) -> None:
        """Go on with what was begun.

        Raises:
            FineTuningError: its songs or the model it began with are others now.
        """
        names = ([song.name for song in songs] for songs in (self.songs.training, self.songs.held_out))
        if [record.training_songs, record.held_out_songs] != list(names):
            raise FineTuningError(
                f"{self.request.data}: the songs are others than when it began: use --restart"
            )
        if record.base_digest != self.base.model.digest:
            raise FineTuningError(f"{self.request.base} is another model than when it began: use --restart")
        self.record = record
        self._describe(record.segment_samples)
        self._say(f"Before    {listed(record.before)}")

    def train(self) -> None:
        """Train to the last step and keep the best state.

        Raises:
            StoppedError: it was asked to stop; `resume` goes on from there.
            NoGainError: no state was better on the songs held out than the model it began with.
            AudioTrackError: a file cannot be decoded.
        """
        record = self.record
        trainer = self._trainer(record.steps, record.segment_samples)
        trainer.load(self._checkpoint)
        if trainer.step:
            self._say(f"Going on at step {trainer.step} of {record.steps}")
        self._check_if_due(trainer)
        self._loop(trainer)
        best = record.best
        if best is None or mean(best.scores) < mean(record.before) + MIN_GAIN_DB:
            raise NoGainError(
                f"Fine-tuning did not help: the songs held out were at {mean(record.before):.2f} dB before"
                f" and at {max(mean(check.scores) for check in record.checks):.2f} dB at best after."
                f" {self.request.base} stays the better model, so {self.request.name} was not registered."
                " More songs, more time or a lower --learning-rate can change that."
            )

    @property
    def best_weights(self) -> Path:
        """File of the best state so far."""
        return self.work / BEST_FILE

    @property
    def _checkpoint(self) -> Path:
        return self.work / CHECKPOINT

    @property
    def _batch_size(self) -> int:
        return self.request.batch_size or self._recipe().training.batch_size

    def _loop(self, trainer: Trainer) -> None:
        record = self.record
        sampler = MultitrackSampler(self.songs.training, record.segment_samples, self.request.seed)
        steps = range(trainer.step, record.steps)
        saved = said = time.monotonic()
        losses: list[float] = []
        for stems in prefetched(sampler, steps, self._batch_size):
            losses.append(trainer.train_step(stems))
            if not math.isfinite(losses[-1]):
                raise self._unstable(trainer)
            now = time.monotonic()
            if now - said > SAY_SECONDS:
                left = (record.steps - trainer.step) * trainer.seconds / trainer.step
                loss = sum(losses) / len(losses)
                self._say(
                    f"  step {trainer.step} of {record.steps}: loss {loss:.2f} dB, {duration(left)} left"
                )
                losses.clear()
                said = now
            if now - saved > SAVE_SECONDS:
                trainer.save(self._checkpoint)
                saved = now
            self._check_if_due(trainer)
            if self._should_stop():
                trainer.save(self._checkpoint)
                raise StoppedError(trainer.step, record.steps)
            if self._is_over(trainer):
                break

    def _is_over(self, trainer: Trainer) -> bool:
        minutes = self.request.minutes if self.request.steps is None else None
        late = minutes is not None and trainer.seconds > OVERTIME * minutes * 60
        return late or trainer.step >= self.record.steps

    def _check_if_due(self, trainer: Trainer) -> None:
        """Separate the songs held out where that is planned, and keep the weights if they are the best."""
        record = self.record
        every = math.ceil(record.steps / CHECKS)
        planned = trainer.step > 0 and (trainer.step % every == 0 or self._is_over(trainer))
        if not planned or any(check.step == trainer.step for check in record.checks):
            return
        trainer.save(self._checkpoint)
        scores = score(trainer.average, self.songs.held_out, self._should_stop)
        if self._should_stop():
            raise StoppedError(trainer.step, record.steps)
        if not math.isfinite(mean(scores)):
            raise self._unstable(trainer)
        check = Check(step=trainer.step, scores=scores)
        if record.best is None or mean(scores) > mean(record.best.scores):
            write_weights(trainer.average.state_dict(), self.base.metadata, self.best_weights)
        record.checks.append(check)
        record.seconds = trainer.seconds
        record.save(self.work)
        self._say(f"Step {trainer.step:<4} {listed(scores)}")

    def _unstable(self, trainer: Trainer) -> FineTuningError:
        return FineTuningError(
            f"the training became unstable at step {trainer.step}: begin anew with --restart and a"
            f" --learning-rate below {trainer.config.learning_rate:g}"
        )

    def _describe(self, segment: int) -> None:
        wanted = self._recipe().training.segment_samples
        for line in described(self.request, self.base.model, self.songs, segment, wanted):
            self._say(line)

    def _plan(self, segment: int) -> tuple[int, float]:
        """Return the steps to do, and how long one takes in seconds."""
        trial = self._trainer(1, segment)
        sampler = MultitrackSampler(self.songs.training, segment, self.request.seed)
        for step in range(2):
            # The first one also warms up caches and memory.
            started = time.monotonic()
            trial.train_step(torch.from_numpy(sampler.batch(step, self._batch_size)))
            seconds = time.monotonic() - started
        if self.request.steps is not None:
            return self.request.steps, seconds
        return max(1, int(self.request.minutes * 60 / seconds)), seconds

    def _trainer(self, steps: int, segment: int) -> Trainer:
        recipe = self._recipe()
        training = dataclasses.replace(
            recipe.training,
            seed=self.request.seed,
            batch_size=self._batch_size,
            segment_samples=segment,
            steps=steps,
            restarts=(),
            start_shares=(),
            learning_rate=self.request.learning_rate or LEARNING_RATE_SHARE * recipe.training.learning_rate,
            level_steps=steps,
            decay_share=1.0,
            warm_up_steps=max(1, min(recipe.training.warm_up_steps, steps // 10)),
        )
        config = dataclasses.replace(
            recipe,
            name=self.request.name,
            model=self.base.network_arguments,
            training=training,
            growth=None,
        )
        trainer = Trainer(config, self.device)
        trainer.start_from(self.base.weights)
        return trainer

    def _recipe(self) -> ModelConfig:
        return load_config(RECIPES[self.base.model.purpose])

    def _where(self) -> str:
        if self.device == "cuda":
            return torch.cuda.get_device_name()
        return f"{torch.get_num_threads()} CPU threads"


def forget(work: Path) -> None:
    """Delete what a run left in its folder, and the folder if there is nothing else in it."""
    for name in (RECORD_FILE, CHECKPOINT, BEST_FILE):
        (work / name).unlink(missing_ok=True)
    if work.is_dir() and not any(work.iterdir()):
        work.rmdir()
