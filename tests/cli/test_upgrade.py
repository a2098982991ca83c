"""`upgrade`: the command line around the runner, which has tests of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import Result

from apim_schema import chain
from tests import schemas
from tests.cli.conftest import Databases
from tests.releases import FIRST, HEAD, like_the_first

Run = Callable[..., Result]
RunJson = Callable[..., Any]


def test_both_databases(run_json: RunJson, databases: Databases) -> None:
    document = run_json("upgrade", "head", *databases.options)
    apim, shared = document["databases"]
    assert document["exit_code"] == 0
    assert (apim["from"], apim["to"], apim["adopted"], apim["differences"]) == (FIRST, HEAD, True, [])
    assert apim["statements_executed"] >= len(apim["changes"]) > 90
    assert apim["changes"][0].keys() == {"release", "change", "already_there"}
    assert apim["rows"]["verdict"] == "proven"
    by = {table["table"]: table["evidence"] for table in apim["rows"]["evidence"]}
    assert (len(by), set(by.values())) == (191, {"engine", "full"})
    assert apim["rows"]["rows_compared"] == sum(t["rows_read"] for t in apim["rows"]["evidence"]) < 191 * 4
    assert apim["rows"]["failures"] == []
    same = HEAD in like_the_first("postgresql", "shared")
    assert (shared["to"], shared["statements_executed"] == 0, shared["rows"] is None) == (HEAD, same, same)


def test_text_and_second_run(run: Run, databases: Databases) -> None:
    first = run("upgrade", "head", *databases.options)
    assert first.exit_code == 0
    vouched = "apim: the server vouches for 189 of 191 tables"
    for told in (f"apim: recognised as {FIRST}", vouched, "apim: rows before: 8 rows in"):
        assert told in first.stderr
    assert "8 proven" in first.stdout
    assert "apim: evidence by engine (189 tables), full (AM_API_OPERATION_POLICY_MAPPING, " in first.stdout
    second = run("upgrade", "head", *databases.options)
    assert (second.exit_code, second.stderr) == (0, "")
    assert f"apim is {HEAD} already: nothing to do" in second.stdout


def test_all_rows_are_read_where_that_is_wanted(run: Run, databases: Databases) -> None:
    wrong = run("upgrade", "head", *databases.options, "--evidence", "engine", "--against", "before.snapshot")
    assert wrong.exit_code == 2
    assert "leave --evidence engine out" in wrong.stderr
    done = run("upgrade", "head", *databases.options, "--evidence", "full")
    assert done.exit_code == 0
    assert "apim: rows before: 764 rows in" in done.stderr
    assert "apim: evidence by full (191 tables)" in done.stdout
    assert "vouches" not in done.stderr


def test_one_database_to_one_release(run_json: RunJson, databases: Databases) -> None:
    document = run_json("upgrade", "4.4.0", *databases.options, "--database", "apim")
    assert [(entry["database"], entry["to"]) for entry in document["databases"]] == [("apim", "4.4.0")]
    assert databases.execute("SELECT version_num FROM alembic_version_apim") == [("4.4.0",)]


def test_what_is_there_already_is_said(run: Run, databases: Databases) -> None:
    databases.execute("ALTER TABLE am_api ADD COLUMN api_subtype varchar(10)")
    run("adopt", *databases.options)
    result = run("upgrade", "head", *databases.options)
    assert result.exit_code == 0
    assert "apim: already there, skipped:\n  add column AM_API.API_SUBTYPE" in result.stdout


def test_verbose_shows_statements(run: Run, databases: Databases) -> None:
    result = run("-v", "upgrade", "4.3.0", *databases.options)
    assert "ALTER TABLE" in result.stderr
    assert "ALTER TABLE" not in run("status", *databases.options).stderr  # no longer than asked for


@pytest.mark.parametrize("release", ["9.9.9", "4.7", "+1", "4.2.0:4.3.0"])
def test_unknown_release(release: str, run_json: RunJson, databases: Databases) -> None:
    document = run_json("upgrade", release, *databases.options)
    assert document["exit_code"] == 2
    assert "choose one of 4.2.0, 4.3.0" in document["error"]["message"]


def test_no_way_back(run_json: RunJson, databases: Databases) -> None:
    run_json("upgrade", "head", *databases.options)
    document = run_json("upgrade", "4.3.0", *databases.options)
    assert (document["exit_code"], document["error"]["type"]) == (3, "Refused")
    assert f"apim is {HEAD} already, newer than 4.3.0" in document["error"]["message"]


def test_empty_database(run_json: RunJson, empty: str) -> None:
    refused = run_json("upgrade", "head", "--apim-url", empty)
    assert (refused["exit_code"], refused["error"]["type"]) == (3, "NotRecognised")
    created = run_json("upgrade", "head", "--apim-url", empty, "--create")
    assert created["databases"][0]["to"] == HEAD


def test_second_database_fails_after_the_first(run: Run, run_json: RunJson, databases: Databases, empty: str) -> None:
    options = ["--apim-url", databases.apim, "--shared-url", empty]
    document = run_json("upgrade", "head", *options)
    assert document["exit_code"] == 3
    assert [(entry["database"], entry["to"]) for entry in document["databases"]] == [("apim", HEAD)]
    assert "shared is empty" in document["error"]["message"]
    text = run("upgrade", "head", *options)
    assert f"apim is {HEAD} already" in text.stdout
    assert text.stderr.rstrip().splitlines()[-1].startswith("apim-schema: shared is empty")


def test_rows_that_would_not_survive(run: Run, databases: Databases) -> None:
    assert run("upgrade", "4.5.0", *databases.options).exit_code == 0
    databases.execute(
        "INSERT INTO am_api_endpoints (api_uuid, endpoint_uuid, endpoint_name, endpoint_config, organization) "
        "SELECT api_uuid, repeat('x', 101), 'long', '', 'carbon.super' FROM am_api LIMIT 1"
    )
    result = run("upgrade", "head", *databases.options)
    assert result.exit_code == 3
    assert "AM_API_ENDPOINTS: ENDPOINT_UUID is longer than the 100 characters it will have" in result.stderr
    assert databases.execute("SELECT version_num FROM alembic_version_apim") == [("4.5.0",)]


def test_an_error_keeps_its_parts(run_json: RunJson, databases: Databases) -> None:
    run_json("upgrade", "4.5.0", *databases.options)
    databases.execute("ALTER TABLE am_application_registration ADD CONSTRAINT mine CHECK (inputs <> 'forbidden')")
    error = run_json("upgrade", "head", *databases.options)["error"]
    (finding,) = error["findings"]
    assert (error["type"], finding["level"], finding["table"]) == ("Blocked", "block", "AM_APPLICATION_REGISTRATION")
    assert "mine" in finding["problem"]
    assert finding["way_out"]


WRITES = """CREATE FUNCTION mine() RETURNS event_trigger LANGUAGE plpgsql AS $$BEGIN
UPDATE am_subscriber SET email_address = 'x', tenant_id = 77; DELETE FROM am_api_ratings; END$$"""


def test_rows_that_an_upgrade_changes_are_told_apart(run: Run, run_json: RunJson, databases: Databases) -> None:
    """Each by its key, with the columns that differ, though nothing but sums of the rows was kept: it is taken back."""
    databases.execute(WRITES)
    event = "ddl_command_end WHEN TAG IN ('CREATE INDEX')"
    databases.execute(f"CREATE EVENT TRIGGER mine ON {event} EXECUTE FUNCTION mine()")
    arguments = ("upgrade", "head", *databases.options, "--yes", "--evidence", "full", "--max-rows", "2")
    document = run_json(*arguments)
    schemas.validate(document)
    assert (document["exit_code"], document["error"]["type"]) == (3, "RowsDiffer")
    ratings, subscribers = document["error"]["rows"]["failures"]
    assert (ratings["table"], ratings["missing"], len(ratings["missing_keys"])) == ("AM_API_RATINGS", 2, 2)
    assert ratings["missing_keys"][0].keys() == {"RATING_ID"}
    assert ratings["reason"] == "4 rows became 0; 2 missing; at least one row differs in each of 2 more groups"
    assert [row["columns"] for row in subscribers["changed"]] == [["TENANT_ID", "EMAIL_ADDRESS"]] * 2
    key = subscribers["changed"][0]["key"]["SUBSCRIBER_ID"]
    assert f"changed: (SUBSCRIBER_ID={key}) in TENANT_ID and EMAIL_ADDRESS, (SUBSCRIBER_ID=" in run(*arguments).stderr
    databases.execute("DROP FUNCTION mine() CASCADE")
    assert run(*arguments).exit_code == 0


def test_a_rehearsal_changes_nothing(run: Run, run_json: RunJson, databases: Databases) -> None:
    result = run("upgrade", "head", *databases.options, "--rehearse")
    assert result.exit_code == 0
    assert f"statements from {FIRST} to {HEAD} went through" in result.stdout
    assert databases.execute("SELECT to_regclass('alembic_version_apim')") == [(None,)]
    apim, shared = run_json("upgrade", "head", *databases.options, "--rehearse")["rehearsals"]
    assert (apim["database"], apim["from"], apim["to"], shared["statements_executed"]) == ("apim", FIRST, HEAD, 0)
    done = run_json("upgrade", "head", *databases.options)["databases"][0]
    assert apim["statements_executed"] == done["statements_executed"]
    assert run("upgrade", "head", *databases.options, "--rehearse", "--create").exit_code == 2


def heed_ctrl_c() -> None:
    """A shell starts what runs in the background with SIGINT ignored, and so would be our child."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_ctrl_c(databases: Databases) -> None:
    """Held up by a lock, interrupted, rolled back."""
    command = [sys.executable, "-c", "from apim_schema.cli import main; main()", "upgrade", "head", *databases.options]
    with sa.create_engine(databases.apim, poolclass=sa.NullPool).begin() as blocker:
        blocker.exec_driver_sql("LOCK TABLE am_api IN ACCESS SHARE MODE")
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=heed_ctrl_c
        )
        waiting = (
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        )
        deadline = time.monotonic() + 60
        while not databases.execute(waiting)[0][0] and time.monotonic() < deadline:
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, "")
    assert err.endswith("apim-schema: apim: interrupted. Rolled back, the database is as before\n")
    assert databases.execute("SELECT to_regclass('alembic_version_apim')") == [(None,)]


