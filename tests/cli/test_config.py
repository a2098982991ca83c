"""Which database is meant, and what is said where that is not clear."""

from __future__ import annotations

from pathlib import Path

import pytest

from apim_schema import config
from apim_schema.errors import UsageError

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
        ('[prod.apim]\nurl = "postgresql://h/d"\nuser = "x"', "unknown settings, user: the known are url, schema"),
        ("[prod.apim]\nurl = 5", "must be settings with a text each"),
        ('[prod]\napim = "postgresql://h/d"', "must be settings with a text each"),
        (
            '[prod.api]\nurl = "postgresql://h/d"',
            r"\[prod\] of environments.toml must have apim and shared; it has api",
        ),
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
