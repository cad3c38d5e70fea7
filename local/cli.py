"""Command line of the service on one machine: ``python -m local up | down | status | separate``."""

import argparse
import logging
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from pydantic import ValidationError

from contract.audio import AudioFormat
from contract.limits import Limits
from local.background import IDLE_MINUTES, BackgroundService, code_version, wait_until_answering
from local.lock import RunningService, StateLock, stop_running_service
from local.processes import LocalError
from local.service import LocalService
from local.settings import REPOSITORY, LocalSettings

DEMO_SONG = REPOSITORY / "local" / "demo" / "song.mp3"
DEFAULT_STEMS_COMMAND = Path(sys.executable).with_name("stems")
_STOP_SECONDS = 30.0
_INTERRUPTED = 128 + signal.SIGINT


def _explain(error: ValidationError) -> str:
    return "; ".join(
        f"{'.'.join(map(str, problem['loc'])) or 'value'}: {problem['msg']}" for problem in error.errors()
    )


def _limits(text: str) -> Limits:
    try:
        return Limits.model_validate_json(text)
    except ValidationError as error:
        raise argparse.ArgumentTypeError(_explain(error)) from error


_OPTIONS: dict[str, tuple[Callable[[str], Any], str]] = {
    "state_directory": (Path, "DIRECTORY"),
    "web_port": (int, "PORT"),
    "aws_port": (int, "PORT"),
    "endpoint_port": (int, "PORT"),
    "container_port": (int, "PORT"),
    "workers": (int, "N"),
    "cold_start_seconds": (float, "SECONDS"),
    "limits": (_limits, "JSON"),
    "model_directory": (Path, "DIRECTORY"),
    "preload_model": (str, "MODEL"),
    "precision": (str, "full|fast"),
    "kit_model": (str, "MODEL"),
    "model_catalogue": (Path, "FILE"),
    "idle_minutes": (float, "MINUTES"),
    "aws_python": (Path, "FILE"),
}

# Handed on to the client as they are.
_SWITCHES = {
    "original_sample_rate": ("--original-sample-rate", "deliver at the song's own sample rate"),
    "drum_parts": ("--drum-parts", "split the drums as well"),
    "no_analysis": ("--no-analysis", "estimate neither tempo nor key"),
    "no_previews": ("--no-previews", "make no small MP3s for the web page"),
    "archive": ("--archive", "also fetch all stems as stems.zip"),
}


