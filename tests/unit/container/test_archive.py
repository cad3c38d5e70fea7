"""The archive opens everywhere, holds what it should, and knows its size in advance."""

import io
import shutil
import subprocess
import zipfile
import zlib
from datetime import UTC, datetime

import pytest

from sagemaker_container.separation import archive as archive_module
from sagemaker_container.separation.archive import StoredArchive

MOMENT = datetime(2026, 11, 21, 9, 2, 31, tzinfo=UTC)


@pytest.fixture
def files(tmp_path):
    contents = {"vocals.wav": b"v" * 3_000_000, "drums.wav": bytes(range(256)) * 10, "bass.wav": b""}
    paths = {}
    for name, content in contents.items():
        paths[name] = tmp_path / f"source-{name}"
        paths[name].write_bytes(content)
    return paths


def archived(files, **options):
    archive = StoredArchive(files, MOMENT, **options)
    content = b"".join(archive.chunks())
    assert len(content) == archive.size_bytes
    return content


def assert_holds(content, files):
    with zipfile.ZipFile(io.BytesIO(content)) as opened:
        assert opened.namelist() == list(files)
        assert opened.testzip() is None
        for name, path in files.items():
            assert opened.read(name) == path.read_bytes()


def test_it_holds_the_files_as_they_are(files):
    content = archived(files)
    assert_holds(content, files)
    with zipfile.ZipFile(io.BytesIO(content)) as opened:
        for entry in opened.infolist():
            assert entry.compress_type == zipfile.ZIP_STORED
            assert entry.date_time == (2026, 11, 21, 9, 2, 30)
            assert entry.flag_bits == 0
            assert entry.external_attr >> 16 == 0o100644


@pytest.mark.parametrize("sizes", [(2**32 + 5, 10), (2**32, 0), (10, 2**32 - 2, 7)])
def test_headers_of_large_files_can_be_read(sizes, tmp_path):
    """The files are holes and not read: only what stands around them is under test."""
    path = tmp_path / "archive.zip"
    members, offset = [], 0
    for number, size in enumerate(sizes):
        checksum = zlib.crc32(bytes(size)) if size < 100 else 0
        member = archive_module._Member(f"{number}.wav".encode(), path, size, checksum, offset)
        members.append(member)
        offset = member.end
    time = archive_module._dos_time(MOMENT)
    with path.open("wb") as file:
        for member in members:
            file.seek(member.offset)
            file.write(archive_module._local_header(member, time))
        file.seek(offset)
        file.write(archive_module._directory(members, time))
    with zipfile.ZipFile(path) as opened:
        assert [entry.file_size for entry in opened.infolist()] == list(sizes)
        assert [entry.header_offset for entry in opened.infolist()] == [member.offset for member in members]
        for entry in opened.infolist():
            with opened.open(entry) as stream:
                assert stream.read(1) == (b"\0" if entry.file_size else b"")
    if unzip := shutil.which("unzip"):
        listing = subprocess.run([unzip, "-l", path], capture_output=True, text=True, check=True).stdout
        assert str(sizes[0]) in listing


@pytest.mark.skipif(shutil.which("unzip") is None, reason="needs Info-ZIP")
def test_info_zip_finds_no_fault(files, tmp_path):
    path = tmp_path / "archive.zip"
    path.write_bytes(archived(files))
    done = subprocess.run(["unzip", "-t", path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert "No errors" in done.stdout


@pytest.mark.parametrize("name", ["", "../vocals.wav", "a/b", "Vocals.wav", "x" * 65, ".hidden", "a\n"])
def test_only_plain_names_are_allowed(files, name):
    with pytest.raises(ValueError, match="is no name"):
        StoredArchive({name: files["drums.wav"]}, MOMENT)


@pytest.mark.parametrize("change", [b"", b"other content"])
def test_a_file_that_changes_is_noticed(files, change):
    archive = StoredArchive(files, MOMENT)
    files["drums.wav"].write_bytes(change)
    with pytest.raises(RuntimeError, match=r"drums\.wav has changed"):
        list(archive.chunks())


def test_the_checkpoint_ends_the_work(files):
    class StopError(Exception):
        pass

    def stop():
        raise StopError

    with pytest.raises(StopError):
        StoredArchive(files, MOMENT, stop)


def test_no_files_are_an_empty_archive():
    assert_holds(archived({}), {})