def alembic(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "alembic", "-c", str(chain.ini_file()), *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | variables,
    )


def test_plain_alembic(databases: Databases, run_json: RunJson) -> None:
    done = alembic("-x", f"url={databases.apim}", "upgrade", "head")
    assert done.returncode == 0
    assert "proven" in done.stdout
    same = like_the_first("postgresql", "shared")[-1]
    done = alembic("-n", "shared", "upgrade", same, APIM_SCHEMA_SHARED_URL=databases.shared)
    assert done.returncode == 0
    assert "nothing to do" in done.stdout
    assert f"{HEAD} (head)" in alembic("-x", f"url={databases.apim}", "current").stdout
    assert run_json("status", *databases.options)["databases"][0]["stamped"] == HEAD


def test_plain_alembic_stamps_offline(databases: Databases) -> None:
    done = alembic("-x", "dialect=mysql", "stamp", FIRST, "--sql")
    assert done.returncode == 0
    assert f"INSERT INTO alembic_version_apim (version_num) VALUES ('{FIRST}');" in done.stdout
    assert "ALTER" not in done.stdout


@pytest.mark.parametrize(
    ("arguments", "message", "code"),
    [
        (["upgrade", "head"], "no database: say -x url=URL or -x env=NAME", 2),
        (["-x", "url=postgresql://h/d", "upgrade", "head", "--sql"], "a script needs its dialect: -x dialect=NAME", 2),
        (["-x", "url=postgresql://h/d", "upgrade", "4.9"], "unknown release '4.9' of apim", 2),
        (["-x", "url=postgresql://h/d", "downgrade", "base"], "unknown release 'base' of apim", 2),
        (["-n", "apim", "-x", "url=postgresql://h/d", "upgrade", "head"], "No 'script_location' key found", 255),
    ],
)
def test_plain_alembic_says_what_is_wrong(arguments: list[str], message: str, code: int) -> None:
    done = alembic(*arguments)
    assert done.returncode == code
    assert message in done.stdout + done.stderr
