"""What every change is, and what is made of many: the schema once they are in."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable

from apim_schema.schema import Column, Schema


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


def find_column(schema: Schema, table: str, column: str) -> Column | None:
    """The column, or None where the table or the column is missing."""
    return schema.tables[table].columns.get(column) if table in schema.tables else None


def replay(schema: Schema, changes: Iterable[Change]) -> Schema:
    """The schema once all changes are made: those it has already are skipped."""
    for change in changes:
        if not change.is_in(schema):
            schema = change.apply(schema)
    return schema
