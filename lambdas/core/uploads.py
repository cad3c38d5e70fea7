"""Uploads: announce, sign, list, verify and give up. The bytes never pass through here."""

from math import ceil
from uuid import uuid4

from contract import api, keys, transitions
from contract.audio import is_accepted_content_type
from contract.errors import ErrorCode, StemFoundryError
from contract.limits import PART_SIZE_BYTES, SINGLE_PUT_BELOW_BYTES, Limits
from contract.records import UploadRecord
from contract.states import UploadState
from lambdas.core.clock import instant
from lambdas.core.filenames import display_name
from lambdas.core.ports import (
    ObjectChangedError,
    ObjectMissingError,
    ObjectStore,
    PresignedRequest,
    StoredObject,
    StoredPart,
    UploadTable,
)


def part_count(record: UploadRecord) -> int:
    """Number of parts of a multipart upload."""
    return ceil(record.size_bytes / PART_SIZE_BYTES)


def part_size(record: UploadRecord, part_number: int) -> int:
    """Bytes of one part; the last one is the rest."""
    return min(PART_SIZE_BYTES, record.size_bytes - (part_number - 1) * PART_SIZE_BYTES)


def create_upload(
    owner: str, body: api.CreateUpload, *, table: UploadTable, objects: ObjectStore, limits: Limits, now: int
) -> api.Upload:
    """Check what is announced and open an upload.

    Raises:
        StemFoundryError: ``file_empty``, ``file_too_large`` or ``unsupported_media_type``.
    """
    _check_announcement(body, limits)
    upload_id = str(uuid4())
    key = keys.upload_source(upload_id)
    single_put = None
    multipart_id = None
    if body.size_bytes < SINGLE_PUT_BELOW_BYTES:
        single_put = objects.presign_put(
            key,
            size_bytes=body.size_bytes,
            content_type=body.content_type,
            sha256=body.sha256,
            expires_in=limits.upload_link_seconds,
        )
    else:
        multipart_id = objects.create_multipart(key, content_type=body.content_type)
    record = UploadRecord(
        upload_id=upload_id,
        owner=owner,
        state=UploadState.OPEN,
        filename=display_name(body.filename),
        size_bytes=body.size_bytes,
        content_type=body.content_type,
        sha256=body.sha256,
        multipart_id=multipart_id,
        created_at=now,
        link_expires_at=now + limits.upload_link_seconds * 1000,
        retention_ends_at=now // 1000 + limits.upload_retention_hours * 3600,
    )
    table.put_upload(record)
    return upload_view(record, single_put)


def _check_announcement(body: api.CreateUpload, limits: Limits) -> None:
    if body.size_bytes == 0:
        raise StemFoundryError(ErrorCode.FILE_EMPTY, "The file is empty (0 bytes). Choose another one.")
    if body.size_bytes > limits.max_upload_bytes:
        raise StemFoundryError(
            ErrorCode.FILE_TOO_LARGE,
            f"The file has {body.size_bytes:,} bytes; at most {limits.max_upload_bytes:,} are accepted.",
        )
    if not is_accepted_content_type(body.content_type):
        raise StemFoundryError(
            ErrorCode.UNSUPPORTED_MEDIA_TYPE,
            f"{body.content_type} is neither audio nor video. Send a song, for example audio/mpeg.",
        )


def upload_view(record: UploadRecord, single_put: PresignedRequest | None = None) -> api.Upload:
    """An upload as its owner sees it; only the answer to its creation carries a link."""
    multipart = record.multipart_id is not None
    return api.Upload.model_validate(
        {
            "upload_id": record.upload_id,
            "state": record.state,
            "method": "multipart" if multipart else "put",
            "size_bytes": record.size_bytes,
            "url": single_put.url if single_put else None,
            "headers": dict(single_put.headers) if single_put else None,
            "part_size_bytes": PART_SIZE_BYTES if multipart else None,
            "part_count": part_count(record) if multipart else None,
            "expires_at": instant(record.link_expires_at),
        }
    )


