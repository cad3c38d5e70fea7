"""Tests of the singing voices, on phrases of a made-up speaker."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import pyworld

from training.data.chance import Chance
from training.data.signal import FloatArray, root_mean_square
from training.data.singing import arrangement, bank, draw_performance, perform
from training.data.singing.analysis import ENVELOPE_HZ, Phrase, analyse
from training.data.singing.harmony import harmonised, key_of
from training.data.singing.lyrics import cut_into_phrases, lay_words
from training.data.singing.performance import KINDS, Kind, Performance
from training.data.singing.processing import Chain, process
from training.data.singing.singers import Singer, draw_singer
from training.data.singing.take import Take, record
from training.data.singing.voices import VOICES, Voice, speak
from training.data.voice import SungNote
from training.sources import SAMPLE_RATE

SPEECH_RATE = 16_000
SYLLABLES = 5
SECONDS = 4


def speech(chance: Chance) -> FloatArray:
    """Return a spoken phrase [time]: vowels of 0.2 s at 120 Hz, each after a hiss of 0.1 s."""
    vowel_times = np.arange(round(0.2 * SPEECH_RATE)) / SPEECH_RATE
    parts = [np.zeros(800)]
    for _ in range(SYLLABLES):
        formant = chance.uniform(400, 1500)
        harmonics = 120 * np.arange(1, 50)
        levels = 1 / (1 + ((harmonics - formant) / 200) ** 2) + 0.02
        vowel = (levels[:, None] * np.sin(2 * np.pi * harmonics[:, None] * vowel_times)).sum(axis=0)
        hiss = np.diff(chance.generator.standard_normal(1601))
        parts += [0.1 * hiss, 0.5 * vowel * np.hanning(len(vowel)) ** 0.3]
    return np.concatenate([*parts, np.zeros(800)]).astype(np.float32)


@pytest.fixture(scope="module")
def spoken() -> tuple[Phrase, ...]:
    return tuple(analyse(speech(Chance("speaker", index)), SPEECH_RATE) for index in range(3))


@pytest.fixture
def made_up_voices(spoken: tuple[Phrase, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrangement, "phrases", lambda voice: spoken)


@pytest.fixture
def plain_singer() -> Singer:
    """A singer without habits."""
    return replace(
        draw_singer(Chance("plain")),
        tract_scale=1.0,
        vibrato_semitones=0.0,
        scoop=0.0,
        fall=0.0,
        fry=0.0,
        drift=0.0,
        jitter=0.0,
        roughness=0.0,
        tuned=False,
        looseness=0.0,
        breath=0.02,
    )


def melody() -> list[SungNote]:
    pitches = (57, 60, 62, 64, 62, 60)
    first = [SungNote(0.4 + 0.25 * index, 0.24, pitch) for index, pitch in enumerate(pitches)]
    return [*first, *(replace(note, start=note.start + 1.9, pitch=note.pitch + 2) for note in first)]


def measured_pitch(audio: FloatArray) -> np.ndarray:
    """Return MIDI pitches [frames], a frame every 5 ms, not a number without a voice."""
    wave = audio.astype(np.float64)
    coarse, times = pyworld.dio(wave, SAMPLE_RATE, f0_floor=60, f0_ceil=900)
    hertz = pyworld.stonemask(wave, coarse, times, SAMPLE_RATE)
    with np.errstate(divide="ignore"):
        return np.where(hertz > 0, 69 + 12 * np.log2(hertz / 440), np.nan)


def level_between(audio: FloatArray, low: float, high: float) -> float:
    """Return the power in dB of [time] between two frequencies."""
    power = np.abs(np.fft.rfft(audio)) ** 2
    hertz = np.fft.rfftfreq(len(audio), 1 / SAMPLE_RATE)
    return float(10 * np.log10(power[(hertz >= low) & (hertz < high)].sum() + 1e-12))


def performance_of(kind: Kind, seed: int = 0) -> Performance:
    """Return the first drawn performance of a kind."""
    drawn = (draw_performance(Chance("test", kind, seed, index)) for index in range(2000))
    return next(performance for performance in drawn if performance.kind == kind)


def test_speech_is_cut_into_its_syllables(spoken: tuple[Phrase, ...]) -> None:
    for phrase in spoken:
        assert len(phrase.syllables) == SYLLABLES
        for index, syllable in enumerate(phrase.syllables):
            # 0.05 s of silence, then 0.1 s of hiss and 0.2 s of vowel for each.
            assert syllable.vowel == pytest.approx((0.05 + 0.3 * index + 0.1) / 0.005, abs=10)
            assert np.median(phrase.pitch[syllable.vowel : syllable.end]) == pytest.approx(120, rel=0.02)


def test_the_band_of_an_engine_is_extended(spoken: tuple[Phrase, ...]) -> None:
    phrase = spoken[0]
    hiss = phrase.envelope[phrase.syllables[1].vowel - 12]
    within, beyond = ENVELOPE_HZ < 0.8 * SPEECH_RATE / 2, ENVELOPE_HZ > 9000
    assert beyond.any()
    # The hiss goes on above the 8 kHz of the speaker, falling.
    assert -40 < hiss[beyond][0] - hiss[within].max() < 3
    assert (np.diff(hiss[beyond]) < 0).all()


def test_notes_are_cut_into_phrases_at_rests() -> None:
    pieces = cut_into_phrases(
        [SungNote(0, 0.6, 60), SungNote(0.5, 0.4, 62), SungNote(1.5, 0.5, 64), SungNote(2.0, 0.01, 65)]
    )
    assert [[note.pitch for note in piece] for piece in pieces] == [[60, 62], [64]]
    assert pieces[0][0].duration == pytest.approx(0.5)


def test_a_take_follows_the_melody(spoken: tuple[Phrase, ...], plain_singer: Singer) -> None:
    line = lay_words(melody(), spoken, Chance("words"), "words", 0.0)
    voice = record(Take(plain_singer, breaths_db=None), line, SECONDS * SAMPLE_RATE, Chance("take"))
    pitch = measured_pitch(voice)
    for note in melody():
        middle = pitch[round((note.start + 0.08) / 0.005) : round((note.start + 0.13) / 0.005)]
        assert np.nanmedian(middle) == pytest.approx(note.pitch, abs=0.5)


def test_consonants_come_before_the_beat(spoken: tuple[Phrase, ...], plain_singer: Singer) -> None:
    line = lay_words([SungNote(1.0, 0.8, 57)], spoken, Chance("words"), "words", 0.0)
    voice = record(Take(plain_singer, breaths_db=None), line, 2 * SAMPLE_RATE, Chance("take"))
    before = voice[round(0.93 * SAMPLE_RATE) : round(0.98 * SAMPLE_RATE)]
    after = voice[round(1.2 * SAMPLE_RATE) : round(1.4 * SAMPLE_RATE)]
    hiss, vowel = (
        level_between(part, 4000, 9000) - level_between(part, 60, 1000) for part in (before, after)
    )
    assert hiss > vowel + 15


def test_a_long_note_holds_one_vowel(spoken: tuple[Phrase, ...], plain_singer: Singer) -> None:
    line = lay_words([SungNote(0.5, 2.5, 57)], spoken, Chance("words"), "words", 0.0)
    voice = record(Take(plain_singer, breaths_db=None), line, SECONDS * SAMPLE_RATE, Chance("take"))
    voiced = ~np.isnan(measured_pitch(voice))
    assert voiced[round(0.6 / 0.005) : round(2.9 / 0.005)].mean() > 0.95


def test_whispering_has_no_pitch(spoken: tuple[Phrase, ...], plain_singer: Singer) -> None:
    line = lay_words(melody(), spoken, Chance("words"), "words", 0.0)
    takes = {
        delivery: record(
            Take(plain_singer, delivery, breaths_db=None), line, SECONDS * SAMPLE_RATE, Chance("take")
        )
        for delivery in ("sung", "whispered")
    }
    voiced = {delivery: np.mean(~np.isnan(measured_pitch(take))) for delivery, take in takes.items()}
    assert voiced["whispered"] < 0.25 * voiced["sung"]


def test_roughness_adds_subharmonics(spoken: tuple[Phrase, ...], plain_singer: Singer) -> None:
    line = lay_words([SungNote(0.3, 3.0, 69)], spoken, Chance("words"), "vowel", 0.0)
    levels = {}
    for roughness in (0.0, 0.9):
        take = Take(replace(plain_singer, roughness=roughness), breaths_db=None)
        voice = record(take, line, SECONDS * SAMPLE_RATE, Chance("take"))
        levels[roughness] = level_between(voice, 130, 330) - level_between(voice, 400, 480)
    assert levels[0.9] > levels[0.0] + 6


def test_two_takes_differ_and_the_same_take_does_not(
    spoken: tuple[Phrase, ...], plain_singer: Singer
) -> None:
    line = lay_words(melody(), spoken, Chance("words"), "words", 0.1)
    take = Take(replace(plain_singer, looseness=0.01), breaths_db=-20)
    first, again, other = (
        record(take, line, SECONDS * SAMPLE_RATE, Chance("take", index)) for index in (0, 0, 1)
    )
    np.testing.assert_array_equal(first, again)
    assert root_mean_square(first - other) > 0.3 * root_mean_square(first)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_sung(kind: Kind, made_up_voices: None) -> None:
    samples = 6 * SAMPLE_RATE
    stem = perform(replace(performance_of(kind), width=0.5), melody(), samples, Chance("sound"))
    assert stem.shape == (2, samples)
    assert stem.dtype == np.float32
    assert np.abs(stem).max() == pytest.approx(0.9, abs=1e-3)
    assert np.abs(stem[:, round(5.5 * SAMPLE_RATE) :]).max() < 0.01, "the last note does not die away"


def test_a_lead_stands_in_the_middle_and_doubles_beside_it(made_up_voices: None) -> None:
    widths: dict[str, list[float]] = {"lead": [], "doubled": []}
    for kind in ("lead", "doubled"):
        performance = replace(performance_of(kind), presence=1.0, width=1.0, backing_db=0.0)
        for seed in range(4):
            left, right = perform(performance, melody(), SECONDS * SAMPLE_RATE, Chance("sound", seed))
            widths[kind].append(root_mean_square(left - right) / root_mean_square(left + right))
    assert max(widths["lead"]) < 1e-5
    assert max(widths["doubled"]) > 0.1


def test_no_notes_no_sound(made_up_voices: None) -> None:
    assert not perform(performance_of("lead"), [], SAMPLE_RATE, Chance("sound")).any()


def test_a_melody_is_moved_by_octaves_into_the_range(plain_singer: Singer) -> None:
    low = [replace(note, pitch=note.pitch - 12) for note in melody()]
    moved = arrangement.in_range(low, replace(plain_singer, centre=67.0))
    assert {(after.pitch - before.pitch) % 12 for before, after in zip(low, moved, strict=True)} == {0}
    assert abs(np.median([note.pitch for note in moved]) - 67) <= 6


def test_harmonies_stay_in_the_key() -> None:
    key = key_of([SungNote(index, 1.0, pitch) for index, pitch in enumerate((60, 62, 64, 65, 67, 69, 71))])
    assert [harmonised(pitch, 2, key) for pitch in (60, 62, 64)] == [64, 65, 67]
    assert [harmonised(pitch, -3, key) for pitch in (60, 62)] == [55, 57]
    assert harmonised(60, 7, key) == 72


def test_unseen_singers_are_never_trained_on() -> None:
    assert not {voice.name for voice in VOICES["training"]} & {voice.name for voice in VOICES["unseen"]}
    languages = {voice.language for voice in VOICES["training"]}
    assert not languages & {voice.language for voice in VOICES["unseen"]}
    for index in range(30):
        performance = draw_performance(Chance("unseen", index), "unseen")
        assert {performance.lead.voice, *(other.voice for other in performance.others)} <= set(
            VOICES["unseen"]
        )
        assert draw_performance(Chance("unseen", index)).lead.voice in VOICES["training"]


def test_a_telephone_is_narrow_and_a_compressor_evens_out(spoken: tuple[Phrase, ...]) -> None:
    line = lay_words(melody(), spoken, Chance("words"), "words", 0.0)
    take = Take(draw_singer(Chance("singer")), breaths_db=None)
    voice = record(take, line, SECONDS * SAMPLE_RATE, Chance("take"))
    chain = Chain(0.0, (0.0,) * 10, 8.0, -10.0, 0.1, 1.0, 0.0, "none")
    wide = process(voice, chain)
    narrow = process(voice, replace(chain, speaker="telephone"))
    assert level_between(narrow, 6000, 20000) < level_between(wide, 6000, 20000) - 15
    crests = [np.abs(sound).max() / root_mean_square(sound) for sound in (voice, wide)]
    assert crests[1] < crests[0]


def test_phrases_are_spoken_once_and_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    def spoken_once(voice: Voice, texts: list[str]) -> list[tuple[FloatArray, int]]:
        calls.append(len(texts))
        return [(speech(Chance(text)), SPEECH_RATE) for text in texts[:2]]

    monkeypatch.setattr(bank, "FOLDER", tmp_path)
    monkeypatch.setattr(bank, "speak", spoken_once)
    monkeypatch.setattr(Voice, "installed", True)
    voice = VOICES["training"][-1]
    bank.phrases.cache_clear()
    first = bank.phrases(voice)
    bank.phrases.cache_clear()
    again = bank.phrases(voice)
    bank.phrases.cache_clear()
    assert calls == [bank.PHRASES[voice.recorded]]
    assert [phrase.syllables for phrase in first] == [phrase.syllables for phrase in again]
    np.testing.assert_array_equal(first[1].envelope, again[1].envelope)
    assert len(first[0].pitch) == len(first[0].envelope)


def test_a_missing_voice_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bank, "FOLDER", tmp_path)
    monkeypatch.setattr(Voice, "installed", False)
    bank.phrases.cache_clear()
    with pytest.raises(bank.VoiceNotInstalledError, match="cmu_us_slt_arctic_hts"):
        bank.phrases(VOICES["training"][0])


@pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="needs espeak-ng")
def test_espeak_phrases_have_syllables() -> None:
    voice = next(voice for voice in VOICES["training"] if voice.engine == "espeak-ng")
    ((audio, rate),) = speak(voice, ["remember the morning"])
    assert 4 <= len(analyse(audio, rate).syllables) <= 8
