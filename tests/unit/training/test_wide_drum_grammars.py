"""Drum grooves of wide songs: valid in every metre, the same for a seed, and rich enough for a kit model."""

from dataclasses import replace

import pytest

from training.data.chance import Chance
from training.data.kits.parts import KIT_PARTS, part_of
from training.data.theory import SCALES, Sketch
from training.data.wide_drum_arrangement import grammar
from training.data.wide_drum_fills import FILLS, build_up
from training.data.wide_drum_grammars import WIDE_DRUM_GRAMMARS
from training.data.wide_drum_patterns import VELOCITIES, Groove, Voice, line_bars, play_line

FOUR = Sketch(
    tempo=110,
    bars=8,
    beats_per_bar=4,
    root=40,
    scale=SCALES["major"],
    progression=(0, 3),
    bars_per_chord=1,
    swing=0.0,
    pool="wide",
)
GENRES = [(pool, name) for pool, genres in WIDE_DRUM_GRAMMARS.items() for name in genres]


def starts(line, sketch, bars=range(1), stretch=1):
    notes = play_line(line, 36, sketch, bars, stretch=stretch, chance=Chance("line"))
    return [pytest.approx(note.start) for note in notes]


@pytest.mark.parametrize(("pool", "name"), GENRES)
@pytest.mark.parametrize("beats_per_bar", [3, 4, 5, 6, 7, 12])
def test_a_genre_plays_valid_notes_within_the_song(pool, name, beats_per_bar):
    sketch = replace(FOUR, beats_per_bar=beats_per_bar, tempo=150)
    for seed in range(2):
        notes = WIDE_DRUM_GRAMMARS[pool][name](sketch, Chance(name, seed))
        assert len(notes) > 8
        assert all(0 <= note.start < sketch.beats and note.duration > 0 for note in notes)
        assert all(27 <= note.pitch <= 87 and 1 <= note.velocity <= 127 for note in notes)


@pytest.mark.parametrize(("pool", "name"), GENRES)
def test_a_seed_always_plays_the_same(pool, name):
    play = WIDE_DRUM_GRAMMARS[pool][name]

    assert play(FOUR, Chance("seed", 1)) == play(FOUR, Chance("seed", 1))
    assert play(FOUR, Chance("seed", 1)) != play(FOUR, Chance("seed", 2))


def test_held_out_genres_are_not_trained_on():
    assert not set(WIDE_DRUM_GRAMMARS["wide"]) & set(WIDE_DRUM_GRAMMARS["wide_held_out"])


def test_every_part_of_the_kit_is_struck_in_enough_songs():
    songs = [
        {part_of(note.pitch) for note in play(FOUR, Chance(name, seed))}
        for name, play in WIDE_DRUM_GRAMMARS["wide"].items()
        for seed in range(4)
    ]
    share = {part: sum(part in song for song in songs) / len(songs) for part in KIT_PARTS}

    assert min(share["kick"], share["snare"], share["cymbals"]) > 0.7
    assert min(share["toms"], share["percussion"]) > 0.3


def test_a_line_repeats_every_bar():
    assert starts("X.......X.......", FOUR, range(1, 3)) == [4, 6, 8, 10]


def test_a_line_is_cut_by_a_short_bar_and_continued_in_a_long_one():
    assert starts("X...X...X...X...", replace(FOUR, beats_per_bar=3), range(2)) == [0, 1, 2, 3, 4, 5]
    assert starts("X...............", replace(FOUR, beats_per_bar=5), range(2)) == [0, 4, 5, 9]


def test_a_pulse_of_compound_time_lasts_three_beats():
    assert starts("X...x...", replace(FOUR, beats_per_bar=6)) == starts(
        "X.x.", replace(FOUR, beats_per_bar=6)
    )
    assert starts("X.x.X.x.X.x.X.x.", replace(FOUR, beats_per_bar=6)) == [0, 2, 3, 5]
    assert starts("X.xX.xX.xX.x", replace(FOUR, beats_per_bar=12)) == [0, 2, 3, 5, 6, 8, 9, 11]


def test_a_stretched_line_takes_twice_as_long():
    assert starts("X.......X.......", FOUR, range(2), stretch=2) == [0, 4]


def test_long_lines_last_several_bars():
    assert line_bars("." * 12) == line_bars("." * 24) == 1
    assert line_bars("." * 32) == 2
    assert starts("X..............................X", FOUR, range(2)) == [0, 7.75]


def test_a_roll_divides_its_step_and_a_flam_strikes_twice():
    assert starts("...4............", FOUR) == [0.75, 0.8125, 0.875, 0.9375]
    assert len(starts("....f...........", FOUR)) == 2


def test_ghost_notes_lie_far_below_accents():
    assert VELOCITIES["g"][1] + 40 < VELOCITIES["X"][0]


@pytest.mark.parametrize("style", sorted(FILLS))
def test_fills_stay_within_their_time(style):
    for fill in FILLS[style]:
        for length in (0.5, 1.0, 4.0):
            notes = fill(8.0, length, Chance("fill", length))
            assert all(7.9 <= note.start < 8 + length + 0.02 for note in notes)


def test_a_build_up_grows_louder_and_denser():
    notes = [note for note in build_up(0, 16, Chance("build", 1)) if note.pitch not in (36, 49)]
    early = [note for note in notes if note.start < 8]
    late = [note for note in notes if note.start >= 8]

    assert len(late) > len(early)
    assert max(note.velocity for note in early) < max(note.velocity for note in late)


def test_the_time_moves_to_another_cymbal_in_some_sections():
    groove = Groove((Voice("time", (42,), ("x...x...x...x...",)),), "none", 0.0, (51,), 0.0)
    pitches = {note.pitch for seed in range(5) for note in grammar(groove)(FOUR, Chance(seed))}

    assert pitches == {42, 51}
