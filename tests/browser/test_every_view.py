"""What holds in every view: axe finds nothing, nothing sticks out, everything can be hit with a finger."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page

from local.service import LocalService
from local.settings import REPOSITORY
from tests.browser.scenes import SCENES, Stage
from tests.browser.watch import Watch

AXE = (REPOSITORY / "frontend/node_modules/axe-core/axe.min.js").read_text()
AXE_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PHONE = {"width": 390, "height": 844}
SMALLEST = {"width": 320, "height": 568}
# WCAG 2.5.5; of the criterion's exceptions, links in sentences and the browser's own range inputs are used.
SMALLEST_TARGET = 44

OVERFLOW = """() => {
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= width) return [];
  const inScroller = (element) => {
    for (let parent = element.parentElement; parent; parent = parent.parentElement) {
      if (getComputedStyle(parent).overflowX !== "visible") return true;
    }
    return false;
  };
  return [...document.body.querySelectorAll("*")]
    .filter((element) => element.getBoundingClientRect().right > width + 0.5 && !inScroller(element))
    .map((element) => `${element.tagName}.${element.className}`);
}"""
TARGETS = """(smallest) => [...document.querySelectorAll("button, a.button, summary, select, [role=button]")]
  .map((element) => ({ name: element.textContent || element.title, box: element.getBoundingClientRect() }))
  .filter(({ box }) => box.width > 0 && Math.min(box.width, box.height) < smallest - 0.5)
  .map(({ name, box }) => `${name}: ${Math.round(box.width)} x ${Math.round(box.height)}`)"""


@pytest.fixture
def stage(
    new_context: Callable[..., BrowserContext], service: LocalService, watch: Watch, tmp_path: Path
) -> Callable[..., Stage]:
    """Opens a page and watches it; `check` of the watch is the test's to call."""

    def make(**options: Any) -> Stage:
        page = new_context(**options).new_page()
        watch.over(page)
        return Stage(page, service.api_url, tmp_path)

    return make


def violations(page: Page) -> list[str]:
    """What axe finds on the page as it is now."""
    # Only a script of the page itself may run under its policy; this one comes with the debugger.
    page.evaluate(AXE)
    options = {"runOnly": AXE_RULES, "resultTypes": ["violations"]}
    found = page.evaluate(f"async () => (await axe.run(document, {json.dumps(options)})).violations")
    return [f"{one['id']}: {node['html'][:200]}" for one in found for node in one["nodes"]]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", SCENES)
def test_axe_finds_nothing(name: str, scheme: str, stage: Callable[..., Stage], watch: Watch) -> None:
    scene = stage(color_scheme=scheme)
    SCENES[name](scene)
    assert violations(scene.page) == []
    watch.check()


@pytest.mark.parametrize("size", [PHONE, SMALLEST], ids=["390", "320"])
@pytest.mark.parametrize("name", SCENES)
def test_it_fits_a_phone(name: str, size: dict[str, int], stage: Callable[..., Stage], watch: Watch) -> None:
    scene = stage(viewport=size, has_touch=True, is_mobile=True)
    SCENES[name](scene)
    assert scene.page.evaluate(OVERFLOW) == []
    assert scene.page.evaluate(TARGETS, SMALLEST_TARGET) == []
    watch.check()
