"""What the data dictionary shows to be in the way: each kind of object by name, with the way out, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from apim_schema import chain
from apim_schema.changes import AlterColumn, Change
from apim_schema.hazards import BLOCK, WARN, Obstacle
from apim_schema.schema import Column, ForeignKey, Index, Key, Schema, Table
from tests.dialects.oracle.connection import Recorder, failure
from tests.dialects.oracle.modules import dependents, obstacles, space
from tests.dialects.oracle.simulated import raw, view

BYTES, TEXT = ("AM_APPLICATION_REGISTRATION", "INPUTS"), ("AM_API_ENDPOINTS", "ENDPOINT_UUID")
"""4.6.0 turns the one into bytes, and makes the other shorter."""
OWNER = {"CREATE TABLE", "CREATE SEQUENCE", "CREATE TRIGGER"}
Answers = dict[str, Sequence[Any]]


def live() -> Schema:
    return view(raw(chain.expected("oracle", "apim", "4.5.0")))


def wanted(schema: Schema) -> list[Change]:
    return [change for change in chain.changes("oracle", "apim", "4.6.0") if not change.is_in(schema)]


def found(
    answers: Answers,
    schema: Schema | None = None,
    login: str = "APIM",
    held: set[str] = OWNER,
    wanted_: Sequence[Change] | None = None,
) -> list[Obstacle]:
    """What is in the way where the dictionary answers so; a list that holds an error is one."""
    privileges = [SimpleNamespace(name=name) for name in held]
    known: Answers = {obstacles.LOGIN: [(login,)], obstacles.PRIVILEGES: privileges, **answers}

    def answer(sql: str) -> Sequence[Any]:
        rows = known.get(sql, ())
        if rows and isinstance(rows[0], Exception):
            raise rows[0]
        return rows

    schema = schema or live()
    made: list[Obstacle] = list(
        obstacles.find(Recorder(answer), "apim", wanted(schema) if wanted_ is None else wanted_, schema)
    )
    assert all(obstacle.query and obstacle.way_out for obstacle in made)
    return made


def row(table: str, name: str = "X", **more: object) -> Any:
    return SimpleNamespace(table_name=table, name=name, **more)


def test_the_vendors_own_schema_is_no_obstacle() -> None:
    assert found({}) == []


def dependent(problem: str) -> Any:
    return next(kind for kind in dependents.DEPENDENTS if problem in kind.problem)


@pytest.mark.parametrize(
    ("problem", "uses", "bytes_", "text"),
    [
        ("check constraint", "\"{0}\" <> 'forbidden'", BLOCK, None),
        ("extended statistics", '("{0}","REG_STATE")', BLOCK, BLOCK),
        ("partitioned", "{0}", BLOCK, BLOCK),
        ("trigger", "{0}", BLOCK, None),
        ("view {name} reads", "SELECT UPPER({0}) AS I FROM T", BLOCK, None),
        ("materialized view", "select t.{0} from t", BLOCK, WARN),
        ("uses the table", None, WARN, None),
        ("grant", "{0}", BLOCK, None),
        ("supplemental", "{0}", BLOCK, None),
        ("audit", "{0}", BLOCK, None),
        ("comment", "{0}", WARN, None),
    ],
)
def test_what_stands_on_a_column_is_named_with_the_way_out(
    problem: str, uses: str | None, bytes_: str | None, text: str | None
) -> None:
    kind = dependent(problem)
    for (table, column), level in ((BYTES, bytes_), (TEXT, text)):
        named = [row(table, uses=uses and uses.format(column)), row("OTHER", uses=uses and uses.format(column))]
        elsewhere = [row(table, uses="OTHER_" + column)] if uses else []
        made = found({kind.query: [*named, *elsewhere]})
        assert [(o.level, o.table) for o in made] == ([(level, table)] if level else [])
        for obstacle in made:
            assert "X" in obstacle.problem or problem == "partitioned"
            assert column in obstacle.problem
            assert obstacle.way_out


def test_what_forbids_bytes_forbids_text_again() -> None:
    """Also where the text gets shorter still, on the way to an older release."""
    schema, (table, column) = (
        view(raw(chain.expected("oracle", "apim", "4.6.0"))),
        ("AM_API_POLICY_MAPPING", "PARAMETERS"),
    )
    for older in ("4.5.0", "4.4.0"):
        back = chain.pending("oracle", "apim", "4.6.0", older)
        for kind in dependents.DEPENDENTS:
            answers: Answers = {kind.query: [row(table, uses=column)], obstacles.LOB_PROBE: [failure(904)]}
            made = [o for o in found(answers, schema, wanted_=back) if o.table or "DBMS_LOB" in o.problem]
            assert [(o.level, o.table) for o in made] == [(BLOCK, ""), (kind.level, table)]


def test_an_update_trigger_fires_when_a_text_is_cut() -> None:
    cut = AlterColumn(*TEXT, type="VARCHAR2(100)", narrows="VARCHAR2(256)", cuts=True)
    answers: Answers = {obstacles.UPDATE_TRIGGERS: [row(TEXT[0], "APIM.AUDITED")]}
    assert found(answers, wanted_=[replace(cut, cuts=False)]) == []
    assert found(answers, wanted_=[replace(cut, type="VARCHAR2(300)", narrows=None)]) == []
    (obstacle,) = found(answers, wanted_=[cut])
    assert (obstacle.level, obstacle.table) == (BLOCK, TEXT[0])


def test_not_null_and_words_in_quotes_are_no_obstacle() -> None:
    kind, (table, column) = dependent("check constraint"), BYTES
    harmless = [row(table, uses=f'"{column}" IS NOT NULL'), row(table, uses=f"\"REG_STATE\" <> '{column}'")]
    assert found({kind.query: harmless}) == []


def altered(schema: Schema, table: str, change: Callable[[Table], Table]) -> Schema:
    return schema.with_table(change(schema.tables[table]))


def over_columns() -> Iterator[tuple[str, str, str, Callable[[Table], Table]]]:
    virtual = 'GENERATED ALWAYS AS (UPPER("{0}"))'
    for table, column in (BYTES, TEXT):
        made = Column("V", "VARCHAR2(9)", default=virtual.format(column))
        yield table, column, "virtual column V", lambda t, made=made: t.with_column(made)  # type: ignore[misc]
        lower = Index("F", (f"LOWER({column})",))
        yield table, column, "index F", lambda t, i=lower: replace(t, indexes=(*t.indexes, i))  # type: ignore[misc]
    table, column = BYTES
    yield table, column, "index I", lambda t: replace(t, indexes=(*t.indexes, Index("I", ("REG_STATE", column))))
    yield table, column, "constraint U", lambda t: replace(t, unique=(*t.unique, Key((column,), "U")))
    key = ForeignKey((column,), "P", ("P",), name="F")
    yield table, column, "constraint F", lambda t: replace(t, foreign_keys=(*t.foreign_keys, key))


@pytest.mark.parametrize(("table", "column", "problem", "change"), [*over_columns()])
def test_what_the_schema_itself_has_over_a_column(
    table: str, column: str, problem: str, change: Callable[[Table], Table]
) -> None:
    (obstacle,) = found({}, altered(live(), table, change))
    assert (obstacle.level, obstacle.table) == (BLOCK, table)
    assert problem in obstacle.problem
    assert column in obstacle.problem


def test_a_plain_index_over_a_column_that_gets_shorter_is_no_obstacle() -> None:
    table, column = TEXT
    index = Index("I", ("ENDPOINT_NAME", column))
    assert found({}, altered(live(), table, lambda t: replace(t, indexes=(*t.indexes, index)))) == []


@pytest.mark.parametrize(
    ("query", "rows", "problem"),
    [
        ("TABLES", [row(BYTES[0], read_only="YES", compressed=None, organised=None)], "read only"),
        ("TABLES", [row(BYTES[0], read_only="NO", compressed="BASIC", organised=None)], "ORA-39726"),
        ("TABLES", [row(TEXT[0], read_only="NO", compressed=None, organised="IOT")], "ORA-25188"),
        ("MVIEW_LOGS", [row(BYTES[0], "MLOG$_A")], "log MLOG$_A"),
        ("MVIEW_LOGS", [row(TEXT[0], "MLOG$_A")], "log MLOG$_A"),
        ("UPDATE_TRIGGERS", [row(BYTES[0], "APIM.AUDITED")], "trigger APIM.AUDITED fires on every update"),
        ("POLICIES", [row("AM_API", "TENANTS")], "policy TENANTS may hide rows"),
        ("REDACTED", [row("AM_API", "API_NAME")], "API_NAME is redacted"),
    ],
)
def test_what_forbids_the_change_of_a_table(query: str, rows: Sequence[Any], problem: str) -> None:
    others = (
        [] if query in ("POLICIES", "REDACTED") else [SimpleNamespace(**vars(r) | {"table_name": "X"}) for r in rows]
    )
    made = found({getattr(obstacles, query): [*rows, *others]})
    assert [(o.level, o.table) for o in made] == [(BLOCK, rows[0].table_name)]
    assert problem in made[0].problem
    assert made[0].way_out


def test_a_foreign_key_of_any_schema_to_a_key_that_goes() -> None:
    """The primary key of the endpoints is replaced, and a unique key of the models dropped."""
    schema = live()
    keys = {"AM_API_ENDPOINTS": schema.tables["AM_API_ENDPOINTS"].primary_key}
    keys["AM_LLM_PROVIDER_MODEL"] = schema.tables["AM_LLM_PROVIDER_MODEL"].unique[0]
    for table, key in keys.items():
        assert key is not None
        others = [SimpleNamespace(key=key.name, name="HR.F"), SimpleNamespace(key="OTHER", name="HR.G")]
        own = ForeignKey(key.columns, table, key.columns, name="OWN")
        referencing = schema.tables["AM_API"]
        referencing = replace(referencing, foreign_keys=(*referencing.foreign_keys, own))
        made = found({dependents.REFERENCES: others}, schema.with_table(referencing))
        assert [(o.level, o.table, o.problem.split()[2]) for o in made] == [
            (BLOCK, table, "OWN"),
            (BLOCK, table, "HR.F"),
        ]


def test_a_login_that_is_exempt_from_policies_sees_all() -> None:
    answers: Answers = {obstacles.POLICIES: [row("AM_API")], obstacles.REDACTED: [row("AM_API")]}
    assert found(answers, held=OWNER | {"EXEMPT ACCESS POLICY", "EXEMPT REDACTION POLICY"}) == []


def test_that_redaction_can_not_be_seen_is_said() -> None:
    (obstacle,) = found({obstacles.REDACTED: [failure(942)]})
    assert (obstacle.level, "GRANT SELECT on REDACTION_COLUMNS" in obstacle.way_out) == (WARN, True)


def test_a_package_that_is_not_granted_is_asked_for_before_anything_is_converted() -> None:
    (obstacle,) = found({obstacles.LOB_PROBE: [failure(904)]})
    assert (obstacle.level, obstacle.table) == (BLOCK, "")
    assert "GRANT EXECUTE ON SYS.DBMS_LOB" in obstacle.way_out
    at_460 = view(raw(chain.expected("oracle", "apim", "4.6.0")))
    assert found({obstacles.LOB_PROBE: [failure(904)]}, at_460) == []


def test_privileges_that_are_missing_are_named() -> None:
    (obstacle,) = found({}, held={"CREATE TABLE"})
    assert (obstacle.level, obstacle.way_out) == (BLOCK, "GRANT CREATE SEQUENCE, CREATE TRIGGER TO APIM")
    (obstacle,) = found({}, login="DBA_1", held={"CREATE ANY TABLE", "ALTER ANY TABLE"})
    assert obstacle.level == WARN
    assert "DBA_1 lacks CREATE ANY SEQUENCE, CREATE ANY TRIGGER, CREATE ANY INDEX, LOCK ANY TABLE" in obstacle.problem


def tablespaces(*segments: tuple[str, str, int], free: int, quota: int | None = None) -> Answers:
    return {
        space.SEGMENTS: [SimpleNamespace(table_name=t, name=name, bytes=size) for t, name, size in segments],
        space.FREE: [SimpleNamespace(name="USERS", bytes=free)],
        space.QUOTAS: [] if quota is None else [SimpleNamespace(name="USERS", bytes=quota)],
    }


def test_a_text_that_may_not_fit_once_more_is_warned_of() -> None:
    """Only that of a table with a text that becomes bytes; a tablespace without a free extent is not in the view."""
    size = 3 * 1024**3
    assert found(tablespaces((BYTES[0], "USERS", size), (TEXT[0], "USERS", 2 * size), free=size)) == []
    (full,) = found(tablespaces((BYTES[0], "USERS", size), free=size // 2))
    takes = "its rows are written once more, which takes up to 3.0 GiB"
    assert (full.level, full.table) == (WARN, BYTES[0])
    assert full.problem == f"{takes}, and tablespace USERS has 1.5 GiB left"
    (other,) = found(tablespaces((BYTES[0], "OLD", size), free=size))
    assert other.problem == f"{takes}, and tablespace OLD has 0.0 KiB left"
    assert "AUTOEXTENSIBLE" in other.way_out


def test_a_quota_counts_unless_the_login_needs_none() -> None:
    answers = tablespaces((BYTES[0], "USERS", 65536), free=65536, quota=512)
    (short,) = found(answers)
    takes = "its rows are written once more, which takes up to 64.0 KiB"
    assert (short.level, short.problem) == (WARN, f"{takes}, and the quota on tablespace USERS has 0.5 KiB left")
    assert short.way_out == "ALTER USER APIM QUOTA … ON USERS"
    assert found(answers, held=OWNER | {"UNLIMITED TABLESPACE"}) == []


def test_room_is_not_asked_for_where_no_text_becomes_bytes() -> None:
    at_460 = view(raw(chain.expected("oracle", "apim", "4.6.0")))
    assert found(tablespaces((BYTES[0], "USERS", 65536), free=0), at_460) == []
