"""Columns: new ones, other types, nullability and defaults, and those that go."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal, cast

from apim_schema import compare, flavours
from apim_schema.changes.base import Change, find_column
from apim_schema.schema import Column, Schema


@dataclass(frozen=True)
class AddColumn(Change):
    """A new column. `fill` is the SQL literal for the rows that stand, where the column itself has no default."""

    table: str
    column: Column
    fill: str | None = None

    def is_in(self, schema: Schema) -> bool:
        found = find_column(schema, self.table, self.column.name)
        if found is None:
            return False
        at = (schema.flavour, schema.tables[self.table])
        half = self.fill is not None and compare.fits(*at, self.filled(schema.flavour), found)
        return compare.fits(*at, self.column, found) or (not half and compare.holds(*at, self.column, found))

    def filled(self, flavour: str) -> Column:
        """The column with the default that fills the rows which stand, as it is before that default goes again."""
        if self.fill is None:
            return self.column
        return replace(self.column, default=flavours.types(flavour).normalise_default(self.fill, self.column.type))

    def apply(self, schema: Schema) -> Schema:
        return schema.with_table(schema.tables[self.table].with_column(self.column))

    def __str__(self) -> str:
        return f"add column {self.table}.{self.column.name}"


@dataclass(frozen=True)
class AlterColumn(Change):
    """Another type, character set, nullability or default of a column; what is None here stays as it is.

    `default` and `charset` are False where they stay; None is for a default that goes, and for the table's own
    character set. A column that holds more than `type` already keeps its own: only what is no wider than `narrows`,
    the type that the release before had, is made narrower; where it `cuts`, with what is too long in the rows. With
    `where_keys_fit` it stays as it is where a key over it would become too long.
    """

    table: str
    name: str
    type: str | None = None
    nullable: bool | None = None
    charset: str | Literal[False] | None = False
    collation: str | None = None
    default: str | Literal[False] | None = False
    narrows: str | None = None
    cuts: bool = False
    where_keys_fit: bool = False

    def is_in(self, schema: Schema) -> bool:
        column = find_column(schema, self.table, self.name)
        if column is None:
            return False
        if self.charset:
            charset, collation = schema.tables[self.table].charset_of(column)
            column = replace(column, charset=charset, collation=collation)
        wanted = self.target(column, schema.flavour)
        fits = flavours.types(schema.flavour).keys_fit
        return wanted == column or (self.where_keys_fit and not fits(schema.tables[self.table], wanted))

    def target(self, column: Column, flavour: str) -> Column:
        """The column as this change wants it, as far as that is not exceeded already."""
        type_ = None if self.type and self._exceeded(column.type, flavour) else self.type
        wanted = {"type": type_, "nullable": self.nullable}
        altered = replace(column, **cast(Any, {name: value for name, value in wanted.items() if value is not None}))
        if self.charset is not False:
            altered = replace(altered, charset=self.charset, collation=self.collation)
        return altered if self.default is False else replace(altered, default=self.default)

    def apply(self, schema: Schema) -> Schema:
        table = schema.tables[self.table]
        return schema.with_table(table.with_column(self.target(table.columns[self.name], schema.flavour)))

    def _exceeded(self, found: str, flavour: str) -> bool:
        hold = flavours.types(flavour).holds
        return hold(cast(str, self.type), found) and not (self.narrows and hold(found, self.narrows))

    def __str__(self) -> str:
        null = {True: "NULL", False: "NOT NULL", None: None}[self.nullable]
        default = "no default" if self.default is None else f"DEFAULT {self.default}" if self.default else None
        charset = "the table's character set" if self.charset is None else self.charset or None
        words = " ".join(filter(None, (self.type, charset, null, default)))
        return f"alter column {self.table}.{self.name} to {words}"


@dataclass(frozen=True)
class TextToBinary(Change):
    """A text column becomes a binary one that holds the same text as UTF-8."""

    table: str
    name: str
    type: str

    def is_in(self, schema: Schema) -> bool:
        column = find_column(schema, self.table, self.name)
        held = column is not None and flavours.types(schema.flavour).holds(self.type, column.type)
        return held and column is not None and column.successor is None

    def apply(self, schema: Schema) -> Schema:
        table, types = schema.tables[self.table], flavours.types(schema.flavour)
        present = table.columns[self.name]
        default = types.default_as_bytes(present.default) if present.default is not None else None
        default = types.normalise_default(default, self.type)
        column = replace(
            present, type=self.type, default=default, charset=None, collation=None, unit=None, successor=None
        )
        return schema.with_table(table.with_column(column))

    def __str__(self) -> str:
        return f"convert column {self.table}.{self.name} to {self.type}, as UTF-8"


@dataclass(frozen=True)
class BinaryToText(Change):
    """A binary column that holds a text as UTF-8 becomes that text, in the column that it was before.

    Where it `cuts`, with what is too long for that in the rows.
    """

    table: str
    column: Column
    cuts: bool = False

    @property
    def name(self) -> str:
        return self.column.name

    def is_in(self, schema: Schema) -> bool:
        """Also where the column is a text that holds more: it never became bytes."""
        found = find_column(schema, self.table, self.name)
        if found is None or found.successor is not None:
            return False
        wanted = self.target(found)
        return replace(wanted, type=found.type) == found and flavours.types(schema.flavour).holds(
            wanted.type, found.type
        )

    def target(self, found: Column) -> Column:
        """The text that the column becomes; what only the live one knows of itself stays."""
        like_before = ("type", "default", "charset", "collation", "unit", "bytes")
        return replace(found, successor=None, **{name: getattr(self.column, name) for name in like_before})

    def apply(self, schema: Schema) -> Schema:
        table = schema.tables[self.table]
        return schema.with_table(table.with_column(self.target(table.columns[self.name])))

    def __str__(self) -> str:
        return f"convert column {self.table}.{self.name} to {self.column.type}, from UTF-8"


@dataclass(frozen=True)
class DropColumn(Change):
    """A column goes, with the indexes and unique constraints over nothing else.

    Values are never dropped unless somebody insists: preflight refuses where a row has one that is not the column's
    default, nor `filled`, which the rows got when it came.
    """

    table: str
    name: str
    filled: str | None = None

    def is_in(self, schema: Schema) -> bool:
        return find_column(schema, self.table, self.name) is None

    def apply(self, schema: Schema) -> Schema:
        return schema.with_table(schema.tables[self.table].without_column(self.name))

    def __str__(self) -> str:
        return f"drop column {self.table}.{self.name}"
