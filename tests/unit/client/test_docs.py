"""The examples of docs/sdk.md run, and docs/cli.md names what exists."""

import re
import shlex
from pathlib import Path

import pytest
from typer.main import get_command
from typer.testing import CliRunner

import stem_foundry
from stem_foundry.cli import app
from stem_foundry.cli._exit import ExitCode
from tests.unit.client.fake_service import FakeService
from tests.unit.client.live_server import serve

DOCS = Path(__file__).parents[3] / "docs"
EXAMPLES = re.findall(r"```python\n(.*?)```", (DOCS / "sdk.md").read_text("utf-8"), re.DOTALL)
COMMANDS = re.findall(r"^\$ stems (.*?)(?: >.*)?$", (DOCS / "cli.md").read_text("utf-8"), re.MULTILINE)


@pytest.mark.parametrize("example", EXAMPLES)
def test_sdk_examples_run(
    example: str, service: FakeService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("song.mp3").write_bytes(b"music")
    with serve(service) as url:
        exec(compile(example.replace("http://127.0.0.1:8000", url), "docs/sdk.md", "exec"), {})
    assert (tmp_path / "stems" / "report.json").exists()


@pytest.mark.parametrize("line", COMMANDS)
def test_commands_and_options_of_the_examples_exist(line: str) -> None:
    command: object = get_command(app)
    words = shlex.split(line)
    path = []
    while words and words[0] in getattr(command, "commands", {}):
        path.append(words.pop(0))
        command = command.commands[path[-1]]  # type: ignore[attr-defined]
    known = {name for parameter in command.params for name in parameter.opts}  # type: ignore[attr-defined]
    assert path
    assert {word for word in words if word.startswith("--")} <= known
    assert CliRunner().invoke(app, [*path, "--help"]).exit_code == 0


def test_every_error_and_method_is_documented() -> None:
    text = (DOCS / "sdk.md").read_text("utf-8")
    errors = [
        name
        for name in stem_foundry.__all__
        if isinstance(value := getattr(stem_foundry, name), type) and issubclass(value, Exception)
    ]
    methods = [
        name for name in vars(stem_foundry.StemFoundry) if not name.startswith("_") and name != "close"
    ]
    assert [name for name in [*errors, *methods] if f"`{name}`" not in text] == []


def test_every_exit_code_is_documented() -> None:
    text = (DOCS / "cli.md").read_text("utf-8")
    assert all(f"| {int(code)} |" in text for code in ExitCode)
