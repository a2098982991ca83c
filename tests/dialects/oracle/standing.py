"""What stands beside the tables, the customer's above all, and the rows that the data dictionary has for it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from apim_schema.schema import Schema
from tests.dialects.oracle.modules import plsql
from tests.dialects.oracle.recorded import OWNER

VIEWS = {
    "ALL_DEPENDENCIES": ("OWNER", "NAME", "TYPE", "REFERENCED_OWNER", "REFERENCED_NAME", "REFERENCED_TYPE"),
    "ALL_VIEWS": ("OWNER", "VIEW_NAME", "TEXT_VC"),
    "ALL_TRIGGERS": ("OWNER", "TRIGGER_NAME", "TABLE_OWNER", "TABLE_NAME", "STATUS"),
    "ALL_SOURCE": ("OWNER", "NAME", "TYPE", "LINE", "TEXT"),
}
CONSTRAINT = ("OWNER", "TABLE_NAME", "CONSTRAINT_NAME", "CONSTRAINT_TYPE", "SEARCH_CONDITION_VC")
CUT = 4000
"""Bytes of a text that fit into a column whose name ends with _VC."""

Row = tuple[str, tuple[str, ...], tuple[object, ...]]
"""The view, and its columns with their values."""


@dataclass(frozen=True)
class Standing:
    """An object by its type in the dictionary, or a constraint: a CHECK or a UNIQUE.

    `uses` are the tables that it depends on, or the constraint's columns, `on` is the table that it belongs to. `text`
    is None where this login may not see it.
    """

    kind: str
    uses: tuple[str, ...]
    text: str | None
    on: str = ""
    status: str = "ENABLED"
    owner: str = "HR"
    name: str = "X"


def rows(schema: Schema, own: Sequence[Standing]) -> Iterator[Row]:
    """Of a schema's own triggers, and of what the customer has; a constraint and a trigger go with their table."""
    for found in (*_triggers(schema), *own):
        if found.kind in ("CHECK", "UNIQUE"):
            yield from _constraint(found, schema)
        elif not found.on or found.on in schema.tables:
            yield from _object(found, schema)


def _triggers(schema: Schema) -> Iterator[Standing]:
    for trigger in schema.triggers.values():
        text = plsql.create_trigger(trigger, None).removeprefix("CREATE ")
        uses = tuple(sorted(schema.tables.keys() & re.findall(r"\w+", text)))
        yield Standing("TRIGGER", uses, text, trigger.table, owner=OWNER, name=trigger.name)


def _constraint(found: Standing, schema: Schema) -> Iterator[Row]:
    table = schema.tables.get(found.on)
    if table and {*found.uses} <= table.columns.keys():
        yield "ALL_CONSTRAINTS", CONSTRAINT, (OWNER, found.on, found.name, found.kind[0], found.text)
        for column in found.uses:
            yield "ALL_CONS_COLUMNS", ("OWNER", "CONSTRAINT_NAME", "COLUMN_NAME"), (OWNER, found.name, column)


def _object(found: Standing, schema: Schema) -> Iterator[Row]:
    """Oracle knows no empty text: an empty line is NULL."""
    own, text = (found.owner, found.name), found.text
    made: list[tuple[str, Sequence[object]]] = [
        ("ALL_DEPENDENCIES", (*own, found.kind, OWNER, table, "TABLE" if table in schema.tables else "NON-EXISTENT"))
        for table in found.uses
    ]
    if found.kind == "VIEW":
        made.append(("ALL_VIEWS", (*own, text and text[:CUT])))
    elif found.kind == "TRIGGER":
        made.append(("ALL_TRIGGERS", (*own, OWNER, found.on or None, found.status)))
    if found.kind not in ("VIEW", "MATERIALIZED VIEW") and text is not None:
        lines = enumerate(text.split("\n"), 1)
        made += [("ALL_SOURCE", (*own, found.kind, number, line or None)) for number, line in lines]
    yield from ((view, VIEWS[view], tuple(values)) for view, values in made)
