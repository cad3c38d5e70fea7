"""Grooves played on a drum set: rock, pop, metal, funk, soul, jazz, country."""

from typing import Final

from training.data.wide_drum_patterns import Groove, Voice

KICK, SNARE, HAT = (36, 36, 35), (38, 38, 40), (42, 42, 42, 44)
LOUD_TIME = (51, 51, 59, 53, 46, 49, 57)
EIGHTHS = ("X.x.X.x.X.x.X.x.", "x.o.x.o.x.o.x.o.", "x.x.x.x.x.x.x.x.", "X.o.x.o.X.o.x.x.")
QUARTERS = ("x...x...x...x...", "X...x...X...x...")
SIXTEENTHS = ("xoxoxoxoxoxoxoxo", "XogoXogoXogoXogo", "xoooxoooxoooxooo", "XoxgxoxgXoxgxo2g")
BACK_BEAT = (
    "....X.......X...",
    "....X.......X...",
    "....X..g.g..X...",
    "....X--.-g-.X..-",
    "....X.......X..x",
)

ACOUSTIC_GROOVES: Final[dict[str, Groove]] = {
    "rock": Groove(
        (
            Voice(
                "kick", KICK, ("X.......X.......", "X.......X.x.....", "X..x..x.X.......", "X.x...x.?.x....?")
            ),
            Voice("snare", SNARE, BACK_BEAT),
            Voice("time", (*HAT, 46), (*EIGHTHS, *QUARTERS)),
            Voice("extra", (46,), ("..............x.", "......x.......x."), 0.4),
        ),
        time_pitches=LOUD_TIME,
    ),
    "half_time_rock": Groove(
        (
            Voice(
                "kick", KICK, ("X.......?.x.....", "X.....x...x..x..", "X..x......x.....", "X.........xx....")
            ),
            Voice("snare", SNARE, ("........X.......", "........X......-", "........X....g.g")),
            Voice("time", (42, 46, 51, 49), (*EIGHTHS, *QUARTERS)),
        ),
        time_pitches=LOUD_TIME,
        crash_odds=0.7,
    ),
    "driving_rock": Groove(
        (
            Voice("kick", KICK, ("X.x.X.x.X.x.X.x.", "X.x...x.X.x...x.", "X.xx..xxX.xx..xx")),
            Voice("snare", SNARE, ("....X.......X...", "....X..x....X...")),
            Voice("time", (42, 46, 49), (*EIGHTHS, *SIXTEENTHS)),
        ),
        time_pitches=LOUD_TIME,
        crash_odds=0.8,
    ),
    "punk": Groove(
        (
            Voice("kick", KICK, ("X..xX...X..xX...", "X...X...X...X...", "x.x...x.x.x...x.")),
            Voice("snare", SNARE, ("..X...X...X...X.", "....X.......X...", "..X...X...X...XX")),
            Voice("time", (46, 42, 51, 49), ("X.X.X.X.X.X.X.X.", "X...X...X...X...")),
        ),
        time_pitches=(51, 49, 57, 46),
        crash_odds=0.8,
    ),
    "metal_double_kick": Groove(
        (
            Voice(
                "kick",
                (36,),
                ("xxxxxxxxxxxxxxxx", "xx.xxx.xxx.xxx.x", "x.xxx.xxx.xxx.xx", "X..xX..xX..xX..x"),
            ),
            Voice("snare", SNARE, ("....X.......X...", "........X.......", "..X...X...X...X.")),
            Voice("time", (51, 52, 46, 49), ("X...X...X...X...", "X.x.X.x.X.x.X.x.", "X.......X.......")),
        ),
        time_pitches=(52, 53, 49, 57, 51),
        crash_odds=0.9,
    ),
    "blast_beat": Groove(
        (
            Voice("kick", (36,), ("x.x.x.x.x.x.x.x.", "xxxxxxxxxxxxxxxx")),
            Voice("snare", SNARE, (".x.x.x.x.x.x.x.x", "x.x.x.x.x.x.x.x.")),
            Voice("time", (51, 42, 46, 49), ("x.x.x.x.x.x.x.x.", "X...X...X...X...")),
        ),
        time_pitches=(49, 57, 52, 51),
        crash_odds=0.8,
        spacious=True,
    ),
    "pop": Groove(
        (
            Voice(
                "kick", KICK, ("X.......X.......", "X......xX.......", "X.....x...x.....", "X...X...X...X...")
            ),
            Voice("snare", (38, 38, 40, 39), BACK_BEAT),
            Voice("time", HAT, (*EIGHTHS, *SIXTEENTHS)),
            Voice(
                "extra", (54, 70, 82, 39), ("....x.......x...", "oxoxoxoxoxoxoxox", "..x...x...x...x."), 0.5
            ),
        ),
        time_pitches=(51, 46, 53),
    ),
    "pop_ballad": Groove(
        (
            Voice("kick", KICK, ("X.........x.....", "X.......x.......", "X......o..x.....")),
            Voice("snare", (37, 37, 38), ("....x.......x...", "........x.......", "....x.......x..-")),
            Voice("time", (42, 51), ("o.o.o.o.o.o.o.o.", "x...o...x...o...", "xgogxgogxgogxgog")),
        ),
        time_pitches=(51, 51, 46),
        crash_odds=0.4,
    ),
    "tom_groove": Groove(
        (
            Voice("kick", KICK, ("X.......X.......", "X...X...X...X...", "X..x....X..x....")),
            Voice(
                "time",
                (41, 43),
                ("X.xxX.xxX.xxX.xx", "X.x.X.x.X.x.X.xx", "XooXooXoXooXooXo", "X.xX.xX.X.xX.xx."),
            ),
            Voice("extra", (45, 47, 48), ("......x.......xx", "...x..x....x..x.", "..........x.x...")),
            Voice("snare", SNARE, ("....X.......X...", "............X...", "................")),
        ),
        time_pitches=(41, 43, 45),
        crash_odds=0.7,
    ),
    "stomp_and_clap": Groove(
        (
            Voice("kick", (36, 35), ("XX..........XX..", "X.x.....X.x.....", "X...X...X...X...")),
            Voice("snare", (39, 39, 38, 40), ("....X.......X...", "....X..X....X...")),
            Voice("extra", (54, 39), ("....x.......x...", "x...x...x...x..."), 0.5),
            Voice("extra", (41, 43), ("X.x.....X.x.....",), 0.4),
        ),
        crash_odds=0.2,
    ),
    "funk": Groove(
        (
            Voice(
                "kick", KICK, ("X.x...x...x..x..", "X..x..x.x....x..", "X.....xx..x.....", "X.?...?..xx..?..")
            ),
            Voice(
                "snare",
                SNARE,
                ("....X..g.g..X..g", "..-.X.-g.g-.X.-g", "....X..g.X.g.g.X", "-g-gXg-g-g-gXg-g"),
            ),
            Voice("time", HAT, (*SIXTEENTHS, *EIGHTHS, "xox.xoxoxox.xoxo")),
            Voice("extra", (46,), ("..............x.", "......x.........", ".........x......"), 0.6),
            Voice("extra", (56, 54), ("x...x...x...x...", "..x...x...x...x."), 0.25),
        ),
        time_pitches=(51, 53),
    ),
    "soul": Groove(
        (
            Voice("kick", KICK, ("X.....x.x.......", "X..x....X..x....", "X.......x.x...?.")),
            Voice("snare", SNARE, ("....X.......X...", "....x..g....x..g")),
            Voice("time", (42, 51), EIGHTHS),
            Voice("extra", (54,), ("....x.......x...", "x.o.x.o.x.o.x.o."), 0.6),
            Voice("extra", (63, 64), ("..x..xx...x..xx.", "......xx......xx"), 0.3),
        ),
        time_pitches=(51, 59),
    ),
    "shuffle": Groove(
        (
            Voice("kick", KICK, ("X.....X.....", "X..X..X..X..", "X....xX....?")),
            Voice("snare", SNARE, ("...X.....X..", "..gX.g..gX.g", "..oX.o..oX.o")),
            Voice("time", (42, 51, 46), ("X.xX.xX.xX.x", "x.ox.ox.ox.o", "X..X.xX..X.x")),
        ),
        time_pitches=(51, 53, 46, 59),
    ),
    "swing": Groove(
        (
            Voice("time", (51, 51, 59), ("x..X.ox..X.o", "X..x.oX..x.o", "x..X..x..X.o")),
            Voice("extra", (44,), ("...x.....x..",)),
            Voice("kick", KICK, ("g..g..g..g..", "..?......?..", "?.........-.")),
            Voice("snare", (38, 40, 37), ("-.-..--..-.g", "..?..-.?...-", "...x.....x..")),
        ),
        time_pitches=(51, 59, 42),
        crash_odds=0.25,
    ),
    "waltz": Groove(
        (
            Voice("kick", KICK, ("X...............", "X.........o.....")),
            Voice("snare", (38, 37, 42, 44), ("....o...o.......", "....x...x.......")),
            Voice("time", (51, 42), ("x...x...x...x...", "x...x.o.x...x.o.")),
        ),
        time_pitches=(51, 59),
        crash_odds=0.3,
    ),
    "six_eight_ballad": Groove(
        (
            Voice("kick", KICK, ("X.....X.....", "X....xX....x")),
            Voice("snare", (38, 38, 37), ("...X.....X..", "...X.....X.x")),
            Voice("time", (42, 51, 46), ("xooxooxooxoo", "XoxXoxXoxXox")),
        ),
        time_pitches=(51, 53, 46),
        crash_odds=0.6,
    ),
    "train_beat": Groove(
        (
            Voice("kick", KICK, ("X...X...X...X...", "X.......X.......")),
            Voice("snare", (38, 40), ("ggXggoXgggXggoXg", "goXogoXogoXogoXo", "oXoxoXoxoXoxoXox")),
            Voice("time", (44, 42), ("....o.......o...", "..x...x...x...x."), 0.6),
        ),
        time_pitches=(44, 42, 51),
        crash_odds=0.3,
    ),
    "country_two_step": Groove(
        (
            Voice("kick", KICK, ("X...X...X...X...", "X.......X.......")),
            Voice("snare", (37, 38), ("..x...x...x...x.", "....X.......X...")),
            Voice("time", (42, 51), EIGHTHS),
        ),
        time_pitches=(51, 53),
    ),
    "brush_ballad": Groove(
        (
            Voice("snare", (38, 40), ("ogogogogogogogog", "o.ggo.ggo.ggo.gg", "oggogggooggogggo")),
            Voice("kick", KICK, ("o.......o.......", "o.........g.....")),
            Voice("time", (44, 51), ("....o.......o...", "o...o..go...o..g")),
        ),
        crash_odds=0.15,
    ),
    "march": Groove(
        (
            Voice(
                "snare",
                (38, 40),
                ("X.xxX.xxX.xxX2x2", "X4xxX4xxX4xxX.x.", "f...x.xxf...x.xx", "x.oox.oox.ooxooo"),
            ),
            Voice("kick", (35, 36), ("X.......X.......", "X...X...X...X...")),
            Voice("extra", (49, 57, 55), ("x.......x.......", "x..............."), 0.6),
            Voice("extra", (41, 43, 48), ("X...x...X...x.xx", "....x.......x..."), 0.5),
        ),
        crash_odds=0.3,
    ),
    "crash_ride_chorus": Groove(
        (
            Voice("kick", KICK, ("X.......X.x.....", "X..x..x.X..x..x.", "X.X...X.X.X...X.")),
            Voice("snare", SNARE, ("....X.......X...", "........X.......")),
            Voice("time", (49, 57, 52, 51), ("X...X...X...X...", "X.x.X.x.X.x.X.x.", "X.......X.......")),
        ),
        time_pitches=(57, 49, 46, 53),
        crash_odds=1.0,
    ),
}
"""Grooves by genre."""
