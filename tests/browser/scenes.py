"""Every view of the page, brought up on purpose: for the checks of all views, and for screenshots."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page, expect

from contract.audio import Extras
from contract.errors import ErrorCode
from contract.states import JobStage
from tests.browser import canned
from tests.browser.fake_api import FakeJobs
from tests.browser.songs import short_song, song_in_parts
from tests.browser.views import choose_files, job_card, upload_card, wait_for_player


@dataclass(frozen=True)
class Stage:
    """Where a scene is set.

    Args:
        page: a fresh visitor's.
        origin: of the page.
        folder: for files to be chosen.
    """

    page: Page
    origin: str
    folder: Path


Scene = Callable[[Stage], None]


def home(stage: Stage) -> None:
    """The first view of a first visitor."""
    FakeJobs(stage.page)
    stage.page.goto("/")
    expect(stage.page.get_by_text("Nothing here yet.")).to_be_visible()


def options(stage: Stage) -> None:
    """The options, opened."""
    home(stage)
    stage.page.get_by_role("group").filter(has_text="Options").locator("summary").first.click()
    expect(stage.page.get_by_role("radio").first).to_be_visible()


def uploads(stage: Stage) -> None:
    """Songs on their way: refused, moving, paused."""
    FakeJobs(stage.page)
    # Held for good: what is under way stays so.
    stage.page.route(re.compile(r"[?&]X-Amz-Signature="), lambda route: None)
    stage.page.goto("/")
    refused = stage.folder / "notes.txt"
    refused.write_text("la la la")
    paused = short_song(stage.folder, seconds=1, name="Quiet song.flac")
    with stage.page.expect_request(re.compile(r"[?&]partNumber=")):
        choose_files(stage.page, song_in_parts(stage.folder), paused, refused)
    expect(upload_card(stage.page, refused.name).get_by_role("button", name="Remove")).to_be_visible()
    upload_card(stage.page, paused.name).get_by_role("button", name="Pause").click()
    expect(upload_card(stage.page, paused.name)).to_contain_text("Paused")
    expect(upload_card(stage.page, "long song.wav").get_by_role("button", name="Pause")).to_be_visible()


def interrupted_upload(stage: Stage) -> None:
    """An upload that a reload has cut off."""
    uploads(stage)
    stage.page.reload()
    expect(upload_card(stage.page, "long song.wav")).to_contain_text("Interrupted")


def jobs(stage: Stage) -> None:
    """The list with a job in every state."""
    FakeJobs(stage.page, canned.every_state(stage.origin))
    stage.page.goto("/")
    expect(job_card(stage.page, "Stopped.mp3")).to_be_visible()


def question(stage: Stage) -> None:
    """The question before a song is deleted."""
    jobs(stage)
    job_card(stage.page, "Stopped.mp3").get_by_role("button", name="Delete").click()
    expect(stage.page.get_by_role("dialog")).to_be_visible()


def receipt(stage: Stage) -> None:
    """What a deletion removed."""
    question(stage)
    stage.page.get_by_role("button", name="Delete for good").click()
    expect(stage.page.get_by_text("Stopped.mp3 was deleted.")).to_be_visible()


def waiting_song(stage: Stage) -> None:
    """A song that is being separated, alone."""
    job = canned.processing("Separated", JobStage.SEPARATING, 0.42, eta_seconds=37)
    FakeJobs(stage.page, [job])
    stage.page.goto(f"/jobs/{job.job_id}")
    expect(stage.page.get_by_role("progressbar")).to_be_visible()


def failed_song(stage: Stage) -> None:
    """A song that failed, alone."""
    job = canned.failed(ErrorCode.DECODING_FAILED)
    FakeJobs(stage.page, [job])
    stage.page.goto(f"/jobs/{job.job_id}")
    expect(stage.page.get_by_text("Failed", exact=True)).to_be_visible()


def gone_song(stage: Stage) -> None:
    """The address of a song that is not there."""
    FakeJobs(stage.page)
    stage.page.goto(f"/jobs/{canned.identifier('nobody')}")
    expect(stage.page.get_by_role("heading", name="There is no such song")).to_be_visible()


def player(stage: Stage) -> None:
    """A finished song: player and results."""
    job = canned.completed(stage.origin)
    FakeJobs(stage.page, [job])
    stage.page.goto(f"/jobs/{job.job_id}")
    wait_for_player(stage.page)
    expect(stage.page.get_by_role("heading", name="About this song")).to_be_visible()


def shortcuts(stage: Stage) -> None:
    """The player with the list of its keys."""
    player(stage)
    stage.page.keyboard.press("?")
    expect(stage.page.get_by_text("Play or pause")).to_be_visible()


def without_previews(stage: Stage) -> None:
    """A finished song that cannot be played here."""
    job = canned.completed(stage.origin, extras=Extras(previews=False))
    FakeJobs(stage.page, [job])
    stage.page.goto(f"/jobs/{job.job_id}")
    expect(stage.page.get_by_text("separated without previews")).to_be_visible()


def demo(stage: Stage) -> None:
    """The demo."""
    stage.page.goto("/demo")
    wait_for_player(stage.page)


def not_found(stage: Stage) -> None:
    """An address that is none."""
    stage.page.goto("/nowhere")
    expect(stage.page.get_by_role("heading", name="There is no such page")).to_be_visible()


SCENES: dict[str, Scene] = {
    "home": home,
    "options": options,
    "uploads": uploads,
    "interrupted-upload": interrupted_upload,
    "jobs": jobs,
    "question": question,
    "receipt": receipt,
    "waiting-song": waiting_song,
    "failed-song": failed_song,
    "gone-song": gone_song,
    "player": player,
    "shortcuts": shortcuts,
    "without-previews": without_previews,
    "demo": demo,
    "not-found": not_found,
}
