"""Indexes that are not unique: new ones, those that go, and those that the chain keeps."""

from __future__ import annotations

from dataclasses import dataclass, replace

from apim_schema import flavours
from apim_schema.changes.base import Change
from apim_schema.schema import Index, Schema


@dataclass(frozen=True)
class CreateIndex(Change):
    """A new index.

    `short_charset` is a (charset, collation) that the index's text columns take first where the key would be too
    long in the one they have: MySQL ends at 3072 bytes. Without it, another legal form of the index is it too.
    """

    table: str
    index: Index
    short_charset: tuple[str, str] | None = None

    def is_in(self, schema: Schema) -> bool:
        found = schema.tables[self.table].indexes if self.table in schema.tables else ()
        return any(self._is(index, schema.flavour) for index in found if not index.optional)

    def _is(self, found: Index, flavour: str) -> bool:
        if self.short_charset or found.name != self.index.name:
            return found.columns == self.index.columns
        return flavours.types(flavour).same_key(self.table, self.index.columns, found.columns)

    def apply(self, schema: Schema) -> Schema:
        table = schema.tables[self.table]
        others = tuple(index for index in table.indexes if index.name != self.index.name)
        return schema.with_table(replace(table, indexes=(*others, self.index)))

    def __str__(self) -> str:
        return f"create index {self.index.name} on {self.table}"


@dataclass(frozen=True)
class DropIndex(Change):
    """An index goes; it is found by its name, since the names of indexes are the vendor's.

    One over the same columns under another name is the customer's own. With `columns`, only one over these goes: what
    replaces it may have its name.
    """

    table: str
    name: str
    columns: tuple[str, ...] | None = None

    def is_in(self, schema: Schema) -> bool:
        index = schema.tables[self.table].index(self.name) if self.table in schema.tables else None
        return index is None or self.columns not in (None, index.columns)

    def apply(self, schema: Schema) -> Schema:
        table = schema.tables[self.table]
        left = tuple(index for index in table.indexes if index.name != self.name)
        return schema.with_table(replace(table, indexes=left))

    def __str__(self) -> str:
        return f"drop index {self.name} of {self.table}"


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
