"""The schema model: what a database or a catalog holds, in one form that can be compared.

Names are upper case, as the vendor writes them; types, defaults and sequence options are the dialect's own,
normalised by its `types` module, so that two equal schemas are equal objects. Names of constraints are carried
for the statements that need them and never compared: the vendor leaves most of them to the server.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from graphlib import TopologicalSorter

from apim_schema import sqltext

OWN_TABLES = ("ALEMBIC_VERSION_APIM", "ALEMBIC_VERSION_SHARED", "APIM_SCHEMA_EVIDENCE", "APIM_SCHEMA_HISTORY")
"""The tables that this tool keeps in the database itself; they are no part of any release."""

COMPUTED = "GENERATED ALWAYS AS"
"""How the default of a column begins in the model that the server works out: its formula stands there."""

LONGEST_NAME = 255
"""Characters of a column that may name a row: a longer one is no name, and may well hold a secret."""


@dataclass(frozen=True)
class Server:
    """A database server: MariaDB, (10, 11, 6)."""

    name: str
    version: tuple[int, ...] = ()

    @classmethod
    def named(cls, words: str) -> Server:
        """The server that tells its name and then its version, as in "MySQL 9.7.4" or a banner's first line."""
        found = re.match(r"(.+?)[ -]+(\d+(?:\.\d+)+)", words)
        return cls(found[1], tuple(map(int, found[2].split(".")))) if found else cls(words.strip())

    def __str__(self) -> str:
        return f"{self.name} {'.'.join(map(str, self.version))}".strip()


@dataclass(frozen=True)
class Column:
    """One column.

    `generated` says who fills it where the application does not: None nobody, "" the server (AUTO_INCREMENT, IDENTITY,
    SERIAL with its own sequence), otherwise the name of the sequence. `charset` and `collation` are None where they are
    the table's own; `comment` is carried for statements that must restate it, and so is `unit`: what Oracle counts the
    length of this text in, BYTE or CHAR; `bytes` is how many it may have there. `successor` is the column that an
    interrupted conversion was going to put in this one's place; where only that one is left, this is it under its
    future name.
    """

    name: str
    type: str
    nullable: bool = True
    default: str | None = None
    generated: str | None = None
    on_update: str | None = None
    charset: str | None = None
    collation: str | None = None
    comment: str | None = field(default=None, compare=False)
    unit: str | None = field(default=None, compare=False)
    bytes: int | None = field(default=None, compare=False)
    successor: Column | None = field(default=None, compare=False)

    @property
    def is_computed(self) -> bool:
        """Whether the server works it out, so that nobody can write to it."""
        return self.default is not None and self.default.startswith(COMPUTED)


@dataclass(frozen=True)
class Key:
    """A primary key or a unique constraint; `detail` is said of one that binds otherwise than any release's."""

    columns: tuple[str, ...]
    name: str | None = field(default=None, compare=False)
    detail: str = field(default="", compare=False)


@dataclass(frozen=True)
class ForeignKey:
    """A foreign key; `on_delete` and `on_update` are None for NO ACTION and RESTRICT, which mean the same here.

    `detail` is said of one that binds otherwise than any release's.
    """

    columns: tuple[str, ...]
    ref_table: str
    ref_columns: tuple[str, ...]
    on_delete: str | None = None
    on_update: str | None = None
    name: str | None = field(default=None, compare=False)
    detail: str = field(default="", compare=False)


@dataclass(frozen=True)
class Index:
    """An index; `columns` may hold expressions (`LOWER(APP_NAME)`) and MySQL's prefixes (`ATTR_NAME(500)`).

    `include` are columns that stand in the index and are no part of its key. `optional` is said of an index that a
    release has no need of, so that it may be there or not.
    """

    name: str
    columns: tuple[str, ...]
    unique: bool = False
    include: tuple[str, ...] = ()
    optional: bool = field(default=False, compare=False)


