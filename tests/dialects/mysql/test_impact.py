"""What changes cost, by server; and the keys that are too long in utf8mb4. No database is needed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from apim_schema import chain, registry
from apim_schema.changes import AddColumn, AlterColumn, Change, CreateIndex, ReplaceForeignKey, ReplacePrimaryKey
from apim_schema.impact import Blocks, Work
from apim_schema.schema import Column, ForeignKey, Index, Key, Schema, Server, Table

DIALECT = registry.load("mysql")
types: Any = DIALECT.types
names: Any = DIALECT.names
TABLE = Table(
    "T",
    {
        "A": Column("A", "VARCHAR(100)", nullable=False),
        "B": Column("B", "VARCHAR(300)"),
        "C": Column("C", "BLOB", nullable=False),
    },
    Key(("A",)),
    options={"charset": "latin1", "collation": "latin1_swedish_ci", "row_format": "DYNAMIC"},
)
Cost = tuple[Work, str, Blocks]
METADATA: Cost = ("metadata", "NONE", "ddl")
IN_PLACE: Cost = ("in place", "NONE", "ddl")
REBUILD: Cost = ("rebuild", "NONE", "ddl")
COPY: Cost = ("rebuild", "SHARED", "writes")


def live(server: str | None = "MySQL 8.4.3", table: Table = TABLE) -> Schema:
    return Schema("mysql", {"T": table}, server=Server.named(server) if server else None)


ADD = AddColumn("T", Column("D", "INTEGER"))
NULLABLE = AlterColumn("T", "C", nullable=True)


@pytest.mark.parametrize(
    ("change", "version", "cost"),
    [
        (ADD, "MySQL 8.4.3", METADATA),
        (ADD, "MySQL 8.0.11", REBUILD),
        (ADD, "MySQL 5.7.44", REBUILD),
        (ADD, "MariaDB 10.6.0", METADATA),
        (ADD, None, METADATA),
        (NULLABLE, "MySQL 8.4.3", REBUILD),
        (NULLABLE, "MariaDB 10.6.0", REBUILD),
        (AlterColumn("T", "A", type="VARCHAR(255)"), "MySQL 8.4.3", METADATA),
        (AlterColumn("T", "A", type="VARCHAR(256)"), "MySQL 8.4.3", COPY),
        (AlterColumn("T", "B", type="VARCHAR(2048)"), "MySQL 8.4.3", METADATA),
        (AlterColumn("T", "B", type="VARCHAR(100)", narrows="VARCHAR(300)"), "MySQL 8.4.3", COPY),
        (AlterColumn("T", "C", type="LONGBLOB"), "MySQL 8.4.3", COPY),
        (AlterColumn("T", "A", charset="latin1", collation="latin1_bin"), "MySQL 8.4.3", COPY),
        (ReplacePrimaryKey("T", ("A", "B")), "MySQL 8.4.3", REBUILD),
        (CreateIndex("T", Index("I", ("B",))), "MySQL 8.4.3", IN_PLACE),
        (ReplaceForeignKey("T", ForeignKey(("A",), "P", ("A",))), "MySQL 8.4.3", COPY),
    ],
)
def test_cost(change: Change, version: str | None, cost: Cost) -> None:
    assert costs(change, live(version)) == cost


def costs(change: Change, live: Schema) -> Cost:
    found = DIALECT.impact.assess(change, live)
    return found.work, found.lock, found.blocks


def test_the_bytes_of_a_character_decide() -> None:
    """A text of up to 255 bytes has a length of one byte, a longer one of two: there the rows are made anew."""
    change = AlterColumn("T", "A", type="VARCHAR(255)")
    assert costs(change, live(table=replace(TABLE, options={"charset": "utf8mb4"}))) == METADATA
    assert costs(change, live(table=replace(TABLE, options={"charset": "ucs2"}))) == COPY
    assert costs(change, live(table=replace(TABLE, options={}))) == COPY


@pytest.mark.parametrize(
    ("version", "clauses"),
    [
        ("MySQL 8.4.3", ", ALGORITHM=INSTANT"),
        ("MySQL 5.7.44", ", ALGORITHM=INPLACE, LOCK=NONE"),
        (None, ""),
    ],
)
def test_the_cheap_way_is_stated_where_the_server_has_it(version: str | None, clauses: str) -> None:
    (statement,) = DIALECT.ddl.statements(ADD, live(version), None)
    assert statement.sql == f"ALTER TABLE `T` ADD COLUMN `D` INTEGER NULL{clauses}"


@pytest.mark.parametrize(
    ("table", "clause", "cost"),
    [
        (replace(TABLE, indexes=(Index("F", ("B", "[FULLTEXT]")),)), "", COPY),
        (replace(TABLE, options={"row_format": "COMPRESSED"}), ", ALGORITHM=INPLACE, LOCK=NONE", REBUILD),
        (replace(TABLE, options={"instant": "barred"}), ", ALGORITHM=INPLACE, LOCK=NONE", REBUILD),
        (replace(TABLE, options={"instant": "untold"}), "", METADATA),
    ],
    ids=["full text", "compressed", "no row version left", "row versions not told"],
)
def test_what_is_stated_where_the_table_bars_it(table: Table, clause: str, cost: Cost) -> None:
    (statement,) = DIALECT.ddl.statements(ADD, live(table=table), None)
    assert statement.sql == f"ALTER TABLE `T` ADD COLUMN `D` INTEGER NULL{clause}"
    assert costs(ADD, live(table=table)) == cost


@pytest.mark.parametrize(
    ("database", "release"), [(database, r) for database in chain.DATABASES for r in chain.releases(database)]
)
def test_a_key_that_is_too_long_in_utf8mb4_is_known(database: str, release: str) -> None:
    for table, text in long_texts(database, release):
        known = types.LONG_KEYS.get(table, ())
        assert text in known, f"{database} {release}: {table}.{text} is in a key of more than {types.KEY_BYTES} bytes"


def test_no_key_is_called_too_long_that_is_not() -> None:
    known = {(table, text) for table, texts in types.LONG_KEYS.items() for text in texts}
    assert known == {
        found for database in chain.DATABASES for r in chain.releases(database) for found in long_texts(database, r)
    }


def long_texts(database: str, release: str) -> Iterator[tuple[str, str]]:
    """The (table, text column) of each key that is too long if all of it is in utf8mb4."""
    for table in chain.expected("mysql", database, release).tables.values():
        wide = replace(table, columns={c.name: replace(c, charset=None) for c in table.columns.values()})
        keys = (table.primary_key, *table.unique, *table.indexes)
        for parts in (key.columns for key in keys if key is not None):
            if types.key_bytes(wide, parts, "utf8mb4") > types.KEY_BYTES:
                columns = (table.columns[names.column_of(part)] for part in parts)
                yield from ((table.name, column.name) for column in columns if types.is_text(column.type))


def test_the_columns_of_a_key_are_whole_and_an_expression_is_none() -> None:
    parts = Key(("A(10)", "(UPPER(`B`))", "C"))
    assert replace(TABLE, primary_key=parts).key_columns == ("A", "C")
    assert replace(TABLE, unique=(parts,)).unique_columns == ("A", "C")
