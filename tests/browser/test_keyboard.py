"""Everything without a pointer."""

from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from contract.states import JobState
from tests.browser import canned
from tests.browser.fake_api import FakeJobs
from tests.browser.songs import short_song
from tests.browser.views import (
    expect_movement,
    job_card,
    position,
    position_slider,
    upload_card,
    wait_for_player,
)

MOST_STEPS = 80


def tab_to(page: Page, target: Locator) -> None:
    """Press the tabulator until this has the focus."""
    expect(target).to_be_visible()
    for _ in range(MOST_STEPS):
        page.keyboard.press("Tab")
        if target.evaluate("element => element === document.activeElement"):
            return
    pytest.fail(f"{target} cannot be reached with the tabulator")


def test_the_first_step_leads_past_the_header(page: Page) -> None:
    page.goto("/")
    skip = page.get_by_role("link", name="Skip to the content")
    tab_to(page, skip)
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_be_focused()


def test_a_song_is_chosen(page: Page, tmp_path: Path) -> None:
    FakeJobs(page)
    page.route(lambda url: "X-Amz-Signature" in url, lambda route: None)
    page.goto("/")
    with page.expect_file_chooser() as chosen:
        tab_to(page, page.get_by_role("button", name="Choose songs"))
        page.keyboard.press("Enter")
    song = short_song(tmp_path, seconds=1)
    chosen.value.set_files(song)
    card = upload_card(page, song.name)
    tab_to(page, card.get_by_role("button", name="Pause"))
    page.keyboard.press("Space")
    expect(card).to_contain_text("Paused")
    tab_to(page, card.get_by_role("button", name="Cancel"))
    page.keyboard.press("Enter")
    expect(card).to_have_count(0)


def test_a_song_is_deleted(page: Page) -> None:
    jobs = FakeJobs(page, [canned.job("Old", JobState.CANCELLED)])
    page.goto("/")
    delete = job_card(page, "Old.mp3").get_by_role("button", name="Delete")
    tab_to(page, delete)
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Keep it")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(delete).to_be_focused()

    page.keyboard.press("Enter")
    tab_to(page, page.get_by_role("button", name="Delete for good"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").filter(has_text="Old.mp3 was deleted.")).to_be_focused()
    assert len(jobs.deleted) == 1


@pytest.fixture
def player(page: Page) -> Page:
    page.goto("/demo")
    wait_for_player(page)
    return page


def test_the_player_obeys_its_keys(player: Page) -> None:
    player.keyboard.press("Space")
    expect(player.get_by_role("button", name="Pause", exact=True)).to_be_visible()
    expect_movement(player)
    player.keyboard.press("Space")
    expect(player.get_by_role("button", name="Play", exact=True)).to_be_visible()

    player.keyboard.press("Home")
    expect(position_slider(player)).to_have_value("0")
    player.keyboard.press("ArrowRight")
    expect(position_slider(player)).to_have_value("5")

    first = player.get_by_role("button", name="Mute ").first
    player.keyboard.press("1")
    expect(first).to_have_attribute("aria-pressed", "true")
    player.keyboard.press("Shift+Digit2")
    expect(player.get_by_role("button", name="Solo ").nth(1)).to_have_attribute("aria-pressed", "true")
    player.keyboard.press("l")
    expect(player.get_by_role("button", name="Loop", exact=True)).to_have_attribute("aria-pressed", "true")
    player.keyboard.press("c")
    expect(player.get_by_role("button", name="Original song")).to_have_attribute("aria-pressed", "true")
    player.keyboard.press("?")
    expect(player.get_by_text("Play or pause")).to_be_visible()


def test_sliders_keep_their_own_keys(player: Page) -> None:
    volume = player.get_by_role("slider", name="Volume of Bass")
    tab_to(player, volume)
    player.keyboard.press("ArrowLeft")
    expect(volume).to_have_attribute("aria-valuetext", "99 %")
    assert position(player) == 0


def test_the_keys_can_be_switched_off(player: Page) -> None:
    player.keyboard.press("?")
    switch = player.get_by_role("checkbox", name="Use these keys")
    tab_to(player, switch)
    player.keyboard.press("Space")
    expect(switch).not_to_be_checked()
    player.keyboard.press("1")
    expect(player.get_by_role("button", name="Mute ").first).to_have_attribute("aria-pressed", "false")
