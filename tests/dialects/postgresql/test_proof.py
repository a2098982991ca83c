"""An upgrade that is proven by the word of the server: what it reads, what it refuses, and what it says."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy.exc import OperationalError

from apim_schema.environment import through_alembic as run
from apim_schema.errors import Exit, Refused, UsageError
from apim_schema.evidence import TableVerdict
from apim_schema.live import opened
from apim_schema.locks import Waiting
from apim_schema.progress import Silent
from apim_schema.repair import Repair
from apim_schema.witness import By
from tests.conformance.site import Site, site
from tests.conformance.spoil import before_each_change
from tests.conformance.test_failures import expect_untouched
from tests.conformance.test_upgrade import entries, rows_of, stamped
from tests.releases import FIRST, HEAD
from tests.servers import Server, new_database


@pytest.fixture
def customer(postgresql: Server) -> Iterator[Site]:
    with site(postgresql, "apim", FIRST) as found:
        yield found


def by_table(customer: Site, evidence: By | None = None) -> dict[str, TableVerdict]:
    verdict = run(customer.upgrade(evidence=evidence)).verdict
    assert verdict.verdict == "proven"
    assert customer.rows_are_as_before()
    return {table.table: table for table in verdict.tables}


def test_only_what_is_written_anew_is_read(customer: Site) -> None:
    customer.execute("ANALYZE")
    found = by_table(customer)
    assert found.keys() == customer.before.keys()
    read = {name for name, table in found.items() if table.by == "full"}
    assert read, "some tables are written anew on this way"
    for name, table in found.items():
        rows = len(customer.before[name])
        assert (table.rows_after, table.about) == ((rows, None) if name in read else (0, rows or None)), name
    (entry,) = entries(customer)
    assert (entry.verdict, entry.rows_compared) == ("proven", sum(len(customer.before[name]) for name in read))
    for name in sorted(read):
        assert name in (entry.evidence or "")
    assert f"engine ({len(found) - len(read)} tables)" in (entry.evidence or "")


def test_full_reads_all_rows(customer: Site) -> None:
    found = by_table(customer, "full")
    assert {table.by for table in found.values()} == {"full"}
    (entry,) = entries(customer)
    assert entry.rows_compared == rows_of(customer, found.values()) == sum(map(len, customer.before.values()))
    assert entry.evidence == f"full ({len(found)} tables)"


def test_a_snapshot_is_compared_in_full(customer: Site) -> None:
    with opened(customer.upgrade().target) as live:
        before = live.snapshot(Silent())
    verdict = run(customer.upgrade(against=before)).verdict
    assert (verdict.verdict, {table.by for table in verdict.tables}) == ("proven", {"full"})


def test_a_fresh_schema_is_read(postgresql: Server) -> None:
    with new_database(postgresql) as url:
        result = run(Site.at(postgresql, url, "apim").upgrade(create=True))
        assert {table.by for table in result.verdict.tables} == {"full"}


FUNCTION = (
    "CREATE FUNCTION mine() RETURNS {returns} LANGUAGE plpgsql SECURITY DEFINER AS $$BEGIN {body}; RETURN{value}; END$$"
)
UPDATE = "UPDATE am_subscriber SET email_address = 'x' WHERE subscriber_id = 1"
SAME_ROWS = "WITH gone AS (DELETE FROM am_api_ratings RETURNING *) INSERT INTO am_api_ratings SELECT * FROM gone"
AGAIN = (
    "CREATE TEMP TABLE kept AS SELECT * FROM am_api_ratings; TRUNCATE am_api_ratings; "
    "INSERT INTO am_api_ratings SELECT * FROM kept"
)
ON_DDL = "CREATE EVENT TRIGGER mine ON ddl_command_end WHEN TAG IN ('{tag}') EXECUTE FUNCTION mine()"
EVENTS = {
    "writes": ("ALTER TABLE", UPDATE, "AM_SUBSCRIBER: not proven, rows of am_subscriber were written"),
    "puts rows back": ("CREATE INDEX", SAME_ROWS, "AM_API_RATINGS: not proven, rows of am_api_ratings were written"),
    "writes anew": (
        "CREATE TRIGGER",
        "ALTER TABLE am_subscriber ALTER email_address TYPE VARCHAR(256) USING lower(email_address)",
        "AM_SUBSCRIBER: not proven, the rows of am_subscriber stand in another file",
    ),
    "truncates": ("CREATE TRIGGER", AGAIN, "AM_API_RATINGS: not proven, the rows of am_api_ratings stand in another"),
}


@pytest.mark.parametrize(("tag", "body", "reason"), EVENTS.values(), ids=EVENTS)
def test_an_event_trigger_that_writes_takes_all_back(customer: Site, tag: str, body: str, reason: str) -> None:
    customer.execute(FUNCTION.format(returns="event_trigger", body=body, value=""))
    customer.execute(ON_DDL.format(tag=tag))
    with pytest.raises(Refused, match=rf"(?s)it is not proven.*{reason}.*--evidence full.*Rolled back") as refused:
        run(customer.upgrade())
    assert refused.value.exit_code == Exit.REFUSED
    customer.execute("DROP FUNCTION mine() CASCADE")
    expect_untouched(customer)


def test_rows_that_are_put_back_are_proven_in_full(customer: Site) -> None:
    """The server sees that rows were written; that they are the same again, only reading them shows."""
    customer.execute(FUNCTION.format(returns="event_trigger", body=SAME_ROWS, value=""))
    customer.execute(ON_DDL.format(tag="CREATE INDEX"))
    by_table(customer, "full")


def test_another_default_in_a_new_column_is_seen(customer: Site) -> None:
    """It holds something else than the release wants, though nobody has written a row."""
    again = (
        "IF EXISTS (SELECT FROM pg_attribute WHERE attrelid = 'am_gateway_environment'::regclass AND "
        "attname = 'gateway_type' AND attmissingval::text = '{Regular}') THEN "
        "ALTER TABLE am_gateway_environment DROP gateway_type, ADD gateway_type VARCHAR(255) NOT NULL DEFAULT 'Odd'; "
        "END IF"
    )
    customer.execute(FUNCTION.format(returns="event_trigger", body=again, value=""))
    customer.execute(ON_DDL.format(tag="ALTER TABLE"))
    with pytest.raises(Refused, match=r"(?s)rows changed.*AM_GATEWAY_ENVIRONMENT: changed, rows hold something else"):
        run(customer.upgrade())


OWN = {
    "at once": ("AFTER INSERT ON apim_schema_history", ""),
    "at the commit": ("AFTER INSERT ON apim_schema_history DEFERRABLE INITIALLY DEFERRED", "CONSTRAINT "),
}


@pytest.mark.parametrize("evidence", ["engine", "full"])
@pytest.mark.parametrize(("when", "kind"), OWN.values(), ids=OWN)
def test_a_trigger_on_the_history_is_seen(postgresql: Server, when: str, kind: str, evidence: By) -> None:
    """It writes after the verdict: the history is the last thing that is written."""
    with site(postgresql, "apim", "4.5.0") as customer:
        run(customer.upgrade("4.6.0"))
        customer.execute(FUNCTION.format(returns="trigger", body=UPDATE, value=" NULL"))
        customer.execute(f"CREATE {kind}TRIGGER mine {when} FOR EACH ROW EXECUTE FUNCTION mine()")
        with pytest.raises(Refused, match=r"(?s)after they were compared.*AM_SUBSCRIBER: rows .* 1 updated.*Rolled"):
            run(customer.upgrade(evidence=evidence))
        assert stamped(customer) == "4.6.0"
        assert customer.rows_are_as_before()


def test_others_can_not_write_meanwhile(customer: Site) -> None:
    seen: list[str] = []

    def write(number: int, statement: str) -> None:
        if number == 0:
            with pytest.raises(OperationalError, match="lock timeout"):
                customer.execute("SET lock_timeout = '10ms'; DELETE FROM am_api_ratings")
            seen.append(statement)

    with before_each_change(write):
        by_table(customer)
    assert len(seen) == 1


def test_who_writes_just_now_is_named(customer: Site) -> None:
    with customer.connection() as other:
        other.exec_driver_sql(UPDATE)
        pid = other.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
        with pytest.raises(Refused, match=rf"no lock was had.*process {pid} .*--evidence full") as refused:
            run(customer.upgrade(waiting=Waiting(ddl_lock_timeout=1, ddl_retries=0)))
        assert refused.value.exit_code == Exit.REFUSED
        other.rollback()
    expect_untouched(customer)


def test_a_server_that_does_not_count_has_all_rows_read(customer: Site) -> None:
    customer.execute(f"ALTER DATABASE {customer.name} SET track_counts = off")
    with pytest.raises(UsageError, match=r"can't be proven by the engine: track_counts is off.*say full") as wrong:
        run(customer.upgrade(evidence="engine"))
    assert wrong.value.exit_code == Exit.USAGE
    assert {table.by for table in by_table(customer).values()} == {"full"}


def test_what_the_server_can_not_vouch_for_is_read(customer: Site) -> None:
    customer.execute("CREATE TYPE mood AS ENUM ('good', 'bad')")
    customer.execute("CREATE TABLE customer_moods (id INTEGER PRIMARY KEY, mood mood)")
    customer.execute("INSERT INTO customer_moods VALUES (1, 'good')")
    (table,) = [t for t in run(customer.upgrade()).verdict.tables if t.table == "CUSTOMER_MOODS"]
    assert (table.by, table.verdict, table.rows_after) == ("full", "proven", 1)


def test_a_repair_is_proven_in_the_same_way(postgresql: Server) -> None:
    with site(postgresql, "apim", HEAD) as customer:
        customer.alembic("stamp", HEAD)
        customer.execute("ALTER TABLE am_api DROP api_subtype")
        customer.before = {}
        verdict = Repair(customer.upgrade().target).run().verdict
        assert (verdict.verdict, {table.by for table in verdict.tables}) == ("proven", {"engine"})
