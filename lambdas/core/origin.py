"""Requests that came through the distribution, and those that went around it."""

import hmac
from collections.abc import Mapping
from ipaddress import ip_address

from contract.edge import ORIGIN_VERIFY_HEADER, VIEWER_ADDRESS_HEADER
from lambdas.core.ports import SigningKeys


def came_through_distribution(headers: Mapping[str, str], secrets: SigningKeys) -> bool:
    """Whether the request carries the distribution's secret, in its current or previous version.

    Args:
        headers: of the request, names in lower case.
        secrets: the versions that are valid now.
    """
    sent = headers.get(ORIGIN_VERIFY_HEADER, "").encode()
    # Every version is compared, in constant time, so that the time taken tells nothing.
    return any([hmac.compare_digest(sent, secret.encode()) for secret in secrets.keys()])  # noqa: C419, SIM118


def viewer_address(headers: Mapping[str, str], *, otherwise: str) -> str:
    """Address of the viewer as the distribution saw it; trust it only after the check above."""
    try:
        return str(ip_address(headers.get(VIEWER_ADDRESS_HEADER, "")))
    except ValueError:
        return otherwise
