"""What a revision file is written with: one lower-case function a change.

`on`, `except_on` and `vary` are for the places where a release really differs per database.

Each function gives a declaration: a function that is asked for the change in one flavour. The name of a dialect stands
for all of its flavours, unless one of them is named as well.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeVar, cast

from alembic import op

from apim_schema import changes as change
from apim_schema import flavours
from apim_schema.catalog import referential_action
from apim_schema.changes import Change, Declared
from apim_schema.schema import Column, ForeignKey, Index, Key, Table, Trigger
from apim_schema.types import TypeIn

T = TypeVar("T")
Declaration = Declared[Change | None]


@dataclass(frozen=True)
class PrimaryKey:
    key: Key


@dataclass(frozen=True)
class Identity:
    """A column that numbers its rows, with the sequence and the trigger that do it where the server can't."""

    column: Column
    sequence: tuple[str, str] | None
    trigger: str | None
    keeps_given: bool


def matches(flavour: str, name: str) -> bool:
    """Whether a name in a revision means this flavour: itself, or the dialect it belongs to."""
    return name in (flavour, flavours.FLAVOURS[flavour])


def on(names: str | tuple[str, ...], declared: Declared[T]) -> Declared[T | None]:
    """Only on this dialect or flavour, or these."""
    return lambda flavour: declared(flavour) if _is_one(flavour, names) else None


def except_on(names: str | tuple[str, ...], declared: Declared[T]) -> Declared[T | None]:
    """Everywhere but on this dialect or flavour, or these."""
    return lambda flavour: None if _is_one(flavour, names) else declared(flavour)


def _is_one(flavour: str, names: str | tuple[str, ...]) -> bool:
    return any(matches(flavour, name) for name in _names(names))


def vary(default: T | Declared[T], **by_name: T | Declared[T]) -> Declared[T]:
    """A value that differs per dialect: `vary(varchar(255), mssql=varchar(256))`. A flavour goes before its dialect."""

    def choose(flavour: str) -> T:
        value = by_name.get(flavour, by_name.get(flavours.FLAVOURS[flavour], default))
        return settle(value, flavour)

    return choose


def settle(value: T | Declared[T], flavour: str) -> T:
    """A value, asked for in one flavour if it is a declaration."""
    return value(flavour) if callable(value) else value


def column(
    name: str,
    type_: TypeIn | Declared[Any],
    *,
    nullable: bool | Declared[bool] = True,
    server_default: str | Declared[str | None] | None = None,
) -> Declared[Column]:
    """A column; `server_default` is an SQL literal or CURRENT_TIMESTAMP."""

    def declared(flavour: str) -> Column:
        native = type_(flavour)
        expression = flavours.types(flavour).normalise_default(settle(server_default, flavour), native.sql)
        return Column(
            name,
            native.sql,
            settle(nullable, flavour),
            expression,
            charset=native.charset,
            collation=native.collation,
        )

    return declared


def identity(
    name: str,
    type_: TypeIn | Declared[Any],
    *,
    sequence: str | Declared[str | None] | None = None,
    trigger: str | Declared[str | None] | None = None,
    numbers: str | Declared[str] = "",
    keeps_given: bool | Declared[bool] = False,
) -> Declared[Identity]:
    """A column that numbers its rows.

    Where a release draws the numbers from a sequence of its own, `sequence` is its name and `numbers` how it hands
    them out (NOCACHE); None where the server numbers them by itself. `trigger` is the name of the one that fills the
    column, where one does; `keeps_given` says that it leaves a number alone which the row has already.
    """

    def declared(flavour: str) -> Identity:
        drawn_from = settle(sequence, flavour)
        options = f"START WITH 1 INCREMENT BY 1 {settle(numbers, flavour)}".rstrip()
        return Identity(
            Column(name, type_(flavour).sql, nullable=False, generated=drawn_from or ""),
            (drawn_from, options) if drawn_from else None,
            settle(trigger, flavour),
            settle(keeps_given, flavour),
        )

    return declared


