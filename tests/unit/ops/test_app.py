import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from infra.ops import app as module
from infra.ops.app import app
from infra.ops.deployment import Deployment, OpsError
from infra.ops.preflight import Finding, Status
from tests.unit.ops.stubbed import StubbedSession, deployment

DOCS = Path(__file__).parents[3] / "docs"


def run(*arguments: str):
    return CliRunner().invoke(app, list(arguments))


@pytest.fixture(autouse=True)
def no_aws(monkeypatch):
    monkeypatch.setattr(Deployment, "open", lambda settings, profile=None: deployment(StubbedSession()))


@pytest.mark.parametrize(("status", "code"), [(Status.OK, 0), (Status.WARNING, 0), (Status.FAILED, 1)])
def test_preflight_tells_the_shell(monkeypatch, status, code):
    monkeypatch.setattr(module, "run_checks", lambda _: [Finding("image", status, "detail [x]", "mend it")])
    result = run("preflight")
    assert result.exit_code == code
    assert "image: detail [x]" in result.output
    assert "mend it" in result.output


def test_cost_prints_a_bill():
    result = run("cost", "--songs", "10", "--format", "flac")
    assert result.exit_code == 0
    assert re.search(r"total +\d+\.\d\d", result.output)
    assert "estimate" in result.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["cost", "--format", "ogg"], "'ogg' is none of wav, flac, mp3"),
        (["cost", "--settings", "{"], "settings: not valid JSON"),
        (["cost", "--settings", '{"environment": "prod"}'], "site_origins"),
        (["cost", "--songs", "-1"], "songs"),
    ],
)
def test_a_wrong_call(arguments, message):
    result = run(*arguments)
    assert result.exit_code == 2
    assert message in result.output


def test_a_type_without_a_price_is_said():
    result = run("cost", "--settings", '{"instance_types": ["ml.g6e.xlarge"]}')
    assert result.exit_code == 1
    assert "infra/ops/prices.toml" in result.output


def test_drain_goes_in_order(monkeypatch):
    done = []
    for name in ("stop_accepting", "hold_at_zero", "let_scale", "start_accepting"):
        monkeypatch.setattr(module.drains, name, lambda _, name=name: done.append(name))
    monkeypatch.setattr(module.drains, "wait_until_empty", lambda _, **__: done.append("wait"))
    assert run("drain").exit_code == 0
    assert done == ["stop_accepting", "wait", "hold_at_zero"]
    assert run("drain", "--resume").exit_code == 0
    assert done[3:] == ["let_scale", "start_accepting"]


def test_a_drain_that_fails_holds_nothing(monkeypatch):
    def fail(_, **__):
        raise OpsError("2 jobs are still active", "wait")

    held = []
    monkeypatch.setattr(module.drains, "stop_accepting", lambda _: None)
    monkeypatch.setattr(module.drains, "wait_until_empty", fail)
    monkeypatch.setattr(module.drains, "hold_at_zero", held.append)
    result = run("drain")
    assert (result.exit_code, held) == (1, [])
    assert "error: 2 jobs are still active\nfix: wait" in result.output


def test_log_text_cannot_steer_the_terminal(monkeypatch):
    from datetime import UTC, datetime

    line = module.job_logs.LogLine(
        datetime(2026, 11, 21, tzinfo=UTC), "process", "a\x1b[2Jb", {"level": "INFO"}
    )
    monkeypatch.setattr(module.job_logs, "job_lines", lambda *_: [line])
    result = run("logs", "1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed")
    assert result.exit_code == 0
    assert "process   INFO    a\\x1b[2Jb" in result.output
    monkeypatch.setattr(module.job_logs, "job_lines", lambda *_: [])
    assert run("logs", "1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed").exit_code == 1
    assert run("logs", "no job").exit_code == 1
