"""The constant traits of a singer: the voice, the body it comes from and the habits of singing."""

from dataclasses import dataclass
from typing import Final, Literal

from training.data.chance import Chance
from training.data.singing.voices import VOICES, Sex, Voice, VoicePool

BODY_HZ: Final = (200, 400, 800, 1300, 2000, 2700, 3600, 4800, 6500, 9000)
"""Where the resonances of singers differ, in Hz."""

Range = Literal["man", "woman", "child"]

TRACT_SCALES: Final[dict[tuple[Sex, Range], tuple[float, float]]] = {
    ("man", "man"): (0.9, 1.1),
    ("man", "woman"): (1.12, 1.24),
    ("man", "child"): (1.25, 1.38),
    ("woman", "man"): (0.8, 0.9),
    ("woman", "woman"): (0.92, 1.1),
    ("woman", "child"): (1.14, 1.28),
}
"""Formants of the singer relative to the speaker's; women's tracts are about a sixth shorter than men's."""

RANGE_CENTRES: Final[dict[Range, tuple[float, float]]] = {
    "man": (52.0, 62.0),
    "woman": (62.0, 71.0),
    "child": (67.0, 74.0),
}
"""Middle of what a singer likes to sing, MIDI note numbers."""


@dataclass(frozen=True, slots=True)
class Singer:
    """One singer; draw one with `draw_singer`."""

    voice: Voice
    range: Range
    centre: float
    """Middle of the range, MIDI note number."""
    tract_scale: float
    """Formants relative to the speaker's."""
    tilt: float
    """dB per octave above 500 Hz added to the spectrum: positive is bright."""
    ring: float
    """Gain in dB of the singer's formant near 3 kHz."""
    air: float
    """Gain in dB above 8 kHz."""
    body: tuple[float, ...]
    """Gains in dB at BODY_HZ that no other singer has."""
    breath: float
    """Share of noise in the upper voice, 0 to 1."""
    consonants: float
    """Gain in dB of what has no pitch."""
    glide: float
    """Seconds from note to note."""
    overshoot: float
    """Damping of the glide: 1 stops dead, 0.6 overshoots by a tenth."""
    scoop: float
    """Probability of starting a note from below."""
    vibrato_hz: float
    vibrato_semitones: float
    vibrato_delay: float
    """Seconds before vibrato sets in."""
    drift: float
    """Slow wandering of the pitch, semitones."""
    jitter: float
    """Fast irregularity of the pitch, semitones."""
    tuned: bool
    """Pitch corrected by a machine, in hard steps."""
    roughness: float
    """Depth of the subharmonics of growling and rasp, 0 to 1."""
    fry: float
    """Probability that a phrase starts or ends with creaks."""
    fall: float
    """Probability of a fall at the end of a phrase."""
    looseness: float
    """Deviation of onsets in seconds."""


def draw_singer(chance: Chance, pool: VoicePool = "training") -> Singer:
    """Draw a singer of a pool."""
    recorded = [voice for voice in VOICES[pool] if voice.recorded]
    voice = chance.choice(recorded if chance.happens(0.78) else VOICES[pool])
    other: Range = "woman" if voice.sex == "man" else "man"
    # Most recorded speakers are men: some of them sing as women, so that both are heard about equally often.
    ranges: tuple[Range, ...] = (
        *(voice.sex,) * 12,
        *(other,) * (7 if voice.sex == "man" else 2),
        "child",
    )
    vocal_range = chance.choice(ranges)
    rough = chance.happens(0.22)
    return Singer(
        voice=voice,
        range=vocal_range,
        centre=chance.uniform(*RANGE_CENTRES[vocal_range]),
        tract_scale=chance.uniform(*TRACT_SCALES[voice.sex, vocal_range]),
        tilt=chance.uniform(-1.5, 3.5),
        ring=chance.uniform(-2, 9),
        air=chance.uniform(-2, 8),
        body=tuple(chance.normal(0, 2.5) for _ in BODY_HZ),
        breath=chance.choice((chance.uniform(0.02, 0.15), chance.uniform(0.1, 0.5))),
        consonants=chance.uniform(-4, 5),
        glide=chance.uniform(0.02, 0.09),
        overshoot=chance.uniform(0.55, 1.0),
        scoop=chance.choice((0.05, 0.2, 0.5)),
        vibrato_hz=chance.uniform(4.6, 6.8),
        vibrato_semitones=chance.choice((0.0, chance.uniform(0.1, 0.4), chance.uniform(0.3, 1.0))),
        vibrato_delay=chance.uniform(0.1, 0.5),
        drift=chance.uniform(0.05, 0.25),
        jitter=chance.uniform(0.02, 0.12),
        tuned=chance.happens(0.22),
        roughness=chance.uniform(0.2, 0.9) if rough else 0.0,
        fry=chance.choice((0.0, 0.1, 0.3)),
        fall=chance.choice((0.0, 0.1, 0.4)),
        looseness=chance.uniform(0.004, 0.03),
    )
