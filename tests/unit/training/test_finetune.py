"""A model is trained further on songs, registered, and separates at once; bad folders are told."""

import dataclasses
import json
import os
import shutil
import signal
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from typer.testing import CliRunner

from contract.catalogue import Purpose, catalogue, get_model
from sagemaker_container.separation.models.store import ModelStore
from sagemaker_container.separation.pipeline import separate_file
from stem_foundry.cli import app
from tests.unit.training.own_songs import register_small_model, write_kit, write_song, write_songs
from training.config import GrowthConfig, load_config
from training.finetune import run
from training.finetune.__main__ import BAD_INPUT, DONE, INTERRUPTED, NO_GAIN, main
from training.finetune.record import Record
from training.finetune.sampler import Augmentation, MultitrackSampler
from training.finetune.songs import find_songs
from training.multitracks import find_multitracks
from training.sources import SAMPLE_RATE, SOURCES
from training.trainer import Trainer


@pytest.fixture
def models(tmp_path, monkeypatch):
    folder = tmp_path / "models"
    monkeypatch.setenv("MODEL_DIRECTORY", str(folder))
    monkeypatch.delenv("MODEL_CATALOGUE_FILE", raising=False)
    register_small_model(folder)
    return folder


@pytest.fixture
def songs(tmp_path):
    return write_songs(tmp_path / "songs")


def train(songs, *more):
    options = ["--data", songs, "--from", "small", "--name", "mine", "--batch-size", 1, *more]
    return main([str(option) for option in options])


def test_a_trained_model_is_registered_and_separates_at_once(models, songs, tmp_path):
    options = "--from small --name mine --steps 12 --batch-size 1 --learning-rate 0.003"
    result = CliRunner().invoke(app, ["train", "--data", str(songs), *options.split()])

    assert result.exit_code == DONE, result.output
    model = get_model("mine")
    assert model.digest != get_model("small").digest
    assert model.stems == get_model("small").stems
    assert (get_model("small").quality, model.quality) == ("draft", None)
    facts = json.loads((models / model.weights[0].name).with_suffix(".json").read_text())
    assert facts["mean_sdr_db_after"] > facts["mean_sdr_db_before"]
    assert set(facts["training_songs"]) | set(facts["held_out_songs"]) == {"song 0", "song 1"}
    assert (
        "on other songs expect a little less"
        in (models / model.weights[0].name).with_suffix(".md").read_text()
    )
    assert not (models / "training" / "mine").exists()
    song = songs / "song 0" / "vocals.wav"
    (tmp_path / "out").mkdir()
    report = separate_file(
        song, tmp_path / "out", model="mine", store=ModelStore(models, torch.device("cpu"))
    )
    assert (report.model.name, report.model.digest) == ("mine", model.digest)
    assert soundfile.info(tmp_path / "out" / "bass.wav").frames == soundfile.info(song).frames


def test_an_interrupted_training_goes_on_at_its_step(models, songs, monkeypatch, capsys):
    steps_done = []
    train_step = Trainer.train_step

    def interrupted(trainer, stems):
        if trainer.config.steps == 6:
            steps_done.append(trainer.step)
            if steps_done == [0, 1, 2]:
                os.kill(os.getpid(), signal.SIGTERM)
        return train_step(trainer, stems)

    monkeypatch.setattr(Trainer, "train_step", interrupted)
    options = ["--steps", 6, "--learning-rate", 0.003]
    assert train(songs, *options) == INTERRUPTED
    assert "Stopped at step 3 of 6" in capsys.readouterr().err
    assert train(songs, *options) == BAD_INPUT
    assert "unfinished training of mine" in capsys.readouterr().err

    assert main(["--name", "mine", "--resume"]) == DONE

    assert "Going on at step 3 of 6" in capsys.readouterr().err
    assert steps_done == [0, 1, 2, 3, 4, 5]
    assert "mine" in catalogue()


def test_fine_tuning_has_one_stage_whatever_the_recipe_has(models, songs, monkeypatch):
    stages = set()
    train_step = Trainer.train_step

    def watched(trainer, stems):
        stages.add(tuple(trainer.config.stages()))
        return train_step(trainer, stems)

    def recipe_with_stages(name):
        recipe = load_config(name)
        training = dataclasses.replace(recipe.training, restarts=[2])
        return dataclasses.replace(recipe, training=training, growth=GrowthConfig(2, {"dilations": [1]}))

    monkeypatch.setattr(Trainer, "train_step", watched)
    monkeypatch.setattr(run, "load_config", recipe_with_stages)

    assert train(songs, "--steps", 3, "--learning-rate", 0.003) in {DONE, NO_GAIN}

    assert stages == {(range(1),), (range(3),)}


