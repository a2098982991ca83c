"""What fails around an upgrade, in each of its phases: a message, an exit code, nothing lost, and the next run goes on.

The table of docs/faults.md is made of these: each of its lines names the test that holds it.
"""

from __future__ import annotations

import fcntl
import itertools
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import termios
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from functools import partial
from importlib import import_module
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from apim_schema import history, interrupts, watchdog
from apim_schema.cli.common import told
from apim_schema.environment import through_alembic as run
from apim_schema.errors import Exit, SchemaToolError, Unfinished
from apim_schema.live import held
from apim_schema.progress import Silent
from apim_schema.target import Target
from tests.conformance.at import AFTER, BEFORE, HISTORY, LOOKING, MIDDLE, PHASES, STATEMENTS, At
from tests.conformance.site import Site, site
from tests.conformance.spoil import broken
from tests.conformance.test_upgrade import entries, stamped
from tests.releases import HEAD
from tests.servers import Server
from tests.servers.proxy import Proxy, before

START = "4.5.0"
"""Some releases are to come, with conversions among them, and few enough for many runs."""

Happens = Callable[[], None]


def fail(customer: Site, phase: str, happens: Happens, mended: Happens = lambda: None) -> SchemaToolError:
    """Has something happen to an upgrade, and holds what came of it against what docs/faults.md promises."""
    at = At(phase, happens)
    with at.watched(), pytest.raises((SchemaToolError, DBAPIError, KeyboardInterrupt)) as caught:
        run(customer.upgrade(progress=at))
    mended()
    assert at.happened
    error = told(caught.value)  # as the command line says it
    expect_told(customer, phase, error)
    return error


def expect_told(customer: Site, phase: str, error: SchemaToolError) -> None:
    text = str(error)
    assert "Traceback" not in text
    assert "\t" not in text
    allowed = {Exit.REFUSED, Exit.INTERRUPTED}
    if customer.transactional:
        allowed |= {Exit.NOT_PROVEN} if phase == HISTORY else set()
    elif phase in (STATEMENTS, AFTER, HISTORY):
        allowed = {Exit.UNFINISHED}
    assert error.exit_code in allowed, text
    if error.exit_code == Exit.UNFINISHED:
        assert re.search(r"\d+ of \d+ statements are in: mend the cause and run the same command again", text)


def expect_the_same_end(customer: Site) -> None:
    result = run(customer.upgrade())
    assert result.verdict.verdict == "proven", result.verdict
    assert customer.differences_from(HEAD) == []
    assert customer.rows_are_as_before()
    assert stamped(customer) == HEAD


def expect_nothing_lost(customer: Site, phase: str, error: SchemaToolError) -> None:
    if error.exit_code != Exit.UNFINISHED:
        assert customer.differences_from(START) == []
    elif phase == STATEMENTS:
        assert 0 < int(error.parts["statements_executed"]) <= MIDDLE + 1
    expect_the_same_end(customer)


# --- the server ------------------------------------------------------------------------------------------------------

ENDS = {"killed": Server.kill, "stopped": Server.stop}


def the_server_ends(server: Server, how: str, phase: str) -> None:
    with site(server, "apim", START) as customer:
        error = fail(customer, phase, partial(ENDS[how], server), server.restart)
        expect_nothing_lost(customer, phase, error)


@pytest.mark.costly
@pytest.mark.parametrize(("how", "phase"), [("stopped", STATEMENTS)])
def test_server_ends(server: Server, how: str, phase: str) -> None:
    the_server_ends(server, how, phase)


@pytest.mark.kill
@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("how", ENDS)
def test_server_ends_in_each_phase(server: Server, how: str, phase: str) -> None:
    the_server_ends(server, how, phase)


# --- the network -----------------------------------------------------------------------------------------------------


