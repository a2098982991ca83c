"""Scripts are made without a database, the same ones each time and behind each door, and are read by people.

`make golden` writes `golden/` anew; what changed there is for review.
"""

from __future__ import annotations

import hashlib
import itertools
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from apim_schema import chain, flavours, script
from apim_schema.cli import main
from apim_schema.errors import UsageError
from apim_schema.schema import Server
from tests.releases import FIRST, HEAD

GOLDEN = Path(__file__).parent / "golden"
REWRITE = "APIM_SCHEMA_TEST_REWRITE"
FLAVOURS = [
    flavour
    for flavour, dialect in flavours.FLAVOURS.items()
    if (flavours.catalogs(flavour).parent / "script.py").exists()
]
each_flavour = pytest.mark.parametrize("flavour", FLAVOURS)
both_databases = pytest.mark.parametrize("database", chain.DATABASES)


def single_steps() -> list[tuple[str, str, str, str]]:
    return [
        (flavour, database, start, target)
        for flavour, database in itertools.product(FLAVOURS, chain.DATABASES)
        if chain.has_script(flavour, database)
        for start, target in itertools.pairwise(chain.since(flavour, database))
    ]


def back() -> list[tuple[str, str, str, str]]:
    """From the one release that converts columns; the statements of all others are those of some way up."""
    return [(flavour, "apim", "4.6.0", "4.5.0") for flavour in FLAVOURS if "4.5.0" in chain.since(flavour, "apim")]


def golden(flavour: str, database: str, start: str, target: str) -> Path:
    name = f"{database}-{start}-back" if chain.goes_back(database, start, target) else f"{database}-{target}"
    return GOLDEN / flavour / f"{name}.sql"


def body(text: str) -> str:
    """A script without the head, which names the version of the tool."""
    return text.split("\n", 3)[3]


@pytest.mark.parametrize(("flavour", "database", "start", "target"), [*single_steps(), *back()])
def test_golden(flavour: str, database: str, start: str, target: str) -> None:
    path = golden(flavour, database, start, target)
    made = body(script.render(flavour, database, start, target))
    if os.environ.get(REWRITE):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(made)
    assert path.read_text() == made, "a script has changed: if that is meant, `make golden`, and review the difference"


def test_no_golden_script_is_left_over() -> None:
    assert {*GOLDEN.rglob("*.sql")} == {golden(*step) for step in (*single_steps(), *back())}


@each_flavour
@both_databases
def test_every_pair_of_releases(flavour: str, database: str) -> None:
    for start, target in itertools.combinations(chain.since(flavour, database), 2):
        text = script.render(flavour, database, start, target)
        assert text == script.render(flavour, database, start, target)
        assert text.isascii()
        assert f"API Manager {database}: {start} to {target}, {flavour}" in text.splitlines()[0]
        releases = re.findall(r"^-- ==== (\d+\.\d+\.\d+):", text, re.MULTILINE)
        assert tuple(releases) == chain.between(database, start, target)
        assert all(f"'{release}'" in text for release in releases)


@each_flavour
@both_databases
def test_a_script_reads_well(flavour: str, database: str) -> None:
    """Its head says all that a person has to know who has nothing else, and no line is long but for what it quotes."""
    text = script.render(flavour, database, chain.first(flavour, database), HEAD)
    assert [line for line in text.splitlines() if len(re.sub(r"'[^']*('|$)", "''", line)) > 120] == []
    titles = ("HOW TO RUN IT", "WHAT IT DOES TO THE TABLES THAT STAND", "IF IT STOPS", "THE WAY BACK")
    assert [title for title in titles if f"\n-- {title}\n" not in text] == []
    assert "backup" in text
    assert "upgrade.sql" in text


def test_what_mends_a_live_schema_costs_what_it_costs_there() -> None:
    live = replace(chain.expected("mysql", "apim", "4.5.0"), server=Server("MySQL", (5, 7, 44)))
    changes = [change for change in chain.changes("mysql", "apim", "4.6.0") if change.table == "AM_API_URL_MAPPING"]
    text = script.mending(live, "apim", "4.5.0", changes)
    assert "--   At its dearest on MySQL 5.7.44.\n--   AM_API_URL_MAPPING  writes every row anew" in text
    assert "--   for a moment: AM_API_URL_MAPPING" in script.mending(
        replace(live, server=None), "apim", "4.5.0", changes
    )


