"""S3: fetches the source, stores what a job produced."""

import base64
import hashlib
import logging
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError, HTTPClientError, IncompleteReadError

from contract.errors import ErrorCode, StemFoundryError
from contract.inference import ResultFile, Source
from contract.limits import MEBIBYTE, PART_SIZE_BYTES

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef, GetObjectOutputTypeDef

_logger = logging.getLogger(__name__)

_CHUNK_BYTES = MEBIBYTE
_MAX_RESUMPTIONS = 3
# One PUT, with the checksum of the whole object verified by S3, up to the size it allows.
_MAX_SINGLE_PUT_BYTES = 5 * 1024 * MEBIBYTE
_MISSING_STATUSES = frozenset({403, 404})
_CHANGED_STATUS = 412


class ObjectStore:
    """The audio bucket. Safe to use from several threads."""

    def __init__(self, client: "S3Client", bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    @classmethod
    def connect(cls, bucket: str) -> "ObjectStore":
        """Build from the process's AWS settings."""
        return cls(_client(), bucket)

    def fetch(
        self,
        source: Source,
        target: Path,
        *,
        max_bytes: int,
        on_bytes: Callable[[int], None] = lambda _: None,
    ) -> None:
        """Download exactly the object that was verified before.

        Args:
            source: key and ETag.
            target: file to write.
            max_bytes: largest object accepted.
            on_bytes: told the bytes that have arrived; what it raises ends the download.

        Raises:
            StemFoundryError: ``source_missing``, ``source_changed`` or ``file_too_large``.
            botocore.exceptions.BotoCoreError, ClientError: S3 cannot be reached or fails.
        """
        received = 0
        with target.open("wb") as file:
            for resumption in range(_MAX_RESUMPTIONS + 1):
                answer = self._get(source, received)
                total = received + answer["ContentLength"]
                if total > max_bytes:
                    raise StemFoundryError(
                        ErrorCode.FILE_TOO_LARGE, f"The file is larger than {max_bytes} bytes."
                    )
                try:
                    for chunk in answer["Body"].iter_chunks(_CHUNK_BYTES):
                        file.write(chunk)
                        received += len(chunk)
                        on_bytes(received)
                except (HTTPClientError, IncompleteReadError):
                    if resumption == _MAX_RESUMPTIONS:
                        raise
                    _logger.warning("download broke off, resuming", extra={"received_bytes": received})
                    continue
                return

    def _get(self, source: Source, start: int) -> "GetObjectOutputTypeDef":
        etag = f'"{source.etag.strip(chr(34))}"'
        try:
            if start:
                return self._client.get_object(
                    Bucket=self._bucket, Key=source.key, IfMatch=etag, Range=f"bytes={start}-"
                )
            return self._client.get_object(Bucket=self._bucket, Key=source.key, IfMatch=etag)
        except ClientError as error:
            status = error.response["ResponseMetadata"]["HTTPStatusCode"]
            # Without permission to list the bucket, S3 answers 403 for an object that does not exist.
            if status in _MISSING_STATUSES:
                raise StemFoundryError(
                    ErrorCode.SOURCE_MISSING, "The uploaded file no longer exists. Upload it again."
                ) from error
            if status == _CHANGED_STATUS:
                raise StemFoundryError(
                    ErrorCode.SOURCE_CHANGED,
                    "The uploaded file was replaced after the job was made. Start a new job.",
                ) from error
            raise

    def store(self, path: Path, key: str, content_type: str) -> ResultFile:
        """Upload a file; S3 verifies its SHA-256.

        Raises:
            botocore.exceptions.BotoCoreError, ClientError: S3 cannot be reached or fails.
        """
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256")
            size = file.tell()
            file.seek(0)
            if size <= _MAX_SINGLE_PUT_BYTES:
                self._client.put_object(
                    Bucket=self._bucket,
                    Key=key,
                    Body=file,
                    ContentType=content_type,
                    ChecksumSHA256=base64.b64encode(digest.digest()).decode(),
                )
            else:
                # In parts, each with its own checksum.
                self._client.upload_fileobj(
                    file,
                    self._bucket,
                    key,
                    ExtraArgs={"ContentType": content_type, "ChecksumAlgorithm": "SHA256"},
                )
        return ResultFile(key=key, size_bytes=size, sha256=digest.hexdigest())

    def store_stream(self, chunks: Iterable[bytes], key: str, content_type: str) -> ResultFile:
        """Upload what is made on the fly; at most one part of it is held in memory.

        S3 verifies the SHA-256 of every part. Whatever ends the upload early, also an error of ``chunks``,
        leaves no object and no parts behind.

        Raises:
            botocore.exceptions.BotoCoreError, ClientError: S3 cannot be reached or fails.
        """
        upload_id = self._client.create_multipart_upload(
            Bucket=self._bucket, Key=key, ContentType=content_type, ChecksumAlgorithm="SHA256"
        )["UploadId"]
        try:
            return self._store_parts(chunks, key, upload_id)
        except BaseException:
            self._abort(key, upload_id)
            raise

    def _store_parts(self, chunks: Iterable[bytes], key: str, upload_id: str) -> ResultFile:
        digest, size = hashlib.sha256(), 0
        parts: list[CompletedPartTypeDef] = []
        for number, content in enumerate(_parts(chunks), start=1):
            digest.update(content)
            size += len(content)
            checksum = base64.b64encode(hashlib.sha256(content).digest()).decode()
            answer = self._client.upload_part(
                Bucket=self._bucket,
                Key=key,
                UploadId=upload_id,
                PartNumber=number,
                Body=content,
                ChecksumSHA256=checksum,
            )
            parts.append({"PartNumber": number, "ETag": answer["ETag"], "ChecksumSHA256": checksum})
        self._client.complete_multipart_upload(
            Bucket=self._bucket, Key=key, UploadId=upload_id, MultipartUpload={"Parts": parts}
        )
        return ResultFile(key=key, size_bytes=size, sha256=digest.hexdigest())

    def _abort(self, key: str, upload_id: str) -> None:
        """Give up an upload. A failure is logged only: the bucket's lifecycle rule removes what stays."""
        try:
            self._client.abort_multipart_upload(Bucket=self._bucket, Key=key, UploadId=upload_id)
        except Exception:
            _logger.exception("an upload could not be given up", extra={"key": key})

    def remove(self, key: str) -> None:
        """Delete an object; one that does not exist is no error."""
        self._client.delete_object(Bucket=self._bucket, Key=key)


def _parts(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in pieces of the size of a part; one at least, which may be empty."""
    buffer, is_first = bytearray(), True
    for chunk in chunks:
        buffer += chunk
        while len(buffer) > PART_SIZE_BYTES:
            yield bytes(buffer[:PART_SIZE_BYTES])
            del buffer[:PART_SIZE_BYTES]
            is_first = False
    if buffer or is_first:
        yield bytes(buffer)


def _client() -> "S3Client":
    endpoint_is_custom = any(os.environ.get(name) for name in ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"))
    return boto3.client(
        "s3",
        config=Config(
            # Host names of buckets resolve on AWS only.
            s3={"addressing_style": "path" if endpoint_is_custom else "virtual"},
            signature_version="s3v4",
            connect_timeout=5,
            read_timeout=60,
            retries={"mode": "standard", "max_attempts": 5},
        ),
    )
