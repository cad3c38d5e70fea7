"""The voices beside the lead: doubles, harmonies, choirs, answers and shouts, and where they stand."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from training.data.chance import Chance
from training.data.singing.harmony import harmonised, key_of
from training.data.singing.lyrics import SungPhrase
from training.data.singing.performance import Kind, Performance
from training.data.singing.singers import Singer
from training.data.singing.take import Take

HARMONY_STEPS: Final = (2, 2, 2, -3, 4, -5, 7, -7)
"""Steps of the scale: thirds most often, fourths and fifths, octaves."""
STACK_STEPS: Final = (0, 0, 2, -3, 4, 7, -7)


@dataclass(frozen=True, slots=True)
class BackingPart:
    """One further voice."""

    take: Take
    line: Sequence[SungPhrase]
    place: float
    """-1 is left, 1 is right."""


def further_parts(performance: Performance, line: Sequence[SungPhrase], chance: Chance) -> list[BackingPart]:
    """Return the voices that join a lead, none for most kinds.

    Args:
        performance: its kind decides.
        line: what the lead sings, at least one phrase.
        chance: stream for intervals, places and where the voices join in.
    """
    make = _MAKERS.get(performance.kind)
    if make is None:
        return []
    joined = [sung for index, sung in enumerate(line) if chance.child(index).happens(performance.presence)]
    everything = performance.kind in ("stack", "duet", "ad_libs", "whisper_double")
    take = Take(performance.lead, performance.delivery, looseness=0.015, breaths_db=None)
    return make(performance, line if everything else joined or line[-1:], take, chance)


def _doubles(
    performance: Performance, line: Sequence[SungPhrase], take: Take, chance: Chance
) -> list[BackingPart]:
    width = performance.width
    places = chance.choice(((width, -width), (width, -width), (0.0,), (0.3 * width,)))
    return [BackingPart(take, line, place) for place in places]


def _whisper(
    performance: Performance, line: Sequence[SungPhrase], take: Take, chance: Chance
) -> list[BackingPart]:
    place = performance.width * chance.uniform(-1, 1)
    return [BackingPart(replace(take, delivery="whispered"), line, place)]


def _harmonies(
    performance: Performance, line: Sequence[SungPhrase], take: Take, chance: Chance
) -> list[BackingPart]:
    count = chance.choice((1, 2, 2, 4))
    steps = [chance.choice(HARMONY_STEPS), chance.choice(HARMONY_STEPS)]
    return [
        BackingPart(
            replace(take, singer=_sharing_words(performance, index // 2)),
            _second_voice(line, steps[index // 2]),
            performance.width * (-1) ** index * (0.3 if count == 1 else 1),
        )
        for index in range(count)
    ]


def _stack(
    performance: Performance, line: Sequence[SungPhrase], take: Take, chance: Chance
) -> list[BackingPart]:
    count = chance.integer(3, 5)
    return [
        BackingPart(
            replace(take, singer=_sharing_words(performance, index), looseness=0.03),
            _second_voice(line, chance.choice(STACK_STEPS)),
            performance.width * (2 * index / (count - 1) - 1),
        )
        for index in range(count)
    ]


def _ad_libs(
    performance: Performance, line: Sequence[SungPhrase], take: Take, chance: Chance
) -> list[BackingPart]:
    place = performance.width * chance.choice((-1, 1))
    return [BackingPart(replace(take, singer=performance.others[0]), _echoes(line, chance), place)]


def _answers(
    performance: Performance, line: Sequence[SungPhrase], take: Take, chance: Chance
) -> list[BackingPart]:
    singer = replace(performance.others[0], looseness=0.01)
    place = chance.choice((0.0, 0.0, 0.4, -0.4)) * performance.width
    return [BackingPart(replace(take, singer=singer), line[1::2], place)]


def _crew(
    performance: Performance, line: Sequence[SungPhrase], take: Take, chance: Chance
) -> list[BackingPart]:
    """Shout the last words of lines along."""
    ends = [SungPhrase(sung.slots[-3:], sung.notes[-3:]) for sung in line]
    return [
        BackingPart(replace(take, singer=singer, semitones=chance.uniform(-3, 5)), ends, place)
        for singer, place in zip(performance.others, (-performance.width, performance.width), strict=True)
    ]


_Maker = Callable[[Performance, Sequence[SungPhrase], Take, Chance], list[BackingPart]]
_MAKERS: Final[dict[Kind, _Maker]] = {
    "doubled": _doubles,
    "whisper_double": _whisper,
    "harmonies": _harmonies,
    "stack": _stack,
    "ad_libs": _ad_libs,
    "duet": _answers,
    "rap_crew": _crew,
}


def _sharing_words(performance: Performance, index: int) -> Singer:
    """Return the lead in turn with other singers, who say the same words."""
    return performance.lead if index % 2 == 0 else performance.others[index % len(performance.others)]


def _second_voice(line: Sequence[SungPhrase], steps: int) -> list[SungPhrase]:
    if steps == 0:
        return list(line)
    key = key_of([note for sung in line for note in sung.notes])
    return [
        replace(
            sung,
            notes=tuple(replace(note, pitch=harmonised(note.pitch, steps, key)) for note in sung.notes),
        )
        for sung in line
    ]


def _echoes(line: Sequence[SungPhrase], chance: Chance) -> list[SungPhrase]:
    """Repeat the ends of phrases in the rests after them."""
    answers = []
    for sung, following in zip(line, [*line[1:], None], strict=True):
        count = min(len(sung.slots), chance.integer(1, 4))
        slots = sung.slots[-count:]
        delay = sung.end - slots[0].start + chance.uniform(0.05, 0.3)
        if following is not None and following.start < slots[-1].end + delay - 0.5:
            continue
        notes = tuple(
            replace(note, start=note.start + delay)
            for note in sung.notes
            if note.start + note.duration > slots[0].start + 1e-3
        )
        moved = tuple(replace(slot, start=slot.start + delay, end=slot.end + delay) for slot in slots)
        answers.append(SungPhrase(moved, notes or sung.notes[-1:]))
    return answers
