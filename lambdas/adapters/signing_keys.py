"""Session signing keys in Secrets Manager.

The current version signs; the previous one still verifies, so that rotating the secret ends no session early.
"""

import time
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

_CACHE_SECONDS = 300.0


class SecretSigningKeys:
    """Implements the port ``SigningKeys``; re-reads the secret every five minutes."""

    def __init__(self, client: "SecretsManagerClient", secret_arn: str) -> None:
        self._client = client
        self._secret_arn = secret_arn
        self._keys: list[str] = []
        self._read_at = 0.0

    def keys(self) -> list[str]:
        """All keys that are valid now, newest first."""
        if not self._keys or time.monotonic() - self._read_at > _CACHE_SECONDS:
            self._keys = [self._version("AWSCURRENT"), *self._previous()]
            self._read_at = time.monotonic()
        return self._keys

    def _version(self, stage: str) -> str:
        answer = self._client.get_secret_value(SecretId=self._secret_arn, VersionStage=stage)
        return answer["SecretString"]

    def _previous(self) -> list[str]:
        try:
            return [self._version("AWSPREVIOUS")]
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") == "ResourceNotFoundException":
                return []
            raise
