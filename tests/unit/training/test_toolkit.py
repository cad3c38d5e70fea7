"""Models of the Synthesis ToolKit play what is written, and say so where they cannot."""

import shutil

import numpy as np
import pytest

from training.data.chance import Chance
from training.data.instruments import playing
from training.data.instruments.events import PlayedNote
from training.data.instruments.playing import MODELS, play_parts
from training.data.instruments.toolkit import (
    CHORD_MODELS,
    LEVEL,
    REED_PIANO,
    SOLO_MODELS,
    ToolkitModel,
    play_model,
)
from training.data.rendering import find_soundfont
from training.data.signal import root_mean_square
from training.data.song_sets import load_song_sets
from training.data.theory import Note
from training.data.wide_composition import WidePart
from training.sources import SAMPLE_RATE

SECOND = SAMPLE_RATE
EVERY_MODEL = tuple({model.name: model for models in MODELS.values() for model in models}.values())

needs_toolkit = pytest.mark.skipif(shutil.which("stk-demo") is None, reason="needs stk")


def partials(audio, fundamental):
    """Return the share of energy close to multiples of a frequency."""
    power = np.abs(np.fft.rfft(audio * np.hanning(len(audio)))) ** 2
    frequencies = np.fft.rfftfreq(len(audio), 1 / SAMPLE_RATE)
    multiple = np.round(frequencies / fundamental)
    near = (multiple >= 1) & (np.abs(frequencies - multiple * fundamental) < 5)
    return power[near].sum() / power.sum()


def play(notes, model, seconds=2):
    return play_model(notes, model, seconds * SECOND, Chance("model", model.name))


@needs_toolkit
@pytest.mark.parametrize("model", EVERY_MODEL, ids=lambda model: model.name)
def test_a_model_sounds_from_its_first_note_to_its_last(model):
    sound = play([PlayedNote(0.3, 0.4, 60, 100), PlayedNote(0.9, 0.3, 67, 90)], model, seconds=4)

    assert sound.shape == (2, 4 * SECOND)
    assert np.isfinite(sound).all()
    assert np.array_equal(sound[0], sound[1])
    assert np.sqrt(np.square(sound).mean()) == pytest.approx(LEVEL, rel=0.01)
    assert np.abs(sound[:, : SECOND // 4]).max() < 1e-3
    assert root_mean_square(sound[:, -SECOND:]) < 0.1 * LEVEL


@needs_toolkit
@pytest.mark.parametrize(("pitch", "sounding"), [(60, 60), (75, 75), (20, 32), (100, 88)])
def test_notes_have_their_pitch_and_those_out_of_range_are_moved_by_octaves(pitch, sounding):
    sound = play([PlayedNote(0.0, 1.9, pitch, 100)], REED_PIANO)

    assert partials(sound[0], 440 * 2 ** ((sounding - 69) / 12)) > 0.95


@needs_toolkit
def test_a_model_that_sounds_above_what_is_written_is_written_lower():
    as_written = play([PlayedNote(0.0, 1.9, 60, 100)], REED_PIANO)
    lowered = ToolkitModel(REED_PIANO.name, sounds_above=12)

    assert partials(play([PlayedNote(0.0, 1.9, 72, 100)], lowered)[0], 261.63) > 0.95
    assert partials(as_written[0], 261.63) > 0.95


@needs_toolkit
def test_several_notes_sound_at_once():
    sound = play([PlayedNote(0.0, 1.9, pitch, 100) for pitch in (60, 66)], REED_PIANO)[0]

    assert partials(sound, 261.63) > 0.2
    assert partials(sound, 369.99) > 0.2


@pytest.fixture
def models_played(monkeypatch):
    played = []

    def record(notes, model, samples, _chance):
        played.append((model, len(notes)))
        return np.full((2, samples), 0.1, dtype=np.float32)

    monkeypatch.setattr(playing, "play_model", record)
    return played


@pytest.fixture
def soundfont():
    if shutil.which("fluidsynth") is None:
        pytest.skip("needs fluidsynth")
    try:
        return find_soundfont(load_song_sets().modelled_training.soundfonts[0])
    except FileNotFoundError as error:
        pytest.skip(str(error))


CHORD = tuple(Note(beat, 1.0, pitch, 90) for beat in (0.0, 1.0) for pitch in (60, 64, 67))


def test_models_play_most_parts_that_they_can_where_they_are_asked_for(models_played, soundfont):
    parts = [WidePart("keys", 4, CHORD)] * 10 + [WidePart("sampled_solo", 73, CHORD)] * 4
    sounds = play_parts(parts, 120, 2 * SECOND, soundfont, Chance("parts"), modelled=True)

    chords = [model for model, notes in models_played if notes == len(CHORD)]
    solos = [model for model, notes in models_played if notes != len(CHORD)]
    assert len(sounds) == len(parts)
    assert 5 <= len(models_played) < len(parts)
    assert chords
    assert set(chords) <= set(CHORD_MODELS)
    assert solos
    assert set(solos) <= set(SOLO_MODELS)


def test_models_play_nothing_where_they_are_not_asked_for(models_played, soundfont):
    parts = [WidePart("keys", 4, CHORD)] * 6
    play_parts(parts, 120, 2 * SECOND, soundfont, Chance("parts"))

    assert models_played == []
