"""Anonymous sessions: signed, expiring tokens that name an owner.

A token is a JWT (HS256). Keys rotate: the newest signs, all that are still valid verify.
"""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import jwt

from contract.api import Session
from contract.errors import ErrorCode, StemFoundryError
from contract.limits import Limits
from lambdas.core.ports import JobTable, SigningKeys

ALGORITHM = "HS256"
AUDIENCE = "stem-foundry"
_BEARER = "bearer "
_ANONYMOUS_PREFIX = "anonymous-"


def bearer_token(authorization: str | None) -> str:
    """Take the token out of an ``Authorization`` header.

    Raises:
        StemFoundryError: ``unauthorized`` when there is none.
    """
    if not authorization or not authorization.lower().startswith(_BEARER):
        raise StemFoundryError(
            ErrorCode.UNAUTHORIZED,
            "Send a session token: 'Authorization: Bearer <token>'. POST /v1/sessions issues one.",
        )
    return authorization[len(_BEARER) :].strip()


def is_anonymous(owner: str) -> bool:
    """Whether an owner is known by a session alone."""
    return owner.startswith(_ANONYMOUS_PREFIX)


def owner_of(token: str, signing_keys: SigningKeys, *, now: datetime) -> str:
    """Verify a token and return its owner.

    Raises:
        StemFoundryError: ``token_expired`` or ``token_invalid``.
    """
    for key in signing_keys.keys():  # noqa: SIM118  (a port, not a mapping)
        try:
            claims = jwt.decode(
                token,
                key,
                algorithms=[ALGORITHM],
                audience=AUDIENCE,
                options={"require": ["sub", "exp", "aud"], "verify_exp": False, "verify_iat": False},
            )
        except jwt.InvalidSignatureError:
            continue
        except jwt.InvalidTokenError:
            break
        if claims["exp"] <= now.timestamp():
            raise StemFoundryError(
                ErrorCode.TOKEN_EXPIRED, "The session has expired. Start a new one with POST /v1/sessions."
            )
        return str(claims["sub"])
    raise StemFoundryError(
        ErrorCode.TOKEN_INVALID,
        "The session token is not valid here. Start a new session with POST /v1/sessions.",
    )


def issue_session(
    owner: str | None,
    *,
    address: str,
    table: JobTable,
    signing_keys: SigningKeys,
    limits: Limits,
    now: datetime,
) -> Session:
    """Issue a token for a new owner, or renew one for an owner already known.

    Raises:
        StemFoundryError: ``too_many_sessions`` when this address asked too often.
    """
    next_hour = now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    issued = table.count_session(
        address, now.strftime("%Y-%m-%dT%H"), expires_at=int((next_hour + timedelta(hours=1)).timestamp())
    )
    if issued > limits.max_sessions_per_address_per_hour:
        wait = int((next_hour - now).total_seconds()) + 1
        raise StemFoundryError(
            ErrorCode.TOO_MANY_SESSIONS,
            "Too many sessions were started from this address. Keep using the one you have, or try later.",
            retry_after_seconds=wait,
        )
    expires_at = now.astimezone(UTC).replace(microsecond=0) + timedelta(hours=limits.session_hours)
    token = jwt.encode(
        {
            "sub": owner or f"{_ANONYMOUS_PREFIX}{uuid4()}",
            "aud": AUDIENCE,
            "exp": int(expires_at.timestamp()),
        },
        signing_keys.keys()[0],
        algorithm=ALGORITHM,
    )
    return Session(token=token, expires_at=expires_at)
