"""The built web page, as CloudFront serves it on AWS: views of one page, files, and its configuration."""

from pathlib import Path

from flask import Flask, Response, jsonify, send_from_directory

from contract.page import (
    CONFIGURATION_FILE,
    ISOLATION_HEADERS,
    PageConfiguration,
    content_security_policy,
)

_START = "index.html"
_ASSETS = "assets/"
# Their names change with their content.
_ASSET_SECONDS = 31_536_000
_NOT_BUILT = "The web page has not been built. Build it with: make page\n"


class Page:
    """The page's files and headers.

    Args:
        directory: what the page's build wrote; may be missing, and may appear later.
        configuration: told to the page when it starts.
        storage_url: origin of the object store, as presigned links name it.
    """

    def __init__(self, directory: Path, configuration: PageConfiguration, *, storage_url: str) -> None:
        self._directory = directory.resolve()
        self._configuration = configuration
        self._headers = {
            **ISOLATION_HEADERS,
            "Content-Security-Policy": content_security_policy(storage_url),
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
            "X-Frame-Options": "DENY",
        }

    def register(self, application: Flask) -> None:
        """Add the page's routes; those of the API come before them."""
        application.add_url_rule(f"/{CONFIGURATION_FILE}", "configuration", self._tell_configuration)
        application.add_url_rule("/", "start", self._serve)
        application.add_url_rule("/<path:path>", "file", self._serve)

    def _tell_configuration(self) -> Response:
        return self._finish(jsonify(self._configuration.model_dump(by_alias=True)))

    def _serve(self, path: str = _START) -> Response:
        if not (self._directory / _START).is_file():
            return self._finish(Response(_NOT_BUILT, status=503, content_type="text/plain; charset=utf-8"))
        # A view of the page has no dot in its last part; a file that is missing is not a view.
        name = path if "." in path.rsplit("/", 1)[-1] else _START
        if path.startswith(_ASSETS):
            response = send_from_directory(self._directory, name, max_age=_ASSET_SECONDS)
            response.cache_control.public = True
            response.cache_control.immutable = True
        else:
            response = send_from_directory(self._directory, name)
            response.cache_control.no_cache = True
        return self._finish(response)

    def _finish(self, response: Response) -> Response:
        response.headers.update(self._headers)
        return response
