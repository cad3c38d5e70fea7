"""Watches pages for what they must never do."""

import re
from dataclasses import dataclass, field

from playwright.sync_api import ConsoleMessage, Page, Request

# The browser itself says so of every answer that is not 2xx; whether that was right is the test's to say.
_FAILED_REQUEST = re.compile(r"Failed to load resource")


@dataclass
class Watch:
    """Collects errors, warnings of the policy and requests to other hosts.

    Args:
        own_hosts: origins that a page may talk to.
    """

    own_hosts: tuple[str, ...]
    problems: list[str] = field(default_factory=list)
    expected: list[re.Pattern[str]] = field(default_factory=list)

    def expect(self, pattern: str) -> None:
        """Allow messages that this pattern is found in."""
        self.expected.append(re.compile(pattern))

    def over(self, page: Page) -> None:
        """Watch a page from now on."""
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.problems.append(f"uncaught: {error}"))
        page.on("request", self._see)

    def check(self) -> None:
        """Fail when anything was seen that was not expected."""
        unexpected = [
            problem
            for problem in self.problems
            if not any(pattern.search(problem) for pattern in self.expected)
        ]
        assert unexpected == []

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and not _FAILED_REQUEST.search(message.text):
            self.problems.append(f"{message.type}: {message.text}")

    def _see(self, request: Request) -> None:
        if not request.url.startswith((*self.own_hosts, "blob:", "data:")):
            self.problems.append(f"foreign request: {request.url}")
