"""Published weights, fetched from their authors and verified."""

import time
from dataclasses import dataclass
from pathlib import Path

import httpx

from contract.api import ModelDescription
from contract.catalogue import Model, WeightsFile, describe, get_model
from contract.environment import default_model_directory
from contract.errors import ErrorCode, StemFoundryError
from contract.registered_models import RegisteredModelsError
from stem_foundry._downloads import make_directory, not_writable
from stem_foundry._errors import BadInput
from stem_foundry._fetch import Fetcher, Remote, file_sha256
from stem_foundry._http import Http
from stem_foundry._problems import storage_error
from stem_foundry._progress import Meter, OnTransfer
from stem_foundry._retry import Sleep

# Far above any published model; a host that sends more is not sending weights.
_MAX_WEIGHTS_BYTES = 4 * 1024**3


@dataclass(frozen=True, slots=True)
class InstalledModel:
    """A model whose weights are on this machine.

    Attributes:
        model: its entry in the catalogue.
        digests: full SHA-256 of each weights file, hexadecimal; empty for a bundled model.
    """

    model: Model
    digests: dict[Path, str]


def own_catalogue() -> list[ModelDescription]:
    """The models that are known here, without asking a service.

    Raises:
        BadInput: ``model_unavailable`` when the file of registered models cannot be used.
    """
    try:
        return describe().models
    except RegisteredModelsError as error:
        raise BadInput(ErrorCode.MODEL_UNAVAILABLE, str(error)) from error


def download_model(
    name: str,
    directory: Path | None = None,
    *,
    on_progress: OnTransfer | None = None,
    timeout: float | httpx.Timeout = 30.0,
    transport: httpx.BaseTransport | None = None,
    sleep: Sleep = time.sleep,
) -> InstalledModel:
    """Fetch the weights of a model of the catalogue, where they are not here already.

    Beside each file lies ``<file>.sha256`` with its full digest, in the format of ``sha256sum``. The
    catalogue knows only the first digits for some files; from the first download on, all are pinned.

    Args:
        name: a model's name; for a bundled one there is nothing to fetch.
        directory: model folder, by default the one the service on this machine reads.
        on_progress: called while bytes move, for each file anew.
        timeout: as for `StemFoundry`.
        transport: as for `StemFoundry`.
        sleep: as for `StemFoundry`.

    Raises:
        BadInput: ``unknown_model``, ``output_not_writable``, or ``model_unavailable`` when nothing says where
            the weights are, or the file of registered models cannot be used.
        ServiceUnreachable: when the publisher's host does not answer.
        TransferFailed: when it refuses, or what it sends is not the known file.
    """
    try:
        model = get_model(name)
    except StemFoundryError as error:
        raise BadInput(error.code, error.message) from error
    except RegisteredModelsError as error:
        raise BadInput(ErrorCode.MODEL_UNAVAILABLE, str(error)) from error
    if model.bundled:
        return InstalledModel(model, {})
    folder = directory or default_model_directory()
    make_directory(folder)
    with Http(timeout=timeout, transport=transport, sleep=sleep) as http:
        try:
            digests = {
                folder / file.name: _install(http, file, folder, on_progress) for file in model.weights
            }
        except OSError as error:
            raise not_writable(folder, error) from error
    return InstalledModel(model, digests)


def _install(http: Http, file: WeightsFile, folder: Path, on_progress: OnTransfer | None) -> str:
    target = folder / file.name
    sidecar = folder / f"{file.name}.sha256"
    expected = _pinned(sidecar) or file.digest
    if target.exists():
        digest = file_sha256(target)
        if digest.startswith(expected) and digest.startswith(file.digest):
            _pin(sidecar, digest, file.name)
            return digest
    if file.url is None:
        raise BadInput(
            ErrorCode.MODEL_UNAVAILABLE,
            f"The catalogue does not say where {file.name} can be fetched. Put that file, with the SHA-256"
            f" {file.digest}, into {folder} and try again.",
        )
    url = file.url
    size = _size(http, url, file.name)
    remote = Remote(
        link=lambda _fresh: url, sha256=file.digest, size_bytes=size, max_bytes=size or _MAX_WEIGHTS_BYTES
    )
    digest = Fetcher(http).fetch(remote, target, Meter("download", size or 0, on_progress))
    _pin(sidecar, digest, file.name)
    return digest


def _size(http: Http, url: str, name: str) -> int | None:
    """Size as the host states it; also the moment to learn that the host cannot be reached."""
    response = http.send("HEAD", url, headers={"Accept-Encoding": "identity"})
    if not response.is_success:
        raise storage_error(response, f"fetch {name} from {httpx.URL(url).host}")
    length = response.headers.get("Content-Length", "")
    size = int(length) if length.isascii() and length.isdigit() else 0
    return size if 0 < size <= _MAX_WEIGHTS_BYTES else None


def _pinned(sidecar: Path) -> str | None:
    try:
        words = sidecar.read_text("ascii", errors="replace").split()
    except FileNotFoundError:
        return None
    return words[0] if words and len(words[0]) == 64 else None


def _pin(sidecar: Path, digest: str, name: str) -> None:
    if _pinned(sidecar) == digest:
        return
    temporary = sidecar.with_name(f".{sidecar.name}.part")
    temporary.write_text(f"{digest}  {name}\n", "ascii")
    temporary.replace(sidecar)
