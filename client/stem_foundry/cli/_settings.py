"""What all commands share."""

import os
import time
from dataclasses import dataclass

import httpx
import typer

from stem_foundry._client import DEFAULT_API_URL, StemFoundry
from stem_foundry._retry import Sleep
from stem_foundry._state import default_state_directory


@dataclass(frozen=True, slots=True)
class Settings:
    """How to reach the service; transport and sleep can be replaced as in the SDK."""

    api_url: str = DEFAULT_API_URL
    transport: httpx.BaseTransport | None = None
    sleep: Sleep = time.sleep

    def client(self) -> StemFoundry:
        """A client that remembers its session, so that later commands see the same jobs."""
        return StemFoundry(
            self.api_url,
            os.environ.get("STEMS_TOKEN") or None,
            transport=self.transport,
            state_directory=default_state_directory(),
            sleep=self.sleep,
        )


def settings_of(context: typer.Context) -> Settings:
    """The settings that the global options made."""
    return context.ensure_object(Settings)
