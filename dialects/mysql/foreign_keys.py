"""The names of foreign keys: they are the whole database's, and have no case.

The server names those that have none after their table, `AM_API_ibfk_1`, and fails where another table has a key of
that name: one that was made from a dump, or a copy that was put aside.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import replace
from itertools import chain, count

from apim_schema import changes
from apim_schema.changes import Change
from apim_schema.schema import ForeignKey, Schema, Table


def taken(live: Schema) -> set[str]:
    """The names of all foreign keys, in lower case."""
    return {key.name.lower() for table in live.tables.values() for key in table.foreign_keys if key.name}


def of_new(table: Table, taken: Set[str]) -> tuple[ForeignKey, ...]:
    """The foreign keys of a new table; with names of ours where one that the server would choose is taken."""
    chosen = [f"{table.name}_ibfk_{number + 1}" for number in range(len(table.foreign_keys))]
    if not taken.isdisjoint(map(str.lower, chosen)):
        chosen = [_free(name, taken) for name in chosen]
        return tuple(replace(key, name=name) for key, name in zip(table.foreign_keys, chosen, strict=True))
    return table.foreign_keys


def made(change: Change) -> list[str]:
    """The names of the foreign keys that a change makes, where all of them are free."""
    if isinstance(change, changes.CreateTable):
        return [f"{change.table}_ibfk_{number + 1}" for number in range(len(change.definition.foreign_keys))]
    if isinstance(change, changes.ReplaceForeignKey):
        return [str(beside(change.table, change.key, frozenset()).name)]
    return []


def beside(table: str, key: ForeignKey, taken: Set[str]) -> ForeignKey:
    """A foreign key that is added beside another one, with a name of ours.

    The server would count on from the names that begin with the table's, in its case: where `lower_case_table_names`
    is 1 that is not the case of a name from a dump, which it then meets.
    """
    return replace(key, name=_free(f"{table}_{'_'.join(key.columns)}_fk", taken))


def _free(name: str, taken: Set[str]) -> str:
    """The name itself, or with a number that makes it another one than those which are taken, in lower case."""
    numbered = (f"{name}_{number}" for number in count(2))
    return next(found for found in chain((name,), numbered) if found.lower() not in taken)
