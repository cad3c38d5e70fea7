"""Voices, effects and mixing, and the rendering where the tools are installed."""

import shutil

import numpy as np
import pytest

from training.data.chance import Chance
from training.data.clips import render_clip
from training.data.effects import compression_gain, echo, reverberate, saturate
from training.data.mixing import PEAK, mix
from training.data.rendering import find_soundfont
from training.data.signal import (
    filter_magnitude,
    inverse_short_time_spectrum,
    resample,
    root_mean_square,
    short_time_spectrum,
)
from training.data.song_sets import load_song_sets
from training.data.speech import sing_words
from training.data.voice import Singer, SungNote, sing
from training.sources import SAMPLE_RATE, SOURCES

SECOND = SAMPLE_RATE


def tone(frequency, seconds=1.0):
    times = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    return np.stack([np.sin(2 * np.pi * frequency * times)] * 2).astype(np.float32)


def tools_are_installed():
    fonts = load_song_sets().training.soundfonts
    try:
        list(map(find_soundfont, fonts))
    except FileNotFoundError:
        return False
    return shutil.which("fluidsynth") is not None and shutil.which("espeak-ng") is not None


def test_the_singer_sings_the_written_pitch():
    plain = Singer(1.0, 1.2, 5.0, 0.0, 0.0, 0.02, 1.0)
    line = sing([SungNote(0.2, 1.2, 57)], 2 * SECOND, Chance("pitch"), plain)

    excerpt = line[SECOND // 2 : SECOND // 2 + 32_768] * np.hanning(32_768)
    autocorrelation = np.fft.irfft(np.abs(np.fft.rfft(excerpt, 65_536)) ** 2)
    lags = np.arange(100, 400)
    period = lags[np.argmax(autocorrelation[lags])]

    assert SAMPLE_RATE / period == pytest.approx(220, rel=0.02)


def test_the_singer_is_silent_between_notes_and_repeatable():
    def voice():
        return sing([SungNote(0.5, 0.4, 60)], 2 * SECOND, Chance("voice"), Singer.draw(Chance("singer")))

    assert np.array_equal(voice(), voice())
    assert not voice()[: SECOND // 2].any()
    assert not voice()[SECOND:].any()
    assert voice().any()


def test_a_magnitude_filter_boosts_where_asked():
    low, high = tone(100), tone(5000)
    support, gains = np.array([200, 2000], np.float32), np.array([0, 6], np.float32)

    assert root_mean_square(filter_magnitude(low, support, gains, SAMPLE_RATE)) == pytest.approx(
        0.707, rel=0.02
    )
    assert root_mean_square(filter_magnitude(high, support, gains, SAMPLE_RATE)) == pytest.approx(
        1.411, rel=0.02
    )


def test_resampling_keeps_a_tone():
    doubled = resample(tone(440, 0.5)[0], SAMPLE_RATE)

    assert np.abs(doubled[1000:-1000] - np.repeat(tone(220)[0], 1)[1000:-1000]).max() < 0.01


def test_the_short_time_spectrum_is_invertible():
    noise = Chance("noise").generator.standard_normal(10_000).astype(np.float32)

    restored = inverse_short_time_spectrum(short_time_spectrum(noise, 1024, 256), 1024, 256, 10_000)

    assert np.abs(restored - noise).max() < 1e-4


def test_compression_turns_down_only_what_is_loud():
    audio = tone(200, 2.0)
    audio[:, SECOND:] *= 0.1
    gain = compression_gain(audio, -3, 4)

    assert gain[SECOND // 2] < 0.9
    assert gain[-SECOND // 4] == pytest.approx(1, abs=1e-3)


def test_effects_keep_the_shape_and_stay_finite():
    audio = tone(300)
    for changed in (reverberate(audio, Chance("room")), echo(audio, 0.2, 0.4), saturate(audio, 2.0)):
        assert changed.shape == audio.shape
        assert np.isfinite(changed).all()


def test_mixing_never_clips_the_sum_and_keeps_silence():
    stems = {name: tone(100 * (index + 1)) for index, name in enumerate(SOURCES)}
    stems["bass"] = np.zeros_like(stems["bass"])
    for seed in range(8):
        mixed = mix(stems, Chance("mix", seed))
        assert mixed.shape == (4, 2, SECOND)
        assert np.abs(mixed.sum(axis=0)).max() <= PEAK + 1e-4
        assert not mixed[SOURCES.index("bass")].any()


@pytest.mark.skipif(
    not tools_are_installed(), reason="needs fluidsynth, espeak-ng and the training soundfonts"
)
def test_a_rendered_clip_has_stems_that_sound_and_is_repeatable():
    stems = render_clip(1, 4, "training", "FluidR3_GM.sf2")

    assert stems.shape == (4, 2, 4 * SECOND)
    assert np.abs(stems.sum(axis=0)).max() <= PEAK + 1e-4
    assert sum(bool(stem.any()) for stem in stems) >= 3
    assert np.abs(stems - render_clip(1, 4, "training", "FluidR3_GM.sf2")).max() < 1e-3


@pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="needs espeak-ng")
def test_sung_words_carry_no_constant_offset():
    line = sing_words([SungNote(0.1, 0.8, 57), SungNote(1.0, 0.9, 60)], 2 * SECOND, Chance("words"))

    assert np.abs(line).max() > 0.5
    assert abs(line.mean()) < 1e-3
