"""The script in the database's own client: it ends where the upgrade does, or stops and says why."""

from __future__ import annotations

import re
import subprocess

import pytest

from apim_schema import history, script
from apim_schema.environment import through_alembic as upgraded
from apim_schema.live import opened
from apim_schema.progress import Silent
from apim_schema.target import target
from tests.conformance.site import Site, site
from tests.conformance.test_upgrade import entries, stamped
from tests.releases import FIRST, HEAD
from tests.servers import Server, new_database

STATEMENT = re.compile(
    r"(?<!', '\n)^(ALTER|CREATE (?!TABLE IF)|SET @apim_schema = \(SELECT|DO \$(?!refuse))", re.MULTILINE
)
"""Where a statement begins, but not the second of two of which the first is taken."""


@pytest.fixture(autouse=True)
def _client(server: Server) -> None:
    """Skips where there is no script for this database yet, or no client of it on this machine."""
    server.client(server.url)


def rendered(customer: Site, start: str = FIRST, target: str = HEAD) -> str:
    return script.render(customer.flavour, customer.database, start, target, customer.schema)


def run(customer: Site, text: str) -> subprocess.CompletedProcess[str]:
    """Pipes a script into the native client."""
    command, environment = customer.server.client(customer.url)
    return subprocess.run(
        command, input=text, env=environment, capture_output=True, text=True, encoding="utf-8", timeout=300, check=False
    )


def run_well(customer: Site, text: str) -> None:
    done = run(customer, text)
    assert (done.returncode, done.stderr) == (0, "")


def refused(customer: Site, text: str) -> str:
    """What the client says of a script that must not change anything."""
    before, stamp = customer.rows(), stamped(customer)
    release = stamp or customer.made_of["release"]
    done = run(customer, text)
    assert done.returncode != 0
    assert customer.differences_from(release) == []
    assert (customer.rows(), stamped(customer)) == (before, stamp)
    return done.stderr


def expect_reached(customer: Site, release: str = HEAD) -> None:
    assert customer.differences_from(release) == []
    assert customer.rows_are_as_before()
    assert stamped(customer) == release
    assert [entry.verdict for entry in entries(customer)] == [history.BY_SCRIPT]


@pytest.mark.parametrize(("database", "start"), [("apim", FIRST), ("shared", FIRST), ("shared", "4.4.0")])
def test_script_ends_where_the_upgrade_does(server: Server, database: str, start: str) -> None:
    with site(server, database, start) as customer:
        text = rendered(customer, start)
        run_well(customer, text)
        expect_reached(customer)
        assert f"{database} is not stamped {start}: nothing was changed" in refused(customer, text)


def test_another_schema_than_the_default(server: Server) -> None:
    if server.dialect == "mysql":
        pytest.skip("on MySQL a schema is a database")
    with site(server, "apim", FIRST, schema="carbon") as customer:
        run_well(customer, rendered(customer))
        expect_reached(customer)


def test_error_in_each_kind_of_statement(server: Server) -> None:
    with site(server, "apim", FIRST) as customer:
        stop_at_each(customer, kinds(rendered(customer)))


@pytest.mark.kill
def test_error_in_every_statement(server: Server) -> None:
    with site(server, "apim", FIRST) as customer:
        stop_at_each(customer, [found.start() for found in STATEMENT.finditer(rendered(customer))])


def stop_at_each(customer: Site, places: list[int]) -> None:
    """The client stops there, and nothing says that the release was reached; the good script does the rest."""
    text = rendered(customer)
    assert places
    for place in places:
        done = run(customer, f"{text[:place]}THIS IS NO SQL {text[place:]}")
        assert done.returncode != 0
        assert "THIS IS NO SQL" in done.stderr
        if customer.transactional:
            assert customer.differences_from(FIRST) == []
            assert stamped(customer) is None
        else:
            assert stamped(customer) == release_before(text, place)
    assert customer.rows_are_as_before()
    run_well(customer, text)
    expect_reached(customer)


