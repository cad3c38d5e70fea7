"""Grooves of Latin America, Africa and the Caribbean, and those without a drum set."""

from typing import Final

from training.data.wide_drum_genres_acoustic import EIGHTHS
from training.data.wide_drum_patterns import Groove, Voice

KICK = (36, 36, 35)
SON_CLAVE = ("x.....x.....x.......x...x.......", "....x...x.......x.....x.....x...")
TUMBAO = ("o.ogX.xxo.ogo.xx", "..x...xx..x...xx", "x.o.X..xx.o.X.xx")

WORLD_GROOVES: Final[dict[str, Groove]] = {
    "bossa": Groove(
        (
            Voice("kick", KICK, ("x..oo..xx..oo..x", "x......xx......x")),
            Voice("snare", (37,), ("x..x..x...x..x..", "x.....x.....x.......x.....x.....")),
            Voice("time", (42, 70), ("xoxoxoxoxoxoxoxo", "x.o.x.o.x.o.x.o.")),
            Voice("extra", (64, 63), ("......xx......xx",), 0.3),
        ),
        crash_odds=0.15,
    ),
    "samba": Groove(
        (
            Voice("kick", KICK, ("o..xX..oo..xX..o", "....X.......X...", "x..xX..xx..xX..x")),
            Voice("snare", (38, 40, 37), ("XooXooXoXoXooXoo", "xggxggxggxgxggxg")),
            Voice("time", (70, 42, 82), ("XoxoXoxoXoxoXoxo", "xooxxooxxooxxoox")),
            Voice("extra", (67, 68, 54), ("x.xx.x.x.xx.x.x.", "x.x.xx.x.x.xx.x."), 0.7),
            Voice("extra", (41, 43), ("....X.......X...", "........X......."), 0.7),
        ),
        fills="latin",
        crash_odds=0.2,
    ),
    "afrobeat": Groove(
        (
            Voice("kick", KICK, ("X..x..x.X..x....", "X.....x..x..x...", "X..x....x..x..x.")),
            Voice("snare", (38, 37, 40), ("....x..g.xg.x..g", "..gx..x.g..x..xg", "...x..x....x..x.")),
            Voice("time", (42, 51), ("x.xxx.xxx.xxx.xx", "xoxoxoxoxoxoxoxo")),
            Voice("extra", (56, 67, 76), ("x.x.xx.x.x.x.xx.", "x..x..x...x.x..."), 0.6),
            Voice("extra", (70, 82), ("x.o.x.o.x.o.x.o.",), 0.6),
            Voice("extra", (64, 63), TUMBAO, 0.4),
        ),
        fills="latin",
        crash_odds=0.2,
    ),
    "reggae_one_drop": Groove(
        (
            Voice("kick", KICK, ("........X.......", "X...X...X...X...", "........X......x")),
            Voice("snare", (37, 37, 38), ("........X.......", "........X....x..", "...x....X..x....")),
            Voice("time", (42,), ("..x...x...x...x.", "x.xox.xox.xox.xo", "x.x.x.x.x.x.x.x.")),
            Voice("extra", (46, 54), ("..............x.", "......x........."), 0.4),
        ),
        crash_odds=0.35,
    ),
    "salsa": Groove(
        (
            Voice("extra", (64,), TUMBAO),
            Voice("extra", (63, 62), ("....x.......x...", "....X.......X.xx")),
            Voice("time", (56, 65, 51), ("X.x.X.xxX.x.X.xx", "x.xx.xx.x.xx.xx.", "X.xxX.xxX.xxX.xx")),
            Voice("snare", (75, 37), SON_CLAVE),
            Voice("kick", KICK, ("......x.....x...", "x......xx......x"), 0.6),
            Voice("extra", (70, 69, 82), ("xoxoxoxoxoxoxoxo", "x.x.x.x.x.x.x.x."), 0.5),
            Voice("extra", (66, 65), ("............x.xx", "..........x...x."), 0.5),
        ),
        fills="latin",
        crash_odds=0.35,
    ),
    "cha_cha": Groove(
        (
            Voice("time", (56,), ("X...x...X...x...", "X...x...X...x.x.")),
            Voice("extra", (64, 63), ("o.o.X.xxo.o.X.xx",)),
            Voice("extra", (69, 70), ("x.xxx.xxx.xxx.xx", "x.oox.oox.oox.oo")),
            Voice("kick", KICK, ("x.....x.x.....x.", "X...........x..."), 0.7),
            Voice("snare", (37, 38), ("....x.......x...", "............x.x."), 0.5),
        ),
        fills="latin",
        crash_odds=0.3,
    ),
    "bongo_percussion": Groove(
        (
            Voice("time", (60,), ("XogoXogoXogoXogo", "x.xxx.xxx.xxx.xx")),
            Voice("extra", (61,), ("......x.......x.", "..o...x...o...xx")),
            Voice("extra", (70, 69, 82, 54), ("xoxoxoxoxoxoxoxo", "..x...x...x...x.")),
            Voice("extra", (39, 75, 76), ("....x.......x...", "x..x..x...x.x..."), 0.5),
        ),
        fills="none",
        crash_odds=0.1,
    ),
    "percussion_only": Groove(
        (
            Voice("time", (70, 82, 69, 54), ("XoxoXoxoXoxoXoxo", "x.o.x.o.x.o.x.o.", "xooxooxoxooxooxo")),
            Voice("extra", (63, 64, 61, 66), ("?.??..??.??.??..", "x..x..x...x.x...", "X.oo.oX.o.X.oo.o")),
            Voice("extra", (60, 62, 65, 67), (".?..?..?..?..?.?", "....x.......x.xx"), 0.8),
            Voice("kick", (36, 35), ("X...............", "X.......x......."), 0.4),
        ),
        fills="none",
        crash_odds=0.1,
    ),
    "shaker_and_claps": Groove(
        (
            Voice("time", (70, 82, 54), ("XoxoXoxoXoxoXoxo", "xoooxoooxoooxooo")),
            Voice("snare", (39,), ("....X.......X...", "....X..x....X...", "x...x...x...x...")),
            Voice("kick", (36, 35), ("X.......X.......", "X...X...X...X..."), 0.3),
        ),
        fills="none",
        crash_odds=0.1,
        build_odds=0.0,
    ),
    "taiko_toms": Groove(
        (
            Voice("kick", (35, 36), ("X.......X.......", "X..x..x.X.......", "X...........X.X.")),
            Voice("time", (41,), ("XooXooXoXooXooXo", "X.oox.ooX.oox.oo", "XoXoxoooXoXoxooo")),
            Voice("extra", (43, 45), ("...x..x....x..x.", "..xx......xx..xx")),
            Voice("extra", (37, 76, 48), ("....x.......x...", "..............xx"), 0.5),
        ),
        crash_odds=0.6,
    ),
    "cinematic": Groove(
        (
            Voice("kick", (35, 36), ("X...............", "X.......X.......", "X..X..X.X..X..X.")),
            Voice("snare", (38, 40), ("x.xxx.xxx.xxx.xx", "............X...", "4...4...4...4.4.")),
            Voice("extra", (41, 43, 47), ("X...X...X.x.X.xx", "X..X..X...X.X...", "....X.......X.X.")),
            Voice("extra", (49, 57, 52), ("X...............", "........X.......")),
        ),
        crash_odds=0.8,
        build_odds=0.25,
    ),
    "soca": Groove(
        (
            Voice("kick", (36,), ("X...X...X...X...",)),
            Voice("snare", (38, 40), ("...x..x....x..x.", "...X..X....X..Xx")),
            Voice("time", (46, 42, 51), ("..X...X...X...X.", *EIGHTHS)),
            Voice("extra", (56, 67), ("x..x..x.x..x..x.", "x.x.x.x.x.x.x.x."), 0.6),
        ),
        crash_odds=0.4,
    ),
}
"""Grooves by genre."""
