"""Keys: primary keys, unique constraints and foreign keys, all of them found by their structure."""

from __future__ import annotations

from dataclasses import dataclass, replace

from apim_schema.changes.base import Change
from apim_schema.schema import ForeignKey, Key, Schema, Table


@dataclass(frozen=True)
class ReplacePrimaryKey(Change):
    """The primary key goes over other columns, none of which may be NULL then."""

    table: str
    columns: tuple[str, ...]

    def is_in(self, schema: Schema) -> bool:
        table = schema.tables.get(self.table)
        return table is not None and table.primary_key == Key(self.columns)

    def apply(self, schema: Schema) -> Schema:
        table = schema.tables[self.table]
        columns = {n: replace(c, nullable=c.nullable and n not in self.columns) for n, c in table.columns.items()}
        return schema.with_table(replace(table, columns=columns, primary_key=Key(self.columns)))

    def __str__(self) -> str:
        return f"replace primary key of {self.table} by ({', '.join(self.columns)})"


@dataclass(frozen=True)
class CreateUnique(Change):
    """A new unique constraint; a unique index over the same columns serves."""

    table: str
    key: Key

    def is_in(self, schema: Schema) -> bool:
        table = schema.tables.get(self.table)
        return table is not None and table.is_unique(self.key.columns)

    def apply(self, schema: Schema) -> Schema:
        table = schema.tables[self.table]
        return schema.with_table(replace(table, unique=(*table.unique, self.key)))

    def __str__(self) -> str:
        return f"create unique ({', '.join(self.key.columns)}) of {self.table}"


@dataclass(frozen=True)
class DropUnique(Change):
    """A unique constraint goes, or the unique index that serves as one; it is found by its columns."""

    table: str
    columns: tuple[str, ...]

    def is_in(self, schema: Schema) -> bool:
        table = schema.tables.get(self.table)
        return table is not None and not table.is_unique(self.columns)

    def apply(self, schema: Schema) -> Schema:
        table = schema.tables[self.table]
        unique = tuple(key for key in table.unique if key.columns != self.columns)
        indexes = tuple(index for index in table.indexes if not (index.unique and index.columns == self.columns))
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
        return table.foreign_keys_over(self.key.columns, self.key.ref_table)

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
class CreateForeignKey(ReplaceForeignKey):
    """A new foreign key; one over the same columns to the same table that is there with other actions is replaced."""

    def __str__(self) -> str:
        return f"create foreign key of {self.table} ({', '.join(self.key.columns)}) to {self.key.ref_table}"


@dataclass(frozen=True)
class DropForeignKey(Change):
    """A foreign key goes; it is found by its columns and the table it points to."""

    table: str
    columns: tuple[str, ...]
    ref_table: str

    def is_in(self, schema: Schema) -> bool:
        table = schema.tables.get(self.table)
        return table is not None and not self.found(table)

    def found(self, table: Table) -> tuple[ForeignKey, ...]:
        """The foreign keys that go, whatever their actions."""
        return table.foreign_keys_over(self.columns, self.ref_table)

    def apply(self, schema: Schema) -> Schema:
        table = schema.tables[self.table]
        left = tuple(key for key in table.foreign_keys if key not in self.found(table))
        return schema.with_table(replace(table, foreign_keys=left))

    def __str__(self) -> str:
        return f"drop foreign key of {self.table} ({', '.join(self.columns)}) to {self.ref_table}"
