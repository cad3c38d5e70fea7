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
        """Finish what is being answered, close every connection and the port, end the thread."""
        # First the threads that answer: they, too, wake the loop, and must not do so once it is closed.
        self._server.task_dispatcher.shutdown(timeout=_STOP_SECONDS)
        if not self._thread.is_alive():
            self._close()
            return
        # Only the thread of the loop may close. It looks for work under this lock, so it cannot close the
        # pipe that wakes it before it has been woken.
        with self._server.trigger.lock:
            self._server.trigger.thunks.append(self._close)
            self._server.pull_trigger()
        self._thread.join(_STOP_SECONDS)

    def _close(self) -> None:
        self._server.close()
        for channel in list(self._server.active_channels.values()):
            channel.handle_close()
