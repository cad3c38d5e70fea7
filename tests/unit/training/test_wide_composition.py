"""Wide songs: a function of their seed, playable, varied, and with grammars of their own for evaluation."""

from collections import Counter

import numpy as np
import pytest

from training.data.chance import Chance
from training.data.song_sets import load_song_sets
from training.data.wide_bass_grammars import LOWEST_PITCH, WIDE_BASS_GRAMMARS
from training.data.wide_chords import QUALITIES, progressions
from training.data.wide_composition import compose_drums, compose_wide
from training.data.wide_drum_grammars import WIDE_DRUM_GRAMMARS
from training.data.wide_guitar_grammars import fretted, strummed
from training.data.wide_melody_grammars import LOWEST_VOICES, RANGE_SEMITONES, WIDE_MELODY_GRAMMARS
from training.data.wide_styles import STYLES
from training.data.wide_theory import Chord, make_wide_sketch

POOLS = ("wide", "wide_held_out")
SETS = load_song_sets()


def songs(pool, count=60):
    return [compose_wide(seed, 12, pool) for seed in range(count)]


def test_a_seed_always_gives_the_same_song():
    assert compose_wide(7, 12, "wide").fingerprint() == compose_wide(7, 12, "wide").fingerprint()
    assert compose_drums(7, 12, "wide").fingerprint() == compose_drums(7, 12, "wide").fingerprint()


def test_different_seeds_give_different_songs():
    assert len({song.fingerprint() for song in songs("wide", 40)}) == 40


@pytest.mark.parametrize("pool", POOLS)
def test_songs_last_long_enough_and_can_be_played(pool):
    for song in songs(pool):
        parts = (*song.bass, *song.other)
        notes = [*song.drums, *song.voice, *(note for part in parts for note in part.notes)]
        assert notes
        assert max(note.start + note.duration for note in notes) * 60 / song.tempo > 4
        assert all(0 <= note.pitch <= 127 and 1 <= note.velocity <= 127 for note in notes)
        assert all(note.start >= 0 and note.duration > 0 for note in notes)
        assert all(0 <= part.program <= 127 for part in parts)


@pytest.mark.parametrize("pool", POOLS)
def test_voices_stay_in_a_singable_range_and_basses_low(pool):
    for song in songs(pool):
        pitches = [note.pitch for note in song.voice]
        if pitches:
            assert min(LOWEST_VOICES) <= min(pitches)
            assert max(pitches) - min(pitches) <= RANGE_SEMITONES
        assert all(20 <= note.pitch <= 64 for part in song.bass for note in part.notes)


def test_every_stem_is_absent_from_some_songs_and_present_in_most():
    present = Counter()
    for song in songs("wide", 200):
        present["drums"] += bool(song.drums)
        present["bass"] += any(part.notes for part in song.bass)
        present["other"] += any(part.notes for part in song.other)
        present["vocals"] += bool(song.voice)

    assert all(150 <= present[stem] < 200 for stem in ("drums", "bass", "other", "vocals"))


def test_metres_tempos_and_instruments_vary():
    drawn = songs("wide", 200)
    kinds = {part.kind for song in drawn for part in (*song.bass, *song.other)}

    assert {song.beats_per_bar for song in drawn} >= {3, 4, 5, 6, 7}
    assert {song.style for song in drawn} == set(STYLES["wide"])
    assert kinds >= {"guitar_solo", "sampled_solo", "muted_guitar", "pad", "boom_bass", "riser"}
    assert min(song.tempo for song in drawn) < 85
    assert max(song.tempo for song in drawn if song.beats_per_bar == 4) > 150


def test_what_is_held_out_is_not_trained_on():
    assert not set(progressions("wide")) & set(progressions("wide_held_out"))
    for grammars in (WIDE_BASS_GRAMMARS, WIDE_MELODY_GRAMMARS, WIDE_DRUM_GRAMMARS):
        assert not set(grammars["wide"]) & set(grammars["wide_held_out"])
    layers = {
        pool: {layer.grammar for style in STYLES[pool].values() for layer in style.layers} for pool in POOLS
    }
    assert not layers["wide"] & layers["wide_held_out"]


@pytest.mark.parametrize("pool", POOLS)
def test_styles_name_grammars_that_exist(pool):
    for style in STYLES[pool].values():
        assert set(style.basses) <= set(WIDE_BASS_GRAMMARS[pool])
        assert set(style.drums) <= set(WIDE_DRUM_GRAMMARS[pool])


def test_unseen_wide_songs_share_nothing_with_training():
    for name in ("wide_unseen", "kit_unseen"):
        unseen = SETS.named(name)
        assert unseen.sources == "unseen"
        assert unseen.grammars == "wide_held_out"
        assert not set(unseen.soundfonts) & set(SETS.wide_training.soundfonts)


def test_chords_follow_the_progression_and_the_key_change():
    sketch = next(
        sketch
        for sketch in (make_wide_sketch(Chance("lift", seed), 16, "wide") for seed in range(200))
        if sketch.lift_beat < sketch.beats
    )
    before, after = sketch.tonic(0), sketch.tonic(sketch.lift_beat)

    assert (after - before) % 12 == sketch.lift % 12
    assert sketch.chord(-1) == sketch.chord(0)
    assert all(chord.intervals in QUALITIES.values() for _, chord in sketch.changes)


def test_voicings_lie_above_the_lowest_note_and_hold_the_chord():
    chord = Chord(9, QUALITIES["min7"], 9)

    assert chord.voicing(60) == (60, 64, 67, 69)
    assert chord.root_pitch(40) == 45
    assert chord.bass_pitch(LOWEST_PITCH) == 33


def test_a_strum_goes_string_by_string():
    sketch = make_wide_sketch(Chance("strum"), 8, "wide")
    notes = strummed(sketch, Chance("hand"))
    first = [note for note in notes if note.start < 0.4][: len(fretted(sketch, 0, 0))]
    onsets = np.array([note.start for note in first])

    assert len(first) >= 4
    assert (np.diff(onsets)[:3] > 0).all()
