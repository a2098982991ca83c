"""Reads a live Oracle database from the data dictionary: one query a view, and the joins in memory.

The ALL_ views show one's own schema and any other that one may see. A join of two of them can take minutes, and a
LONG (the text of a default, of an expression, of a trigger) makes a query fetch row by row: each has one of its own.
Rows that are an index-organised table's own, or stand outside of the database, are none of a schema; a column that is
invisible is one of its table all the same.
See https://docs.oracle.com/en/database/oracle/oracle-database/19/refrn/static-data-dictionary-views.html.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from sqlalchemy import Connection, Row, text

from apim_schema import catalog, datacentres, sqltext
from apim_schema.schema import COMPUTED, OWN_TABLES, Column, ForeignKey, Index, Key, Schema, Table, Trigger

from . import names, plsql, session, types
from .ddl import SUCCESSOR

Rows = Sequence[Any]

QUERIES = {
    "unit": "SELECT VALUE AS unit FROM NLS_SESSION_PARAMETERS WHERE PARAMETER = 'NLS_LENGTH_SEMANTICS'",
    "tables": """
SELECT TABLE_NAME AS table_name FROM ALL_TABLES
WHERE OWNER = :owner AND TEMPORARY = 'N' AND SECONDARY = 'N' AND NESTED = 'NO' AND DROPPED = 'NO'
AND (IOT_TYPE IS NULL OR IOT_TYPE = 'IOT')
AND TABLE_NAME NOT IN (SELECT TABLE_NAME FROM ALL_EXTERNAL_TABLES WHERE OWNER = :owner)""",
    "columns": """
SELECT TABLE_NAME AS table_name, COLUMN_NAME AS name, DATA_TYPE AS type, DATA_LENGTH AS bytes,
       DATA_PRECISION AS digits, DATA_SCALE AS scale, CHAR_LENGTH AS length, CHAR_USED AS unit, NULLABLE AS nullable,
       VIRTUAL_COLUMN AS virtual, IDENTITY_COLUMN AS numbered
FROM ALL_TAB_COLS WHERE OWNER = :owner AND USER_GENERATED = 'YES' ORDER BY TABLE_NAME, COLUMN_ID""",
    "defaults": """
SELECT TABLE_NAME AS table_name, COLUMN_NAME AS name, DATA_DEFAULT AS sql
FROM ALL_TAB_COLS WHERE OWNER = :owner AND USER_GENERATED = 'YES' AND DEFAULT_LENGTH IS NOT NULL""",
    "constraints": """
SELECT TABLE_NAME AS table_name, CONSTRAINT_NAME AS name, CONSTRAINT_TYPE AS kind, R_OWNER AS ref_owner,
       R_CONSTRAINT_NAME AS ref_name, DELETE_RULE AS on_delete, STATUS AS status, INDEX_NAME AS index_name
FROM ALL_CONSTRAINTS WHERE OWNER = :owner AND CONSTRAINT_TYPE IN ('P', 'U', 'R') ORDER BY CONSTRAINT_NAME""",
    "constraint_columns": """
SELECT CONSTRAINT_NAME AS name, COLUMN_NAME AS column_name, POSITION AS place
FROM ALL_CONS_COLUMNS WHERE OWNER = :owner AND POSITION IS NOT NULL ORDER BY CONSTRAINT_NAME, POSITION""",
    "indexes": """
SELECT TABLE_NAME AS table_name, INDEX_NAME AS name, INDEX_TYPE AS type, UNIQUENESS AS uniqueness, STATUS AS status,
       VISIBILITY AS visibility
FROM ALL_INDEXES WHERE OWNER = :owner AND TABLE_OWNER = :owner ORDER BY INDEX_NAME""",
    "index_columns": """
SELECT INDEX_NAME AS name, COLUMN_NAME AS column_name, COLUMN_POSITION AS place, DESCEND AS direction
FROM ALL_IND_COLUMNS WHERE INDEX_OWNER = :owner ORDER BY INDEX_NAME, COLUMN_POSITION""",
    "index_expressions": """
SELECT INDEX_NAME AS name, COLUMN_POSITION AS place, COLUMN_EXPRESSION AS sql
FROM ALL_IND_EXPRESSIONS WHERE INDEX_OWNER = :owner""",
    "sequences": """
