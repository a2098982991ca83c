"""`repair` on the command line: shown, written as a script, or executed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from click.testing import Result

from tests.cli.conftest import Databases
from tests.releases import FIRST

Run = Callable[..., Result]
RunJson = Callable[..., Any]


def test_shown_written_and_applied(run: Run, run_json: RunJson, databases: Databases, tmp_path: Path) -> None:
    apim = ("--apim-url", databases.apim)
    databases.execute("ALTER TABLE am_api_comments DROP CONSTRAINT am_api_comments_api_id_fkey")
    databases.execute("ALTER TABLE am_application ALTER created_by TYPE varchar(300)")
    (shown,) = run_json("repair", *apim)["databases"]
    assert (shown["release"], shown["compared_with"]) == (FIRST, FIRST)
    assert [(d["class"], d["name"]) for d in shown["mended"]] == [("harmless", "AM_API_COMMENTS")]
    assert [left["difference"]["name"] for left in shown["left"]] == ["AM_APPLICATION.CREATED_BY"]
    script = tmp_path / "mend.sql"
    assert run("repair", *apim, "--sql", str(script)).exit_code == 0
    assert f"{shown['statements'][0]['sql'].replace('public.', '')};" in script.read_text()
    assert run("repair", *apim, "--sql", str(script), "--apply").exit_code == 2
    assert run("verify", *apim, "--strict").exit_code == 1
    (applied,) = run_json("repair", *apim, "--apply")["repaired"]
    assert (applied["statements_executed"], applied["rows"]["verdict"]) == (1, "proven")
    assert [d["name"] for d in applied["differences"]] == ["AM_APPLICATION.CREATED_BY"]
    text = run("repair", *apim)
    assert text.exit_code == 0
    assert "it would have to be made narrower" in text.stdout


def test_what_breaks_and_stays_is_told_by_the_exit_code(run: Run, databases: Databases) -> None:
    databases.execute("ALTER TABLE am_subscriber ALTER date_subscribed TYPE timestamptz")
    result = run("repair", "--apim-url", databases.apim)
    assert result.exit_code == 1
    assert f"apim: compared with {FIRST}, the nearest release" in result.stdout
    refused = run("repair", "--apim-url", databases.apim, "--apply")
    assert refused.exit_code == 3
    assert f"say what it is by `adopt --as {FIRST}`" in refused.stderr


def test_an_accept_list_goes_round(run: Run, run_json: RunJson, databases: Databases, tmp_path: Path) -> None:
    apim, file = ("--apim-url", databases.apim), str(tmp_path / "accept.toml")
    databases.execute("ALTER TABLE am_subscriber ALTER date_subscribed TYPE timestamptz")
    assert run("adopt", *apim, "--as", FIRST).exit_code == 2
    assert run("adopt", *apim, "--as", FIRST, "--yes").exit_code == 0
    assert run("verify", *apim).exit_code == 1
    assert run("status", *apim, "--write-accept", file).exit_code == 0
    assert "already" in run("status", *apim, "--write-accept", file).stderr
    (found,) = run_json("verify", *apim, "--strict", "--accept", file)["databases"]
    assert [(d["class"], d["name"]) for d in found["differences"]] == [("accepted", "AM_SUBSCRIBER.DATE_SUBSCRIBED")]
    assert run("verify", *apim, "--strict", "--accept", file).exit_code == 0
    (tmp_path / "accept.toml").write_text('[apim]\naccept = ["column AM_API.NONE: missing", 7]\n')
    assert "must be a list of texts" in run("verify", *apim, "--accept", file).stderr
    (tmp_path / "accept.toml").write_text('[apim]\naccepted = ["column AM_API.NONE: missing"]\n')
    assert run("verify", *apim, "--accept", file).exit_code == 2


def test_how_rows_are_proven_is_of_apply_only(run: Run) -> None:
    for option, value in (("--evidence", "full"), ("--max-rows", "3"), ("--jobs", "2")):
        result = run("repair", "--apim-url", "postgresql://ada@db.example/apim", option, value)
        assert result.exit_code == 2
        assert f"{option} is of --apply: nothing is changed without it" in result.stderr
