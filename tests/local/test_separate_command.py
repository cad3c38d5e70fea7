"""``python -m local separate``: the first run starts the service, the second finds it ready."""

import subprocess
import sys
from pathlib import Path

import soundfile

from local.lock import StateLock

from .audio_files import music, write
from .ports import free_ports


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    # Captured output also shows that the service left behind holds on to none of the command's streams.
    return subprocess.run(
        [sys.executable, "-m", "local", *arguments], capture_output=True, text=True, timeout=180, check=False
    )


def test_the_service_stays_ready_for_the_next_song(tmp_path: Path) -> None:
    state = tmp_path / "state"
    web, aws, endpoint, container = free_ports(4)
    options = [
        f"--state-directory={state}",
        f"--web-port={web}",
        f"--aws-port={aws}",
        f"--endpoint-port={endpoint}",
        f"--container-port={container}",
    ]
    song = write(tmp_path / "a song.wav", music(2))
    try:
        first = run("separate", *options, "--out", str(tmp_path / "one"), "--stems", "bass", "--", str(song))
        assert first.returncode == 0, first.stderr
        assert "make down" in first.stderr
        running = StateLock(state).holder()
        assert running is not None
        assert running.ends_when_idle
        second = run(
            "separate", *options, "--out", str(tmp_path / "two"), "--format", "flac", "--", str(song)
        )
        assert second.returncode == 0, second.stderr
        assert StateLock(state).holder() == running, "the same service"
        assert soundfile.info(tmp_path / "one" / "bass.wav").frames == 2 * 44_100
        assert {path.name for path in (tmp_path / "two").iterdir()} == {
            "vocals.flac",
            "drums.flac",
            "bass.flac",
            "other.flac",
            "report.json",
        }
        bad = tmp_path / "letter.mp3"
        bad.write_text("not a song")
        failed = run("separate", *options, "--out", str(tmp_path / "three"), "--", str(bad))
        assert failed.returncode == 3
        assert "(not_audio)" in failed.stderr
    finally:
        ended = run("down", *options)
    assert ended.returncode == 0, ended.stderr
    assert StateLock(state).holder() is None


def test_a_service_that_cannot_start_says_why(tmp_path: Path) -> None:
    web, aws, endpoint, container = free_ports(4)
    failed = run(
        "separate",
        f"--state-directory={tmp_path / 'state'}",
        f"--web-port={web}",
        f"--aws-port={aws}",
        f"--endpoint-port={endpoint}",
        f"--container-port={container}",
        f"--aws-python={tmp_path / 'no-python'}",
    )
    assert failed.returncode == 1
    assert "no-python" in failed.stderr
    assert "Traceback" not in failed.stderr
