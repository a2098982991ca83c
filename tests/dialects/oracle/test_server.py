"""What is to be known of the server before an upgrade, by what the dictionary answers."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest

from apim_schema.hazards import BLOCK, INFO, WARN, Obstacle
from apim_schema.schema import Schema
from tests.dialects.oracle.connection import Recorder, failure
from tests.dialects.oracle.modules import server

WHO = {"sid": 7, "instance": 1, "username": "APIM", "program": "JDBC Thin", "machine": "apim-1"}


def found(answers: dict[str, Sequence[Any]]) -> list[Obstacle]:
    """All but what is said of the version, which stands first."""
    known = {server.VERSION: [("Oracle Database 19c Enterprise Edition Release 19.0.0.0.0 - Production",)], **answers}

    def answer(sql: str) -> Sequence[Any]:
        rows = known.get(sql, ())
        if rows and isinstance(rows[0], Exception):
            raise rows[0]
        return rows

    others: list[Obstacle]
    version, *others = server.find(Recorder(answer), "apim", "4.6.0", Schema("oracle"))
    assert (version.level, version.table) == (INFO, "")
    return others


def test_nothing_is_said_of_a_quiet_server_or_of_what_may_not_be_asked() -> None:
    assert found({}) == []
    hidden = (server.WITHOUT_CASE, server.TRANSACTIONS, server.STANDBYS)
    assert found({query: [failure(942)] for query in hidden}) == []


@pytest.mark.parametrize(
    ("role", "modes", "told"),
    [
        ("PRIMARY", ["READ WRITE", "READ WRITE"], None),
        ("PRIMARY", [], None),
        (None, ["READ WRITE"], None),
        ("PHYSICAL STANDBY", ["READ ONLY WITH APPLY"], "the database is a standby (PHYSICAL STANDBY)"),
        ("SNAPSHOT STANDBY", ["READ WRITE"], "the database is a standby (SNAPSHOT STANDBY)"),
        ("PRIMARY", ["READ WRITE", "READ ONLY"], "the database is open READ ONLY"),
    ],
)
def test_what_takes_no_changes(role: str | None, modes: list[str], told: str | None) -> None:
    """The second mode is that of the container; a login that may not see V$DATABASE gets no mode at all."""
    answers = {server.ROLE: [SimpleNamespace(role=role)], server.MODES: [SimpleNamespace(mode=mode) for mode in modes]}
    obstacle = server.closed(Recorder(lambda sql: answers.get(sql, ())), "apim")
    assert (obstacle and obstacle.problem) == told
    assert obstacle is None or (obstacle.level, bool(obstacle.way_out)) == (BLOCK, True)


@pytest.mark.parametrize(("seconds", "said"), [(59, False), (61, True)])
def test_a_transaction_that_is_open_for_long(seconds: int, said: bool) -> None:
    obstacles = found({server.TRANSACTIONS: [SimpleNamespace(**WHO, status="INACTIVE", seconds=seconds)]})
    assert [o.level for o in obstacles] == [WARN] * said
    assert all("open for 61 s: session 7" in o.problem and "KILL SESSION" in o.way_out for o in obstacles)


@pytest.mark.parametrize(
    ("status", "gap", "level"),
    [("VALID", "NO GAP", INFO), ("VALID", None, INFO), ("VALID", "RESOLVABLE GAP", WARN), ("ERROR", "NO GAP", WARN)],
)
def test_a_standby(status: str, gap: str | None, level: str) -> None:
    (obstacle,) = found({server.STANDBYS: [SimpleNamespace(name="LOG_ARCHIVE_DEST_2", status=status, gap=gap)]})
    assert (obstacle.level, bool(obstacle.way_out)) == (level, level == WARN)


def test_a_column_that_is_compared_without_case() -> None:
    row = SimpleNamespace(table_name="UM_USER", name="UM_USER_NAME", collation="BINARY_CI")
    (obstacle,) = found({server.WITHOUT_CASE: [row]})
    assert (obstacle.level, obstacle.table, obstacle.query) == (WARN, "UM_USER", server.WITHOUT_CASE)
