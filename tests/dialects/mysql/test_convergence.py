"""From the first to the newest release, statement by statement, each planned anew from what the database has then."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Connection

from apim_schema import chain, compare, difference, registry
from apim_schema.changes import Change, replay
from apim_schema.impact import Statement
from apim_schema.schema import Schema
from tests import filled
from tests.dialects.mysql.conftest import opened, runner
from tests.releases import FIRST, HEAD, after
from tests.servers import Server
from tests.vendor import dump, make, mysql

DIALECT = registry.load("mysql")
character_sets = pytest.mark.parametrize("charset", ["latin1", "utf8mb4"])


@contextmanager
def customer(server: Server, release: str, charset: str, **options: Any) -> Iterator[tuple[Connection, dict[str, Any]]]:
    """A database as the vendor's script makes it, narrowed where utf8mb4 needs it, with rows in every table."""
    made_of = make.catalog("mysql", "apim", release)
    if charset == "utf8mb4":
        made_of = mysql.narrowed(made_of)
    with opened(server, charset=charset, **options) as connection:
        runner(connection)(*mysql.script(made_of))
        filled.fill(connection, made_of, latin1=True)
        yield connection, made_of


def made(changes: Iterable[Change], live: Schema) -> list[str]:
    return [statement.sql for statement in DIALECT.ddl.combined(changes, live, None)]


@pytest.mark.parametrize("charset", ["latin1", pytest.param("utf8mb4", marks=pytest.mark.kill)])
def test_what_remains_is_the_rest(both: Server, charset: str) -> None:
    with customer(both, FIRST, charset) as (connection, made_of):
        columns = dump.columns_of(made_of)
        before = dump.dump(connection, columns)
        for target in after(FIRST):
            changes = chain.changes("mysql", "apim", target)
            remaining = made(changes, DIALECT.introspect.read(connection, None))
            while remaining:
                DIALECT.session.execute(connection, remaining.pop(0))
                assert made(changes, DIALECT.introspect.read(connection, None)) == remaining
            found = DIALECT.introspect.read(connection, None)
            assert compare.mismatches(chain.expected("mysql", "apim", target), found) == []
        assert dump.old_form(dump.dump(connection, columns), before) == before


@character_sets
def test_the_script_without_a_database_does_the_same(both: Server, charset: str) -> None:
    with customer(both, FIRST, charset) as (connection, made_of):
        columns = dump.columns_of(made_of)
        before = dump.dump(connection, columns)
        for statement in offline(FIRST, HEAD):
            DIALECT.session.execute(connection, statement.sql)
        found = DIALECT.introspect.read(connection, None)
        assert compare.mismatches(chain.expected("mysql", "apim", HEAD), found) == []
        assert dump.old_form(dump.dump(connection, columns), before) == before


def offline(start: str, target: str) -> list[Statement]:
    model, statements = chain.expected("mysql", "apim", start), []
    for release in chain.between("apim", start, target):
        changes = chain.changes("mysql", "apim", release)
        statements += DIALECT.ddl.combined(changes, model, None)
        model = replay(model, changes)
    return statements


@pytest.mark.parametrize(
    ("database", "release", "charset"),
    [("apim", FIRST, "latin1"), ("shared", FIRST, "latin1"), ("apim", "4.5.0", "utf8mb4")],
)
def test_a_fresh_schema_is_the_releases(both: Server, database: str, release: str, charset: str) -> None:
    """In utf8mb4 too, where the vendor's own script fails: there some keys have shorter parts."""
    wanted = chain.expected("mysql", database, release)
    with opened(both, charset=charset) as connection:
        options = DIALECT.introspect.read(connection, None).options
        runner(connection)(*(s.sql for s in DIALECT.ddl.create(Schema("mysql", wanted.tables, options=options), None)))
        found = compare.compare(wanted, DIALECT.introspect.read(connection, None))
        assert {d.kind for d in found} <= ({difference.VARIANT} if charset == "utf8mb4" else set())
