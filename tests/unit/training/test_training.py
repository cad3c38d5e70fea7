"""Examples are repeatable, the learning rate follows its schedule, and a run resumes where it stopped."""

import dataclasses

import numpy as np
import pytest
import torch

from training.config import load_config
from training.data.chance import Chance
from training.data.clips import load_stems, save_clip
from training.data.examples import ExampleSampler
from training.train import Trainer, learning_rate, random_equaliser

CONFIG = load_config("foundry_4s")
TINY = dataclasses.replace(
    CONFIG,
    model={**CONFIG.model, "channels": [4, 4, 4, 4], "bottleneck": 8, "recurrent_units": 8},
    training=dataclasses.replace(CONFIG.training, batch_size=1, segment_samples=16_384),
)


@pytest.fixture
def clips(tmp_path):
    paths = [tmp_path / f"{index}.npy" for index in range(2)]
    for index, path in enumerate(paths):
        save_clip(Chance("clip", index).generator.uniform(-0.2, 0.2, (4, 2, 40_000)).astype(np.float32), path)
    return paths


def test_clips_survive_storage(clips):
    expected = Chance("clip", 0).generator.uniform(-0.2, 0.2, (4, 2, 40_000))

    assert np.abs(load_stems(clips[0]) - expected).max() < 1e-4


def test_a_batch_depends_on_seed_and_step_alone(clips):
    first, second = ExampleSampler(clips, 16_384, 1), ExampleSampler(clips, 16_384, 1)
    first.batch(0, 2)

    assert first.batch(5, 2).shape == (2, 4, 2, 16_384)
    assert np.array_equal(first.batch(5, 2), second.batch(5, 2))
    assert not np.array_equal(first.batch(5, 2), first.batch(6, 2))


def test_the_learning_rate_rises_then_falls():
    config = CONFIG.training
    rates = [learning_rate(step, config) for step in range(config.steps + 1)]

    assert rates[0] < 0.02 * config.learning_rate
    assert max(rates) > 0.95 * config.learning_rate
    assert rates[-1] == pytest.approx(config.learning_rate * config.final_learning_rate_share)


def test_the_random_equaliser_is_smooth_and_repeatable():
    sources = torch.zeros(2, 4, 2, 64, 3, dtype=torch.complex64)
    gains = random_equaliser(sources, 3)

    assert gains.shape == (2, 4, 1, 64, 1)
    assert torch.equal(gains, random_equaliser(sources, 3))
    assert (gains > 0).all()


def test_a_resumed_run_continues_as_if_never_stopped(clips, tmp_path):
    sampler = ExampleSampler(clips, 16_384, 1)

    def step(trainer):
        return trainer.train_step(torch.from_numpy(sampler.batch(trainer.step, 1)))

    whole = Trainer(TINY)
    step(whole)
    whole.save(tmp_path / "checkpoint.pt")
    expected = step(whole)

    resumed = Trainer(TINY)
    resumed.load(tmp_path / "checkpoint.pt")

    assert resumed.step == 1
    assert step(resumed) == pytest.approx(expected, abs=1e-4)
