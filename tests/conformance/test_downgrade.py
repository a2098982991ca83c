"""Back to an older release: the schema and the rows are what they were, and nothing that was written since is lost."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from apim_schema import chain, history
from apim_schema.attempt import Result
from apim_schema.environment import through_alembic as run
from apim_schema.errors import Blocked, Exit, Refused, Unfinished
from apim_schema.live import opened
from apim_schema.status import look
from apim_schema.target import target
from apim_schema.upgrade import Upgrade
from tests.conformance.site import Site, site, without_rollback
from tests.conformance.spoil import broken, recorded
from tests.conformance.test_kill import kill_the_tool
from tests.conformance.test_next_release import STATEMENT
from tests.conformance.test_script import rendered, run_well
from tests.conformance.test_script import run as run_script
from tests.conformance.test_upgrade import entries, stamped
from tests.releases import FIRST, HEAD, STARTS
from tests.servers import Server
from tests.vendor import outside

KEPT = "REG_RESOURCE_PROPERTY_IND_BY_REG_PROP_ID"
"""The index that 4.3.0 and 4.4.0 do without, and that the chain never drops."""


def back(customer: Site, release: str, discards: bool = False) -> Upgrade:
    return customer.upgrade(release, back=True, discards=discards)


def facts(customer: Site) -> dict[str, Any]:
    """All tables, read from outside the tool, but for our own and the index that stays."""
    tables: dict[str, Any] = outside.catalog_of(customer.url, customer.schema)["tables"]
    for table in tables.values():
        table["indexes"].pop(KEPT, None)
    return {name: table for name, table in tables.items() if not name.startswith(("ALEMBIC_", "APIM_SCHEMA_"))}


BYTES = {"mysql": "X'{}'", "postgresql": "'\\x{}'", "oracle": "HEXTORAW('{}')", "mssql": "0x{}"}


def write_bytes(customer: Site, stored: bytes) -> None:
    """What a product of 4.6.0 on writes where an older one has a text of 1000 characters, on Oracle of 1024."""
    literal = BYTES[customer.server.dialect].format(stored.hex())
    customer.execute(f"UPDATE AM_APPLICATION_REGISTRATION SET INPUTS = {literal}")


def status_of(customer: Site) -> tuple[str, Exit]:
    with opened(target(customer.database, customer.url)) as live:
        found = look(live, HEAD)
        return found.interrupted or "", found.exit_code


EVERY = [
    pytest.param(database, release, marks=() if release == FIRST else pytest.mark.kill)
    for database in chain.DATABASES
    for release in STARTS
]


@pytest.mark.parametrize(("database", "release"), EVERY)
def test_up_and_down_again_is_as_before(server: Server, database: str, release: str) -> None:
    with site(server, database, release) as customer:
        before = facts(customer)
        run(customer.upgrade())
        result = run(back(customer, release))
        assert facts(customer) == before
        assert customer.rows_are_as_before()
        assert (result.start, result.target, stamped(customer)) == (HEAD, release, release)
        assert result.verdict.verdict == "proven"
        assert result.executed == len(result.plan.statements)
        last = entries(customer)[-1]
        assert (last.from_release, last.to_release, last.verdict) == (HEAD, release, "proven")


def test_what_was_written_since_is_refused_by_name_and_discarded_by_who_insists(server: Server) -> None:
    """Rows of new tables, values of new columns, longer values: all that a database of the newest release has."""
    with site(server, "apim", HEAD) as customer:
        customer.execute(f"UPDATE AM_API_COMMENTS SET CREATED_BY = '{'x' * 300}'")
        before = facts(customer)
        write_bytes(customer, b"caf\xe9")
        with pytest.raises(Blocked, match=r"AM_APPLICATION_REGISTRATION: INPUTS is no text in UTF-8"):
            run(back(customer, "4.5.0", discards=True))
        write_bytes(customer, b"x" * 1100)
        with pytest.raises(Blocked) as caught:
            run(back(customer, "4.5.0"))
        told = str(caught.value)
        assert "AM_API_KEY: it is dropped, and has rows: (API_KEY_UUID=" in told
        assert "AM_API: API_DISPLAY_NAME is dropped, and holds something else than NULL: (API_ID=" in told
        assert "AM_API_COMMENTS: CREATED_BY is longer than the 255 characters it will have: (COMMENT_ID=" in told
        assert "AM_APPLICATION_REGISTRATION: INPUTS is longer than the 10" in told
        assert "--discard-new-data" in told
        assert facts(customer) == before
        losing = [f for f in caught.value.findings if f.level == "block" and f.loses is None]
        assert losing == []
        result = run(back(customer, "4.5.0", discards=True))
        assert customer.differences_from("4.5.0") == []
        assert result.verdict.verdict == "proven"
        lost = {
            "AM_API_KEY",
            "AM_API.API_DISPLAY_NAME",
            "AM_API_COMMENTS.CREATED_BY",
            "AM_APPLICATION_REGISTRATION.INPUTS",
        }
        assert lost <= set(result.verdict.left_out)
        assert "AM_API_COMMENTS" in {table.table for table in result.verdict.tables}
        assert max(len(text) for (text,) in customer.execute("SELECT CREATED_BY FROM AM_API_COMMENTS")) == 255
        assert {len(text) for (text,) in customer.execute("SELECT INPUTS FROM AM_APPLICATION_REGISTRATION")} <= {
            1000,
            1024,
        }


@pytest.mark.costly
def test_it_goes_on_from_every_statement(server: Server) -> None:
    """Where it can't be rolled back, each run gets one statement further; the proof is of all of them."""
    with site(server, "apim", "4.5.0") as customer:
        run(customer.upgrade("4.6.0"))
        failed = 0
        while True:
            with broken(1):
                try:
                    run(back(customer, "4.5.0"))
                except Refused:
                    assert customer.transactional
                    break
                except Unfinished:
                    failed += 1
                    assert "apim is between 4.6.0 and 4.5.0" in status_of(customer)[0]
                    assert "`downgrade 4.5.0` goes on" in status_of(customer)[0]
                else:
                    break
        if customer.transactional:
            assert customer.differences_from("4.6.0") == []
            run(back(customer, "4.5.0"))
        assert customer.transactional or failed > 20
        assert entries(customer)[-1].verdict == "proven"
        assert customer.differences_from("4.5.0") == []
        assert customer.rows_are_as_before()
        assert stamped(customer) == "4.5.0"


