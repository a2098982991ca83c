"""What brings drift back to the release: changes like those of a revision, made from the differences.

Nothing is made narrower, and only what is replaced by more is dropped, so not all drift can be mended; what is left
says why.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from apim_schema import changes, compare, drift, flavours
from apim_schema.changes import Change
from apim_schema.difference import ACCEPTED, DIFFERENT, EXTRA, MISSING, Difference, drifted
from apim_schema.schema import Column, Key, Schema, Table


@dataclass(frozen=True)
class Mend:
    """One difference, and the changes that mend it; none where it stays, and `reason` says why."""

    difference: Difference
    changes: tuple[Change, ...] = ()
    reason: str = ""


Made = Change | tuple[Change, ...] | str
"""What mends a difference, or why nothing does."""

IS_ACCEPTED = "it stands in the accept list"
NOTHING_IS_DROPPED = "it would have to be dropped"
NOTHING_IS_NARROWED = "it would have to be made narrower, or another kind of type"
NUMBERS = "nobody knows which number comes next"
BY_HAND = "the release's own script has it"

ORDER = ("column", "character set of", "primary key of", "unique key of", "index", "table", "foreign key of")
"""What leans on another comes after it: a table on the keys that it points to."""


def mends(wanted: Schema, live: Schema, found: Sequence[Difference]) -> tuple[Mend, ...]:
    """How to mend each difference that is drift, in the order in which it can be done.

    `wanted` is the schema of the release, and `found` is where the live one differs from it.
    """
    tables = {table.name: place for place, table in enumerate(wanted.in_order())}

    def place(difference: Difference) -> tuple[int, int]:
        kind = ORDER.index(difference.what) if difference.what in ORDER else len(ORDER)
        return kind, tables.get(difference.name, 0)

    return tuple(_mend(difference, wanted, live) for difference in sorted(drifted(found), key=place))


def _mend(difference: Difference, wanted: Schema, live: Schema) -> Mend:
    if difference.class_ == ACCEPTED:
        return Mend(difference, reason=IS_ACCEPTED)
    if difference.kind == EXTRA:
        return Mend(difference, reason=NOTHING_IS_DROPPED)
    made = HOW[difference.what](difference, wanted, live) if difference.what in HOW else BY_HAND
    if isinstance(made, str):
        return Mend(difference, reason=made)
    return Mend(difference, made if isinstance(made, tuple) else (made,))


def _table(difference: Difference, wanted: Schema, live: Schema) -> Change | str:
    """The table with the sequences and triggers that number its rows."""
    table = wanted.tables[difference.name]
    triggers = tuple(trigger for trigger in wanted.triggers.values() if trigger.table == table.name and trigger.fills)
    drawn = {column.generated for column in table.columns.values()} | {t.fills[0] for t in triggers if t.fills}
    sequences = tuple((name, options) for name, options in wanted.sequences.items() if name in drawn)
    return changes.CreateTable(table, sequences, triggers)


def _column(difference: Difference, wanted: Schema, live: Schema) -> Change | str:
    table, _, name = difference.name.partition(".")
    column = wanted.tables[table].columns[name]
    if difference.kind == MISSING:
        return NUMBERS if column.generated is not None else changes.AddColumn(table, column)
    return _altered(live.tables[table], column, live.tables[table].columns[name], live.flavour)


def _altered(table: Table, column: Column, found: Column, flavour: str) -> Change | str:
    """What can be restored of a column: its width where it has less, whether it may be NULL, its default.

    What of it is legal as it was found stays so.
    """
    wanted = flavours.types(flavour).as_found(table, column, found)
    if (wanted.generated is None) != (found.generated is None):
        return NUMBERS
    if found.is_computed:
        return NOTHING_IS_DROPPED
    hold = flavours.types(flavour).holds
    widen = wanted.type if wanted.type != found.type and hold(found.type, wanted.type) else None
    nullable = wanted.nullable if wanted.nullable != found.nullable else None
    default: str | Literal[False] | None = wanted.default if wanted.default != found.default else False
    if (widen, nullable, default) == (None, None, False):
        return NOTHING_IS_NARROWED
    return changes.AlterColumn(table.name, wanted.name, type=widen, nullable=nullable, default=default)


def _primary_key(difference: Difference, wanted: Schema, live: Schema) -> Change | str:
    key = wanted.tables[difference.name].primary_key
    if difference.kind == DIFFERENT or key is None:
        return NOTHING_IS_DROPPED
    return changes.ReplacePrimaryKey(difference.name, key.columns)


def _unique_key(difference: Difference, wanted: Schema, live: Schema) -> Made:
    """The key; one of its name over only some of its columns keeps out rows that the release lets in, and goes."""
    if difference.kind == DIFFERENT:
        return NOTHING_IS_DROPPED
    table, keys = difference.name, compare.normalised(wanted.tables[difference.name]).unique
    key = next(key for key in keys if compare.words(key) == difference.expected)
    create, left = changes.CreateUnique(table, key), _left_of(key, keys, live.tables[table], live.flavour)
    if left is None:
        return create
    drop = changes.DropUnique(table, left.columns)
    return (drop, create) if key.name else (create, drop)


def _left_of(key: Key, keys: Sequence[Key], found: Table, flavour: str) -> Key | None:
    """What is left of a unique key where a column of it was dropped, and the server did not drop the key with it."""
    name = key.name or flavours.types(flavour).key_name(key.columns)
    shorter = (k for k in compare.normalised(found).unique if k.name == name and k not in keys)
    return next((k for k in shorter if _has_some(k.columns, key.columns)), None)


def _has_some(found: Sequence[str], wanted: Sequence[str]) -> bool:
    """Whether these are some of the wanted columns, in their order, and no other."""
    return len(found) < len(wanted) and list(found) == [column for column in wanted if column in found]


def _index(difference: Difference, wanted: Schema, live: Schema) -> Made:
    """The index; one over only some of its columns is made anew, as what replaces it serves as much."""
    table, _, name = difference.name.partition(".")
    index, found = wanted.tables[table].index(name), live.tables[table].index(name)
    if index is None:
        return NOTHING_IS_DROPPED
    if found is None:
        return changes.CreateIndex(table, index)
    if index.unique or found.unique or not _has_some(found.columns, index.columns):
        return NOTHING_IS_DROPPED
    return changes.DropIndex(table, name, found.columns), changes.CreateIndex(table, index)


def _foreign_key(difference: Difference, wanted: Schema, live: Schema) -> Change | str:
    """One with other actions is replaced: what it guards stays guarded."""
    keys = wanted.tables[difference.name].foreign_keys
    key = next(key for key in keys if compare.words(key) == difference.expected)
    if key in live.tables[difference.name].foreign_keys and difference.reason == drift.OTHERWISE_BOUND.reason:
        return NOTHING_IS_DROPPED
    return changes.ReplaceForeignKey(difference.name, key)


def _trigger(difference: Difference, wanted: Schema, live: Schema) -> Change | str:
    trigger = wanted.triggers[difference.name]
    if difference.kind == DIFFERENT:
        return NOTHING_IS_DROPPED
    known = trigger.action is not None or (trigger.fills is not None and trigger.fills[0] in live.sequences)
    return changes.ReplaceTrigger(trigger) if known else BY_HAND


HOW: dict[str, Callable[[Difference, Schema, Schema], Made]] = {
    "table": _table,
    "column": _column,
    "primary key of": _primary_key,
    "unique key of": _unique_key,
    "index": _index,
    "foreign key of": _foreign_key,
    "trigger": _trigger,
    "sequence": lambda difference, wanted, live: NUMBERS,
    "character set of": lambda difference, wanted, live: NOTHING_IS_NARROWED,
}
