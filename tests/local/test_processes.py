"""Child processes: readiness, orderly stop, kill, and that none outlives its parent."""

import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.emulator import base_environment
from local.processes import LocalError, ManagedProcess
from local.settings import LOOPBACK, REPOSITORY
from tests.local.ports import free_ports

STAND_IN = Path(__file__).with_name("stand_in_container.py")

# Ignores the request to stop, and has a child of its own that does so as well.
STUBBORN = """
import os, signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
ignoring = "import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(600)"
child = subprocess.Popen([sys.executable, "-c", ignoring])
with open(sys.argv[1], "w") as file:
    file.write(f"{os.getpid()} {child.pid}")
time.sleep(600)
"""


def process(tmp_path: Path, *command: str, grace_seconds: float = 5, **environment: str) -> ManagedProcess:
    return ManagedProcess(
        "child",
        [sys.executable, *command],
        environment=base_environment() | environment,
        log_file=tmp_path / "child.log",
        working_directory=REPOSITORY,
        grace_seconds=grace_seconds,
    )


def pids_in(pipe: Path) -> list[int]:
    """Wait until the process has written into its pipe."""
    return [int(pid) for pid in pipe.read_text().split()]


def wait_until_gone(pids: list[int]) -> None:
    """Bounded by the test's timeout only."""
    for pid in pids:
        try:
            handle = os.pidfd_open(pid)
        except ProcessLookupError:
            continue
        select.select([handle], [], [])
        os.close(handle)


@pytest.fixture
def pids(tmp_path: Path) -> Path:
    """A pipe through which a process tells who it and its children are."""
    pipe = tmp_path / "pids"
    os.mkfifo(pipe)
    return pipe


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[ManagedProcess, str]]:
    (port,) = free_ports(1)
    running = process(tmp_path, str(STAND_IN), BIND_HOST=LOOPBACK, PORT=str(port))
    running.start()
    yield running, f"http://{LOOPBACK}:{port}/ping"
    running.kill()


def test_a_server_becomes_ready_stops_and_starts_again(server: tuple[ManagedProcess, str]) -> None:
    running, url = server
    running.wait_until_ready(url, timeout_seconds=30)
    running.stop()
    assert not running.running
    running.start()
    running.wait_until_ready(url, timeout_seconds=30)


def test_an_early_end_is_told_with_the_log(tmp_path: Path) -> None:
    failing = process(tmp_path, "-c", "raise SystemExit('no model in the folder')")
    failing.start()
    with pytest.raises(LocalError, match=r"child ended while starting(.|\n)*no model in the folder"):
        failing.wait_until_ready("http://127.0.0.1:9/ping", timeout_seconds=30)
    assert failing.wait() == 1


def test_silence_is_told_after_the_deadline(tmp_path: Path) -> None:
    silent = process(tmp_path, "-c", "import time; time.sleep(600)")
    silent.start()
    with pytest.raises(LocalError, match="did not answer within"):
        silent.wait_until_ready("http://127.0.0.1:9/ping", timeout_seconds=0.1)
    silent.stop()


def test_a_process_that_ignores_the_request_is_killed_with_its_children(tmp_path: Path, pids: Path) -> None:
    stubborn = process(tmp_path, "-c", STUBBORN, str(pids), grace_seconds=0.1)
    stubborn.start()
    ids = pids_in(pids)
    stubborn.stop()
    wait_until_gone(ids)


def test_what_a_process_leaves_behind_is_ended(tmp_path: Path, pids: Path) -> None:
    script = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
open(sys.argv[1], "w").write(str(child.pid))
"""
    leaving = process(tmp_path, "-c", script, str(pids))
    leaving.start()
    ids = pids_in(pids)
    assert leaving.wait() == 0
    wait_until_gone(ids)


def test_children_die_with_a_parent_that_is_killed(tmp_path: Path, pids: Path) -> None:
    parent_script = f"""
import sys
from pathlib import Path
from tests.local.test_processes import process, STUBBORN
child = process(Path({str(tmp_path)!r}), "-c", STUBBORN, {str(pids)!r}, grace_seconds=0.1)
child.start()
child.wait()
"""
    parent = subprocess.Popen([sys.executable, "-c", parent_script], cwd=REPOSITORY)
    ids = pids_in(pids)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    wait_until_gone(ids)


def test_starting_twice_is_refused(server: tuple[ManagedProcess, str]) -> None:
    running, _ = server
    with pytest.raises(LocalError, match="running already"):
        running.start()


def test_kill_does_not_wait_for_the_grace_period(tmp_path: Path, pids: Path) -> None:
    stubborn = process(tmp_path, "-c", STUBBORN, str(pids), grace_seconds=3600)
    stubborn.start()
    ids = pids_in(pids)
    stubborn.kill()
    wait_until_gone(ids)
