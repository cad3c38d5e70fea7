"""Ports for servers of tests, and a service on such ports."""

import socket
from pathlib import Path
from typing import Any

from local.settings import LOOPBACK, LocalSettings


def free_ports(count: int) -> list[int]:
    """Ports of the loopback interface that nothing uses; all different."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for probe in sockets:
            probe.bind((LOOPBACK, 0))
        return [probe.getsockname()[1] for probe in sockets]
    finally:
        for probe in sockets:
            probe.close()


def settings_on_free_ports(state_directory: Path, **options: Any) -> LocalSettings:
    """Settings of a service that disturbs no other.

    Args:
        state_directory: where it keeps its state.
        options: further fields of `LocalSettings`.
    """
    web, aws, endpoint, container = free_ports(4)
    return LocalSettings(
        state_directory=state_directory,
        web_port=web,
        aws_port=aws,
        endpoint_port=endpoint,
        container_port=container,
        **options,
    )