def test_a_kit_model_learns_from_parts_and_from_percussion_that_is_none_of_them(models, tmp_path):
    register_small_model(models, "kit", sources=["kick", "snare", "toms", "cymbals"], remainder=True)
    for number in range(2):
        write_kit(tmp_path / "kits", number)
    options = ["--name=mine", "--steps=4", "--batch-size=1", "--learning-rate=0.003"]

    assert main(["--data", str(tmp_path / "kits"), "--from", "kit", *options]) == DONE

    assert get_model("mine").purpose is Purpose.DRUMS
    loaded = ModelStore(models, torch.device("cpu")).load(get_model("mine"))
    assert len(loaded.members_for(loaded.stems)) == 1


def test_a_model_that_did_not_get_better_is_not_registered(models, songs, monkeypatch, capsys):
    monkeypatch.setattr(run, "MIN_GAIN_DB", 100.0)

    assert train(songs, "--steps", 1) == NO_GAIN

    assert "Fine-tuning did not help" in capsys.readouterr().err
    assert "mine" not in catalogue()
    assert not (models / "training" / "mine").exists()


def test_a_training_that_becomes_unstable_registers_nothing(models, songs, monkeypatch, capsys):
    monkeypatch.setattr(Trainer, "train_step", lambda trainer, stems: float("nan"))

    assert train(songs, "--steps", 2, "--learning-rate", 0.01) == BAD_INPUT

    assert "begin anew with --restart and a --learning-rate below 0.01" in capsys.readouterr().err
    assert "mine" not in catalogue()


def test_a_folder_of_the_users_own_is_not_emptied(models, songs, tmp_path):
    work = tmp_path / "work"
    work.mkdir()
    (work / "run.json").write_text("of another version")
    (work / "novel.txt").write_text("Call me")

    assert train(songs, "--steps", 2, "--learning-rate", 0.01, "--work", work) == BAD_INPUT
    assert train(songs, "--steps", 2, "--learning-rate", 0.01, "--work", work, "--restart") == DONE

    assert [path.name for path in work.iterdir()] == ["novel.txt"]


def test_being_stopped_before_the_first_step_leaves_nothing(models, songs, monkeypatch, capsys):
    def stopped(network, held_out, should_stop):
        os.kill(os.getpid(), signal.SIGTERM)
        return {}

    monkeypatch.setattr(run, "score", stopped)

    assert train(songs, "--steps", 2) == INTERRUPTED

    assert "Nothing was learnt yet" in capsys.readouterr().err
    assert not (models / "training" / "mine" / "run.json").exists()


def test_what_cannot_be_trained_is_told_in_a_line(models, songs, tmp_path, capsys):
    def told(*options):
        assert main([str(option) for option in options]) == BAD_INPUT
        return capsys.readouterr().err

    new = ("--name", "mine")
    small = ("--from", "small", *new)
    empty = tmp_path / "empty"
    empty.mkdir()
    assert "say where your songs are: --data FOLDER" in told(*small)
    assert "there is no such folder" in told("--data", tmp_path / "absent", *small)
    assert "holds no song" in told("--data", empty, *small)
    assert "There is no model 'absent'" in told("--data", songs, "--from", "absent", *new)
    assert "cannot be trained further here" in told("--data", songs, "--from", "htdemucs", *new)
    assert "choose another name" in told("--data", songs, "--from", "small", "--name", "small")
    assert "is a model of the service itself" in told("--data", songs, "--name", "htdemucs")
    assert "small letters" in told("--data", songs, "--name", "../mine")
    assert "--steps: Input should be greater" in told("--data", songs, "--steps", "0", *small)
    assert "holds nothing to resume" in told("--resume", *small)
    assert "cannot tell whether it helped" in told("--data", songs, "--validation", songs, *small)
    shutil.rmtree(songs / "song 1")
    assert "holds 1 song. Two are the least" in told("--data", songs, *small)
    incomplete = write_song(songs, 2)
    (incomplete / "bass.wav").unlink()
    assert "song 2: has no audio file for bass" in told("--data", songs, *small)
    shutil.rmtree(incomplete)
    write_song(songs, 3, seconds=1)
    assert "song 3: lasts 1.0 s; 2 s are the least" in told("--data", songs, *small)
    soundfile.write(songs / "song 3" / "bass.wav", np.zeros((30_000, 2)), SAMPLE_RATE)
    assert "all must be equally long" in told("--data", songs, *small)


