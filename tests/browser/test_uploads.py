"""Files on their way: broken connections, a reload in the middle, refusals before anything is sent."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.songs import short_song, song_in_parts
from tests.browser.views import choose_files, job_card, upload_card
from tests.browser.watch import Watch


class Parts:
    """Stands between the page and the store, and sees every part that is sent."""

    def __init__(self) -> None:
        self.sent: list[int] = []
        self.broken: dict[int, int] = {}
        self.held: set[int] = set()
        self._waiting: list[Route] = []

    def between(self, page: Page) -> None:
        """Begin to see the parts of a page."""
        page.route(lambda url: "partNumber=" in url, self._pass)

    def release(self) -> None:
        """Let the parts go on that were held."""
        self.held.clear()
        for route in self._waiting:
            route.continue_()
        self._waiting.clear()

    def forget(self) -> None:
        """Held requests have ended with their page."""
        self.held.clear()
        self._waiting.clear()
        self.sent.clear()

    def _pass(self, route: Route) -> None:
        (number,) = parse_qs(urlsplit(route.request.url).query)["partNumber"]
        part = int(number)
        if route.request.method == "PUT" and self.broken.get(part, 0) > 0:
            self.broken[part] -= 1
            route.abort("connectionreset")
        elif part in self.held:
            self._waiting.append(route)
        else:
            self.sent.append(part)
            route.continue_()


@pytest.fixture
def parts(page: Page) -> Iterator[Parts]:
    between = Parts()
    between.between(page)
    yield between
    between.release()


def test_parts_whose_connection_breaks_are_sent_again(page: Page, parts: Parts, tmp_path: Path) -> None:
    parts.broken = {1: 1, 2: 2}
    page.goto("/")
    choose_files(page, song_in_parts(tmp_path))
    expect(job_card(page, "long song.wav")).to_be_visible()
    assert sorted(parts.sent) == [1, 2, 3]


def test_an_upload_goes_on_after_a_reload(page: Page, parts: Parts, watch: Watch, tmp_path: Path) -> None:
    song = song_in_parts(tmp_path)
    parts.held = {3}
    page.goto("/")
    choose_files(page, song)
    card = upload_card(page, song.name)
    bar = card.get_by_role("progressbar")
    expect(bar).to_have_attribute("aria-valuenow", "79")

    page.on("dialog", lambda dialog: dialog.accept())
    page.reload()
    parts.forget()
    expect(card).to_contain_text("again to continue at 79 %")
    with page.expect_file_chooser() as chosen:
        card.get_by_role("button", name="Pick the file").click()
    chosen.value.set_files(song)

    expect(job_card(page, song.name)).to_be_visible()
    assert parts.sent == [3]


def test_an_upload_waits_for_the_network(page: Page, parts: Parts, tmp_path: Path) -> None:
    parts.held = {2, 3}
    page.goto("/")
    choose_files(page, song_in_parts(tmp_path))
    card = upload_card(page, "long song.wav")
    expect(card.get_by_role("progressbar")).not_to_have_attribute("aria-valuenow", "0")

    page.context.set_offline(True)
    parts.broken = {2: 1, 3: 1}
    expect(page.get_by_text("You are offline.")).to_be_visible()
    parts.release()
    expect(card).to_contain_text("Waiting for the connection")

    parts.broken.clear()
    page.context.set_offline(False)
    expect(job_card(page, "long song.wav")).to_be_visible()


def test_pause_resume_and_cancel(page: Page, parts: Parts, tmp_path: Path) -> None:
    parts.held = {1, 2, 3}
    page.goto("/")
    # From the first part on there is something at the service to be given up.
    with page.expect_request(lambda request: "partNumber=" in request.url):
        choose_files(page, song_in_parts(tmp_path))
    card = upload_card(page, "long song.wav")
    card.get_by_role("button", name="Pause").click()
    expect(card).to_contain_text("Paused")
    card.get_by_role("button", name="Resume").click()
    expect(card.get_by_role("button", name="Pause")).to_be_visible()
    with page.expect_request(lambda request: request.method == "DELETE") as aborted:
        card.get_by_role("button", name="Cancel").click()
    response = aborted.value.response()
    assert response is not None
    assert response.status == 200
    expect(card).to_have_count(0)


BRINGING = """(kind) => {
  const carried = new DataTransfer();
  carried.items.add(new File(["la la la"], `${kind}.txt`));
  const event = kind === "paste"
    ? new ClipboardEvent(kind, { clipboardData: carried, bubbles: true })
    : new DragEvent(kind, { dataTransfer: carried, bubbles: true });
  document.querySelector("footer").dispatchEvent(event);
}"""


@pytest.mark.parametrize("kind", ["drop", "paste"])
def test_files_may_be_brought_anywhere_on_the_page(page: Page, kind: str) -> None:
    page.goto("/")
    expect(page.get_by_role("button", name="Choose songs")).to_be_visible()
    page.evaluate(BRINGING, kind)
    expect(upload_card(page, f"{kind}.txt")).to_be_visible()


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("notes.txt", b"la la la", "not a format that can be read"),
        ("empty.mp3", b"", "The file is empty"),
        ("large.mp3", bytes(2000), "at most"),
    ],
)
def test_what_cannot_be_used_is_refused_before_it_is_sent(
    page: Page, tmp_path: Path, name: str, content: bytes, reason: str
) -> None:
    def smaller(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, json={**answer.json(), "maxUploadBytes": 1000})

    page.route("**/config.json", smaller)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto("/")
    file = tmp_path / name
    file.write_bytes(content)
    choose_files(page, file)
    card = upload_card(page, name)
    expect(card).to_contain_text(reason)
    assert [url for url in asked if "/v1/uploads" in url] == []
    card.get_by_role("button", name="Remove").click()
    expect(card).to_have_count(0)


def test_a_file_that_only_claims_to_be_audio_fails_with_advice(page: Page, tmp_path: Path) -> None:
    file = tmp_path / "fake.mp3"
    file.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(5000))
    page.goto("/")
    choose_files(page, file)
    card = job_card(page, "fake.mp3")
    expect(card).to_contain_text("Failed")
    expect(card.get_by_role("button", name="Delete")).to_be_visible()


def test_several_songs_at_once(page: Page, tmp_path: Path) -> None:
    songs = [short_song(tmp_path, seconds=2, name=f"song {number}.flac", seed=number) for number in (1, 2)]
    page.goto("/")
    choose_files(page, *songs)
    for song in songs:
        expect(job_card(page, song.name)).to_be_visible()
