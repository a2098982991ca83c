"""Several environments in one command, and `env list`, `env check`, `env init`."""

from __future__ import annotations

import json
import os
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import Result

from apim_schema import environments
from apim_schema.errors import Unfinished
from tests.cli.conftest import Databases
from tests.releases import FIRST, HEAD

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

Run = Callable[..., Result]
RunJson = Callable[..., Any]


@pytest.fixture
def three(databases: Databases, empty: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Environments of a database of the first release, an empty one, and another of the first release."""
    monkeypatch.chdir(tmp_path)
    named = {"dev": ("apim", databases.apim), "uat": ("apim", empty), "prod": ("shared", databases.shared)}
    text = "".join(f'[{env}.{database}]\nurl = "{url}"\n' for env, (database, url) in named.items())
    (tmp_path / "environments.toml").write_text(text)
    return tmp_path


def test_one_after_the_other(run: Run, run_json: RunJson, three: Path) -> None:
    document = run_json("upgrade", "head", "--env", "dev", "--env", "prod")
    dev, prod = document["environments"]
    assert (dev["environment"], dev["begun"], dev["exit_code"]) == ("dev", True, 0)
    assert (dev["databases"][0]["database"], dev["databases"][0]["to"]) == ("apim", HEAD)
    assert (prod["environment"], prod["databases"][0]["database"]) == ("prod", "shared")
    assert document["exit_code"] == 0
    result = run("status", "--env", "prod", "--env", "dev", "--check")
    assert result.exit_code == 0
    lines = [line.split() for line in result.stdout.splitlines()]
    assert lines[-3:] == [["environment", "outcome", "exit", "code"], ["prod", "done", "0"], ["dev", "done", "0"]]


def test_one_environment_has_the_document_of_before(run_json: RunJson, three: Path) -> None:
    document = run_json("status", "--env", "dev")
    assert set(document) == {"schema_version", "verb", "databases", "exit_code"}


def test_the_first_failure_stops(run: Run, run_json: RunJson, databases: Databases, three: Path) -> None:
    options = ["--env", "uat", "--env", "dev"]
    document = run_json("upgrade", "head", *options)
    uat, dev = document["environments"]
    assert (uat["exit_code"], uat["error"]["type"], document["exit_code"]) == (3, "NotRecognised", 3)
    assert dev == {"environment": "dev", "begun": False}
    result = run("upgrade", "head", *options)
    assert result.exit_code == 3
    assert "apim-schema: apim is empty" in result.stderr
    assert result.stdout.splitlines()[-1].split() == ["dev", "not", "begun"]
    assert run_json("status", "--apim-url", databases.apim)["databases"][0]["release"] == FIRST


def test_keep_going(run_json: RunJson, three: Path) -> None:
    document = run_json("upgrade", "head", "--env", "uat", "--env", "dev", "--keep-going")
    uat, dev = document["environments"]
    assert (uat["exit_code"], dev["exit_code"], document["exit_code"]) == (3, 0, 3)
    assert dev["databases"][0]["to"] == HEAD


def test_a_mistake_in_the_last_is_found_before_the_first(
    run: Run, run_json: RunJson, databases: Databases, three: Path
) -> None:
    result = run("upgrade", "head", "--env", "dev", "--env", "live")
    assert result.exit_code == 2
    assert "has no environment 'live': it has dev, uat, prod" in result.stderr
    assert run_json("status", "--apim-url", databases.apim)["databases"][0]["release"] == FIRST


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["status", "--env", "dev", "--env", "dev"], "--env dev is given twice: leave one"),
        (["status", "--env", "dev", "--keep-going"], "--keep-going is for several environments"),
        (["status", "--env", "dev", "--parallel", "2"], "--parallel is for several environments"),
        (["snapshot", "-o", "x", "--env", "dev", "--env", "uat"], "the file of -o is of one environment"),
        (["repair", "--sql", "x", "--env", "dev", "--env", "uat"], "the file of --sql is of one environment"),
        (
            ["status", "--write-accept", "x", "--env", "dev", "--env", "uat"],
            "the file of --write-accept is of one environment",
        ),
        (["verify", "--against", "x", "--env", "dev", "--env", "uat"], "the file of --against is of one environment"),
        (["plan", "--html", "x", "--env", "dev", "--env", "uat"], "the file of --html is of one environment"),
        (
            ["upgrade", "head", "--report", "x", "--env", "dev", "--env", "uat"],
            "the file of --report is of one environment",
        ),
        (["status", "--env", "dev", "--apim-url", "postgresql://h/d"], "--env and a URL both name the database"),
    ],
)
def test_wrong_options(options: list[str], message: str, run: Run, three: Path) -> None:
    result = run(*options)
    assert (result.exit_code, message in result.stderr) == (2, True), result.stderr
    assert not (three / "x").exists()


@pytest.mark.parametrize(("error", "code"), [(None, 130), (Unfinished("half done", 1, 2), 4)])
def test_an_interruption_ends_it(
    error: Exception | None, code: int, run: Run, run_json: RunJson, three: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever it leaves: nobody who has asked for an end means the next one to begin."""

    def interrupt(*arguments: object) -> None:
        try:
            raise KeyboardInterrupt
        except KeyboardInterrupt as interrupted:
            raise error or interrupted from interrupted

    monkeypatch.setattr(sys.modules["apim_schema.cli.status"], "_look", interrupt)
    document = run_json("status", "--env", "dev", "--env", "prod", "--keep-going")
    assert [entry["begun"] for entry in document["environments"]] == [True, False]
    assert document["exit_code"] == code


def test_the_log_says_which_environment(run: Run, three: Path) -> None:
    run("status", "--env", "dev", "--env", "uat", "--log-file", "log")
    told = [json.loads(line) for line in Path("log").read_text().splitlines()]
    assert [entry.get("environment") for entry in told] == [None, "dev", "uat", None]


@pytest.fixture
def nobody() -> Any:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{taken.getsockname()[1]}"


def test_check(run: Run, run_json: RunJson, three: Path, nobody: str) -> None:
    file = three / "environments.toml"
    assert run("env", "check").exit_code == 0
    file.write_text(
        f"{file.read_text()}[away.apim]\nurl = 'postgresql://ada:s3cret@{nobody}/d'\n"
        "[drivers.apim]\nurl = 'mysql+mysqldb://ada:s3cret@h/d'\n[wrong.apim]\nurl = 3\n"
    )
    document = run_json("env", "check")
    dev, uat, prod, away, drivers, wrong = document["databases"]
    assert (dev["environment"], dev["database"], dev["release"]) == ("dev", "apim", FIRST)
    assert dev["server"].startswith("PostgreSQL 1")
    assert (uat["release"], "apim is empty" in uat["problem"]) == (None, True)
    assert (prod["database"], prod["problem"]) == ("shared", None)
    assert (away["server"], "can't connect to" in away["problem"]) == (None, True)
    assert "the driver 'MySQLdb' of" in drivers["problem"]
    assert "(line 12) must be a text" in wrong["problem"]
    assert document["exit_code"] == 2
    result = run("env", "check", "--env", "away", "--env", "dev")
    assert result.exit_code == 2
    assert "not reached" in result.stdout
    assert "s3cret" not in result.output
    assert run("env", "check", "--env", "dev").exit_code == 0


def test_a_driver_that_is_not_installed(run_json: RunJson, three: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the way to get it."""
    (three / "environments.toml").write_text("[prod.apim]\nurl = 'jdbc:oracle:thin:ada/s3cret@//db:1521/apim'\n")
    monkeypatch.setitem(sys.modules, "oracledb", None)
    (found,) = run_json("env", "check")["databases"]
    assert found["problem"].endswith("is not installed: pip install 'apim-schema[oracle]'")


def test_what_a_login_lacks(run: Run, run_json: RunJson, databases: Databases, three: Path) -> None:
    """It is named before anybody begins an upgrade with it."""
    login = f"reader_{os.getpid()}"
    databases.execute(f"CREATE ROLE {login} LOGIN")
    databases.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {login}")
    try:
        url = sa.make_url(databases.apim).set(username=login).render_as_string(hide_password=False)
        (three / "environments.toml").write_text(f"[dev.apim]\nurl = '{url}'\n")
        document = run_json("env", "check")
        (found,) = document["databases"]
        assert (found["release"], found["problem"], document["exit_code"]) == (FIRST, None, 1)
        assert any("owner" in finding["problem"] for finding in found["findings"])
        result = run("env", "check")
        assert "dev, apim: in the way of an upgrade:\n  " in result.stdout
    finally:
        databases.execute(f"DROP OWNED BY {login}")
        databases.execute(f"DROP ROLE {login}")


def test_list(run: Run, run_json: RunJson, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is connected or asked for: neither the variable nor the host is there."""
    monkeypatch.chdir(tmp_path)
    Path("environments.toml").write_text(
        "[dev.apim]\nurl = 'postgresql://ada:s3cret@db.invalid/d'\n"
        "[dev.shared]\nurl = 'jdbc:mysql://db.invalid/d'\npassword_env = 'NOT_SET'\n"
        "[prod]\ndeployment_toml = 'deployment.toml'\n"
    )
    Path("deployment.toml").write_text(
        "[database.apim_db]\nurl = 'jdbc:postgresql://db.invalid/d'\npassword = '$secret{x}'\n"
        "[database.shared_db]\ntype = 'h2'\n"
    )
    document = run_json("env", "list")
    fields = ("environment", "database", "password_from", "url")
    assert [tuple(entry[field] for field in fields) for entry in document["databases"]] == [
        ("dev", "apim", "url", "postgresql+psycopg://ada:***@db.invalid/d"),
        ("dev", "shared", "password_env", "mysql+pymysql://db.invalid/d"),
        ("prod", "apim", "deployment_toml", "postgresql+psycopg://db.invalid/d"),
        ("prod", "shared", None, None),
    ]
    assert "H2 is for trying the product out" in document["databases"][-1]["problem"]
    assert document["exit_code"] == 2
    result = run("env", "list", "--env", "dev")
    assert (result.exit_code, "s3cret" in result.output, "db.invalid" in result.stdout) == (0, False, True)


def test_init(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert run("env", "init").exit_code == 0
    written = Path("environments.toml").read_text()
    assert tomllib.loads(written) == {}
    if os.name == "posix":
        assert Path("environments.toml").stat().st_mode & 0o077 == 0
    result = run("env", "init")
    assert result.exit_code == 2
    assert "environments.toml is there already, and stays as it is" in result.stderr
    assert Path("environments.toml").read_text() == written
    assert run("env", "init", "--environments", "other.toml").exit_code == 0
    assert run("env", "init", "--environments", "no/such/folder.toml").exit_code == 2


def test_every_setting_is_in_the_new_file() -> None:
    """The comments taken away, it is a file that is understood."""
    lines = environments.template().splitlines()
    settings = [line.removeprefix("# ") for line in lines if line.startswith("# [") or " = " in line]
    document = tomllib.loads("\n".join(settings))
    assert set(document) == {"dev", "prod", environments.SUPPORT}
    assert set(document["dev"]["apim"]) == set(environments.SETTINGS)
    assert environments.DEPLOYMENT in document["prod"]