SILENT = "the server has not answered for|timed out"


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Asks after a moment whether the server answers, and takes two seconds of silence for an answer."""
    monkeypatch.setattr(watchdog, "PAUSE", 0.2)
    monkeypatch.setattr(watchdog, "TRIES", 1)
    monkeypatch.setattr(watchdog, "ANSWER", 2)
    monkeypatch.setattr(import_module("apim_schema.dialects.mysql.session"), "ANSWER_TIMEOUT", 2)
    monkeypatch.setattr(import_module("apim_schema.dialects.postgresql.session"), "CONNECT_TIMEOUT", 2)


def the_network_fails(server: Server, fault: str, phase: str) -> None:
    with site(server, "apim", START) as customer, before(customer.url) as (url, proxy):
        direct, customer.url = customer.url, url
        error = fail(customer, phase, lambda: proxy.fail(fault), proxy.mend)  # type: ignore[arg-type]
        customer.url = direct
        if fault == "stalls":
            assert re.search(SILENT, str(error))
        expect_nothing_lost(customer, phase, error)


@pytest.mark.costly
@pytest.mark.parametrize(("fault", "phase"), [("stalls", STATEMENTS), ("resets", AFTER)])
def test_network_fails(server: Server, fault: str, phase: str, impatient: None) -> None:
    the_network_fails(server, fault, phase)


@pytest.mark.kill
@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("fault", ["drops", "stalls", "resets"])
def test_network_fails_in_each_phase(server: Server, fault: str, phase: str, impatient: None) -> None:
    the_network_fails(server, fault, phase)


def test_a_server_that_never_answers_is_not_waited_for(server: Server, impatient: None) -> None:
    """From the first word on, as where something else listens there."""
    with site(server, "shared", HEAD) as customer, before(customer.url) as (url, proxy):
        proxy.fail("stalls")
        customer.url = url
        begun = time.monotonic()
        with pytest.raises(SchemaToolError, match="can't connect to") as caught:
            run(customer.upgrade())
        assert caught.value.exit_code == Exit.USAGE
        assert time.monotonic() - begun < 30
        proxy.mend()


@contextmanager
def silent_from_login(proxy: Proxy, number: int) -> Iterator[threading.Event]:
    """Stalls when so many more have been let in, and before the last of them is told anything; gives that moment."""
    logins, came = itertools.count(1), threading.Event()

    def look(*_: object) -> None:
        if next(logins) == number:
            proxy.fail("stalls")
            came.set()

    sa.event.listen(sa.Pool, "connect", look)
    try:
        yield came
    finally:
        sa.event.remove(sa.Pool, "connect", look)


@pytest.mark.parametrize(
    ("login", "exit_code"), [(1, Exit.USAGE), (2, Exit.REFUSED)], ids=["the first", "the one that is watched"]
)
def test_a_server_that_lets_us_in_and_says_no_more_is_not_waited_for(
    server: Server, login: int, exit_code: Exit, impatient: None
) -> None:
    """SQLAlchemy asks each new server what it is, and no driver's time limit for a login has anything to do with it."""
    with site(server, "shared", HEAD) as customer, before(customer.url) as (url, proxy):
        direct, customer.url = customer.url, url
        with silent_from_login(proxy, login), pytest.raises((SchemaToolError, DBAPIError)) as caught:
            run(customer.upgrade())
        error = told(caught.value)
        assert re.search(SILENT, str(error))
        assert error.exit_code == exit_code
        customer.url = direct
        assert customer.rows_are_as_before()


@pytest.mark.costly
def test_a_server_that_falls_silent_while_it_is_asked_whether_it_answers(server: Server, impatient: None) -> None:
    """Whoever asks is not to wait for ever either."""
    with site(server, "apim", START) as customer, before(customer.url) as (url, proxy):

        def at_the_next_question() -> None:
            with silent_from_login(proxy, 1) as came:
                assert came.wait(60)

        direct, customer.url = customer.url, url
        error = fail(customer, STATEMENTS, at_the_next_question, proxy.mend)
        customer.url = direct
        assert re.search(SILENT, str(error))
        expect_nothing_lost(customer, STATEMENTS, error)


@pytest.mark.costly
def test_a_server_that_is_only_slow_is_waited_for(server: Server, impatient: None) -> None:
    """It answers to others meanwhile."""
    sleep = {"postgresql": "SELECT pg_sleep(5)", "mysql": "SELECT SLEEP(5)"}[server.dialect]
    with site(server, "shared", HEAD) as customer:
        here = customer.upgrade().target
        with here.engine() as engine, here.dialect.session.connect(engine, None) as connection:
            assert connection.exec_driver_sql(sleep).scalar_one() in (0, "", None)


# --- signals ---------------------------------------------------------------------------------------------------------

SIGNALS = {"SIGINT": "interrupted", "SIGTERM": "interrupted by SIGTERM", "SIGHUP": "interrupted by SIGHUP"}


def a_signal_comes(server: Server, name: str, phase: str) -> None:
    number = getattr(signal, name)
    with heard(number), site(server, "apim", START) as customer, interrupts.raised():
        error = fail(customer, phase, lambda: os.kill(os.getpid(), number))
        assert SIGNALS[name] in str(error)
        expect_nothing_lost(customer, phase, error)


