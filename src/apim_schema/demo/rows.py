"""Fills a database with rows that hurt: a few in every table, and any number of tokens.

The database must be empty and freshly made. The numbers that the server draws are then 1, 2, 3 … in the order of the
inserts, and a foreign key of the n-th row points to the n-th row of its parent.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.elements import quoted_name

from apim_schema import chain, flavours
from apim_schema.changes import AlterColumn, CreateIndex, ReplacePrimaryKey
from apim_schema.demo import values
from apim_schema.schema import Column, Schema, Table

Place = tuple[str, str]
"""A table and a column."""

ROWS = 4

KEY_BYTES = {"mssql": 900}
OTHER_KEY_BYTES = 2700
"""The longest index entry that can be stored: SQL Server 900 bytes (clustered), PostgreSQL 2704, the others more."""


@dataclass
class Ahead:
    """What the releases of both chains do to the columns of a flavour: the rows must survive all of it."""

    into_bytes: frozenset[Place]
    """Texts that become binary."""
    into_latin1: set[Place] = field(default_factory=set)
    """Texts that get the character set latin1: other characters would be refused."""
    lengths: dict[Place, int] = field(default_factory=dict)
    """The shortest length that a text will have, in characters."""
    keys: dict[str, list[tuple[str, ...]]] = field(default_factory=dict)
    """By table: the columns of each key and index that will be made."""


@cache
def ahead(flavour: str) -> Ahead:
    found = Ahead(chain.texts_to_binary(flavours.FLAVOURS[flavour]))
    for database in chain.DATABASES:
        for change in chain.pending(flavour, database, chain.first(flavour, database), chain.releases(database)[-1]):
            if isinstance(change, AlterColumn):
                _note_column(found, change, flavour)
            elif isinstance(change, CreateIndex):
                found.keys.setdefault(change.table, []).append(change.index.columns)
            elif isinstance(change, ReplacePrimaryKey):
                found.keys.setdefault(change.table, []).append(change.columns)
    return found


def _note_column(found: Ahead, change: AlterColumn, flavour: str) -> None:
    place = (change.table, change.name)
    if change.charset == "latin1":
        found.into_latin1.add(place)
    if change.type is not None and (wanted := values.read_type(change.type, flavour)).kind == "text":
        found.lengths[place] = min(wanted.size, found.lengths.get(place, wanted.size))


def fill(connection: sa.Connection, schema: Schema, *, into: str | None = None, latin1: bool = False) -> int:
    """Puts four rows into every table and returns how many were put in all; does not commit.

    `into` is the schema (owner) that the tables live in, None for the connection's default. `latin1` keeps all text
    to characters that latin1 has, for a database in that character set or code page.
    """
    inserted = 0
    for table, rows in rows_of(schema, latin1=latin1):
        connection.execute(sa.insert(_target(connection, schema, table, into)), rows)
        inserted += len(rows)
    return inserted


def rows_of(schema: Schema, *, latin1: bool = False) -> Iterator[tuple[Table, list[dict[str, Any]]]]:
    """The rows that `fill` puts into each table, parents first, without the columns that the server numbers."""
    maker = _Maker(schema, latin1)
    for table in parents_first(schema):
        yield table, [{name: maker.value(table, column, row) for name, column in _given(table)} for row in range(ROWS)]


def bulk(connection: sa.Connection, schema: Schema, table: str, rows: int, *, into: str | None = None) -> None:
    """Adds `rows` rows to one table, by one statement that the server works out; does not commit.

    `fill` must have run: the rows point to the first row of their parents. Texts of 100 characters and more are
    numbered, everything else is as in the first row, so that the keys of the table must hold such a text.
    """
    definition = schema.tables[table]
    maker = _Maker(schema, latin1=True)
    number = _numbers(rows)
    selected = [_numbered(maker, definition, column, number.c.n) for _, column in _given(definition)]
    target = _target(connection, schema, definition, into)
    names = [name for name, _ in _given(definition)]
    connection.execute(sa.insert(target).from_select(names, sa.select(*selected)))


def parents_first(schema: Schema) -> Iterator[Table]:
    """The tables, each after all that its foreign keys point to."""
    left = dict(schema.tables)
    while left:
        ready = [t for t in left.values() if not {k.ref_table for k in t.foreign_keys} - {t.name} & left.keys()]
        for table in ready:
            yield left.pop(table.name)


def _given(table: Table) -> list[tuple[str, Column]]:
    """The columns that an insert names: the server numbers the others."""
    return [(name, column) for name, column in table.columns.items() if column.generated is None]


def _target(connection: sa.Connection, schema: Schema, table: Table, into: str | None) -> sa.TableClause:
    """The table as an insert needs it; names are left to the server's folding, as the vendor's scripts do."""
    reserved = connection.dialect.identifier_preparer.reserved_words
    columns: list[sa.ColumnClause[Any]] = []
    for name, column in table.columns.items():
        written = quoted_name(name, quote=name.lower() in reserved)
        columns.append(sa.column(written, values.read_type(column.type, schema.flavour).generic))
    return sa.table(quoted_name(table.name, quote=False), *columns, schema=into)


def _numbers(rows: int) -> sa.Subquery:
    """A table of the numbers from 0 to `rows` - 1, in SQL that every server has: each digit with each other."""
    digits: sa.CompoundSelect[int] = sa.union_all(
        *(sa.select(sa.literal_column(str(digit)).label("n")) for digit in range(10))
    )
    last = digits.subquery("d0").c.n
    higher = sum(digits.subquery(f"d{place}").c.n * 10**place for place in range(1, max(2, len(str(rows)))))
    # the comparison names every table: SQLAlchemy would warn of a cartesian product that is not meant
    return sa.select((higher + last).label("n")).where(last < rows - higher).subquery("numbers")


def _numbered(maker: _Maker, table: Table, column: Column, number: sa.ColumnElement[int]) -> sa.ColumnElement[Any]:
    type_ = values.read_type(column.type, maker.schema.flavour)
    tied = any(column.name in key.columns for key in table.foreign_keys)
    if type_.kind == "text" and type_.size >= 100 and not tied:
        return sa.literal(f"{column.name.lower()}-", sa.String()) + sa.cast(number, sa.String(10))
    return sa.literal(maker.value(table, column, 0), type_.generic)


class _Maker:
    """Makes the value of any column in any row."""

    def __init__(self, schema: Schema, latin1: bool) -> None:
        self.schema = schema
        self.latin1 = latin1
        self.ahead = ahead(schema.flavour)
        self.tied = _tied(schema)
        self.room = {place: room for table in schema.tables.values() for place, room in self._rooms(table)}
        self.referenced = {
            (key.ref_table, name) for t in schema.tables.values() for key in t.foreign_keys for name in key.ref_columns
        }

    def value(self, table: Table, column: Column, row: int) -> Any:
        """The value of a column in one row."""
        place = (table.name, column.name)
        if row == 2 and column.nullable and place not in self.referenced and not _in_primary_key(table, column):
            return None
        type_ = self._type(place)
        if place in self.tied:
            return self._tied_value(self.tied[place], type_, row)
        if place in self.ahead.into_bytes:
            text = values.escapes(row, self._readable(type_), self._letters({place}))
            return text if type_.kind == "text" else text.encode()
        if type_.kind == "text" and _distinct(table, column):
            return values.key_text(row, self._size({place}), self._letters({place}))
        return self._plain(place, column, type_, row)

    def _plain(self, place: Place, column: Column, type_: values.Type, row: int) -> Any:
        if type_.kind == "number":
            return values.number(row, type_)
        if type_.kind == "time":
            return values.moment(row, type_)
        if type_.kind == "flag":
            return values.flag(row, type_)
        if type_.kind == "bytes":
            return values.BYTES[row] or self._nothing(column, b"\x00")
        return values.text(row, type_, self._letters({place}), self.room.get(place)) or self._nothing(column, " ")

    def _nothing(self, column: Column, instead: Any) -> Any:
        """What stands for empty: on Oracle that is NULL."""
        refused = self.schema.flavour.startswith("oracle") and not column.nullable
        return instead if refused else instead[:0]

    def _readable(self, type_: values.Type) -> values.Type:
        return type_ if type_.kind == "text" else values.Type(type_.name, "text", size=1000)

    def _tied_value(self, places: frozenset[Place], type_: values.Type, row: int) -> Any:
        """The value of all columns that foreign keys tie together."""
        numbered = any(self._column(place).generated is not None for place in places)
        if type_.kind != "text" or numbered:
            return str(row + 1) if type_.kind == "text" else row + 1
        return values.key_text(row, self._size(places), self._letters(places))

    def _type(self, place: Place) -> values.Type:
        """The type of a column, a text no longer than some release will have it."""
        type_ = values.read_type(self._column(place).type, self.schema.flavour)
        return replace(type_, size=min(type_.size, self.ahead.lengths.get(place, type_.size)))

    def _column(self, place: Place) -> Column:
        return self.schema.tables[place[0]].columns[place[1]]

    def _letters(self, places: frozenset[Place] | set[Place]) -> str:
        latin1 = any(place in self.ahead.into_latin1 or self._column(place).charset == "latin1" for place in places)
        return values.LATIN1 if self.latin1 or latin1 else values.UNICODE

    def _size(self, places: frozenset[Place] | set[Place]) -> int:
        """What all these text columns can hold, in characters, with the room that indexes leave."""
        sizes = (self._type(place).size for place in places)
        return min(*sizes, *(self.room.get(place, OTHER_KEY_BYTES) for place in places))

    def _rooms(self, table: Table) -> Iterator[tuple[Place, int]]:
        """What the indexes of a table leave each of its text columns, in bytes, the tightest last."""
        budget = KEY_BYTES.get(flavours.FLAVOURS[self.schema.flavour], OTHER_KEY_BYTES)
        later = (_names(table, columns) for columns in self.ahead.keys.get(table.name, ()))
        for columns in sorted((*_indexed(table), *later), key=len):
            texts = [name for name in columns if self._is_text(table, name)]
            yield from (((table.name, name), budget // len(texts)) for name in texts)

    def _is_text(self, table: Table, name: str) -> bool:
        return values.read_type(table.columns[name].type, self.schema.flavour).kind == "text"


def _tied(schema: Schema) -> dict[Place, frozenset[Place]]:
    """For each column of a foreign key, itself and all columns that must have the same value."""
    tied: dict[Place, frozenset[Place]] = {}
    for table in schema.tables.values():
        for key in table.foreign_keys:
            for name, referred in zip(key.columns, key.ref_columns, strict=True):
                child, parent = (table.name, name), (key.ref_table, referred)
                merged = tied.get(child, frozenset({child})) | tied.get(parent, frozenset({parent}))
                tied.update(dict.fromkeys(merged, merged))
    return tied


def _in_primary_key(table: Table, column: Column) -> bool:
    return table.primary_key is not None and column.name in table.primary_key.columns


def _distinct(table: Table, column: Column) -> bool:
    """Whether a key wants another value in each row."""
    return any(column.name in names for names in _unique(table))


def _unique(table: Table) -> Iterator[list[str]]:
    if table.primary_key:
        yield _names(table, table.primary_key.columns)
    yield from (_names(table, key.columns) for key in table.unique)
    yield from (_names(table, index.columns) for index in table.indexes if index.unique)


def _indexed(table: Table) -> Iterator[list[str]]:
    """The columns of each key and index."""
    yield from _unique(table)
    yield from (_names(table, index.columns) for index in table.indexes)


def _names(table: Table, columns: tuple[str, ...]) -> list[str]:
    """The columns of an index; of an expression, LOWER(APP_NAME), or a prefix, ATTR_NAME(500), the column in it."""
    words = [word for entry in columns for word in entry.replace(")", "(").split("(")]
    return [word for word in words if word in table.columns]
