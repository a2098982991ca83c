"""Which database is meant, and what is said where that is not clear."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from apim_schema import config
from apim_schema.drilldown import ROWS_SHOWN
from apim_schema.errors import UsageError
from apim_schema.locks import Waiting
from apim_schema.redact import redact

URL = "postgresql://ada:s3cret@db.example/apim"
FILE = """
[prod.apim]
url = "postgresql://ada@db.example/apim"
schema = "carbon"
password_env = "APIM_PASSWORD"

[prod.shared]
url = "postgresql://ada@db.example/shared"
password_file = "secrets/shared"

[dev.apim]
url = "mysql://ada@localhost/apim"
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "environments.toml").write_text(FILE)
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "shared").write_text("f1le\nnot this line\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("APIM_PASSWORD", "v4riable")
    return tmp_path


def test_environment_has_all_its_databases(folder: Path) -> None:
    apim, shared = config.from_options("prod", {})
    assert (apim.database, apim.schema, apim.url.password) == ("apim", "carbon", "v4riable")
    assert (shared.database, shared.schema, shared.url.password) == ("shared", None, "f1le")
    assert apim.url.drivername == "postgresql+psycopg"


def test_how_rows_are_proven(folder: Path) -> None:
    """By the file, or by Alembic's command line, which counts more."""
    (folder / "environments.toml").write_text(FILE.replace("[prod.shared]", 'evidence = "full"\n\n[prod.shared]'))
    assert [found.evidence for found in config.from_options("prod", {})] == ["full", None]
    assert config.from_x_arguments("apim", {"env": "prod"}).evidence == "full"
    assert config.from_x_arguments("apim", {"env": "prod", "evidence": "engine"}).evidence == "engine"
    with pytest.raises(UsageError, match="-x evidence= must be one of engine, full: it is 'none'"):
        config.from_x_arguments("apim", {"env": "prod", "evidence": "none"})
    (folder / "environments.toml").write_text(FILE.replace("[prod.shared]", 'evidence = "fast"\n\n[prod.shared]'))
    with pytest.raises(UsageError, match=r"evidence in \[prod.apim\] of .*\(line 7\) must be .*: it is 'fast'"):
        config.from_options("prod", {})


def test_how_many_rows_are_named(folder: Path) -> None:
    """Of a table that differs: by the file, or by Alembic's command line, which counts more."""

    def write(value: str) -> None:
        (folder / "environments.toml").write_text(FILE.replace("[prod.shared]", f"max_rows = {value}\n\n[prod.shared]"))

    write("7")
    assert [found.max_rows for found in config.from_options("prod", {})] == [7, ROWS_SHOWN]
    assert config.from_x_arguments("apim", {"env": "prod", "max_rows": "8"}).max_rows == 8
    with pytest.raises(UsageError, match="-x max_rows= must be a whole number from 1 on: it is 'all'"):
        config.from_x_arguments("apim", {"env": "prod", "max_rows": "all"})
    for value, found in (("0", "0"), ("true", "true or false"), ('"7"', "a text")):
        write(value)
        with pytest.raises(UsageError, match=rf"max_rows in \[prod.apim\] of .*\(line 7\) must be .*: it is {found}"):
            config.from_options("prod", {})


def test_how_long_locks_are_waited_for(folder: Path) -> None:
    """By the file, and by Alembic's command line, which counts more, each for itself."""

    def write(setting: str) -> None:
        (folder / "environments.toml").write_text(FILE.replace("[prod.shared]", f"{setting}\n\n[prod.shared]"))

    write("lock_wait = 600\nddl_retries = 0")
    assert [found.waiting for found in config.from_options("prod", {})] == [Waiting(600, 5, 0), Waiting()]
    said = {"env": "prod", "lock_wait": "7", "ddl_lock_timeout": "8"}
    assert config.from_x_arguments("apim", said).waiting == Waiting(7, 8, 0)
    with pytest.raises(UsageError, match="-x ddl_lock_timeout= must be a whole number from 1 to 3600: it is 0"):
        config.from_x_arguments("apim", {"env": "prod", "ddl_lock_timeout": "0"})
    with pytest.raises(UsageError, match=r"-x lock_wait= must be a whole number .*: it is '-1'"):
        config.from_x_arguments("apim", {"env": "prod", "lock_wait": "-1"})
    for value in ("-1", "true", '"7"', "1.5"):
        write(f"lock_wait = {value}")
        with pytest.raises(UsageError, match=r"lock_wait in \[prod.apim\] of .*\(line 7\) must be .* from 0 to 86400"):
            config.from_options("prod", {})


def test_one_database_of_an_environment(folder: Path) -> None:
    assert [t.database for t in config.from_options("prod", {}, "shared")] == ["shared"]
    assert [t.database for t in config.from_options("dev", {})] == ["apim"]


def test_other_file_by_option_and_variable(
    folder: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    file = str(folder / "environments.toml")
    assert len(config.from_options("prod", {}, file=file)) == 2
    monkeypatch.setenv("APIM_SCHEMA_ENVIRONMENTS", file)
    assert config.from_x_arguments("shared", {"env": "prod"}).url.password == "f1le"


def test_urls_and_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    assert [t.database for t in config.from_options(None, {"apim": URL, "shared": None})] == ["apim"]
    monkeypatch.setenv("APIM_SCHEMA_SHARED_URL", URL)
    assert [t.database for t in config.from_options(None, {})] == ["shared"]
    assert [t.database for t in config.from_options(None, {"apim": URL})] == ["apim"]


def test_x_arguments(monkeypatch: pytest.MonkeyPatch) -> None:
    assert config.from_x_arguments("apim", {"url": URL, "schema": "x"}).schema == "x"
    assert config.from_x_arguments("apim", {"url": f"{URL}?schema=y"}).schema == "y"
    monkeypatch.setenv("APIM_SCHEMA_APIM_URL", URL)
    assert config.from_x_arguments("apim", {}).url.host == "db.example"


@pytest.mark.parametrize(
    ("x", "message"),
    [
        ({}, "say -x url=URL or -x env=NAME, or set APIM_SCHEMA_APIM_URL"),
        ({"ulr": URL}, "unknown -x ulr: the names are url, env, schema"),
        ({"url": URL, "env": "prod"}, "-x url= and -x env= both name the database"),
        ({"env": "staging"}, "has no environment 'staging': it has prod, dev"),
    ],
)
def test_wrong_x_arguments(x: dict[str, str], message: str, folder: Path) -> None:
    with pytest.raises(UsageError, match=message):
        config.from_x_arguments("apim", x)


@pytest.mark.parametrize(
    ("env", "urls", "database", "message"),
    [
        (None, {}, None, "no database: say --apim-url URL or --shared-url URL"),
        (None, {"apim": URL}, "shared", "no database: say --shared-url URL, or --env NAME .* APIM_SCHEMA_SHARED_URL"),
        ("prod", {"apim": URL}, None, "--env and a URL both name the database"),
        ("dev", {}, "shared", r"has no \[dev.shared\]: add it, with a url"),
        (None, {"apim": "nonsense"}, None, "URL of apim can't be read"),
        (None, {"apim": "h2:file"}, None, "can't be read"),
        (None, {"apim": "sqlite:///x"}, None, "unknown dialect 'sqlite'"),
        (None, {"apim": "postgresql+nodriver://h/d"}, None, "unknown driver in the URL of apim"),
    ],
)
def test_wrong_options(
    env: str | None, urls: dict[str, str | None], database: str | None, message: str, folder: Path
) -> None:
    with pytest.raises(UsageError, match=message):
        config.from_options(env, urls, database)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[prod.apim]\nschema = "x"', r"\[prod.apim\] of environments.toml has no url"),
        (
            '[prod.apim]\nurl = "postgresql://h/d"\n\nuser = "x"',
            r"unknown setting, user \(line 4\): the known are url, schema, username, password_env",
        ),
        (
            "[prod.apim]\n# a number\nurl = 5",
            r'url in \[prod.apim\] of environments.toml \(line 3\) must be a text, url = "…": it is a number$',
        ),
        ('prod.apim = {url = "postgresql://h/d", schema = [\n"x"]}', r"schema in .* \(line 2\) .*: it is a list$"),
        (
            '[prod]\napim = "postgresql://h/d"',
            r"\[prod.apim\] of environments.toml \(line 2\) must be a table of settings: it is a text$",
        ),
        ("prod = true", r"\[prod\] of environments.toml \(line 1\) must be an environment: it is true or false$"),
        (
            "[prod]",
            r"\[prod\] of environments.toml is empty: the known are apim, shared, user, registry, deployment_toml$",
        ),
        (
            '[dev]\n[prod.api]\nurl = "postgresql://h/d"',
            r"\[prod\] of environments.toml has an unknown api \(line 2\): the known are apim, shared, user, reg",
        ),
        ("[prod]\ndeployment_toml = 1", r"deployment_toml in \[prod\] .*\(line 2\) must be a text"),
        (
            "[prod.apim]\nurl = 'postgresql://h/d'\npassword_command = 'false'",
            r"password_command of \[prod.apim\] of environments.toml failed with exit code 1: run it by hand",
        ),
        ("[prod.apim]\nurl = 'postgresql://h/d'\npassword_command = 'no-such-command'", "can't be run: No such file"),
        (
            "[prod.apim]\nurl = 'postgresql://h/d'\npassword_command = 'true'",
            "printed no password: it must be the first",
        ),
        ("[prod.apim]\nurl = 'postgresql://h/d'\npassword_command = \"echo 'x\"", "can't be read as a command"),
        ("[prod.apim]\nurl = 'postgresql://h/d'\npassword_command = 'cat latin1'", "printed what is not UTF-8"),
        ("[prod.apim]\nurl = \n", r"environments.toml is no TOML: .*line 2"),
        ("[prod.apim]\nurl = 'postgresql://h/d'\npassword_env = 'NOT_SET'", "from NOT_SET, which is not set"),
        ("[prod.apim]\nurl = 'postgresql://h/d'\npassword_file = 'none'", "from none: No such file"),
        ("[prod.apim]\nurl = 'postgresql://h/d'\npassword_file = 'empty'", "from empty, which is empty"),
        ("[prod.apim]\nurl = 'postgresql://h/d'\npassword_file = 'latin1'", "from latin1, which is not UTF-8"),
        (
            "[prod.apim]\nurl = 'postgresql://h/d'\npassword_env = 'APIM_PASSWORD'\npassword_file = 'x'",
            "more than one password, in password_env and password_file",
        ),
        (
            "[prod.apim]\nurl = 'postgresql://u:p@h/d'\npassword_env = 'APIM_PASSWORD'",
            "more than one password, in password_env and url",
        ),
    ],
)
def test_wrong_file(text: str, message: str, folder: Path) -> None:
    (folder / "empty").touch()
    (folder / "latin1").write_bytes(b"gr\xfc\xdfe")
    (folder / "environments.toml").write_text(text)
    with pytest.raises(UsageError, match=message):
        config.from_options("prod", {}, "apim")


