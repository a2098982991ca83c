"""How much each kind of difference matters, and why: the one place where that is decided.

Harmless is what holds all that the release holds, and no pending change trips over: those are computed from what is
there. Breaking is what the product or a change would fail on, or what data would not fit in. What holds as much on
one database and not on another, its `types` module says.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from apim_schema.difference import BREAKING, CUSTOMERS_OWN, HARMLESS, SAME_SAID_OTHERWISE, Judged
from apim_schema.flavours import Types
from apim_schema.schema import Column, Index, Key, Table

NOTHING_TO_PUT_IN = "the product gives it no value, and it must have one"

COMPUTED = Judged(BREAKING, "the server works it out, and the product can't write to it")

MISSING_TABLE = Judged(BREAKING, "the product needs it")
MISSING_COLUMN = MISSING_TABLE
MISSING_OBJECT = MISSING_TABLE
OTHER_OBJECT = Judged(BREAKING, "it does something else")
MISSING_UNIQUE = Judged(BREAKING, "nothing keeps equal rows out")
MISSING_FOREIGN_KEY = Judged(HARMLESS, "nothing keeps orphans out")
OTHER_FOREIGN_KEY = Judged(HARMLESS, "rows that are pointed to go another way")
MISSING_INDEX = Judged(HARMLESS, "queries may be slower")
OTHER_INDEX = MISSING_INDEX
EXTRA_INDEX = Judged(HARMLESS, "the release has none")
EXTRA_PRIMARY_KEY = Judged(HARMLESS, "the release has none")
OTHER_ORDER = Judged(HARMLESS, "the same columns in another order")
OTHERWISE_BOUND = Judged(HARMLESS, "it binds other rows, or at another time")
OTHER_PRIMARY_KEY = Judged(BREAKING, "rows are told apart by something else")
EXTRA_TABLE = CUSTOMERS_OWN
EXTRA_OBJECT = CUSTOMERS_OWN
EXTRA_KEY = Judged("extra", "it binds the product's rows too")


def extra_column(found: Column) -> Judged:
    """A column that the release has not: INSERTs of the product leave it out."""
    if found.nullable or found.default is not None or found.generated is not None:
        return CUSTOMERS_OWN
    return Judged(BREAKING, NOTHING_TO_PUT_IN)


def of_column(types: Types, table: Table, expected: Column, found: Column) -> Judged:
    """A column that is not quite the release's; `table` is the one that was found."""
    legal = types.as_found(table, expected, found)
    return SAME_SAID_OTHERWISE if legal == found else worst(list(_of_column(types, table, legal, found)))


def _of_column(types: Types, table: Table, expected: Column, found: Column) -> Iterator[Judged]:
    if expected.type != found.type:
        yield _of_type(types, expected.type, found.type)
    if expected.charset and (expected.charset, expected.collation) != table.charset_of(found):
        yield _of_charset(types.tells_apart(expected, *table.charset_of(found)))
    if found.nullable and not expected.nullable:
        yield Judged(HARMLESS, "nothing keeps NULL out")
    if expected.nullable and not found.nullable:
        filled = found.default is not None or found.generated is not None
        yield Judged(HARMLESS, "NULL is kept out") if filled else Judged(BREAKING, NOTHING_TO_PUT_IN)
    if found.is_computed:
        yield COMPUTED
    elif expected.default != found.default:
        yield Judged(HARMLESS, "another default" if found.default is not None else "no default")
    if (expected.generated is None) != (found.generated is None):
        yield Judged(BREAKING, "its numbers are drawn another way")
    if expected.on_update != found.on_update:
        overwritten = Judged(BREAKING, "each UPDATE overwrites it")
        yield overwritten if found.on_update else Judged(HARMLESS, "an UPDATE leaves it as it is")


def _of_type(types: Types, expected: str, found: str) -> Judged:
    if types.holds(expected, found):
        return Judged(HARMLESS, "wider")
    if types.family(expected) == types.family(found):
        return Judged(BREAKING, "it does not hold the same")
    return Judged(BREAKING, "another kind of type")


def _of_charset(enough: bool) -> Judged:
    if enough:
        return Judged(HARMLESS, "it holds the same")
    return Judged(BREAKING, "the character set holds less, or the collation tells less apart")


def of_index(types: Types, table: str, expected: Index, found: Index) -> Judged:
    """An index that has a release's name and is built otherwise."""
    if expected.unique == found.unique and types.same_key(table, expected.columns, found.columns):
        return SAME_SAID_OTHERWISE
    return MISSING_UNIQUE if expected.unique and not found.unique else OTHER_INDEX


def missing_index(expected: Index) -> Judged:
    return MISSING_UNIQUE if expected.unique else MISSING_INDEX


def extra_index(found: Index) -> Judged:
    return EXTRA_KEY if found.unique else EXTRA_INDEX


def of_primary_key(types: Types, table: str, expected: Key | None, found: Key | None) -> Judged:
    """A primary key that is not the release's, or none."""
    if expected and found and types.same_key(table, expected.columns, found.columns):
        return SAME_SAID_OTHERWISE
    if expected and found:
        return OTHER_ORDER if set(expected.columns) == set(found.columns) else OTHER_PRIMARY_KEY
    return MISSING_UNIQUE


def of_unique_key(types: Types, table: str, expected: Key, found: Key) -> Judged | None:
    """A unique key that may serve as the release's; None where it is another one."""
    if types.same_key(table, expected.columns, found.columns):
        return SAME_SAID_OTHERWISE
    return OTHER_ORDER if set(expected.columns) == set(found.columns) else None


def worst(found: Sequence[Judged]) -> Judged:
    """The judgement of all together: the gravest class, with the reasons for it; a variant where there is none."""
    gravest = [judged for judged in found if judged.class_ == BREAKING] or found
    if not gravest:
        return SAME_SAID_OTHERWISE
    return Judged(gravest[0].class_, ", ".join(dict.fromkeys(judged.reason for judged in gravest)))
