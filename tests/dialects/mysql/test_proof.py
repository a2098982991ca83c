"""An upgrade that is proven by the word of the binary log: what it reads, what it says, and over interruptions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Engine, event

from apim_schema import proof
from apim_schema.environment import through_alembic as run
from apim_schema.errors import Exit, Unfinished
from apim_schema.live import opened
from tests.conformance.site import Site, site
from tests.conformance.spoil import before_each_change, broken
from tests.conformance.test_upgrade import entries
from tests.releases import FIRST, HEAD
from tests.servers import Server

WRITES = "UPDATE AM_SUBSCRIBER SET EMAIL_ADDRESS = 'x' WHERE SUBSCRIBER_ID = 1"


@pytest.fixture
def customer(logged: Server) -> Iterator[Site]:
    """One with few releases to come: the statements of all are tried on a server without a log."""
    with site(logged, "apim", "4.5.0") as found:
        yield found


@contextmanager
def digests() -> Iterator[set[str]]:
    """The tables whose rows the tool hashes."""
    found: set[str] = set()

    def see(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        if "SHA2(" in statement:
            found.update(re.findall(r"FROM `\w+`\.`(\w+)`", statement))

    event.listen(Engine, "before_cursor_execute", see)
    try:
        yield found
    finally:
        event.remove(Engine, "before_cursor_execute", see)


def test_only_what_is_written_anew_is_read(customer: Site) -> None:
    """A look says so beforehand, and leaves no mark in the log."""
    before = end_of_log(customer)
    with opened(customer.upgrade().target) as live:
        found = proof.look(live, live.plan("4.5.0", HEAD))
    assert end_of_log(customer) == before
    assert (found.reason, found.held) == ("", False)
    with digests() as hashed:
        verdict = run(customer.upgrade(evidence="engine")).verdict
    assert (verdict.verdict, customer.rows_are_as_before()) == ("proven", True)
    read = {table.table for table in verdict.proven_by("full")}
    assert hashed == read == set(found.read)
    assert "AM_API_OPERATION_POLICY_MAPPING" in read, "it is written anew on this way"
    assert {table.table for table in verdict.tables} == customer.before.keys()
    assert found.vouched == len(verdict.proven_by("engine")) > 180
    (entry,) = entries(customer)
    assert (entry.verdict, entry.rows_compared) == ("proven", sum(len(customer.before[name]) for name in read))
    assert entry.evidence == verdict.told


@pytest.mark.kill
def test_the_whole_way(logged: Server) -> None:
    with site(logged, "apim", FIRST) as customer:
        verdict = run(customer.upgrade()).verdict
        assert verdict.failures == ()
        assert customer.rows_are_as_before()
        assert len(verdict.proven_by("full")) < 20


def test_statements_of_runs_between_are_known(customer: Site) -> None:
    """Whichever way they went. What only the way back writes anew was not read before, and can not be any more."""
    for statement, older in ((21, False), (7, True), (2, False)):
        with broken(statement), pytest.raises(Unfinished):
            run(customer.upgrade("4.5.0" if older else "4.6.0", back=older))
    verdict = run(customer.upgrade("4.5.0", back=True)).verdict
    assert {failure.reason for failure in verdict.failures} <= {"a statement of this upgrade has written its rows anew"}
    assert len(verdict.proven_by("engine")) > 180
    assert customer.differences_from("4.5.0") == []
    assert customer.rows_are_as_before()


def end_of_log(customer: Site) -> Any:
    query = "SHOW BINARY LOG STATUS" if customer.server.name == "mysql" else "SHOW MASTER STATUS"
    return customer.execute(query)


def test_who_writes_meanwhile_is_seen(customer: Site) -> None:
    """The schema is the release's, and can't be taken back: it is said what is not proven, and where to look."""

    def write(number: int, statement: str) -> None:
        if number == 1:
            customer.execute(WRITES)

    with before_each_change(write):
        result = run(customer.upgrade())
    verdict = result.verdict
    assert (verdict.verdict, result.exit_code) == ("not proven", Exit.NOT_PROVEN)
    (table,) = [table for table in verdict.failures if table.reason.startswith("rows were written: binary log log.0")]
    assert (table.table, table.by) == ("AM_SUBSCRIBER", "engine")
    assert "mysqlbinlog" in verdict.note
    assert customer.differences_from(HEAD) == []
    (entry,) = entries(customer)
    assert entry.verdict == "not proven"


def interrupt(customer: Site, number: int) -> None:
    with broken(number), pytest.raises(Unfinished):
        run(customer.upgrade())


def test_what_nobody_touched_is_proven_over_several_runs(customer: Site) -> None:
    for number in (1, 2):
        interrupt(customer, number)
    customer.execute("FLUSH BINARY LOGS")
    with digests() as hashed:
        verdict = run(customer.upgrade()).verdict
    assert verdict.verdict == "proven", verdict.failures
    assert {table.table for table in verdict.tables} == customer.before.keys()
    assert hashed == {table.table for table in verdict.proven_by("full")}
    assert "was interrupted at" in verdict.note


def test_a_row_lost_between_two_runs_is_seen(customer: Site) -> None:
    """Reading all rows comes too late: nobody has read them before."""
    interrupt(customer, 2)
    customer.execute("DELETE FROM AM_API_RATINGS")
    verdict = run(customer.upgrade(evidence="full")).verdict
    assert (verdict.verdict, verdict.failures[0].table) == ("not proven", "AM_API_RATINGS")
    assert "was interrupted at" in verdict.note
    assert "mysqlbinlog" in verdict.note


def test_a_log_that_is_no_witness_any_more_proves_nothing(customer: Site) -> None:
    interrupt(customer, 2)
    with customer.server.connection() as admin:
        admin.exec_driver_sql("SET GLOBAL binlog_format = 'MIXED'")
        try:
            verdict = run(customer.upgrade()).verdict
        finally:
            admin.exec_driver_sql("SET GLOBAL binlog_format = 'ROW'")
    assert verdict.verdict == "not proven"
    assert all("binlog_format is MIXED" in failure.reason for failure in verdict.failures)
    assert {failure.by for failure in verdict.failures} == {"engine"}
    assert "verify --against" in verdict.note
