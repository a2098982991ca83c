"""How all rows of a database are read: in parts, by several connections that see the same rows.

A large table is read by ranges, so that all of them work on it, progress shows, and memory does not grow with rows.
What one statement of the server reads is no more than a part; cut off, it ends at once.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed, wait
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from math import ceil
from queue import SimpleQueue
from typing import Protocol, TypeVar

from sqlalchemy import Connection

from apim_schema.schema import Table

T = TypeVar("T")

PART_ROWS, LEAST_ROWS = 200_000, 25_000
"""At most and at least about so many rows are a part: a second or less, and more than it costs to ask for them."""
LEAST_ROUNDS = 2
"""So many parts each reader gets of a table at least: what else it waits for then keeps the others less."""
MOST_JOBS = 4
"""So many connections read at once at most, unless somebody says otherwise."""
IMPATIENCE = 0.2
"""Seconds until a query that was cancelled is cancelled again: it may have begun just then."""


class ScanModule(Protocol):
    """What one server has for reading many rows at once."""

    def jobs(self, connection: Connection) -> int:
        """How many processors of the server one reader may take, by what the server says; 1 where it does not tell."""

    def parts(self, connection: Connection, schema: str | None, table: Table, rows: int, part: int) -> Sequence[str]:
        """SQL conditions for parts of a table, each row fulfilling just one; none where it is read whole.

        `table` is as it is now: a range is read by the key that it has. `rows` is the server's estimate for all of it,
        `part` about how many shall be in each.
        """

    def readers(
        self, connection: Connection, schema: str | None, number: int
    ) -> AbstractContextManager[Sequence[Connection]]:
        """So many connections that see what this one does; itself alone where no other can, or none is to be had.

        Alone, it uses as many processors for one query where the server does that by itself.
        """

    def cancel(self, connection: Connection) -> None:
        """Ends the query that runs on this connection, if one does."""


@dataclass(frozen=True)
class Piece:
    """A table, or a part of it: the rows that fulfil a condition, about so many."""

    table: str
    condition: str
    rows: int


Read = Callable[[Connection, Piece], T]


@dataclass(frozen=True)
class Readers:
    """The connections that read. With `split`, large tables are read in parts, else by the server as it sees fit."""

    module: ScanModule
    connections: Sequence[Connection]
    schema: str | None
    split: bool

    def each(self, tables: Iterable[tuple[Table, int]], read: Read[T]) -> Iterator[tuple[Piece, T]]:
        """Reads these tables, each with an estimate of its rows, the largest first; gives each piece as it is done.

        Where one fails, or somebody interrupts, the server's other queries are ended first.
        """
        wanted = [piece for table, rows in sorted(tables, key=lambda t: -t[1]) for piece in self._pieces(table, rows)]
        free: SimpleQueue[Connection] = SimpleQueue()
        for connection in self.connections:
            free.put(connection)

        def work(piece: Piece) -> T:
            connection = free.get()
            try:
                return read(connection, piece)
            finally:
                free.put(connection)

        with ThreadPoolExecutor(len(self.connections)) as pool:
            begun = {pool.submit(work, piece): piece for piece in wanted}
            try:
                for done in as_completed(begun):
                    yield begun[done], done.result()
            except BaseException:
                self._cancel(begun)
                raise

    def _pieces(self, table: Table, rows: int) -> list[Piece]:
        part = _part(rows, len(self.connections))
        split = self.split and rows > part
        parts = self.module.parts(self.connections[0], self.schema, table, rows, part) if split else ()
        return [Piece(table.name, part, rows // len(parts)) for part in parts] or [Piece(table.name, "", rows)]

    def _cancel(self, begun: Collection[Future[T]]) -> None:
        for future in begun:
            future.cancel()
        while wait(begun, timeout=0).not_done:
            for connection in self.connections:
                self.module.cancel(connection)
            wait(begun, timeout=IMPATIENCE)


def _part(rows: int, readers: int) -> int:
    """How many rows of a table are a part: so that each reader gets as many of them."""
    rounds = max(LEAST_ROUNDS, ceil(rows / (PART_ROWS * readers)))
    return min(PART_ROWS, max(LEAST_ROWS, ceil(rows / (rounds * readers))))


@contextmanager
def opened(
    module: ScanModule, connection: Connection, schema: str | None, jobs: int | None = None
) -> Iterator[Readers]:
    """The readers of a database; `jobs` is how many there shall be, None for what the server can spare."""
    number = jobs or min(MOST_JOBS, module.jobs(connection))
    with module.readers(connection, schema, number) as found:
        yield Readers(module, found, schema, split=number == 1 or len(found) > 1)
