"""Replaying the changes from the first catalog arrives at what each release's own install script creates."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from apim_schema import catalog, chain, compare, difference, flavours
from apim_schema.changes import AddColumn, CreateTable, KeepIndex, ReplaceForeignKey, replay
from apim_schema.schema import Schema
from tests.vendor import make

REFERENCE = Path(__file__).parents[1] / "reference"
CASES = [
    (flavour, database, release)
    for flavour in flavours.FLAVOURS
    for database in chain.DATABASES
    if chain.has_script(flavour, database)
    for release in chain.since(flavour, database)[1:]
]
APIM_CASES = [case for case in CASES if case[1] == "apim"]
Fact = tuple[object, ...]


def reference(flavour: str, database: str, release: str) -> Path:
    return REFERENCE / flavour / f"{database}-{release}.json"


def before(flavour: str, database: str, release: str) -> Schema:
    releases = chain.releases(database)
    return chain.expected(flavour, database, releases[releases.index(release) - 1])


def test_every_reference_catalog_is_compared() -> None:
    assert {reference(*case) for case in CASES} == set(REFERENCE.glob("*/*.json"))


@pytest.mark.parametrize(("flavour", "database", "release"), CASES)
def test_the_comparison_finds_no_difference(flavour: str, database: str, release: str) -> None:
    found = catalog.parse(make.catalog(flavour, database, release))
    differences = compare.compare(chain.expected(flavour, database, release), found)
    lacks_it = flavour in ("mysql", "oracle", "oracle_rac", "mssql")
    forgone = database == "shared" and lacks_it and release in ("4.3.0", "4.4.0")
    assert [(d.kind, d.name.split(".")[0]) for d in differences] == [
        (difference.VARIANT, "REG_RESOURCE_PROPERTY")
    ] * forgone


@pytest.mark.parametrize(("flavour", "database", "release"), CASES)
def test_every_fact_of_the_install_script_is_there_and_no_other(flavour: str, database: str, release: str) -> None:
    """The same again without the code that compares and the code that reads catalogs."""
    document = make.catalog(flavour, database, release)
    installed, replayed = (
        set(facts_of_document(document)),
        set(facts_of_schema(chain.expected(flavour, database, release))),
    )
    assert installed - replayed == set()
    assert replayed - installed == set()


@pytest.mark.parametrize(("flavour", "database", "release"), CASES)
def test_no_change_can_be_left_out(flavour: str, database: str, release: str) -> None:
    """Both checks above notice every change that is missing; an optional index is a matter of the facts alone."""
    found = catalog.parse(make.catalog(flavour, database, release))
    facts = set(facts_of_schema(found))
    changes = [c for c in chain.changes(flavour, database, release) if not isinstance(c, KeepIndex)]
    for left_out in changes:
        schema = replay(before(flavour, database, release), [c for c in changes if c is not left_out])
        assert set(facts_of_schema(schema)) != facts, f"the facts miss: {left_out}"
        assert database == "shared" or compare.compare(schema, found), f"the comparison misses: {left_out}"


@pytest.mark.parametrize(("flavour", "database", "release"), CASES)
def test_every_change_is_open_before_and_in_after(flavour: str, database: str, release: str) -> None:
    changes = chain.changes(flavour, database, release)
    assert [str(change) for change in changes if change.is_in(before(flavour, database, release))] == []
    assert [str(change) for change in changes if not change.is_in(chain.expected(flavour, database, release))] == []


@pytest.mark.parametrize(("flavour", "database", "release"), APIM_CASES)
def test_a_foreign_key_points_to_a_key_that_stands_by_then(flavour: str, database: str, release: str) -> None:
    schema = before(flavour, database, release)
    for change in chain.changes(flavour, database, release):
        schema = change.apply(schema)
        created = change.definition.foreign_keys if isinstance(change, CreateTable) else ()
        for key in (change.key,) if isinstance(change, ReplaceForeignKey) else created:
            referenced = schema.tables[key.ref_table]
            keys = [k.columns for k in (referenced.primary_key, *referenced.unique) if k is not None]
            assert key.ref_columns in keys or {*key.ref_columns} in map(set, keys), f"{change}: {key}"


@pytest.mark.parametrize(("flavour", "database", "release"), APIM_CASES)
def test_rows_that_stand_can_take_every_new_column(flavour: str, database: str, release: str) -> None:
    for change in chain.changes(flavour, database, release):
        if isinstance(change, AddColumn):
            column = change.column
            assert column.nullable or column.default is not None or change.fill is not None, str(change)


def facts_of_schema(schema: Schema) -> Iterator[Fact]:
    for table in schema.tables.values():
        yield "table", table.name
        yield "primary key", table.name, table.primary_key.columns if table.primary_key else None
        for c in table.columns.values():
            yield "column", table.name, c.name, c.type, c.nullable, c.default, c.generated, c.on_update
            yield "character set", table.name, c.name, c.charset, c.collation
        for key in table.unique:
            yield "unique", table.name, key.columns
        for fk in table.foreign_keys:
            yield "foreign key", table.name, fk.columns, fk.ref_table, fk.ref_columns, fk.on_delete, fk.on_update
        for index in table.indexes:
            if not index.optional:
                yield "index", table.name, index.name, index.columns, index.unique, index.include
    for name, options in schema.sequences.items():
        yield "sequence", name, options
    for trigger in schema.triggers.values():
        when = trigger.table, trigger.timing, trigger.events, trigger.when
        yield "trigger", trigger.name, *when, trigger.fills, trigger.action
    for name, action in schema.routines.items():
        yield "routine", name, action


def facts_of_document(document: dict[str, Any]) -> Iterator[Fact]:
    for name, table in document["tables"].items():
        yield "table", name
        yield "primary key", name, tuple(table["primary_key"]["columns"]) if table["primary_key"] else None
        for column, about in table["columns"].items():
            yield "column", name, column, *column_facts(document["dialect"], about)
            yield "character set", name, column, about.get("charset"), about.get("collation")
        for key in table.get("unique", ()):
            yield "unique", name, tuple(key["columns"])
        for fk in table.get("foreign_keys", ()):
            ends = tuple(fk["columns"]), fk["ref_table"], tuple(fk["ref_columns"])
            yield "foreign key", name, *ends, action(fk.get("on_delete")), action(fk.get("on_update"))
        for index in table.get("indexes", ()):
            if not index.get("optional"):
                about_index = tuple(index["columns"]), index["unique"], tuple(index.get("include", ()))
                yield "index", name, index["name"], *about_index
    for name, options in document["sequences"].items():
        yield "sequence", name, options
    for name, trigger in document["triggers"].items():
        fills = (trigger["fills"]["sequence"], trigger["fills"]["column"]) if "fills" in trigger else None
        when = trigger["table"], trigger["timing"], tuple(trigger["events"]), trigger.get("when")
        yield "trigger", name, *when, fills, trigger.get("action")
    for name, routine in document["routines"].items():
        yield "routine", name, routine["action"]


def column_facts(flavour: str, about: dict[str, Any]) -> Fact:
    types = flavours.types(flavour)
    type_ = types.normalise_type(about["type"])
    drawn = re.fullmatch(r"NEXTVAL\('(\w+)'\)", about.get("default") or "")
    number = about.get("autoincrement")
    generated = drawn[1].upper() if drawn else "" if number is True else number or None
    default = None if drawn else types.normalise_default(about.get("default"), type_)
    return type_, about["nullable"], default, generated, types.normalise_default(about.get("on_update"), type_)


def action(words: str | None) -> str | None:
    """RESTRICT and NO ACTION are the same: they differ for deferred constraints only."""
    return words if words in ("CASCADE", "SET NULL") else None
