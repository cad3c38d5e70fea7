"""Oscillators, strings and amplifiers sound the pitch that is written, without aliasing or steps."""

import shutil

import numpy as np
import pytest

from training.data.chance import Chance
from training.data.instruments.amplifier import Amplifier
from training.data.instruments.events import (
    Expression,
    PlayedNote,
    in_seconds,
    one_at_a_time,
    pitch_curve,
)
from training.data.instruments.modulation import chorus, phaser, rotary, sweep_low_pass, tremolo, wah
from training.data.instruments.oscillators import frame_count, play_spectra
from training.data.instruments.patches import FAMILY_WAVEFORMS, draw_patch
from training.data.instruments.sampler import SampledPart, Sampler
from training.data.instruments.strings import Strings, play_solo, play_strings
from training.data.instruments.synthesiser import play_chords, play_line
from training.data.rendering import find_soundfont
from training.data.signal import root_mean_square
from training.data.theory import Note
from training.sources import SAMPLE_RATE

SECOND = SAMPLE_RATE
PLAIN = Expression(0.0, 0.0, 5.0, 0.0, 0.0)


def strongest_hertz(audio):
    excerpt = audio[: 1 << 15] * np.hanning(1 << 15)
    return np.argmax(np.abs(np.fft.rfft(excerpt))) * SAMPLE_RATE / (1 << 15)


def soundfont():
    if shutil.which("fluidsynth") is None:
        pytest.skip("FluidSynth is not installed")
    try:
        return find_soundfont("TimGM6mb.sf2")
    except FileNotFoundError as error:
        pytest.skip(str(error))


def test_harmonics_sound_at_multiples_of_the_pitch_and_nowhere_else():
    samples = SECOND
    spectra = np.zeros((frame_count(samples), 40), np.complex64)
    spectra[:, [0, 2]] = -1j
    frequency = np.full(len(spectra), 441.0)
    sound = play_spectra(spectra, frequency, samples)

    power = np.abs(np.fft.rfft(sound)) ** 2
    assert power[441] + power[1323] > 0.9999 * power.sum()
    assert power[441] == pytest.approx(power[1323], rel=0.05)