def _parser() -> argparse.ArgumentParser:
    service = argparse.ArgumentParser(add_help=False)
    for name, (kind, placeholder) in _OPTIONS.items():
        service.add_argument(
            f"--{name.replace('_', '-')}",
            type=kind,
            metavar=placeholder,
            default=argparse.SUPPRESS,
            help=LocalSettings.model_fields[name].description,
        )
    parser = argparse.ArgumentParser(prog="python -m local", description="Stem Foundry on this machine.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("up", parents=[service], help="run the service until Ctrl-C")
    commands.add_parser("down", parents=[service], help="stop a running service")
    commands.add_parser("status", parents=[service], help="say whether a service runs, and where")
    separate = commands.add_parser("separate", parents=[service], help="separate songs into stems")
    separate.add_argument("song", nargs="*", type=Path, help="audio files; default: the demo song")
    separate.add_argument("--out", type=Path, default=Path("out"), help="folder for the stems")
    separate.add_argument("--stems", help="comma-separated, such as vocals,drums")
    separate.add_argument("--model", help="a name from the catalogue")
    separate.add_argument("--format", help=", ".join(AudioFormat))
    for name, (switch, purpose) in _SWITCHES.items():
        separate.add_argument(switch, dest=name, action="store_true", help=purpose)
    separate.add_argument("--json", action="store_true", help="print the result as JSON")
    return parser


def _settings(arguments: argparse.Namespace) -> LocalSettings:
    given = {name: value for name, value in vars(arguments).items() if name in _OPTIONS}
    try:
        return LocalSettings.model_validate(given)
    except ValidationError as error:
        raise LocalError(_explain(error)) from error


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


@contextmanager
def _signals_interrupt() -> Iterator[None]:
    """Ctrl-C, SIGTERM and a closed terminal interrupt once; what then stops must not be disturbed."""
    signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def interrupt(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
        for other in signals:
            signal.signal(other, signal.SIG_IGN)
        raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in signals}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _up(settings: LocalSettings) -> int:
    started = time.monotonic()
    with LocalService(settings, progress=_say) as service:
        # From the moment it says that it is ready, being interrupted is its ordinary end.
        try:
            _say(
                f"Ready in {time.monotonic() - started:.1f} s\n"
                f"  Web page   {settings.web_url}/\n"
                f"  API        {settings.web_url}/v1   (docs: {settings.web_url}/v1/docs)\n"
                f"  Local AWS  {settings.aws_url}\n"
                f"  Logs       {settings.log_directory}\n"
                "Ctrl-C stops it; jobs and files stay."
            )
            service.wait()
        except KeyboardInterrupt:
            _say("Stopping")
    return 0


def _down(settings: LocalSettings) -> int:
    stopped = stop_running_service(settings.state_directory, timeout_seconds=_STOP_SECONDS)
    _say(f"Stopped the service at {stopped.web_url}." if stopped else "No service is running.")
    return 0


def _status(settings: LocalSettings) -> int:
    running = StateLock(settings.state_directory).holder()
    if running is None:
        _say("No service is running. Start one with: make up")
        return 1
    print(running.model_dump_json())
    return 0


def stems_command(arguments: argparse.Namespace, api_url: str) -> list[str]:
    """The call of the ``stems`` client that does what was asked."""
    command = [str(DEFAULT_STEMS_COMMAND), "--api-url", api_url, "separate", "--out", str(arguments.out)]
    for name in ("stems", "model", "format"):
        value = getattr(arguments, name)
        if value is not None:
            command.append(f"--{name}={value}")
    command += [switch for name, (switch, _) in _SWITCHES.items() if getattr(arguments, name)]
    if arguments.json:
        command.append("--json")
    songs = arguments.song or [DEMO_SONG]
    return [*command, "--", *map(str, songs)]


def _separate(settings: LocalSettings, arguments: argparse.Namespace) -> int:
    missing = [str(song) for song in arguments.song if not song.is_file()]
    if missing:
        _say(f"There is no such file: {', '.join(missing)}")
        return 2
    running = _usable_service(settings)
    if running is not None:
        wait_until_answering(running)
        return _run_client(stems_command(arguments, running.web_url))
    service = BackgroundService(settings, _as_options(settings), _say)
    status = _run_client(stems_command(arguments, service.start().web_url))
    if service.has_ended():
        raise LocalError(service.last_words())
    _say(f"The service stays ready for {IDLE_MINUTES} minutes; make down ends it now.")
    return status


def _usable_service(settings: LocalSettings) -> RunningService | None:
    """The running service; one that was left ready by older code is ended first."""
    running = StateLock(settings.state_directory).holder()
    if running is None or running.code == code_version():
        return running
    if not running.ends_when_idle:
        _say("The running service has older code. To use the new one: make down, make up")
        return running
    _say("The code has changed: starting the service anew")
    stop_running_service(settings.state_directory, timeout_seconds=_STOP_SECONDS)
    return None


def _as_options(settings: LocalSettings) -> list[str]:
    """The settings that are not the defaults, as command-line options."""
    given = settings.model_dump(mode="json", exclude_unset=True, exclude={"limits", "idle_minutes"})
    options = [f"--{name.replace('_', '-')}={value}" for name, value in given.items()]
    if "limits" in settings.model_fields_set:
        options.append(f"--limits={settings.limits.model_dump_json(exclude_defaults=True)}")
    return options


def _run_client(command: Sequence[str]) -> int:
    with subprocess.Popen(command) as client:
        try:
            return client.wait()
        except KeyboardInterrupt:
            # The client cancels its job; leaving the block waits for that.
            client.terminate()
            raise


def _run(arguments: argparse.Namespace) -> int:
    settings = _settings(arguments)
    match arguments.command:
        case "up":
            return _up(settings)
        case "down":
            return _down(settings)
        case "status":
            return _status(settings)
        case _:
            return _separate(settings, arguments)


def parse(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line; exits with a usage message when it is wrong."""
    return _parser().parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    arguments = parse(argv)
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(message)s", stream=sys.stderr)
    try:
        with _signals_interrupt():
            return _run(arguments)
    except LocalError as error:
        _say(str(error))
        return 1
    except KeyboardInterrupt:
        _say("Interrupted")
        return _INTERRUPTED
