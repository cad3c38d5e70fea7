"""Stretching of syllables to notes: consonants keep their length, the middle of the vowel fills the note."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from training.data.chance import Chance
from training.data.singing.analysis import ENVELOPE_HZ, FRAME_SECONDS, Frames
from training.data.singing.lyrics import Slot, SungPhrase

LONGEST_CONSONANTS: Final = 30
"""Frames of the consonants before a vowel, 0.15 s; longer clusters and pauses within words are sped up."""
MOST_OF_NOTE: Final = 0.4
"""Share of the time between two vowels that consonants may take."""
LEAD_IN: Final = 0.3
"""Seconds before the first vowel kept for its consonants."""
TAIL: Final = 0.15
"""Seconds after the last vowel kept for its end."""
TRANSITION: Final = 0.33
"""Share of the nucleus at either end that keeps its speed."""
HOLD_WANDER: Final = 0.3
"""How far the held part moves to and fro, share of the nucleus."""
EVEN: Final = 0.65
"""How much of the difference in loudness between spoken syllables a singer evens out."""
VOWEL_DB: Final = 0.0


@dataclass(frozen=True, slots=True)
class Sound:
    """What the vocal tract does, a frame every 5 ms; the pitch is not the speaker's any more."""

    start: float
    """Time of the first frame in seconds."""
    spoken_pitch: Frames
    """What the speaker did, in Hz, 0 where there is no voice [frames]."""
    envelope: Frames
    noise: Frames
    vowel: Frames
    """1 within vowels, 0 within consonants, smoothed [frames]."""


def stretch(sung: SungPhrase, chance: Chance, *, natural: bool) -> Sound:
    """Align the syllables of a phrase with its notes.

    Args:
        sung: the phrase.
        chance: stream for the movement within held vowels.
        natural: keep vowels near their spoken length, as in rap.
    """
    start = sung.start - LEAD_IN
    frames = int((sung.end + TAIL - start) / FRAME_SECONDS) + 1
    shape = len(ENVELOPE_HZ)
    pitch, vowel = np.zeros(frames), np.zeros(frames)
    envelope, noise = np.full((frames, shape), -90.0), np.ones((frames, sung.slots[0].phrase.noise.shape[1]))
    at = [round((slot.start - start) / FRAME_SECONDS) for slot in sung.slots]
    previous_end = 0
    for index, slot in enumerate(sung.slots):
        consonants = _consonant_frames(slot, at[index] - previous_end, first=index == 0)
        end = min(frames, round((slot.end - start) / FRAME_SECONDS))
        if index + 1 < len(sung.slots):
            following = sung.slots[index + 1]
            gap = at[index + 1] - at[index]
            end = min(end, at[index + 1] - _consonant_frames(following, gap, first=False))
        if natural:
            end = min(end, at[index] + round(1.5 * (slot.syllable.end - slot.syllable.vowel)))
        end = max(end, min(frames, at[index] + 6))
        positions = np.concatenate([_consonants(slot, consonants), _nucleus(slot, end - at[index], chance)])
        first = at[index] - consonants
        _copy(slot, positions, slice(first, end), (pitch, envelope, noise))
        vowel[at[index] : end] = 1
        previous_end = end
    fade = np.minimum(1, np.arange(frames)[::-1] / (TAIL / FRAME_SECONDS))
    _let_ring(envelope, pitch, noise, previous_end)
    envelope += 60 * (fade - 1)[:, None]
    return Sound(
        start, pitch, envelope, noise, np.convolve(vowel, np.hanning(9) / np.hanning(9).sum(), "same")
    )


def _consonant_frames(slot: Slot, available: int, *, first: bool) -> int:
    natural = slot.syllable.vowel - slot.syllable.start
    limit = round(LEAD_IN / FRAME_SECONDS) if first else round(MOST_OF_NOTE * available)
    return max(0, min(natural, LONGEST_CONSONANTS, limit, available))


def _consonants(slot: Slot, frames: int) -> Frames:
    """Return positions in the spoken phrase: the last frames at their own speed, earlier ones faster."""
    natural = slot.syllable.vowel - slot.syllable.start
    kept = frames * 2 // 3 if frames < natural else frames
    tail = np.arange(slot.syllable.vowel - kept, slot.syllable.vowel, dtype=np.float64)
    head = np.linspace(slot.syllable.start, slot.syllable.vowel - kept, frames - kept, endpoint=False)
    return np.concatenate([head, tail])


def _nucleus(slot: Slot, frames: int, chance: Chance) -> Frames:
    """Return positions in the spoken vowel: ends at their own speed, the middle slow and wandering."""
    vowel, length = slot.syllable.vowel, slot.syllable.end - slot.syllable.vowel
    if frames <= length:
        return np.linspace(vowel, slot.syllable.end - 1, max(frames, 0))
    edge = int(TRANSITION * length)
    middle = frames - 2 * edge
    steady = length - 2 * edge
    line = np.linspace(0, steady - 1, middle)
    wander = np.cumsum(chance.generator.standard_normal(middle))
    wander -= np.linspace(wander[0], wander[-1], middle)
    wander *= HOLD_WANDER * length / max(1e-6, float(np.abs(wander).max()))
    held = np.clip(edge + line + wander * np.hanning(middle), 0, length - 1)
    return vowel + np.concatenate([np.arange(edge), held, np.arange(length - edge, length)])


def _copy(slot: Slot, positions: Frames, where: slice, into: tuple[Frames, Frames, Frames]) -> None:
    """Read the spoken phrase at fractional frames; vowels come out about equally loud."""
    spoken = slot.phrase
    whole = np.clip(positions.astype(int), 0, len(spoken.pitch) - 2)
    part = (positions - whole)[:, None]
    nucleus = spoken.envelope[slot.syllable.vowel : slot.syllable.end]
    loudness = 10 * np.log10((10 ** (nucleus / 10)).mean())
    pitch, envelope, noise = into
    pitch[where] = spoken.pitch[np.clip(np.round(positions).astype(int), 0, len(spoken.pitch) - 1)]
    envelope[where] = spoken.envelope[whole] * (1 - part) + spoken.envelope[whole + 1] * part
    envelope[where] += EVEN * (VOWEL_DB - loudness)
    noise[where] = spoken.noise[whole] * (1 - part) + spoken.noise[whole + 1] * part


def _let_ring(envelope: Frames, pitch: Frames, noise: Frames, end: int) -> None:
    """Hold the last frame behind the end, to be faded out."""
    if 0 < end < len(envelope):
        envelope[end:], pitch[end:], noise[end:] = envelope[end - 1], pitch[end - 1], noise[end - 1]
