"""Programs that play and speak training songs: what is told when one is missing, fails, hangs or is mute."""

import pytest

from training.data import programs, speech
from training.data.chance import Chance
from training.data.composition import Part
from training.data.instruments.events import PlayedNote
from training.data.instruments.toolkit import REED_PIANO, play_model
from training.data.programs import ProgramError
from training.data.rendering import render
from training.data.singing import voices
from training.data.theory import Note

RATE = 44_100


def sung_by(engine):
    voice = next(voice for voice in voices.VOICES["training"] if voice.engine == engine)
    return lambda: voices.speak(voice, ["la"])


def played_by_fluidsynth(folder):
    part = Part(program=0, is_drums=False, pan=64, reverb=0, notes=(Note(0.0, 1.0, 60, 90),))
    return lambda: render({"other": [part]}, 120.0, folder / "font.sf2", RATE)


@pytest.fixture(
    params=["stk-demo", "fluidsynth", "espeak-ng", "flite", "festival", "espeak-ng for single words"]
)
def use(request, tmp_path):
    """A program's name, and a function that needs it."""
    speech.speak.cache_clear()
    calls = {
        "stk-demo": lambda: play_model(
            [PlayedNote(0.0, 0.5, 60, 100)], REED_PIANO, RATE, Chance("toolkit", 1)
        ),
        "fluidsynth": played_by_fluidsynth(tmp_path),
        "espeak-ng": sung_by("espeak-ng"),
        "flite": sung_by("flite"),
        "festival": sung_by("festival"),
        "espeak-ng for single words": lambda: speech.speak("love", "en-us", 50, 180),
    }
    return request.param.split()[0], calls[request.param]


@pytest.fixture
def impostor(tmp_path, monkeypatch):
    """Put something else in the place of a program."""

    def install(program, script):
        path = tmp_path / program
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path), prepend=":")

    return install


def test_a_missing_program_is_told_with_its_remedy(use, monkeypatch):
    program, call = use
    monkeypatch.setenv("PATH", "")

    with pytest.raises(ProgramError, match=f"{program} is not installed; training/README.md"):
        call()


@pytest.mark.parametrize(
    ("script", "message"),
    [("echo broken >&2; exit 3", " ended with 3: broken$"), ("exit 0", "gave no sound$")],
)
def test_a_program_that_fails_is_told(use, impostor, script, message):
    program, call = use
    impostor(program, script)

    with pytest.raises(ProgramError, match=f"^{program}.*{message}"):
        call()


def test_a_program_that_hangs_is_ended(use, impostor, monkeypatch):
    program, call = use
    impostor(program, "exec sleep 60")
    monkeypatch.setattr(programs, "TIMEOUT_SECONDS", 0.2)

    with pytest.raises(ProgramError, match=f"^{program}.* took longer than"):
        call()
