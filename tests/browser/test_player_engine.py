"""The player's engine, measured in a real browser on previews of the product's own writer."""

import itertools
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from contract.audio import SAMPLE_RATE_HZ
from tests.browser.player_lab import songs
from tests.browser.player_lab.server import Behaviour, serving

_ROOT = Path(__file__).parents[2]
_LABORATORY = Path(__file__).parent / "player_lab"
_SONG_SECONDS = 30
_STEM_BYTES_PER_SECOND = 625_000
_TONE_HERTZ = 440

Lab = Callable[..., Any]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The built laboratory, and the songs."""
    page, audio = tmp_path_factory.mktemp("laboratory"), tmp_path_factory.mktemp("songs")
    build = ["exec", "--", "vite", "build", "--config", str(_LABORATORY / "vite.config.mjs")]
    subprocess.run(
        [sys.executable, "-m", "infra.npm", "frontend", *build, "--outDir", str(page), "--logLevel", "warn"],
        cwd=_ROOT,
        check=True,
    )
    for name in ("impulses", "tones", "long"):
        (audio / name).mkdir()
    songs.write_impulses(audio / "impulses", _SONG_SECONDS)
    songs.write_tones(audio / "tones", 12, _TONE_HERTZ)
    songs.write_long(audio / "long", 600)
    return page, audio


@pytest.fixture
def served(files: tuple[Path, Path]) -> Iterator[tuple[str, Behaviour]]:
    """Address of the laboratory, and how its server behaves."""
    with serving(*files) as (url, behaviour):
        yield url, behaviour


@pytest.fixture
def server(served: tuple[str, Behaviour]) -> Behaviour:
    """How the server behaves."""
    return served[1]


@pytest.fixture
def page(browser: Browser, served: tuple[str, Behaviour]) -> Iterator[Page]:
    """The laboratory. Errors and violations of the page's policy fail the test."""
    context = browser.new_context()
    opened = context.new_page()
    complaints: list[str] = []
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on(
        "console",
        lambda message: complaints.append(message.text) if "Security Policy" in message.text else None,
    )
    opened.goto(served[0])
    opened.wait_for_load_state("load")
    yield opened
    context.close()
    assert complaints == []


@pytest.fixture
def lab(page: Page) -> Lab:
    """Runs asynchronous JavaScript in the laboratory and gives its result."""

    def run(script: str, **values: object) -> Any:
        return page.evaluate(f"async ({{{', '.join(values)}}}) => {{ {script} }}", values)

    return run


def _play(lab: Lab, song: str) -> None:
    lab("await bench.open(song); await bench.playing(); await bench.tap()", song=song)


def test_stems_keep_step_after_seeks_and_sound_as_one_decode(lab: Lab) -> None:
    _play(lab, "impulses")
    seeks = random.Random(5)
    positions = [round(seeks.uniform(0, _SONG_SECONDS - 2), 3) for _ in range(20)]

    results = lab("return bench.seeks(positions)", positions=positions)

    for result in results:
        assert -1 not in result["places"]
        assert max(result["places"]) - min(result["places"]) == 0
        assert max(result["impulses"]) - min(result["impulses"]) <= 1
        assert max(result["differences"]) < 1e-6


def test_windows_join_without_a_gap(lab: Lab) -> None:
    _play(lab, "impulses")

    lab("await until('windows ahead', () => bench.player.decodedBytes() > bytes)", bytes=15_000_000)
    result = lab("return bench.listen(5)")

    assert result["changes"] == [], "it played on all the time"
    assert len(set(result["places"])) == 1
    assert max(result["differences"]) < 1e-6


