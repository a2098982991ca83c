"""The JSON documents are as docs/schemas says, and docs/schemas is as their types say."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import Any

import click
import jsonschema
import msgspec
import pytest
from click.testing import Result

from apim_schema.cli import documents, main
from tests import schemas
from tests.cli.conftest import Databases
from tests.releases import HEAD

Run = Callable[..., Result]
RunJson = Callable[..., Any]

REWRITE = "APIM_SCHEMA_TEST_REWRITE"


def verbs(group: click.Group = main, before: str = "") -> set[str]:
    """All verbs, those of a group by both names."""
    found: set[str] = set()
    for name, command in group.commands.items():
        found |= verbs(command, f"{name} ") if isinstance(command, click.Group) else {before + name}
    return found


def test_every_verb_has_a_document() -> None:
    assert set(documents.TYPES) == verbs() | {None}


@pytest.mark.parametrize("verb", documents.TYPES, ids=str)
def test_the_schema_is_as_the_types_say(verb: documents.Verb) -> None:
    """With APIM_SCHEMA_TEST_REWRITE=1 the file is written anew."""
    file = schemas.FOLDER / documents.file_name(verb)
    wanted = json.dumps(documents.schema(verb), indent=2) + "\n"
    if os.environ.get(REWRITE):
        file.write_text(wanted)
    assert file.read_text() == wanted


def test_no_schema_is_of_a_verb_that_is_gone() -> None:
    assert {file.name for file in schemas.FOLDER.iterdir()} == set(map(documents.file_name, documents.TYPES))


def properties(schema: Any) -> set[str]:
    """The names of all fields in a schema, however deep."""
    found = set(schema.get("properties", ()))
    return found.union(*(properties(part) for part in schema.get("$defs", {}).values()))


def test_one_thing_has_one_name() -> None:
    names = set[str]().union(*(properties(documents.schema(verb)) for verb in documents.TYPES))
    others = {"drift", "start", "target", "from_release", "to_release", "same", "address", "obstacles", "executed"}
    assert {"differences", "findings", "from", "to", "recognised", "url", "statements_executed"} <= names
    assert names & others == set()


def test_a_document_says_what_it_is(run_json: RunJson, databases: Databases) -> None:
    document = run_json("status", *databases.options)
    assert (document["schema_version"], document["verb"]) == (documents.VERSION, "status")
    assert msgspec.convert(document, documents.TYPES["status"], strict=True)


def test_what_is_not_as_its_schema_says_is_found(run_json: RunJson, databases: Databases) -> None:
    document = run_json("status", *databases.options)
    spoilt: list[dict[str, Any]]
    spoilt = [{"verb": "plan"}, {"exit_code": 7}, {"drift": []}, {"databases": [{}]}, {"schema_version": 2}]
    for spoil in spoilt:
        with pytest.raises(jsonschema.ValidationError):
            schemas.checker("status").validate(document | spoil)


def test_several_environments(run_json: RunJson, databases: Databases, empty: str, tmp_path: Any) -> None:
    file = tmp_path / "environments.toml"
    urls = {"good": databases.apim, "wrong": empty, "later": databases.apim}
    file.write_text("".join(f'[{name}.apim]\nurl = "{url}"\n' for name, url in urls.items()))
    named = [part for name in urls for part in ("--env", name)]
    good, wrong, later = run_json("verify", *named, "--environments", file)["environments"]
    assert (good["exit_code"], len(good["databases"]), "error" in good) == (0, 1, False)
    assert (wrong["exit_code"], wrong["error"]["type"]) == (3, "NotRecognised")
    assert later == {"environment": "later", "begun": False}


def test_an_error_has_its_parts(run_json: RunJson, databases: Databases, empty: str) -> None:
    error = run_json("upgrade", HEAD, "--apim-url", empty)["error"]
    assert (error["type"], error["exit_code"]) == ("NotRecognised", 3)
    assert error["what"] == "apim is empty"
    assert error["way_out"] == "check the URL and the schema, or say --create for a fresh one"
    assert error["message"] == f"{error['what']}: {error['way_out']}"
    unknown = run_json("upgrade", "9.9.9", *databases.options)["error"]
    assert (unknown["what"], unknown["exit_code"]) == ("unknown release '9.9.9' of apim", 2)
    assert unknown["way_out"].startswith("choose one of 4.2.0")


@pytest.mark.parametrize(
    ("arguments", "verb"),
    [
        (["status", "--nope"], "status"),
        (["env", "check", "--nope"], "env check"),
        (["env", "nope"], "env"),
        (["nope"], None),
        (["sql", "--dialect", "mysql"], "sql"),
    ],
)
def test_wrong_arguments_have_a_document(arguments: list[str], verb: str | None, run_json: RunJson) -> None:
    document = run_json(*arguments)
    assert (document["exit_code"], document["error"]["type"], document["error"]["exit_code"]) == (2, "UsageError", 2)
    assert document["verb"] == (verb if verb in documents.TYPES else None)
    assert "--help" in document["error"]["way_out"]
