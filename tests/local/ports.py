"""Ports for servers of tests."""

import socket

from local.settings import LOOPBACK


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
