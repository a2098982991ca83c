"""Several environments at once: `--parallel`."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest
import sqlalchemy as sa
from click.testing import Result

from apim_schema.cli import worker
from tests.cli.command import COMMAND, Command, Typed, environments
from tests.cli.conftest import Databases, copy
from tests.cli.test_passwords import SECRET, SPELLINGS
from tests.conformance.test_faults import wait_until_full
from tests.releases import FIRST, HEAD
from tests.servers import Server

Run = Callable[..., Result]
RunJson = Callable[..., Any]


@pytest.fixture
def shared(postgresql: Server, templates: Databases) -> Iterator[Callable[[int], list[str]]]:
    """Makes shared databases of the first release."""
    with ExitStack() as made:
        yield lambda count: [made.enter_context(copy(postgresql, templates.shared)) for _ in range(count)]


def release(url: str) -> str | None:
    """The stamp of a shared database."""
    with sa.create_engine(url, poolclass=sa.NullPool).connect() as connection:
        if not sa.inspect(connection).has_table("alembic_version_shared"):
            return None
        return str(connection.exec_driver_sql("SELECT version_num FROM alembic_version_shared").scalar_one())


@pytest.fixture
def four(
    run: Run, shared: Callable[[int], list[str]], empty: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> dict[str, str]:
    """Environments of the first release on one server, but for the second, which is empty."""
    monkeypatch.chdir(tmp_path)
    one, three, last = shared(3)
    urls = {"one": one, "two": empty, "three": three, "four": last}
    environments(tmp_path, {name: ("shared", url) for name, url in urls.items()})
    run("adopt", "--as", FIRST, "--env", "one", "--env", "three", "--env", "four")
    return urls


def options(*names: str, most: int = 2) -> list[str]:
    return [*(part for name in names for part in ("--env", name)), "--parallel", str(most)]


def test_four_of_which_one_is_refused(run: Run, run_json: RunJson, four: dict[str, str], tmp_path: Path) -> None:
    log = tmp_path / "log"
    result = run("upgrade", "head", *options(*four), "--keep-going", "--log-file", log)
    assert result.exit_code == 3, result.output
    told = [line.split() for line in result.stdout.splitlines()[-4:]]
    assert told == [["one", "done", "0"], ["two", "refused", "3"], ["three", "done", "0"], ["four", "done", "0"]]
    assert {name: release(url) for name, url in four.items()} == dict.fromkeys(four, HEAD) | {"two": None}
    assert "two: apim-schema: shared is empty" in result.stderr
    assert "four: shared: rows before: " in result.stderr
    entries = [json.loads(line) for line in log.read_text().splitlines()]
    assert {entry.get("environment") for entry in entries} == {*four, None}
    assert all(entry["verb"] == "upgrade" for entry in entries)
    (error,) = (entry for entry in entries if entry["level"] == "error")
    assert (error["environment"], error["error"]["type"]) == ("two", "NotRecognised")


TIME = re.compile(r"\d\d:\d\d(:\d\d)?")


SAID = [
    (["plan", "--sql"], "text"),
    *(
        pytest.param(verb, form, marks=pytest.mark.kill)
        for verb, form in ((["plan"], "json"), (["status"], "text"), (["history"], "json"), (["adopt"], "json"))
    ),
]


@pytest.mark.parametrize(("verb", "form"), SAID)
def test_it_says_what_it_says_of_one_after_the_other(
    verb: list[str], form: str, run: Run, four: dict[str, str]
) -> None:
    named = ("--env", "one", "--env", "two", "--env", "three", "--keep-going", "--format", form)
    told = [run(*verb, *named, *most) for most in ((), ("--parallel", "1"), ("--parallel", "3"))]
    assert len({TIME.sub("", result.stdout) for result in told}) == 1
    assert len({result.exit_code for result in told}) == 1
    assert "three" in told[0].stdout


@contextmanager
def written_to(url: str, table: str = "reg_resource") -> Iterator[sa.Connection]:
    """Somebody has written to a table, so that an upgrade waits for it, until this connection is rolled back."""
    with sa.create_engine(url, poolclass=sa.NullPool).connect() as connection:
        connection.exec_driver_sql(f"LOCK TABLE {table} IN ROW EXCLUSIVE MODE")
        yield connection


def test_the_first_failure_lets_those_that_run_go_on(four: dict[str, str]) -> None:
    with written_to(four["one"]) as other:
        command = Command(*options(*four))
        command.until("one: shared: ", " waits for ", "environment two: refused")
        other.rollback()
        code, found = command.end()
    assert (code, found["one"]["exit_code"], found["two"]["exit_code"]) == (3, 0, 3), command.said
    assert [found[name] for name in ("three", "four")] == [
        {"environment": "three", "begun": False},
        {"environment": "four", "begun": False},
    ]
    assert {name: release(url) for name, url in four.items()} == dict.fromkeys(four, FIRST) | {"one": HEAD, "two": None}


@pytest.mark.parametrize(
    ("name", "told"),
    [("SIGTERM", "interrupted by SIGTERM"), pytest.param("SIGINT", "interrupted", marks=pytest.mark.kill)],
)
def test_a_signal_reaches_all_that_run(name: str, told: str, four: dict[str, str]) -> None:
    with written_to(four["one"]), written_to(four["three"]):
        command = Command(*options("one", "three", "four"), "--keep-going")
        command.until("one: shared: LOCK", "three: shared: LOCK")
        command.process.send_signal(getattr(signal, name))
        code, found = command.end()
    assert (code, found["four"]["begun"]) == (130, False), command.said
    assert f"{told}: waiting for one, three to end" in command.said
    for environment in ("one", "three"):
        assert found[environment]["error"]["type"] == "Interrupted"
        assert found[environment]["error"]["what"].startswith(f"shared: {told}")
        assert f"{environment}: apim-schema: shared: {told}" in command.said
    assert {release(four[name]) for name in ("one", "three", "four")} == {FIRST}


def test_a_process_that_is_killed_is_named(four: dict[str, str]) -> None:
    """The others go on to their end."""
    with written_to(four["one"]), written_to(four["three"]) as other:
        command = Command(*options("one", "three", "four"))
        command.until("one: shared: LOCK", "three: shared: LOCK")
        command.child("one").kill()
        command.until("environment one: unfinished")
        other.rollback()
        code, found = command.end()
    error = found["one"]["error"]
    assert (code, found["one"]["exit_code"], found["three"]["exit_code"]) == (4, 4, 0), command.said
    assert error["what"] == "one: its process was killed by SIGKILL"
    assert "the last that it said is 'shared: LOCK" in error["found"]
    assert found["four"] == {"environment": "four", "begun": False}
    assert [release(four[name]) for name in ("one", "three", "four")] == [FIRST, HEAD, FIRST]


@pytest.mark.kill
def test_without_the_one_who_waits_for_it_no_process_goes_on(four: dict[str, str]) -> None:
    """Killed, it can pass on nothing; the same command would meet the locks of those that it has left."""
    with written_to(four["one"]):
        command = Command(*options("one", "three"))
        command.until("one: shared: LOCK", "environment three: done")
        child = command.child("one")
        command.process.kill()
        command.process.communicate()
        assert psutil.wait_procs([child], timeout=120)[0] == [child]
    assert release(four["one"]) == FIRST


@pytest.mark.kill
def test_nobody_reads_what_is_said(four: dict[str, str], databases: Databases, tmp_path: Path) -> None:
    """The processes go on, and a signal ends the wait for a reader."""
    environments(tmp_path, {"one": ("shared", four["one"]), "two": ("apim", databases.apim)})
    command = [sys.executable, "-c", COMMAND, "-v", "upgrade", "head", *options("one", "two")]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        assert process.stderr
        wait_until_full(process.stderr.fileno())
        process.send_signal(signal.SIGTERM)
        try:
            assert process.wait(timeout=120) in (0, 130)
        finally:
            process.kill()


def test_where_no_signal_can_be_sent_to_a_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on Windows."""
    monkeypatch.delattr(signal, "pthread_kill")
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):  # noqa: PT012 (it comes while this waits)
            worker.interrupt(signal.SIGINT)
            time.sleep(1)
    finally:
        signal.signal(signal.SIGINT, before)


