"""The code every Lambda function runs: one folder, assembled from the checkout without a network.

It holds `contract`, `lambdas`, the OpenAPI document and PyJWT, all of them pure Python, so that the same
folder runs on arm64 and on the machine that built it. Powertools and pydantic come from a layer, boto3 from
the runtime.
"""

import hashlib
import importlib.metadata
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

REPOSITORY = Path(__file__).resolve().parent.parent
STAGING = REPOSITORY / "build" / "lambda"

_PACKAGES = ("contract", "lambdas")
_VENDORED_DISTRIBUTION = "PyJWT"
_VENDORED_PACKAGE = "jwt"
_OPENAPI_DOCUMENT = REPOSITORY / "docs" / "openapi.json"

Files = dict[PurePosixPath, bytes]


def stage_lambda_code() -> Path:
    """Assemble the folder, named after its content.

    The name makes concurrent runs safe: a finished folder never changes, and one being written is renamed
    into place only when complete.

    Returns:
        The folder to be used as the asset of every function.

    Raises:
        FileNotFoundError: PyJWT is not installed in this environment.
    """
    files = _files()
    target = STAGING / _digest(files)
    if target.is_dir():
        return target
    STAGING.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=STAGING, prefix=".partial-") as partial:
        assembled = Path(partial) / "code"
        for name, content in files.items():
            path = assembled / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        try:
            assembled.rename(target)
        except OSError:
            # Another process finished the same content first.
            if not target.is_dir():
                raise
    return target


def _files() -> Files:
    """Everything the folder holds, in a fixed order."""
    found = dict(_own_files()) | dict(_vendored_files())
    if _OPENAPI_DOCUMENT.is_file():
        found[PurePosixPath("openapi.json")] = _OPENAPI_DOCUMENT.read_bytes()
    return dict(sorted(found.items()))


def _own_files() -> Iterator[tuple[PurePosixPath, bytes]]:
    for package in _PACKAGES:
        for path in (REPOSITORY / package).rglob("*"):
            name = path.relative_to(REPOSITORY)
            if path.is_file() and "__pycache__" not in name.parts:
                yield PurePosixPath(name.as_posix()), path.read_bytes()


def _vendored_files() -> Iterator[tuple[PurePosixPath, bytes]]:
    """PyJWT's modules as installed here, with its licence beside them."""
    try:
        distribution = importlib.metadata.distribution(_VENDORED_DISTRIBUTION)
    except importlib.metadata.PackageNotFoundError as error:
        message = "PyJWT is not installed: install the project with its `lambdas` extra"
        raise FileNotFoundError(message) from error
    for file in distribution.files or ():
        name = PurePosixPath(os.fspath(file))
        is_module = name.parts[0] == _VENDORED_PACKAGE and name.suffix == ".py"
        if is_module:
            yield name, file.read_binary()
        elif name.name.upper().startswith("LICENSE"):
            yield PurePosixPath(_VENDORED_PACKAGE, name.name), file.read_binary()


def _digest(files: Files) -> str:
    """Fingerprint of names and contents."""
    total = hashlib.sha256()
    for name, content in files.items():
        total.update(f"{name}\0{len(content)}\0".encode())
        total.update(content)
    return total.hexdigest()[:16]
