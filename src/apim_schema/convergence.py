"""What a change finds in a live schema: what it starts from, what is there of it already, or what is in its way."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from apim_schema import compare, flavours
from apim_schema.changes import AddColumn, Change, CreateTable
from apim_schema.errors import Conflict
from apim_schema.schema import Column, Index, Schema, Table

Step = TypeVar("Step")


def table_of(change: Change, live: Schema) -> Table:
    """The table of the change. Raises Conflict where it is missing."""
    if change.table not in live.tables:
        raise Conflict(f"cannot {change}: there is no table {change.table}")
    return live.tables[change.table]


def column_of(change: Change, live: Schema, name: str) -> Column:
    """A column of the change's table. Raises Conflict where it is missing."""
    column = table_of(change, live).columns.get(name)
    if column is None:
        raise Conflict(f"cannot {change}: {change.table} has no column {name}")
    return column


def conflict(change: Change, wanted: Column, found: Column) -> Conflict:
    """The error for a column that is neither what the change starts from nor what it wants: it shows both."""
    return Conflict(
        f"cannot {change}",
        found=compare.describe(found),
        wanted=compare.describe(wanted),
        way_out="alter or rename the column by hand",
    )


def filled(change: AddColumn, flavour: str) -> Column:
    """The column with the default that fills the rows which stand."""
    if change.fill is None:
        return change.column
    default = flavours.types(flavour).normalise_default(change.fill, change.column.type)
    return replace(change.column, default=default)


def still_to_add(change: AddColumn, live: Schema, add: Step, drop_default: Step) -> list[Step]:
    """What remains of the two steps that add a column, as `filled`, and end the default that only filled it.

    Raises Conflict where there is another column of that name.
    """
    wanted, first, table = change.column, filled(change, live.flavour), table_of(change, live)
    present = table.columns.get(wanted.name)
    if present is None:
        return [add] if first == wanted else [add, drop_default]
    if compare.fits(live.flavour, table, wanted, present):
        return []
    if compare.fits(live.flavour, table, first, present):
        return [drop_default]
    raise conflict(change, wanted, present)


def missing_indexes(change: CreateTable, wanted: Table, present: Table, flavour: str) -> tuple[Index, ...]:
    """The indexes that the table which is there lacks of the wanted one.

    Raises Conflict where it differs by more than that.
    """
    missing = []
    for difference in compare.mismatches(Schema(flavour, {"": wanted}), Schema(flavour, {"": present})):
        if (difference.kind, difference.what) != (compare.MISSING, "index"):
            raise Conflict(f"cannot {change}: a table of this name is there and is another one: {difference}")
        missing.append(difference.name.rpartition(".")[2])
    return tuple(index for index in change.definition.indexes if index.name in missing)
