"""What the dialect asks is held against the facts of Oracle, so that a wrong word is an error and no green test."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from apim_schema import chain, script
from tests.dialects.oracle import facts
from tests.dialects.oracle.connection import Recorder
from tests.dialects.oracle.dictionary import Views
from tests.dialects.oracle.modules import dependents, digest, gone, introspect, obstacles, server, session, space, utf8
from tests.dialects.oracle.sqlplus import split
from tests.dialects.oracle.test_digest import compared_of, table


def asked() -> Iterator[str]:
    """Every query of the dialect, and what scripts send."""
    yield from (*introspect.QUERIES.values(), *session.SETTINGS, session.HOLDER, session.OF_TABLE, session.OTHERS)
    yield from (session.OWN, obstacles.LOGIN, obstacles.PRIVILEGES, obstacles.POLICIES, obstacles.REDACTED)
    yield from (obstacles.TABLES, obstacles.MVIEW_LOGS, dependents.REFERENCES, obstacles.UPDATE_TRIGGERS)
    yield from (gone.LOGGED, gone.SYNONYMS, gone.TRIGGERS, gone.SOURCES)
    yield from (server.WITHOUT_CASE, server.TRANSACTIONS, server.STANDBYS, server.ROLE, server.MODES)
    yield from (space.SIZES, space.SEGMENTS, space.FREE, space.QUOTAS)
    yield from (dependent.query for dependent in dependents.DEPENDENTS)
    recorder = Recorder(lambda sql: [("APIM", 1)])
    session.default_schema(recorder)
    digest.method(recorder)
    yield from recorder.asked
    yield "SELECT BANNER FROM V$VERSION"
    for database in chain.DATABASES:
        yield from split(script.render("oracle", database, "4.2.0", "4.7.0"))[1]
        yield from split(script.render("oracle", database, "4.7.0", "4.2.0"))[1]
    yield f"SELECT COUNT(*) FROM DUAL WHERE {utf8.OTHER_CHARSET}"


def test_all_that_is_asked_is_among_the_facts_and_no_view_is_there_in_vain() -> None:
    sent = list(asked())
    assert [(problem, sql) for sql in sent for problem in facts.problems(sql.strip())] == []
    assert {name for name in facts.VIEWS if not any(name in sql for sql in sent)} == set()


WRONG = {
    "SELECT STANDARD_HASH(C, 'SHA-256') FROM T": "STANDARD_HASH takes no 'SHA-256'",
    "SELECT RAWTOHEX(DBMS_CRYPTO.HASH(C, 7)) FROM T": "DBMS_CRYPTO.HASH takes no 7",
    "SELECT SYS_CONTEXT('USERENV', 'SCHEMA') FROM DUAL": "SYS_CONTEXT takes no 'SCHEMA'",
    "SELECT MD5(C) FROM T": "no function MD5",
    "SELECT TABLE_NAME FROM ALL_TABLE": "no view ALL_TABLE",
    "SELECT s.SID FROM GV$SESSIONS s": r"no view GV\$SESSIONS",
    "SELECT TABLE_NAM FROM ALL_TABLES": "ALL_TABLES has no column TABLE_NAM, see https://.*/refrn/ALL_TABLES.html",
    "SELECT s.SERIAL FROM GV$SESSION s": r"GV\$SESSION has no column SERIAL, see https://.*/refrn/V-SESSION.html",
    "SELECT COLUMN_NAME FROM ALL_TAB_COLS WHERE HIDDEN_COLUMN = 'N'": "HIDDEN_COLUMN is never 'N'",
    "SELECT NAME FROM ALL_ERRORS WHERE TYPE IN ('TRIGGER', 'TRIGER')": "TYPE is never 'TRIGER'",
    "SELECT NAME FROM ALL_PART_KEY_COLUMNS WHERE TRIM(OBJECT_TYPE) = 'Table'": "OBJECT_TYPE is never 'Table'",
    "BEGIN EXECUTE IMMEDIATE 'BEGIN X := NLS_CHARSET_ID(''UTF-8''); END;'; END;": "NLS_CHARSET_ID takes no 'UTF-8'",
    "ALTER SESSION SET NLS_COMP = BINARI": "no setting NLS_COMP = BINARI",
    "ALTER SESSION SET LOCK_TIMEOUT = 5": "no setting LOCK_TIMEOUT",
}


@pytest.mark.parametrize("sql", WRONG)
def test_what_oracle_has_not_is_an_error(sql: str) -> None:
    with pytest.raises(facts.Unknown, match=WRONG[sql]):
        facts.check(sql)


def digests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(digest, "HASH", digest.HASH.replace("SHA256", "SHA-256"))
    digest.buckets(Recorder(), None, table("INTEGER"), compared_of(table("INTEGER")))


def introspection(monkeypatch: pytest.MonkeyPatch) -> None:
    columns = introspect.QUERIES["columns"].replace("USER_GENERATED = 'YES'", "HIDDEN_COLUMN = 'N'")
    monkeypatch.setitem(introspect.QUERIES, "columns", columns)
    introspect.read(Recorder(), "APIM")


def conditions(monkeypatch: pytest.MonkeyPatch) -> None:
    Views(chain.expected("oracle", "shared", "4.2.0")).holds(
        "EXISTS (SELECT 1 FROM ALL_INDEXES i WHERE i.STATUS = 'OK')"
    )


@pytest.mark.parametrize("wrong", [digests, introspection, conditions])
def test_every_door_of_the_simulation_holds_what_comes_against_them(
    wrong: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(facts.Unknown):
        wrong(monkeypatch)