def test_other_songs_or_another_model_are_not_resumed(models, songs, tmp_path, capsys):
    work = models / "training" / "mine"
    work.mkdir(parents=True)
    record = Record(
        request={"name": "mine", "base": "small", "data": songs},
        base_digest="0" * 64,
        training_songs=["song 0"],
        held_out_songs=["another song"],
        segment_samples=1,
        steps=5,
        before={},
    )
    record.save(work)
    assert main(["--name", "mine", "--resume"]) == BAD_INPUT
    assert "the songs are others than when it began" in capsys.readouterr().err
    held_out = find_songs(songs, SOURCES, validation=None, held_out_share=0.2)
    names = [[song.name for song in found] for found in (held_out.training, held_out.held_out)]
    record.model_copy(update={"training_songs": names[0], "held_out_songs": names[1]}).save(work)
    assert main(["--name", "mine", "--resume"]) == BAD_INPUT
    assert "small is another model than when it began" in capsys.readouterr().err


def test_songs_are_held_out_by_their_names_or_taken_from_a_folder_of_their_own(tmp_path, monkeypatch):
    folder, other = write_songs(tmp_path / "songs", 5), write_songs(tmp_path / "other", 1)

    first = find_songs(folder, SOURCES, validation=None, held_out_share=0.4)
    named = find_songs(folder, SOURCES, validation=other, held_out_share=0.4)

    assert (len(first.training), len(first.held_out)) == (3, 2)
    assert find_songs(folder, SOURCES, validation=None, held_out_share=0.4) == first
    assert (len(named.training), len(named.held_out)) == (5, 1)
    monkeypatch.setattr("training.finetune.songs.MOST_HELD_OUT", 1)
    assert len(find_songs(folder, SOURCES, validation=None, held_out_share=0.4).held_out) == 1
    assert first.segment_samples(1000) == 1000
    assert first.segment_samples(10**9) == int(0.9 * first.training[0].samples)


def test_examples_depend_on_seed_and_step_alone(songs):
    found = find_multitracks(songs)
    first, second = MultitrackSampler(found, 20_000, 1), MultitrackSampler(found, 20_000, 1)
    first.batch(0, 1)

    assert first.batch(3, 2).shape == (2, 4, 2, 20_000)
    assert first.batch(3, 2).dtype == np.float32
    assert np.array_equal(first.batch(3, 2), second.batch(3, 2))
    assert not np.array_equal(first.batch(3, 2), first.batch(4, 2))


def test_without_augmentation_examples_are_what_was_recorded(songs):
    (song,) = find_multitracks(songs)[:1]
    plain = Augmentation(1.0, (0.0, 0.0), 0.0, 0.0, 0.0)
    whole = song.read(0, song.samples)

    example = MultitrackSampler([song], 20_000, 1, plain).batch(0, 1)[0]

    starts = np.flatnonzero(whole[0, 0, : -20_000 + 1] == example[0, 0, 0])
    assert any(np.array_equal(whole[..., start : start + 20_000], example) for start in starts)


def test_augmentation_mixes_songs_and_varies_level_polarity_and_sides(songs):
    found = find_multitracks(songs)
    batch = MultitrackSampler(found, 20_000, 1, Augmentation(silence_share=0.3)).batch(0, 40)
    bass, sides = batch[:, 1], (batch[:, 1] ** 2).sum(axis=-1)

    assert 0.1 < np.mean(~batch.any(axis=(2, 3))) < 0.5
    audible = sides[sides.sum(axis=1) > 0]
    assert 0.2 < np.mean(audible[:, 0] > audible[:, 1]) < 0.8
    peaks = np.abs(bass).max(axis=(1, 2))
    assert peaks.max() / peaks[peaks > 0].min() > 1.5


def test_the_catalogue_knows_nothing_of_a_folder_that_is_not_there(tmp_path, monkeypatch):
    monkeypatch.setenv("MODEL_DIRECTORY", str(tmp_path / "absent"))
    monkeypatch.delenv("MODEL_CATALOGUE_FILE", raising=False)
    assert "small" not in catalogue()
    register_small_model(Path(tmp_path / "absent"))
    assert "small" in catalogue()
