"""One clip of training or evaluation data: compose, render, sing, process, mix."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from training.data.chance import Chance
from training.data.composition import (
    CHOIR_PROGRAMS,
    VOICE_KINDS,
    Composition,
    Part,
    VoiceKind,
    VoiceLine,
    compose,
)
from training.data.effects import double, process_stem
from training.data.mixing import mix
from training.data.rendering import find_soundfont, render
from training.data.signal import FloatArray
from training.data.speech import rap, sing_words
from training.data.theory import GrammarPool, Note
from training.data.voice import Singer, SungNote, sing
from training.sources import SAMPLE_RATE

FULL_SCALE: Final = 32_767


def render_clip(
    seed: int,
    seconds: float,
    pool: GrammarPool,
    soundfont: str,
    voices: Sequence[VoiceKind] = VOICE_KINDS,
) -> FloatArray:
    """Return the true stems [4, 2, time] of the song of a seed, cut to `seconds`."""
    composition = compose(seed, seconds, pool, voices)
    chance = Chance("sound", seed)
    stems = render_stems(composition, find_soundfont(soundfont), round(seconds * SAMPLE_RATE), chance)
    processed = {
        stem: process_stem(stem, audio, chance.child("effects", stem)) for stem, audio in stems.items()
    }
    return mix(processed, chance.child("mix"))


def render_stems(
    composition: Composition, soundfont: Path, samples: int, chance: Chance
) -> dict[str, FloatArray]:
    """Return the dry audio [2, samples] of each stem."""
    parts: dict[str, tuple[Part, ...]] = dict(composition.parts)
    voice = composition.voice
    if voice.kind == "choir":
        return render(
            {**parts, "vocals": (_choir(voice.notes, chance),)}, composition.tempo, soundfont, samples
        )
    vocals = synthesise_voice(voice, composition.tempo, samples, chance.child("voice"))
    return {**render(parts, composition.tempo, soundfont, samples), "vocals": vocals}


def synthesise_voice(voice: VoiceLine, tempo: float, samples: int, chance: Chance) -> FloatArray:
    """Return a sung or spoken vocal stem [2, samples]."""
    beat = 60 / tempo
    notes = [SungNote(note.start * beat, note.duration * beat, note.pitch) for note in voice.notes]
    if voice.kind == "rap":
        mono = rap(notes, samples, chance)
    elif voice.kind == "speech_song":
        mono = sing_words(notes, samples, chance)
    else:
        mono = sing(notes, samples, chance, Singer.draw(chance.child("lead")))
    if voice.kind == "duet":
        interval = chance.choice((3, 4, 7, -5, 12))
        upper = [SungNote(note.start, note.duration, note.pitch + interval) for note in notes]
        mono = mono + 0.6 * sing(upper, samples, chance.child("second"), Singer.draw(chance.child("harmony")))
    return double(mono, chance) if chance.happens(0.3) else np.stack([mono, mono])


def _choir(notes: tuple[Note, ...], chance: Chance) -> Part:
    thirds = chance.happens(0.4)
    voices = [
        Note(n.start, n.duration, n.pitch + up, 105) for n in notes for up in ((0, 4) if thirds else (0,))
    ]
    return Part(chance.choice(CHOIR_PROGRAMS), False, 64, 40, tuple(voices))


def save_clip(stems: FloatArray, path: Path) -> None:
    """Store stems [4, 2, time] as 16-bit integers."""
    path.parent.mkdir(parents=True, exist_ok=True)
    np.save(path, np.round(stems * FULL_SCALE).clip(-32_768, 32_767).astype(np.int16))


def load_clip(path: Path) -> npt.NDArray[np.int16]:
    """Open stored stems [4, 2, time] without reading them into memory."""
    clip: npt.NDArray[np.int16] = np.load(path, mmap_mode="r")
    return clip


def load_stems(path: Path) -> FloatArray:
    """Read stored stems [4, 2, time] as numbers of full scale 1."""
    return np.asarray(load_clip(path), dtype=np.float32) / np.float32(FULL_SCALE)