def kinds(text: str) -> list[int]:
    """Where the first statement of each kind begins, and every step of the conversions."""
    first: dict[str, int] = {}
    for found in STATEMENT.finditer(text):
        statement = text[found.start() : text.index("\n", found.start())]
        words = re.findall(r"\b(?:ALTER|CREATE|DROP|ADD|SET|TYPE|MODIFY|INDEX|TABLE|KEY|utf8mb4|LONGBLOB)\b", statement)
        first.setdefault(" ".join(words[:4]), found.start())
    return sorted(first.values())


def release_before(text: str, place: int) -> str:
    releases: list[str] = re.findall(r"^-- ==== (\d+\.\d+\.\d+):", text[:place], re.MULTILINE)
    return [FIRST, *releases][-2]


def test_another_release_and_rows_in_the_way_are_refused(server: Server) -> None:
    with site(server, "apim", "4.5.0") as customer:
        assert "apim is newer than 4.4.0 and has no stamp" in refused(customer, rendered(customer, "4.4.0"))
        assert "apim is not 4.6.0: a column is missing" in refused(customer, rendered(customer, "4.6.0"))
        customer.alembic("stamp", "4.5.0")
        assert "apim is not stamped 4.3.0: nothing was changed" in refused(
            customer, rendered(customer, "4.3.0", "4.5.0")
        )
        text = rendered(customer, "4.5.0", "4.6.0")
        columns = "API_UUID, ENDPOINT_UUID, REVISION_UUID, ENDPOINT_CONFIG, ORGANIZATION, ENDPOINT_NAME"
        twins = f"SELECT {columns.removesuffix('ENDPOINT_NAME')} 'second name' FROM AM_API_ENDPOINTS"
        customer.execute(f"INSERT INTO AM_API_ENDPOINTS ({columns}) {twins}")
        assert "AM_API_ENDPOINTS: duplicates under the new primary key" in refused(customer, text)
        customer.execute("DELETE FROM AM_API_ENDPOINTS WHERE ENDPOINT_NAME = 'second name'")
        customer.execute(f"UPDATE AM_API_ENDPOINTS SET REVISION_UUID = '{'x' * 101}'")
        assert "AM_API_ENDPOINTS: REVISION_UUID is longer than the 100 characters" in refused(customer, text)
        customer.execute(f"UPDATE AM_API_ENDPOINTS SET REVISION_UUID = '{'x' * 100}'")
        customer.before = customer.rows()
        run_well(customer, text)
        expect_reached(customer, "4.6.0")


def test_another_database_is_refused(server: Server) -> None:
    with new_database(server, **Site.usual(server)) as url:
        customer = Site.at(server, url, "apim")
        done = run(customer, rendered(customer))
        assert done.returncode != 0
        assert "apim is not 4.2.0: a column is missing" in done.stderr
        assert stamped(customer) is None


def test_a_script_is_in_the_history_and_can_be_proven(server: Server) -> None:
    """By the snapshot from before, whoever ran the script; without one, nothing is."""
    with site(server, "apim", "4.4.0") as customer:
        with opened(target("apim", customer.url)) as live:
            before = live.snapshot(Silent())
        run_well(customer, rendered(customer, "4.4.0", "4.5.0"))
        (entry,) = entries(customer)
        told = (entry.outcome, entry.verdict, entry.from_release, entry.to_release)
        assert told == ("finished", "by script, not proven", "4.4.0", "4.5.0")
        assert entry.finished_at is not None
        assert not upgraded(customer.upgrade("4.5.0")).compared
        assert upgraded(customer.upgrade("4.5.0", against=before)).verdict.verdict == "proven"
        assert [entry.verdict for entry in entries(customer)] == ["by script, not proven", "proven"]
        customer.execute("DELETE FROM AM_API_RATINGS")
        result = upgraded(customer.upgrade("4.5.0", against=before))
        assert (result.exit_code, [failure.table for failure in result.verdict.failures]) == (1, ["AM_API_RATINGS"])
