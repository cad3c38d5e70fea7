"""Short multitracks and a network that learns in seconds, for the tests of fine-tuning."""

import json
from pathlib import Path

import numpy as np
import soundfile
import torch

from contract.models import Model
from contract.own_models import add_model
from sagemaker_container.separation.models.band_split_network import BandSplitNetwork
from training.data.chance import Chance
from training.export import write_weights
from training.sources import SAMPLE_RATE, SOURCES

NETWORK = {
    "sources": list(SOURCES),
    "segment_seconds": 2,
    "fft_size": 1024,
    "hop": 512,
    "bands": [[8, 8], [4, 32]],
    "corrected_groups": 1,
    "width": 8,
    "dilations": [1],
    "heads": 1,
}


def write_song(folder: Path, number: int, seconds: float = 2.2) -> Path:
    """Four stems that differ in pitch and shape."""
    song = folder / f"song {number}"
    song.mkdir(parents=True)
    time = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    noise = Chance("drums", number).generator.standard_normal(len(time))
    stems = {
        "drums": 0.3 * noise * np.exp(-8 * (time % 0.5)),
        "bass": 0.3 * np.sin(2 * np.pi * (60 + 5 * number) * time),
        "other": 0.1 * np.sign(np.sin(2 * np.pi * 1200 * time)),
        "vocals": 0.2 * np.sin(2 * np.pi * (440 + 30 * number) * time),
    }
    for name, audio in stems.items():
        soundfile.write(song / f"{name}.wav", np.stack([audio, 0.8 * audio], axis=1), SAMPLE_RATE)
    return song


def write_songs(folder: Path, count: int = 2) -> Path:
    """A folder of songs."""
    for number in range(count):
        write_song(folder, number)
    return folder


def write_kit(folder: Path, number: int) -> None:
    """Parts of a drum kit; only the first one has percussion beside them."""
    song = folder / f"groove {number}"
    song.mkdir(parents=True)
    time = np.arange(int(2.2 * SAMPLE_RATE)) / SAMPLE_RATE
    parts = {"kick": 60, "snare": 300, "toms": 130, "cymbals": 6000, "percussion": 1500}
    for name, pitch in parts.items():
        audio = 0.2 * np.sin(2 * np.pi * pitch * time) * np.exp(-9 * ((time + pitch / 7) % 0.5))
        if name != "percussion" or number == 0:
            soundfile.write(song / f"{name}.wav", audio, SAMPLE_RATE)


def register_small_model(model_directory: Path, name: str = "small", **changes: object) -> Model:
    """A model of this machine that has learnt nothing yet; `changes` are those to its network."""
    network = NETWORK | changes
    torch.manual_seed(0)
    model_directory.mkdir(parents=True, exist_ok=True)
    metadata = {"class": BandSplitNetwork.__name__, "config": json.dumps(network)}
    file = f"{name}.safetensors"
    digest = write_weights(BandSplitNetwork(**network).state_dict(), metadata, model_directory / file)
    model = Model.model_validate(
        {
            "name": name,
            "title": "Small",
            "architecture": "mask_network",
            "stems": network["sources"],
            "purpose": "song" if network["sources"] == list(SOURCES) else "drums",
            "weights": [{"name": file, "sha256": digest}],
            "licence": "MIT",
            "provenance": "Random numbers",
            "commercial_use": "Allowed",
            "relative_cost": 0.01,
            "quality": "draft",
        }
    )
    add_model(model, model_directory / "registered_models.json")
    return model
