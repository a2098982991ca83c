"""Where a verb says what: answers on stdout, readable at 80 columns; progress and errors on stderr and in the log."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result

from apim_schema.cli import main
from tests.cli.conftest import Databases
from tests.releases import FIRST, HEAD

Run = Callable[..., Result]

COMMAND = [sys.executable, "-c", "from apim_schema.cli import main; main()"]
COLOUR = re.compile(r"\x1b\[(?:\d+;)*[34]\dm")
ESCAPE = "\x1b"
FULL = Path("/dev/full")

ANSWERS: dict[str, tuple[list[str], Sequence[str]]] = {
    "status": (["status"], ("database", "server", "release", "stamped", "pending", "differences")),
    "upgrade": (["upgrade", "4.4.0"], ("database", "from", "to", "changes", "statements", "rows", "drift", "seconds")),
    "verify": (["verify"], ("database", "release", "schema", "drift", "rows")),
    "history": (["history"], ("database", "started (UTC)", "seconds", "from", "to", "statements", "outcome", "by")),
    "snapshot": (["snapshot", "-o", "{folder}/s", "--force"], ("database", "release", "tables", "rows read")),
    "plan": (["plan"], ("statements", "writers blocked", "written anew")),
    "repair": (["repair"], ("there is nothing to repair",)),
    "adopt": (["adopt"], (f"apim was stamped {FIRST} before",)),
}
"""Each verb that looks at a database, and what its answer is made of."""


def environments(databases: Databases, folder: Path) -> Path:
    file = folder / "environments.toml"
    named = (f'[a-rather-long-name-of-an-environment.{name}]\nurl = "{url}"\n' for name, url in vars(databases).items())
    file.write_text("".join(named))
    return file


@pytest.mark.parametrize("verb", ANSWERS)
def test_answers_are_on_stdout_and_whole_at_80_columns(
    verb: str, run: Run, databases: Databases, tmp_path: Path
) -> None:
    arguments, parts = ANSWERS[verb]
    options = ["--apim-url", databases.apim]
    run("adopt", *options)
    if verb == "history":
        run("upgrade", "4.4.0", *options)
    result = run(*(argument.format(folder=tmp_path) for argument in arguments), *options)
    assert result.exit_code == 0, result.stderr
    for part in parts:
        assert part in result.stdout
    assert "…" not in result.stdout
    assert max(map(len, result.stdout.replace(str(tmp_path), "").splitlines())) <= 80
    assert ESCAPE not in result.output


@pytest.mark.parametrize("verb", ["list", "check"])
def test_environments_are_whole_at_80_columns(verb: str, run: Run, databases: Databases, tmp_path: Path) -> None:
    result = run("env", verb, "--environments", environments(databases, tmp_path))
    assert (result.exit_code, result.stderr) == (0, "")
    assert "a-rather-long-name-of-an-environment" in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 80
    assert "…" not in result.stdout


@pytest.mark.parametrize("columns", [20, 80, 200])
def test_however_wide_it_is_nothing_is_lost(columns: int, databases: Databases) -> None:
    result = CliRunner(env={"COLUMNS": str(columns)}).invoke(main, ["status", *databases.options])
    told = "".join(result.stdout.split())
    assert "4.3.0,4.4.0,4.5.0,4.6.0," in told
    assert "PostgreSQL" in told
    assert (result.stdout.splitlines()[0].split()[-1] == "differences") == (columns == 200)


def on_a_terminal(arguments: Sequence[str], **environment: str) -> str:
    """What a verb's stdout shows on a terminal of 80 columns."""
    leader, follower = pty.openpty()
    settings = {key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "FORCE_COLOR")}
    settings |= {"TERM": "xterm-256color", "COLUMNS": "80"} | environment
    process = subprocess.Popen(
        [*COMMAND, *arguments], stdin=subprocess.DEVNULL, stdout=follower, stderr=subprocess.DEVNULL, env=settings
    )
    os.close(follower)
    shown = b""
    try:
        while more := os.read(leader, 4096):
            shown += more
    except OSError:  # the end of a pseudo-terminal on Linux
        pass
    os.close(leader)
    assert process.wait() == 0
    return shown.decode()


def test_colours_are_for_terminals(run: Run, databases: Databases, tmp_path: Path) -> None:
    run("snapshot", *databases.options, "-o", tmp_path / "before")
    arguments = ["verify", *databases.options, "--against", str(tmp_path / "before")]
    assert COLOUR.search(on_a_terminal(arguments))
    assert not COLOUR.search(on_a_terminal(arguments, NO_COLOR="1"))
    assert ESCAPE not in on_a_terminal(arguments, TERM="dumb")
    assert ESCAPE not in run(*arguments).output


def test_progress_is_on_stderr(run: Run, databases: Databases) -> None:
    result = run("upgrade", "head", *databases.options, "--evidence", "full")
    for told in (f"apim: recognised as {FIRST}", "apim: rows before: 764 rows in", "apim: rows after: 764 rows in"):
        assert told in result.stderr
        assert told not in result.stdout
    assert "764 proven" in result.stdout
    assert "proven" not in result.stderr


