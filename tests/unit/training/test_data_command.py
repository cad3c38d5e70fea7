"""The command that renders songs."""

import multiprocessing

import pytest

from training.data import rendering, song_sets
from training.data.__main__ import main


@pytest.mark.skipif(multiprocessing.get_start_method() != "fork", reason="workers must see what is patched")
def test_missing_packages_are_told_in_one_line(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(song_sets, "DATA_FOLDER", tmp_path)
    monkeypatch.setattr(rendering, "SOUNDFONT_FOLDERS", ())

    with pytest.raises(SystemExit) as exit_status:
        main(["training", "--clips", "1", "--processes", "1"])

    assert exit_status.value.code == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "is not installed; training/README.md lists the packages" in error
    assert list(tmp_path.rglob("*.npy")) == []
