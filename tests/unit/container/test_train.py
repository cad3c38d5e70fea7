"""The entry of training jobs: what SageMaker lays out becomes a command line, and failures are told to it."""

import json
import os
import signal
import sys
import threading
import time

import pytest

from sagemaker_container import train
from tests.unit.training.own_songs import register_small_model, write_songs


@pytest.fixture
def root(tmp_path):
    for folder in ("model", "input/config", "input/data"):
        (tmp_path / folder).mkdir(parents=True)
    return tmp_path


def describe(root, **hyperparameters):
    text = json.dumps({name.replace("_", "-"): value for name, value in hyperparameters.items()})
    (root / "input" / "config" / "hyperparameters.json").write_text(text)


def stand_in(monkeypatch, code):
    monkeypatch.setattr(train, "COMMAND", (sys.executable, "-c", f"import os, sys, time\n{code}"))


def test_a_job_leaves_its_model_where_sagemaker_packs_it(root):
    write_songs(root / "input" / "data" / "training")
    register_small_model(root / "model", "untrained")
    options = {
        "from": "untrained",
        "name": '"mine"',
        "steps": "2",
        "batch-size": "1",
        "learning-rate": "0.01",
    }
    describe(root, **options)

    assert train.main(root) == 0

    entries = json.loads((root / "model" / "registered_models.json").read_text())
    mine = next(entry for entry in entries if entry["name"] == "mine")
    assert (root / "model" / mine["weights"][0]["name"]).is_file()
    assert not (root / "output" / "failure").exists()


def test_hyperparameters_and_channels_become_options(root):
    for channel in ("training", "validation"):
        (root / "input" / "data" / channel).mkdir()
    (root / "input" / "config" / "hyperparameters.json").write_text(
        json.dumps({"name": "mine", "minutes": "5", "held-out": "0.3", "sagemaker_region": "x"})
    )
    job = train.Job(root)
    expected = [
        f"--data={root}/input/data/training",
        f"--work={root}/checkpoints/run",
        "--name=mine",
        "--minutes=5",
        "--held-out=0.3",
        f"--validation={root}/input/data/validation",
    ]
    assert job.arguments() == expected
    job.work.mkdir(parents=True)
    (job.work / "run.json").write_text("{}")
    assert job.arguments() == [*expected, "--resume"]


def test_a_job_that_is_described_wrongly_says_so(root):
    assert train.main(root) == 2
    assert "no channel 'training'" in (root / "output" / "failure").read_text()
    (root / "input" / "data" / "training").mkdir()
    (root / "input" / "config" / "hyperparameters.json").write_text('{"epochs": "3"}')
    assert train.main(root) == 2
    assert "unknown hyperparameters epochs; known: batch-size," in (root / "output" / "failure").read_text()


def test_the_reason_of_a_failure_is_what_the_training_said(root, monkeypatch):
    (root / "input" / "data" / "training").mkdir()
    stand_in(monkeypatch, "sys.stderr.write('Data\\nerror: song 2 has no bass\\n'); sys.exit(2)")
    assert train.main(root) == 2
    assert (root / "output" / "failure").read_text() == "error: song 2 has no bass"
    stand_in(monkeypatch, "os.kill(os.getpid(), 9)")
    assert train.main(root) == -signal.SIGKILL
    assert "out of memory" in (root / "output" / "failure").read_text()


def test_being_told_to_stop_reaches_the_training(root, monkeypatch):
    (root / "input" / "data" / "training").mkdir()
    stand_in(
        monkeypatch,
        "import signal\nsignal.signal(signal.SIGTERM, lambda *_: sys.exit(130))\n"
        "open(os.environ['MODEL_DIRECTORY'] + '/started', 'w').close()\ntime.sleep(60)",
    )

    def stop_when_started():
        while not (root / "model" / "started").exists():
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=stop_when_started, daemon=True).start()
    assert train.main(root) == train.INTERRUPTED
    assert not (root / "output" / "failure").exists()
