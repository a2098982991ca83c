"""What a script has to ask by itself: the server lets it through, or fails when half of the way is committed.

It lets a view or a trigger over what is dropped stand, invalid from then on, and takes a check constraint along; and a
column that is converted is dropped, and made anew. `gone` and `dependents` name each one where a database is at hand: a
script looks for a word, so a comment or a column of the same name in another table counts. What is gone already is
found nowhere, and so a script that is run again is not refused for it.

ALL_VIEWS.TEXT_VC may be cut: https://docs.oracle.com/en/database/oracle/oracle-database/19/refrn/ALL_VIEWS.html. Of a
materialized view there is a LONG only, which no condition can read: each one over the table counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from apim_schema import changes, sqltext
from apim_schema.changes import Change
from apim_schema.dropped import dropped
from apim_schema.schema import Schema

from . import plsql

NAME = "'(^|[^A-Z0-9_$#%@])' || c.COLUMN_NAME || '([^A-Z0-9_$#@]|$)'"
"""The column's name as `sqltext.mentions` looks for it: a word of its own, and %TYPE is none."""
STAR = r"\*\s*(,|/[*]|-[-]|FROM[^A-Z0-9_$#])"
"""All columns: neither a product nor COUNT(*)."""
NOT_NULL = r'^\s*"?[A-Z0-9_$#]+"?\s+IS\s+NOT\s+NULL\s*$'
WHOLE = 3996
"""Bytes: a text that was cut to 4000 has more, since no character has over four."""

CHECK = """EXISTS (
        SELECT 1 FROM ALL_CONSTRAINTS k
        JOIN ALL_CONS_COLUMNS c ON c.OWNER = k.OWNER AND c.CONSTRAINT_NAME = k.CONSTRAINT_NAME
        WHERE k.OWNER = {owner} AND k.CONSTRAINT_TYPE = 'C'
        AND (k.SEARCH_CONDITION_VC IS NULL OR NOT REGEXP_LIKE(k.SEARCH_CONDITION_VC, '{not_null}', 'i'))
        AND (k.TABLE_NAME, c.COLUMN_NAME) IN (
            {columns}))"""
VIEW_OF_COLUMN = """EXISTS (
        SELECT 1 FROM ALL_DEPENDENCIES d
        JOIN ALL_TAB_COLUMNS c ON c.OWNER = d.REFERENCED_OWNER AND c.TABLE_NAME = d.REFERENCED_NAME
        LEFT JOIN ALL_VIEWS v ON v.OWNER = d.OWNER AND v.VIEW_NAME = d.NAME
        WHERE d.REFERENCED_OWNER = {owner} AND d.REFERENCED_TYPE = 'TABLE' AND d.TYPE IN ('VIEW', 'MATERIALIZED VIEW')
        AND (v.TEXT_VC IS NULL OR LENGTHB(v.TEXT_VC) > {whole}
            OR REGEXP_LIKE(v.TEXT_VC, '{star}', 'i')
            OR REGEXP_LIKE(v.TEXT_VC, {name}, 'i'))
        AND (c.TABLE_NAME, c.COLUMN_NAME) IN (
            {columns}))"""
VIEW_OF_TABLE = """EXISTS (
        SELECT 1 FROM ALL_DEPENDENCIES d
        WHERE d.REFERENCED_OWNER = {owner} AND d.REFERENCED_TYPE = 'TABLE' AND d.TYPE IN ('VIEW', 'MATERIALIZED VIEW')
        AND d.REFERENCED_NAME IN ({tables}))"""
TRIGGER_OF_COLUMN = """EXISTS (
        SELECT 1 FROM ALL_TRIGGERS t
        JOIN ALL_TAB_COLUMNS c ON c.OWNER = t.TABLE_OWNER AND c.TABLE_NAME = t.TABLE_NAME
        LEFT JOIN ALL_SOURCE s ON s.OWNER = t.OWNER AND s.NAME = t.TRIGGER_NAME AND s.TYPE = 'TRIGGER'
            AND s.TEXT IS NOT NULL
        WHERE t.TABLE_OWNER = {owner} AND t.STATUS = 'ENABLED'
        AND (s.TEXT IS NULL OR REGEXP_LIKE(s.TEXT, {name}, 'i'))
        AND (c.TABLE_NAME, c.COLUMN_NAME) IN (
            {columns}))"""
TRIGGER_OF_TABLE = """EXISTS (
        SELECT 1 FROM ALL_DEPENDENCIES d
        WHERE d.REFERENCED_OWNER = {owner} AND d.REFERENCED_TYPE = 'TABLE' AND d.TYPE = 'TRIGGER'
        AND d.REFERENCED_NAME IN ({tables})
        AND NOT EXISTS (
            SELECT 1 FROM ALL_TRIGGERS t
            WHERE t.OWNER = d.OWNER AND t.TRIGGER_NAME = d.NAME AND t.TABLE_OWNER = d.REFERENCED_OWNER
            AND t.TABLE_NAME IN ({tables})))"""
"""A trigger of a table that is dropped goes with it."""

KINDS = (
    ("check constraint", CHECK, ""),
    ("view", VIEW_OF_COLUMN, VIEW_OF_TABLE),
    ("trigger", TRIGGER_OF_COLUMN, TRIGGER_OF_TABLE),
)
"""What may use something, and how that is asked of columns and of tables; a check goes with its table."""
MESSAGE = "a {kind} may use what is dropped or converted: apim-schema plan names it; nothing was changed"


def conditions(wanted: Sequence[Change], live: Schema, schema: str | None) -> Iterator[tuple[str, str]]:
    """The condition that an object of the customer's is in the way, and what to say then, for each kind of object."""
    every = list(dropped(wanted, live))
    converted = [c for c in wanted if isinstance(c, changes.TextToBinary | changes.BinaryToText)]
    there = {(c.table, c.name) for c in converted if changes.find_column(live, c.table, c.name)}
    columns = sorted(there | {(gone.table.name, gone.column) for gone in every if gone.column})
    tables = sorted({gone.table.name for gone in every if not gone.column})
    terms = {
        "owner": plsql.owner(schema),
        "columns": ",\n            ".join(f"({sqltext.quoted(t)}, {sqltext.quoted(c)})" for t, c in columns),
        "tables": ", ".join(map(sqltext.quoted, tables)),
        **{"name": NAME, "star": STAR, "not_null": NOT_NULL, "whole": WHOLE},
    }
    for kind, *forms in KINDS:
        asked = [form.format(**terms) for form, names in zip(forms, (columns, tables), strict=True) if form and names]
        if asked:
            yield "\n    OR ".join(asked), MESSAGE.format(kind=kind)