@pytest.mark.kill
@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_at_every_statement_it_goes_on(server: Server, when: str) -> None:
    """Up and down again each time: it is as in the beginning after all of them."""
    all_, some = statements_back(server), ROUNDS // 2
    for first in range(0, all_, some):
        with site(server, "apim", FIRST) as customer:
            for number in range(first, min(first + some, all_)):
                run(customer.upgrade())
                kill_the_tool(customer, when, number, FIRST)
                as_in_the_beginning(customer, run(back(customer, FIRST)))


ROUNDS = 16
"""More than a table of MariaDB has room for."""


@pytest.mark.kill
def test_up_and_down_again_and_again(server: Server) -> None:
    """Where columns that were dropped at once have left no room in a table, by the way out that the error names."""
    with site(server, "apim", FIRST) as customer:
        for _ in range(ROUNDS):
            with_room(customer, customer.upgrade)
            as_in_the_beginning(customer, with_room(customer, lambda: back(customer, FIRST)))


def as_in_the_beginning(customer: Site, result: Result) -> None:
    assert result.verdict.verdict == "proven"
    assert customer.differences_from(FIRST) == []
    assert customer.rows_are_as_before()
    assert stamped(customer) == FIRST


def with_room(customer: Site, upgrade: Callable[[], Upgrade]) -> Result:
    """Runs it; after the one error that is expected here, once more by what its message says."""
    try:
        return run(upgrade())
    except Unfinished as error:
        way_out = re.search(r"ALTER TABLE \S+ FORCE", str(error))
        if not way_out:
            raise
        customer.execute(way_out[0])
        return with_room(customer, upgrade)


def statements_back(server: Server) -> int:
    """How many statements lead all the way back on this engine."""
    with site(server, "apim", FIRST) as customer:
        run(customer.upgrade())
        with recorded() as seen:
            run(back(customer, FIRST))
        return len(seen)


@pytest.mark.costly
def test_the_script_leads_back_from_every_statement(server: Server) -> None:
    """It refuses what would be lost, and where it can't be rolled back, it is run again after each error."""
    server.client(server.url)
    with site(server, "apim", "4.5.0") as customer:
        run(customer.upgrade("4.6.0"))
        text = rendered(customer, "4.6.0", "4.5.0")
        customer.execute("UPDATE AM_API SET API_DISPLAY_NAME = 'written since'")
        told = run_script(customer, text).stderr
        assert "AM_API: API_DISPLAY_NAME is dropped, and holds something else than NULL" in told
        assert customer.differences_from("4.6.0") == []
        customer.execute("UPDATE AM_API SET API_DISPLAY_NAME = NULL")
        places = [found.start() for found in STATEMENT.finditer(text)]
        assert len(places) > 20
        for place in places if not customer.transactional else places[-1:]:
            done = run_script(customer, f"{text[:place]}THIS IS NO SQL {text[place:]}")
            assert "THIS IS NO SQL" in done.stderr
        run_well(customer, text)
        assert customer.differences_from("4.5.0") == []
        assert customer.rows_are_as_before()
        assert (stamped(customer), entries(customer)[-1].verdict) == ("4.5.0", history.BY_SCRIPT)


