"""The ``stems`` command line."""

from stem_foundry.cli._app import app, main

__all__ = ["app", "main"]
