"""Write the demo song and its true stems: `python -m training.demo_song`.

Twelve bars in A minor: an intro, a verse with sung words, a break almost without drums, and a chorus with two
voices. Its seed is declared in `evaluation_sets.toml` and belongs to no training or evaluation set.
"""

import dataclasses
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import av
import numpy as np
import soundfile

from training.data.bass_grammars import eighths, syncopated
from training.data.chance import Chance
from training.data.composition import Part
from training.data.drum_grammars import four_on_the_floor, rock, with_fills
from training.data.effects import double, reverberate
from training.data.harmony_grammars import arpeggio, lead, pads, strums
from training.data.melody_grammars import long_tones, motif
from training.data.mixing import mix
from training.data.programs import ProgramError
from training.data.rendering import find_soundfont, render
from training.data.signal import FloatArray
from training.data.song_sets import load_song_sets
from training.data.speech import sing_words
from training.data.theory import SCALES, Note, Sketch
from training.data.voice import Singer, SungNote, sing
from training.sources import SAMPLE_RATE, SOURCES

ROOT: Final = Path(__file__).parent.parent
SONG_FILE: Final = ROOT / "local" / "demo" / "song.mp3"
STEMS_FOLDER: Final = ROOT / "tests" / "data" / "demo"
SOUNDFONT: Final = "FluidR3_GM.sf2"
BIT_RATE: Final = 160_000
VORBIS_COMPRESSION: Final = 0.8
"""0 is the best quality, 1 the smallest file; this keeps each stem below 300 kB."""

INTRO, VERSE, BREAK, CHORUS = range(2), range(2, 6), range(6, 8), range(8, 12)
SKETCH: Final = Sketch(
    tempo=132,
    bars=12,
    beats_per_bar=4,
    root=45,
    scale=SCALES["minor"],
    progression=(0, 5, 2, 6),
    bars_per_chord=1,
    swing=0.0,
    pool="training",
)
TAIL_SECONDS: Final = 0.8
SINGER: Final = Singer(
    tract_scale=1.12,
    tilt=1.0,
    vibrato_hz=5.6,
    vibrato_semitones=0.35,
    breath=0.015,
    glide_seconds=0.035,
    ring=1.6,
)


def song_stems(seed: int) -> FloatArray:
    """Return the true stems [4, 2, time] of the demo song."""
    chance = Chance("demo song", seed)
    samples = round((SKETCH.beats * 60 / SKETCH.tempo + TAIL_SECONDS) * SAMPLE_RATE)
    parts = {"drums": _drums(chance), "bass": _bass(chance), "other": _others(chance)}
    stems = render(parts, SKETCH.tempo, find_soundfont(SOUNDFONT), samples)
    stems["vocals"] = reverberate(_vocals(chance.child("vocals"), samples), chance.child("levels"))
    return mix(stems, chance.child("levels"))


def _in(bars: Sequence[int], notes: Sequence[Note]) -> list[Note]:
    """Keep the notes of some bars."""
    return [note for note in notes if int(note.start // SKETCH.beats_per_bar) in bars]


def _drums(chance: Chance) -> list[Part]:
    verse = rock(SKETCH, chance.child("verse drums"))
    chorus = with_fills(
        four_on_the_floor(SKETCH, chance.child("chorus drums")), SKETCH, chance.child("fills")
    )
    return [Part(0, True, 64, 20, (*_in((*INTRO[1:], *VERSE), verse), *_in((*BREAK[1:], *CHORUS), chorus)))]


def _bass(chance: Chance) -> list[Part]:
    verse = _in(VERSE, syncopated(SKETCH, chance.child("verse bass")))
    chorus = _in(CHORUS, eighths(SKETCH, chance.child("chorus bass")))
    return [Part(33, False, 64, 0, (*verse, *chorus))]


def _others(chance: Chance) -> list[Part]:
    return [
        Part(4, False, 44, 40, tuple(_in((*INTRO, *VERSE, *CHORUS), arpeggio(SKETCH, chance.child("keys"))))),
        Part(25, False, 90, 20, tuple(_in((*VERSE, *CHORUS), strums(SKETCH, chance.child("guitar"))))),
        Part(48, False, 64, 60, tuple(_in((*BREAK, *CHORUS), pads(SKETCH, chance.child("strings"))))),
        Part(81, False, 76, 40, tuple(_in(INTRO, lead(SKETCH, chance.child("hook"))))),
    ]


def _vocals(chance: Chance, samples: int) -> FloatArray:
    """Sing words in the verse, long vowels in the break, a two-part hook in the chorus."""
    verse = sing_words(
        _sung(_in(VERSE, motif(SKETCH, chance.child("verse"), 1))), samples, chance.child("words")
    )
    hook = [*_in(BREAK, long_tones(SKETCH, chance.child("break"), 1))]
    hook += _in(CHORUS, motif(SKETCH, chance.child("chorus"), 1))
    first = sing(_sung(hook), samples, chance.child("first voice"), SINGER)
    thirds = [dataclasses.replace(note, pitch=note.pitch + 4) for note in _in(CHORUS, hook)]
    lower = dataclasses.replace(SINGER, tract_scale=1.0, tilt=1.2)
    second = sing(_sung(thirds), samples, chance.child("second voice"), lower)
    level = np.abs(first).max() / (np.abs(verse).max() + 1e-9)
    lead_voice = verse * np.float32(level) + first
    stereo: FloatArray = np.stack([lead_voice] * 2) + np.float32(0.5) * double(second, chance.child("levels"))
    return stereo


def _sung(notes: Sequence[Note]) -> list[SungNote]:
    beat = 60 / SKETCH.tempo
    return [SungNote(note.start * beat, note.duration * beat, note.pitch) for note in notes]


def encode_mp3(audio: FloatArray, path: Path) -> None:
    """Write stereo audio [2, time] as MP3 with the tag from which decoders cut the encoder's delay."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libmp3lame", rate=SAMPLE_RATE)
        stream.bit_rate = BIT_RATE
        stream.layout = "stereo"
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(audio), format="fltp", layout="stereo")
        frame.sample_rate = SAMPLE_RATE
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def main() -> None:
    """Render the song, encode it, and keep its stems for the tests."""
    try:
        stems = song_stems(load_song_sets().demo_seed)
    except (FileNotFoundError, ProgramError) as error:
        sys.exit(f"python -m training.demo_song: {error}")
    encode_mp3(stems.sum(axis=0), SONG_FILE)
    STEMS_FOLDER.mkdir(parents=True, exist_ok=True)
    for name, audio in zip(SOURCES, stems, strict=True):
        path = STEMS_FOLDER / f"{name}.ogg"
        soundfile.write(
            path, audio.T, SAMPLE_RATE, format="OGG", subtype="VORBIS", compression_level=VORBIS_COMPRESSION
        )
    print(json.dumps({"song": SONG_FILE.stat().st_size, "seconds": stems.shape[-1] / SAMPLE_RATE}))


if __name__ == "__main__":
    main()
