"""The committed weights load, are small, and separate the demo song."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from demucs.apply import apply_model

from sagemaker_container.separation.models.bundled import load_mask_network
from sagemaker_container.separation.models.store import BUNDLED_WEIGHTS
from training.demo_song import SONG_FILE, STEMS_FOLDER
from training.metrics import best_constant_gain, signal_to_distortion
from training.sources import SAMPLE_RATE, SOURCES

WEIGHTS = BUNDLED_WEIGHTS / "foundry_4s.safetensors"


def read(path: Path):
    audio, rate = soundfile.read(path, dtype="float32", always_2d=True)
    assert rate == SAMPLE_RATE
    return np.ascontiguousarray(audio.T)


@pytest.fixture(scope="module")
def separated():
    mixture = torch.from_numpy(read(SONG_FILE))
    model = load_mask_network(WEIGHTS)
    return mixture.numpy(), apply_model(model, mixture[None], shifts=0, overlap=0.25)[0].numpy()


def test_the_weights_are_small():
    assert WEIGHTS.stat().st_size <= 10_000_000


def test_the_model_declares_what_the_service_relies_on():
    model = load_mask_network(WEIGHTS)

    assert model.sources == list(SOURCES)
    assert (model.audio_channels, model.samplerate) == (2, SAMPLE_RATE)


def test_the_demo_files_are_aligned_to_the_sample():
    mixture, stems = read(SONG_FILE), sum(read(STEMS_FOLDER / f"{name}.ogg") for name in SOURCES)

    assert mixture.shape == stems.shape
    assert signal_to_distortion(stems, mixture) > 15


@pytest.mark.parametrize("stem", SOURCES)
def test_each_stem_is_better_than_turning_the_song_down(separated, stem):
    mixture, estimates = separated
    truth = read(STEMS_FOLDER / f"{stem}.ogg")

    reached = signal_to_distortion(truth, estimates[SOURCES.index(stem)])
    baseline = signal_to_distortion(truth, best_constant_gain(truth, mixture))

    assert reached > baseline + 2
