"""Who vouches for rows that nobody reads: what a server itself keeps of the writes to its tables.

A witness marks the tables before the first statement. Afterwards it says of which of them it can't vouch that every row
is as it was at the mark, and why. A dialect's `witness` module finds it, or says why there is none.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, Protocol

from sqlalchemy import Connection

from apim_schema.errors import UsageError
from apim_schema.progress import Say
from apim_schema.schema import Column

ENGINE: Final = "engine"
FULL: Final = "full"
By = Literal["engine", "full"]
"""What a verdict on a table's rows rests on: the word of the server that has them, or reading all of them twice."""
WAYS: tuple[By, ...] = (ENGINE, FULL)


def way(text: str, where: str) -> By:
    """The way of proving that no row has changed which this word means. Raises UsageError where it means none."""
    for known in WAYS:
        if text == known:
            return known
    raise UsageError(f"{where} must be one of {', '.join(WAYS)}", found=f"it is {text!r}")


@dataclass(frozen=True)
class Made:
    """A statement of ours, and its table; `anew` where it writes all rows of that anew, or drops it."""

    sql: str
    table: str
    anew: bool


@dataclass(frozen=True)
class Mark:
    """What a witness has to remember, in words of its own that JSON can hold, and when it can be of no use.

    `remembered` is of each table, `since` of the server. `unfit` are the tables that it will not vouch for whatever
    happens, each with the reason: their rows must be read.
    """

    remembered: Mapping[str, Any]
    unfit: Mapping[str, str]
    since: Mapping[str, Any] = field(default_factory=dict)


class Witness(Protocol):
    """One server's, on the connection of an upgrade and in the schema of its tables."""

    @property
    def holds(self) -> bool:
        """Whether nobody else can write between `hold` and the end; else a mark may outlive the run that made it."""

    @property
    def way_out(self) -> str:
        """How to find out about rows that the server can't vouch for in the end."""

    def hold(self, tables: Collection[str], say: Say) -> None:
        """Keeps all others from writing to these tables until the verdict, where the server has a way to do so.

        `say` is told who is waited for. Raises Refused, naming the holder, where a lock can't be had in time.
        """

    def unfit(self, tables: Collection[str], statements: Collection[Made]) -> Mapping[str, str]:
        """The tables that must be read whatever happens, with the reason, where these statements are to come."""

    def mark(self, tables: Collection[str], statements: Collection[Made] = ()) -> Mark:
        """The tables as they are now, before these statements."""

    def doubts(self, mark: Mark, statements: Collection[Made] = ()) -> Mapping[str, str]:
        """The marked tables whose rows may be others than at the mark, with the reason. No row is read for it.

        `statements` are those since the mark; an earlier run, which made the mark, may have had others.
        """

    def differs(self, table: str, column: Column, default: str | None) -> bool:
        """Whether rows that stood hold anything but `default` (SQL, None for NULL) in a column added since the mark.

        Asked only of a table without doubts, and answered without reading a row.
        """


class WitnessModule(Protocol):
    """Whether this server can vouch for rows."""

    def find(self, connection: Connection, schema: str) -> Witness | str:
        """The witness, or why there is none; it goes on from "all rows are read: "."""
