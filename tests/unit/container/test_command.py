"""The engine as a command, without any service."""

import json

import pytest

from contract.report import Report
from sagemaker_container.separation.__main__ import main

from .audio_files import RATE, noise, write


@pytest.fixture
def song(tmp_path):
    return write(tmp_path / "song.wav", noise(RATE))


def test_stems_and_report(song, tmp_path, model_directory, capsys):
    out = tmp_path / "made" / "here"
    options = ["--model", "small", "--model-directory", str(model_directory), "--format", "flac"]
    assert main([str(song), str(out), *options, "--stems", "bass,vocals", "--no-previews", "--json"]) == 0
    report = Report.model_validate(json.loads(capsys.readouterr().out))
    assert report.samples == RATE
    assert sorted(path.name for path in out.iterdir()) == ["bass.flac", "vocals.flac"]


def test_paths_may_be_relative(song, tmp_path, model_directory, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main([song.name, "out", "--model", "small", "--model-directory", str(model_directory)]) == 0
    assert (tmp_path / "out" / "vocals.wav").exists()


def test_previews_are_made_unless_refused(song, tmp_path, model_directory):
    options = ["--model", "small", "--model-directory", str(model_directory), "--no-analysis"]
    assert main([str(song), str(tmp_path / "out"), *options]) == 0
    assert (tmp_path / "out" / "preview-index.json").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [(["--model", "none"], "There is no model 'none'"), (["--stems", "piano"], "does not give piano")],
)
def test_what_cannot_be_done_is_said_in_one_line(song, tmp_path, capsys, options, message):
    assert main([str(song), str(tmp_path), *options]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert message in line


@pytest.mark.parametrize("options", [["--stems", "nothing"], ["--bit-depth", "32", "--format", "flac"]])
def test_a_wrong_call(song, tmp_path, options):
    with pytest.raises(SystemExit) as ended:
        main([str(song), str(tmp_path), *options])
    assert ended.value.code == 2


def test_a_missing_song(tmp_path):
    with pytest.raises(SystemExit) as ended:
        main([str(tmp_path / "none.wav"), str(tmp_path)])
    assert ended.value.code == 2
