"""The voices of the speech engines, and phrases spoken by them.

Voices of real people: festival's and flite's recordings of Carnegie Mellon University and the University of
Edinburgh, and the Russian recordings of N. V. Shmyrev, all under permissive licences. The Czech and Finnish
voices are under the GPL and LGPL: they are heard in evaluation only.
"""

import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from training.data.programs import read_sound, run_program
from training.data.signal import FloatArray

VoicePool = Literal["training", "unseen"]
Engine = Literal["festival", "flite", "espeak-ng"]
Sex = Literal["man", "woman"]


@dataclass(frozen=True, slots=True)
class Voice:
    """One voice of a speech engine."""

    name: str
    engine: Engine
    language: str
    """A language of `texts`."""
    sex: Sex
    recorded: bool
    """Whether it was built from recordings of a person, which sounds far more real than rules do."""

    @property
    def installed(self) -> bool:
        """Whether the engine and, for festival, the voice is there."""
        if shutil.which(self.engine if self.engine != "festival" else "text2wave") is None:
            return False
        return self.engine != "festival" or any(FESTIVAL_VOICES.glob(f"*/{self.name}"))


FESTIVAL_VOICES: Final = Path("/usr/share/festival/voices")


def _recorded(name: str, engine: Engine, language: str, sex: Sex) -> Voice:
    return Voice(name, engine, language, sex, recorded=True)


def _ruled(name: str, language: str, sex: Sex) -> Voice:
    return Voice(name, "espeak-ng", language, sex, recorded=False)


VOICES: Final[dict[VoicePool, tuple[Voice, ...]]] = {
    "training": (
        _recorded("cmu_us_slt_arctic_hts", "festival", "en", "woman"),
        _recorded("kal_diphone", "festival", "en", "man"),
        _recorded("ked_diphone", "festival", "en", "man"),
        _recorded("msu_ru_nsh_clunits", "festival", "ru", "man"),
        _recorded("slt", "flite", "en", "woman"),
        _recorded("rms", "flite", "en", "man"),
        _recorded("awb", "flite", "en", "man"),
        _recorded("kal16", "flite", "en", "man"),
        _ruled("en-us", "en", "man"),
        _ruled("en-us+f3", "en", "woman"),
        _ruled("en-gb+m3", "en", "man"),
        _ruled("en-gb-scotland+f4", "en", "woman"),
        _ruled("es-419+f2", "es", "woman"),
        _ruled("es+m1", "es", "man"),
        _ruled("fr-fr+f2", "fr", "woman"),
        _ruled("de+m5", "de", "man"),
        _ruled("it+f2", "it", "woman"),
        _ruled("pt-br+f4", "pt", "woman"),
        _ruled("pl+m2", "pl", "man"),
        _ruled("sv+f1", "sv", "woman"),
        _ruled("ja+f3", "ja", "woman"),
    ),
    "unseen": (
        _recorded("czech_dita", "festival", "cs", "woman"),
        _recorded("suo_fi_lj_diphone", "festival", "fi", "woman"),
        _recorded("hy_fi_mv_diphone", "festival", "fi", "man"),
        _ruled("nl+m7", "nl", "man"),
    ),
}

ENCODINGS: Final = {"ru": "utf-8", "cs": "iso-8859-2", "fi": "iso-8859-15"}
"""What festival's languages read; English is plain ASCII."""


def speak(voice: Voice, texts: Sequence[str]) -> list[tuple[FloatArray, int]]:
    """Speak phrases with one voice.

    Args:
        voice: an installed voice.
        texts: the phrases, in the voice's language.

    Returns:
        One channel [time] at the engine's own rate, and that rate in Hz, per phrase.

    Raises:
        ProgramError: the engine is missing, fails or says nothing.
    """
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / f"{index}.wav" for index in range(len(texts))]
        if voice.engine == "festival":
            _run_festival(voice, texts, paths)
        else:
            for text, path in zip(texts, paths, strict=True):
                run_program(_command(voice, text, path))
        sounds = [read_sound(path, f"{voice.engine} with voice {voice.name}") for path in paths]
    return [(audio[:, 0], rate) for audio, rate in sounds]


def _command(voice: Voice, text: str, path: Path) -> list[str]:
    if voice.engine == "flite":
        return ["flite", "-voice", voice.name, "-t", text, "-o", str(path)]
    return ["espeak-ng", "-v", voice.name, "-s", "150", "-w", str(path), text]


def _run_festival(voice: Voice, texts: Sequence[str], paths: Sequence[Path]) -> None:
    """Speak all phrases in one process: festival takes a second to start."""
    lines = [f"(voice_{voice.name})"]
    for text, path in zip(texts, paths, strict=True):
        lines.append(f'(utt.save.wave (utt.synth (Utterance Text "{text}")) "{path}" \'riff)')
    script = paths[0].with_name("phrases.scm")
    script.write_bytes("\n".join(lines).encode(ENCODINGS.get(voice.language, "ascii")))
    run_program(["festival", "--batch", str(script)])
