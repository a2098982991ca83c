"""`plan`: the review on the command line, in all of its forms."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from click.testing import Result

from tests.cli.conftest import Databases
from tests.releases import FIRST, HEAD

Run = Callable[..., Result]
RunJson = Callable[..., Any]

SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "schemas" / "plan.json").read_text())
CHECKER = jsonschema.Draft202012Validator(SCHEMA, format_checker=jsonschema.FormatChecker())
BINARY = "AM_API_OPERATION_POLICY_MAPPING"


def test_json_is_as_its_schema_says(run_json: RunJson, databases: Databases) -> None:
    document = run_json("plan", *databases.options)
    CHECKER.validate(document)
    apim, shared = document["databases"]
    assert (apim["from"], apim["to"], apim["transactional"], document["exit_code"]) == (FIRST, HEAD, True, 0)
    assert shared["outlook"] == "nothing to do" or shared["statements"]
    assert [s["number"] for s in apim["statements"]] == list(range(1, len(apim["statements"]) + 1))
    assert apim["totals"]["statements"] == len(apim["statements"]) > 90
    rebuilt = {s["table"] for s in apim["statements"] if s["work"] == "rebuild"}
    assert BINARY in rebuilt
    assert apim["totals"]["tables_written_anew"] == len(rebuilt)
    assert {s["source"].partition("://")[0] for s in apim["statements"]} == {"https"}


def test_the_schema_finds_what_is_not_as_it_says(run_json: RunJson, databases: Databases) -> None:
    document = run_json("plan", *databases.options, "--database", "apim")
    document["databases"][0]["statements"][0]["work"] = "some"
    with pytest.raises(jsonschema.ValidationError, match="some"):
        CHECKER.validate(document)


def test_text_fits_a_terminal_of_80_columns(run: Run, run_json: RunJson, databases: Databases) -> None:
    result = run("plan", *databases.options)
    assert (result.exit_code, result.stderr) == (0, "")
    assert max(map(len, result.stdout.splitlines())) <= 80
    (apim, _) = run_json("plan", *databases.options)["databases"]
    told = " ".join(result.stdout.split())
    for statement in apim["statements"]:
        assert f" {statement['number']} {statement['changes'][0]}" in told
    assert f"{FIRST}, published 2023-03-11" in told
    assert re.search(r"writers blocked +\S", result.stdout)


def test_sql_is_the_statements_below_one_line_each(run: Run, run_json: RunJson, databases: Databases) -> None:
    result = run("plan", *databases.options, "--database", "apim", "--sql")
    assert result.exit_code == 0
    (apim,) = run_json("plan", *databases.options, "--database", "apim")["databases"]
    comments = [line for line in result.stdout.splitlines() if re.match(r"-- \d+\. ", line)]
    bare = [part for part in re.split(r"^(?:--.*)?\n", result.stdout, flags=re.MULTILINE) if part.strip()]
    assert len(comments) == len(apim["statements"])
    assert [part.rstrip(";\n") for part in bare] == [s["sql"].rstrip(";") for s in apim["statements"]]
    assert "lock ACCESS EXCLUSIVE blocks reads and writes" in next(line for line in comments if BINARY in line)


def test_a_name_with_a_line_break_ends_no_comment(run: Run, databases: Databases) -> None:
    databases.execute('ALTER INDEX idx_sub_app_id RENAME TO "x\n; DROP TABLE am_api; --"')
    result = run("plan", *databases.options, "--database", "apim", "--sql")
    assert [line for line in result.stdout.splitlines() if line.startswith("; DROP")] == []


def test_what_preflight_forbids_is_shown(run: Run, run_json: RunJson, databases: Databases, tmp_path: Path) -> None:
    run("upgrade", "4.5.0", *databases.options)
    databases.execute("ALTER TABLE am_application_registration ADD CONSTRAINT mine CHECK (inputs <> 'forbidden')")
    file = tmp_path / "review.html"
    document = run_json("plan", *databases.options, "--html", file)
    apim = document["databases"][0]
    CHECKER.validate(document)
    assert (document["exit_code"], apim["outlook"]) == (1, "forbidden")
    (finding,) = [f for f in apim["findings"] if f["level"] == "block"]
    assert (finding["table"], "mine" in finding["problem"]) == ("AM_APPLICATION_REGISTRATION", True)
    assert apim["statements"]
    text = run("plan", *databases.options)
    assert text.exit_code == 1
    assert "It must not run yet" in text.stdout
    assert "It must not run yet" in file.read_text()


def test_rows_that_would_not_survive_are_named(run: Run, run_json: RunJson, databases: Databases) -> None:
    run("upgrade", "4.5.0", *databases.options)
    databases.execute(
        "INSERT INTO am_api_endpoints (api_uuid, endpoint_uuid, endpoint_name, endpoint_config, organization) "
        "SELECT api_uuid, repeat('x', 101), 'long', '', 'carbon.super' FROM am_api LIMIT 1"
    )
    (finding,) = [f for f in run_json("plan", *databases.options)["databases"][0]["findings"] if f["level"] == "block"]
    assert finding["rows"] == len(finding["keys"]) == 1


def test_what_is_in_already_is_no_statement(run_json: RunJson, databases: Databases) -> None:
    databases.execute("ALTER TABLE am_api ADD COLUMN api_subtype varchar(10)")
    apim = run_json("plan", *databases.options)["databases"][0]
    assert {"release": "4.4.0", "change": "add column AM_API.API_SUBTYPE"} in apim["already_in"]
    assert not any("add column AM_API.API_SUBTYPE" in s["changes"] for s in apim["statements"])


def test_a_database_that_is_no_release_is_refused(run_json: RunJson, empty: str, tmp_path: Path) -> None:
    file = tmp_path / "review.html"
    document = run_json("plan", "--apim-url", empty, "--html", file)
    assert (document["exit_code"], document["error"]["type"]) == (3, "NotRecognised")
    assert not file.exists()


def test_a_file_that_cannot_be_written(run_json: RunJson, databases: Databases, tmp_path: Path) -> None:
    document = run_json("plan", *databases.options, "--html", tmp_path / "no" / "review.html")
    assert document["exit_code"] == 2
    assert "can't write" in document["error"]["message"]


@pytest.mark.parametrize(("until", "told"), [("2020-01-01", "support ended"), ("2199-01-01", "supported until")])
def test_the_end_of_support_is_as_stated(
    until: str, told: str, run: Run, run_json: RunJson, databases: Databases, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    Path("environments.toml").write_text(f'[support]\n"{FIRST}" = {until}\n')
    apim = run_json("plan", *databases.options)["databases"][0]
    assert {"release": FIRST, "published": "2023-03-11", "supported_until": until} in apim["ages"]
    assert any(told in f["problem"] for f in apim["findings"]) == (told == "support ended")
    assert told in run("plan", *databases.options).stdout


def test_the_end_of_support_is_a_date(run_json: RunJson, databases: Databases, tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('[support]\n"4.2.0" = "soon"\n')
    document = run_json("plan", *databases.options, "--environments", file)
    assert document["exit_code"] == 2
    assert "4.2.0 in [support]" in document["error"]["message"]
    assert "(line 2) must be a date" in document["error"]["message"]
    assert run_json("env", "list", "--environments", file)["databases"] == []
