"""What some changes drop, and what is said of the customer's objects that name it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from apim_schema import changes
from apim_schema.changes import Change
from apim_schema.hazards import BLOCK, WARN, Obstacle
from apim_schema.schema import Schema, Table

WAY_OUT, LOOK = "drop it, and keep its definition", "see what it does with it"
"""What to do about an object that would fail or be lost, and about one that perhaps would."""


@dataclass(frozen=True)
class Dropped:
    """A table, or one of its columns where `column` is not ""."""

    table: Table
    column: str = ""

    def __str__(self) -> str:
        return f"{self.column or 'the table'}, which is dropped"

    def blocks(self, what: str, query: str) -> Obstacle:
        return Obstacle(BLOCK, self.table.name, f"{what} names {self}", WAY_OUT, query)

    def warns(self, what: str, query: str) -> Obstacle:
        return Obstacle(WARN, self.table.name, f"{what} names {self}", LOOK, query)


def dropped(wanted: Iterable[Change], live: Schema) -> Iterator[Dropped]:
    """What of a live schema these changes drop; what is not there has nothing to lose."""
    for change in wanted:
        table = live.tables.get(change.table)
        if table and isinstance(change, changes.DropTable):
            yield Dropped(table)
        elif table and isinstance(change, changes.DropColumn) and change.name in table.columns:
            yield Dropped(table, change.name)
