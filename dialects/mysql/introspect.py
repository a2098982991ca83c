"""Reads a live MySQL or MariaDB database from information_schema: one query a kind of object, however many tables.

See https://dev.mysql.com/doc/refman/8.4/en/information-schema.html and
https://mariadb.com/kb/en/information-schema-tables/. MariaDB shows a default as DDL has it, MySQL a text without its
quotes.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, text
from sqlalchemy.exc import DBAPIError

from apim_schema import catalog, sqltext
from apim_schema.catalog import referential_action
from apim_schema.schema import COMPUTED, OWN_TABLES, Column, ForeignKey, Index, Key, Schema, Server, Table, Trigger

from . import actions, names, session, types
from .impact import BARRED, INSTANT, UNTOLD

Rows = Sequence[Row[Any]]

DATABASE = """
SELECT default_character_set_name AS charset, default_collation_name AS collation, @@lower_case_table_names AS folded,
       UPPER(@@innodb_default_row_format) AS row_format
FROM information_schema.schemata WHERE schema_name = :schema"""
TABLES = """
SELECT t.table_name AS name, t.table_collation AS collation, t.row_format AS row_format, t.engine AS engine,
       c.character_set_name AS charset, t.create_options AS options
FROM information_schema.tables t
JOIN information_schema.collation_character_set_applicability c ON {collation} = t.table_collation
WHERE t.table_schema = :schema AND t.table_type IN ('BASE TABLE', 'SYSTEM VERSIONED')
ORDER BY CAST(t.table_name AS BINARY)"""
"""In an order of its own: MariaDB's is that of the file system, and names may differ in nothing but their case."""
COLUMNS = """
SELECT table_name AS table_name, column_name AS name, column_type AS type, is_nullable AS nullable,
       column_default AS default_value, extra AS extra, character_set_name AS charset, collation_name AS collation,
       column_comment AS comment, generation_expression AS expression
FROM information_schema.columns WHERE table_schema = :schema ORDER BY table_name, ordinal_position"""
INDEXES = """
SELECT table_name AS table_name, index_name AS name, non_unique AS repeats, column_name AS column_name,
       sub_part AS length, collation AS direction, index_type AS type, {expression} AS expression, {hidden} AS hidden
FROM information_schema.statistics WHERE table_schema = :schema ORDER BY table_name, index_name, seq_in_index"""
FOREIGN_KEYS = """
SELECT table_name AS table_name, constraint_name AS name, column_name AS column_name,
       referenced_table_schema AS ref_schema, referenced_table_name AS ref_table, referenced_column_name AS ref_column
FROM information_schema.key_column_usage
WHERE table_schema = :schema AND referenced_table_name IS NOT NULL
ORDER BY table_name, constraint_name, ordinal_position"""
ROW_VERSIONS = """
SELECT SUBSTRING_INDEX(name, '/', -1) AS name, total_row_versions AS number
FROM information_schema.innodb_tables WHERE SUBSTRING_INDEX(name, '/', 1) = :file AND total_row_versions > 0"""
"""How often a table has taken or lost columns at once since it was last rebuilt; needs the privilege PROCESS."""
LAST_ROW_VERSION, COUNTS_ROW_VERSIONS = 64, (8, 0, 29)
ADDS_INSTANTLY = "SHOW VARIABLES LIKE 'innodb_instant_alter_column_allowed'"
TRIGGERS = """
SELECT trigger_name AS name, event_object_table AS table_name, action_timing AS timing, event_manipulation AS event,
       action_statement AS action
FROM information_schema.triggers WHERE trigger_schema = :schema"""
ROUTINES = """
SELECT routine_name AS name, routine_definition AS body
FROM information_schema.routines WHERE routine_schema = :schema"""

ON_UPDATE = re.compile(r"on update (\S+)", re.IGNORECASE)

NDB = "ndbcluster"
"""What information_schema.tables calls the engine of MySQL NDB Cluster."""


@dataclass(frozen=True)
class Reader:
    """How one server shows things, whether table names have no case there, and which takes no column at once."""

    server: Server
    folded: bool
    instant: Mapping[str, str]

    def table(self, name: str) -> str:
        return names.to_model(name) if self.folded else name


def read(connection: Connection, schema: str | None) -> Schema:
    """All that is in one database, None for the connection's default; our own tables are left out."""
    schema = schema or session.default_schema(connection)

    def ask(query: str) -> Rows:
        return connection.execute(text(query), {"schema": schema}).all()

    server = session.server(connection)
    (database,) = ask(DATABASE)
    reader = Reader(server, database.folded != 0, _instant(connection, server, schema))
    return Schema(
        flavour="mysql",
        tables=_tables(reader, ask, _foreign_keys(reader, connection, schema, ask(FOREIGN_KEYS))),
        triggers={names.to_model(row.name): _trigger(reader, row) for row in ask(TRIGGERS)},
        routines={names.to_model(row.name): row.body or "" for row in ask(ROUTINES)},
        server=server,
        options={
            "charset": database.charset,
            "collation": database.collation,
            "row_format": database.row_format,
            **({INSTANT: told} if (told := reader.instant[""]) else {}),
        },
    )


