"""The audio bucket in S3. Every presigned link is made here."""

import base64
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from botocore.exceptions import ClientError

from contract.inference import ResultFile
from lambdas.core.ports import (
    ObjectChangedError,
    ObjectMissingError,
    PresignedRequest,
    Removed,
    StoredObject,
    StoredPart,
)

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

# Without s3:ListBucket a missing object is answered 403, so both mean "not there".
_MISSING = frozenset({"403", "404", "AccessDenied", "NoSuchKey", "NoSuchUpload", "NotFound"})
_CHANGED = frozenset({"InvalidPart", "InvalidPartOrder", "EntityTooSmall", "InvalidRequest", "BadDigest"})


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


class AudioBucket:
    """Implements the port ``ObjectStore`` on one bucket."""

    def __init__(self, client: "S3Client", bucket: str) -> None:
        self._s3 = client
        self._bucket = bucket

    def head(self, key: str) -> StoredObject:
        """Describe an object."""
        try:
            head = self._s3.head_object(Bucket=self._bucket, Key=key, ChecksumMode="ENABLED")
        except ClientError as error:
            raise self._translated(error, key) from error
        return StoredObject(head["ETag"], head["ContentLength"], _full_object_checksum(dict(head)))

    def read(self, location: str) -> bytes:
        """Read a small object by ``s3://`` location."""
        key = self._key(location)
        try:
            return self._s3.get_object(Bucket=self._bucket, Key=key)["Body"].read()
        except ClientError as error:
            raise self._translated(error, key) from error

    def write_json(self, key: str, body: str) -> str:
        """Write a small JSON object and return its ``s3://`` location."""
        self._s3.put_object(Bucket=self._bucket, Key=key, Body=body.encode(), ContentType="application/json")
        return f"s3://{self._bucket}/{key}"

    def copy(self, source: ResultFile, target_key: str) -> None:
        """Copy an object inside the bucket."""
        try:
            self._s3.copy_object(
                Bucket=self._bucket, Key=target_key, CopySource={"Bucket": self._bucket, "Key": source.key}
            )
        except ClientError as error:
            raise self._translated(error, source.key) from error

    def delete_prefix(self, prefix: str) -> Removed:
        """Remove every object under a prefix."""
        removed = Removed()
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix)
        for page in pages:
            found = page.get("Contents", [])
            if not found:
                continue
            answer = self._s3.delete_objects(
                Bucket=self._bucket,
                Delete={"Objects": [{"Key": item["Key"]} for item in found], "Quiet": True},
            )
            if refused := answer.get("Errors"):
                raise RuntimeError(f"S3 did not delete {refused[0].get('Key')}: {refused[0].get('Message')}")
            removed += Removed(len(found), sum(item["Size"] for item in found))
        return removed

    def delete(self, key: str) -> None:
        """Remove one object; none there is fine."""
        self._s3.delete_object(Bucket=self._bucket, Key=key)

    def delete_location(self, location: str) -> None:
        """Remove one object by ``s3://`` location."""
        self.delete(self._key(location))

    def presign_put(
        self, key: str, *, size_bytes: int, content_type: str, sha256: str | None, expires_in: int
    ) -> PresignedRequest:
        """Sign a write-once PUT of exactly this length and type."""
        parameters: dict[str, Any] = {
            "ContentLength": size_bytes,
            "ContentType": content_type,
            "IfNoneMatch": "*",
        }
        headers = {"Content-Type": content_type, "If-None-Match": "*"}
        if sha256 is not None:
            checksum = base64.b64encode(bytes.fromhex(sha256)).decode()
            parameters["ChecksumSHA256"] = checksum
            headers["x-amz-checksum-sha256"] = checksum
        return PresignedRequest(self._sign("put_object", key, expires_in, parameters), headers)

    def presign_part(
        self, key: str, multipart_id: str, part_number: int, *, size_bytes: int, expires_in: int
    ) -> PresignedRequest:
        """Sign the PUT of a part of exactly this length."""
        parameters = {"UploadId": multipart_id, "PartNumber": part_number, "ContentLength": size_bytes}
        return PresignedRequest(self._sign("upload_part", key, expires_in, parameters), {})

    def presign_get(self, key: str, *, filename: str, content_type: str, expires_in: int) -> str:
        """Sign a download that saves under ``filename``."""
        plain = filename.encode("ascii", "replace").decode().replace("?", "_").replace('"', "_")
        disposition = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(filename, safe='')}"
        parameters = {"ResponseContentDisposition": disposition, "ResponseContentType": content_type}
        return self._sign("get_object", key, expires_in, parameters)

    def _sign(self, operation: str, key: str, expires_in: int, parameters: dict[str, Any]) -> str:
        return self._s3.generate_presigned_url(
            operation, Params={"Bucket": self._bucket, "Key": key, **parameters}, ExpiresIn=expires_in
        )

    def create_multipart(self, key: str, *, content_type: str) -> str:
        """Open a multipart upload and return its id."""
        # No checksum algorithm is named: S3 then computes a CRC-64/NVME of the whole object by itself.
        opened = self._s3.create_multipart_upload(Bucket=self._bucket, Key=key, ContentType=content_type)
        return opened["UploadId"]

    def list_parts(self, key: str, multipart_id: str) -> list[StoredPart]:
        """Parts that have arrived."""
        pages = self._s3.get_paginator("list_parts").paginate(
            Bucket=self._bucket, Key=key, UploadId=multipart_id
        )
        try:
            return [
                StoredPart(part["PartNumber"], part["Size"], part["ETag"])
                for page in pages
                for part in page.get("Parts", [])
            ]
        except ClientError as error:
            raise self._translated(error, key) from error

    def complete_multipart(
        self, key: str, multipart_id: str, parts: Iterable[StoredPart], *, size_bytes: int
    ) -> None:
        """Close a multipart upload."""
        try:
            self._s3.complete_multipart_upload(
                Bucket=self._bucket,
                Key=key,
                UploadId=multipart_id,
                MultipartUpload={
                    "Parts": [{"PartNumber": part.part_number, "ETag": part.etag} for part in parts]
                },
                MpuObjectSize=size_bytes,
                IfNoneMatch="*",
            )
        except ClientError as error:
            raise self._translated(error, key) from error

    def abort_multipart(self, key: str, multipart_id: str) -> None:
        """Give a multipart upload up; one that is gone already is fine."""
        try:
            self._s3.abort_multipart_upload(Bucket=self._bucket, Key=key, UploadId=multipart_id)
        except ClientError as error:
            if _code(error) not in _MISSING:
                raise

    def _key(self, location: str) -> str:
        prefix = f"s3://{self._bucket}/"
        if not location.startswith(prefix):
            raise ObjectMissingError(f"{location} is not in the audio bucket")
        return location.removeprefix(prefix)

    @staticmethod
    def _translated(error: ClientError, key: str) -> Exception:
        code = _code(error)
        if code in _MISSING:
            return ObjectMissingError(key)
        if code in _CHANGED:
            return ObjectChangedError(str(error.response.get("Error", {}).get("Message", code)))
        return error


def _full_object_checksum(head: dict[str, Any]) -> str | None:
    if head.get("ChecksumType") == "COMPOSITE":
        return None
    for field, name in (("ChecksumSHA256", "sha256"), ("ChecksumCRC64NVME", "crc64nvme")):
        if value := head.get(field):
            return f"{name}:{value}"
    return None
