"""Compares a live schema with a release's, as a database means equality and not as text does."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from apim_schema import drift, flavours
from apim_schema.difference import (
    BREAKING,
    DIFFERENT,
    EXTRA,
    MISSING,
    SAME_SAID_OTHERWISE,
    VARIANT,
    Difference,
    Judged,
    Kind,
    breaking,
)
from apim_schema.flavours import Types
from apim_schema.schema import Column, ForeignKey, Index, Key, Schema, Table, Trigger


def compare(expected: Schema, found: Schema) -> list[Difference]:
    """All differences of two schemas of one dialect, in the order of the names."""
    return sorted(_schema(expected, found), key=lambda d: (d.name, d.what, d.kind))


def mismatches(expected: Schema, found: Schema) -> list[Difference]:
    """Where `found` lacks something of `expected` or has it otherwise; none where it is the same or a variant."""
    return [difference for difference in compare(expected, found) if difference.is_mismatch]


def contains(flavour: str, found: Table, wanted: Table) -> bool:
    """Whether a table has all that is wanted; harmless drift is no obstacle, but for an index that is missing."""
    every = _table(flavours.types(flavour), normalised(wanted), normalised(found))
    return not any(d.class_ == BREAKING or (d.kind, d.what) == (MISSING, "index") for d in every)


def fits(flavour: str, table: Table, wanted: Column, found: Column) -> bool:
    """Whether a column of a table is the wanted one, or a variant of it."""
    return not any(d.is_mismatch for d in _column(flavours.types(flavour), table, "", wanted, found))


def holds(flavour: str, table: Table, wanted: Column, found: Column) -> bool:
    """Whether a column of a table serves as the wanted one, though it may be wider, nullable or without its default."""
    return not breaking(_column(flavours.types(flavour), table, "", wanted, found))


def same_trigger(expected: Trigger, found: Trigger) -> bool:
    """Whether a trigger serves as the expected one.

    One that numbers rows may leave a number alone that is given, where the release's own would overwrite it: the
    product gives none there.
    """
    if expected.fills is None or expected.when is not None:
        return found == expected
    return found in (expected, replace(expected, when=f"NEW.{expected.fills[1]} IS NULL"))


def judged(kind: Kind, what: str, name: str, expected: str | None, found: str | None, judgement: Judged) -> Difference:
    """A difference with its class; one that turns out to say the same is a variant."""
    if judgement.class_ == VARIANT:
        kind = VARIANT
    return Difference(kind, what, name, expected, found, judgement.class_, judgement.reason)


def _schema(expected: Schema, found: Schema) -> Iterator[Difference]:
    types = flavours.types(expected.flavour)
    for name in expected.tables.keys() | found.tables.keys():
        if name not in found.tables:
            yield judged(MISSING, "table", name, None, None, drift.MISSING_TABLE)
        elif name not in expected.tables:
            yield judged(EXTRA, "table", name, None, None, drift.EXTRA_TABLE)
        else:
            yield from _table(types, normalised(expected.tables[name]), normalised(found.tables[name]))
    yield from _named("sequence", expected.sequences, found.sequences, lambda a, b: True)
    yield from _named("trigger", expected.triggers, found.triggers, same_trigger)
    yield from _named("routine", expected.routines, found.routines, lambda a, b: True)


def _named(what: str, expected: Any, found: Any, same: Callable[[Any, Any], bool]) -> Iterator[Difference]:
    for name in expected.keys() | found.keys():
        if name not in found:
            yield judged(MISSING, what, name, None, None, drift.MISSING_OBJECT)
        elif name not in expected:
            yield judged(EXTRA, what, name, None, None, drift.EXTRA_OBJECT)
        elif not same(expected[name], found[name]):
            yield judged(DIFFERENT, what, name, str(expected[name]), str(found[name]), drift.OTHER_OBJECT)


def normalised(table: Table) -> Table:
    """A table in the form that is compared.

    A unique index over plain columns is a unique key; a unique key over the primary key's columns adds nothing
    (PostgreSQL folds it away); the first n characters of a column of n are the column.
    """
    unique = [replace(key, columns=tuple(_whole(table, part) for part in key.columns)) for key in table.unique]
    keys = [*unique, *(Key(i.columns, i.name) for i in table.indexes if i.unique and _plain(table, i))]
    primary = set(table.primary_key.columns) if table.primary_key else set()
    return replace(
        table,
        unique=tuple(key for key in dict.fromkeys(keys) if set(key.columns) != primary),
        indexes=tuple(index for index in table.indexes if not (index.unique and _plain(table, index))),
    )


def _whole(table: Table, part: str) -> str:
    column, _, length = part.rstrip(")").partition("(")
    return column if column in table.columns and table.columns[column].type.endswith(f"({length})") else part


def _plain(table: Table, index: Index) -> bool:
    return all(column in table.columns for column in index.columns)


def _table(types: Types, expected: Table, found: Table) -> Iterator[Difference]:
    if expected.primary_key is None and found.primary_key is not None:
        found_key = words(found.primary_key)
        yield judged(EXTRA, "primary key of", expected.name, None, found_key, drift.EXTRA_PRIMARY_KEY)
        expected = _with_key(expected, found.primary_key)
    for name in expected.columns.keys() | found.columns.keys():
        label = f"{expected.name}.{name}"
        yield from _column(types, found, label, expected.columns.get(name), found.columns.get(name))
    wanted, present = expected.primary_key, found.primary_key
    if wanted != present:
        judgement = drift.of_primary_key(types, expected.name, wanted, present)
        kind: Kind = DIFFERENT if present else MISSING
        yield judged(
            kind, "primary key of", expected.name, words(wanted), words(present) if present else None, judgement
        )
    yield from _unique_keys(types, expected, found)
    yield from _foreign_keys(expected.name, expected.foreign_keys, found.foreign_keys)
    yield from _otherwise_bound(expected, found)
    yield from _indexes(types, expected, found)


def _column(
    types: Types, table: Table, name: str, expected: Column | None, found: Column | None
) -> Iterator[Difference]:
    if found is None:
        yield judged(MISSING, "column", name, None, None, drift.MISSING_COLUMN)
        return
    if expected is None:
        yield judged(EXTRA, "column", name, None, describe(found), drift.extra_column(found))
        return
    charset, collation = table.charset_of(found)
    if _comparable(expected) != _comparable(found):
        judgement = drift.of_column(types, table, expected, found)
        yield judged(DIFFERENT, "column", name, describe(expected), describe(found), judgement)
    elif expected.charset and (expected.charset, expected.collation) != (charset, collation):
        judgement = drift.of_column(types, table, expected, found)
        yield judged(DIFFERENT, "character set of", name, expected.collation, collation or "the table's", judgement)
    elif expected.charset is None and found.charset is not None:
        yield Difference(VARIANT, "character set of", name, None, found.collation)


def _comparable(column: Column) -> tuple[object, ...]:
    """What must agree. Who draws the number of a generated column, the server or a sequence, does not matter."""
    return (column.type, column.nullable, column.default, column.generated is not None, column.on_update)


def describe(column: Column) -> str:
    """A column as a DBA would write it down."""
    words = [
        column.type,
        f"collate {column.collation}" if column.collation else "",
        "" if column.nullable else "not null",
        f"default {column.default}" if column.default is not None else "",
        f"on update {column.on_update}" if column.on_update else "",
        f"generated by {column.generated}" if column.generated else "generated" if column.generated == "" else "",
    ]
    return " ".join(word for word in words if word)


def words(key: Key | ForeignKey | None) -> str:
    if key is None:
        return "none"
    columns = f"({', '.join(key.columns)})"
    if isinstance(key, Key):
        return columns
    actions = f" on delete {key.on_delete}" * bool(key.on_delete) + f" on update {key.on_update}" * bool(key.on_update)
    return f"{columns} to {key.ref_table} ({', '.join(key.ref_columns)}){actions}"


def _with_key(table: Table, key: Key) -> Table:
    """A release's table that has no primary key with the customer's: its columns hold values that are unique."""
    columns = {n: replace(c, nullable=c.nullable and n not in key.columns) for n, c in table.columns.items()}
    unique = tuple(other for other in table.unique if set(other.columns) != set(key.columns))
    return replace(table, columns=columns, primary_key=key, unique=unique)


def _unique_keys(types: Types, expected: Table, found: Table) -> Iterator[Difference]:
    """Unique keys by their columns; another form of one, or another order, is told as that one."""
    lacking = [key for key in expected.unique if key not in found.unique]
    left = [key for key in found.unique if key not in expected.unique]
    for key in list(lacking):
        forms = ((k, drift.of_unique_key(types, expected.name, key, k)) for k in left)
        form, judgement = next(((k, found_as) for k, found_as in forms if found_as), (None, None))
        if form and judgement:
            lacking.remove(key)
            left.remove(form)
            yield judged(DIFFERENT, "unique key of", expected.name, words(key), words(form), judgement)
    yield from _structures("unique key of", expected.name, lacking, left, drift.MISSING_UNIQUE)


def _foreign_keys(table: str, expected: Sequence[ForeignKey], found: Sequence[ForeignKey]) -> Iterator[Difference]:
    """Foreign keys by their structure; one over the same columns to the same table is it, with other actions.

    So is one beside it, which binds as well: a key that was being replaced leaves both where each statement commits.
    """
    lacking, left = [key for key in expected if key not in found], [key for key in found if key not in expected]
    for other in list(left):
        key = next((k for k in expected if (k.columns, k.ref_table) == (other.columns, other.ref_table)), None)
        if key is not None:
            left.remove(other)
            lacking = [k for k in lacking if k != key]
            yield judged(DIFFERENT, "foreign key of", table, words(key), words(other), drift.OTHER_FOREIGN_KEY)
    yield from _structures("foreign key of", table, lacking, left, drift.MISSING_FOREIGN_KEY)


def _otherwise_bound(expected: Table, found: Table) -> Iterator[Difference]:
    """Keys that are the release's by all that is in it, and bind otherwise."""
    keys: dict[str, tuple[Sequence[Key | ForeignKey], Sequence[Key | ForeignKey]]] = {
        "primary key of": (_primary(expected), _primary(found)),
        "unique key of": (expected.unique, found.unique),
        "foreign key of": (expected.foreign_keys, found.foreign_keys),
    }
    for what, (wanted, present) in keys.items():
        for key in present:
            if key.detail and key in wanted:
                told = f"{words(key)} {key.detail}"
                yield judged(DIFFERENT, what, expected.name, words(key), told, drift.OTHERWISE_BOUND)


