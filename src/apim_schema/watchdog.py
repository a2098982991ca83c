"""Notices that a server does not answer any more, and ends the connections that would wait for it for ever.

A link that is cut is noticed by TCP itself, once it is told to look (`kept_alive`). What lies between, a tunnel or a
proxy, may go on to acknowledge all that it gets and pass on nothing. A statement may take hours, so that silence says
nothing by itself: whether the server answers at all is asked beside it, by connecting anew.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, Final

from sqlalchemy import Engine, ExceptionContext, event
from sqlalchemy.exc import PendingRollbackError

PAUSE = 30.0
"""Seconds between two questions."""
SILENT = 1.9
"""A question that fails sooner has had an answer, if one of an overloaded server, or was refused by a machine."""
TRIES = 3
"""Questions without an answer, one after the other, after which nothing is waited for any more."""
ANSWER = 10.0
"""Seconds that a server which has let us in may take for what SQLAlchemy asks of each that is new to it."""

IDLE: Final = 60
INTERVAL: Final = 10
PROBES: Final = 6
UNACKNOWLEDGED: Final = IDLE + INTERVAL * PROBES
"""Seconds until TCP looks whether an idle connection is alive, between its probes, how many of them may be lost, and
how long what was sent may stay unacknowledged."""

LOSSES: Final = "apim_schema_losses"
"""The execution option of an engine that keeps what its connections were lost by."""

SocketOf = Callable[[Any], int | None]
"""The socket of a driver's connection, by its number; None where the driver does not tell."""


def kept_alive(number: int) -> None:
    """Has TCP find out within two minutes that the other end of this socket is gone."""
    settings = {"KEEPIDLE": IDLE, "KEEPINTVL": INTERVAL, "KEEPCNT": PROBES, "USER_TIMEOUT": UNACKNOWLEDGED * 1000}
    with _of(number) as found:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, value in settings.items():
            option = getattr(socket, f"TCP_{name}", None)  # not every system has each of them
            if option is not None:
                found.setsockopt(socket.IPPROTO_TCP, option, value)


@contextmanager
def _of(number: int) -> Iterator[socket.socket]:
    """A socket that is somebody else's, and stays so; that it has ended by now, or lacks an option, is no error."""
    with suppress(OSError):
        found = socket.socket(fileno=number)
        try:
            yield found
        finally:
            found.detach()


def cause(options: Mapping[str, Any], error: BaseException) -> BaseException:
    """What a connection was lost by, where the error is no more than that somebody went on with it.

    So does who asks what a login may not be allowed to, and takes any error for that answer. `options` are the
    execution options of the connection or its engine.
    """
    losses: list[BaseException] = options.get(LOSSES, [])
    return losses[-1] if losses and isinstance(error, PendingRollbackError) else error


class Connections:
    """The open connections of an engine, which can be cut; what is lost by that says so."""

    def __init__(self, engine: Engine, socket_of: SocketOf) -> None:
        self._engine, self._socket_of = engine, socket_of
        self._cut_after: float | None = None
        self._open: list[Any] = []
        # before SQLAlchemy asks a new server what it is, and waits for that
        event.listen(engine, "connect", lambda connection, _: self._remember(connection), insert=True)
        event.listen(engine, "close", lambda connection, _: self._forget(connection))
        engine.update_execution_options(**{LOSSES: []})
        event.listen(engine, "handle_error", self._explain)

    def cut(self, after: float) -> None:
        """Ends all of them, after so many seconds without an answer."""
        self._cut_after = after
        for connection in list(self._open):
            with suppress(Exception):  # whoever uses it closes it in this moment; each driver has another word for that
                if (number := self._socket_of(connection)) is not None:
                    with _of(number) as found:
                        found.shutdown(socket.SHUT_RDWR)

    def _remember(self, connection: Any) -> None:
        if (number := self._socket_of(connection)) is not None:
            kept_alive(number)
        self._open.append(connection)

    def _forget(self, connection: Any) -> None:
        self._open = [other for other in self._open if other is not connection]

    def _explain(self, context: ExceptionContext) -> None:
        """Says so in the driver's error, which knows no more than that the connection has ended."""
        error = context.original_exception
        if not context.is_disconnect:
            return
        if self._cut_after is not None and error.args:
            *others, told = error.args
            error.args = (*others, f"the server has not answered for {self._cut_after:.0f} s ({str(told).strip()})")
        if context.sqlalchemy_exception:
            self._engine.get_execution_options()[LOSSES].append(context.sqlalchemy_exception)


def ask(engine: Engine, socket_of: SocketOf) -> None:
    """Connects and asks what the server is, by an engine that has not asked yet, and closes the connection.

    Raises what the driver does where the server does not let us in, or does, and says no more for `ANSWER` seconds: of
    what comes after the login the time limits of drivers know nothing.
    """
    limit = threading.Timer(ANSWER, Connections(engine, socket_of).cut, (ANSWER,))
    limit.daemon = True
    event.listen(engine, "connect", lambda *_: limit.start(), insert=True)
    try:
        engine.connect().close()
    finally:
        limit.cancel()


class Watchdog:
    """Watches one engine: `ask` asks its server anew and raises where that fails, `socket_of` is its driver's."""

    def __init__(self, engine: Engine, ask: Callable[[], None], socket_of: SocketOf) -> None:
        self._engine, self._ask = engine, ask
        self._connections = Connections(engine, socket_of)
        self._ended = threading.Event()

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Watches while the block runs."""
        threading.Thread(target=self._watch, name="watchdog", daemon=True).start()
        try:
            yield
        except PendingRollbackError as error:
            raise cause(self._engine.get_execution_options(), error) from error
        finally:
            self._ended.set()

    def _watch(self) -> None:
        silent_since, silent = time.monotonic(), 0
        while not self._ended.wait(PAUSE):
            silent = silent + 1 if self._is_silent() else 0
            if not silent:
                silent_since = time.monotonic()
            if silent >= TRIES:
                self._connections.cut(time.monotonic() - silent_since)
                silent = 0  # others may be opened yet, to write down what has happened

    def _is_silent(self) -> bool:
        begun = time.monotonic()
        try:
            self._ask()
        except Exception:  # whatever the driver calls it: what counts is how long it took
            return time.monotonic() - begun >= SILENT
        return False
