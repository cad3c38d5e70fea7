"""Temporary credentials of the endpoint's role, for the endpoint front and for the containers.

SageMaker runs a container under the role of its model. So does this machine: the container fetches
credentials over HTTP, as on AWS, and what the role may not do is refused.
"""

import secrets
import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import boto3
import botocore.session
from botocore.credentials import CredentialProvider, CredentialResolver, RefreshableCredentials

from local.emulator import LocalAws
from local.settings import REGION

if TYPE_CHECKING:
    from mypy_boto3_sts import STSClient
    from mypy_boto3_sts.type_defs import CredentialsTypeDef

_LIFETIME_SECONDS = 3600
# The SDK refreshes 15 minutes ahead; a cached answer must be fresher than that.
_RENEW_BEFORE = timedelta(minutes=20)


class RoleCredentials:
    """Assumes a role, and again before the credentials run out."""

    def __init__(self, aws: LocalAws, role_arn: str, session_name: str) -> None:
        self._sts: STSClient = aws.client("sts")
        self._role_arn = role_arn
        self._session_name = session_name
        self._current: CredentialsTypeDef | None = None
        self._lock = threading.Lock()
        # A container proves with this that the credentials are meant for it.
        self.authorization_token = secrets.token_urlsafe(32)

    def _credentials(self) -> "CredentialsTypeDef":
        with self._lock:
            if self._current is None or self._current["Expiration"] - datetime.now(UTC) < _RENEW_BEFORE:
                answer = self._sts.assume_role(
                    RoleArn=self._role_arn,
                    RoleSessionName=self._session_name,
                    DurationSeconds=_LIFETIME_SECONDS,
                )
                self._current = answer["Credentials"]
            return self._current

    def document(self) -> dict[str, str]:
        """The credentials as the SDK's container credential provider reads them."""
        current = self._credentials()
        return {
            "AccessKeyId": current["AccessKeyId"],
            "SecretAccessKey": current["SecretAccessKey"],
            "Token": current["SessionToken"],
            "Expiration": current["Expiration"].astimezone(UTC).isoformat(),
        }

    def _metadata(self) -> dict[str, str]:
        document = self.document()
        return {
            "access_key": document["AccessKeyId"],
            "secret_key": document["SecretAccessKey"],
            "token": document["Token"],
            "expiry_time": document["Expiration"],
        }

    def session(self) -> boto3.Session:
        """An SDK session under the role that renews its credentials by itself."""
        session = botocore.session.Session()
        session.register_component("credential_provider", CredentialResolver([_Provider(self._metadata)]))
        return boto3.Session(botocore_session=session, region_name=REGION)


class _Provider(CredentialProvider):
    METHOD = "stem-foundry-local-role"
    CANONICAL_NAME = "StemFoundryLocalRole"

    def __init__(self, fetch: Any) -> None:
        super().__init__()
        self._fetch = fetch

    def load(self) -> RefreshableCredentials:
        refreshable: RefreshableCredentials = RefreshableCredentials.create_from_metadata(
            metadata=self._fetch(), refresh_using=self._fetch, method=self.METHOD
        )
        return refreshable
