"""A small sampler: recorded or computed strikes in velocity layers, with variants and choking."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy import signal

from training.data.chance import Chance
from training.data.kits.parts import HATS, SUBSTITUTES, Hit, KitPart, part_of
from training.data.signal import FloatArray
from training.sources import CHANNELS, SAMPLE_RATE

LEVELS_DB: Final[Mapping[KitPart, float]] = {
    "kick": 0.0,
    "snare": -1.5,
    "toms": -3.0,
    "cymbals": -7.5,
    "percussion": -8.0,
}
"""Peak of a full strike of each part before a song's own balance; hats lie lower still, crashes higher."""

FADE_SECONDS: Final = 0.012
SOFT_CUTOFF_HERTZ: Final = 3500


@dataclass(frozen=True, slots=True)
class Drum:
    """One instrument of a kit."""

    layers: tuple[tuple[int, tuple[FloatArray, ...]], ...]
    """Highest velocity of each layer, rising, and its variants: audio [2, time] with peak 1."""

    def variants(self, velocity: int) -> tuple[FloatArray, ...]:
        """Return the recordings for a velocity of 1 to 127."""
        return next((shots for highest, shots in self.layers if velocity <= highest), self.layers[-1][1])


DrumMaker = Callable[[Chance], Drum]
"""Makes an instrument ready to play; only called for instruments that a song strikes."""


@dataclass(frozen=True, slots=True)
class OneShotSource:
    """Instruments by General MIDI percussion note, and how this song plays them."""

    makers: Mapping[int, DrumMaker]
    seed: Chance
    level_spread_db: float = 2.5

    def play(
        self, hits: Mapping[KitPart, Sequence[Hit]], samples: int, chance: Chance
    ) -> dict[KitPart, FloatArray]:
        """Return the dry sound [2, samples] of each part that is struck."""
        return {part: self._play_part(struck, samples, chance.child(part)) for part, struck in hits.items()}

    def _play_part(self, hits: Sequence[Hit], samples: int, chance: Chance) -> FloatArray:
        audio = np.zeros((CHANNELS, samples), dtype=np.float32)
        drums: dict[int, tuple[Drum, float]] = {}
        ordered = sorted(hits, key=lambda hit: hit.start)
        for index, hit in enumerate(ordered):
            pitch = self._available(hit.pitch)
            if pitch is None:
                continue
            if pitch not in drums:
                drums[pitch] = self._prepare(pitch)
            drum, level = drums[pitch]
            shot = chance.choice(drum.variants(hit.velocity))
            gain = level * (hit.velocity / 127) ** 1.6 * 10 ** (chance.normal(0, 0.4) / 20)
            _add(audio, shot * np.float32(gain), hit.start, _choked_after(ordered, index))
        return audio

    def _available(self, pitch: int) -> int | None:
        candidates = (pitch, *SUBSTITUTES.get(pitch, ()))
        return next((candidate for candidate in candidates if candidate in self.makers), None)

    def _prepare(self, pitch: int) -> tuple[Drum, float]:
        chance = self.seed.child("drum", pitch)
        level_db = LEVELS_DB[part_of(pitch)] + chance.normal(0, self.level_spread_db)
        level_db += -3.0 if pitch in HATS else 2.0 if pitch in (49, 52, 55, 57) else 0.0
        return self.makers[pitch](chance.child("sound")), 10 ** (level_db / 20)


def _choked_after(hits: Sequence[Hit], index: int) -> float | None:
    """Return when the next hi-hat strike stops a ringing hi-hat, in seconds; None when nothing does."""
    if hits[index].pitch not in HATS:
        return None
    return next((later.start for later in hits[index + 1 :] if later.pitch in HATS), None)


def _add(audio: FloatArray, shot: FloatArray, start: float, stop: float | None) -> None:
    """Mix one strike in at a time in seconds, faded out from `stop` on."""
    first = round(start * SAMPLE_RATE)
    if stop is not None:
        held = max(1, round((stop - start) * SAMPLE_RATE))
        fade = round(FADE_SECONDS * SAMPLE_RATE)
        if shot.shape[-1] > held + fade:
            shot = shot[:, : held + fade].copy()
            shot[:, held:] *= np.linspace(1, 0, fade, dtype=np.float32)
    last = min(audio.shape[-1], first + shot.shape[-1])
    if last > first:
        audio[:, first:last] += shot[:, : last - first]


def make_drum(layers: Sequence[Sequence[FloatArray]], chance: Chance) -> Drum:
    """Prepare recordings, soft layers first, for one song: variants slightly out of tune, decay shortened.

    A single layer gets a darker copy for soft strikes, since a drum struck softly sounds duller.

    Args:
        layers: audio [2, time] per layer and variant.
        chance: settles tuning and decay.
    """
    tune = 2 ** (chance.normal(0, 1.2) / 12)
    shorten = chance.choice((None, None, chance.uniform(0.04, 0.4)))
    prepared = []
    for shots in layers:
        spread = [tune * 2 ** (chance.normal(0, 0.08) / 12) for _ in range(max(2, len(shots)))]
        prepared.append(
            tuple(
                _normalised(shortened(retuned(shots[index % len(shots)], ratio), shorten))
                for index, ratio in enumerate(spread)
            )
        )
    if len(prepared) == 1:
        numerator, denominator = signal.butter(1, SOFT_CUTOFF_HERTZ, fs=SAMPLE_RATE)
        soft = tuple(
            _normalised(signal.lfilter(numerator, denominator, shot).astype(np.float32))
            for shot in prepared[0]
        )
        prepared.insert(
            0, tuple(0.7 * dull + 0.3 * shot for dull, shot in zip(soft, prepared[0], strict=True))
        )
    bounds = [round(127 * ((index + 1) / len(prepared)) ** 0.8) for index in range(len(prepared))]
    return Drum(tuple(zip(bounds, prepared, strict=True)))


def retuned(audio: FloatArray, ratio: float) -> FloatArray:
    """Play [2, time] faster by a ratio, by linear interpolation."""
    length = max(1, int(audio.shape[-1] / ratio))
    positions = np.arange(length) * ratio
    grid = np.arange(audio.shape[-1])
    return np.stack([np.interp(positions, grid, channel) for channel in audio]).astype(np.float32)


def shortened(audio: FloatArray, seconds: float | None) -> FloatArray:
    """Let [2, time] die away to 1/e every `seconds` after its first 20 ms, or leave it."""
    if seconds is None:
        return audio
    times = np.maximum(0, np.arange(audio.shape[-1]) / SAMPLE_RATE - 0.02)
    return np.asarray(audio * np.exp(-times / seconds), dtype=np.float32)


def _normalised(audio: FloatArray) -> FloatArray:
    return np.asarray(audio / max(1e-6, float(np.abs(audio).max())), dtype=np.float32)
