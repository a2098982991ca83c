"""An upgrade that was cut off: the proof is of the whole of it, and half-done is in sight."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, event

from apim_schema import kept, verify
from apim_schema.environment import through_alembic as run
from apim_schema.errors import Blocked, Exit, Interrupted, Refused, Unfinished
from apim_schema.live import Live, opened
from apim_schema.progress import Silent
from apim_schema.status import look
from apim_schema.target import target
from tests.conformance.site import OWN_TABLES, Site, site, without_rollback
from tests.conformance.spoil import before_each_change, broken
from tests.conformance.test_kill import kill_the_tool
from tests.conformance.test_upgrade import entries, stamped
from tests.releases import FIRST, HEAD
from tests.servers import Server
from tests.vendor import outside

MIDDLE = 12
"""A statement on the way: some releases are still to come."""

LOST = "DELETE FROM AM_API_RATINGS"
"""What somebody else does between two runs, in a table that no release changes."""


@pytest.fixture
def customer(server: Server) -> Iterator[Site]:
    without_rollback(server)
    with site(server, "apim", FIRST) as found:
        yield found


def interrupt(customer: Site, number: int = MIDDLE) -> Unfinished:
    with broken(number), pytest.raises(Unfinished) as caught:
        run(customer.upgrade())
    return caught.value


def live_of(customer: Site) -> Iterator[Live]:
    with opened(target(customer.database, customer.url)) as live:
        yield live


def keeps(customer: Site) -> bool:
    return any(kept.read(live.connection, live.schema, "apim") for live in live_of(customer))


def test_a_row_lost_between_two_runs_is_found(customer: Site) -> None:
    interrupt(customer)
    customer.execute(LOST)
    verdict = run(customer.upgrade()).verdict
    assert verdict.verdict == "changed"
    assert [failure.table for failure in verdict.failures] == ["AM_API_RATINGS"]
    assert "was interrupted at" in verdict.note
    assert [entry.verdict for entry in entries(customer)] == [None, "changed"]
    assert not keeps(customer)


@pytest.mark.costly
def test_a_converted_value_changed_between_two_runs_is_found(customer: Site) -> None:
    """Through a conversion that is half done, or done already when the value changes."""
    interrupt(customer, 90)
    customer.execute("UPDATE AM_APPLICATION_REGISTRATION SET INPUTS = 'other' WHERE REG_ID = 1")
    assert [failure.table for failure in run(customer.upgrade()).verdict.failures] == ["AM_APPLICATION_REGISTRATION"]


def test_what_nobody_touched_is_proven_over_several_runs(customer: Site) -> None:
    for number in (1, 20, 30):
        interrupt(customer, number)
        assert keeps(customer)
    result = run(customer.upgrade())
    assert (result.verdict.verdict, result.target) == ("proven", HEAD)
    assert customer.rows_are_as_before()
    past = entries(customer)
    assert [entry.outcome for entry in past] == ["failed"] * 3 + ["finished"]
    assert {entry.from_release for entry in past} == {FIRST}
    assert [entry.statements for entry in past[:3]] == [1, 21, 51]
    assert {entry.statements == entry.planned for entry in past[3:]} == {True}
    assert all("THIS IS NO SQL" in (entry.error or "") for entry in past[:3])


def test_half_done_is_in_sight(customer: Site) -> None:
    error = interrupt(customer)
    (past,) = entries(customer)
    told = f"12 of {past.planned} statements in, interrupted at {past.finished_at} UTC"
    assert error.parts["statements_executed"] == past.statements == MIDDLE
    for live in live_of(customer):
        seen = look(live, HEAD)
        assert f"apim is between 4.2.0 and 4.3.0: {told}" in (seen.interrupted or "")
        assert seen.exit_code == Exit.UNFINISHED
        assert any(d.what == "table" and d.kind == "extra" for d in seen.differences)
        assert verify.verify(live, None, Silent()).exit_code(strict=False) == Exit.UNFINISHED


def test_a_killed_run_is_counted_by_what_is_in(customer: Site) -> None:
    """It had no time to write down its last statement."""
    kill_the_tool(customer, "after", MIDDLE - 1)
    (past,) = entries(customer)
    assert past.statements < MIDDLE
    for live in live_of(customer):
        assert f"{MIDDLE} of {past.planned} statements in" in (live.interrupted or "")


def test_a_refused_rerun_is_unfinished_still(customer: Site) -> None:
    """Exit code 3 means that the database is as before, and it is not."""
    done = interrupt(customer, 60).executed
    with site(customer.server, "apim", "4.5.0") as other:
        interrupt(other, 2)
        other.execute(f"UPDATE AM_API_ENDPOINTS SET REVISION_UUID = '{'x' * 101}'")
        with pytest.raises(
            Unfinished, match=r"(?s)REVISION_UUID is longer than the 100.*\n2 of \d+ statements are in"
        ) as caught:
            run(other.upgrade())
        assert isinstance(caught.value.__cause__, Blocked)
        assert caught.value.parts["findings"]
    assert done == 60


def test_a_run_that_executed_nothing_leaves_nothing(customer: Site) -> None:
    with broken(0), pytest.raises(Refused, match="Nothing was changed"):
        run(customer.upgrade())
    assert not OWN_TABLES & own_tables(customer)
    customer.execute(LOST)
    customer.before = customer.rows()
    assert run(customer.upgrade()).verdict.verdict == "proven"


def kill_before_the_verdict(customer: Site) -> None:
    kill_the_tool(customer, "stamped", HEAD)
    assert stamped(customer) == HEAD


@pytest.mark.parametrize(
    ("meanwhile", "verdict"),
    [pytest.param(None, "proven", marks=pytest.mark.costly), (LOST, "changed")],
    ids=["untouched", "touched"],
)
def test_cut_before_the_verdict(customer: Site, meanwhile: str | None, verdict: str) -> None:
    kill_before_the_verdict(customer)
    for live in live_of(customer):
        assert f"apim is at {HEAD}, not verified yet" in (look(live, HEAD).interrupted or "")
    if meanwhile:
        customer.execute(meanwhile)
    result = run(customer.upgrade())
    assert (result.executed, result.verdict.verdict) == (0, verdict)
    assert [(entry.outcome, entry.verdict) for entry in entries(customer)] == [
        ("interrupted", None),
        ("finished", verdict),
    ]
    assert not run(customer.upgrade()).compared


@pytest.mark.costly
def test_without_what_was_kept_nothing_is_proven(customer: Site) -> None:
    interrupt(customer)
    customer.execute("DELETE FROM apim_schema_evidence")
    verdict = run(customer.upgrade()).verdict
    assert verdict.verdict == "not proven"
    assert "was not kept" in verdict.doubt


@pytest.mark.costly
def test_what_was_kept_and_is_damaged_is_told(customer: Site) -> None:
    interrupt(customer)
    customer.execute("UPDATE apim_schema_evidence SET content = 'damaged'")
    with pytest.raises(Unfinished, match=r"apim_schema_evidence keeps of apim is damaged: delete it"):
        run(customer.upgrade())


def test_whatever_refuses_the_rerun_it_is_unfinished(customer: Site) -> None:
    """A stamp that somebody has corrected, an object in the way: the database is not as before."""
    interrupt(customer)
    customer.execute(f"UPDATE alembic_version_apim SET version_num = '{HEAD}'")
    with pytest.raises(Unfinished, match=r"by this breaking drift(?s:.*)12 of \d+ statements are in"):
        run(customer.upgrade())
    customer.execute(f"UPDATE alembic_version_apim SET version_num = '{FIRST}'")
    assert run(customer.upgrade()).verdict.verdict == "proven"


def test_ctrl_c_before_the_first_statement_leaves_nothing(customer: Site) -> None:
    """What was written by then is taken back on another connection: the run's own may be in the middle of something."""

    def interrupt_at_history(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith("INSERT") and "apim_schema_history" in statement:
            cursor.close()
            raise KeyboardInterrupt

    event.listen(Engine, "before_cursor_execute", interrupt_at_history)
    try:
        with pytest.raises(Interrupted, match="Nothing was changed"):
            run(customer.upgrade())
    finally:
        event.remove(Engine, "before_cursor_execute", interrupt_at_history)
    assert not OWN_TABLES & own_tables(customer)


def own_tables(customer: Site) -> set[str]:
    return {name.upper() for name in outside.catalog_of(customer.url, customer.schema)["tables"]}


def test_one_that_runs_is_not_called_interrupted(customer: Site) -> None:
    """Another session looks while the upgrade is in the middle of it."""
    told: list[str] = []

    def see(number: int, statement: str) -> None:
        if number == MIDDLE:
            told.extend(filter(None, (live.interrupted for live in live_of(customer))))

    with before_each_change(see):
        run(customer.upgrade())
    assert told[0].startswith(f"apim is on its way to {HEAD} just now, by session ")
    assert told[0].endswith("statements in")
    assert [live.interrupted for live in live_of(customer)] == [None]


@pytest.mark.parametrize(
    ("stamp_", "to"),
    [(HEAD, "4.3.0"), pytest.param(FIRST, "99.0.0", marks=pytest.mark.costly)],
    ids=["stamped beyond", "unknown"],
)
def test_a_run_that_leads_nowhere_is_told_all_the_same(customer: Site, stamp_: str, to: str) -> None:
    """By hand somebody has stamped a later release, or a newer version has written of one that we do not know."""
    interrupt(customer)
    customer.execute(f"UPDATE alembic_version_apim SET version_num = '{stamp_}'")
    customer.execute(f"UPDATE apim_schema_history SET to_release = '{to}'")
    assert [look(live, HEAD).exit_code for live in live_of(customer)] == [Exit.UNFINISHED]
