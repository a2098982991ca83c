"""The inverse of each change, from the schema that it was made to: what leads back to the release before.

A revision is one list of changes, in both directions. What a change has made goes, and what it took away is there again
as it was, but for rows: what nobody has kept can't come back.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import singledispatch

from apim_schema.changes.base import Change
from apim_schema.changes.columns import AddColumn, AlterColumn, BinaryToText, DropColumn, TextToBinary
from apim_schema.changes.indexes import CreateIndex, DropIndex, KeepIndex
from apim_schema.changes.keys import (
    CreateForeignKey,
    CreateUnique,
    DropForeignKey,
    DropUnique,
    ReplaceForeignKey,
    ReplacePrimaryKey,
)
from apim_schema.changes.tables import CreateTable, DropTable, ReplaceTrigger
from apim_schema.errors import Refused
from apim_schema.schema import Key, Schema, Table


def inverted(changes: Iterable[Change], before: Schema, cuts: bool = False) -> tuple[Change, ...]:
    """What takes these changes back, the last of them first; `before` is the schema that the first is made to.

    With `cuts`, what is too long for a column as it was is cut. Raises Refused for a change that has no inverse.
    """
    back: list[Change] = []
    for change in changes:
        if not change.is_in(before):
            back = [*inverse(change, before), *back]
            before = change.apply(before)
    return tuple(replace(c, cuts=True) if cuts and isinstance(c, AlterColumn | BinaryToText) else c for c in back)


def _no_way_back(change: Change, why: str) -> Refused:
    return Refused(f"there is no way back from: {change}", found=why, way_out="put back the backup from before it")


@singledispatch
def inverse(change: Change, before: Schema) -> tuple[Change, ...]:
    """What takes one change back, in its order. Raises Refused where nothing does."""
    raise NotImplementedError(type(change).__name__)


@inverse.register
def _create_table(change: CreateTable, before: Schema) -> tuple[Change, ...]:
    return (DropTable(change.table, tuple(name for name, _ in change.sequences)),)


@inverse.register
def _drop_table(change: DropTable, before: Schema) -> tuple[Change, ...]:
    """Without rows, of which it had none."""
    table = before.tables[change.table]
    sequences = tuple((name, before.sequences[name]) for name in change.sequences if name in before.sequences)
    triggers = tuple(trigger for trigger in before.triggers.values() if trigger.table == change.table)
    return (CreateTable(table, sequences, triggers),)


@inverse.register
def _add_column(change: AddColumn, before: Schema) -> tuple[Change, ...]:
    return (DropColumn(change.table, change.column.name, change.fill),)


@inverse.register
def _drop_column(change: DropColumn, before: Schema) -> tuple[Change, ...]:
    """With its default in every row, which is what it held, and with the keys and indexes that went with it."""
    table, name = before.tables[change.table], change.name
    column = table.columns[name]
    if column.generated is not None:
        raise _no_way_back(change, "it numbered the rows, and nobody has kept their numbers")
    indexes = (i for i in table.indexes if i.columns == (name,) and not i.unique)
    return (
        AddColumn(table.name, column),
        *_unique_over(table, (name,)),
        *(CreateIndex(table.name, index) for index in indexes),
    )


@inverse.register
def _alter_column(change: AlterColumn, before: Schema) -> tuple[Change, ...]:
    table = before.tables[change.table]
    old = table.columns[change.name]
    new = change.target(old, before.flavour)
    differs = (old.charset, old.collation) != (new.charset, new.collation)
    return (
        AlterColumn(
            table.name,
            old.name,
            type=old.type if old.type != new.type else None,
            nullable=old.nullable if old.nullable != new.nullable else None,
            charset=old.charset if differs else False,
            collation=old.collation if differs else None,
            default=old.default if old.default != new.default else False,
            narrows=new.type if old.type != new.type else None,
            where_keys_fit=True,
        ),
    )


@inverse.register
def _text_to_binary(change: TextToBinary, before: Schema) -> tuple[Change, ...]:
    return (BinaryToText(change.table, before.tables[change.table].columns[change.name]),)


@inverse.register
def _binary_to_text(change: BinaryToText, before: Schema) -> tuple[Change, ...]:
    return (TextToBinary(change.table, change.name, before.tables[change.table].columns[change.name].type),)


@inverse.register
def _replace_primary_key(change: ReplacePrimaryKey, before: Schema) -> tuple[Change, ...]:
    """The key that was there, and what could be NULL may be so again."""
    table = before.tables[change.table]
    if table.primary_key is None:
        raise _no_way_back(change, "the table had no primary key, and none is ever dropped")
    nullable = (name for name in change.columns if table.columns[name].nullable)
    loosened = (AlterColumn(table.name, name, nullable=True) for name in nullable)
    return (ReplacePrimaryKey(table.name, table.primary_key.columns), *loosened)


@inverse.register
def _create_unique(change: CreateUnique, before: Schema) -> tuple[Change, ...]:
    return (DropUnique(change.table, change.key.columns),)


@inverse.register
def _drop_unique(change: DropUnique, before: Schema) -> tuple[Change, ...]:
    return _unique_over(before.tables[change.table], change.columns)


def _unique_over(table: Table, columns: tuple[str, ...]) -> tuple[Change, ...]:
    """The unique keys over these columns; one that was a unique index is a constraint then, which is the same."""
    keys = [key for key in table.unique if key.columns == columns]
    keys += [Key(index.columns, index.name) for index in table.indexes if index.unique and index.columns == columns]
    return tuple(CreateUnique(table.name, key) for key in keys[:1])


@inverse.register
def _replace_foreign_key(change: ReplaceForeignKey, before: Schema) -> tuple[Change, ...]:
    """The one that was there; where there was none, it goes."""
    old = change.same_columns(before.tables[change.table])
    gone = DropForeignKey(change.table, change.key.columns, change.key.ref_table)
    return tuple(ReplaceForeignKey(change.table, key) for key in old) or (gone,)


@inverse.register
def _drop_foreign_key(change: DropForeignKey, before: Schema) -> tuple[Change, ...]:
    return tuple(CreateForeignKey(change.table, key) for key in change.found(before.tables[change.table]))


@inverse.register
def _create_index(change: CreateIndex, before: Schema) -> tuple[Change, ...]:
    """An index that the release before might have stays; text that took a shorter character set gets its own again."""
    table = before.tables[change.table]
    present = table.index(change.index.name)
    if present is not None and present.optional:
        return (KeepIndex(table.name, present.name),)
    shortened = change.index.columns if change.short_charset else ()
    columns = (table.columns[part] for part in shortened if part in table.columns)
    restored = (
        AlterColumn(table.name, c.name, charset=c.charset, collation=c.collation, where_keys_fit=True) for c in columns
    )
    return (DropIndex(table.name, change.index.name), *restored)


@inverse.register
def _drop_index(change: DropIndex, before: Schema) -> tuple[Change, ...]:
    index = before.tables[change.table].index(change.name)
    return (CreateIndex(change.table, index),) if index else ()


@inverse.register
def _keep_index(change: KeepIndex, before: Schema) -> tuple[Change, ...]:
    """The release before wants it: a database that was installed without it gets it."""
    return _drop_index(DropIndex(change.table, change.name), before)


@inverse.register
def _replace_trigger(change: ReplaceTrigger, before: Schema) -> tuple[Change, ...]:
    old = before.triggers.get(change.trigger.name)
    if old is None:
        raise _no_way_back(change, "there was no such trigger, and none is ever dropped")
    return (ReplaceTrigger(old),)
