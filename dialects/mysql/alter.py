"""ALTER TABLE, and how several alterations of one table are made as one statement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from apim_schema import changes
from apim_schema.changes import Change
from apim_schema.impact import REBUILD, Impact
from apim_schema.schema import Schema

from . import impact, names, types
from .impact import Way


@dataclass(frozen=True)
class Alter:
    """An ALTER TABLE; `columns` are those that its clauses define or use in part, which no two may do to the same.

    `alone` is one that depends on another table and keeps its place; `referenced` are the tables that its foreign
    keys point to.
    """

    table: str
    clauses: tuple[str, ...]
    way: Way
    columns: frozenset[str] = frozenset()
    alone: bool = False
    referenced: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Plain:
    """Any other statement, and what it costs."""

    sql: str
    impact: Impact


Step = Alter | str
Made = tuple[Alter | Plain, list[Change]]
"""A statement, and the changes that it makes."""


def join(step: Alter | Plain, change: Change, done: list[Made]) -> None:
    """Adds a step of a change: to the last alteration of the same table where that costs no more, or as the last."""
    place = _last_of(step, done)
    together = None if place is None else _together(done[place], step, change)
    if place is None or together is None:
        done.append((step, [change]))
    else:
        done[place] = (together, [*done[place][1], change])


def _last_of(step: Alter | Plain, done: Sequence[Made]) -> int | None:
    """The place of the last ALTER of the same table, unless rows or a foreign key have gone since: it may need that."""
    for place, (before, made) in reversed(list(enumerate(done))):
        if isinstance(before, Alter) and isinstance(step, Alter) and before.table == step.table:
            return place
        if any(isinstance(change, changes.DropForeignKey | changes.DropTable) for change in made):
            return None
        if isinstance(before, Plain) and before.sql.startswith("UPDATE"):
            return None
    return None


def _together(last: Made, step: Alter | Plain, change: Change) -> Alter | None:
    """Both as one ALTER; None where that would be dearer, or the second needs what the first leaves."""
    before, made = last
    if not (isinstance(before, Alter) and isinstance(step, Alter)) or before.alone or step.alone:
        return None
    dearer = before.way.algorithm != step.way.algorithm and REBUILD not in (before.way.work, step.way.work)
    if dearer or change in made or before.columns & step.columns:
        return None
    way = impact.worst((before.way, step.way))
    referenced = before.referenced | step.referenced
    clauses, columns = (*before.clauses, *step.clauses), before.columns | step.columns
    return Alter(step.table, clauses, way, columns, referenced=referenced)


def impact_of(step: Alter | Plain, live: Schema) -> Impact:
    """What a statement costs, all of its clauses together."""
    return step.impact if isinstance(step, Plain) else step.way.impact(live.server, step.referenced - {step.table})


def rendered(step: Alter | Plain, live: Schema, schema: str | None) -> str:
    if isinstance(step, Plain):
        return step.sql
    clauses = (*step.clauses, *_row_format(step, live), *step.way.clauses)
    return f"ALTER TABLE {names.qualified(step.table, schema)} {', '.join(clauses)}"


def _row_format(step: Alter, live: Schema) -> tuple[str, ...]:
    """The row format of a table that is written anew, where the server's own choice would be one with narrow keys."""
    present = live.tables[step.table].options.get("row_format") if step.table in live.tables else None
    narrow = present in types.NARROW or (present == "DYNAMIC" and live.options.get("row_format") in types.NARROW)
    return ("ROW_FORMAT=DYNAMIC",) if narrow and step.way.work == REBUILD else ()
