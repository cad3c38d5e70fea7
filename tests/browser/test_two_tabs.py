"""Two tabs of one browser are one visitor."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.songs import short_song, song_in_parts
from tests.browser.views import choose_files, job_card, upload_card
from tests.browser.watch import Watch

NOTHING = "Nothing here yet."


@pytest.fixture
def context(new_context: Callable[..., BrowserContext], watch: Watch) -> BrowserContext:
    made = new_context()
    made.on("page", watch.over)
    return made


@pytest.fixture
def tabs(context: BrowserContext) -> tuple[Page, Page]:
    return context.new_page(), context.new_page()


def test_they_share_one_session_and_one_list(
    context: BrowserContext, tabs: tuple[Page, Page], watch: Watch, tmp_path: Path
) -> None:
    asked: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    one, other = tabs
    for tab in tabs:
        # Both begin before either has a session.
        tab.goto("/", wait_until="commit")
    for tab in tabs:
        expect(tab.get_by_text(NOTHING)).to_be_visible()
    assert len([url for url in asked if url.endswith("/v1/sessions")]) == 1

    song = short_song(tmp_path, seconds=2, seed=31)
    choose_files(one, song)
    expect(job_card(one, song.name)).to_be_visible()
    other.reload()
    expect(job_card(other, song.name)).to_be_visible()
    watch.check()


def test_an_upload_of_one_tab_is_no_business_of_the_other(
    tabs: tuple[Page, Page], watch: Watch, tmp_path: Path
) -> None:
    one, other = tabs
    one.route(lambda url: "partNumber=" in url, lambda route: None)
    one.goto("/")
    song = song_in_parts(tmp_path)
    choose_files(one, song)
    expect(upload_card(one, song.name).get_by_role("button", name="Pause")).to_be_visible()
    other.goto("/")
    expect(other.get_by_text(NOTHING)).to_be_visible()
    expect(upload_card(other, song.name)).to_have_count(0)

    choose_files(other, song)
    expect(upload_card(other, song.name)).to_contain_text("maybe in another tab")
    expect(upload_card(one, song.name).get_by_role("button", name="Pause")).to_be_visible()
    watch.check()
