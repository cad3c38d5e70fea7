"""Every state of a job, as its card and its own view tell it; cancelling and deleting for real."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from contract.api import Job
from contract.errors import ErrorCode
from contract.states import JobStage, JobState
from local.service import LocalService
from tests.browser import canned
from tests.browser.fake_api import FakeJobs
from tests.browser.songs import short_song
from tests.browser.views import choose_files, job_card
from tests.local.steering import paused

QUEUED = JobState.QUEUED
# By the song's name: the state in words, what is said beside it, what can be done.
CARDS: dict[str, tuple[str, str, set[str]]] = {
    "In line": ("Waiting", "3 songs are ahead of it.", {"Cancel"}),
    "Next in line": ("Waiting", "It is next.", {"Cancel"}),
    "Starting a worker": ("Starting a GPU", "today it takes longer", {"Cancel"}),
    "Fetched": ("Fetching the song", "1 %", {"Cancel"}),
    "Decoded": ("Reading the audio", "4 %", {"Cancel"}),
    "Separated": ("Separating", "42 %", {"Cancel"}),
    "Second try": ("Separating", "Attempt 2 of 3", {"Cancel"}),
    "Encoded": ("Writing the stems", "93 %", {"Cancel"}),
    "Stored": ("Storing the stems", "98 %", {"Cancel"}),
    "Being cancelled": ("Stopping", "It ends as soon as", {"Delete"}),
    "Finished song": ("Done", "4 stems", {"Open", "Delete"}),
    "From the cache": ("Done at once", "You had the same song", {"Open", "Delete"}),
    "With a warning": ("Done", "4 stems", {"Open", "Delete"}),
    "Stopped": ("Cancelled", "upload the song again", {"Delete"}),
    "Too old": ("Removed", "Its time was over", set()),
    **{f"Failed {code}": ("Failed", "", {"Delete"}) for code in canned.FAILURES},
}


@pytest.fixture
def jobs(page: Page, service: LocalService) -> FakeJobs:
    return FakeJobs(page, canned.every_state(service.api_url))


def test_the_list_shows_every_state(page: Page, jobs: FakeJobs) -> None:
    page.goto("/")
    for name, (state, detail, actions) in CARDS.items():
        card = job_card(page, f"{name}.mp3")
        expect(card.get_by_text(state, exact=True)).to_be_visible()
        expect(card).to_contain_text(detail)
        assert _offered(card) == actions, name
    assert set(CARDS) == {job.filename.removesuffix(".mp3") for job in jobs.jobs.values()}


def _offered(card: Locator) -> set[str]:
    """What can be done with a song: the names of its controls, without the song's own."""
    names = [control.get_attribute("aria-label") or "" for control in card.locator("a, button").all()]
    return {name.split(":")[0] for name in names}


def test_only_what_is_known_moves_a_bar(page: Page, jobs: FakeJobs) -> None:
    page.goto("/")
    bar = job_card(page, "Separated.mp3").get_by_role("progressbar")
    expect(bar).to_have_attribute("aria-valuenow", "42")
    expect(bar).to_have_attribute("aria-valuetext", re.compile("Separating"))
    starting = job_card(page, "Starting a worker.mp3").get_by_role("progressbar")
    expect(starting).not_to_have_attribute("aria-valuenow", re.compile("."))
    expect(job_card(page, "In line.mp3").get_by_role("progressbar")).to_have_count(0)


@pytest.mark.parametrize("code", canned.FAILURES)
def test_a_failed_song_says_why_and_what_to_do(page: Page, service: LocalService, code: ErrorCode) -> None:
    job = canned.failed(code)
    FakeJobs(page, [job])
    page.goto(f"/jobs/{job.job_id}")
    card = page.get_by_role("article", name=job.filename)
    expect(card.get_by_text("Failed", exact=True)).to_be_visible()
    expect(card.locator(".job-detail")).to_have_count(2)
    card.get_by_text("Details").click()
    expect(card.get_by_text(str(job.job_id))).to_be_visible()
    expect(card.get_by_text(f"The service says: {canned.FAILURES[code]}")).to_be_visible()


