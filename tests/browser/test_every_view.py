"""What holds in every view: axe finds nothing, nothing sticks out, everything can be hit with a finger."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, ViewportSize

from local.service import LocalService
from local.settings import REPOSITORY
from tests.browser.scenes import SCENES, Stage
from tests.browser.watch import Watch

AXE = REPOSITORY / "frontend/node_modules/axe-core/axe.min.js"
AXE_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PHONE = ViewportSize(width=390, height=844)
SMALLEST_PHONE = ViewportSize(width=320, height=568)
# Pixels on each side; of WCAG 2.5.5's exceptions, links in sentences and the browser's own sliders are used.
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
    page.evaluate(AXE.read_text())
    options = {"runOnly": AXE_RULES, "resultTypes": ["violations"]}
    found = page.evaluate(f"async () => (await axe.run(document, {json.dumps(options)})).violations")
    return [f"{one['id']}: {node['html'][:200]}" for one in found for node in one["nodes"]]


@pytest.mark.parametrize("name", SCENES)
def test_axe_finds_nothing_in_light_and_dark(name: str, stage: Callable[..., Stage], watch: Watch) -> None:
    scene = stage()
    SCENES[name](scene)
    for scheme in ("light", "dark"):
        scene.page.emulate_media(color_scheme=scheme)
        assert violations(scene.page) == [], scheme
    watch.check()


@pytest.mark.parametrize("name", SCENES)
def test_it_fits_phones(name: str, stage: Callable[..., Stage], watch: Watch) -> None:
    scene = stage(viewport=PHONE, has_touch=True, is_mobile=True)
    SCENES[name](scene)
    for size in (PHONE, SMALLEST_PHONE):
        scene.page.set_viewport_size(size)
        assert scene.page.evaluate(OVERFLOW) == [], size
        assert scene.page.evaluate(TARGETS, SMALLEST_TARGET) == [], size
    watch.check()