@each_flavour
def test_the_head_has_the_digest_of_the_rest(flavour: str) -> None:
    text = script.render(flavour, "apim", chain.first(flavour, "apim"), HEAD)
    digest = text.splitlines()[2].removeprefix("-- ")
    assert digest == hashlib.sha256(body(text).encode()).hexdigest()


@each_flavour
def test_schema_qualifies_every_table(flavour: str) -> None:
    text = script.render(flavour, "apim", chain.first(flavour, "apim"), HEAD, "Carbon DB")
    bare = re.findall(
        r"(?:ALTER TABLE|CREATE TABLE|REFERENCES|FROM|INTO|UPDATE) [`\"\[]?(?:AM|IDN|GOV|alembic)_\w+", text
    )
    assert bare == []


def test_psql_finds_no_variables() -> None:
    """Outside of quotes, psql takes `:name` for a variable and a backslash for one of its commands."""
    for database in chain.DATABASES:
        text = script.render("postgresql", database, FIRST, HEAD)
        outside = re.sub(r"'[^']*'|\$(\w*)\$.*?\$\1\$|--[^\n]*", "", text, flags=re.DOTALL)
        assert re.findall(r"(?<!:):\w+", outside) == []
        assert re.findall(r"\\.*", outside) == [r"\set ON_ERROR_STOP on"]


@each_flavour
@both_databases
def test_the_same_behind_each_door(flavour: str, database: str, tmp_path: Path) -> None:
    start = chain.first(flavour, database)
    text = script.render(flavour, database, start, HEAD, "carbon")
    arguments = ["--dialect", flavour, "--database", database, "--from", start, "--schema", "carbon"]
    assert CliRunner().invoke(main, ["sql", *arguments]).stdout == text
    alembic = ["-n", chain.SECTIONS[database], "-x", f"dialect={flavour}", "-x", "schema=carbon"]
    done = offline(tmp_path, *alembic, "upgrade", f"{start}:head", "--sql")
    assert (done.returncode, done.stdout, done.stderr) == (0, text, "")


def offline(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Alembic's own command line, with no database configured and from an empty folder."""
    bare = {name: value for name, value in os.environ.items() if not name.startswith("APIM_SCHEMA_")}
    command = [sys.executable, "-m", "alembic", "-c", str(chain.ini_file()), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=bare, cwd=folder)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-x", "dialect=mysql", "upgrade", "4.3.0:4.3.0"], "there is nothing between 4.3.0 and 4.3.0"),
        (["-x", "dialect=mysql", "upgrade", "4.4.0:4.3.0"], "there is nothing between 4.4.0 and 4.3.0"),
        (["-x", "dialect=mysql", "upgrade", "head"], "a script needs the release to start from"),
        (["-x", "dialect=mysql", "upgrade", "4.2.0:4.9.9"], "unknown release '4.9.9'"),
        (["-x", "dialect=sqlite", "upgrade", "4.2.0:head"], "unknown dialect 'sqlite'"),
        (["upgrade", "4.2.0:head"], "a script needs its dialect"),
        (["-x", "dialect=mysql", "downgrade", "4.2.0:4.3.0"], "there is nothing between 4.2.0 and 4.3.0"),
    ],
)
def test_alembic_says_what_is_wrong_and_prints_no_script(tmp_path: Path, arguments: list[str], message: str) -> None:
    done = offline(tmp_path, *arguments, "--sql")
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr


@pytest.mark.parametrize(
    ("flavour", "database", "start", "target", "message"),
    [
        ("sqlite", "apim", "4.2.0", "4.3.0", "unknown dialect 'sqlite'"),
        ("mysql", "apim", "4.2", "4.3.0", r"unknown release '4\.2'"),
        ("mysql", "apim", "4.1.0", "4.3.0", r"unknown release '4\.1\.0'"),
        ("mysql", "shared", "4.4.0", "4.4.0", "there is nothing between"),
        ("oracle_23c", "apim", HEAD, "4.2.0", r"the vendor's script for oracle_23c begins with 4\.3\.0"),
        ("oracle_23c", "apim", "4.2.0", "4.3.0", r"the vendor's script for oracle_23c begins with 4\.3\.0"),
    ],
)
def test_what_no_script_leads_to(flavour: str, database: str, start: str, target: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        script.render(flavour, database, start, target)
