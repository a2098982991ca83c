"""Names and values that hold what a terminal obeys, or what would begin a line: they are told, on one line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from apim_schema import accept, sqltext
from tests.cli.conftest import Databases

Run = Callable[..., Result]
RunJson = Callable[..., Any]

EVIL = "x\napim: proven\t\x1b[31m\u202e; DROP TABLE am_api; --"
SHOWN = r"x\napim: proven\t\x1b[31m\u202e; DROP TABLE am_api; --"
MADE = f"""
ALTER TABLE am_api ADD COLUMN "{EVIL}" integer;
CREATE TABLE "{EVIL}." ("{EVIL}" text PRIMARY KEY);
INSERT INTO "{EVIL}." VALUES ('{EVIL}');
ALTER INDEX idx_sub_app_id RENAME TO "{EVIL}:";
ALTER TABLE am_application ALTER name SET DEFAULT '{EVIL}';
CREATE VIEW "{EVIL}!" AS SELECT inputs FROM am_application_registration"""
"""The customer's own of each kind, a default, and a view that is in the way of a release."""

ANSWERS: dict[str, tuple[Sequence[str], int]] = {
    "status": (["status"], 0),
    "plan": (["plan"], 1),
    "repair": (["repair"], 0),
    "verify": (["verify", "--against", "{folder}/before"], 1),
    "upgrade": (["upgrade", "head"], 3),
}


@pytest.fixture
def evil(run: Run, databases: Databases, tmp_path: Path) -> Sequence[str]:
    """A database that is full of such names, and a row of it that has changed since a snapshot."""
    databases.execute(MADE)
    options = ["--apim-url", databases.apim]
    assert run("snapshot", "-o", tmp_path / "before", *options).exit_code == 0
    databases.execute(f"""UPDATE "{EVIL}." SET "{EVIL}" = '{EVIL}2'""")
    return options


@pytest.mark.parametrize("verb", ANSWERS)
def test_no_name_writes_a_line_or_reaches_the_terminal(
    verb: str, evil: Sequence[str], run: Run, tmp_path: Path
) -> None:
    arguments, code = ANSWERS[verb]
    result = run(*(part.format(folder=tmp_path) for part in arguments), *evil)
    assert result.exit_code == code, result.output
    told = "".join(result.output.split())
    assert "".join(SHOWN.split()).lower() in told.lower()
    assert not {sign for sign in result.output if not sign.isprintable()} - {"\n"}
    assert not [line for line in result.output.splitlines() if line.lower().startswith("apim: proven")]


def test_what_the_server_says_begins_no_line_either(run: Run, databases: Databases) -> None:
    says = EVIL.replace("\n", "\\n").replace("\t", "\\t").replace("\x1b", "\\x1b")
    databases.execute(
        "CREATE FUNCTION mine() RETURNS event_trigger LANGUAGE plpgsql AS "
        f"$f$ BEGIN RAISE EXCEPTION E'{says}'; END $f$; CREATE EVENT TRIGGER mine ON ddl_command_end "
        "WHEN TAG IN ('ALTER TABLE') EXECUTE FUNCTION mine()"
    )
    for option in ("--yes", "--rehearse"):
        result = run("upgrade", "head", option, "--apim-url", databases.apim)
        assert result.exit_code == 3
        assert "\n  apim: proven\\t\\x1b[31m" in result.output
        assert "\napim: proven" not in result.output
        assert "\x1b" not in result.output


def test_no_name_ends_a_comment(evil: Sequence[str], run: Run, tmp_path: Path) -> None:
    script = tmp_path / "mend.sql"
    assert run("repair", *evil, "--sql", script).exit_code == 0
    for text in (script.read_text(), run("plan", *evil, "--sql").stdout, sqltext.commented(f"-- 1. {EVIL * 9}")):
        comments = [line for line in text.splitlines() if line.startswith("--")]
        assert not [line for line in text.splitlines() if line.lower().startswith("apim: proven")]
        assert all(comment.isprintable() for comment in comments)


def test_the_page_shows_them(evil: Sequence[str], run: Run, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    run("plan", *evil, "--html", page)
    text = page.read_text()
    assert r"\x1b[31m\u202e" in text.lower()
    assert not {"\x1b", "\u202e"} & set(text)


def test_programs_read_them_as_they_are(evil: Sequence[str], run: Run, run_json: RunJson, tmp_path: Path) -> None:
    (database,) = run_json("verify", *evil)["databases"]
    assert EVIL.upper() in "\n".join(entry["name"] for entry in database["differences"]).upper()


def test_an_accept_list_has_them_too(evil: Sequence[str], run: Run, databases: Databases, tmp_path: Path) -> None:
    file, name = tmp_path / "accept.toml", f"{EVIL}\x7f"
    databases.execute(
        f"ALTER TABLE am_subscriber ALTER date_subscribed TYPE text, ALTER date_subscribed SET DEFAULT '{name}'"
    )
    assert run("status", *evil, "--write-accept", file).exit_code == 0
    (entry,) = accept.read(file)["apim"]
    assert name in entry
