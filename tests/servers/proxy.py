"""A TCP proxy before a server, for tests of a network that fails: it can stop passing on, close, or reset."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Literal

from sqlalchemy import make_url

CHUNK = 65536
Fault = Literal["drops", "stalls", "resets"]
FAULTS: tuple[Fault, ...] = ("drops", "stalls", "resets")
"""Closes all connections, passes on nothing more and keeps them, or ends them by RST; new ones fare the same."""


class Proxy:
    """Passes on what clients and the server say, until it is told to fail."""

    def __init__(self, host: str, port: int) -> None:
        self._server = (host, port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._sockets: list[socket.socket] = []
        self._fault: Fault | None = None
        self._flows = threading.Event()
        self._flows.set()
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def port(self) -> int:
        port: int = self._listener.getsockname()[1]
        return port

    def fail(self, fault: Fault) -> None:
        """Begins to fail, in this way."""
        self._fault = fault
        if fault == "stalls":
            self._flows.clear()
        else:
            self._end_all()

    def mend(self) -> None:
        """Works again, for new connections: those that were there have ended."""
        self._fault = None
        self._end_all()
        self._flows.set()

    def close(self) -> None:
        self._listener.close()
        self.mend()

    def _accept(self) -> None:
        with suppress(OSError):  # the listener is closed
            while True:
                client, _ = self._listener.accept()
                if self._fault in ("drops", "resets"):
                    self._end(client)
                    continue
                server = socket.create_connection(self._server)
                self._sockets += [client, server]
                for one, other in ((client, server), (server, client)):
                    threading.Thread(target=self._pass_on, args=(one, other), daemon=True).start()

    def _pass_on(self, one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):
            while said := one.recv(CHUNK):
                self._flows.wait()
                other.sendall(said)
        for found in (one, other) if self._fault != "resets" else ():
            with suppress(OSError):
                found.shutdown(socket.SHUT_RDWR)

    def _end_all(self) -> None:
        ended, self._sockets = self._sockets, []
        for found in ended:
            self._end(found)

    def _end(self, found: socket.socket) -> None:
        """Closes a connection: by RST, which a linger of no time gives, or as usual."""
        with suppress(OSError):
            if self._fault == "resets":
                found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                found.shutdown(socket.SHUT_RD)  # wakes whoever reads there: a socket that is in use is not closed yet
            else:
                found.shutdown(socket.SHUT_RDWR)
        found.close()


@contextmanager
def before(url: str) -> Iterator[tuple[str, Proxy]]:
    """The URL of the same database through a proxy, and that."""
    here = make_url(url)
    proxy = Proxy(str(here.host), int(here.port or 0))
    try:
        yield here.set(host="127.0.0.1", port=proxy.port).render_as_string(hide_password=False), proxy
    finally:
        proxy.close()
