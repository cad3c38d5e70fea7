"""The commands that render songs and speak phrases."""

import multiprocessing

import pytest

from training import demo_song
from training.data import rendering, song_sets
from training.data.__main__ import main
from training.data.programs import ProgramError
from training.data.singing import bank, voices
from training.data.singing.__main__ import main as speak_all

needs_fork = pytest.mark.skipif(
    multiprocessing.get_start_method() != "fork", reason="workers must see what is patched"
)


@pytest.fixture
def without_soundfonts(monkeypatch):
    monkeypatch.setattr(rendering, "SOUNDFONT_FOLDERS", ())


@pytest.fixture
def without_programs(tmp_path, monkeypatch):
    for name in (*song_sets.load_song_sets().training.soundfonts, demo_song.SOUNDFONT):
        (tmp_path / name).touch()
    monkeypatch.setattr(rendering, "SOUNDFONT_FOLDERS", (tmp_path,))
    monkeypatch.setenv("PATH", "")


@needs_fork
@pytest.mark.parametrize("missing", ["without_soundfonts", "without_programs"])
def test_missing_packages_are_told_in_one_line(missing, request, tmp_path, monkeypatch, capsys):
    request.getfixturevalue(missing)
    monkeypatch.setattr(song_sets, "DATA_FOLDER", tmp_path / "data")

    with pytest.raises(SystemExit) as exit_status:
        main(["training", "--clips", "1", "--processes", "1"])

    assert exit_status.value.code == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "is not installed; training/README.md lists the packages" in error
    assert list(tmp_path.rglob("*.npy")) == []


@pytest.mark.parametrize("missing", ["without_soundfonts", "without_programs"])
def test_the_demo_song_tells_missing_packages_in_one_line_and_leaves_the_old_one(missing, request):
    request.getfixturevalue(missing)
    kept = demo_song.SONG_FILE.read_bytes()

    with pytest.raises(SystemExit, match=r"^python -m training.demo_song: .* is not installed; .* packages$"):
        demo_song.main()

    assert demo_song.SONG_FILE.read_bytes() == kept


@pytest.fixture
def without_voices(tmp_path, monkeypatch):
    monkeypatch.setattr(bank, "FOLDER", tmp_path)
    monkeypatch.setenv("PATH", "")
    bank.phrases.cache_clear()
    yield
    bank.phrases.cache_clear()


@pytest.mark.usefixtures("without_voices")
def test_missing_voices_are_told_in_one_line():
    with pytest.raises(SystemExit, match=r"^python -m training.data.singing: .* lists the Debian packages$"):
        speak_all()


@pytest.mark.usefixtures("without_voices")
def test_a_missing_voice_is_a_missing_program_to_the_command_that_renders_songs():
    with pytest.raises(ProgramError, match=r"has no voice .*: training/README.md"):
        bank.phrases(voices.VOICES["training"][0])
