"""Killed at any point, a second `upgrade head` ends in the same schema with the same rows."""

from __future__ import annotations

import multiprocessing
import signal

import pytest

from apim_schema import registry
from apim_schema.environment import through_alembic as run
from apim_schema.errors import SchemaToolError
from tests.conformance import killed
from tests.conformance.site import Site, site, without_rollback
from tests.conformance.spoil import before_each_change, recorded
from tests.conformance.test_upgrade import stamped
from tests.releases import FIRST, HEAD
from tests.servers import Server

CONVERTED = ("INPUTS", "GATEWAY_TYPE")
"""Two columns whose changes take several steps on some database; `make test-kill` kills at every statement."""


@pytest.fixture(scope="module")
def statements(server: Server) -> list[str]:
    """The statements of the whole way on this engine."""
    with site(server, "apim", FIRST) as customer, recorded() as seen:
        run(customer.upgrade())
    return seen


def telling(statements: list[str], transactional: bool) -> list[int]:
    """Each step of the conversions that have several; an error in one statement of each kind is another test's.

    What can roll back has nothing to continue: there the first and the last will do.
    """
    if transactional:
        return [0, len(statements) - 1]
    steps = {number for number, sql in enumerate(statements) if any(name in sql.upper() for name in CONVERTED)}
    steps -= {number for number in steps if statements[number].upper().startswith("CREATE TABLE")}
    return sorted(steps)


FORKS = multiprocessing.get_context("forkserver")
"""Processes that begin with the tool's modules: to start Python takes half as long as such an upgrade."""
FORKS.set_forkserver_preload([killed.__name__])


def kill_the_tool(customer: Site, when: str, where: int | str, *older: str) -> None:
    """Has an upgrade die, where `killed` says, or a downgrade to an older release."""
    process = FORKS.Process(target=killed.main, args=(customer.database, customer.url, when, str(where), *older))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL


def expect_the_same_end(customer: Site) -> None:
    assert run(customer.upgrade()).verdict.verdict == "proven"
    assert customer.differences_from(HEAD) == []
    assert customer.rows_are_as_before()
    assert stamped(customer) == HEAD


@pytest.mark.costly
def test_tool_killed_at_each_step_of_a_conversion(server: Server, statements: list[str]) -> None:
    transactional = registry.load(server.dialect).session.transactional_ddl
    for number in telling(statements, transactional):
        with site(server, "apim", FIRST) as customer:
            kill_the_tool(customer, "after", number)
            expect_the_same_end(customer)


@pytest.mark.kill
@pytest.mark.parametrize("when", ["before", "after"])
def test_tool_killed_at_every_statement(server: Server, statements: list[str], when: str) -> None:
    if registry.load(server.dialect).session.transactional_ddl:
        expect_nothing_of_killed_runs(server, statements, when)
        return
    for number in range(len(statements)):
        with site(server, "apim", FIRST) as customer:
            kill_the_tool(customer, when, number)
            expect_the_same_end(customer)


def expect_nothing_of_killed_runs(server: Server, statements: list[str], when: str) -> None:
    """One database for all of them: each leaves it as it was."""
    with site(server, "apim", FIRST) as customer:
        for number in range(len(statements)):
            kill_the_tool(customer, when, number)
            assert customer.differences_from(FIRST) == []
            assert customer.rows_are_as_before()
        expect_the_same_end(customer)


@pytest.mark.kill
def test_a_row_lost_after_the_tool_was_killed_is_found_at_every_statement(
    server: Server, statements: list[str]
) -> None:
    """Whatever was in by then: it is compared with the rows from before the first statement."""
    if registry.load(server.dialect).session.transactional_ddl:
        pytest.skip("nothing of a killed run stays")
    for number in range(len(statements)):
        with site(server, "apim", FIRST) as customer:
            kill_the_tool(customer, "after", number)
            customer.execute("DELETE FROM AM_API_RATINGS")
            verdict = run(customer.upgrade()).verdict
            assert [failure.table for failure in verdict.failures] == ["AM_API_RATINGS"]


@pytest.mark.costly
def test_tool_killed_again_and_again(server: Server) -> None:
    """Each run gets one statement further; what can roll back gets nowhere, and is as it was each time."""
    with site(server, "apim", "4.5.0") as customer:
        for _ in range(6):
            kill_the_tool(customer, "after", 0)
        if customer.transactional:
            assert customer.differences_from("4.5.0") == []
        expect_the_same_end(customer)


@pytest.mark.costly
def test_statements_that_a_killed_tool_left_running(server: Server) -> None:
    """The server may end a statement whose client is gone when the next run is under way already."""
    ended: set[str] = set()

    def end(number: int, statement: str) -> None:
        if statement not in ended:
            ended.add(statement)
            customer.execute(statement)

    without_rollback(server)
    with site(server, "apim", FIRST) as customer:
        with before_each_change(end):
            run(customer.upgrade())
        assert ended
        assert customer.differences_from(HEAD) == []
        assert customer.rows_are_as_before()


@pytest.mark.parametrize("share", [pytest.param(0.2, marks=pytest.mark.costly), 0.9])
def test_server_killed(server: Server, statements: list[str], share: float) -> None:
    kill_the_server(server, int(len(statements) * share))


@pytest.mark.kill
def test_server_killed_at_many_statements(server: Server, statements: list[str]) -> None:
    for number in range(0, len(statements), 5):
        kill_the_server(server, number)


def kill_the_server(server: Server, number: int) -> None:
    with site(server, "apim", FIRST) as customer:

        def kill(at: int, statement: str) -> None:
            if at == number:
                server.kill()

        with before_each_change(kill), pytest.raises(SchemaToolError) as caught:
            run(customer.upgrade())
        server.restart()
        assert caught.value.exit_code == (3 if customer.transactional else 4)
        expect_the_same_end(customer)
