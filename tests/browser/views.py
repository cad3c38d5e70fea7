"""What a visitor finds on the page and does there, by role and name."""

import re
from pathlib import Path

from playwright.sync_api import Locator, Page, expect


def choose_files(page: Page, *files: Path) -> None:
    """Choose files with the button of the drop area."""
    with page.expect_file_chooser() as chosen:
        page.get_by_role("button", name="Choose songs").click()
    chosen.value.set_files(list(files))


def upload_card(page: Page, filename: str) -> Locator:
    """The card of a song that is on its way to the service."""
    return page.get_by_role("list", name="Uploads").get_by_role("article", name=filename, exact=True)


def job_card(page: Page, filename: str) -> Locator:
    """The card of a song's job in the list."""
    return page.get_by_role("region", name="Your songs").get_by_role("article", name=filename, exact=True)


def wait_for_player(page: Page) -> None:
    """Return when the player has been drawn once, so that it hears its keys."""
    expect(position_slider(page)).to_have_attribute("aria-valuetext", re.compile("of"))


def position_slider(page: Page) -> Locator:
    """The slider that tells and sets where in the song the player is."""
    return page.get_by_role("slider", name="Position in the song")


def position(page: Page) -> float:
    """Where in the song the player is, in seconds."""
    return float(position_slider(page).input_value())


def play(page: Page) -> None:
    """Press play, and see that the song moves."""
    wait_for_player(page)
    page.get_by_role("button", name="Play", exact=True).click()
    expect(page.get_by_role("button", name="Pause", exact=True)).to_be_visible()
    expect_movement(page)


def expect_movement(page: Page) -> None:
    """The player goes on from where it is now."""
    expect(position_slider(page)).not_to_have_value(position_slider(page).input_value())