@contextmanager
def heard(number: int) -> Iterator[None]:
    """What this run of the tests ignores, as SIGHUP under `nohup`, is the tool's to take all the same."""
    before = signal.signal(number, signal.SIG_DFL if number != signal.SIGINT else signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(number, before)


@pytest.mark.parametrize(
    ("name", "phase"), [("SIGTERM", STATEMENTS), pytest.param("SIGHUP", LOOKING, marks=pytest.mark.costly)]
)
def test_signal(server: Server, name: str, phase: str) -> None:
    a_signal_comes(server, name, phase)


@pytest.mark.kill
@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("name", SIGNALS)
def test_signal_in_each_phase(server: Server, name: str, phase: str) -> None:
    a_signal_comes(server, name, phase)


@contextmanager
def interrupted_at_the_end() -> Iterator[None]:
    """Ctrl-C as the lock of an upgrade is given back."""

    def look(connection: object, cursor: object, statement: str, *_: object) -> None:
        if re.search("advisory_unlock|RELEASE_LOCK", statement):
            raise KeyboardInterrupt

    sa.event.listen(sa.Engine, "before_cursor_execute", look)
    try:
        yield
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", look)


@pytest.mark.parametrize("error", [Unfinished("half done", 1, 2), None], ids=["a second one", "all was done"])
def test_signal_at_the_end_of_a_run(server: Server, error: SchemaToolError | None) -> None:
    """The answer to the first stays what it is; what is done is not said to be undone."""
    with site(server, "shared", HEAD) as customer:
        here = customer.upgrade().target
        wanted = "half done" if error else "shared: interrupted when all was done already"
        with pytest.raises(SchemaToolError, match=wanted), interrupted_at_the_end():
            end(here, error)


def end(here: Target, error: SchemaToolError | None) -> None:
    with held(here, Silent()):
        if error:
            raise error


ROOT = Path(__file__).parents[2]


COMMAND = """
import signal
from apim_schema.cli import main

# a shell that runs the tests in the background has them ignore Ctrl-C, and so would what they start
signal.signal(signal.SIGINT, signal.default_int_handler)
main()
"""


def command(customer: Site, **options: object) -> subprocess.Popen[bytes]:
    arguments = [sys.executable, "-c", COMMAND, "-v", "upgrade", "head", "--yes"]
    environment = os.environ | {"APIM_SCHEMA_APIM_URL": customer.url}
    return subprocess.Popen(arguments, cwd=ROOT, env=environment, **options)  # type: ignore[call-overload,no-any-return]


@pytest.mark.costly
@pytest.mark.parametrize("name", ["SIGINT", pytest.param("SIGTERM", marks=pytest.mark.kill)])
def test_signal_while_a_statement_waits_on_the_server(server: Server, name: str) -> None:
    """As a person sees it: a message, no traceback, and the exit code of the table."""
    with site(server, "apim", START) as customer:
        engine = sa.create_engine(customer.url, poolclass=sa.NullPool)
        with engine.connect() as other:
            other.exec_driver_sql("SELECT * FROM AM_API_ENDPOINTS")
            process = command(customer, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)
            assert process.stderr is not None
            for line in process.stderr:
                if b"waits for" in line:
                    break
            process.send_signal(getattr(signal, name))
            said = process.communicate(timeout=120)[1].decode()
        assert process.returncode in (
            (Exit.INTERRUPTED,) if customer.transactional else (Exit.UNFINISHED, Exit.INTERRUPTED)
        )
        assert f"apim-schema: apim: {SIGNALS[name]}" in said
        assert "Traceback" not in said
        expect_the_same_end(customer)


@pytest.mark.kill
def test_a_pipe_that_is_full_and_a_signal(server: Server) -> None:
    """Nobody reads what stderr says: it waits, and can be ended, by a second signal where the first can't be told."""
    with site(server, "apim", START) as customer:
        with command(customer, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL) as process:
            assert process.stderr is not None
            wait_until_full(process.stderr.fileno())
            deadline = time.monotonic() + 60
            while process.poll() is None and time.monotonic() < deadline:
                process.send_signal(signal.SIGTERM)
                time.sleep(2)
            told = process.stderr.read()[-2000:] if process.poll() else b""
            process.kill()
        # the last one may come when the process is about to leave
        assert process.returncode in (Exit.INTERRUPTED, Exit.UNFINISHED, -signal.SIGTERM), told
        expect_the_same_end(customer)


FULL_PIPE = 30_000
"""Bytes that are in a full pipe at least: it has room for 65,536, less where its pages are not full."""


def wait_until_full(pipe: int) -> None:
    """Until a pipe has so much in it, and nothing more has come for a while."""
    held, deadline = [-1, -2, -3], time.monotonic() + 120
    while len(set(held[-3:])) > 1 or held[-1] < FULL_PIPE:
        assert time.monotonic() < deadline, f"no more than {held[-1]} bytes in the pipe"
        time.sleep(1)
        held.append(int.from_bytes(fcntl.ioctl(pipe, termios.FIONREAD, bytes(4)), sys.byteorder))


# --- a disk that is full ---------------------------------------------------------------------------------------------

ROOM = 256 << 20


def data_of(server: Server) -> Path:
    """The folder of its data; skips the test where the server is not ours."""
    if server.process is None:
        pytest.skip(f"{server.name}: not a throwaway server of ours")
    return server.process.folder / "data"


@contextmanager
def small_disk(folder: Path) -> Iterator[None]:
    """Mounts one of this size there; skips the test where we may not."""
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={ROOM}", "tmpfs", folder], check=False)
    if made.returncode:
        pytest.skip("only root may mount a disk that is small enough to be filled")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


@contextmanager
def in_tablespace(customer: Site) -> Iterator[Path]:
    owner = data_of(customer.server).stat()
    with tempfile.TemporaryDirectory(dir="/tmp") as name, small_disk(Path(name)):
        os.chown(name, owner.st_uid, owner.st_gid)
        with customer.server.connection() as admin:
            admin.exec_driver_sql(f"CREATE TABLESPACE small LOCATION '{name}'")
            admin.exec_driver_sql(f"ALTER DATABASE {customer.name} SET TABLESPACE small")
            yield Path(name)
            admin.exec_driver_sql(f"ALTER DATABASE {customer.name} SET TABLESPACE pg_default")
            admin.exec_driver_sql("DROP TABLESPACE small")


@contextmanager
def in_folder(customer: Site) -> Iterator[Path]:
    """The folder of the database, with a disk of its own mounted over it while the server is stopped."""
    data = data_of(customer.server) / customer.name
    with tempfile.TemporaryDirectory(dir="/tmp") as aside:
        customer.server.stop()
        shutil.copytree(data, aside, dirs_exist_ok=True)
        with small_disk(data):
            shutil.copytree(aside, data, dirs_exist_ok=True)
            customer.server.restart()
            yield data
            customer.server.stop()
            shutil.copytree(data, aside, dirs_exist_ok=True)
        shutil.rmtree(data)
        shutil.copytree(aside, data)
        customer.server.restart()


ON_A_SMALL_DISK = {"postgresql": in_tablespace, "mysql": in_folder}


def fill(folder: Path) -> None:
    """Leaves no room there."""
    with suppress(OSError), (folder / "filler").open("wb", buffering=0) as filler:
        while True:
            filler.write(bytes(4096))


@pytest.mark.kill
@pytest.mark.parametrize("phase", [BEFORE, STATEMENTS])
def test_disk_is_full(server: Server, phase: str) -> None:
    with site(server, "apim", START) as customer, ON_A_SMALL_DISK[server.dialect](customer) as folder:
        error = fail(customer, phase, partial(fill, folder), (folder / "filler").unlink)
        assert re.search(r"(?i)no space left|is full|disk full|errno:? 28|error 28", str(error)), str(error)
        expect_nothing_lost(customer, phase, error)


# --- a clock that jumps ----------------------------------------------------------------------------------------------


@pytest.mark.costly
def test_clock_jumps(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """A day back and forth at each look at it, of the machine that the tool runs on."""
    of_day, of_history, jumps = time.time, history.now, itertools.cycle([0, -86400, 86400])
    monkeypatch.setattr(time, "time", lambda: of_day() + next(jumps))
    monkeypatch.setattr(history, "now", lambda: of_history() + timedelta(seconds=next(jumps)))
    with site(server, "apim", START) as customer:
        with broken(MIDDLE), pytest.raises(SchemaToolError):
            run(customer.upgrade())
        result = run(customer.upgrade())
        assert (result.verdict.verdict, 0 < result.seconds < 600) == ("proven", True)
        assert all(executed.seconds >= 0 for executed in result.timing.statements)
        assert entries(customer)[-1].outcome == "finished"
        assert customer.differences_from(HEAD) == []
        assert customer.rows_are_as_before()


# --- the page --------------------------------------------------------------------------------------------------------


def test_each_line_of_the_page_is_held_by_a_test() -> None:
    page = (ROOT / "docs" / "faults.md").read_text()
    lines = [line for line in page.splitlines() if line.startswith("| ") and "`tests/" in line]
    assert len(lines) > 10
    for line in lines:
        for path, name in re.findall(r"`(tests/[\w/]+\.py)`, `(test_\w+)`", line) or [("", line)]:
            assert f"def {name}(" in (ROOT / path).read_text(), line