SELECT SEQUENCE_NAME AS name, INCREMENT_BY AS step, LAST_NUMBER AS reached, CACHE_SIZE AS cached, ORDER_FLAG AS in_order
FROM ALL_SEQUENCES WHERE SEQUENCE_OWNER = :owner ORDER BY SEQUENCE_NAME""",
    "triggers": """
SELECT TRIGGER_NAME AS name, TABLE_NAME AS table_name, TRIGGER_TYPE AS type, TRIGGERING_EVENT AS event,
       STATUS AS status, WHEN_CLAUSE AS condition, REFERENCING_NAMES AS referencing, TRIGGER_BODY AS body
FROM ALL_TRIGGERS WHERE OWNER = :owner AND TABLE_OWNER = :owner AND BASE_OBJECT_TYPE = 'TABLE'
ORDER BY TRIGGER_NAME""",
    "errors": """
SELECT DISTINCT NAME AS name FROM ALL_ERRORS
WHERE OWNER = :owner AND TYPE = 'TRIGGER' AND ATTRIBUTE = 'ERROR'""",
    "routines": """
SELECT OBJECT_NAME AS name, OBJECT_TYPE AS type FROM ALL_OBJECTS
WHERE OWNER = :owner AND OBJECT_TYPE IN ('FUNCTION', 'PROCEDURE', 'PACKAGE') ORDER BY OBJECT_NAME""",
}

OWN = re.compile(rf"{'|'.join(OWN_TABLES)}|{session.LOCK_TABLES}")
DROPPED = "BIN$"
IDENTITY_SEQUENCE = "ISEQ$$_"
NO_INDEX = ("LOB", "IOT - TOP", "CLUSTER")
"""What ALL_INDEXES lists for the server's own use."""
PLAIN = ("NORMAL", "FUNCTION-BASED NORMAL")
TRIGGER_TYPE = re.compile(r"(BEFORE|AFTER|INSTEAD OF)(?: (EACH ROW|STATEMENT))?")


@dataclass(frozen=True)
class Dictionary:
    """The rows of each query, by the name that it has in QUERIES."""

    unit: Rows
    tables: Rows
    columns: Rows
    defaults: Rows
    constraints: Rows
    constraint_columns: Rows
    indexes: Rows
    index_columns: Rows
    index_expressions: Rows
    sequences: Rows
    triggers: Rows
    errors: Rows
    routines: Rows


def read(connection: Connection, schema: str | None) -> Schema:
    """All that is in one schema, None for the connection's current one; our own tables are left out."""
    owner = names.owner(schema or session.default_schema(connection))

    def ask(query: str) -> Sequence[Row[Any]]:
        return connection.execute(text(query), {"owner": owner} if ":owner" in query else {}).all()

    return mapped(owner, Dictionary(**{name: ask(query) for name, query in QUERIES.items()}))


def mapped(owner: str, found: Dictionary) -> Schema:
    """The schema that these rows of the dictionary describe."""
    triggers = {row.name: _trigger(row, {error.name for error in found.errors}) for row in found.triggers}
    tables = {table.name: table for table in _tables(owner, found, triggers)}
    return Schema(
        flavour=_flavour(tables, found.sequences),
        tables=tables,
        sequences={row.name: _options(row) for row in found.sequences if not row.name.startswith(IDENTITY_SEQUENCE)},
        triggers={name: trigger for name, trigger in triggers.items() if not name.startswith(DROPPED)},
        routines={row.name: row.type.lower() for row in found.routines},
        options={"unit": found.unit[0].unit},
    )


def refusal(live: Schema) -> str | None:
    """None: each of the vendor's scripts for this database leads somewhere."""
    return None


def converted(column: Column, old: Column, becomes_binary: bool = False) -> str | None:
    """The name by which to read a column that is in another form now, or under its working name; None where it is not.

    Text that has become bytes, and bytes that have become text, need no expression: the digest streams both as UTF-8.
    """
    name = types.place(column)
    in_another_form = becomes_binary and types.may_convert(old, column)
    return names.sql(name) if name != column.name or in_another_form else None


