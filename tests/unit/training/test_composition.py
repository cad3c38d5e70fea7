"""Songs are a function of their seed, and evaluation songs never change nor meet the training songs."""

import itertools

import pytest

from training.data.bass_grammars import BASS_GRAMMARS
from training.data.composition import compose
from training.data.drum_grammars import DRUM_GRAMMARS
from training.data.harmony_grammars import HARMONY_GRAMMARS, PROGRAMS
from training.data.melody_grammars import HIGHEST_PITCH, MELODY_GRAMMARS
from training.data.song_sets import SongSet, load_song_sets
from training.data.theory import PROGRESSIONS, SCALES, Sketch

SETS = load_song_sets()
EVERY_SET = SETS.every


def test_a_seed_always_gives_the_same_song():
    assert compose(7, 12, "training").fingerprint() == compose(7, 12, "training").fingerprint()


def test_different_seeds_give_different_songs():
    fingerprints = {compose(seed, 12, "training").fingerprint() for seed in range(20)}

    assert len(fingerprints) == 20


@pytest.mark.parametrize("pool", ["training", "held_out"])
def test_songs_last_long_enough_and_stay_within_midi(pool):
    for seed in range(30):
        song = compose(seed, 12, pool)
        notes = [note for parts in song.parts.values() for part in parts for note in part.notes]
        notes += song.voice.notes
        assert all(0 <= note.pitch <= 127 and 1 <= note.velocity <= 127 for note in notes)
        assert all(note.start >= 0 and note.duration > 0 for note in notes)
        assert all(note.pitch <= HIGHEST_PITCH for note in song.voice.notes)
        assert notes
        assert max(note.start + note.duration for note in notes) * 60 / song.tempo > 6


def test_a_song_is_sung_by_the_voices_it_may_have():
    songs = [compose(seed, 12, "training", SETS.choir_training.voices) for seed in range(20)]

    assert {song.voice.kind for song in songs} == {"choir"}
    assert songs[7].parts == compose(7, 12, "training").parts
    assert len({compose(seed, 12, "training", SETS.training.voices).voice.kind for seed in range(40)}) == 5


@pytest.mark.parametrize("grammars", [DRUM_GRAMMARS, BASS_GRAMMARS, HARMONY_GRAMMARS, MELODY_GRAMMARS])
def test_held_out_grammars_are_not_trained_on(grammars):
    assert not set(grammars["training"].values()) & set(grammars["held_out"].values())


def test_held_out_progressions_are_not_trained_on():
    assert not set(PROGRESSIONS["training"]) & set(PROGRESSIONS["held_out"])


def test_every_accompaniment_has_instruments():
    assert set(PROGRAMS) == {name for pool in HARMONY_GRAMMARS.values() for name in pool}


@pytest.mark.parametrize(
    "pair", list(itertools.combinations(EVERY_SET, 2)), ids=lambda pair: f"{pair[0].name}-{pair[1].name}"
)
def test_no_seed_belongs_to_two_sets(pair):
    first, second = pair

    assert first.last_seed < second.first_seed or second.last_seed < first.first_seed


def test_the_demo_song_belongs_to_no_set():
    assert not any(SETS.demo_seed in song_set.seeds for song_set in EVERY_SET)


@pytest.mark.parametrize("song_set", SETS.evaluation, ids=lambda song_set: song_set.name)
def test_evaluation_songs_are_those_that_were_frozen(song_set: SongSet):
    assert song_set.fingerprint() == song_set.frozen_fingerprint


def test_unseen_soundfonts_are_not_trained_on():
    unseen = {
        font for song_set in SETS.evaluation if "soundfont" in song_set.name for font in song_set.soundfonts
    }

    assert unseen
    assert not unseen & set(SETS.training.soundfonts)


def test_swing_delays_the_off_beat_and_keeps_the_beat():
    sketch = Sketch(120, 4, 4, 40, SCALES["minor"], (0, 3), 1, 1 / 6, "training")

    assert sketch.swung(3.0) == 3.0
    assert sketch.swung(3.5) == pytest.approx(3 + 2 / 3)
    assert sketch.swung(3.25) < sketch.swung(3.5) < sketch.swung(3.75) < 4


def test_scale_degrees_wrap_into_octaves():
    sketch = Sketch(120, 4, 4, 40, SCALES["major"], (0,), 1, 0.0, "training")

    assert sketch.pitch(7) == 52
    assert sketch.pitch(-1) == 39
    assert sketch.triad(0, 1) == (52, 56, 59)
