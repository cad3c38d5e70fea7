"""Runs a command and measures it from outside: wall time, processor time, and the memory of each process."""

import os
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from contract.report import Report

_POLL_SECONDS = 0.02
_SHOWN_CHARACTERS = 2000


class CommandError(Exception):
    """The command failed; the message has the end of what it said."""


@dataclass(frozen=True, slots=True)
class Measurement:
    """One run.

    ``cpu_seconds`` are those of the command and everything it started; ``peak_mb`` is the largest resident
    memory of the command's own process, ``peak_children_mb`` of any process it started, in MB (10^6 bytes).
    """

    wall_seconds: float
    cpu_seconds: float
    peak_mb: float
    peak_children_mb: float
    output: str

    @property
    def report(self) -> Report | None:
        """What the engine's command printed; None of other commands."""
        if not self.output.startswith("{"):
            return None
        return Report.model_validate_json(self.output)


class _MemoryWatch(threading.Thread):
    """Notes the high-water marks of a process and of its descendants.

    The mark is the kernel's (VmHWM), so that nothing between two looks is missed but a process' last moments.
    The resource usage that `wait4` gives would not do: a child's starts with that of its
    parent.
    """

    def __init__(self, pid: int) -> None:
        super().__init__(name="memory-watch", daemon=True)
        self._pid = pid
        self._ended = threading.Event()
        self.peaks: dict[int, int] = {}

    def run(self) -> None:
        while not self._ended.wait(_POLL_SECONDS):
            self._look(self._pid)

    def end(self) -> None:
        """Stop looking."""
        self._ended.set()
        self.join()

    def _look(self, pid: int) -> None:
        try:
            # The last mark counts: until a forked process runs its own program, it shows its parent's memory.
            self.peaks[pid] = _high_water_bytes(pid) or self.peaks.get(pid, 0)
            children = [
                int(child)
                for task in Path(f"/proc/{pid}/task").iterdir()
                for child in (task / "children").read_text(encoding="ascii").split()
            ]
        except (FileNotFoundError, ProcessLookupError):
            # It ended between two looks.
            return
        for child in children:
            self._look(child)


def _high_water_bytes(pid: int) -> int:
    for line in Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return 0


def measure(command: Sequence[str], log: Path, environment: Mapping[str, str] | None = None) -> Measurement:
    """Run a command to its end.

    Args:
        command: program and arguments.
        log: file for what it writes to standard error.
        environment: variables beside those of this process.

    Raises:
        CommandError: it ended with another status than 0.
    """
    output = log.with_suffix(".out")
    with output.open("wb") as stdout, log.open("wb") as stderr:
        started = time.perf_counter()
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
            env=os.environ | dict(environment or {}),
        )
        watch = _MemoryWatch(process.pid)
        watch.start()
        try:
            _, status, usage = os.wait4(process.pid, 0)
            wall = time.perf_counter() - started
            process.returncode = os.waitstatus_to_exitcode(status)
        except BaseException:
            process.kill()
            process.wait()
            raise
        finally:
            watch.end()
    if process.returncode != 0:
        said = (log.read_text("utf-8", "replace") + output.read_text("utf-8", "replace"))[-_SHOWN_CHARACTERS:]
        raise CommandError(f"{' '.join(command)}\nended with status {process.returncode}:\n{said}")
    children = [peak for pid, peak in watch.peaks.items() if pid != process.pid]
    return Measurement(
        wall_seconds=wall,
        cpu_seconds=usage.ru_utime + usage.ru_stime,
        peak_mb=watch.peaks.get(process.pid, 0) / 1e6,
        peak_children_mb=max(children, default=0) / 1e6,
        output=output.read_text("utf-8", "replace"),
    )
