"""One local service with the built page, and one browser, for all browser tests."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from local.service import LocalService
from local.settings import DEFAULT_PAGE_DIRECTORY
from tests.browser import chromium
from tests.browser.running import browser_settings
from tests.browser.watch import Watch

DESKTOP = {"width": 1280, "height": 900}
# Far more than anything takes on an idle machine; only a test that fails waits for so long.
PATIENCE_MILLISECONDS = 20_000

expect.set_options(timeout=PATIENCE_MILLISECONDS)


# Of the package, not of the session: Playwright's event loop must not run under tests that have their own.
@pytest.fixture(scope="package")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalService]:
    """The running service with the built page; each browser context is an owner of its own."""
    if not (DEFAULT_PAGE_DIRECTORY / "index.html").is_file():
        pytest.fail("The page has not been built. Run: make page")
    with LocalService(browser_settings(tmp_path_factory.mktemp("browser"))) as running:
        yield running


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """The system's Chromium, without a window."""
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path=chromium.executable(), args=list(chromium.ARGUMENTS)
        )
        yield launched
        launched.close()


@pytest.fixture
def new_context(service: LocalService, browser: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """Makes browser contexts; each is a visitor with storage of its own."""
    contexts: list[BrowserContext] = []

    def make(**options: object) -> BrowserContext:
        defaults = {"base_url": service.api_url, "viewport": DESKTOP, "reduced_motion": "reduce"}
        context = browser.new_context(**{**defaults, **options})  # type: ignore[arg-type]
        context.set_default_timeout(PATIENCE_MILLISECONDS)
        contexts.append(context)
        return context

    yield make
    for context in contexts:
        for page in context.pages:
            page.unroute_all(behavior="ignoreErrors")
        context.close()


@pytest.fixture
def watch(service: LocalService) -> Watch:
    """Collects what a page must never do; a test may say what it expects."""
    return Watch(own_hosts=(service.api_url, service.aws_endpoint_url))


@pytest.fixture
def page(new_context: Callable[..., BrowserContext], watch: Watch) -> Iterator[Page]:
    """A fresh visitor's page. Errors, violations of the policy and foreign requests fail the test."""
    opened = new_context().new_page()
    watch.over(opened)
    yield opened
    watch.check()
