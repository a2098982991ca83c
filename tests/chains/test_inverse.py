"""What every release changes, its inverse takes back: the schema is that of the release before, in every flavour."""

from __future__ import annotations

from itertools import permutations

import pytest

from apim_schema import chain, changes, evidence, flavours, registry
from apim_schema.changes import Change, replay
from apim_schema.changes.inverse import inverse
from apim_schema.errors import Refused
from apim_schema.schema import Column, ForeignKey, Key, Schema, Table, Trigger
from tests.chains.test_replay import CASES, before, facts_of_schema
from tests.chains.test_scripts import FLAVOURS
from tests.next_release import HEAD, NEXT, next_release

__all__ = ["next_release"]


def optional(schema: Schema) -> set[str]:
    return {index.name for table in schema.tables.values() for index in table.indexes if index.optional}


def where_it_was_shortened(change: Change) -> bool:
    """In a character set of one byte no text had to take a shorter one for an index."""
    return isinstance(change, changes.AlterColumn) and change.charset is None


def expect_taken_back(flavour: str, database: str, release: str, older: str) -> None:
    newer, wanted = chain.expected(flavour, database, release), chain.expected(flavour, database, older)
    back = chain.step(flavour, database, release, older)
    reached = replay(newer, back)
    assert set(facts_of_schema(reached)) == set(facts_of_schema(wanted))
    assert optional(reached) == optional(wanted)
    assert [str(change) for change in back if change.is_in(newer) and not where_it_was_shortened(change)] == []
    assert [str(change) for change in back if not change.is_in(reached)] == []


@pytest.mark.parametrize(("flavour", "database", "release"), CASES)
def test_every_release_is_taken_back(flavour: str, database: str, release: str) -> None:
    known = chain.releases(database)
    older = known[known.index(release) - 1]
    assert chain.expected(flavour, database, older) == before(flavour, database, release)
    expect_taken_back(flavour, database, release, older)


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_what_a_release_converts_is_compared_in_both_directions(flavour: str) -> None:
    """No table of a release is left unproven for the type that a column has in its neighbour."""
    dialect = registry.load(flavours.FLAVOURS[flavour])
    for database in chain.DATABASES:
        schemas = [chain.expected(flavour, database, release) for release in chain.since(flavour, database)]
        for old, new in permutations(schemas, 2):
            both = [
                (table, new.tables[name])
                for name, table in evidence.staying(old.tables, new).items()
                if name in new.tables
            ]
            assert [why for table, now in both if (why := evidence.unreadable(dialect, table, now))] == []


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_a_release_that_uses_every_word_is_taken_back(flavour: str, next_release: str) -> None:
    expect_taken_back(flavour, "apim", NEXT, HEAD)


def a_table(*columns: Column, key: tuple[str, ...] = (), unique: tuple[str, ...] = ()) -> Schema:
    primary, others = Key(key) if key else None, (Key(unique, "U"),) if unique else ()
    table = Table("T", {column.name: column for column in columns}, primary, others)
    return Schema("postgresql", {"T": table})


ID, NAME = Column("ID", "INTEGER", nullable=False), Column("NAME", "VARCHAR(9)")
WITHOUT = {
    "numbers": (changes.DropColumn("T", "N"), a_table(Column("N", "INTEGER", generated="")), "nobody has kept"),
    "no key": (changes.ReplacePrimaryKey("T", ("ID",)), a_table(ID), "the table had no primary key"),
    "no trigger": (
        changes.ReplaceTrigger(Trigger("R", "T", "BEFORE", ("UPDATE",))),
        a_table(ID),
        "there was no such trigger",
    ),
}


@pytest.mark.parametrize(("change", "schema", "why"), WITHOUT.values(), ids=WITHOUT)
def test_what_has_no_inverse_is_refused_by_name(change: Change, schema: Schema, why: str) -> None:
    with pytest.raises(Refused, match=why) as caught:
        inverse(change, schema)
    assert str(change) in str(caught.value)
    assert "put back the backup" in str(caught.value)


OTHERS = {
    "a new foreign key": (
        changes.CreateForeignKey("T", ForeignKey(("ID",), "P", ("ID",))),
        a_table(ID),
        ["drop foreign key of T (ID) to P"],
    ),
    "a unique column": (
        changes.DropColumn("T", "NAME"),
        a_table(ID, NAME, unique=("NAME",)),
        ["add column T.NAME", "create unique (NAME) of T"],
    ),
    "a key over what might be NULL": (
        changes.ReplacePrimaryKey("T", ("ID", "NAME")),
        a_table(ID, NAME, key=("ID",)),
        ["replace primary key of T by (ID)", "alter column T.NAME to NULL"],
    ),
    "text again": (
        changes.BinaryToText("T", NAME),
        a_table(Column("NAME", "BYTEA")),
        ["convert column T.NAME to BYTEA, as UTF-8"],
    ),
}


@pytest.mark.parametrize(("change", "schema", "expected"), OTHERS.values(), ids=OTHERS)
def test_what_no_release_does(change: Change, schema: Schema, expected: list[str]) -> None:
    back = inverse(change, schema)
    assert [str(one) for one in back] == expected
    assert replay(replay(schema, [change]), back) == schema


def test_every_kind_of_change_has_its_inverse() -> None:
    kinds = {kind for kind in vars(changes).values() if isinstance(kind, type) and issubclass(kind, Change)}
    assert [kind.__name__ for kind in kinds - {Change} if inverse.dispatch(kind) is inverse.dispatch(object)] == []
