"""What goes wrong leaves the database as it was, or where the next run continues: never anything in between."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from apim_schema.environment import through_alembic as run
from apim_schema.errors import Blocked, Exit, NotRecognised, Refused, SchemaToolError, Unfinished, UsageError
from apim_schema.target import target
from tests.conformance.site import Site, site, without_rollback
from tests.conformance.spoil import before_each_change, broken, recorded
from tests.conformance.test_upgrade import entries, stamped
from tests.releases import FIRST, HEAD
from tests.servers import Server, new_database
from tests.vendor import make, outside


def kinds(statements: list[str]) -> list[int]:
    """The numbers of the first statement of each kind: names, and how often it says a word, make no other kind."""
    first: dict[str, int] = {}
    for number, statement in enumerate(statements):
        words = re.findall(r"\b(?:ALTER|CREATE|DROP|ADD|TYPE|MODIFY|INDEX|TRIGGER)\b", statement.upper())
        first.setdefault(" ".join(dict.fromkeys(words)), number)
    return list(first.values())


def expect_untouched(customer: Site) -> None:
    assert customer.differences_from(customer.made_of["release"]) == []
    assert customer.rows_are_as_before()
    assert (stamped(customer), list(entries(customer))) == (None, [])


def expect_continued(customer: Site, error: SchemaToolError, number: int) -> None:
    """The failure said how far it got, and a second run reaches the same end."""
    if number == 0:
        assert isinstance(error, Refused)
        assert "Nothing was changed" in str(error)
    else:
        assert isinstance(error, Unfinished)
        assert error.exit_code == Exit.UNFINISHED
        assert f"{number} of " in str(error)
    run(customer.upgrade())
    assert customer.differences_from(HEAD) == []
    assert customer.rows_are_as_before()


def fail_at(customer: Site, number: int) -> None:
    with broken(number), pytest.raises(SchemaToolError) as caught:
        run(customer.upgrade())
    if customer.transactional:
        assert caught.value.exit_code == Exit.REFUSED
        assert "Rolled back" in str(caught.value)
        expect_untouched(customer)
    else:
        expect_continued(customer, caught.value, number)


@pytest.fixture(scope="module")
def statements(server: Server) -> list[str]:
    """The statements of the whole way on this engine."""
    with site(server, "apim", FIRST) as customer, recorded() as seen:
        run(customer.upgrade())
    return seen


@pytest.mark.costly
def test_error_in_each_kind_of_statement(server: Server, statements: list[str]) -> None:
    fail_everywhere(server, kinds(statements))


@pytest.mark.kill
def test_error_in_every_statement(server: Server, statements: list[str]) -> None:
    fail_everywhere(server, list(range(len(statements))))


def fail_everywhere(server: Server, numbers: list[int]) -> None:
    assert numbers
    while numbers:
        with site(server, "apim", FIRST) as customer:
            fail_at(customer, numbers.pop())
            while customer.transactional and numbers:  # it is as it was: the same database serves again
                fail_at(customer, numbers.pop())


def test_what_was_rolled_back_is_in_a_history_that_is_there(server: Server) -> None:
    with site(server, "apim", "4.3.0") as customer:
        if not customer.transactional:
            pytest.skip("nothing is rolled back")
        run(customer.upgrade("4.4.0"))
        with broken(3), pytest.raises(Refused, match="Rolled back"):
            run(customer.upgrade())
        done, undone = entries(customer)
        assert (done.outcome, done.verdict, undone.outcome, undone.verdict) == (
            "finished",
            "proven",
            "rolled back",
            None,
        )
        assert (undone.from_release, undone.to_release, undone.statements) == ("4.4.0", HEAD, 3)
        assert "THIS IS NO SQL" in (undone.error or "")
        assert customer.differences_from("4.4.0") == []


CHANGES = (
    pytest.param("UPDATE AM_SUBSCRIBER SET EMAIL_ADDRESS = 'x' WHERE SUBSCRIBER_ID = 1", id="updated"),
    pytest.param("DELETE FROM AM_API_RATINGS", id="deleted", marks=pytest.mark.costly),
)


@pytest.mark.parametrize("sql", CHANGES)
def test_row_changed_between_the_scans_is_caught(server: Server, sql: str) -> None:
    """Another session changes rows, in a table that no statement has locked yet, and commits."""

    def change(number: int, statement: str) -> None:
        if number == 0:
            customer.execute(sql)

    table = re.findall(r"AM_\w+", sql)[0]
    with site(server, "apim", FIRST) as customer, before_each_change(change):
        if customer.transactional:
            with pytest.raises(Refused, match=rf"(?s)rows changed.*{table}.*Rolled back"):
                run(customer.upgrade(evidence="full"))
            assert customer.differences_from(FIRST) == []
            assert stamped(customer) is None
        else:
            verdict = run(customer.upgrade()).verdict
            assert verdict.verdict == "changed"
            assert [failure.table for failure in verdict.failures] == [table]
            assert entries(customer)[0].verdict == "changed"


def test_the_word_of_a_server_that_gives_none_is_refused(server: Server) -> None:
    without_rollback(server)
    with site(server, "apim", FIRST) as customer:
        with pytest.raises(UsageError, match="can't be proven by the engine: the server commits each statement"):
            run(customer.upgrade(evidence="engine"))
        expect_untouched(customer)
        assert {table.by for table in run(customer.upgrade(evidence="full")).verdict.tables} == {"full"}


def test_preflight_refuses_duplicates_and_long_values(server: Server) -> None:
    with site(server, "apim", "4.5.0") as customer:
        wide = "x" * 101
        customer.execute(f"UPDATE AM_API_ENDPOINTS SET REVISION_UUID = '{wide}'")
        (endpoint,) = customer.execute("SELECT ENDPOINT_UUID FROM AM_API_ENDPOINTS")[0]
        columns = "API_UUID, ENDPOINT_UUID, REVISION_UUID, ENDPOINT_CONFIG, ORGANIZATION, ENDPOINT_NAME"
        twins = f"SELECT {columns.removesuffix('ENDPOINT_NAME')} 'second name' FROM AM_API_ENDPOINTS"
        customer.execute(f"INSERT INTO AM_API_ENDPOINTS ({columns}) {twins}")
        customer.before = customer.rows()
        with pytest.raises(Blocked) as caught:
            run(customer.upgrade())
        told = str(caught.value)
        assert "REVISION_UUID is longer than the 100 characters" in told
        assert "duplicates under the new primary key" in told
        assert repr(endpoint) in told
        assert caught.value.exit_code == Exit.REFUSED
        expect_untouched(customer)


def refusal(server: Server, url: str, database: str = "apim") -> str:
    with pytest.raises(NotRecognised) as caught:
        run(Site.at(server, url, database).upgrade())
    return str(caught.value)


@pytest.mark.costly
@pytest.mark.parametrize("release", ["4.0.0", "4.1.0"])
def test_older_releases_are_recognised_and_refused(server: Server, release: str) -> None:
    with site(server, "apim", release) as customer:
        told = refusal(server, customer.url)
        assert f"apim is {release}" in told
        assert "WSO2 Support" in told
        expect_untouched(customer)


def test_empty_database_is_refused_and_created_on_request(server: Server) -> None:
    with new_database(server, **Site.usual(server)) as url:
        assert "--create" in refusal(server, url)
        customer = Site.at(server, url, "apim")
        result = run(customer.upgrade(create=True))
        assert (result.start, result.target) == (FIRST, HEAD)
        assert customer.differences_from(HEAD) == []


def test_foreign_databases_are_refused(server: Server) -> None:
    with new_database(server, **Site.usual(server)) as url:
        Site.at(server, url, "apim").execute("CREATE TABLE THINGS (ID INTEGER NOT NULL PRIMARY KEY)")
        assert "not an API Manager apim database" in refusal(server, url)


def test_the_other_database_is_named(server: Server) -> None:
    with site(server, "shared", FIRST) as customer:
        assert "this is a shared database" in refusal(server, customer.url)


def test_half_installed_database_is_refused(server: Server) -> None:
    with new_database(server, **Site.usual(server)) as url:
        document = make.catalog(server.dialect, "apim", FIRST)
        kept = ("AM_SUBSCRIBER", "AM_ALERT_TYPES", "AM_TIER_PERMISSIONS")
        document["tables"] = {name: table for name, table in document["tables"].items() if name in kept}
        document["triggers"] = {}
        for statement in make.script(document):
            Site.at(server, url, "apim").execute(statement)
        told = refusal(server, url)
        assert "half-installed: 3 of 19" in told


def test_between_two_releases_is_said(server: Server) -> None:
    with site(server, "apim", "4.3.0") as other, recorded() as seen:
        run(other.upgrade("4.4.0"))
    with site(server, "apim", "4.3.0") as customer:
        for statement in (statement for statement in seen if "KEY_TYPE" in statement):
            customer.execute(statement.replace(other.name, customer.name))
        told = refusal(server, customer.url)
        done = re.search(r"between 4\.3\.0 and 4\.4\.0: (\d+) of the 1\d changes", told)
        assert done is not None, told
        assert 2 <= int(done[1]) < 10  # a statement of MySQL's may make several changes


@pytest.mark.costly
def test_what_is_in_of_a_later_release_is_skipped(server: Server) -> None:
    with site(server, "apim", "4.3.0") as other, recorded() as seen:
        run(other.upgrade("4.4.0"))
    with site(server, "apim", "4.3.0") as customer:
        for column in ("API_SUBTYPE", "TOTAL_TOKEN_COUNT", "DEFINITION_MD5"):
            statement = next(statement for statement in seen if column in statement)
            customer.execute(statement.replace(other.name, customer.name))
        result = run(customer.upgrade())
        assert (result.start, result.target, result.verdict.verdict) == ("4.3.0", HEAD, "proven")
        assert len(result.plan.present) >= 3
        assert customer.differences_from(HEAD) == []
        assert customer.rows_are_as_before()


def test_object_in_the_way_is_shown_with_what_is_wanted(server: Server) -> None:
    with site(server, "apim", "4.3.0") as customer:
        customer.alembic("stamp", "4.3.0")
        customer.execute("ALTER TABLE AM_API ADD API_SUBTYPE INTEGER")
        with pytest.raises(Refused, match=r"API_SUBTYPE.*INTEGER.*VARCHAR"):
            run(customer.upgrade())
        assert customer.rows_are_as_before()


def test_one_upgrade_at_a_time(server: Server) -> None:
    with site(server, "apim", FIRST) as customer:
        here = target("apim", customer.url)
        with (
            here.engine() as engine,
            here.dialect.session.locked(engine, "apim_schema apim", None),
            pytest.raises(Refused, match="lock"),
        ):
            run(customer.upgrade())
        expect_untouched(customer)
        assert run(customer.upgrade()).target == HEAD


ENDED = {
    "postgresql": "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted "
    "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
    "mysql": "KILL (SELECT IS_USED_LOCK(CONCAT('apim_schema apim ', DATABASE())))",
}
"""Ends the session that holds the lock of an upgrade of apim, as an administrator or a timeout would."""


@pytest.mark.parametrize("at", [pytest.param("the first statement", marks=pytest.mark.costly), "the last statement"])
def test_an_upgrade_whose_lock_is_lost_is_stopped(server: Server, statements: list[str], at: str) -> None:
    """Another one may have begun: neither the next release nor the verdict follows."""
    if server.dialect not in ENDED:
        pytest.skip("nobody ends a session here")
    wanted = 0 if at == "the first statement" else len(statements) - 1

    def end(number: int, statement: str) -> None:
        if number == wanted:
            customer.execute(ENDED[server.dialect])

    with site(server, "apim", FIRST) as customer:
        with before_each_change(end), pytest.raises(SchemaToolError, match=r"apim_schema apim.* is lost") as lost:
            run(customer.upgrade())
        if customer.transactional:
            assert "Rolled back" in str(lost.value)
            expect_untouched(customer)
        else:
            assert isinstance(lost.value, Unfinished)
            assert [entry.outcome for entry in entries(customer)] == ["failed"]
        assert run(customer.upgrade()).target == HEAD


def test_an_upgrade_leads_to_no_older_release(server: Server) -> None:
    with site(server, "apim", "4.6.0") as customer:
        with pytest.raises(Refused, match=r"newer than 4\.5\.0: `downgrade 4\.5\.0` leads back"):
            run(customer.upgrade("4.5.0"))
        expect_untouched(customer)


ARGUMENTS: dict[str, tuple[Callable[[Site], object], str]] = {
    "prefix": (lambda customer: customer.alembic("upgrade", "4.3"), "unknown release '4.3'"),
    "relative": (lambda customer: customer.alembic("upgrade", "+1"), "unknown release"),
    "downgrade": (lambda customer: customer.alembic("downgrade", "-1"), "unknown release"),
}


@pytest.mark.parametrize(("call", "message"), ARGUMENTS.values(), ids=ARGUMENTS)
def test_alembic_takes_whole_releases_only(
    server: Server, call: Callable[[Site], object], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with site(server, "shared", FIRST) as customer:
        with pytest.raises(SystemExit) as caught:
            call(customer)
        assert caught.value.code == Exit.USAGE
        assert message in capsys.readouterr().err
        expect_untouched(customer)


def test_unknown_release_is_a_usage_error(server: Server) -> None:
    with new_database(server, **Site.usual(server)) as url, pytest.raises(UsageError, match="choose one of"):
        run(Site.at(server, url, "apim").upgrade("9.9.9"))


def test_plain_catalog_is_what_the_outside_reader_sees(server: Server) -> None:
    """The tests' own eye: a schema that is not the release's is seen from outside."""
    with site(server, "apim", "4.6.0") as customer:
        assert customer.differences_from(HEAD) != []
        assert outside.catalog_of(customer.url)["tables"] != {}