def _primary(table: Table) -> Sequence[Key]:
    return (table.primary_key,) if table.primary_key else ()


def _structures(
    what: str, table: str, expected: Sequence[Key | ForeignKey], found: Sequence[Key | ForeignKey], missing: Judged
) -> Iterator[Difference]:
    wanted, present = set(expected), set(found)
    for key in wanted - present:
        yield judged(MISSING, what, table, words(key), None, missing)
    for key in present - wanted:
        yield judged(EXTRA, what, table, None, words(key), drift.EXTRA_KEY)


def _indexes(types: Types, expected: Table, found: Table) -> Iterator[Difference]:
    """Indexes by name; the same columns under another name serve the same and are a variant.

    So are other columns beside the key, and another index over the columns of a foreign key, which some servers need.
    One that the server made for it by itself is not worth a word.
    """
    wanted = {index.name: index for index in expected.indexes}
    present = {index.name: index for index in found.indexes}
    same_columns = {index.columns: index.name for index in found.indexes if index.name not in wanted}
    spoken_for = set()
    for name, index in wanted.items():
        if name in present:
            if present[name] != index:
                judgement = drift.of_index(types, expected.name, index, present[name])
                label = f"{expected.name}.{name}"
                yield judged(DIFFERENT, "index", label, _columns(index), _columns(present[name]), judgement)
        elif index.columns in same_columns:
            spoken_for.add(same_columns[index.columns])
            yield Difference(VARIANT, "index", f"{expected.name}.{name}", name, same_columns[index.columns])
        elif index.optional:
            yield Difference(VARIANT, "index", f"{expected.name}.{name}", name, "none")
        else:
            yield judged(MISSING, "index", f"{expected.name}.{name}", _columns(index), None, drift.missing_index(index))
    leaned_on = {key.columns for key in found.foreign_keys}
    for name in present.keys() - wanted.keys() - spoken_for:
        if not present[name].optional:
            serves = present[name].columns in leaned_on
            judgement = SAME_SAID_OTHERWISE if serves else drift.extra_index(present[name])
            yield judged(EXTRA, "index", f"{expected.name}.{name}", None, _columns(present[name]), judgement)


def _columns(index: Index) -> str:
    include = f" include ({', '.join(index.include)})" * bool(index.include)
    return f"{'unique ' * index.unique}({', '.join(index.columns)}){include}"