def test_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=r"can't read environments.toml: No such file.*APIM_SCHEMA_ENVIRONMENTS"):
        config.from_options("prod", {})


def test_file_that_is_no_text(folder: Path) -> None:
    (folder / "environments.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(UsageError, match="is no TOML"):
        config.from_options("prod", {})


def test_password_of_a_command(folder: Path) -> None:
    """No shell reads it, its first line counts, and it runs where the file is."""
    (folder / "with blanks").write_text("c0mmand $HOME\nnot this line\n")
    (folder / "environments.toml").write_text(
        "[prod.apim]\nurl = 'postgresql://ada@h/d'\npassword_command = \"cat 'with blanks'\""
    )
    (found,) = config.from_options("prod", {})
    assert found.url.password == "c0mmand $HOME"
    assert redact("it is c0mmand $HOME") == "it is ***"


def test_what_a_failing_command_says_is_not_shown(folder: Path) -> None:
    (folder / "vault.py").write_text("import sys; print('s3cret'); sys.exit('s3cret was wrong')")
    (folder / "environments.toml").write_text(
        f"[prod.apim]\nurl = 'postgresql://ada@h/d'\npassword_command = '{sys.executable} vault.py'"
    )
    with pytest.raises(UsageError, match="failed with exit code 1") as raised:
        config.from_options("prod", {})
    assert "s3cret" not in str(raised.value)


@pytest.mark.skipif(os.name != "posix", reason="only POSIX tells who may read a file")
def test_files_that_others_can_read(folder: Path) -> None:
    secret, file = folder / "secrets" / "shared", folder / "environments.toml"
    secret.chmod(0o640)
    file.chmod(0o644)  # it has no password in it
    told = f"{Path('secrets') / 'shared'} has a password in it that others can read: chmod 600"
    assert [told in note for note in config.from_options("prod", {}, "shared")[0].notes] == [True]
    secret.chmod(0o600)
    assert config.from_options("prod", {}, "shared")[0].notes == ()
    file.write_text(f'[prod.apim]\nurl = "{URL}"')
    (note,) = config.from_options("prod", {})[0].notes
    assert note.startswith("environments.toml has a password in it")
    file.chmod(0o600)
    assert config.from_options("prod", {})[0].notes == ()


def test_a_login_beside_the_url(folder: Path) -> None:
    (folder / "environments.toml").write_text(
        "[prod.apim]\nurl = 'jdbc:postgresql://h/d'\nusername = 'ada'\npassword_env = 'APIM_PASSWORD'"
    )
    (found,) = config.from_options("prod", {})
    assert (found.url.username, found.url.password, found.url.host) == ("ada", "v4riable", "h")