def test_a_song_is_followed_from_the_queue_to_its_end(page: Page, service: LocalService) -> None:
    name = "Followed"
    steps: list[tuple[Job, str]] = [
        (canned.job(name, QUEUED, stage=JobStage.WAITING, jobs_ahead=1, poll_after_seconds=0.2), "Waiting"),
        (canned.job(name, QUEUED, stage=JobStage.STARTING_GPU, poll_after_seconds=0.2), "Starting a GPU"),
        (canned.processing(name, JobStage.SEPARATING, 0.3, poll_after_seconds=0.2), "Separating"),
        (canned.job(name, JobState.CANCELLED), "Cancelled"),
    ]
    jobs = FakeJobs(page, [steps[0][0]])
    page.goto(f"/jobs/{steps[0][0].job_id}")
    for step, state in steps:
        jobs.set(step)
        expect(page.get_by_role("article").get_by_text(state, exact=True)).to_be_visible()
    expect(page.get_by_text(f"{name}.mp3: Cancelled.")).to_be_attached()


def test_progress_stands_in_the_title(page: Page) -> None:
    job = canned.processing("Separated", JobStage.SEPARATING, 0.42)
    FakeJobs(page, [job])
    page.goto("/")
    expect(page).to_have_title("42 % · Separated.mp3")


@pytest.mark.parametrize(
    ("path", "title"),
    [
        (f"/jobs/{canned.identifier('nobody')}", "There is no such song"),
        ("/jobs/not-an-id", "There is no such song"),
        (f"/jobs/{canned.identifier('Too old')}", "This song is no longer here"),
        ("/nowhere", "There is no such page"),
    ],
)
def test_what_is_not_there_is_told_with_a_way_on(page: Page, path: str, title: str) -> None:
    past = datetime.now(UTC) - timedelta(minutes=1)
    FakeJobs(page, [canned.job("Too old", JobState.COMPLETED, retention_ends_at=past)])
    page.goto(path)
    expect(page.get_by_role("heading", level=1, name=title)).to_be_visible()
    page.get_by_role("main").get_by_role("link").last.click()
    expect(page.get_by_role("heading", name="Your songs")).to_be_visible()


def test_a_list_that_cannot_be_loaded_keeps_what_was_shown(page: Page, service: LocalService) -> None:
    running = canned.processing("Separated", JobStage.SEPARATING, 0.42)
    broken: list[bool] = []
    FakeJobs(page, [running])

    def answer(route: Route) -> None:
        if broken:
            route.fulfill(status=422, content_type="application/problem+json", body="{}")
        else:
            route.fallback()

    page.route(re.compile(r"/v1/jobs(\?.*)?$"), answer)
    page.goto("/")
    expect(job_card(page, "Separated.mp3")).to_be_visible()
    broken.append(True)
    job_card(page, "Separated.mp3").get_by_role("button", name="Cancel").click()
    problem = page.get_by_role("alert").filter(has_text="could not be loaded")
    expect(problem).to_be_visible()
    expect(job_card(page, "Separated.mp3")).to_be_visible()
    broken.clear()
    problem.get_by_role("button", name="Try again").click()
    expect(problem).to_have_count(0)


@pytest.fixture
def halted(service: LocalService) -> Iterator[None]:
    """No worker takes a song."""
    with paused(service):
        yield


@pytest.mark.usefixtures("halted")
def test_a_waiting_song_is_cancelled(page: Page, tmp_path: Path) -> None:
    song = short_song(tmp_path, seconds=2, seed=21)
    page.goto("/")
    choose_files(page, song)
    card = job_card(page, song.name)
    card.get_by_role("button", name="Cancel").click()
    expect(card.get_by_text("Cancelled", exact=True)).to_be_visible()


@pytest.mark.usefixtures("halted")
def test_a_song_is_deleted_after_a_question_and_with_a_receipt(page: Page, tmp_path: Path) -> None:
    song = short_song(tmp_path, seconds=2, seed=22)
    page.goto("/")
    choose_files(page, song)
    card = job_card(page, song.name)
    card.get_by_role("button", name="Cancel").click()
    delete = card.get_by_role("button", name="Delete")
    delete.click()
    question = page.get_by_role("dialog", name=f"Delete {song.name}?")
    expect(question.get_by_role("button", name="Keep it")).to_be_focused()
    question.get_by_role("button", name="Keep it").click()
    expect(delete).to_be_focused()

    delete.click()
    question.get_by_role("button", name="Delete for good").click()
    receipt = page.get_by_role("status").filter(has_text=f"{song.name} was deleted.")
    expect(receipt).to_be_focused()
    expect(receipt).to_contain_text("The uploaded song was removed too.")
    expect(card).to_have_count(0)
    page.reload()
    expect(page.get_by_text("Nothing here yet.")).to_be_visible()
