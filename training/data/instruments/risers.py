"""Risers, falls and impacts: noise and tones that lead from one section to the next."""

from collections.abc import Sequence

import numpy as np

from training.data.chance import Chance
from training.data.instruments.events import PlayedNote
from training.data.instruments.modulation import sweep_low_pass
from training.data.signal import FloatArray
from training.sources import CHANNELS, SAMPLE_RATE


def play_risers(notes: Sequence[PlayedNote], samples: int, chance: Chance) -> FloatArray:
    """Play one effect [2, samples] for the length of each note."""
    output = np.zeros((CHANNELS, samples), dtype=np.float32)
    kind = chance.choice(("noise", "noise", "tone", "fall"))
    for note in notes:
        first = round(note.start * SAMPLE_RATE)
        count = min(round(note.duration * SAMPLE_RATE), samples - first)
        if count < 1000:
            continue
        progress = np.linspace(0, 1, count)
        if kind == "fall":
            progress = progress[::-1]
        if kind == "tone":
            frequency = 110 * 2 ** (note.pitch / 36 + 3 * progress)
            sound = (
                np.tile(np.sin(2 * np.pi * np.cumsum(frequency) / SAMPLE_RATE), (CHANNELS, 1)) * progress**1.5
            )
        else:
            noise = chance.generator.standard_normal((CHANNELS, count)).astype(np.float32)
            sound = sweep_low_pass(noise, 300 * 40**progress) * progress**1.5
        fade = np.clip(np.arange(count)[::-1] / 800, 0, 1)
        output[:, first : first + count] += 0.2 * (note.velocity / 127) * sound * fade
    return output
