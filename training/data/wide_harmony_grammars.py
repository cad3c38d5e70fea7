"""Keys, pads, sections and plucks of the wide songs."""

from training.data.chance import Chance
from training.data.theory import Note
from training.data.wide_theory import WideSketch


def _eighth(sketch: WideSketch) -> float:
    return 1.0 if sketch.pulse == 3 or sketch.beats_per_bar == 7 else 0.5


def _led(sketch: WideSketch, beat: float, previous: tuple[int, ...], lowest: int) -> tuple[int, ...]:
    """Return the chord in the inversion closest to the previous one."""
    chord = sketch.chord(beat)
    options = [chord.voicing(lowest + shift) for shift in range(0, 12, 2)]
    if not previous:
        return options[0]
    centre = sum(previous) / len(previous)
    return min(options, key=lambda option: abs(sum(option) / len(option) - centre))


def _changes(sketch: WideSketch) -> list[tuple[float, float]]:
    """Return where chords begin and end, equal neighbours joined, no stretch above two bars."""
    joined: list[tuple[float, float]] = []
    longest = 2 * sketch.beats_per_bar
    for index, (start, chord) in enumerate(sketch.changes):
        end = sketch.changes[index + 1][0] if index + 1 < len(sketch.changes) else float(sketch.beats)
        if joined and sketch.changes[index - 1][1] == chord and end - joined[-1][0] <= longest:
            joined[-1] = (joined[-1][0], end)
        elif end > start:
            joined.append((start, end))
    return joined


def pad_chords(sketch: WideSketch, chance: Chance) -> list[Note]:
    """Held chords that move by the shortest way."""
    lowest, share = chance.choice((48, 52, 55, 60)), chance.uniform(0.9, 1.02)
    previous: tuple[int, ...] = ()
    notes: list[Note] = []
    for start, end in _changes(sketch):
        previous = _led(sketch, start, previous, lowest)
        loudness = chance.integer(62, 98)
        notes += [Note(start, share * (end - start), pitch, loudness) for pitch in previous]
    return notes


def piano_comping(sketch: WideSketch, chance: Chance) -> list[Note]:
    """Pop piano: right-hand chords on a rhythm, left-hand octaves on the accents."""
    step, lowest = _eighth(sketch), chance.choice((55, 58, 60))
    count = round(sketch.beats_per_bar / step)
    rhythm = [index for index in range(count) if index == 0 or chance.happens(0.5)]
    left = chance.happens(0.6)
    previous: tuple[int, ...] = ()
    notes: list[Note] = []
    for bar in sketch.bar_starts:
        for index, following in zip(rhythm, [*rhythm[1:], count], strict=True):
            at = bar + index * step
            previous = _led(sketch, at, previous, lowest)
            length = 0.95 * (following - index) * step
            loudness = chance.integer(66, 104)
            notes += [Note(at, length, pitch, loudness + chance.integer(-6, 6)) for pitch in previous]
        if left:
            for accent in sketch.accents[::2]:
                root = sketch.chord(bar + accent).bass_pitch(36)
                notes += [Note(bar + accent, 1.6, root + up, chance.integer(65, 100)) for up in (0, 12)]
    return notes


def block_quarters(sketch: WideSketch, chance: Chance) -> list[Note]:
    """Steady chords on every beat, as in ballads and beat music."""
    lowest, length = chance.choice((52, 55, 60)), chance.uniform(0.5, 0.97)
    step = 2 * _eighth(sketch) if sketch.pulse == 2 else 3.0
    previous: tuple[int, ...] = ()
    notes: list[Note] = []
    for index in range(int(sketch.beats / step)):
        previous = _led(sketch, index * step, previous, lowest)
        notes += [Note(index * step, length * step, pitch, chance.integer(68, 100)) for pitch in previous]
    return notes