def refusal(live: Schema) -> str | None:
    """MySQL NDB Cluster, the vendor's `mysql_cluster`, by the engine of the vendor's tables.

    See https://dev.mysql.com/doc/refman/8.4/en/mysql-cluster-online-operations.html and, of keys and foreign keys,
    https://dev.mysql.com/doc/refman/8.4/en/mysql-cluster-limitations-syntax.html.
    """
    ours = (table for database in ("apim", "shared") for table in catalog.baseline("mysql", database, "4.2.0").tables)
    if not any(live.tables[name].options.get("engine", "").lower() == NDB for name in ours if name in live.tables):
        return None
    return (
        "is of the vendor's script for mysql_cluster, on MySQL NDB Cluster, which is known and not upgraded: a table "
        "is locked on one SQL node only while ALTER TABLE copies its rows, so that what others write leaves them "
        "inconsistent, and the lock that keeps a second upgrade out is one node's too. Ask WSO2 Support for the "
        "statements, and run them with the product stopped, from one SQL node"
    )


UTF8 = "utf8mb4"
"""What texts that become bytes are brought to first."""


def converted(column: Column, old: Column, becomes_binary: bool = False) -> str | None:
    """The expression that gives a value of `column` the bytes that it had as `old`, in another type or character set.

    A text becomes bytes, and bytes a text, in utf8mb4. What the old character set has not can't have been there: a mark
    stands for it.
    """
    name, bytes_now = names.sql(column.name), types.is_binary(column.type)
    if types.is_binary(old.type) and types.is_text(column.type):
        return f"CAST(CONVERT({name} USING {UTF8}) AS BINARY)"
    charset = UTF8 if bytes_now else column.charset
    if not types.is_text(old.type) or not (bytes_now or types.is_text(column.type)):
        return None
    if old.charset in (None, charset):
        return name if bytes_now else None
    value = f"CONVERT({name} USING {UTF8})" if bytes_now else name
    back = f"CONVERT({value} USING {old.charset})"
    same = f"CAST(CONVERT({back} USING {charset}) AS BINARY) = CAST({value} AS BINARY)"
    return f"IF({same}, CAST({back} AS BINARY), CONCAT('?', HEX({value})))"


def _tables(
    reader: Reader, ask: Callable[[str], Rows], foreign_keys: Mapping[str, tuple[ForeignKey, ...]]
) -> dict[str, Table]:
    columns, indexes = _grouped(ask(COLUMNS)), _grouped(ask(_indexes_query(reader.server)))
    tables = {
        row.name: _table(reader, row, columns[row.name], indexes[row.name], foreign_keys[row.name])
        for row in ask(_tables_query(reader.server))
        if names.to_model(row.name) not in OWN_TABLES
    }
    return {table.name: table for table in tables.values()}


def _instant(connection: Connection, server: Server, schema: str) -> Mapping[str, str]:
    """What is to be said of adding a column at once, by the name of the table in lower case; "" where nothing is.

    See https://dev.mysql.com/doc/refman/8.4/en/innodb-online-ddl-operations.html#online-ddl-column-operations and
    https://mariadb.com/docs/server/server-usage/storage-engines/innodb/innodb-system-variables.
    """
    if server.name == session.MARIADB:
        allowed = connection.execute(text(ADDS_INSTANTLY)).first()
        never = allowed is not None and allowed[1] == "never"
        return defaultdict(lambda: BARRED if never else "")
    if server.version < COUNTS_ROW_VERSIONS:
        return defaultdict(str)
    try:
        rows = connection.execute(text(ROW_VERSIONS), {"file": names.file(schema)}).all()
    except DBAPIError:  # the login has not the privilege PROCESS
        return defaultdict(lambda: UNTOLD)
    used_up = {row.name.lower(): BARRED for row in rows if row.number >= LAST_ROW_VERSION}
    return defaultdict(str, used_up)


def _tables_query(server: Server) -> str:
    """MariaDB since 10.10 has collations that belong to several character sets; the full name tells which."""
    full = server.name == session.MARIADB and server.version >= (10, 10)
    return TABLES.format(collation="c.full_collation_name" if full else "c.collation_name")


def _indexes_query(server: Server) -> str:
    """Expressions and invisible indexes came with MySQL 8.0.13; MariaDB 10.6 calls the latter ignored."""
    if server.name == session.MARIADB:
        return INDEXES.format(expression="NULL", hidden="ignored = 'YES'")
    new = server.version >= (8, 0, 13)
    return INDEXES.format(expression="expression" if new else "NULL", hidden="is_visible = 'NO'" if new else "FALSE")


def _grouped(rows: Iterable[Row[Any]]) -> dict[str, list[Row[Any]]]:
    """Rows by their table's name, and those of one table as they came."""
    grouped: dict[str, list[Row[Any]]] = defaultdict(list)
    for row in rows:
        grouped[row.table_name].append(row)
    return grouped