def test_impulses_are_where_the_song_has_them(lab: Lab) -> None:
    lab("await bench.open('impulses')")

    first = lab(
        "const lane = await bench.reference('drums'); return peakAt(lane.subarray(0, every))", every=11025
    )

    assert abs(first - songs.IMPULSE_EVERY_SAMPLES // 2) <= 1


def test_mute_is_silence_within_ten_milliseconds(lab: Lab) -> None:
    _play(lab, "impulses")

    delays = [lab("return bench.muteMilliseconds()") for _ in range(5)]

    # A busy machine may keep the page waiting between looking at the clock and muting.
    assert 0 < sorted(delays)[2] <= 10


def test_first_sound_on_a_slow_line(lab: Lab, server: Behaviour) -> None:
    server.bytes_per_second = _STEM_BYTES_PER_SECOND

    delays = [lab("await bench.open('impulses'); return bench.firstSoundMilliseconds()") for _ in range(3)]

    assert sorted(delays)[1] <= 500


def test_decoded_audio_of_a_long_song_stays_small(lab: Lab) -> None:
    lab("await bench.open('long')")

    largest = lab("return bench.largestDecodedBytes(9, 400)")

    assert 10_000_000 < largest <= 60_000_000


def test_links_are_renewed_while_playing(lab: Lab, server: Behaviour) -> None:
    _play(lab, "impulses")
    server.refused_links.add("0")

    lab("bench.player.seek(15); await until('song time', () => bench.player.position() > 16)")

    assert 1 <= lab("return bench.refreshes") <= len(songs.LANES)
    assert lab("return bench.status().status") == "playing"


def test_failing_storage_is_asked_again(lab: Lab, server: Behaviour) -> None:
    server.failing = 3

    lab("await bench.open('impulses'); await bench.playing()")

    assert lab("return bench.status().problem ?? null") is None


def test_all_lanes_wait_for_a_slow_one_and_go_on_together(lab: Lab, server: Behaviour) -> None:
    _play(lab, "impulses")
    server.delayed["bass"] = 2
    lab("bench.player.seek(10)")
    server_waits = lab("await sleep(1000); return bench.status()")
    assert server_waits["status"] == "buffering"
    assert server_waits["position"] == pytest.approx(10)

    lab("await until('the stall', () => bench.status().status === 'playing')")
    stalled = lab(
        "await until('a stall', () => bench.status().status === 'buffering'); return bench.status()"
    )
    lab("await until('the end of the stall', () => bench.status().status === 'playing'); await sleep(700)")
    result = lab("return bench.listen(0.2)")

    assert stalled["position"] > 10.3
    assert len(set(result["places"])) == 1
    assert max(result["differences"]) < 1e-6


def test_loop_is_exact_and_without_a_gap(lab: Lab) -> None:
    _play(lab, "impulses")
    lab("bench.player.setLoop({ start: 5, end: 6 }); bench.player.seek(5.2); await sleep(2200)")

    begin, end, difference = lab(
        """
        const recording = await bench.recorder.take();
        const samples = recording.lanes[0];
        const reference = await bench.reference(bench.lanes[0]);
        const tail = samples.subarray(samples.length - 60000, samples.length - 256);
        const place = locate(tail.subarray(0, 64), reference);
        let difference = 0;
        for (let i = 0; i < tail.length; i++) {
          const song = 220500 + ((place - 220500 + i) % 44100);
          difference = Math.max(difference, Math.abs(tail[i] - reference[song]));
        }
        return [220500, 264600, difference];
        """
    )

    assert (begin, end) == (5 * SAMPLE_RATE_HZ, 6 * SAMPLE_RATE_HZ)
    assert difference < 1e-6


def test_loop_set_while_playing_keeps_the_sound(lab: Lab) -> None:
    _play(lab, "impulses")

    states = lab(
        """
        const seen = new Set();
        bench.player.seek(8);
        await until('sound', () => bench.status().position > 8.2);
        bench.player.subscribe(() => seen.add(bench.player.getState().status));
        bench.player.setLoop({ start: 8, end: 9 });
        await sleep(2500);
        const looping = bench.player.position();
        bench.player.setLoop(undefined);
        await until('the loop is left', () => bench.player.position() > 9.5);
        return { seen: [...seen], looping };
        """
    )

    assert states["seen"] == ["playing"]
    assert 8 <= states["looping"] <= 9


def test_pause_keeps_the_place_and_the_end_is_told(lab: Lab) -> None:
    _play(lab, "impulses")

    paused = lab(
        """
        bench.player.seek(28.5);
        await until('sound', () => bench.player.position() > 28.7);
        bench.player.pause();
        await sleep(200);
        const first = bench.player.position();
        await sleep(200);
        return [first, bench.player.position(), bench.player.getState().status];
        """
    )
    ended = lab(
        """
        await bench.playing();
        await until('the end', () => bench.status().status === 'ended');
        return bench.status();
        """
    )

    assert paused[0] == paused[1]
    assert paused[2] == "paused"
    assert ended["position"] == pytest.approx(_SONG_SECONDS)


def test_comparison_changes_lanes_in_place(lab: Lab) -> None:
    _play(lab, "impulses")

    peaks = lab(
        """
        await bench.recorder.take();
        bench.player.setComparison(true);
        await sleep(300);
        const { lanes } = await bench.recorder.take();
        return lanes.map((samples) => samples.subarray(samples.length - 4000).some((sample) => sample !== 0));
        """
    )

    assert peaks == [lane == "mixture" for lane in songs.LANES] + [True]


def test_slower_takes_longer_and_keeps_the_pitch(lab: Lab) -> None:
    lab("await bench.open('tones'); bench.player.setSpeed(0.75)")

    lab("await bench.playing(); await bench.tap(); await sleep(500)")
    speed = lab(
        """
        const position = bench.player.position();
        const time = context().currentTime;
        await sleep(2000);
        return (bench.player.position() - position) / (context().currentTime - time);
        """
    )
    tones = lab("return bench.tones(['drums', 'other'], 1)")

    assert speed == pytest.approx(0.75, rel=0.02)
    assert tones == pytest.approx([_TONE_HERTZ, _TONE_HERTZ], rel=0.005)


def test_slower_has_no_holes_where_windows_meet(lab: Lab) -> None:
    lab("await bench.open('tones'); bench.player.setSpeed(0.75)")
    lab("await bench.playing(); await bench.tap(); await sleep(300)")

    quietest, loudest = lab("return bench.extremes('drums', 4)")

    assert quietest > 0.8 * loudest


def test_slower_keeps_stems_in_step(lab: Lab) -> None:
    lab("await bench.open('impulses'); bench.player.setSpeed(0.75); bench.player.setSemitones(3)")
    lab("await bench.playing(); await bench.tap(); await sleep(300)")

    lanes = lab("return bench.impulses(2)")

    # The stretcher smears impulses, in each lane in its own way; some become too soft to be found.
    fullest = max(lanes, key=len)
    assert len(fullest) >= 4
    for place in itertools.chain(*lanes):
        assert min(abs(place - other) for other in fullest) < 0.005 * SAMPLE_RATE_HZ


def test_neutral_again_is_exact_again(lab: Lab) -> None:
    _play(lab, "impulses")
    lab("bench.player.setSpeed(1.25); await until('song time', () => bench.player.position() > 1)")

    lab("bench.player.setSpeed(1); await until('song time', () => bench.player.position() > 2)")
    result = lab("return bench.listen(0.5)")

    assert len(set(result["places"])) == 1
    assert max(result["differences"]) < 1e-6


def test_transposition_leaves_the_drums(lab: Lab) -> None:
    _play(lab, "tones")

    lab("bench.player.setSemitones(3); await sleep(1200)")
    drums, other = lab("return bench.tones(['drums', 'other'], 1)")

    assert drums == pytest.approx(_TONE_HERTZ, rel=0.005)
    assert other == pytest.approx(_TONE_HERTZ * 2 ** (3 / 12), rel=0.005)


def test_rendered_mix_has_speed_and_key_of_the_player(lab: Lab) -> None:
    lab("await bench.open('tones')")
    files = {"drums": "/tones/drums.mp3"}

    slow = lab("return bench.render(files, { speed: 0.75 })", files=files)
    transposed = lab(
        "return bench.render({ other: '/tones/other.mp3' }, { semitones: 3 })",
    )

    assert slow["samples"] == pytest.approx(12 * SAMPLE_RATE_HZ / 0.75, abs=2)
    assert slow["tone"] == pytest.approx(_TONE_HERTZ, rel=0.005)
    assert transposed["tone"] == pytest.approx(_TONE_HERTZ * 2 ** (3 / 12), rel=0.005)


def test_rendered_mix_pans_as_the_player_does(lab: Lab) -> None:
    differences = lab("return Promise.all([-1, -0.6, 0, 0.25, 1].map((pan) => bench.panDifference(pan)))")

    assert max(differences) < 1e-6


def test_clicks_are_on_the_beats(lab: Lab) -> None:
    _play(lab, "impulses")

    distances = lab("return bench.clickDistances(3)")

    assert len(distances) >= 4
    assert distances == pytest.approx([SAMPLE_RATE_HZ // 2] * len(distances), abs=1)
