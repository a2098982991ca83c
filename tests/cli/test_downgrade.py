"""`downgrade` and the plan of one: refused by name, insisted on, and said in documents as their schemas have them."""

from __future__ import annotations

import json
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
SCHEMAS = Path(__file__).parents[2] / "docs" / "schemas"


def checked(document: Any) -> Any:
    """A document that is as its verb's schema says."""
    schema = json.loads((SCHEMAS / f"{document['verb']}.json").read_text())
    jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker()).validate(document)
    return document


@pytest.fixture
def newest(run: Run, databases: Databases) -> list[str]:
    """The options of an apim database at the newest release, in which something was written since."""
    assert run("upgrade", HEAD, "--yes", "--apim-url", databases.apim).exit_code == 0
    databases.execute("UPDATE AM_API SET API_DISPLAY_NAME = 'new'")
    return ["--apim-url", databases.apim]


def test_what_would_be_lost_is_named_and_lost_by_who_insists(
    run: Run, run_json: RunJson, newest: list[str], tmp_path: Path
) -> None:
    (planned,) = checked(run_json("plan", FIRST, *newest))["databases"]
    assert (planned["verb"], planned["from"], planned["to"]) == ("downgrade", HEAD, FIRST)
    assert (planned["outlook"], planned["product"]) == ("forbidden", [])
    refused = checked(run_json("downgrade", FIRST, *newest))
    (finding,) = (f for f in refused["error"]["findings"] if f["level"] == "block")
    assert (refused["exit_code"], finding["table"], finding["rows"]) == (3, "AM_API", 4)
    assert "API_DISPLAY_NAME is dropped" in finding["problem"]
    assert "--discard-new-data" in refused["error"]["way_out"]
    (planned,) = checked(run_json("plan", FIRST, "--discard-new-data", *newest))["databases"]
    assert [f["problem"] for f in planned["findings"] if f["level"] == "warn"] == [finding["problem"]]
    page = tmp_path / "page.html"
    (done,) = checked(run_json("downgrade", FIRST, "--discard-new-data", "--report", page, *newest))["databases"]
    assert (done["from"], done["to"], done["rows"]["verdict"]) == (HEAD, FIRST, "proven")
    assert "AM_API.API_DISPLAY_NAME" in done["rows"]["columns_left_out"]
    assert "of a schema downgrade" in page.read_text()
    assert "The rest of the product" not in page.read_text()
    assert run("status", FIRST, "--check", *newest).exit_code == 0


def test_it_is_rehearsed(run: Run, newest: list[str], databases: Databases) -> None:
    databases.execute("UPDATE AM_API SET API_DISPLAY_NAME = NULL")
    result = run("downgrade", "4.5.0", "--rehearse", *newest)
    assert (result.exit_code, f"from {HEAD} to 4.5.0 went through" in result.stdout) == (0, True), result.output


def test_what_leads_up_is_an_upgrade(run: Run, databases: Databases) -> None:
    result = run("downgrade", HEAD, "--apim-url", databases.apim)
    assert (result.exit_code, f"`upgrade {HEAD}` leads there" in result.stderr) == (3, True)


def test_what_is_in_the_way_is_said_once(run: Run, newest: list[str], databases: Databases) -> None:
    """A column that a change stumbles over is breaking drift as well, and a refused run has no drift that stays."""
    databases.execute("ALTER TABLE am_application_registration ALTER inputs TYPE date USING NULL")
    databases.execute("ALTER TABLE am_llm_provider_model ALTER model_name TYPE date USING NULL")
    for arguments in (["plan", FIRST], ["plan", "4.5.0"], ["downgrade", "4.5.0", "--yes"], ["upgrade", HEAD, "--yes"]):
        result = run(*arguments, *newest)
        assert result.exit_code == 3
        assert result.output.count("AM_APPLICATION_REGISTRATION.INPUTS") == 1, result.output
        assert result.output.count("AM_LLM_PROVIDER_MODEL.MODEL_NAME") == (arguments != ["plan", FIRST])