def stabs(sketch: WideSketch, chance: Chance) -> list[Note]:
    """Short syncopated chords on a one-bar rhythm, as house keys or a horn section."""
    step = _eighth(sketch) / 2
    count = round(sketch.beats_per_bar / step)
    onsets = [index * step for index in range(count) if chance.happens(0.22)] or [step * 3]
    lowest, length = chance.choice((55, 60, 62)), chance.uniform(0.12, 0.6)
    previous: tuple[int, ...] = ()
    notes: list[Note] = []
    for bar in sketch.bar_starts:
        for onset in onsets:
            previous = _led(sketch, bar + onset, previous, lowest)
            loudness = chance.integer(78, 116)
            notes += [Note(bar + onset, length, pitch, loudness) for pitch in previous]
    return notes


def synth_arpeggio(sketch: WideSketch, chance: Chance) -> list[Note]:
    """Machine-even arpeggio over one to three octaves: up, down, both ways or a drawn order."""
    step, lowest = _eighth(sketch) / chance.choice((1, 2, 2)), chance.choice((48, 55, 60, 67))
    octaves, length = chance.choice((1, 2, 2, 3)), chance.uniform(0.35, 1.1)
    kind = chance.choice(("up", "down", "both", "drawn"))
    drawn = [chance.integer(0, 11) for _ in range(chance.choice((6, 8, 16)))]
    notes: list[Note] = []
    for index in range(round(sketch.beats / step)):
        tones = [
            pitch + 12 * turn
            for turn in range(octaves)
            for pitch in sketch.chord(index * step).voicing(lowest)
        ]
        orders = {
            "up": tones,
            "down": tones[::-1],
            "both": tones + tones[-2:0:-1],
            "drawn": [tones[position % len(tones)] for position in drawn],
        }
        order = orders[kind] or tones
        notes.append(Note(index * step, length * step, order[index % len(order)], chance.integer(84, 104)))
    return notes


def broken_chords(sketch: WideSketch, chance: Chance) -> list[Note]:
    """Piano or harp: the left hand low, the right hand through the chord, ringing."""
    step, lowest = _eighth(sketch), chance.choice((48, 55, 60))
    order = chance.choice(((0, 1, 2, 1), (0, 2, 1, 2), (0, 1, 2, 3, 2, 1), (2, 1, 0, 1)))
    notes: list[Note] = []
    for index in range(round(sketch.beats / step)):
        tones = sketch.chord(index * step).voicing(lowest)
        tones = (*tones, tones[0] + 12)
        notes.append(
            Note(
                index * step,
                2.5 * step,
                tones[order[index % len(order)] % len(tones)],
                chance.integer(60, 98),
            )
        )
        if index * step % sketch.beats_per_bar == 0:
            low = sketch.chord(index * step).bass_pitch(36)
            notes.append(Note(index * step, 0.9 * sketch.beats_per_bar, low, chance.integer(65, 95)))
    return notes


def section_line(sketch: WideSketch, chance: Chance) -> list[Note]:
    """Horns or strings in two or three voices: a short figure at the end of every second bar."""
    voices = chance.choice(((0, -4), (0, -3, -7), (0, -12)))
    figure: list[tuple[float, float, int]] = []
    at, place = float(chance.choice((0, 1, 2))), 0
    span = 2.0 * sketch.beats_per_bar
    while at < span - 0.5:
        duration = chance.choice((0.5, 0.5, 1.0, 1.5))
        if chance.happens(0.6):
            figure.append((at, duration * chance.choice((0.5, 0.95)), place))
        place += chance.choice((-2, -1, 1, 2, 4))
        at += duration
    notes: list[Note] = []
    for start in range(0, sketch.beats, 2 * sketch.beats_per_bar):
        for at, duration, step in figure:
            top = sketch.nearest_chord_pitch(start + at, 67 + 2 * step)
            top = 60 + (top - 60) % 24
            loudness = chance.integer(82, 118)
            notes += [Note(start + at, duration, top + below, loudness) for below in voices]
    return notes


def counter_melody(sketch: WideSketch, chance: Chance) -> list[Note]:
    """One slow voice in chord notes, as strings or an organ behind the singer."""
    lowest = chance.choice((55, 60, 67))
    pitch = sketch.nearest_chord_pitch(0, lowest + 5)
    at, notes = 0.0, list[Note]()
    while at < sketch.beats:
        duration = float(chance.choice((1, 2, 2, 3, 4)))
        pitch = sketch.nearest_chord_pitch(at, pitch + chance.choice((-3, -2, 0, 2, 3)))
        pitch = min(lowest + 17, max(lowest, pitch))
        notes.append(Note(at, 0.98 * duration, pitch, chance.integer(65, 100)))
        at += duration
    return notes


