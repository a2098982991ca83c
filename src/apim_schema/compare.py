"""Compares a live schema with a release's, as a database means equality and not as text does."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from apim_schema import flavours
from apim_schema.flavours import Types
from apim_schema.schema import Column, ForeignKey, Index, Key, Schema, Table, Trigger

MISSING: Final = "missing"
DIFFERENT: Final = "different"
EXTRA: Final = "extra"
VARIANT: Final = "variant"
Kind = Literal["missing", "different", "extra", "variant"]


@dataclass(frozen=True)
class Difference:
    """One difference between what a release has and what was found.

    `kind` is "missing" or "different" (the schema is not the release's), "extra" (the customer's own object: drift
    that harms nothing) or "variant" (another way to say the same, known to be harmless).
    """

    kind: Kind
    what: str
    name: str
    expected: str | None = None
    found: str | None = None

    @property
    def is_mismatch(self) -> bool:
        return self.kind in (MISSING, DIFFERENT)

    def __str__(self) -> str:
        told = [f"expected {self.expected}"] * bool(self.expected) + [f"found {self.found}"] * bool(self.found)
        return f"{self.kind} {self.what} {self.name}" + (f": {', '.join(told)}" if told else "")


def compare(expected: Schema, found: Schema) -> list[Difference]:
    """All differences of two schemas of one dialect, in the order of the names."""
    return sorted(_schema(expected, found), key=lambda d: (d.name, d.what, d.kind))


def mismatches(expected: Schema, found: Schema) -> list[Difference]:
    """The differences that make `found` another schema than `expected`; none where it is the same or a variant."""
    return [difference for difference in compare(expected, found) if difference.is_mismatch]


def contains(flavour: str, found: Table, wanted: Table) -> bool:
    """Whether a table has all that is wanted; a customer's own columns and indexes are no obstacle."""
    return not any(d.is_mismatch for d in _table(flavours.types(flavour), normalised(wanted), normalised(found)))


def fits(flavour: str, table: Table, wanted: Column, found: Column) -> bool:
    """Whether a column of a table is the wanted one, or a variant of it."""
    return not any(d.is_mismatch for d in _column(flavours.types(flavour), table, "", wanted, found))


def same_trigger(expected: Trigger, found: Trigger) -> bool:
    """Whether a trigger serves as the expected one.

    One that numbers rows may leave a number alone that is given, where the release's own would overwrite it: the
    product gives none there.
    """
    if expected.fills is None or expected.when is not None:
        return found == expected
    return found in (expected, replace(expected, when=f"NEW.{expected.fills[1]} IS NULL"))


def _schema(expected: Schema, found: Schema) -> Iterator[Difference]:
    types = flavours.types(expected.flavour)
    for name in expected.tables.keys() | found.tables.keys():
        if name not in found.tables:
            yield Difference(MISSING, "table", name)
        elif name not in expected.tables:
            yield Difference(EXTRA, "table", name)
        else:
            yield from _table(types, normalised(expected.tables[name]), normalised(found.tables[name]))
    yield from _named("sequence", expected.sequences, found.sequences, lambda a, b: True)
    yield from _named("trigger", expected.triggers, found.triggers, same_trigger)
    yield from _named("routine", expected.routines, found.routines, lambda a, b: True)


def _named(what: str, expected: Any, found: Any, same: Callable[[Any, Any], bool]) -> Iterator[Difference]:
    for name in expected.keys() | found.keys():
        if name not in found:
            yield Difference(MISSING, what, name)
        elif name not in expected:
            yield Difference(EXTRA, what, name)
        elif not same(expected[name], found[name]):
            yield Difference(DIFFERENT, what, name, str(expected[name]), str(found[name]))


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
        yield Difference(EXTRA, "primary key of", expected.name, found=_words(found.primary_key))
        expected = _with_key(expected, found.primary_key)
    for name in expected.columns.keys() | found.columns.keys():
        label = f"{expected.name}.{name}"
        yield from _column(types, found, label, expected.columns.get(name), found.columns.get(name))
    wanted, present = expected.primary_key, found.primary_key
    if wanted != present:
        same = wanted and present and types.same_key(expected.name, wanted.columns, present.columns)
        kind: Kind = VARIANT if same else DIFFERENT
        yield Difference(kind, "primary key of", expected.name, _words(wanted), _words(present))
    yield from _unique_keys(types, expected, found)
    yield from _structures("foreign key of", expected.name, expected.foreign_keys, found.foreign_keys)
    yield from _indexes(types, expected, found)


def _column(
    types: Types, table: Table, name: str, expected: Column | None, found: Column | None
) -> Iterator[Difference]:
    if found is None:
        yield Difference(MISSING, "column", name)
        return
    if expected is None:
        yield Difference(EXTRA, "column", name)
        return
    kind: Kind = VARIANT if types.is_variant(table, expected, found) else DIFFERENT
    charset, collation = table.charset_of(found)
    if _comparable(expected) != _comparable(found):
        yield Difference(kind, "column", name, describe(expected), describe(found))
    elif expected.charset and (expected.charset, expected.collation) != (charset, collation):
        yield Difference(kind, "character set of", name, expected.collation, collation or "the table's")
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


def _words(key: Key | ForeignKey | None) -> str:
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
    """Unique keys by their columns; another legal form of one is a variant."""
    extra = [key for key in found.unique if key not in expected.unique]
    shared = [key for key in found.unique if key in expected.unique]
    for key in expected.unique:
        form = next((k for k in extra if types.same_key(expected.name, key.columns, k.columns)), None)
        if key not in shared and form is not None:
            extra.remove(form)
            shared.append(key)
            yield Difference(VARIANT, "unique key of", expected.name, _words(key), _words(form))
    yield from _structures("unique key of", expected.name, expected.unique, (*shared, *extra))


def _structures(
    what: str, table: str, expected: Sequence[Key | ForeignKey], found: Sequence[Key | ForeignKey]
) -> Iterator[Difference]:
    wanted, present = set(expected), set(found)
    for key in wanted - present:
        yield Difference(MISSING, what, table, expected=_words(key))
    for key in present - wanted:
        yield Difference(EXTRA, what, table, found=_words(key))


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
                same = types.same_key(expected.name, index.columns, present[name].columns)
                kind: Kind = VARIANT if same and index.unique == present[name].unique else DIFFERENT
                yield Difference(kind, "index", f"{expected.name}.{name}", _columns(index), _columns(present[name]))
        elif index.columns in same_columns:
            spoken_for.add(same_columns[index.columns])
            yield Difference(VARIANT, "index", f"{expected.name}.{name}", name, same_columns[index.columns])
        elif index.optional:
            yield Difference(VARIANT, "index", f"{expected.name}.{name}", name, "none")
        else:
            yield Difference(MISSING, "index", f"{expected.name}.{name}", _columns(index))
    leaned_on = {key.columns for key in found.foreign_keys}
    for name in present.keys() - wanted.keys() - spoken_for:
        if not present[name].optional:
            serves: Kind = VARIANT if present[name].columns in leaned_on else EXTRA
            yield Difference(serves, "index", f"{expected.name}.{name}", found=_columns(present[name]))


def _columns(index: Index) -> str:
    include = f" include ({', '.join(index.include)})" * bool(index.include)
    return f"{'unique ' * index.unique}({', '.join(index.columns)}){include}"
