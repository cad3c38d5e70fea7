"""Being told to stop: SIGTERM cancels the running job just as Ctrl-C does."""

import signal
from types import FrameType


def interrupt_on_termination() -> None:
    """Make SIGTERM raise `KeyboardInterrupt`, once.

    A supervisor often sends SIGTERM right after the terminal's Ctrl-C reached the whole process group. That
    second signal must not cut the cancellation short; a second Ctrl-C, which a person means, still does.
    """
    interrupted = False

    def interrupt(number: int, _frame: FrameType | None) -> None:
        nonlocal interrupted
        if interrupted and number == signal.SIGTERM:
            return
        interrupted = True
        raise KeyboardInterrupt

    signal.signal(signal.SIGINT, interrupt)
    signal.signal(signal.SIGTERM, interrupt)
