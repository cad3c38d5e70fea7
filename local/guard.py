"""Run a command that can outlive neither its parent nor its stop request.

Started by `local.processes` as ``python -I -S guard.py GRACE_SECONDS COMMAND...``; standard library only,
so that it costs a few milliseconds. The parent holds the other end of standard input: when that closes,
on purpose or because the parent died in any way, the command and all its descendants in the same session
are asked to stop and killed after the grace period. The byte ``k`` kills them at once.
"""

import contextlib
import os
import signal
import subprocess
import sys
import threading


def _signal_group(leader: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(leader, number)


def _stop_on_request(child: subprocess.Popen[bytes], grace_seconds: float) -> None:
    if os.read(0, 1) != b"k":
        _signal_group(child.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(grace_seconds)
    _signal_group(child.pid, signal.SIGKILL)


def main() -> int:
    """Run the command; returns its exit status, or 128 plus the number of the signal that ended it."""
    grace_seconds, command = float(sys.argv[1]), sys.argv[2:]
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)
    threading.Thread(target=_stop_on_request, args=(child, grace_seconds), daemon=True).start()
    status = child.wait()
    # Helpers that the command left behind would keep its ports.
    _signal_group(child.pid, signal.SIGKILL)
    return status if status >= 0 else 128 - status


if __name__ == "__main__":
    sys.exit(main())
