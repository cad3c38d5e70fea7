"""Grooves for evaluation only; no training song uses one of these genres."""

from typing import Final

from training.data.wide_drum_patterns import Groove, Voice

KICK = (36, 36, 35)

HELD_OUT_GROOVES: Final[dict[str, Groove]] = {
    "second_line": Groove(
        (
            Voice("snare", (38, 40), ("X.oXo.X.ogX.X.og", "XgoXgoXgogXgXgog", "x.ox.oXo.oX.x.o4")),
            Voice("kick", KICK, ("X..X..X.....X...", "X..X......X.X...")),
            Voice("time", (44, 42), ("....x.......x...",)),
            Voice("extra", (56, 54, 49), ("x.xx.xx.x.xx.xx.", "....x.......x..."), 0.5),
        ),
        crash_odds=0.5,
    ),
    "songo": Groove(
        (
            Voice("kick", KICK, ("...X..X....X..X.", "...x..X.....x.X.")),
            Voice("snare", (38, 37), ("....x.g.xg..x.gg", "..x.X.gg..x.X.gg")),
            Voice("time", (42, 51, 56), ("x...x...x...x...", "x.x.x.x.x.x.x.x.")),
            Voice("extra", (43, 48), ("......xx........", "..............xx"), 0.6),
            Voice("extra", (64,), ("..x...xx..x...xx",), 0.5),
        ),
        fills="latin",
        crash_odds=0.4,
    ),
    "linear_funk": Groove(
        (
            Voice("kick", KICK, ("X..x....x.x..x..", "X....x.x..x....x")),
            Voice("snare", (38, 40), ("....X.g....gX.g.", ".g..X..g.g..X.g.")),
            Voice("time", (42,), (".xx..x.x.x.x..xx", ".xx.x.x.xx.x.x.x")),
            Voice("extra", (46,), ("..............x.",), 0.5),
        ),
        time_pitches=(51, 53),
    ),
    "two_step_garage": Groove(
        (
            Voice("kick", (36,), ("X.........x.....", "X......x..x.....", "X.........x..x..")),
            Voice("snare", (39, 38, 37), ("....X.......X...", "....X..g....X..g")),
            Voice("time", (42,), ("..xox.xo..xox.xo", "x.oxo.x.x.oxo.xx")),
            Voice("extra", (46, 70), ("......x.......x.", "..x...x...x...x."), 0.6),
            Voice("extra", (37, 75, 76), (".......x.x.....x",), 0.5),
        ),
        fills="electronic",
        crash_odds=0.3,
    ),
    "ska": Groove(
        (
            Voice("kick", KICK, ("....X.......X...", "X...X...X...X...")),
            Voice("snare", (38, 37), ("....X.......X...", "....X..x....X...")),
            Voice("time", (42, 46, 51), ("..X...X...X...X.", "x.X.x.X.x.X.x.X.")),
        ),
        time_pitches=(51, 53),
        crash_odds=0.6,
    ),
    "four_snares": Groove(
        (
            Voice("kick", KICK, ("X.......X.x.....", "X..x..x...x.....")),
            Voice("snare", (38, 40), ("X...X...X...X...", "X...X...X...X.xx")),
            Voice("time", (42, 46), ("x.x.x.x.x.x.x.x.",)),
            Voice("extra", (54,), ("X...X...X...X...", "x.x.x.x.x.x.x.x.")),
        ),
        crash_odds=0.4,
    ),
    "half_time_shuffle": Groove(
        (
            Voice("kick", KICK, ("X....x.....x", "X.......x..x")),
            Voice("snare", (38,), (".g..g.Xg..g.", ".g..g.X...g.")),
            Voice("time", (42, 51), ("x.xx.xx.xx.x",)),
        ),
        time_pitches=(51, 59),
        crash_odds=0.4,
    ),
    "mozambique": Groove(
        (
            Voice("time", (56, 53, 51), ("x.xx.x.xx.x.xx.x",)),
            Voice("kick", KICK, ("X..x..x...x.x...",)),
            Voice("snare", (38, 37), ("..x..g.x.gx..g.x",)),
            Voice("extra", (43, 45, 47), ("......xx......x.",)),
        ),
        fills="latin",
        crash_odds=0.4,
    ),
    "jersey_club": Groove(
        (
            Voice("kick", (36,), ("X...X...X..X..X.",)),
            Voice("snare", (39, 38), ("...X......X.....", "....X.......X...")),
            Voice("time", (42, 46), ("..x...x...x...x.",)),
            Voice("extra", (41, 48, 75), ("......xx......xx",), 0.5),
        ),
        fills="electronic",
        build_odds=0.2,
    ),
    "cascara": Groove(
        (
            Voice("time", (65, 66), ("X.X.XX.X.XX.X.X.X.X.XX.X.XX.X.X.",)),
            Voice("extra", (64, 63), ("..x...xx..x...xx",)),
            Voice("kick", KICK, ("......x.....x...",)),
            Voice("extra", (51, 53), ("x...x...x...x...",), 0.6),
            Voice("extra", (41, 43), ("............x.xx",), 0.5),
        ),
        fills="latin",
        crash_odds=0.3,
    ),
}
"""Grooves by genre."""
