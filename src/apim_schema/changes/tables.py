"""Tables and triggers: those that a release makes, drops and replaces."""

from __future__ import annotations

from dataclasses import dataclass, replace

from apim_schema import compare
from apim_schema.changes.base import Change
from apim_schema.schema import Schema, Table, Trigger


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
class DropTable(Change):
    """A table goes, with its keys, indexes and triggers, and the sequences that numbered its rows.

    Rows are never dropped unless somebody insists: preflight refuses where there are any.
    """

    table: str
    sequences: tuple[str, ...] = ()

    def is_in(self, schema: Schema) -> bool:
        return self.table not in schema.tables and not any(name in schema.sequences for name in self.sequences)

    def apply(self, schema: Schema) -> Schema:
        return schema.without_table(self.table).without_sequences(self.sequences)

    def __str__(self) -> str:
        return f"drop table {self.table}"


@dataclass(frozen=True)
class ReplaceTrigger(Change):
    """A trigger fires at another time; what it does stays.

    MySQL forgets what a dropped trigger did, and Oracle knows the vendor's only in words: there `action` says it.
    """

    trigger: Trigger

    @property
    def table(self) -> str:  # type: ignore[override]
        return self.trigger.table

    def is_in(self, schema: Schema) -> bool:
        return schema.triggers.get(self.trigger.name) == self.trigger

    def apply(self, schema: Schema) -> Schema:
        present = schema.triggers.get(self.trigger.name, self.trigger)
        return schema.with_trigger(replace(self.trigger, action=self.trigger.action or present.action))

    def __str__(self) -> str:
        return f"replace trigger {self.trigger.name} of {self.table} by one {self.trigger.timing.lower()} the event"
