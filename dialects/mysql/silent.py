"""What a script has to ask by itself: the server lets it through, and says nothing.

A check over a column alone goes with it. Views and triggers stand, and fail from then on, with all that writes to the
trigger's table; where a text becomes bytes, checks, generated columns and views stand too, and mean something else.
`gone` and `dependents` tell more, and name each: a script knows an object by the names in its text alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from apim_schema import changes
from apim_schema.changes import Change
from apim_schema.schema import Schema

from . import names

Lost = changes.DropColumn | changes.TextToBinary | changes.BinaryToText
Column = tuple[str, str]
"""A table and one of its columns; of a table that goes, the column is ""."""

READS = "LOCATE(CONCAT('`', {name}, '`'), UPPER(e.{text})) > 0"
"""Whether an expression or a view has a name: the server writes them anew, with each name in such quotes."""
SAYS = "UPPER(e.action_statement) REGEXP CONCAT('(^|[^A-Z0-9_$]){before}', w.{name}, '([^A-Z0-9_$]|$)')"
"""Whether the text of a trigger has a name as a word of its own, for which these servers have no common mark."""

GENERATED = f"""EXISTS (SELECT 1 FROM ({{lost}}) w \
JOIN information_schema.columns e ON UPPER(e.table_name) = w.t \
AND {READS.format(name="w.c", text="generation_expression")} WHERE e.table_schema = {{owner}})"""
CHECKED = f"""EXISTS (SELECT 1 FROM ({{lost}}) w \
JOIN information_schema.table_constraints t ON UPPER(t.table_name) = w.t \
JOIN information_schema.check_constraints e ON e.constraint_schema = t.constraint_schema \
AND e.constraint_name = t.constraint_name AND {READS.format(name="w.c", text="check_clause")} \
WHERE t.table_schema = {{owner}} AND t.constraint_type = 'CHECK'{{same_table}})"""
OF_MYSQL, OF_MARIADB = (
    CHECKED.replace("{same_table}", ""),
    CHECKED.replace("{same_table}", " AND e.table_name = t.table_name"),
)
EXPRESSIONS = f"{GENERATED}\n/*!80016 OR {OF_MYSQL} */\n/*M!100600 OR {OF_MARIADB} */"
"""Each server reads the comment that is meant for it: MySQL has checks from that version on, whose names are the
database's; on MariaDB they are the table's."""
VIEWS = f"""EXISTS (SELECT 1 FROM ({{lost}}) w \
JOIN information_schema.views e ON {READS.format(name="UPPER({owner}), '`.`', w.t", text="view_definition")} \
AND (w.c = '' OR {READS.format(name="w.c", text="view_definition")}))"""
"""Of any database: the server writes each table with its own into the text of a view, and every column for a star."""
TRIGGERS = f"""EXISTS (SELECT 1 FROM ({{lost}}) w JOIN information_schema.triggers e \
ON w.c <> '' AND e.event_object_schema = {{owner}} AND UPPER(e.event_object_table) = w.t \
AND {SAYS.format(before="(NEW|OLD)[[:space:]]*[.][[:space:]]*`?", name="c")} \
OR w.c = '' AND {SAYS.format(before="", name="t")} \
AND (e.event_object_schema = {{owner}} AND UPPER(e.event_object_table) NOT IN ({{goes}}) \
OR e.event_object_schema <> {{owner}} AND LOCATE(UPPER({{owner}}), UPPER(e.action_statement)) > 0))"""
"""By the row that it fires for, or by the name of a table; those of a table go with it.

In another database a trigger must name this one: the tables there may have the same names.

No IF: MariaDB would take it for a condition about names alone, before it has read the text.
"""


def conditions(wanted: Sequence[Change], live: Schema, owner: str) -> Iterator[tuple[str, str]]:
    """What these changes would lose or break in silence: what kind of object does so, and the condition for one.

    `owner` is SQL for the database.
    """
    tables = [(c.table, "") for c in wanted if isinstance(c, changes.DropTable) and c.table in live.tables]
    columns = [(c.table, c.name) for c in wanted if isinstance(c, Lost) and changes.find_column(live, c.table, c.name)]
    if columns:
        yield "a check or a generated column", EXPRESSIONS.format(lost=_listed(columns), owner=owner)
    if lost := _listed([*tables, *columns]):
        goes = ", ".join(names.literal(table.upper()) for table, _ in tables) or "''"
        yield "a view", VIEWS.format(lost=lost, owner=owner)
        yield "a trigger", TRIGGERS.format(lost=lost, owner=owner, goes=goes)


def _listed(columns: Sequence[Column]) -> str:
    """The query for these names, in upper case."""
    rows = [f"{names.literal(table.upper())} t, {names.literal(column.upper())} c" for table, column in columns]
    return " UNION ALL ".join(f"SELECT {row}" for row in rows)
