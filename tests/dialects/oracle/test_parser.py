"""Every statement is Oracle's SQL: those of all releases, without and with a live database, and those of a session."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from apim_schema import chain, changes, flavours
from tests.dialects.oracle.conftest import Accepted
from tests.dialects.oracle.connection import Recorder, no_crypto
from tests.dialects.oracle.modules import (
    ddl,
    dependents,
    digest,
    gone,
    introspect,
    obstacles,
    plsql,
    server,
    session,
    space,
)
from tests.dialects.oracle.simulated import raw, view
from tests.dialects.oracle.test_ddl import STEPS, UNITS
from tests.dialects.oracle.test_digest import compared_of
from tests.parsers import plsql as checker

NEEDS_BOOLEAN = re.compile(r"\bBOOLEAN\b")


def offline(flavour: str, database: str, start: str, target: str) -> Iterator[str]:
    """What a script says where nobody has seen the database."""
    live = chain.expected(flavour, database, start)
    for change in chain.changes(flavour, database, target):
        yield from (statement.sql for statement in ddl.statements(change, live, None))
        live = change.apply(live)


def online(flavour: str, database: str, start: str, target: str, unit: str) -> Iterator[str]:
    """What is executed on a live database, from its start and from where conversions were interrupted."""
    live = view(raw(chain.expected(flavour, database, start)), unit)
    for change in chain.changes(flavour, database, target):
        yield from (statement.sql for statement in ddl.statements(change, live, "apim"))
        live = change.apply(live)


@pytest.mark.parametrize("step", STEPS, ids="-".join)
def test_scripts(step: tuple[str, str, str, str], accepted: Accepted) -> None:
    accepted(offline(*step), 12)


@pytest.mark.parametrize("step", STEPS, ids="-".join)
def test_what_an_upgrade_executes(step: tuple[str, str, str, str], accepted: Accepted) -> None:
    """New tables are the same on every database and were judged as a script."""
    made = (sql for unit in UNITS for sql in online(*step, unit))
    accepted((sql for sql in made if not sql.startswith("CREATE TABLE")), 12)


@pytest.mark.parametrize("flavour", flavours.of_dialect("oracle"))
@pytest.mark.parametrize("database", chain.DATABASES)
def test_a_fresh_schema(flavour: str, database: str, accepted: Accepted) -> None:
    """Each kind of statement that there is, and every column definition with its own checks."""
    schema = chain.expected(flavour, database, chain.first(flavour, database))
    made = [statement.sql for statement in ddl.create(schema, "APIM")]
    release = 23 if flavour == "oracle_23c" else 12
    assert [found for sql in made for found in checker.complaints(sql, release)] == []
    booleans = [sql for sql in made if NEEDS_BOOLEAN.search(sql)]
    assert bool(booleans) == (release == 23)
    accepted([*made[::12], *(sql for sql in made if "AFTER UPDATE" in sql), *booleans[:5]], release)


def test_introspection(accepted: Accepted) -> None:
    accepted((re.sub(r":owner", "'APIM'", query) for query in introspect.QUERIES.values()), 12)


@pytest.mark.parametrize("crypto", [True, False])
def test_digests(crypto: bool, accepted: Accepted) -> None:
    """The digests of every table of two releases, and the search for rows."""
    connection = Recorder() if crypto else Recorder(no_crypto)
    for release in ("4.2.0", "4.6.0"):
        for table in list(chain.expected("oracle", "apim", release).tables.values())[::32]:
            digest.buckets(connection, "APIM", table, compared_of(table))
    for name in ("AM_API_POLICY_MAPPING", "AM_APPLICATION_REGISTRATION", "IDN_OAUTH2_ACCESS_TOKEN"):
        table = chain.expected("oracle", "apim", "4.5.0").tables[name]
        digest.buckets(connection, "APIM", table, compared_of(table, chain.expected("oracle", "apim", "4.6.0")))
    table = chain.expected("oracle", "apim", "4.6.0").tables["AM_API_RESOURCE_SCOPE_MAPPING"]
    digest.rows(connection, "APIM", table, compared_of(table), [1, 2, 3], table.naming_columns)
    accepted(connection.asked, 12)


def test_sessions(accepted: Accepted) -> None:
    queries = (session.HOLDER, session.OF_TABLE, session.OTHERS, session.OWN)
    # the grammar knows no number as the value of a setting
    settings = (setting for setting in session.SETTINGS if not setting[-1].isdigit())
    accepted((*settings, *(re.sub(r":\w+", "'x'", query) for query in queries)), 12)


def test_obstacles(accepted: Accepted) -> None:
    queries = (
        *(obstacles.LOB_PROBE, obstacles.LOGIN, obstacles.PRIVILEGES, obstacles.POLICIES, obstacles.REDACTED),
        *(obstacles.TABLES, obstacles.MVIEW_LOGS, dependents.REFERENCES, obstacles.UPDATE_TRIGGERS),
        *(gone.LOGGED, gone.SYNONYMS, gone.TRIGGERS, gone.SOURCES),
        *(server.WITHOUT_CASE, server.TRANSACTIONS, server.STANDBYS),
        *(space.SIZES, space.SEGMENTS, space.FREE, space.QUOTAS),
        *(dependent.query for dependent in dependents.DEPENDENTS),
    )
    accepted((query.replace(":owner", "'APIM'") for query in queries), 12)


BROKEN = {
    "CREATE TABLE T (A BOOLEAN NOT NULL)": "BOOLEAN",
    "CREATE TABLE IF NOT EXISTS T (A NUMBER)": "IF",
    "CREATE TABLE T (A VARCHAR2)": "without a length",
    "CREATE TABLE T (A TEXT)": "no such type",
    "CREATE TABLE T (A TIMESTAMP DEFAULT NOW())": "NOW",
    "SELECT 1": "SELECT without FROM",
    "CREATE TABLE T (A NUMBER);": "terminator",
    f"CREATE SEQUENCE {'S' * 129} START WITH 1": "longer than",
    "ALTER TABLE T ADD FOREIGN KEY (A) REFERENCES P (A) ON UPDATE CASCADE": "ON UPDATE",
    "ALTER TABLE T MODIFY COLUMN A NUMBER": "1:",
    "CREATE TABLE T (A NUMBER,)": "1:",
    "BEGIN\n    EXECUTE IMMEDIATE 'ALTER TABEL T ADD (A NUMBER)';\nEND;": "1:",
    "BEGIN\n    EXECUTE IMMEDIATE 'ALTER TABLE T MODIFY (A VARCHAR2(' || unit || ')';\nEND;": "1:",
    "BEGIN\n    EXECUTE IMMEDIATE 'CREATE TABLE T (A TEXT)';\nEND;": "no such type",
    "BEGIN\n    NULL\nEND;": "3:",
    "BEGIN\n    NULL;\nEND": "END;",
}


def test_what_is_broken_is_found(accepted: Accepted) -> None:
    found = checker.errors(list(BROKEN))
    assert [sql for sql, error in zip(BROKEN, found, strict=True) if BROKEN[sql] not in error] == []
    with pytest.raises(AssertionError, match="no such type"):
        accepted(["CREATE TABLE T (A TEXT)"], 12)


def test_what_23ai_has_is_taken_there(accepted: Accepted) -> None:
    accepted(["CREATE TABLE T (A BOOLEAN DEFAULT FALSE NOT NULL)"], 23)


def test_the_text_of_execute_immediate_is_read_whole() -> None:
    change = next(c for c in chain.changes("oracle", "apim", "4.4.0") if isinstance(c, changes.AlterColumn))
    (statement,) = ddl.statements(change, chain.expected("oracle", "apim", "4.3.0"), "o'hara")
    (inner,) = checker.dynamic(statement.sql)
    assert inner == f'ALTER TABLE "O\'HARA".{change.table} MODIFY ({change.name} VARCHAR2(512 BYTE))'
    assert plsql.CURRENT_SCHEMA not in statement.sql
