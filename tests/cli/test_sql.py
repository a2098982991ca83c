"""`sql`: the script on stdout, in a file or in a document, and nothing of it where there is an error."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from apim_schema import script
from tests.releases import HEAD

Run = Callable[..., Result]
RunJson = Callable[..., Any]
ARGUMENTS = ("sql", "--dialect", "postgresql", "--database", "apim", "--from", "4.5.0")


def test_stdout_holds_the_script_and_nothing_else(run: Run) -> None:
    result = run(*ARGUMENTS, "--to", "4.6.0")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == script.render("postgresql", "apim", "4.5.0", "4.6.0")


def test_to_the_newest_release_unless_told(run: Run) -> None:
    assert run(*ARGUMENTS).stdout == script.render("postgresql", "apim", "4.5.0", HEAD)


def test_a_file(run: Run, tmp_path: Path) -> None:
    result = run(*ARGUMENTS, "-o", tmp_path / "upgrade.sql", "--schema", "carbon")
    assert (result.exit_code, result.stderr) == (0, "")
    assert f"written to {tmp_path}" in result.stdout.replace("\n", "")
    assert (tmp_path / "upgrade.sql").read_text() == script.render("postgresql", "apim", "4.5.0", HEAD, "carbon")


def test_a_document(run_json: RunJson) -> None:
    document = run_json(*ARGUMENTS)
    assert document == {
        "schema_version": 1,
        "verb": "sql",
        "dialect": "postgresql",
        "database": "apim",
        "from": "4.5.0",
        "to": HEAD,
        "script": script.render("postgresql", "apim", "4.5.0", HEAD),
        "file": None,
        "exit_code": 0,
    }


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--to", "4.5.0"], "there is nothing between 4.5.0 and 4.5.0"),
        (["--to", "4.9.9"], "unknown release '4.9.9'"),
        (["--from", "4.5"], "unknown release '4.5'"),
        (["--dialect", "h2"], "'h2' is not one of"),
    ],
)
def test_an_error_leaves_stdout_empty_and_no_file(run: Run, tmp_path: Path, arguments: list[str], message: str) -> None:
    result = run(*ARGUMENTS, *arguments, "-o", tmp_path / "upgrade.sql")
    assert (result.exit_code, result.stdout) == (2, "")
    assert message in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_cannot_be_written(run: Run, tmp_path: Path) -> None:
    result = run(*ARGUMENTS, "-o", tmp_path / "missing" / "upgrade.sql")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "can't write" in result.stderr