def _flavour(tables: Mapping[str, Table], sequences: Rows) -> str:
    """The vendor's script that a schema comes from, by what differs between the scripts.

    `oracle_multidc` where a column is there that only that script makes. `oracle_23c` where a flag of the vendor's is
    a BOOLEAN; a customer's own BOOLEAN says nothing. `oracle_rac` where more columns are as that script has them than
    as the plain one has; the shared database has no such column, but sequences that are in order.
    """
    if datacentres.has_several(tables):
        return "oracle_multidc"
    columns = {(table.name, column.name): column for table in tables.values() for column in table.columns.values()}
    if any(columns[flag].type == "BOOLEAN" for flag in _flags() & columns.keys()):
        return "oracle_23c"
    on_rac = sum(
        (columns[where] == rac) - (columns[where] == plain)
        for where, (plain, rac) in _of_rac().items()
        if where in columns
    )
    in_order = sum(1 if row.in_order == "Y" else -1 for row in sequences)
    return "oracle_rac" if (on_rac or in_order) > 0 else "oracle"


@cache
def _flags() -> frozenset[tuple[str, str]]:
    """The (table, column) pairs that are BOOLEAN in the vendor's script for 23c."""
    baselines = (_baseline("oracle_23c", database, "4.3.0") for database in ("apim", "shared"))
    return frozenset(where for columns in baselines for where, column in columns.items() if column.type == "BOOLEAN")


@cache
def _of_rac() -> Mapping[tuple[str, str], tuple[Column, Column]]:
    """The columns that differ between the vendor's plain script and the one for RAC, as each has them."""
    plain, rac = (_baseline(flavour, "apim", "4.2.0") for flavour in ("oracle", "oracle_rac"))
    return {where: (column, rac[where]) for where, column in plain.items() if column != rac[where]}


def _baseline(flavour: str, database: str, release: str) -> dict[tuple[str, str], Column]:
    tables = catalog.baseline(flavour, database, release).tables.values()
    return {(table.name, column.name): column for table in tables for column in table.columns.values()}


def _tables(owner: str, found: Dictionary, triggers: Mapping[str, Trigger]) -> Iterable[Table]:
    columns, constraints, indexes = map(_by_table, (found.columns, found.constraints, found.indexes))
    defaults = {(row.table_name, row.name): row.sql for row in found.defaults}
    filled = {(t.table, t.fills[1]): t.fills[0] for t in triggers.values() if t.fills}
    keys = _Keys(owner, found)
    parts = _index_parts(found)
    for (name,) in found.tables:
        if OWN.fullmatch(name) or name.startswith(DROPPED):
            continue
        made = (_column(row, defaults.get((name, row.name)), filled.get((name, row.name))) for row in columns[name])
        backing = {row.index_name for row in constraints[name] if row.kind in "PU"}
        yield Table(
            name,
            _settled({column.name: column for column in made}),
            next((keys.key(row) for row in constraints[name] if row.kind == "P"), None),
            tuple(keys.key(row) for row in constraints[name] if row.kind == "U"),
            tuple(keys.foreign_key(row) for row in constraints[name] if row.kind == "R"),
            tuple(
                _index(row, parts[row.name])
                for row in indexes[name]
                if row.name not in backing and row.type not in NO_INDEX
            ),
        )


def _by_table(rows: Rows) -> dict[str, list[Any]]:
    grouped: dict[str, list[Any]] = defaultdict(list)
    for row in rows:
        grouped[row.table_name].append(row)
    return grouped


def _column(row: Any, default: str | None, sequence: str | None) -> Column:
    """A column; a trigger that fills it from a sequence makes it generated by that, GENERATED AS IDENTITY by ""."""
    type_ = types.normalise_type(_type(row))
    generated = "" if row.numbered == "YES" else sequence
    expression = None if generated is not None else types.normalise_default(default, type_)
    if row.virtual == "YES":
        expression = f"{COMPUTED} ({default})"
    unit = {"B": "BYTE", "C": "CHAR"}.get(row.unit) if sqltext.base(type_) in types.IN_UNITS else None
    return Column(
        row.name, type_, row.nullable == "Y", expression, generated, unit=unit, bytes=row.bytes if unit else None
    )


def _type(row: Any) -> str:
    """The type as DDL writes it; the dictionary keeps its numbers apart."""
    if row.type in ("CHAR", "VARCHAR2", "NCHAR", "NVARCHAR2"):
        return f"{row.type}({row.length})"
    if row.type == "RAW":
        return f"RAW({row.bytes})"
    if row.type == "FLOAT" and row.digits is not None:
        return f"FLOAT({row.digits})"
    if row.type == "NUMBER" and (row.digits, row.scale) != (None, None):
        return f"NUMBER({'*' if row.digits is None else row.digits},{row.scale or 0})"
    return str(row.type)


