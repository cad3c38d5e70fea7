"""A WSGI application served from a thread of this process."""

import threading
from typing import Any

from flask import Flask
from waitress import create_server

from local.processes import LocalError
from local.settings import LOOPBACK

_THREADS = 16
_STOP_SECONDS = 5.0


class HttpServer:
    """Serves one Flask application on the loopback interface."""

    def __init__(self, name: str, application: Flask, port: int, *, max_body_bytes: int) -> None:
        self._name = name
        try:
            self._server: Any = create_server(
                application,
                host=LOOPBACK,
                port=port,
                threads=_THREADS,
                max_request_body_size=max_body_bytes,
                ident="",
            )
        except OSError as error:
            raise LocalError(f"Port {port} is in use, and the {name} needs it.") from error
        self._thread = threading.Thread(target=self._server.run, name=name, daemon=True)

    def start(self) -> None:
        """Accept requests; returns at once, and requests are answered from now on."""
        self._thread.start()

    def stop(self) -> None:
        """Close the port, finish what is being answered, and end the thread."""
        if self._thread.is_alive():
            # Only the thread of the loop may take connections away from it.
            self._server.trigger.pull_trigger(self._close)
            self._thread.join(_STOP_SECONDS)
        else:
            self._close()
        self._server.task_dispatcher.shutdown(timeout=_STOP_SECONDS)

    def _close(self) -> None:
        self._server.close()
        for channel in list(self._server.active_channels.values()):
            channel.handle_close()
