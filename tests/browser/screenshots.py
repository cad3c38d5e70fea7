"""Pictures of every view, to be looked at: ``python -m tests.browser.screenshots FOLDER``."""

import sys
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from local.service import LocalService
from local.settings import REPOSITORY
from tests.browser import chromium
from tests.browser.running import browser_settings
from tests.browser.scenes import SCENES, Stage

SIZES: dict[str, dict[str, Any]] = {
    "light": {"viewport": {"width": 1280, "height": 900}, "color_scheme": "light"},
    "dark": {"viewport": {"width": 1280, "height": 900}, "color_scheme": "dark"},
    "phone": {
        "viewport": {"width": 390, "height": 844},
        "color_scheme": "light",
        "device_scale_factor": 2,
        "has_touch": True,
        "is_mobile": True,
    },
}


def main(arguments: list[str]) -> int:
    """Write ``<view>-<size>.png`` for each; 2 when the folder is missing or inside the repository."""
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m tests.browser.screenshots FOLDER\n")
        return 2
    folder = Path(arguments[0]).resolve()
    if folder.is_relative_to(REPOSITORY):
        sys.stderr.write(f"{folder} lies in the repository. Name a folder outside of it.\n")
        return 2
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch, LocalService(browser_settings(Path(scratch))) as service:
        _write_all(folder, service.api_url, Path(scratch))
    sys.stdout.write(f"{len(SCENES) * len(SIZES)} pictures are in {folder}\n")
    return 0


def _write_all(folder: Path, origin: str, scratch: Path) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium.executable(), args=list(chromium.ARGUMENTS)
        )
        for size, options in SIZES.items():
            for name, scene in SCENES.items():
                context = browser.new_context(base_url=origin, reduced_motion="reduce", **options)
                page = context.new_page()
                scene(Stage(page, origin, scratch))
                page.screenshot(path=folder / f"{name}-{size}.png", full_page=True)
                page.unroute_all(behavior="ignoreErrors")
                context.close()
        browser.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