def primary_key(*columns: str) -> Declared[PrimaryKey]:
    return lambda flavour: PrimaryKey(Key(columns))


def unique(*columns: str, name: str | None = None) -> Declared[Key]:
    return lambda flavour: Key(columns, name)


def foreign_key(
    columns: str | tuple[str, ...],
    ref_table: str,
    ref_columns: str | tuple[str, ...],
    *,
    on_delete: str | Declared[str | None] | None = None,
    on_update: str | Declared[str | None] | None = None,
) -> Declared[ForeignKey]:
    def declared(flavour: str) -> ForeignKey:
        return ForeignKey(
            _names(columns),
            ref_table,
            _names(ref_columns),
            referential_action(settle(on_delete, flavour)),
            referential_action(settle(on_update, flavour)),
        )

    return declared


def index(name: str | Declared[str], *columns: str) -> Declared[Index]:
    return lambda flavour: Index(settle(name, flavour), columns)


def create_table(name: str, *parts: Declared[Any]) -> Declaration:
    """A table of columns, keys and indexes, with the sequences and triggers of its identity columns."""

    def declared(flavour: str) -> Change:
        settled = [part for part in (declared_part(flavour) for declared_part in parts) if part is not None]
        identities = [part for part in settled if isinstance(part, Identity)]
        columns = [part.column if isinstance(part, Identity) else part for part in settled]
        return change.CreateTable(
            Table(
                name,
                {part.name: part for part in columns if isinstance(part, Column)},
                next((part.key for part in settled if isinstance(part, PrimaryKey)), None),
                unique=tuple(part for part in settled if isinstance(part, Key)),
                foreign_keys=tuple(part for part in settled if isinstance(part, ForeignKey)),
                indexes=tuple(part for part in settled if isinstance(part, Index)),
            ),
            sequences=tuple(part.sequence for part in identities if part.sequence),
            triggers=tuple(_numbering_trigger(name, part) for part in identities if part.trigger),
        )

    return declared


def _numbering_trigger(table: str, part: Identity) -> Trigger:
    """The trigger that fills an identity column from its sequence."""
    name, (sequence, _) = cast(str, part.trigger), cast(tuple[str, str], part.sequence)
    when = f"NEW.{part.column.name} IS NULL" if part.keeps_given else None
    return Trigger(name, table, "BEFORE", ("INSERT",), fills=(sequence, part.column.name), when=when)


def add_column(table: str, new: Declared[Column], fill: str | None = None) -> Declaration:
    """A new column. `fill` is the SQL literal that rows which stand get, where the column keeps no default."""
    return lambda flavour: change.AddColumn(table, new(flavour), fill)


def alter_column(
    table: str,
    name: str,
    *,
    type_: TypeIn | Declared[Any] | None = None,
    nullable: bool | None = None,
    server_default: str | Declared[str | None] | Literal[False] | None = False,
    existing_type: TypeIn | Declared[Any] | None = None,
) -> Declaration:
    """What a column gets; what is not said stays as it is.

    `server_default` is an SQL literal or CURRENT_TIMESTAMP, None where the default goes. How a literal is spelled
    depends on the type: where that stays, `existing_type` says it. It also says what a column was that gets a narrower
    `type_`: one that is wider than that is the customer's choice, and is never made narrower.
    """
    of_default = type_ or existing_type
    if server_default and of_default is None:
        raise TypeError(f"alter_column of {table}.{name}: a server_default needs the type_ or the existing_type")

    def declared(flavour: str) -> Change:
        native = type_(flavour) if type_ else None
        default = settle(server_default, flavour)
        if default and of_default:
            default = flavours.types(flavour).normalise_default(default, of_default(flavour).sql)
        made = change.AlterColumn(table, name, nullable=nullable, default=default)
        if native is None:
            return made
        narrows = existing_type(flavour).sql if existing_type else None
        charset: str | Literal[False] = native.charset or False
        return replace(made, type=native.sql, charset=charset, collation=native.collation, narrows=narrows)

    return declared


