"""The smoke test that the build runs against the image, against the server of this environment."""

import socket
import sys

import pytest

from sagemaker_container import smoke

SERVER = [sys.executable, "-m", "sagemaker_container.serve", "serve"]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(autouse=True)
def _as_in_the_image(monkeypatch, tmp_path):
    monkeypatch.setenv("MODEL_DIRECTORY", str(tmp_path))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")


def test_the_bundled_model_separates_a_tone(capsys):
    status = smoke.main(["--port", str(free_port()), "--timeout", "120", "--", *SERVER])
    assert status == 0
    assert "foundry_4s separated in" in capsys.readouterr().out


def test_a_container_that_ends_fails(capsys):
    status = smoke.main(["--port", str(free_port()), "--", sys.executable, "-c", "raise SystemExit(3)"])
    assert status == 1
    assert "the container ended with status 3" in capsys.readouterr().err


def test_a_container_without_its_weights_fails(capsys):
    options = ["--port", str(free_port()), "--timeout", "10", "--model", "htdemucs"]
    assert smoke.main([*options, "--", *SERVER]) == 1
    assert "/ping was not healthy within 10 s" in capsys.readouterr().err


def test_the_variables_are_those_the_container_reads():
    values = smoke._environment("foundry_4s", "http://127.0.0.1:1", 8080, "smoke-1")
    assert tuple(values) == smoke.VARIABLES
    assert (values["PRELOAD_MODEL"], values["REQUIRE_GPU"], values["PORT"]) == ("foundry_4s", "false", "8080")
    assert values["AWS_ENDPOINT_URL"] == "http://127.0.0.1:1"
