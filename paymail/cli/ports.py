"""Ports to listen on."""

import errno
import socket

from paymail.errors import Conflict


class PortTaken(Conflict):
    """Another program listens there."""

    code = "port_taken"


def refuse_taken(host: str, port: int, remedy: str = "choose another with --port") -> None:
    """Raise PortTaken, with what to do about it, when `port` of this address cannot be listened on."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            why = (
                "is already in use"
                if error.errno == errno.EADDRINUSE
                else f"cannot be used: {error.strerror}"
            )
            raise PortTaken(f"port {port} {why}; {remedy}") from error
