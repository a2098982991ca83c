"""What a script has to ask by itself: the server lets it through, and says nothing.

Checks, exclusion constraints and statistics over a column that is dropped go with it. The function of a trigger is a
text: it stands, and whoever writes to the trigger's table fails from then on. Where a text becomes bytes, a check, an
index and a trigger stand, and mean something else. See https://www.postgresql.org/docs/current/ddl-depend.html.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from apim_schema import changes, sqltext
from apim_schema.changes import Change
from apim_schema.schema import Schema

from . import names

Lost = changes.DropColumn | changes.TextToBinary | changes.BinaryToText
Column = tuple[str, str]
"""A table and one of its columns."""

DEPENDENTS = """EXISTS (SELECT 1 FROM pg_depend d \
JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid \
LEFT JOIN pg_constraint k ON d.classid = 'pg_constraint'::regclass AND k.oid = d.objid \
LEFT JOIN pg_index x ON d.classid = 'pg_class'::regclass AND x.indexrelid = d.objid \
WHERE d.refclassid = 'pg_class'::regclass AND (d.refobjid, a.attname) IN ({columns}) AND ({which}))"""
READERS = "k.contype = 'c' OR x.indexprs IS NOT NULL OR x.indpred IS NOT NULL"
"""The checks, and the indexes with an expression or a predicate, over a column."""
TAKEN_ALONG = "k.contype IN ('c', 'x') OR d.classid = 'pg_statistic_ext'::regclass"
TRIGGERS = """EXISTS (SELECT 1 FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid \
JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = {owner} JOIN pg_proc p ON p.oid = t.tgfoid \
WHERE NOT t.tgisinternal AND ({fired}))"""


def conditions(wanted: Sequence[Change], live: Schema, schema: str | None) -> Iterator[tuple[str, str]]:
    """What these changes would lose or break in silence: what is said of it, and the condition for it."""
    tables = [c.table for c in wanted if isinstance(c, changes.DropTable) and c.table in live.tables]
    to_bytes, dropped = _columns(wanted, live, changes.TextToBinary), _columns(wanted, live, changes.DropColumn)
    if to_bytes:
        asked = DEPENDENTS.format(columns=_listed(to_bytes, schema), which=READERS)
        yield "a check or an index reads a text that becomes bytes", asked
    if dropped:
        asked = DEPENDENTS.format(columns=_listed(dropped, schema), which=TAKEN_ALONG)
        yield "a check, an exclusion constraint or statistics are over a column that is dropped", asked
    converted = to_bytes + _columns(wanted, live, changes.BinaryToText)
    if fired := [*_fired(tables, dropped, converted)]:
        owner = sqltext.quoted(schema) if schema else "current_schema()"
        asked = TRIGGERS.format(owner=owner, fired=" OR ".join(fired))
        yield "the function of a trigger names what is dropped or becomes another type", asked


def _columns(wanted: Iterable[Change], live: Schema, kind: type[Lost]) -> list[Column]:
    return [(c.table, c.name) for c in wanted if isinstance(c, kind) and changes.find_column(live, c.table, c.name)]


def _listed(columns: Iterable[Column], schema: str | None) -> str:
    return ", ".join(
        f"({sqltext.quoted(names.qualified(table, schema))}::regclass, {sqltext.quoted(names.to_server(column))})"
        for table, column in columns
    )


def _fired(tables: Sequence[str], dropped: Iterable[Column], converted: Iterable[Column]) -> Iterator[str]:
    """A trigger by its function's text: of the row that it fires for, or of a table; those of a table go with it."""
    for table, column in dropped:
        yield _says(table, rf'\m(new|old)\s*\.\s*"?{_word(column)}\M')
    for table, column in converted:
        yield _says(table, rf"\m{_word(column)}\M")
    if tables:
        goes = ", ".join(sqltext.quoted(names.to_server(table)) for table in tables)
        named = sqltext.quoted(rf"\m({'|'.join(map(_word, tables))})\M")
        yield f"c.relname NOT IN ({goes}) AND p.prosrc ~* {named}"


def _says(table: str, pattern: str) -> str:
    return f"c.relname = {sqltext.quoted(names.to_server(table))} AND p.prosrc ~* {sqltext.quoted(pattern)}"


def _word(name: str) -> str:
    return re.escape(names.to_server(name))