def own_upload(owner: str, upload_id: str, *, table: UploadTable, now: int) -> UploadRecord:
    """Read an upload of this owner.

    Raises:
        StemFoundryError: ``upload_not_found`` (also for another owner's), ``upload_expired``.
    """
    record = table.get_upload(upload_id)
    if record is None or record.owner != owner:
        raise StemFoundryError(
            ErrorCode.UPLOAD_NOT_FOUND, f"There is no upload {upload_id}. Create one with POST /v1/uploads."
        )
    if record.state is UploadState.EXPIRED or record.retention_ends_at <= now // 1000:
        raise StemFoundryError(
            ErrorCode.UPLOAD_EXPIRED, f"The upload {upload_id} has expired. Upload the file again."
        )
    return record


def _require_open_multipart(record: UploadRecord) -> str:
    if record.multipart_id is None:
        raise StemFoundryError(
            ErrorCode.UPLOAD_NOT_MULTIPART,
            f"The upload {record.upload_id} is a single PUT to the link of its creation, without parts.",
        )
    if record.state is not UploadState.OPEN:
        raise StemFoundryError(
            ErrorCode.UPLOAD_CLOSED, f"The upload {record.upload_id} is already {record.state}."
        )
    return record.multipart_id


def sign_parts(
    record: UploadRecord, part_numbers: list[int], *, objects: ObjectStore, limits: Limits, now: int
) -> api.SignedParts:
    """Sign links for parts.

    Raises:
        StemFoundryError: ``upload_closed``, ``upload_not_multipart`` or ``part_number_out_of_range``.
    """
    multipart_id = _require_open_multipart(record)
    last = part_count(record)
    beyond = [number for number in part_numbers if number > last]
    if beyond:
        raise StemFoundryError(
            ErrorCode.PART_NUMBER_OUT_OF_RANGE,
            f"Part {beyond[0]} does not exist; this upload has parts 1 to {last}.",
        )
    key = keys.upload_source(record.upload_id)
    signed = []
    for number in dict.fromkeys(part_numbers):
        request = objects.presign_part(
            key,
            multipart_id,
            number,
            size_bytes=part_size(record, number),
            expires_in=limits.upload_link_seconds,
        )
        signed.append({"part_number": number, "url": request.url, "headers": dict(request.headers)})
    return api.SignedParts.model_validate(
        {"parts": signed, "expires_at": instant(now + limits.upload_link_seconds * 1000)}
    )


def list_parts(record: UploadRecord, *, objects: ObjectStore) -> api.UploadedParts:
    """List what has arrived.

    Raises:
        StemFoundryError: ``upload_not_multipart``.
    """
    if record.multipart_id is None:
        _require_open_multipart(record)
    stored: list[StoredPart] = []
    if record.state is UploadState.OPEN and record.multipart_id:
        try:
            stored = objects.list_parts(keys.upload_source(record.upload_id), record.multipart_id)
        except ObjectMissingError:
            stored = []
    return api.UploadedParts.model_validate(
        {
            "upload_id": record.upload_id,
            "state": record.state,
            "part_size_bytes": PART_SIZE_BYTES,
            "part_count": part_count(record),
            "parts": [
                {"part_number": part.part_number, "size_bytes": part.size_bytes, "etag": part.etag}
                for part in stored
            ],
        }
    )


