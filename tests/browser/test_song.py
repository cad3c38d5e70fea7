"""The purpose of it all: a song goes in, is separated, played and mixed, and comes home as files."""

import re
import zipfile
from pathlib import Path

import numpy as np
import pytest
import soundfile
from playwright.sync_api import Download, Page, Route, expect

from tests.browser.songs import short_song
from tests.browser.views import choose_files, expect_movement, job_card, play, wait_for_player
from tests.local.audio_files import SAMPLE_RATE

SECONDS = 8
SEPARATION_MILLISECONDS = 120_000


def test_upload_separate_play_mix_download(page: Page, tmp_path: Path) -> None:
    # Where the browser could ask for a place on the disk, nobody is there to answer.
    page.add_init_script("delete window.showSaveFilePicker")
    # Stems can peak above their mixture; a mix that goes beyond full scale would be turned down.
    song = short_song(tmp_path, seconds=SECONDS, name="Evening song.flac", gain=0.5)
    page.goto("/")
    choose_files(page, song)
    card = job_card(page, song.name)
    expect(card.get_by_text("Done", exact=True)).to_be_visible(timeout=SEPARATION_MILLISECONDS)
    card.get_by_role("link", name="Open").click()
    expect(page.get_by_role("heading", level=1, name=song.name)).to_be_visible()

    play(page)
    page.get_by_role("button", name="Pause", exact=True).click()

    page.get_by_role("button", name="Mute Vocals").click()
    expect(page.get_by_role("button", name="Mute Vocals")).to_have_attribute("aria-pressed", "true")
    bass = page.get_by_role("slider", name="Volume of Bass")
    bass.fill("0.5")
    expect(bass).to_have_attribute("aria-valuetext", "50 %")

    files = {stem: _stem(page, stem) for stem in ("vocals", "drums", "bass", "other")}
    stems = {stem: soundfile.read(file)[0] for stem, file in files.items()}
    assert {len(samples) for samples in stems.values()} == {SECONDS * SAMPLE_RATE}

    page.get_by_role("checkbox", name="Other").uncheck()
    with page.expect_download() as saved:
        page.get_by_role("button", name=re.compile("Save ZIP")).click()
    with zipfile.ZipFile(saved.value.path()) as archive:
        packed = {name: archive.read(name) for name in archive.namelist()}
    assert sorted(packed.values()) == sorted(files[stem].read_bytes() for stem in ("vocals", "drums", "bass"))

    with page.expect_download() as mixed:
        page.get_by_role("button", name="Make the mix").click()
    assert mixed.value.suggested_filename == "Evening song mix.wav"
    mix, rate = soundfile.read(mixed.value.path())
    assert rate == SAMPLE_RATE
    heard = stems["drums"] + 0.5 * stems["bass"] + stems["other"]
    assert _difference_db(heard, mix) < -60


def _stem(page: Page, stem: str) -> Path:
    """Download one stem by its link."""
    with page.expect_download() as saved:
        page.get_by_role("link", name=re.compile(rf"Download .*\b{stem}\b")).click()
    return _kept(saved.value)


def _kept(download: Download) -> Path:
    path = download.path()
    assert path.stat().st_size > 0
    return Path(path)


def _difference_db(expected: np.ndarray, found: np.ndarray) -> float:
    """Energy of what differs against that of what was expected."""
    assert found.shape == expected.shape
    return float(10 * np.log10(((found - expected) ** 2).sum() / (expected**2).sum()))


@pytest.fixture
def demo(page: Page) -> Page:
    """The demo, ready to play."""
    page.goto("/demo")
    wait_for_player(page)
    return page


def test_the_demo_plays_without_the_service(page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto("/demo")
    play(page)
    expect(page.get_by_role("heading", name="About this song")).to_be_visible()
    assert [url for url in asked if "/v1/" in url] == []


def test_only_what_is_needed_of_the_previews_is_fetched(page: Page) -> None:
    ranges: list[str] = []
    page.on("request", lambda request: ranges.append(request.headers.get("range", "")))
    page.goto("/demo")
    with page.expect_response(re.compile(r"/preview/vocals\.mp3")) as answered:
        play(page)
    assert answered.value.status == 206
    assert any(ranges)


def test_comparison_and_loop(demo: Page) -> None:
    stems = demo.get_by_role("button", name="My mix")
    mixture = demo.get_by_role("button", name="Original song")
    expect(stems).to_have_attribute("aria-pressed", "true")
    play(demo)
    mixture.click()
    expect(mixture).to_have_attribute("aria-pressed", "true")
    expect(demo.get_by_role("button", name="Pause", exact=True)).to_be_visible()
    stems.click()
    expect(stems).to_have_attribute("aria-pressed", "true")

    demo.get_by_role("button", name="Loop", exact=True).click()
    expect(demo.get_by_text(re.compile(r"\d:\d\d\.\d . \d:\d\d\.\d"))).to_be_visible()


def test_speed_and_pitch_play_on(demo: Page) -> None:
    play(demo)
    demo.get_by_role("slider", name="Speed").fill("0.5")
    demo.get_by_role("slider", name="Pitch").fill("3")
    expect(demo.get_by_role("slider", name="Pitch")).to_have_attribute("aria-valuetext", "+3 semitones")
    expect(demo.get_by_text("Drums keep their pitch.")).to_be_visible()
    expect_movement(demo)
    expect(demo.get_by_role("alert").filter(has_text=re.compile("."))).to_have_count(0)
    demo.get_by_role("button", name="Reset speed and pitch").click()
    expect(demo.get_by_role("slider", name="Speed")).to_have_value("1")


def test_previews_whose_links_have_ended_are_asked_for_anew(page: Page) -> None:
    refused: list[str] = []

    def once(route: Route) -> None:
        if route.request.url in refused:
            route.continue_()
        else:
            refused.append(route.request.url)
            route.fulfill(status=403, body="")

    page.route(re.compile(r"/demo/preview/\w+\.mp3"), once)
    page.goto("/demo")
    play(page)
    assert refused
