"""Stems in other tone colours: as loud as before, darker or brighter, and with new overtones when driven."""

import dataclasses
from functools import partial

import numpy as np
import pytest

from training.config import DataConfig, load_config
from training.data import song_sets
from training.data.chance import Chance
from training.data.clips import save_clip
from training.data.examples import ExampleSampler
from training.data.recolouring import RECOLOURINGS, Recolouring, recolour
from training.sources import SAMPLE_RATE, SOURCES
from training.stages import RecipeError, stage_examples

SAMPLES = SAMPLE_RATE
FLAT = (0.0, 0.0)
UNTOUCHED = Recolouring((500.0, 500.0), FLAT, (500.0, 500.0), FLAT, driven_share=0.0, drive=(10.0, 10.0))


def tone(hertz, level=0.1):
    wave = level * np.sqrt(2) * np.sin(2 * np.pi * hertz * np.arange(SAMPLES) / SAMPLE_RATE)
    return np.stack([wave] * 2).astype(np.float32)


def level_of(audio):
    return np.sqrt(np.mean(np.square(audio)))


def level_at(audio, hertz):
    """Return the level of a partial that turns a whole number of times in the audio."""
    return np.abs(np.fft.rfft(audio[0]))[hertz] * np.sqrt(2) / SAMPLES


@pytest.mark.parametrize("source", SOURCES)
def test_a_stem_keeps_its_level_and_is_the_same_for_the_same_chance(source):
    stem = Chance("noise").generator.normal(0, 0.1, (2, SAMPLES)).astype(np.float32)
    heard = [recolour(RECOLOURINGS[source], stem, Chance("colour", draw)) for draw in range(12)]

    for draw, audio in enumerate(heard):
        assert audio.shape == stem.shape
        assert audio.dtype == np.float32
        assert level_of(audio) == pytest.approx(level_of(stem), rel=1e-3)
        assert np.array_equal(audio, recolour(RECOLOURINGS[source], stem, Chance("colour", draw)))
    assert not np.allclose(heard[0], heard[1])


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("level", [0.0, 3e-5])
def test_what_is_next_to_silent_is_left_alone(source, level):
    stem = tone(200, level)

    for draw in range(12):
        assert np.array_equal(recolour(RECOLOURINGS[source], stem, Chance(draw)), stem)


def test_a_stem_whose_sides_cancel_stays_finite_and_keeps_its_level():
    stem = tone(200) * np.array([[1], [-1]], dtype=np.float32)
    always = dataclasses.replace(RECOLOURINGS["bass"], driven_share=1.0, wah_share=1.0)

    for draw in range(12):
        assert level_of(recolour(always, stem, Chance(draw))) == pytest.approx(0.1, rel=1e-3)


def brightness_db(audio):
    return 20 * np.log10(level_at(audio, 5000) / level_at(audio, 50))


@pytest.mark.parametrize("gain_db", [-12.0, 12.0])
def test_the_shelf_changes_what_is_above_its_corner(gain_db):
    tilted = dataclasses.replace(UNTOUCHED, shelf_db=(gain_db, gain_db))

    assert brightness_db(recolour(tilted, tone(50) + tone(5000), Chance("shelf"))) == pytest.approx(
        gain_db, abs=1.0
    )


def test_resonances_lift_what_is_near_their_centre():
    stem = tone(50) + tone(500) + tone(5000)
    resonant = dataclasses.replace(UNTOUCHED, resonance_db=(12.0, 12.0))
    lifted = [recolour(resonant, stem, Chance("peak", draw)) for draw in range(12)]
    gains_db = np.array([20 * np.log10(level_at(audio, 500) / level_at(audio, 50)) for audio in lifted])

    assert gains_db.min() == pytest.approx(0.0, abs=0.1)
    assert gains_db.max() == pytest.approx(24.0, abs=2.0)
    assert all(brightness_db(audio) == pytest.approx(0.0, abs=2.0) for audio in lifted)


@pytest.mark.parametrize("amplified", [False, True])
def test_driven_stems_gain_overtones(amplified):
    driven = dataclasses.replace(UNTOUCHED, driven_share=1.0, amplified=amplified)

    assert level_at(recolour(driven, tone(100), Chance("driven")), 300) > 0.005
    assert level_at(recolour(UNTOUCHED, tone(100), Chance("driven")), 300) < 1e-4


def test_a_wah_moves():
    stem = Chance("noise").generator.normal(0, 0.1, (2, SAMPLES)).astype(np.float32)
    swept = recolour(dataclasses.replace(UNTOUCHED, wah_share=1.0), stem, Chance("wah", 5))
    shares = [
        np.abs(np.fft.rfft(piece))[: len(piece) // 40].sum() / np.abs(np.fft.rfft(piece)).sum()
        for piece in np.split(swept[0], 20)
    ]

    assert max(shares) > 1.2 * min(shares)


def test_a_doubled_stem_differs_between_the_sides():
    doubled = recolour(dataclasses.replace(UNTOUCHED, doubled_share=1.0), tone(200), Chance("double"))

    assert level_of(doubled[0] - doubled[1]) > 0.01
    assert level_of(doubled) == pytest.approx(0.1, rel=1e-3)


@pytest.fixture
def clip(tmp_path, monkeypatch):
    monkeypatch.setattr(song_sets, "DATA_FOLDER", tmp_path)
    songs = song_sets.load_song_sets().training
    path = songs.clip_path(songs.first_seed)
    save_clip(np.stack([tone(hertz, 0.05) for hertz in (80, 160, 320, 640)]), path)
    return path


def test_a_stage_hears_other_colours_only_where_its_recipe_says_so(clip):
    recipe = load_config("foundry_4s")
    recipe = dataclasses.replace(
        recipe,
        data=DataConfig([{"training": (0, 1)}] * 3, [], recoloured=[0.0, 1.0]),
        training=dataclasses.replace(recipe.training, segment_samples=16_384),
    )
    rendered = ExampleSampler([clip], 16_384, recipe.training.seed).batch(3, 4)

    assert np.array_equal(stage_examples(recipe, 0).batch(3, 4), rendered)
    assert not np.array_equal(stage_examples(recipe, 1).batch(3, 4), rendered)
    assert np.array_equal(stage_examples(recipe, 2).batch(3, 4), rendered)


def test_a_share_of_the_stems_hears_other_colours(clip):
    recolourings = [partial(recolour, RECOLOURINGS[source]) for source in SOURCES]
    rendered = ExampleSampler([clip], 16_384, 1).batch(3, 12)

    heard = ExampleSampler([clip], 16_384, 1, recolourings, 0.5).batch(3, 12)

    # A limiter changes every stem of an example when one has another colour.
    same = (heard == rendered).all(axis=(2, 3)) & rendered.any(axis=(2, 3))
    assert 0.2 < same.mean() < 0.7


def test_a_recipe_cannot_recolour_stems_without_colours(clip):
    recipe = load_config("foundry_kit")
    recipe = dataclasses.replace(recipe, data=DataConfig([{"training": (0, 1)}], [], recoloured=[0.1]))

    with pytest.raises(RecipeError, match="no colours are known for kick, snare, toms, cymbals"):
        stage_examples(recipe, 0)