def test_quiet_leaves_the_answer_and_the_error(run: Run, databases: Databases, empty: str) -> None:
    result = run("upgrade", "head", *databases.options, "--evidence", "full", "--quiet")
    assert (result.exit_code, result.stderr) == (0, "")
    assert "764 proven" in result.stdout
    refused = run("upgrade", "head", "--apim-url", empty, "--quiet")
    assert (refused.exit_code, refused.stdout) == (3, "")
    assert refused.stderr.startswith("apim-schema: apim is empty")
    assert run("verify", *databases.options).exit_code == 0


def lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text().splitlines()]


def test_the_log_has_what_is_said_and_what_came_of_it(
    run: Run, databases: Databases, empty: str, tmp_path: Path
) -> None:
    file = tmp_path / "upgrade.log"
    assert (
        run("upgrade", "head", *databases.options, "--evidence", "full", "--log-file", file, "--quiet").exit_code == 0
    )
    found = lines(file)
    assert all(line.keys() >= {"time", "level", "verb", "message"} for line in found)
    assert {line["verb"] for line in found} == {"upgrade"}
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", found[0]["time"])
    assert any(line["message"].startswith("apim: rows before: 764 rows") for line in found)
    assert (found[-1]["exit_code"], found[-1]["level"]) == (0, "info")
    assert run("verify", "--apim-url", empty, "--log-file", file).exit_code == 3
    *_, error, end = added = lines(file)[len(found) :]
    assert {line["verb"] for line in added} == {"verify"}
    assert (error["level"], "apim is empty" in error["message"]) == ("error", True)
    assert end["exit_code"] == 3


def test_the_log_tells_warnings_and_errors_with_their_parts(run: Run, databases: Databases, tmp_path: Path) -> None:
    file = tmp_path / "upgrade.log"
    run("upgrade", "4.5.0", *databases.options)
    databases.execute("ALTER TABLE am_application_registration ADD CONSTRAINT mine CHECK (inputs <> 'forbidden')")
    with sa.create_engine(databases.apim, poolclass=sa.NullPool).connect():
        assert run("upgrade", "head", *databases.options, "--evidence", "full", "--log-file", file).exit_code == 3
    levels = {line["level"]: line for line in lines(file)}
    assert levels["warning"]["message"].startswith("apim: warning: another session uses it: ")
    error = levels["error"]["error"]
    assert (error["type"], error["exit_code"], len(error["findings"])) == ("Blocked", 3, 1)
    assert "nothing was changed" in error["way_out"]


def test_the_log_has_statements_where_they_are_shown(run: Run, databases: Databases, tmp_path: Path) -> None:
    file = tmp_path / "upgrade.log"
    run("-v", "upgrade", "4.3.0", *databases.options, "--log-file", file)
    assert any("ALTER TABLE" in line["message"] for line in lines(file) if line["level"] == "debug")


def test_the_log_has_no_password(run: Run, databases: Databases, tmp_path: Path) -> None:
    secret, file = "s3cr\"et'", tmp_path / "log"
    url = sa.make_url(databases.apim).set(password=secret)
    run("-v", "status", "--apim-url", url.render_as_string(hide_password=False), "--log-file", file)
    run("status", "--apim-url", url.set(port=1).render_as_string(hide_password=False), "--log-file", file)
    assert "can't connect to postgresql+psycopg://postgres:***@" in file.read_text()
    assert "s3cr" not in file.read_text()


def test_a_log_that_can_not_be_written_is_known_before(run: Run, databases: Databases, tmp_path: Path) -> None:
    result = run("upgrade", "head", *databases.options, "--evidence", "full", "--log-file", tmp_path / "no" / "log")
    assert result.exit_code == 2
    assert f"can't write {tmp_path}/no/log: No such file or directory" in result.stderr
    assert databases.execute("SELECT to_regclass('alembic_version_apim')") == [(None,)]


@pytest.mark.skipif(not FULL.exists(), reason="no /dev/full here")
def test_a_log_on_a_full_disk_ends_nothing(run: Run, databases: Databases) -> None:
    assert run("upgrade", "head", *databases.options, "--evidence", "full", "--log-file", FULL).exit_code == 0
    assert databases.execute("SELECT version_num FROM alembic_version_apim") == [(HEAD,)]


def test_names_that_the_terminal_can_not_show_are_escaped(run: Run, databases: Databases) -> None:
    databases.execute('CREATE TABLE "\u05d8\u05d1" (id integer)')
    command = [*COMMAND, "status", *databases.options]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env=os.environ | {"PYTHONIOENCODING": "ascii"}
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert r"\u05d8\u05d1" in done.stdout


@pytest.mark.skipif(os.name != "posix", reason="no such redirection here")
@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
def test_a_stream_that_is_closed_from_the_beginning_ends_nothing(closed: str, databases: Databases) -> None:
    command = [*COMMAND, "adopt", "--apim-url", databases.apim]
    shell = subprocess.run(["sh", "-c", f'"$@" {closed}', "sh", *command], capture_output=True, text=True, check=False)
    assert (shell.returncode, "Traceback" in shell.stderr) == (0, False)
    assert databases.execute("SELECT version_num FROM alembic_version_apim") == [(FIRST,)]
