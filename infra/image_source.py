"""What the build of the container's image needs, as one archive."""

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent

_FILES = (".dockerignore", "buildspec.yml")
_FOLDERS = ("client/stem_foundry", "contract", "sagemaker_container")
# The same archive on every machine and day.
_TIME = (1980, 1, 1, 0, 0, 0)
_PERMISSIONS = 0o644 << 16


def source_files(repository: Path = REPOSITORY) -> list[Path]:
    """Paths of all sources, relative to the repository and sorted."""
    return sorted(_found(repository))


def _found(repository: Path) -> Iterator[Path]:
    yield from (Path(name) for name in _FILES)
    for folder in _FOLDERS:
        for path in (repository / folder).rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                yield path.relative_to(repository)


def source_archive(repository: Path = REPOSITORY) -> bytes:
    """A ZIP archive of all sources; equal sources give equal bytes.

    Raises:
        FileNotFoundError: the checkout is not complete.
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in source_files(repository):
            entry = zipfile.ZipInfo(name.as_posix(), _TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = _PERMISSIONS
            archive.writestr(entry, (repository / name).read_bytes())
    return buffer.getvalue()