def _settled(columns: dict[str, Column]) -> dict[str, Column]:
    """The columns with what an interrupted conversion has left put in the place that it was made for."""
    for name, successor in [*columns.items()]:
        place = name.removesuffix(SUCCESSOR)
        present = columns.get(place)
        of_ours = types.is_bytes(successor) or sqltext.base(successor.type) in types.TEXTS
        if place == name or not of_ours or (present and not types.may_convert(present, successor)):
            continue
        columns[place] = replace(present or replace(successor, name=place), successor=successor)
        del columns[name]
    return columns


class _Keys:
    """Turns rows of ALL_CONSTRAINTS into keys."""

    def __init__(self, owner: str, found: Dictionary) -> None:
        self.owner = owner
        self.columns: dict[str, tuple[str, ...]] = defaultdict(tuple)
        for row in found.constraint_columns:
            self.columns[row.name] += (row.column_name,)
        self.table_of = {row.name: row.table_name for row in found.constraints}

    def key(self, row: Any) -> Key:
        return Key(self._enforced(row), row.name)

    def foreign_key(self, row: Any) -> ForeignKey:
        """A foreign key; one into another schema names that schema's constraint and so is never one of ours."""
        columns = self._enforced(row)
        on_delete = catalog.referential_action(row.on_delete)
        if row.ref_owner != self.owner:
            return ForeignKey(columns, f"{row.ref_owner}.{row.ref_name}", (), on_delete, name=row.name)
        return ForeignKey(columns, self.table_of[row.ref_name], self.columns[row.ref_name], on_delete, name=row.name)

    def _enforced(self, row: Any) -> tuple[str, ...]:
        """The columns; a constraint that is switched off says so in the place of one, so that it equals none."""
        return self.columns[row.name] + (() if row.status == "ENABLED" else ("[disabled]",))


def _index_parts(found: Dictionary) -> dict[str, tuple[str, ...]]:
    """The columns and expressions of each index: `LOWER("APP_NAME")` is LOWER(APP_NAME), as the vendor writes it."""
    expressions = {(row.name, row.place): row.sql for row in found.index_expressions}
    parts: dict[str, tuple[str, ...]] = defaultdict(tuple)
    for row in found.index_columns:
        expression = expressions.get((row.name, row.place))
        part = row.column_name if expression is None else sqltext.fold(expression).replace('"', "")
        parts[row.name] += (part if row.direction == "ASC" else f"{part} DESC",)
    return parts


def _index(row: Any, parts: tuple[str, ...]) -> Index:
    """An index; one of another kind, or one that no query can use, says so in its last column and so equals none."""
    marks = [
        f"[{row.type.lower()}]" if row.type not in PLAIN else "",
        "[unusable]" if row.status == "UNUSABLE" else "",
        "[invisible]" if row.visibility == "INVISIBLE" else "",
    ]
    return Index(row.name, (*parts, *filter(None, marks)), row.uniqueness == "UNIQUE")


def _options(row: Any) -> str:
    """A sequence's options in the vendor's words; the dictionary keeps where it is, which tells the first number.

    Twenty numbers are kept ahead where nothing is said.
    """
    in_order = row.in_order == "Y"
    ahead = "NOCACHE" if row.cached == 0 else f"CACHE {row.cached}" if row.cached != 20 or in_order else ""
    counts = datacentres.options(row.reached, row.step)
    return " ".join(filter(None, (counts, ahead, "ORDER" if in_order else "")))


def _trigger(row: Any, broken: set[str]) -> Trigger:
    """A trigger; one that is switched off or does not compile says so in its last event and so equals none."""
    timing = TRIGGER_TYPE.fullmatch(row.type)
    events = tuple(row.event.strip().split(" OR "))
    marks = ("[disabled]",) * (row.status != "ENABLED") + ("[does not compile]",) * (row.name in broken)
    fills = plsql.filled(row.body) if events == ("INSERT",) else None
    when = plsql.condition(row.condition, row.referencing, row.body)
    fires = timing[1] if timing else row.type
    return Trigger(row.name, row.table_name, fires, events + marks, fills, when, action=row.body)
