"""Examples are repeatable, the learning rate follows its schedule, and a run resumes where it stopped."""

import dataclasses

import numpy as np
import pytest
import torch

from sagemaker_container.separation.models.band_split_network import apply_masks
from sagemaker_container.separation.models.bundled import load_mask_network
from training import config as config_module
from training import export, stages, train
from training.augmentation import random_equaliser
from training.config import DataConfig, GrowthConfig, load_config
from training.data import song_sets
from training.data.chance import Chance
from training.data.clips import load_stems, save_clip
from training.data.examples import ExampleSampler, limiting_gain
from training.export import export_weights
from training.loss import (
    FLOOR_SHARE,
    ErrorLevel,
    prepare_targets,
    relative_errors,
    relative_magnitude_errors,
)
from training.schedule import learning_rate
from training.stages import RecipeError, stage_weights
from training.train import prefetched
from training.trainer import Trainer

RECIPE = load_config("foundry_4s")
CONFIG = dataclasses.replace(RECIPE, training=dataclasses.replace(RECIPE.training, restarts=[]), growth=None)
TINY = dataclasses.replace(
    CONFIG,
    model={
        **CONFIG.model,
        "fft_size": 1024,
        "hop": 256,
        "bands": [[4, 4], [2, 64]],
        "corrected_groups": 1,
        "width": 8,
        "dilations": [1],
        "heads": 2,
    },
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


def test_the_learning_rate_rises_stays_falls_and_cools_down():
    config = dataclasses.replace(
        CONFIG.training, steps=1000, warm_up_steps=50, level_steps=200, decay_share=0.2
    )
    rates = [learning_rate(step, config) for step in range(config.steps + 1)]

    assert rates[0] < 0.05 * config.learning_rate
    assert rates[50:201] == [config.learning_rate] * 151
    assert rates[800] == pytest.approx(config.learning_rate / 2)
    assert rates[801] < rates[800]
    assert rates[-1] == pytest.approx(config.learning_rate * config.final_learning_rate_share * 0.2**0.5)


def test_a_longer_run_begins_as_a_shorter_one():
    short = dataclasses.replace(CONFIG.training, steps=1000, decay_share=0.2)
    long = dataclasses.replace(short, steps=5000)

    assert [learning_rate(step, short) for step in range(801)] == [
        learning_rate(step, long) for step in range(801)
    ]


def test_every_stage_warms_up_and_cools_down_under_one_falling_rate():
    config = dataclasses.replace(
        CONFIG.training, steps=2000, restarts=[1000], warm_up_steps=50, level_steps=200, decay_share=0.2
    )
    single = dataclasses.replace(config, steps=3000, restarts=[])
    first = dataclasses.replace(single, steps=1000)
    rates = [learning_rate(step, config) for step in range(config.steps + 1)]

    assert rates[:1000] == [learning_rate(step, first) for step in range(1000)]
    assert rates[1000] == pytest.approx(learning_rate(1000, single) / 50)
    assert rates[1050:1801] == [learning_rate(step, single) for step in range(1050, 1801)]
    assert rates[1999] < 0.05 * rates[1800]


def test_the_random_equaliser_is_repeatable_and_removes_the_treble_of_all_stems_alike():
    sources = torch.zeros(64, 4, 2, 3, 1025, dtype=torch.complex64)
    gains = random_equaliser(sources, 3, 44_100)

    assert gains.shape == (64, 4, 1, 1, 1025)
    assert torch.equal(gains, random_equaliser(sources, 3, 44_100))
    assert not torch.equal(gains, random_equaliser(sources, 4, 44_100))
    dull = gains[..., -1] < 0.1
    assert 0 < dull[:, 0].sum() < 32
    assert (dull == dull[:, :1]).all()


def test_limiting_keeps_the_sum_and_flattens_its_peaks():
    stems = Chance("loud").generator.uniform(-0.5, 0.5, (4, 2, 2000)).astype(np.float32)
    mixture = stems.sum(axis=0)

    limited = stems * limiting_gain(mixture, 12.0)

    drive = 10 ** (12 / 20) / np.abs(mixture).max()
    assert np.allclose(limited.sum(axis=0) * drive, np.tanh(mixture * drive), atol=1e-5)


def test_errors_are_those_of_the_masked_mixture():
    torch.manual_seed(0)
    model = Trainer(TINY).model
    sources = model.spectrum(torch.randn(2, 4, 2, 9000))
    mixture = sources.sum(dim=1)
    masks = model.masks(*model.features(mixture))
    targets = prepare_targets(sources, mixture, model.masked_bins, model.corrected_bins)

    seen = sources[..., : model.masked_bins]
    error = apply_masks(masks, mixture)[..., : model.masked_bins] - seen
    expected = error.abs().square().sum(dim=(2, 3, 4)) / targets.mixture_energy

    assert torch.allclose(relative_errors(masks, targets), expected, rtol=1e-3)


def test_errors_far_below_what_is_typical_count_little():
    level = ErrorLevel()
    errors = torch.tensor([[0.1, 0.01], [0.1, 0.01], [1e-7, 1e-7]], requires_grad=True)

    for _ in range(200):
        loss = level(errors)
    loss.backward()

    typical = errors.detach().mean(dim=0)
    assert torch.allclose(level.typical, typical)
    assert loss.item() == pytest.approx(
        (10 * torch.log10(errors.detach() + FLOOR_SHARE * typical)).mean().item(), abs=1e-3
    )
    # A decibel matters as much for a quiet stem as for a loud one, silence no more than four times as much.
    assert torch.allclose(errors.grad[0] * errors[0], (errors.grad[0] * errors[0]).mean())
    assert (errors.grad[2] < 4.1 * errors.grad[0]).all()


def test_the_loss_at_other_resolutions_sees_a_smeared_attack():
    click = torch.zeros(1, 1, 2, 8192)
    click[..., 4096] = 1.0
    late = torch.roll(click, 900, dims=-1)
    energy = torch.tensor([[8.0]])

    assert relative_magnitude_errors(click, click, [256], energy).max() < 1e-6
    assert relative_magnitude_errors(late, click, [256], energy).min() > 0.1


def test_batches_arrive_in_the_order_of_their_steps(clips):
    sampler = ExampleSampler(clips, 16_384, 1)

    batches = list(prefetched(sampler, range(3, 6), 1))

    assert len(batches) == 3
    for step, batch in enumerate(batches, start=3):
        assert np.array_equal(batch.numpy(), sampler.batch(step, 1))


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


@pytest.mark.parametrize(
    ("growth", "start_shares"),
    [
        (None, []),
        (None, [0.0, 0.25, 0.5]),
        (GrowthConfig(at=2, before={"dilations": [1]}), []),
        (GrowthConfig(at=2, before={"bands": [[4, 4], [2, 64]]}), [0.0, 0.5]),
    ],
    ids=["same network", "means", "more blocks", "larger cells and a mean"],
)
def test_a_stage_begins_with_a_checkpoint_as_with_the_file_exported_from_it(
    clips, tmp_path, growth, start_shares
):
    config = dataclasses.replace(
        TINY,
        model={**TINY.model, "dilations": [1, 1], "bands": [[4, 4], [2, 64, 4]]},
        training=dataclasses.replace(
            TINY.training, restarts=[1, 2], warm_up_steps=1, start_shares=start_shares
        ),
        growth=growth,
    )
    sampler = ExampleSampler(clips, 16_384, 1)

    def step(trainer):
        return trainer.train_step(torch.from_numpy(sampler.batch(trainer.step, 1)))

    whole = Trainer(config)
    step(whole)
    step(whole)
    export_weights(whole.exported().state_dict(), config.model_after(2), tmp_path / "first.safetensors")
    expected = [step(whole) for _ in range(2)]

    other = Trainer(config)
    other.begin_last_stage(stage_weights(tmp_path / "first.safetensors", config))

    assert [step(other) for _ in range(2)] == pytest.approx(expected, abs=1e-4)
    for name, weights in whole.exported().state_dict().items():
        assert torch.allclose(weights, other.exported().state_dict()[name], atol=1e-5), name


def test_what_is_exported_can_be_a_mean_with_what_the_stage_began_with(clips, tmp_path):
    config = dataclasses.replace(
        TINY, training=dataclasses.replace(TINY.training, restarts=[2], start_shares=[0.75, 0.25])
    )
    sampler = ExampleSampler(clips, 16_384, 1)
    trainer = Trainer(config)

    def learn():
        trainer.train_step(torch.from_numpy(sampler.batch(trainer.step, 1)))
        return [weights.clone() for weights in trainer.average.parameters()]

    learn()
    nothing_to_keep = learn()
    assert all(map(torch.equal, trainer.exported().parameters(), nothing_to_keep))
    average = learn()
    trainer.save(tmp_path / "checkpoint.pt")
    resumed = Trainer(config)
    resumed.load(tmp_path / "checkpoint.pt")

    for exported, began, averaged in zip(
        resumed.exported().parameters(), nothing_to_keep, average, strict=True
    ):
        assert torch.allclose(exported, 0.25 * began + 0.75 * averaged, atol=1e-3)
        assert not torch.equal(began, averaged)


def test_a_network_that_grows_is_resumed_and_exported_as_large_as_it_is(clips, tmp_path, monkeypatch):
    monkeypatch.setattr(config_module, "RUNS_FOLDER", tmp_path)
    growing = dataclasses.replace(
        TINY,
        model={**TINY.model, "dilations": [1, 1]},
        training=dataclasses.replace(TINY.training, restarts=[1]),
        growth=GrowthConfig(at=1, before={"dilations": [1]}),
    )
    monkeypatch.setattr(export, "load_config", lambda _: growing)
    growing.run_folder.mkdir()
    sampler = ExampleSampler(clips, 16_384, 1)

    def blocks_exported(trainer):
        trainer.save(growing.run_folder / train.CHECKPOINT)
        export.main(["foundry_4s", "--to", str(tmp_path / "weights.safetensors")])
        return len(load_mask_network(tmp_path / "weights.safetensors").blocks)

    trainer = Trainer(growing)
    for expected in (1, 2):
        trainer.train_step(torch.from_numpy(sampler.batch(trainer.step, 1)))
        assert blocks_exported(trainer) == expected
        resumed = Trainer(growing)
        resumed.load(growing.run_folder / train.CHECKPOINT)
        assert len(resumed.average.blocks) == expected
        trainer = resumed


def test_a_network_grows_at_restarts_alone():
    with pytest.raises(ValueError, match="step 3, where the network grows, is no restart"):
        dataclasses.replace(TINY, growth=GrowthConfig(at=3, before={"dilations": [1]}))


def test_weights_of_another_network_begin_no_stage(tmp_path):
    config = dataclasses.replace(TINY, training=dataclasses.replace(TINY.training, restarts=[2]))
    path = tmp_path / "other.safetensors"

    with pytest.raises(RecipeError, match="cannot be read"):
        stage_weights(path, config)
    export_weights(Trainer(TINY).average.state_dict(), {**TINY.model, "heads": 1}, path)
    with pytest.raises(RecipeError, match="is not of the network"):
        stage_weights(path, config)
    with pytest.raises(RecipeError, match="one stage only"):
        stage_weights(path, TINY)


def test_a_run_takes_the_songs_of_each_stage(tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(song_sets, "DATA_FOLDER", tmp_path / "data")
    monkeypatch.setattr(config_module, "RUNS_FOLDER", tmp_path / "runs")
    opened = []

    class Sampler(ExampleSampler):
        def __init__(self, paths, *arguments):
            opened.append([int(path.stem) for path in paths])
            super().__init__(paths, *arguments)

    monkeypatch.setattr(stages, "ExampleSampler", Sampler)
    config = dataclasses.replace(
        TINY,
        data=DataConfig(training=[{"training": [0, 1]}, {"training": [1, 2]}], validation=["validation"]),
        training=dataclasses.replace(TINY.training, steps=3, restarts=[1]),
    )
    noise = Chance("song").generator.uniform(-0.2, 0.2, (4, 2, 40_000)).astype(np.float32)
    sets = song_sets.load_song_sets()
    first = sets.named("training").first_seed
    for seed in range(first, first + 3):
        save_clip(noise, sets.named("training").clip_path(seed))
    for seed in sets.named("validation").seeds:
        save_clip(noise, sets.named("validation").clip_path(seed))
    config.run_folder.mkdir(parents=True)

    with caplog.at_level("INFO", logger="training"):
        train.run(config, "cpu", compiled=False)

    assert opened == [[first], [first + 1, first + 2]]
    assert "step 0 to 1" in caplog.messages
    assert "step 1 to 3" in caplog.messages
    trainer = Trainer(config)
    trainer.load(config.run_folder / train.CHECKPOINT)
    assert trainer.step == 3

    opened.clear()
    train.run(config, "cpu", compiled=False)
    assert opened == []


def test_songs_not_rendered_are_told_with_the_command_that_renders_them(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(song_sets, "DATA_FOLDER", tmp_path / "data")
    monkeypatch.setattr(config_module, "RUNS_FOLDER", tmp_path / "runs")

    with pytest.raises(SystemExit, match="2"):
        train.main(["foundry_kit"])

    assert (
        "not rendered: python -m training.data kit_validation --skip 0 --clips 12" in capsys.readouterr().err
    )


def test_a_model_that_was_not_trained_is_not_exported(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(config_module, "RUNS_FOLDER", tmp_path / "runs")

    with pytest.raises(SystemExit, match="2"):
        export.main(["foundry_kit", "--to", str(tmp_path / "kit.safetensors")])

    assert "python -m training.train foundry_kit" in capsys.readouterr().err
    assert not (tmp_path / "kit.safetensors").exists()


@pytest.mark.parametrize("command", [train.main, export.main])
def test_a_recipe_that_is_not_there_is_told_with_those_that_are(command, capsys):
    with pytest.raises(SystemExit, match="2"):
        command(["foundry_9s"])

    message = capsys.readouterr().err
    assert "foundry_9s" in message
    assert "foundry_4s" in message
