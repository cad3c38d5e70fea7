"""Who sings what: kinds of vocal stems from the lead alone to stacks of choirs and chopped samples."""

from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np

from training.data.chance import Chance
from training.data.singing.lyrics import Wording
from training.data.singing.processing import Chain, draw_chain
from training.data.singing.singers import Singer, draw_singer
from training.data.singing.take import Delivery
from training.data.singing.voices import VoicePool

__all__ = ["KINDS", "Kind", "Performance", "VoicePool", "draw_performance"]

Kind = Literal[
    "lead",
    "doubled",
    "harmonies",
    "stack",
    "ad_libs",
    "duet",
    "whisper_double",
    "rap",
    "rap_crew",
    "talk",
    "robot",
    "chops",
    "vowels",
    "humming",
    "formant",
]

KINDS: Final[dict[Kind, int]] = {
    "lead": 30,
    "doubled": 13,
    "harmonies": 13,
    "stack": 6,
    "ad_libs": 8,
    "duet": 4,
    "whisper_double": 3,
    "rap": 8,
    "rap_crew": 5,
    "talk": 2,
    "robot": 2,
    "chops": 5,
    "vowels": 4,
    "humming": 1,
    "formant": 2,
}
"""How often each kind is drawn."""

OTHERS: Final[dict[Kind, int]] = {"stack": 5, "duet": 1, "harmonies": 2, "ad_libs": 1, "rap_crew": 2}
"""How many further singers a kind may need."""


@dataclass(frozen=True, slots=True)
class Performance:
    """One vocal stem before anything is sung; draw one with `draw_performance`."""

    kind: Kind
    lead: Singer
    others: tuple[Singer, ...]
    delivery: Delivery
    wording: Wording
    melisma: float
    """Probability that a note prolongs the syllable before it."""
    width: float
    """How far further voices are panned, 0 to 1."""
    breaths_db: float | None
    """Level of breaths relative to vowels, None where they were cut out."""
    chain: Chain
    backing_db: float
    """Level of further voices relative to the lead."""
    presence: float
    """Share of the phrases in which further voices join in."""


def draw_performance(chance: Chance, pool: VoicePool = "training") -> Performance:
    """Draw a performance; its singers come from a pool of voices."""
    kind = chance.choice([kind for kind, weight in KINDS.items() for _ in range(weight)])
    lead = draw_singer(chance.child("lead"), pool)
    others = tuple(draw_singer(chance.child("other", index), pool) for index in range(OTHERS.get(kind, 0)))
    if kind == "chops":
        lead = _sampled(lead, chance.child("sample"))
    wording: Wording = "words"
    if kind in ("vowels", "humming", "chops"):
        wording = "chops" if kind == "chops" else "vowel"
    delivery: Delivery = "sung"
    if kind in ("rap", "rap_crew", "talk"):
        delivery = "rapped"
    elif kind == "humming":
        delivery = "hummed"
    return Performance(
        kind=kind,
        lead=lead,
        others=others,
        delivery=delivery,
        wording=wording,
        melisma=chance.choice((0.0, 0.05, 0.15, 0.35)),
        width=chance.uniform(0.2, 1.0),
        breaths_db=None if kind == "chops" else chance.choice((None, -30.0, -24.0, -18.0)),
        chain=draw_chain(chance.child("chain")),
        backing_db=chance.uniform(-12, -2),
        presence=chance.choice((0.3, 0.6, 1.0)),
    )


def _sampled(singer: Singer, chance: Chance) -> Singer:
    """Return a voice as it comes out of a sampler: in hard steps, often sped up or slowed down."""
    speed = 2 ** (chance.choice((0, 0, 4, 7, 12, -5)) / 12)
    return replace(
        singer,
        tuned=chance.happens(0.7),
        tract_scale=min(1.7, singer.tract_scale * speed**0.8),
        centre=singer.centre + 12 * float(np.log2(speed)),
        looseness=0.002,
    )
