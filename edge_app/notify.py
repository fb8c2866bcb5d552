"""Words to the service manager: the sd_notify protocol, one datagram a message (sd_notify(3))."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping


class Notifier:
    """Says READY, STOPPING, WATCHDOG. Silent when no service manager listens."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        """``environment`` holds NOTIFY_SOCKET and WATCHDOG_USEC when systemd started us."""
        address = environment.get("NOTIFY_SOCKET", "")
        # A leading @ stands for the abstract namespace.
        self._address = "\0" + address[1:] if address.startswith("@") else address
        self.watchdog_s = int(environment.get("WATCHDOG_USEC", "0")) / 1e6
        """Seconds within which a ping must come; 0 when none is wanted."""

    def ready(self, status: str) -> None:
        """Start-up is complete."""
        self._send(f"READY=1\nSTATUS={status}")

    def alive(self, status: str) -> None:
        """The main loop turns."""
        self._send(f"WATCHDOG=1\nSTATUS={status}")

    def stopping(self) -> None:
        """The stop was asked for and has begun."""
        self._send("STOPPING=1")

    def _send(self, message: str) -> None:
        if not self._address:
            return
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as channel:
            channel.sendto(message.encode(), self._address)


def of_this_process() -> Notifier:
    """The notifier of the environment we were started in."""
    return Notifier(os.environ)
