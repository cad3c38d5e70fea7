"""What a first visit costs and how it is made: the checks that Lighthouse makes of any page."""

import gzip
import re
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import BrowserContext, Page, Response, expect

from local.service import LocalService
from tests.browser.scenes import SCENES, Stage

MOST_SCRIPT_BYTES = 120_000
# Web Vitals call up to 0.1 good.
MOST_LAYOUT_SHIFT = 0.1
SMALLEST_TEXT_PIXELS = 12

LAYOUT_SHIFTS = """() => new Promise((tell) => {
  const shifts = [];
  const add = (list) => {
    for (const { hadRecentInput, value, sources } of list.getEntries()) {
      const moved = sources.map(({ node }) => `${node?.nodeName}.${node?.className}`);
      if (!hadRecentInput) shifts.push({ value, moved });
    }
  };
  new PerformanceObserver(add).observe({ type: "layout-shift", buffered: true });
  requestAnimationFrame(() => requestAnimationFrame(() => tell(shifts)));
})"""
SMALL_TEXT = """(smallest) => [...document.querySelectorAll("body *")]
  .filter((element) => [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim()))
  .filter((element) => parseFloat(getComputedStyle(element).fontSize) < smallest)
  .map((element) => element.textContent)"""


def test_the_scripts_of_the_first_view_stay_within_their_budget(page: Page) -> None:
    scripts: list[Response] = []
    page.on("response", lambda answer: scripts.append(answer) if answer.url.endswith(".js") else None)
    page.goto("/")
    expect(page.get_by_text("Nothing here yet.")).to_be_visible()
    sizes = {answer.url: len(gzip.compress(answer.body())) for answer in scripts}
    assert 0 < sum(sizes.values()) <= MOST_SCRIPT_BYTES, sizes


def test_the_document_says_what_it_is(page: Page, service: LocalService) -> None:
    answer = page.goto("/")
    assert answer is not None
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.text().lower().startswith("<!doctype html>")
    expect(page).to_have_title("Stem Foundry")
    assert page.get_attribute("html", "lang") == "en"
    assert page.get_attribute("meta[name=viewport]", "content") == "width=device-width, initial-scale=1"
    assert len(page.get_attribute("meta[name=description]", "content") or "") > 40
    icon = page.get_attribute("link[rel=icon]", "href")
    assert httpx.get(f"{service.api_url}{icon}", trust_env=False).status_code == 200


def test_nothing_is_kept_in_cookies(page: Page) -> None:
    page.goto("/")
    expect(page.get_by_text("Nothing here yet.")).to_be_visible()
    assert page.context.cookies() == []


@pytest.mark.parametrize("name", ["home", "jobs", "player"])
def test_what_is_drawn_stays_where_it_is(
    name: str, page: Page, service: LocalService, tmp_path: Path
) -> None:
    SCENES[name](Stage(page, service.api_url, tmp_path))
    shifts = page.evaluate(LAYOUT_SHIFTS)
    assert sum(shift["value"] for shift in shifts) < MOST_LAYOUT_SHIFT, shifts
    assert page.evaluate(SMALL_TEXT, SMALLEST_TEXT_PIXELS) == []


def test_every_view_has_one_title_and_links_that_lead_somewhere(page: Page, service: LocalService) -> None:
    for path in ("/", "/demo", "/nowhere"):
        page.goto(path)
        expect(page.get_by_role("heading", level=1)).to_have_count(1)
        for link in page.locator("a").all():
            assert re.match(r"/|#|https?:", link.get_attribute("href") or "")


def test_motion_is_left_out_for_those_who_ask(new_context: Callable[..., BrowserContext]) -> None:
    page = new_context(reduced_motion="reduce").new_page()
    page.goto("/")
    expect(page.get_by_role("button", name="Choose songs")).to_be_visible()
    durations = page.evaluate(
        "() => [...document.querySelectorAll('*')].map((e) => getComputedStyle(e).animationDuration)"
    )
    assert {duration for duration in durations if not duration.startswith("0")} <= {"1e-05s"}
