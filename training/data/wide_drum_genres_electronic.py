"""Grooves programmed on drum machines and samplers: dance, hip-hop, R&B, synth pop."""

from typing import Final

from training.data.wide_drum_genres_acoustic import BACK_BEAT, EIGHTHS, SIXTEENTHS
from training.data.wide_drum_patterns import Groove, Voice

KICK, SNARE, CLAP = (36, 36, 35), (38, 40, 39), (39, 39, 38, 40)
FLOOR = ("X...X...X...X...",)
OFFBEAT = ("..X...X...X...X.",)

ELECTRONIC_GROOVES: Final[dict[str, Groove]] = {
    "disco": Groove(
        (
            Voice("kick", KICK, (*FLOOR, "X...X...X...X.x.")),
            Voice("snare", (38, 40), ("....X.......X...", "....X.......X..g")),
            Voice("time", (42,), ("xo.oxo.oxo.oxo.o", "x..xx..xx..xx..x")),
            Voice("extra", (46,), OFFBEAT, 0.9),
            Voice("extra", (39, 54, 56), ("....x.......x...", "x.xxx.xxx.xxx.xx"), 0.5),
            Voice("extra", (63, 60), ("..x.x..x..x.xx.x",), 0.3),
        ),
        time_pitches=(51,),
    ),
    "house": Groove(
        (
            Voice("kick", (36,), FLOOR),
            Voice("snare", CLAP, ("....X.......X...", "....X.......X..g", "............X...")),
            Voice("time", (46, 42), (*OFFBEAT, "..X...X...X..oX.")),
            Voice("extra", (42, 70, 82), ("xoxoxoxoxoxoxoxo", ".xox.xox.xox.xox"), 0.6),
            Voice("extra", (56, 76, 63, 37), ("...x..x...x..x..", "x..x..x...x.x..."), 0.4),
        ),
        fills="electronic",
        time_pitches=(51, 46),
        build_odds=0.25,
        crash_odds=0.6,
    ),
    "techno": Groove(
        (
            Voice("kick", (36, 35), (*FLOOR, "X...X...X...X..x", "X..oX..oX..oX..o")),
            Voice("time", (42, 46), (*OFFBEAT, "xxxxxxxxxxxxxxxx", "..x...x...x..xx.")),
            Voice("snare", (39, 38, 37), ("....x.......x...", "................", "...x......x..x..")),
            Voice("extra", (51, 59), ("x.x.x.x.x.x.x.x.", "..x...x...x...x."), 0.4),
            Voice(
                "extra",
                (41, 43, 45, 75, 76),
                ("...x..x...x....x", "x..x..x..x..x...", "......x...x....."),
                0.5,
            ),
        ),
        fills="electronic",
        build_odds=0.25,
    ),
    "trance": Groove(
        (
            Voice("kick", (36,), FLOOR),
            Voice("snare", (39, 38), ("....X.......X...",)),
            Voice("time", (46,), OFFBEAT),
            Voice("extra", (42, 51), ("xoXoxoXoxoXoxoXo", "x.x.x.x.x.x.x.x."), 0.7),
            Voice("extra", (49,), ("X...............................................................",), 0.5),
        ),
        fills="electronic",
        build_odds=0.35,
        crash_odds=0.9,
    ),
    "trap": Groove(
        (
            Voice(
                "kick",
                (36, 35),
                ("X.....x...x.....", "X..x......x..x..", "X......x..x...?.", "X.........x..?.."),
            ),
            Voice("snare", (38, 39, 40, 39), ("........X.......", "........X......-")),
            Voice(
                "time",
                (42,),
                (
                    "x.x.x.x.x.x.x.x.",
                    "x.x.x.3.x.x.x.2.",
                    "x.x.2.x.x.x.4.4.",
                    "xxx.xx3.x.x.x.4.",
                    "x..x..x.x..x3.2.",
                ),
            ),
            Voice("extra", (46,), ("......x.........", "..............x."), 0.5),
            Voice("extra", (37, 75, 76), ("...x......x.....", "......x.....x..."), 0.4),
        ),
        fills="electronic",
        spacious=True,
        crash_odds=0.25,
    ),
    "trap_triplets": Groove(
        (
            Voice("kick", (36, 35), ("X.......x...............", "X.....x.......x.........")),
            Voice("snare", (39, 38), ("............X...........",)),
            Voice(
                "time",
                (42,),
                ("x.x.x.x.x.x.x.x.x.x.x.x.", "xxx.x.x.x.x.xxx.x.x.xxxx", "x..x..x..x..x.x.x.x..x.."),
            ),
            Voice("extra", (46, 37), ("......................x.", ".........x.............."), 0.5),
        ),
        fills="electronic",
        spacious=True,
        crash_odds=0.2,
    ),
    "boom_bap": Groove(
        (
            Voice(
                "kick", KICK, ("X......x..x.....", "X.x....x..x.....", "X.........xx....", "X..x....?.x...?.")
            ),
            Voice("snare", (38, 40), ("....X.......X...", "....X..-....X..-")),
            Voice("time", (42,), (*EIGHTHS, "x.xox.x.x.xox.x.", "xgxgxgxgxgxgxgxg")),
            Voice("extra", (46, 51), ("..............x.", "......x........."), 0.4),
        ),
        fills="electronic",
        crash_odds=0.2,
    ),
    "lo_fi": Groove(
        (
            Voice("kick", KICK, ("X.........x.....", "X......o..x....o", "X..o......x.....")),
            Voice("snare", (37, 38, 40), ("....x.......x...", "....x.......x..g")),
            Voice("time", (42, 44), ("o.o.o.o.o.o.o.o.", "ogo.ogo.ogo.ogo.")),
            Voice("extra", (70, 82), (".o.o.o.o.o.o.o.o",), 0.3),
        ),
        fills="none",
        crash_odds=0.1,
    ),
    "r_and_b": Groove(
        (
            Voice("kick", (36, 35), ("X..x..x...x.....", "X.....x..xx.....", "X..x....x..x..x.")),
            Voice("snare", (39, 38, 37), ("....X.......X...", "....X.......X.x.", "........X.......")),
            Voice("time", (42,), ("x.x.x.x.x.x.x.x.", "xox.xox2xox.xo3.", "x.ooxoo.x.ooxo4.")),
            Voice("extra", (70, 54, 39), ("..x...x...x...x.", "xoxoxoxoxoxoxoxo"), 0.4),
        ),
        fills="electronic",
        crash_odds=0.25,
    ),
    "reggaeton": Groove(
        (
            Voice("kick", (36,), (*FLOOR, "X...X...X...X..x")),
            Voice("snare", (38, 40, 37), ("...X..X....X..X.", "...X..X....X..x.")),
            Voice("time", (42, 70), ("x.x.x.x.x.x.x.x.", "xoxoxoxoxoxoxoxo", "................")),
            Voice("extra", (63, 65, 76), ("..x...x..x....x.", "......x.......xx"), 0.4),
        ),
        fills="electronic",
        crash_odds=0.3,
    ),
    "drum_and_bass": Groove(
        (
            Voice("kick", KICK, ("X.........X.....", "X..x......X.....", "X.........X..x..")),
            Voice("snare", (38, 40), ("....X.......X...", "....X..g.g..X..g", "....X..g.gx.X..g")),
            Voice("time", (42, 51), (*EIGHTHS, *SIXTEENTHS)),
            Voice("extra", (46, 51, 54), ("x.x.x.x.x.x.x.x.", "......x.......x."), 0.5),
        ),
        fills="electronic",
        time_pitches=(51, 46),
        build_odds=0.2,
    ),
    "breakbeat": Groove(
        (
            Voice("kick", KICK, ("X.X.......XX....", "X.X.......XX....X.X.......X.....", "X..x..x...x..x..")),
            Voice(
                "snare",
                (38, 40),
                ("....X..g.g..X..g", "....X..x.g..X..x....X..x.g....X.", "....X.g..g..X.g."),
            ),
            Voice("time", (42, 51), (*EIGHTHS, "x.xox.xox.xox.xo")),
            Voice("extra", (46,), ("..............x.", "..........x....."), 0.5),
        ),
        fills="electronic",
        time_pitches=(51, 59),
    ),
    "synth_wave": Groove(
        (
            Voice(
                "kick",
                (36,),
                ("X.......X.......", "X...X...X...X...", "X..x....X..x....", "X.....x.X......."),
            ),
            Voice("snare", (38, 40), ("....X.......X...",)),
            Voice("time", (42,), (*EIGHTHS, *SIXTEENTHS)),
            Voice("extra", (41, 45, 48), ("..............xx", "..........x.x.xx", "......x.......x."), 0.6),
            Voice("extra", (56, 54, 39), ("....x.......x...", "..x...x...x...x."), 0.3),
        ),
        fills="electronic",
        time_pitches=(46, 51),
        crash_odds=0.7,
    ),
    "machine_grid": Groove(
        (
            Voice("kick", KICK, ("X..?..?.?..?..?.", "X?....?...?.?...", "?..?..?..?..?.?.")),
            Voice("snare", SNARE, ("....X..-.-..X..?", "...?X.....?.X...", "....X.......X.??")),
            Voice("time", (42, 44, 46), ("????????????????", "x?x?x?x?x?x?x?x?", "x.x2x.x3x.x.x4x.")),
            Voice("extra", (56, 75, 37, 67, 41, 48), ("..?..?..?..?..?.", "?...?...?...?..."), 0.7),
        ),
        fills="electronic",
        time_pitches=(46, 51, 42),
        build_odds=0.2,
    ),
    "future_bass": Groove(
        (
            Voice("kick", (36,), ("X.........x.....", "X.....x...x...x.")),
            Voice("snare", (39, 38, 40), ("........X.......",)),
            Voice("time", (42, 46), ("..x...x...x...x.", "x.x.x.x.x.x.2.4.")),
            Voice("extra", (49, 57), ("X...............", "X.......X......."), 0.5),
            Voice("extra", (75, 39, 82), ("...x..x....x..x.",), 0.4),
        ),
        fills="electronic",
        spacious=True,
        build_odds=0.3,
        crash_odds=0.8,
    ),
    "electro_pop": Groove(
        (
            Voice("kick", (36,), (*FLOOR, "X.......X.......", "X...X..xX...X...")),
            Voice("snare", CLAP, BACK_BEAT),
            Voice("time", (42, 70), (*EIGHTHS, *SIXTEENTHS, *OFFBEAT)),
            Voice("extra", (39, 54), ("....X.......X...", "....x..x....x..x"), 0.5),
        ),
        fills="electronic",
        build_odds=0.2,
        time_pitches=(46, 51),
    ),
}
"""Grooves by genre."""
