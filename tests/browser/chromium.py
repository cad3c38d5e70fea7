"""The browser of the tests: the system's Chromium. Run as a module, this sees to it that there is one."""

import os
import shutil
import subprocess
import sys

_NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
_INSTALL = (
    ["apt-get", "update", "-qq"],
    ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"],
)

# Without these a browser that was just started looks for updates, extensions and sync.
ARGUMENTS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
)


class NoBrowserError(Exception):
    """There is no Chromium, and it cannot be installed from here."""


def executable() -> str:
    """Path of the browser: the one that ``CHROMIUM`` names, or the first that is installed.

    Raises:
        NoBrowserError: there is none.
    """
    named = os.environ.get("CHROMIUM")
    found = shutil.which(named) if named else next(filter(None, map(shutil.which, _NAMES)), None)
    if found is None:
        raise NoBrowserError(
            f"There is no browser at {named!r}, named by CHROMIUM."
            if named
            else "The browser tests need Chromium. On Debian: apt-get install chromium."
            " Elsewhere install it and name its program in CHROMIUM."
        )
    return found


def _install() -> None:
    """As root on Debian, such as on a machine of continuous integration, its package is installed."""
    if os.geteuid() == 0 and shutil.which("apt-get"):
        for command in _INSTALL:
            subprocess.run(command, check=True, env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"})


def main() -> int:
    """Find or install the browser; 1 when there is none in the end."""
    try:
        executable()
    except NoBrowserError:
        _install()
    try:
        executable()
    except NoBrowserError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