PRODUCT = """
[database.{database}_db]
type = "postgre"
url = "jdbc:postgresql://{url.host}:{url.port}/{url.database}"
username = "{url.username}"
password = "$secret{{vault}}"
"""


def test_what_is_asked_is_asked_before(four: dict[str, str], databases: Databases, tmp_path: Path) -> None:
    """A password, which nobody sees, and once whether to go on."""
    urls = {"apim": databases.apim, "shared": four["three"]}
    text = "".join(PRODUCT.format(url=sa.make_url(url), database=name) for name, url in urls.items())
    (tmp_path / "deployment.toml").write_text(text)
    (tmp_path / "environments.toml").write_text(
        f'[one.shared]\nurl = "{four["one"]}"\n[two]\ndeployment_toml = "deployment.toml"\n'
    )
    typed = Typed("-v", "upgrade", "--log-file", "log", *options("one", "two"))
    typed.until("$secret{vault}: ")
    typed.type(SECRET)
    with written_to(four["one"]) as one, written_to(databases.apim, "am_api") as two:
        typed.until("Go on? [y/N]: ")
        typed.type("y")
        typed.until("one: shared: LOCK", "two: apim: LOCK")
        children = psutil.Process(typed.process.pid).children()
        seen = repr([(child.cmdline(), child.environ()) for child in children])
        one.rollback()
        two.rollback()
        code, out = typed.end()
    assert (code, len(children)) == (0, 2), typed.shown
    assert typed.shown.count("Go on?") == 1
    told = typed.shown + out + (tmp_path / "log").read_text() + seen
    assert [spelling for spelling in SPELLINGS if spelling in told] == []


@pytest.mark.kill
def test_nothing_else_runs_than_what_was_shown(four: dict[str, str], databases: Databases, tmp_path: Path) -> None:
    """Somebody makes a change by hand while the question stands."""
    environments(tmp_path, {"one": ("shared", four["one"]), "two": ("apim", databases.apim)})
    typed = Typed("upgrade", *options("one", "two"), "--keep-going")
    typed.until("Go on? [y/N]: ")
    databases.execute("ALTER TABLE am_api ADD COLUMN api_subtype varchar(10)")
    typed.type("y")
    code, _ = typed.end()
    assert (code, release(four["one"])) == (3, HEAD), typed.shown
    assert "two: apim-schema: apim is not as it was when it was shown: nothing was changed" in typed.shown