def drop_column(table: str, name: str) -> Declaration:
    """A column that nothing but NULL or its default is in; preflight refuses where there is more."""
    return lambda flavour: change.DropColumn(table, name)


def text_to_binary(table: str, name: str, type_: TypeIn) -> Declaration:
    """A text column becomes a binary one that holds the same text as UTF-8."""
    return lambda flavour: change.TextToBinary(table, name, type_(flavour).sql)


def replace_primary_key(table: str, *columns: str) -> Declaration:
    return lambda flavour: change.ReplacePrimaryKey(table, columns)


def create_unique_constraint(table: str, new: Declared[Key]) -> Declaration:
    return lambda flavour: change.CreateUnique(table, new(flavour))


def create_foreign_key(table: str, new: Declared[ForeignKey]) -> Declaration:
    return lambda flavour: change.CreateForeignKey(table, new(flavour))


def drop_constraint(table: str, old: Declared[Key] | Declared[ForeignKey]) -> Declaration:
    """The unique constraint over the same columns goes, or the foreign key from them to the same table."""

    def declared(flavour: str) -> Change:
        key = old(flavour)
        if isinstance(key, ForeignKey):
            return change.DropForeignKey(table, key.columns, key.ref_table)
        return change.DropUnique(table, key.columns)

    return declared


def replace_foreign_key(table: str, key: Declared[ForeignKey]) -> Declaration:
    """The foreign key over the same columns to the same table gets these actions."""
    return lambda flavour: change.ReplaceForeignKey(table, key(flavour))


def create_index(
    table: str,
    new: Declared[Index],
    short_charset: tuple[str, str] | Declared[tuple[str, str] | None] | None = None,
) -> Declaration:
    """A new index; for `short_charset` see `changes.CreateIndex`."""
    return lambda flavour: change.CreateIndex(table, new(flavour), settle(short_charset, flavour))


def drop_index(table: str, name: str | Declared[str]) -> Declaration:
    return lambda flavour: change.DropIndex(table, settle(name, flavour))


def keep_index(table: str, name: str | Declared[str]) -> Declaration:
    """The release does without this index; the chain keeps it, see `changes.KeepIndex`."""
    return lambda flavour: change.KeepIndex(table, settle(name, flavour))


def drop_table(name: str, sequence: str | Declared[str | None] | None = None) -> Declaration:
    """An empty table, with the sequence that numbered its rows; preflight refuses where it has rows."""

    def declared(flavour: str) -> Change:
        found = settle(sequence, flavour)
        return change.DropTable(name, (found,) if found else ())

    return declared


def replace_trigger(
    name: str, table: str, timing: str, event: str, action: str | Declared[str | None] | None = None
) -> Declaration:
    """A trigger fires at another time; for `action` see `changes.ReplaceTrigger`."""
    return lambda flavour: change.ReplaceTrigger(Trigger(name, table, timing, (event,), action=settle(action, flavour)))


def _names(names: str | tuple[str, ...]) -> tuple[str, ...]:
    return (names,) if isinstance(names, str) else names


Changes = tuple[Declared[Any], ...]


def for_flavour(changes: Changes, flavour: str) -> tuple[Change, ...]:
    """The changes of a revision on one flavour."""
    return tuple(made for made in (declared(flavour) for declared in changes) if made is not None)


def steps(changes: Changes) -> tuple[Callable[[], None], Callable[[], None]]:
    """The `upgrade` and `downgrade` that Alembic calls: both hand over to whatever runs this migration.

    That knows which way it goes, and makes the changes, or the inverse of each.
    """

    def hand_over() -> None:
        op.get_context().opts["apply"](changes)

    return hand_over, hand_over