@pytest.mark.parametrize("family", sorted(FAMILY_WAVEFORMS))
def test_every_family_of_sounds_plays_chords_and_lines(family):
    notes = [PlayedNote(0.1, 0.5, 48, 100), PlayedNote(0.7, 0.2, 55, 60)]
    patch = draw_patch(family, Chance("patch", family))
    chords = play_chords(notes, patch, 3 * SECOND, Chance("chords"))
    line = play_line(notes, patch, PLAIN, 3 * SECOND, Chance("line"))

    for sound in (chords, line):
        assert sound.shape == (2, 3 * SECOND)
        assert np.isfinite(sound).all()
        assert root_mean_square(sound) > 0.002
        assert not sound[:, : SECOND // 10 - 512].any()
        assert np.abs(sound[:, -SECOND // 20 :]).max() < 0.05


def test_a_plucked_string_has_its_pitch_and_dies_away():
    strings = Strings(0.2, 0.1, 1.0, 1.0, 0.5, muted=False, noise=0.0, stiffness=3e-5)
    sound = play_strings([PlayedNote(0.0, 3.0, 45, 100)], strings, 3 * SECOND, Chance("pluck"))

    assert strongest_hertz(sound) % 110 == pytest.approx(0, abs=4) or strongest_hertz(sound) % 110 > 106
    assert root_mean_square(sound[: SECOND // 2]) > 2 * root_mean_square(sound[-SECOND:])


def test_a_muted_string_is_much_shorter():
    note = [PlayedNote(0.0, 1.0, 45, 100)]
    ringing, muted = (
        play_strings(note, Strings(0.2, 0.1, 0.5, 1.5, 0.5, muted, 0.0, 3e-5), SECOND, Chance("mute"))
        for muted in (False, True)
    )

    assert np.square(muted[SECOND // 3 :]).sum() < 0.05 * np.square(ringing[SECOND // 3 :]).sum()


def test_a_solo_ends_each_note():
    strings = Strings(0.2, 0.1, 0.5, 2.0, 0.5, muted=False, noise=0.0, stiffness=3e-5)
    sound = play_solo([PlayedNote(0.2, 0.3, 64, 100)], strings, PLAIN, SECOND, Chance("solo"))

    assert root_mean_square(sound[SECOND // 4 : SECOND // 2]) > 0.01
    assert np.abs(sound[-SECOND // 3 :]).max() < 1e-4


def test_drive_adds_harmonics_and_the_cabinet_removes_the_top():
    times = np.arange(SECOND) / SECOND
    sine = (0.2 * np.sin(2 * np.pi * 220 * times)).astype(np.float32)
    clean = Amplifier.draw(Chance("amplifier"), (0.05, 0.06)).play(sine)
    driven = Amplifier.draw(Chance("amplifier"), (30, 31)).play(sine)

    def share(audio, low, high):
        power = np.abs(np.fft.rfft(audio)) ** 2
        return power[low:high].sum() / power.sum()

    assert share(driven, 600, 6000) > 10 * share(clean, 600, 6000)
    assert share(driven, 12_000, 22_050) < 1e-3
    assert root_mean_square(driven) == pytest.approx(0.15, rel=0.02)


@pytest.mark.parametrize("effect", [chorus, tremolo, rotary, phaser])
def test_moving_effects_keep_length_and_level(effect):
    noise = 0.1 * Chance("noise").generator.standard_normal((2, SECOND)).astype(np.float32)
    result = effect(noise, Chance("effect"))

    assert result.shape == noise.shape
    assert 0.3 < root_mean_square(result) / root_mean_square(noise) < 2


def test_a_wah_moves_and_a_sweep_opens():
    noise = 0.1 * Chance("noise").generator.standard_normal((2, SECOND)).astype(np.float32)
    swept = sweep_low_pass(noise, np.linspace(200, 16_000, SECOND))

    assert np.isfinite(wah(noise, Chance("wah"), 0.5)).all()
    assert root_mean_square(swept[:, : SECOND // 5]) < 0.5 * root_mean_square(swept[:, -SECOND // 5 :])


def test_a_line_has_one_note_at_a_time_and_the_highest_wins():
    line = one_at_a_time([PlayedNote(0, 1, 60, 90), PlayedNote(0.005, 1, 64, 90), PlayedNote(0.5, 1, 62, 90)])

    assert [note.pitch for note in line] == [64, 62]
    assert line[0].duration == pytest.approx(0.495)


def test_the_pitch_curve_follows_the_notes():
    notes = [PlayedNote(0.0, 0.5, 60, 90), PlayedNote(0.5, 0.5, 67, 90)]
    curve = pitch_curve(notes, 1.0, 0.01, PLAIN, Chance("curve"))

    assert curve[20] == 60
    assert curve[80] == 67


def test_notes_beyond_the_end_are_dropped_and_long_ones_cut():
    notes = in_seconds([Note(0.0, 8.0, 60, 90), Note(7.0, 1.0, 62, 90)], 60, 4)

    assert [(note.pitch, note.duration) for note in notes] == [(60, 4.0)]


def test_the_sampler_plays_every_part_on_its_own_output_and_repeats_itself():
    sampler = Sampler(soundfont())
    piano = SampledPart(0, [PlayedNote(0.2, 0.5, 60, 100)])
    flute = SampledPart(73, [PlayedNote(0.8, 0.5, 72, 100)], bend=np.full(200, 12.0))
    sampler.play([piano, flute], 2 * SECOND)
    both = sampler.play([piano, flute], 2 * SECOND)

    assert both.shape == (2, 2, 2 * SECOND)
    assert np.array_equal(both, sampler.play([piano, flute], 2 * SECOND))
    assert root_mean_square(both[0, :, : SECOND // 2]) > 0.005
    assert not np.abs(both[1, :, : SECOND // 2]).max() > 1e-4
    assert strongest_hertz(both[1, 0, SECOND:]) == pytest.approx(1046.5, rel=0.02)