def complete_upload(
    record: UploadRecord, body: api.CompleteUpload | None, *, table: UploadTable, objects: ObjectStore
) -> api.Upload:
    """Verify that S3 holds exactly the announced bytes and close the upload. Safe to repeat.

    Raises:
        StemFoundryError: ``upload_closed``, ``upload_incomplete``, ``upload_size_mismatch`` or
            ``upload_checksum_mismatch``.
    """
    if record.state is UploadState.COMPLETE:
        return upload_view(record)
    if record.state is not UploadState.OPEN:
        raise StemFoundryError(
            ErrorCode.UPLOAD_CLOSED, f"The upload {record.upload_id} is {record.state}. Create a new one."
        )
    if record.multipart_id is not None:
        _close_multipart(record, record.multipart_id, body, objects)
    stored = _verified_object(record, objects)
    closed = table.update_upload(
        transitions.close_upload(
            record.upload_id, UploadState.COMPLETE, etag=stored.etag, checksum=stored.checksum
        )
    )
    if closed is None:
        closed = table.get_upload(record.upload_id)
    if closed is None or closed.state is not UploadState.COMPLETE:
        raise StemFoundryError(
            ErrorCode.UPLOAD_CLOSED,
            f"The upload {record.upload_id} was given up meanwhile. Create a new one.",
        )
    return upload_view(closed)


def _close_multipart(
    record: UploadRecord, multipart_id: str, body: api.CompleteUpload | None, objects: ObjectStore
) -> None:
    key = keys.upload_source(record.upload_id)
    try:
        stored = objects.list_parts(key, multipart_id)
        arrived = {part.part_number: part for part in stored}
        missing = [
            number
            for number in range(1, part_count(record) + 1)
            if number not in arrived or arrived[number].size_bytes != part_size(record, number)
        ]
        if missing:
            listed = ", ".join(map(str, missing[:10])) + (" …" if len(missing) > 10 else "")
            raise StemFoundryError(
                ErrorCode.UPLOAD_INCOMPLETE,
                f"Parts are missing or incomplete: {listed}. Send them, then complete.",
            )
        _check_claimed_parts(body, arrived)
        objects.complete_multipart(
            key, multipart_id, (arrived[number] for number in sorted(arrived)), size_bytes=record.size_bytes
        )
    except ObjectMissingError:
        # An earlier completion may have reached S3 without its answer reaching us: the object decides.
        return
    except ObjectChangedError as error:
        raise StemFoundryError(
            ErrorCode.UPLOAD_SIZE_MISMATCH,
            f"S3 refused to join the parts: {error}. List the parts and send again.",
        ) from error


def _check_claimed_parts(body: api.CompleteUpload | None, arrived: dict[int, StoredPart]) -> None:
    for claimed in (body.parts if body else None) or []:
        part = arrived.get(claimed.part_number)
        if part is None or part.etag.strip('"') != claimed.etag.strip('"'):
            raise StemFoundryError(
                ErrorCode.UPLOAD_CHECKSUM_MISMATCH,
                f"Part {claimed.part_number} in S3 is not the one you name. Send that part again.",
            )


def _verified_object(record: UploadRecord, objects: ObjectStore) -> StoredObject:
    try:
        stored = objects.head(keys.upload_source(record.upload_id))
    except ObjectMissingError:
        raise StemFoundryError(
            ErrorCode.UPLOAD_INCOMPLETE, "The file has not arrived in S3. Send it to the link, then complete."
        ) from None
    if stored.size_bytes != record.size_bytes:
        raise StemFoundryError(
            ErrorCode.UPLOAD_SIZE_MISMATCH,
            f"S3 holds {stored.size_bytes:,} bytes, {record.size_bytes:,} were announced. Upload again.",
        )
    return stored


def abort_upload(record: UploadRecord, *, table: UploadTable, objects: ObjectStore) -> api.Upload:
    """Give an open upload up and remove what has arrived. Safe to repeat.

    Raises:
        StemFoundryError: ``upload_closed`` when it is complete; delete its jobs instead.
    """
    closed = table.update_upload(transitions.close_upload(record.upload_id, UploadState.ABORTED))
    current = closed or table.get_upload(record.upload_id) or record
    if current.state is UploadState.COMPLETE:
        raise StemFoundryError(
            ErrorCode.UPLOAD_CLOSED,
            f"The upload {record.upload_id} is complete. It is removed with its job or after its retention.",
        )
    key = keys.upload_source(record.upload_id)
    if record.multipart_id is not None:
        objects.abort_multipart(key, record.multipart_id)
    objects.delete(key)
    return upload_view(current)