def test_in_four_bytes_a_character_what_would_be_too_long_a_key_stays(server: Server) -> None:
    """There a customer has narrowed columns, and the newer release has turned others to latin1: both are legal."""
    if server.dialect != "mysql":
        pytest.skip("on other databases a key has room")
    with site(server, "apim", FIRST, charset="utf8mb4") as customer:
        run(customer.upgrade())
        result = run(back(customer, FIRST))
        assert result.verdict.verdict == "proven"
        assert [d for d in result.differences if d.class_ not in ("variant", "extra")] == []
        assert customer.rows_are_as_before()
        assert run(customer.upgrade()).verdict.verdict == "proven"
        assert customer.rows_are_as_before()
        assert stamped(customer) == HEAD


@pytest.mark.parametrize("number", [12, pytest.param(21, marks=pytest.mark.costly)])
def test_from_half_of_the_way_up_it_leads_back_and_up_again(server: Server, number: int) -> None:
    """Whichever way it goes in the end, the proof is of all of it, from before the first statement."""
    without_rollback(server)
    with site(server, "apim", "4.5.0") as customer:
        with broken(number), pytest.raises(Unfinished):
            run(customer.upgrade("4.6.0"))
        with broken(number // 3), pytest.raises(Unfinished):
            run(back(customer, "4.5.0"))
        with broken(2), pytest.raises(Unfinished):
            run(customer.upgrade("4.6.0"))
        result = run(back(customer, "4.5.0"))
        assert (result.start, result.verdict.verdict) == ("4.6.0", "proven")
        assert "compared with the rows of" in result.verdict.note
        assert customer.differences_from("4.5.0") == []
        assert customer.rows_are_as_before()
        assert (stamped(customer), status_of(customer)[0]) == ("4.5.0", "")


def test_a_row_lost_on_the_way_back_is_found(server: Server) -> None:
    without_rollback(server)
    with site(server, "apim", "4.5.0") as customer:
        run(customer.upgrade("4.6.0"))
        with broken(3), pytest.raises(Unfinished):
            run(back(customer, "4.5.0"))
        customer.execute("DELETE FROM AM_API_RATINGS")
        assert [t.table for t in run(back(customer, "4.5.0")).verdict.failures] == ["AM_API_RATINGS"]


@pytest.mark.costly
def test_drift_and_own_objects_stay(server: Server) -> None:
    with site(server, "apim", "4.5.0") as customer:
        customer.execute("CREATE TABLE CUSTOMER_NOTES (ID INTEGER NOT NULL PRIMARY KEY, NOTE VARCHAR(100))")
        customer.execute("INSERT INTO CUSTOMER_NOTES (ID, NOTE) VALUES (1, 'kept')")
        customer.execute("ALTER TABLE AM_API ADD CUSTOMER_MARK VARCHAR(20)")
        customer.execute("CREATE INDEX CUSTOMER_INDEX ON AM_API_COMMENTS (CREATED_BY)")
        before = facts(customer)
        run(customer.upgrade())
        result = run(back(customer, "4.5.0"))
        assert facts(customer) == before
        assert customer.execute("SELECT ID, NOTE FROM CUSTOMER_NOTES") == [(1, "kept")]
        assert "CUSTOMER_NOTES" in {table.table for table in result.verdict.tables}


@pytest.mark.costly
def test_plain_alembic_does_the_same(server: Server) -> None:
    with site(server, "apim", "4.6.0") as customer:
        customer.alembic("upgrade", HEAD)
        customer.alembic("downgrade", "4.6.0")
        assert customer.differences_from("4.6.0") == []
        assert customer.rows_are_as_before()
        assert stamped(customer) == "4.6.0"


def test_where_it_does_not_lead_back_it_says_what_does(server: Server) -> None:
    with site(server, "apim", "4.5.0") as customer:
        with pytest.raises(Refused, match=r"older than 4\.6\.0: `upgrade 4\.6\.0` leads there"):
            run(back(customer, "4.6.0"))
        with pytest.raises(Refused, match=r"newer than 4\.3\.0: `downgrade 4\.3\.0` leads back"):
            run(customer.upgrade("4.3.0"))
        assert (run(back(customer, "4.5.0")).executed, stamped(customer)) == (0, "4.5.0")
