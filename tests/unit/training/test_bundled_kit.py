"""The committed weights of the kit model load, are small, and take a simple groove apart."""

import numpy as np
import pytest
import torch
from demucs.apply import apply_model

from contract.audio import KIT_PARTS
from contract.catalogue import get_model
from sagemaker_container.separation.models.bundled import load_mask_network
from sagemaker_container.separation.models.store import BUNDLED_WEIGHTS
from training.data.chance import Chance
from training.data.kits import electronic, metal
from training.metrics import best_constant_gain, signal_to_distortion
from training.sources import SAMPLE_RATE

MODEL = get_model("foundry_kit")
WEIGHTS = BUNDLED_WEIGHTS / MODEL.weights[0].name
SECONDS_PER_BEAT = 0.5
BEATS = 16


def struck(make, beats, level):
    audio = np.zeros((2, int(BEATS * SECONDS_PER_BEAT * SAMPLE_RATE)), dtype=np.float32)
    for number, beat in enumerate(beats):
        sound = make(Chance("a"), Chance("strike", number))
        start = int(beat * SECONDS_PER_BEAT * SAMPLE_RATE)
        audio[:, start : start + len(sound)] += level * sound[: audio.shape[1] - start]
    return audio


@pytest.fixture(scope="module")
def parts():
    fill = (7, 7.5, 15, 15.25, 15.5, 15.75)
    return {
        "kick": struck(electronic.kick, range(0, BEATS, 2), 0.5),
        "snare": struck(electronic.snare, range(1, BEATS, 2), 0.4),
        "toms": struck(lambda settings, noise: electronic.tom(settings, noise, 0.5), fill, 0.4),
        "cymbals": struck(
            lambda settings, noise: metal.hat(settings, noise, "closed"), np.arange(0, BEATS, 0.5), 0.2
        ),
    }


@pytest.fixture(scope="module")
def separated(parts):
    mixture = sum(parts.values())
    estimates = apply_model(load_mask_network(WEIGHTS), torch.from_numpy(mixture)[None], shifts=0)
    return mixture, estimates[0].numpy()


def test_the_weights_are_small():
    assert WEIGHTS.stat().st_size <= 10_000_000


def test_the_model_is_what_the_catalogue_says():
    model = load_mask_network(WEIGHTS)

    assert tuple(model.sources) == MODEL.source_names == tuple(map(str, KIT_PARTS))
    assert (model.audio_channels, model.samplerate) == (2, SAMPLE_RATE)


@pytest.mark.parametrize("part", KIT_PARTS)
def test_each_part_is_better_than_turning_the_drums_down(parts, separated, part):
    mixture, estimates = separated
    truth = parts[part]

    reached = signal_to_distortion(truth, estimates[KIT_PARTS.index(part)])
    baseline = signal_to_distortion(truth, best_constant_gain(truth, mixture))

    assert reached > baseline + 2
