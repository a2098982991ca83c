"""The vocabulary of the revisions: what changes, in the field's standard words, and nothing about how.

A revision declares its changes with the lower-case functions; `settle` turns the declarations into the frozen
dataclasses for one flavour. Every change knows two things about a schema: whether its effect is there (`is_in`)
and what the schema is once it is (`apply`). Statements, impact and preflight are made from it elsewhere.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any, TypeVar, cast

from apim_schema import compare
from apim_schema.schema import Column, ForeignKey, Index, Key, Schema, Table, Trigger

T = TypeVar("T")
Declared = Callable[[str], T]
"""A value that is asked for in one flavour."""


class Change(ABC):
    """One change of one table (or trigger) of a release."""

    table: str

    @abstractmethod
    def is_in(self, schema: Schema) -> bool:
        """Whether the schema already has the effect of this change."""

    @abstractmethod
    def apply(self, schema: Schema) -> Schema:
        """The schema with this change made; a second time changes nothing."""

    @abstractmethod
    def __str__(self) -> str:
        """The change in a few words, for plans and messages."""


@dataclass(frozen=True)
class CreateTable(Change):
    """A new table with its keys, its indexes, and the sequences and triggers that number its rows."""

    definition: Table
    sequences: tuple[tuple[str, str], ...] = ()
    triggers: tuple[Trigger, ...] = ()

    @property
    def table(self) -> str:  # type: ignore[override]
        return self.definition.name

    def is_in(self, schema: Schema) -> bool:
        return (
            self.table in schema.tables
            and compare.contains(schema.flavour, schema.tables[self.table], self.definition)
            and all(name in schema.sequences for name, _ in self.sequences)
            and all(self._fires(trigger, schema) for trigger in self.triggers)
        )

    def _fires(self, trigger: Trigger, schema: Schema) -> bool:
        found = schema.triggers.get(trigger.name)
        return found is not None and compare.same_trigger(trigger, found)

    def apply(self, schema: Schema) -> Schema:
        if self.table not in schema.tables:
            schema = schema.with_table(self.definition)
        else:
            present = schema.tables[self.table]
            missing = tuple(i for i in self.definition.indexes if present.index(i.name) is None)
            schema = schema.with_table(replace(present, indexes=present.indexes + missing))
        for name, options in self.sequences:
            schema = schema.with_sequence(name, options)
        for trigger in self.triggers:
            if not self._fires(trigger, schema):
                schema = schema.with_trigger(trigger)
        return schema

    def __str__(self) -> str:
        return f"create table {self.table}"


@dataclass(frozen=True)
class AddColumn(Change):
    """A new column. `fill` is the SQL literal for the rows that stand, where the column itself has no default."""

    table: str
    column: Column
    fill: str | None = None

    def is_in(self, schema: Schema) -> bool:
        found = find_column(schema, self.table, self.column.name)
        return found is not None and compare.fits(schema.flavour, schema.tables[self.table], self.column, found)

    def apply(self, schema: Schema) -> Schema:
        return schema.with_table(schema.tables[self.table].with_column(self.column))

    def __str__(self) -> str:
        return f"add column {self.table}.{self.column.name}"


@dataclass(frozen=True)
class AlterColumn(Change):
    """Another type, character set or nullability of a column; what is None here stays as it is."""

    table: str
    name: str
    type: str | None = None
    nullable: bool | None = None
    charset: str | None = None
    collation: str | None = None

    def is_in(self, schema: Schema) -> bool:
        column = find_column(schema, self.table, self.name)
        if column is None:
            return False
        if self.charset is not None:
            charset, collation = schema.tables[self.table].charset_of(column)
            column = replace(column, charset=charset, collation=collation)
        return self.target(column) == column

    def target(self, column: Column) -> Column:
        """The column as this change wants it."""
        wanted = {"type": self.type, "nullable": self.nullable, "charset": self.charset, "collation": self.collation}
        return replace(column, **cast(Any, {name: value for name, value in wanted.items() if value is not None}))

    def apply(self, schema: Schema) -> Schema:
        table = schema.tables[self.table]
        return schema.with_table(table.with_column(self.target(table.columns[self.name])))

    def __str__(self) -> str:
        words = " ".join(
            filter(None, (self.type, self.charset, {True: "NULL", False: "NOT NULL", None: ""}[self.nullable]))
        )
        return f"alter column {self.table}.{self.name} to {words}"


@dataclass(frozen=True)
class TextToBinary(Change):
    """A text column becomes a binary one that holds the same text as UTF-8."""

    table: str
    name: str
    type: str

    def is_in(self, schema: Schema) -> bool:
        column = find_column(schema, self.table, self.name)
        return column is not None and column.type == self.type and column.successor is None

    def apply(self, schema: Schema) -> Schema:
        table = schema.tables[self.table]
        column = replace(
            table.columns[self.name], type=self.type, charset=None, collation=None, unit=None, successor=None
        )
        return schema.with_table(table.with_column(column))

    def __str__(self) -> str:
        return f"convert column {self.table}.{self.name} to {self.type}, as UTF-8"


@dataclass(frozen=True)
class ReplacePrimaryKey(Change):
    """The primary key goes over other columns."""

    table: str
    columns: tuple[str, ...]

    def is_in(self, schema: Schema) -> bool:
        table = schema.tables.get(self.table)
        return table is not None and table.primary_key == Key(self.columns)

    def apply(self, schema: Schema) -> Schema:
        return schema.with_table(replace(schema.tables[self.table], primary_key=Key(self.columns)))

    def __str__(self) -> str:
        return f"replace primary key of {self.table} by ({', '.join(self.columns)})"


@dataclass(frozen=True)
class DropUnique(Change):
    """A unique constraint goes, or the unique index that serves as one; it is found by its columns."""

    table: str
    columns: tuple[str, ...]

    def is_in(self, schema: Schema) -> bool:
        table = schema.tables.get(self.table)
        return table is not None and Key(self.columns) not in (*table.unique, *map(self._as_key, table.indexes))

    def _as_key(self, index: Index) -> Key | None:
        return Key(index.columns) if index.unique else None

    def apply(self, schema: Schema) -> Schema:
        table, gone = schema.tables[self.table], Key(self.columns)
        unique = tuple(key for key in table.unique if key != gone)
        indexes = tuple(index for index in table.indexes if self._as_key(index) != gone)
        return schema.with_table(replace(table, unique=unique, indexes=indexes))

    def __str__(self) -> str:
        return f"drop unique ({', '.join(self.columns)}) of {self.table}"


@dataclass(frozen=True)
class ReplaceForeignKey(Change):
    """A foreign key gets other actions; it is found by its columns and the table it points to."""

    table: str
    key: ForeignKey

    def is_in(self, schema: Schema) -> bool:
        table = schema.tables.get(self.table)
        return table is not None and self.same_columns(table) == (self.key,)

    def same_columns(self, table: Table) -> tuple[ForeignKey, ...]:
        """The foreign keys that stand over the same columns to the same table, whatever their actions."""
        return tuple(
            k for k in table.foreign_keys if (k.columns, k.ref_table) == (self.key.columns, self.key.ref_table)
        )

    def apply(self, schema: Schema) -> Schema:
        table = schema.tables[self.table]
        others = tuple(key for key in table.foreign_keys if key not in self.same_columns(table))
        return schema.with_table(replace(table, foreign_keys=(*others, self.key)))

    def __str__(self) -> str:
        actions = " ".join(
            f"on {event} {action.lower()}"
            for event, action in (("delete", self.key.on_delete), ("update", self.key.on_update))
            if action
        )
        return (
            f"replace foreign key of {self.table} ({', '.join(self.key.columns)}) by one {actions or 'without actions'}"
        )


@dataclass(frozen=True)
class CreateIndex(Change):
    """A new index.

    `short_charset` is a (charset, collation) that the index's text columns take first where the key would be too
    long in the one they have: MySQL ends at 3072 bytes.
    """

    table: str
    index: Index
    short_charset: tuple[str, str] | None = None

    def is_in(self, schema: Schema) -> bool:
        table = schema.tables.get(self.table)
        return table is not None and any(i.columns == self.index.columns and not i.optional for i in table.indexes)

    def apply(self, schema: Schema) -> Schema:
        table = schema.tables[self.table]
        others = tuple(index for index in table.indexes if index.name != self.index.name)
        return schema.with_table(replace(table, indexes=(*others, self.index)))

    def __str__(self) -> str:
        return f"create index {self.index.name} on {self.table}"


@dataclass(frozen=True)
class KeepIndex(Change):
    """The release has no such index, the chain keeps it: rebuilding it later on a large table would cost more.

    It changes what the schema is expected to be, and never the database.
    """

    table: str
    name: str

    def is_in(self, schema: Schema) -> bool:
        index = schema.tables[self.table].index(self.name) if self.table in schema.tables else None
        return index is None or index.optional

    def apply(self, schema: Schema) -> Schema:
        table = schema.tables[self.table]
        indexes = tuple(replace(i, optional=True) if i.name == self.name else i for i in table.indexes)
        return schema.with_table(replace(table, indexes=indexes))

    def __str__(self) -> str:
        return f"keep index {self.name} of {self.table}, which the release does without"


@dataclass(frozen=True)
class ReplaceTrigger(Change):
    """A trigger fires at another time; what it does stays."""

    trigger: Trigger

    @property
    def table(self) -> str:  # type: ignore[override]
        return self.trigger.table

    def is_in(self, schema: Schema) -> bool:
        return schema.triggers.get(self.trigger.name) == self.trigger

    def apply(self, schema: Schema) -> Schema:
        present = schema.triggers[self.trigger.name]
        return schema.with_trigger(replace(self.trigger, action=present.action))

    def __str__(self) -> str:
        return f"replace trigger {self.trigger.name} of {self.table} by one {self.trigger.timing.lower()} the event"


def find_column(schema: Schema, table: str, column: str) -> Column | None:
    """The column, or None where the table or the column is missing."""
    return schema.tables[table].columns.get(column) if table in schema.tables else None


def replay(schema: Schema, changes: Iterable[Change]) -> Schema:
    """The schema once all changes are made: those it has already are skipped."""
    for change in changes:
        if not change.is_in(schema):
            schema = change.apply(schema)
    return schema
