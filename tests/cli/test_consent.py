"""`upgrade` asks on a terminal, needs --yes for what takes long where nobody can be asked, and writes its page."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from tests.cli.conftest import Databases
from tests.releases import FIRST, HEAD

Run = Callable[..., Result]
RunJson = Callable[..., Any]

COMMAND = [sys.executable, "-c", "from apim_schema.cli import main; main()", "upgrade"]


def on_a_terminal(
    databases: Databases,
    answer: str,
    meanwhile: Callable[[], object] = lambda: None,
    release: Sequence[str] = ("head",),
) -> tuple[int, str]:
    """The exit code of an upgrade on a terminal and what it said; something is done while it asks."""
    leader, follower = pty.openpty()
    options = [*release, "--apim-url", databases.apim]
    environment = os.environ | {"TERM": "dumb", "COLUMNS": "80"}
    process = subprocess.Popen(
        [*COMMAND, *options], stdin=follower, stdout=subprocess.DEVNULL, stderr=follower, env=environment
    )
    os.close(follower)
    killer = threading.Timer(120, process.kill)
    killer.start()
    shown = b""
    try:
        while b"Go on? [y/N]:" not in shown:
            shown += os.read(leader, 4096)
        meanwhile()
        os.write(leader, answer.encode() + b"\n")
        while more := os.read(leader, 4096):
            shown += more
    except OSError:  # the end of a pseudo-terminal on Linux
        pass
    os.close(leader)
    code = process.wait()
    killer.cancel()
    return code, shown.decode().replace("\r\n", "\n")


def stamp(databases: Databases) -> list[Any]:
    return databases.execute("SELECT to_regclass('alembic_version_apim')")


def test_it_shows_what_will_happen_and_goes_on_when_told_to(databases: Databases) -> None:
    code, told = on_a_terminal(databases, "y")
    assert code == 0
    for words in (
        f"apim: {FIRST} to {HEAD}",
        "writers blocked",
        "written anew",
        "Preflight",
        "rows after",
    ):
        assert words in told
    assert databases.execute("SELECT version_num FROM alembic_version_apim") == [(HEAD,)]


@pytest.mark.parametrize("answer", ["n", ""])
def test_it_changes_nothing_unless_told_to(answer: str, databases: Databases) -> None:
    code, told = on_a_terminal(databases, answer)
    assert (code, stamp(databases)) == (3, [(None,)])
    assert told.rstrip().endswith("apim-schema: not agreed to: nothing was changed")


def test_without_a_release_it_says_which_is_the_newest_and_asks(databases: Databases) -> None:
    code, told = on_a_terminal(databases, "n", release=())
    assert (code, stamp(databases)) == (3, [(None,)])
    assert told.startswith(f"no release is named: the newest is {HEAD}\n")
    code, told = on_a_terminal(databases, "y", release=())
    assert (code, databases.execute("SELECT version_num FROM alembic_version_apim")) == (0, [(HEAD,)])


@pytest.mark.parametrize("options", [[], ["--yes"], ["--rehearse"]])
def test_without_a_release_nothing_happens_where_nobody_can_be_asked(
    options: list[str], run_json: RunJson, databases: Databases
) -> None:
    """A newer version of the tool would go further than whoever wrote the command has meant."""
    document = run_json("upgrade", *databases.options[:2], *options)
    assert (document["exit_code"], document["error"]["what"]) == (2, "no release is named")
    assert f"say upgrade head, which is {HEAD} now" in document["error"]["way_out"]
    assert stamp(databases) == [(None,)]


def test_nothing_else_runs_than_what_was_shown(databases: Databases) -> None:
    """Somebody makes a change by hand while the question stands."""
    by_hand = "ALTER TABLE am_api ADD COLUMN api_subtype varchar(10)"
    code, told = on_a_terminal(databases, "y", lambda: databases.execute(by_hand))
    assert (code, stamp(databases)) == (3, [(None,)])
    assert "apim is not as it was when it was shown: nothing was changed" in told


def test_a_long_one_needs_a_yes_where_nobody_can_be_asked(run: Run, run_json: RunJson, databases: Databases) -> None:
    databases.execute("ANALYZE")
    document = run_json("upgrade", "head", *databases.options, "--max-blocking", "0")
    assert (document["exit_code"], document["error"]["type"]) == (3, "Refused")
    message = document["error"]["message"]
    assert "say --yes, or a longer --max-blocking" in message
    assert "AM_API_OPERATION_POLICY_MAPPING.PARAMETERS" in message
    assert stamp(databases) == [(None,)]
    assert run("upgrade", "head", *databases.options, "--max-blocking", "0", "--yes").exit_code == 0


def test_what_is_done_already_needs_no_yes(run: Run, databases: Databases) -> None:
    run("upgrade", "head", *databases.options)
    assert run("upgrade", "head", *databases.options, "--max-blocking", "0").exit_code == 0


def test_the_page_is_of_what_ran(run: Run, databases: Databases, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    assert run("upgrade", "head", *databases.options, "--report", file).exit_code == 0
    text = file.read_text()
    assert f"Done: the schema is {HEAD}" in text
    assert "Where the time went" in text
    assert "are proven to be as they were" in text


def test_the_page_of_an_upgrade_that_fails_says_why(run: Run, databases: Databases, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    run("upgrade", "4.5.0", *databases.options)
    databases.execute("ALTER TABLE am_application_registration ADD CONSTRAINT mine CHECK (inputs <> 'forbidden')")
    assert run("upgrade", "head", *databases.options, "--report", file).exit_code == 3
    assert "It has failed" in file.read_text()
    assert "mine" in file.read_text()


def test_a_page_that_cannot_be_written_is_known_before(run_json: RunJson, databases: Databases, tmp_path: Path) -> None:
    document = run_json("upgrade", "head", *databases.options, "--report", tmp_path / "no" / "report.html")
    assert document["exit_code"] == 2
    assert stamp(databases) == [(None,)]


def test_no_password_is_on_the_page(run: Run, databases: Databases, tmp_path: Path) -> None:
    file, secret = tmp_path / "report.html", "s3cret"
    with_password = databases.apim.replace("postgres@", f"postgres:{secret}@")
    assert run("upgrade", "head", "--apim-url", with_password, "--report", file).exit_code == 0
    assert secret not in file.read_text()