def _table(
    reader: Reader, table: Row[Any], columns: Rows, indexes: Rows, foreign_keys: tuple[ForeignKey, ...]
) -> Table:
    held = defaultdict(list)
    for row in indexes:
        held[row.name].append(row)
    primary = held.pop("PRIMARY", None)
    unique = {name: rows for name, rows in held.items() if not rows[0].repeats}
    return Table(
        reader.table(table.name),
        {names.to_model(row.name): _column(reader.server, row, table.collation) for row in columns},
        Key(_parts(primary)) if primary else None,
        tuple(Key(_parts(rows), name) for name, rows in unique.items()),
        foreign_keys,
        tuple(_index(names.to_model(name), rows, foreign_keys) for name, rows in held.items() if name not in unique),
        {
            "charset": table.charset,
            "collation": table.collation,
            "row_format": (table.row_format or "").upper(),
            "engine": table.engine or "",
            **({"partitioned": "yes"} if "partitioned" in (table.options or "") else {}),
            **({INSTANT: told} if (told := reader.instant[table.name.lower()]) else {}),
        },
    )


def _column(server: Server, row: Row[Any], table_collation: str) -> Column:
    """A column; its character set is named only where it is not the table's."""
    type_ = types.normalise_type(_type(row.type))
    on_update = ON_UPDATE.search(row.extra)
    default = _default(server, row)
    if not row.expression:
        default = types.normalise_default(default, type_)
    numbered = "auto_increment" in row.extra.lower()
    own = row.collation is not None and row.collation != table_collation
    return Column(
        names.to_model(row.name),
        type_,
        row.nullable == "YES",
        None if numbered else default,
        "" if numbered else None,
        types.normalise_default(on_update[1], type_) if on_update else None,
        row.charset if own else None,
        row.collation if own else None,
        row.comment or None,
    )


def _type(shown: str) -> str:
    """The type as shown, without the marks that newer versions of MariaDB add to it: `/* mariadb-5.3 */`."""
    return re.sub(r" ?/\*.*?\*/", "", shown)


def _default(server: Server, row: Row[Any]) -> str | None:
    """A default as DDL has it: text in quotes, an expression in parentheses, a computed column as its formula."""
    shown, extra = row.default_value, row.extra.upper()
    if row.expression:
        return f"{COMPUTED} ({row.expression})"
    if shown is None or types.NOW.fullmatch(shown.upper()) or (shown == "NULL" and server.name == session.MARIADB):
        return None if shown == "NULL" else shown
    if server.name == session.MARIADB:
        literal = sqltext.is_quoted(shown) or sqltext.NUMBER.fullmatch(shown) or shown.startswith("b'")
        return shown if literal else f"({shown})"
    if "DEFAULT_GENERATED" in extra:
        return f"({shown})"
    number = sqltext.NUMBER.fullmatch(shown) and not types.is_text(row.type.upper())
    return shown if number or shown.startswith("b'") else sqltext.quoted(shown.replace("\\", "\\\\"))


def _parts(rows: Rows) -> tuple[str, ...]:
    """The parts of a key; what makes it another kind of index stands as a last part, so that it equals none."""
    parts = [_part(row) for row in rows]
    if rows[0].type != "BTREE":
        parts.append(f"[{rows[0].type}]")
    if rows[0].hidden:
        parts.append("[invisible]")
    return tuple(parts)


def _part(row: Row[Any]) -> str:
    part = f"({row.expression})" if row.column_name is None else names.to_model(row.column_name)
    return part + (f"({row.length})" if row.length else "") + (" DESC" if row.direction == "D" else "")


def _index(name: str, rows: Rows, foreign_keys: Iterable[ForeignKey]) -> Index:
    """An index; `optional` where the server made it for a foreign key, under the key's or the first column's name."""
    columns = _parts(rows)
    made = any(
        key.columns == columns
        and re.fullmatch(rf"{re.escape(columns[0])}(_\d+)?|{re.escape(str(key.name))}", name, re.I)
        for key in foreign_keys
    )
    return Index(name, columns, optional=made)


def _foreign_keys(
    reader: Reader, connection: Connection, schema: str, columns: Rows
) -> dict[str, tuple[ForeignKey, ...]]:
    """The foreign keys of each table; a table in another schema is named with that schema and so is never ours."""
    parts: dict[tuple[str, str], list[Row[Any]]] = defaultdict(list)
    for row in columns:
        parts[row.table_name, row.name].append(row)
    rules = actions.of(connection, schema, parts)
    found: dict[str, tuple[ForeignKey, ...]] = defaultdict(tuple)
    for (table, name), rows in parts.items():
        elsewhere = rows[0].ref_schema.lower() != schema.lower()
        ref_table = reader.table(rows[0].ref_table)
        on_delete, on_update = rules[table, name]
        key = ForeignKey(
            tuple(names.to_model(row.column_name) for row in rows),
            f"{rows[0].ref_schema}.{ref_table}" if elsewhere else ref_table,
            tuple(names.to_model(row.ref_column) for row in rows),
            referential_action(on_delete),
            referential_action(on_update),
            name,
        )
        found[table] += (key,)
    return found


def _trigger(reader: Reader, row: Row[Any]) -> Trigger:
    return Trigger(names.to_model(row.name), reader.table(row.table_name), row.timing, (row.event,), action=row.action)