@dataclass(frozen=True)
class Table:
    """One table; `columns` keeps the order in which they were made, which is not compared.

    `options` are what a dialect's statements have to know of a live table and no release says: its default
    collation, its row format.
    """

    name: str
    columns: Mapping[str, Column]
    primary_key: Key | None = None
    unique: tuple[Key, ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()
    indexes: tuple[Index, ...] = ()
    options: Mapping[str, str] = field(default_factory=dict, compare=False)

    @property
    def key_columns(self) -> tuple[str, ...]:
        """The columns of the primary key, none where there is none."""
        return self._whole(self.primary_key.columns if self.primary_key else ())

    @property
    def unique_columns(self) -> tuple[str, ...]:
        """The columns of the first unique key, none where there is none."""
        return self._whole(next((key.columns for key in self.unique), ()))

    @property
    def naming_columns(self) -> tuple[str, ...]:
        """The columns that name a row: of the primary key, the short ones of a unique key, else what points elsewhere.

        Other columns may hold what nobody wants to see in a report; a table that has none of these names no row.
        """
        short = (c for c in self.unique_columns if (sqltext.length(self.columns[c].type) or 0) <= LONGEST_NAME)
        foreign = dict.fromkeys(column for key in self.foreign_keys for column in key.columns)
        return self.key_columns or tuple(short) or self._whole(tuple(foreign))

    def _whole(self, parts: tuple[str, ...]) -> tuple[str, ...]:
        """The columns of a key's parts; on MySQL a part may be the beginning of one, `ATTR_NAME(500)`, or none."""
        names = (part if part in self.columns else part.partition("(")[0] for part in parts)
        return tuple(name for name in names if name in self.columns)

    def with_column(self, column: Column) -> Table:
        """The table with the column added, or put in the place of its namesake."""
        return replace(self, columns={**self.columns, column.name: column})

    def without_column(self, name: str) -> Table:
        """The table without a column, and without the indexes and unique keys over nothing else."""
        return replace(
            self,
            columns={column.name: column for column in self.columns.values() if column.name != name},
            unique=tuple(key for key in self.unique if key.columns != (name,)),
            indexes=tuple(index for index in self.indexes if index.columns != (name,)),
        )

    def is_unique(self, columns: tuple[str, ...]) -> bool:
        """Whether there is a unique constraint over these columns, or a unique index that serves as one."""
        indexes = (index.columns for index in self.indexes if index.unique)
        return columns in (*(key.columns for key in self.unique), *indexes)

    def foreign_keys_over(self, columns: tuple[str, ...], ref_table: str) -> tuple[ForeignKey, ...]:
        """The foreign keys over these columns to that table, whatever their actions."""
        return tuple(key for key in self.foreign_keys if (key.columns, key.ref_table) == (columns, ref_table))

    def charset_of(self, column: Column) -> tuple[str | None, str | None]:
        """The character set and collation of a column: its own, or those of the table where it has none."""
        if column.charset is not None:
            return column.charset, column.collation
        return self.options.get("charset"), self.options.get("collation")

    def index(self, name: str) -> Index | None:
        return next((index for index in self.indexes if index.name == name), None)


@dataclass(frozen=True)
class Trigger:
    """A trigger; `fills` is (sequence, column) for the ones that only number the rows of their table.

    `when` is the condition under which it fires for a row, None where it always does.
    """

    name: str
    table: str
    timing: str
    events: tuple[str, ...]
    fills: tuple[str, str] | None = None
    when: str | None = None
    action: str | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Schema:
    """All that is in one database schema.

    `flavour` is the catalog family: the dialect's name, or `oracle_23c` for the vendor's second Oracle script.
    `server` is the one that a live schema is on; `options` are what a dialect's statements have to know besides.
    """

    flavour: str
    tables: Mapping[str, Table] = field(default_factory=dict)
    sequences: Mapping[str, str] = field(default_factory=dict)
    triggers: Mapping[str, Trigger] = field(default_factory=dict)
    routines: Mapping[str, str] = field(default_factory=dict)
    server: Server | None = field(default=None, compare=False)
    options: Mapping[str, str] = field(default_factory=dict, compare=False)

    def in_order(self) -> tuple[Table, ...]:
        """The tables, each after those that its foreign keys point to."""
        points_to = {
            name: {key.ref_table for key in table.foreign_keys if key.ref_table != name}
            for name, table in sorted(self.tables.items())
        }
        return tuple(self.tables[name] for name in TopologicalSorter(points_to).static_order())

    def with_table(self, table: Table) -> Schema:
        """The schema with the table added, or put in the place of its namesake."""
        return replace(self, tables={**self.tables, table.name: table})

    def without_table(self, name: str) -> Schema:
        """The schema without a table and its triggers."""
        return replace(
            self,
            tables={table.name: table for table in self.tables.values() if table.name != name},
            triggers={key: trigger for key, trigger in self.triggers.items() if trigger.table != name},
        )

    def with_sequence(self, name: str, options: str) -> Schema:
        return replace(self, sequences={**self.sequences, name: options})

    def without_sequences(self, names: Collection[str]) -> Schema:
        return replace(self, sequences={name: options for name, options in self.sequences.items() if name not in names})

    def with_trigger(self, trigger: Trigger) -> Schema:
        return replace(self, triggers={**self.triggers, trigger.name: trigger})
