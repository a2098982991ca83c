"""What a change finds in a live schema: what it starts from, what is there of it already, or what is in its way."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TypeVar

from apim_schema import compare, legible
from apim_schema.changes import (
    AddColumn,
    Change,
    CreateIndex,
    CreateTable,
    CreateUnique,
    DropColumn,
    DropTable,
    ReplaceTrigger,
)
from apim_schema.difference import BREAKING, MISSING
from apim_schema.errors import Conflict
from apim_schema.schema import Column, Index, Key, Schema, Table, Trigger

Step = TypeVar("Step")


def table_of(change: Change, live: Schema) -> Table:
    """The table of the change. Raises Conflict where it is missing."""
    if change.table not in live.tables:
        raise Conflict(f"cannot {change}", found=f"there is no table {change.table}")
    return live.tables[change.table]


def column_of(change: Change, live: Schema, name: str) -> Column:
    """A column of the change's table. Raises Conflict where it is missing."""
    column = table_of(change, live).columns.get(name)
    if column is None:
        raise Conflict(f"cannot {change}", found=f"{change.table} has no column {name}")
    return column


def column_to_alter(change: Change, live: Schema, name: str) -> Column:
    """A column of the change's table that is stated anew. Raises Conflict where it is missing, or worked out."""
    column = column_of(change, live, name)
    if column.is_computed:
        raise Conflict(f"cannot {change}", found=f"the server works it out: {column.default}", way_out="make it anew")
    return column


def conflict(change: Change, wanted: Column, found: Column) -> Conflict:
    """The error for a column that is neither what the change starts from nor what it wants: it shows both."""
    return Conflict(
        f"cannot {change}",
        found=compare.describe(found),
        wanted=compare.describe(wanted),
        way_out="alter or rename the column by hand",
    )


def index_in_the_way(change: CreateIndex, holder: Table, found: Index) -> Conflict:
    """The error for another index that has the name of the one to be made."""
    over = {"found": f"({', '.join(found.columns)})", "wanted": f"({', '.join(change.index.columns)})"}
    what = f"cannot {change}: {legible.line(holder.name)} has an index of this name"
    return Conflict(what, **over, way_out="rename or drop it")


def trigger_in_the_way(change: ReplaceTrigger, found: Trigger) -> Conflict:
    """The error for a trigger of another table that has the name of the one to be made."""
    tables = {"found": f"one on {found.table}", "wanted": f"one on {change.table}"}
    return Conflict(f"cannot {change}: there is a trigger of this name", **tables, way_out="rename or drop it")


def still_to_add(change: AddColumn, live: Schema, add: Step, drop_default: Step) -> list[Step]:
    """What remains of the two steps that add a column, as `filled`, and end the default that only filled it.

    Raises Conflict where there is another column of that name; one that holds more is kept.
    """
    wanted, first, table = change.column, change.filled(live.flavour), table_of(change, live)
    present = table.columns.get(wanted.name)
    if present is None:
        return [add] if first == wanted else [add, drop_default]
    if compare.fits(live.flavour, table, wanted, present):
        return []
    if compare.fits(live.flavour, table, first, present):
        return [drop_default]
    if change.is_in(live):
        return []
    raise conflict(change, wanted, present)


def droppable(change: DropColumn, live: Schema) -> Column | None:
    """The column that goes, with what is over nothing else; None where it is gone already.

    Raises Conflict where a key or an index has it beside others: servers would drop it, shorten it, or refuse.
    """
    column = table_of(change, live).columns.get(change.name)
    if column is not None and (users := list(_users(live, live.tables[change.table], change.name))):
        raise Conflict(f"cannot {change}", found=f"it is part of {', '.join(users)}", way_out="drop that before")
    return column


def _users(live: Schema, table: Table, name: str) -> Iterator[str]:
    """What has the column and would not go with it, in words."""
    if table.primary_key and name in table.primary_key.columns:
        yield "the primary key"
    for holder in _holders(table):
        included = holder.include if isinstance(holder, Index) else ()
        parts = (*holder.columns, *included)
        if parts != (name,) and any(_mentions(part, name) for part in parts):
            kind = "index" if isinstance(holder, Index) else "unique constraint"
            yield " ".join(filter(None, (kind, holder.name, f"({', '.join(holder.columns)})")))
    for key in table.foreign_keys:
        if name in key.columns:
            yield f"the foreign key ({', '.join(key.columns)}) to {key.ref_table}"
    for other in live.tables.values():
        for key in other.foreign_keys:
            if key.ref_table == table.name and name in key.ref_columns:
                yield f"what {other.name} ({', '.join(key.columns)}) points to"


def _holders(table: Table) -> tuple[Key | Index, ...]:
    return (*table.unique, *table.indexes)


def _mentions(part: str, name: str) -> bool:
    """Whether a part of a key is about the column: itself, its beginning, or an expression over it."""
    return re.search(rf"\b{re.escape(name)}\b", part, re.IGNORECASE) is not None


def check_unreferenced(change: DropTable, live: Schema) -> None:
    """Raises Conflict where a foreign key of another table points to the one that goes."""
    for table in live.tables.values():
        for key in table.foreign_keys:
            if key.ref_table == change.table and table.name != change.table:
                columns = ", ".join(key.columns)
                raise Conflict(
                    f"cannot {change}",
                    found=f"{table.name} ({columns}) points to it",
                    way_out="drop that foreign key before",
                )


def check_new_key(change: CreateUnique, live: Schema) -> None:
    """Raises Conflict where a column of the new key is missing, or its name is that of another one."""
    for name in change.key.columns:
        column_of(change, live, name)
    for holder in _holders(live.tables[change.table]):
        if change.key.name and holder.name == change.key.name:
            found, wanted = ", ".join(holder.columns), ", ".join(change.key.columns)
            raise Conflict(
                f"cannot {change}",
                found=f"{holder.name} is there over ({found}), wanted is ({wanted})",
                way_out="rename it",
            )


def missing_indexes(change: CreateTable, wanted: Table, present: Table, flavour: str) -> tuple[Index, ...]:
    """The indexes that the table which is there lacks of the wanted one.

    Raises Conflict where it differs by more than that, and by what is more than harmless.
    """
    missing = []
    for difference in compare.mismatches(Schema(flavour, {"": wanted}), Schema(flavour, {"": present})):
        if (difference.kind, difference.what) == (MISSING, "index"):
            missing.append(difference.name.rpartition(".")[2])
        elif difference.class_ == BREAKING:
            raise Conflict(
                f"cannot {change}: a table of this name is there and is another one",
                found=str(difference),
                way_out="rename it",
            )
    return tuple(index for index in change.definition.indexes if index.name in missing)