def pizzicato(sketch: WideSketch, chance: Chance) -> list[Note]:
    """Short plucked notes on a rhythm: mallets, pizzicato strings, kalimba, synth plucks."""
    step, lowest = _eighth(sketch) / 2, chance.choice((60, 67, 72))
    rhythm = [chance.happens(0.4) for _ in range(16)]
    steps = [chance.integer(0, 4) for _ in range(16)]
    notes: list[Note] = []
    for index in range(round(sketch.beats / step)):
        if rhythm[index % 16]:
            tones = sketch.chord(index * step).voicing(lowest)
            place = steps[index % 16]
            pitch = tones[place % len(tones)] + 12 * (place // len(tones))
            notes.append(Note(index * step, step * 0.9, pitch, chance.integer(70, 110)))
    return notes


def drone(sketch: WideSketch, chance: Chance) -> list[Note]:
    """Root and fifth of the key held through, whatever the chords do."""
    lowest, span = chance.choice((43, 48, 55)), 4.0 * sketch.beats_per_bar
    notes: list[Note] = []
    at = 0.0
    while at < sketch.beats:
        root = lowest + (sketch.tonic(at) - lowest) % 12
        notes += [Note(at, span, pitch, chance.integer(60, 90)) for pitch in (root, root + 7)]
        at += span
    return notes


def riser(sketch: WideSketch, chance: Chance) -> list[Note]:
    """One long note before each section of four bars: sweeps, risers and noise."""
    length = float(sketch.beats_per_bar * chance.choice((1, 2, 2)))
    ends = range(4 * sketch.beats_per_bar, sketch.beats + 1, 4 * sketch.beats_per_bar)
    return [Note(end - length, length, chance.choice((48, 60, 72)), chance.integer(75, 110)) for end in ends]


def montuno(sketch: WideSketch, chance: Chance) -> list[Note]:
    """Latin piano: syncopated octaves and thirds."""
    onsets = (0.0, 1.0, 1.5, 2.5, 3.5)
    notes: list[Note] = []
    for bar in sketch.bar_starts:
        for index, onset in enumerate(onset for onset in onsets if onset < sketch.beats_per_bar):
            tones = sketch.chord(bar + onset).voicing(60)
            pitches = (tones[0], tones[0] + 12) if index % 2 == 0 else tones[1:]
            notes += [Note(bar + onset, 0.42, pitch, chance.integer(76, 108)) for pitch in pitches]
    return notes


def alberti(sketch: WideSketch, chance: Chance) -> list[Note]:
    """Classical broken chord: low, high, middle, high."""
    step, lowest = _eighth(sketch) / 2, chance.choice((55, 60))
    notes: list[Note] = []
    for index in range(round(sketch.beats / step)):
        tones = sketch.chord(index * step).voicing(lowest)
        pitch = tones[(0, 2, 1, 2)[index % 4] % len(tones)]
        notes.append(Note(index * step, step * 0.95, pitch, chance.integer(65, 98)))
    return notes


def charleston(sketch: WideSketch, chance: Chance) -> list[Note]:
    """Jazz comping: on one and on the off-beat of two, without the root."""
    notes: list[Note] = []
    for bar in sketch.bar_starts:
        for onset, duration in ((0.0, 1.2), (1.5, 0.4)):
            loudness = chance.integer(65, 100)
            tones = sketch.chord(bar + onset).voicing(54)
            notes += [Note(bar + onset, duration, pitch, loudness) for pitch in tones]
    return notes


def chorale(sketch: WideSketch, chance: Chance) -> list[Note]:
    """Four voices in half notes, wide apart, as brass or strings play hymns."""
    notes: list[Note] = []
    for index in range(sketch.beats // 2):
        tones = sketch.chord(2 * index).voicing(48)
        spread = (tones[0], tones[-1], tones[1] + 12, tones[0] + 24)
        notes += [Note(2.0 * index, 1.9, pitch, chance.integer(68, 98)) for pitch in spread]
    return notes
