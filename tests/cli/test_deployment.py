"""The product's own deployment.toml: which databases it means, and what it alone does not tell."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import Result

from apim_schema import config
from apim_schema.errors import UsageError
from apim_schema.redact import redact
from apim_schema.target import Target
from tests.cli.conftest import Databases

FILE = r"""
[server]
hostname = "gw.example"
base_path = "${carbon.protocol}://${carbon.host}:${carbon.management.port}"

[database.apim_db]
type = "mysql"
url = "jdbc:mysql://db.example:3306/apim_db?useSSL=false&amp;allowPublicKeyRetrieval=true"
username = "wso2carbon"
password = "p&amp;ss"
pool_options.maxActive = 100

[database.shared_db]
type = "postgre"
hostname = "$ref{server.hostname}"
port = 5433
name = "shared_db"
username = "$env{SHARED_USER}"
password = "<![CDATA[a&b<c]]>"

[database.local]
url = "jdbc:h2:./repository/database/WSO2CARBON_DB;DB_CLOSE_ON_EXIT=FALSE"

[[event_listener]]
id = "token_revocation"
'header.X-WSO2-KEY-MANAGER' = "default"
"""


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Writes the file, with texts exchanged in it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SHARED_USER", "ada")

    def write(*changes: tuple[str, str]) -> None:
        text = FILE
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        (tmp_path / "deployment.toml").write_text(text)

    return write


def named(database: str | None = None) -> tuple[Target, ...]:
    return config.from_options(None, {}, database, deployment_toml="deployment.toml")


def test_both_databases(write: Callable[..., None]) -> None:
    write()
    apim, shared = named()
    expected = "mysql+pymysql://wso2carbon:p&ss@db.example:3306/apim_db?ssl_disabled=true"
    assert apim.url == sa.make_url(expected)
    assert shared.url == sa.make_url("postgresql+psycopg://ada:a&b<c@gw.example:5433/shared_db")
    assert (apim.notes, shared.notes) == ((), ())
    assert redact("p&ss, a&b<c") == "***, ***"


def test_one_of_them(write: Callable[..., None]) -> None:
    write(("[database.apim_db]", "[database.other]"), ("pool_options.maxActive", "max_active"))
    (shared,) = named("shared")
    assert shared.database == "shared"
    with pytest.raises(
        UsageError, match=r"no \[database.apim_db\], and the product uses H2 then: .* --database shared$"
    ):
        named()


@pytest.mark.parametrize(
    ("kind", "form"),
    [
        ("postgresql", "postgresql+psycopg://db:1/n"),
        ("mysql", "mysql+pymysql://db:1/n"),
        ("mariadb", "mariadb+pymysql://db:1/n"),
        ("oracle", "oracle+oracledb://db:1?service_name=s"),
        ("mssql", "mssql+pyodbc://db:1/n"),
    ],
)
def test_a_url_made_of_its_parts(kind: str, form: str, write: Callable[..., None]) -> None:
    write(
        ('type = "postgre"', f'type = "{kind}"\nsid = "s"'),
        ('"$ref{server.hostname}"', '"db"'),
        ("5433", '"1"'),
        ('"shared_db"', '"n"'),
    )
    (shared,) = named("shared")
    expected = sa.make_url(form).set(username="ada", password="a&b<c")
    assert shared.url.difference_update_query(["driver"]) == expected


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('type = "mysql"', 'type = "h2"', r"\[database.apim_db\] of deployment.toml: H2 is for trying the product out"),
        ("jdbc:mysql://db.example:3306/apim_db", "jdbc:h2:./WSO2AM_DB;", "H2 is for trying the product out"),
        ('type = "mysql"', 'type = "db2"', r"type in \[database.apim_db\] of deployment.toml is 'db2': the known are"),
        ('url = "jdbc:mysql:', 'url = "mysql:', "is no JDBC URL, as the product has them"),
        ("//db.example:3306/", "//db1,db2/", r"\[database.apim_db\] of deployment.toml: the URL of apim: .*is several"),
        ('name = "shared_db"', "", "has no url: add it, or hostname and port and name$"),
        ("$env{SHARED_USER}", "$env{NOBODY_SET_IT}", r"username in .* needs \$env{NOBODY_SET_IT}, which is not set"),
        (
            "$env{SHARED_USER}",
            "$sys{user}",
            r"needs \$sys{user}, a system property of the product, which only it knows",
        ),
        ("$env{SHARED_USER}", "${admin.username}", r"needs \${admin.username}, a system property"),
        ("$ref{server.hostname}", "$ref{server.host}", r"needs \$ref{server.host}, which is not in the file"),
        ("$ref{server.hostname}", "$ref{database.shared_db.hostname}", "or leads back to itself"),
        ('username = "wso2carbon"', "username = true", r"username in .* \(line 9\) must be a text, .*: it is true or"),
        ("[database.local]", "[database", "is no TOML: .*line"),
    ],
)
def test_what_is_wrong(old: str, new: str, message: str, write: Callable[..., None]) -> None:
    write((old, new))
    with pytest.raises(UsageError, match=message) as raised:
        named()
    assert "p&" not in str(raised.value)


def test_no_file(write: Callable[..., None]) -> None:
    with pytest.raises(UsageError, match=r"can't read deployment.toml: No such file.*repository/conf/deployment.toml"):
        named()


def test_it_is_one_way_to_name_a_database(run: Callable[..., Result], write: Callable[..., None]) -> None:
    write()
    result = run("status", "--deployment-toml", "deployment.toml", "--apim-url", "postgresql://h/d")
    assert result.exit_code == 2
    assert "--deployment-toml and a URL both name the database: leave one" in result.stderr


SECRET = ('password = "p&amp;ss"', 'password = "$secret{apim_password}"')


def test_a_secret_that_is_not_encrypted_yet(write: Callable[..., None]) -> None:
    write(SECRET, ("[server]", '[secrets]\napim_password = "[pl&ain]"\n[server]'))
    assert named("apim")[0].url.password == "pl&ain"
    assert redact("pl&ain") == "***"


def test_a_secret_is_asked_for_once_on_a_terminal(write: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    write(
        SECRET,
        ('"<![CDATA[a&b<c]]>"', '"$secret{apim_password}"'),
        ("[server]", '[secrets]\napim_password = "XJ9Q"\n[server]'),
    )
    prompts: list[str] = []

    def typed(prompt: str) -> str:
        prompts.append(prompt)
        return "typ&amp;ed"

    monkeypatch.setattr(getpass, "getpass", typed)
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    assert [target.url.password for target in named()] == ["typ&amp;ed"] * 2
    assert prompts == ["password in [database.apim_db] of deployment.toml, $secret{apim_password}: "]
    assert redact("typ&amp;ed") == "***"


def test_a_secret_where_nobody_can_be_asked(run: Callable[..., Result], write: Callable[..., None]) -> None:
    write(SECRET)
    result = run("status", "--deployment-toml", "deployment.toml")
    assert result.exit_code == 2
    assert "which only the product can open, and there is no terminal to ask on" in result.stderr
    assert "with password_env, password_file or password_command" in result.stderr


def test_a_secret_from_the_environment_s_settings(write: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    write(SECRET)
    monkeypatch.setenv("APIM_PASSWORD", "v4riable")
    Path("environments.toml").write_text(
        '[prod]\ndeployment_toml = "deployment.toml"\n[prod.apim]\nusername = "dba"\npassword_env = "APIM_PASSWORD"'
    )
    apim, shared = config.from_options("prod", {})
    assert (apim.url.username, apim.url.password) == ("dba", "v4riable")
    assert (shared.url.username, shared.url.password) == ("ada", "a&b<c")


def test_a_url_of_the_environment_counts_more(write: Callable[..., None]) -> None:
    write()
    Path("environments.toml").write_text(
        '[prod]\ndeployment_toml = "deployment.toml"\n[prod.apim]\nurl = "mysql://ada@db/apim?ssl_ca=/ca.pem"'
    )
    apim, shared = config.from_options("prod", {})
    assert (apim.url.query["ssl_ca"], shared.url.host) == ("/ca.pem", "gw.example")


def test_a_split_shared_database_stands_beside_it(write: Callable[..., None]) -> None:
    """The product's shared_db is then one of the two, or neither, and is not taken for the whole."""
    write()
    Path("environments.toml").write_text(
        '[prod]\ndeployment_toml = "deployment.toml"\n[prod.user]\nurl = "mysql://ada@db/users"\n'
        '[prod.registry]\nurl = "mysql://ada@db/registry"\n'
    )
    assert [target.database for target in config.from_options("prod", {})] == ["apim", "user", "registry"]
    with pytest.raises(UsageError, match=r"user is half of a shared database: name it as \[NAME.user\]"):
        config.from_options(None, {}, "user", deployment_toml="deployment.toml")
    Path("environments.toml").write_text('[prod]\ndeployment_toml = "deployment.toml"\n[prod.user]\nschema = "u"\n')
    with pytest.raises(UsageError, match=r"\[prod.user\] of environments.toml has no url"):
        config.from_options("prod", {})


def test_further_databases_are_told(write: Callable[..., None]) -> None:
    same = (
        '[database.config]\ntype = "postgre"\nurl = "jdbc:postgresql://gw.example:5433/shared_db"\nusername = "ada"\n'
    )
    other = '[database.user]\ntype = "postgre"\nurl = "jdbc:postgresql://gw.example:5433/user_db"\n'
    unknown = '[[datasource]]\nid = "WSO2REG_DB"\nurl = "$sys{reg.url}"\npassword = "$secret{reg}"\n'
    write(("[database.local]", same + other + unknown + "[database.local]"))
    apim, shared = named()
    assert apim.notes == shared.notes
    user, registry = apim.notes
    assert user.startswith("[database.user] of deployment.toml is not looked at")
    assert registry.startswith("[[datasource]] WSO2REG_DB of deployment.toml is not looked at")
    assert "as [NAME.user] or [NAME.registry] of an environment" in user


def test_verbs_take_it(
    run: Callable[..., Result], run_json: Callable[..., Any], databases: Databases, tmp_path: Path
) -> None:
    tables = []
    for database in ("apim", "shared"):
        url = sa.make_url(getattr(databases, database))
        tables.append(
            f'[database.{database}_db]\ntype = "postgre"\nurl = "jdbc:postgresql://{url.host}:{url.port}/{url.database}"\n'
            f'username = "{url.username}"\npassword = "{url.password or ""}"\n'
        )
    further = '[database.user]\nurl = "jdbc:postgresql://h/users"\n'
    (tmp_path / "deployment.toml").write_text("".join((*tables, further)))
    option = ["--deployment-toml", tmp_path / "deployment.toml"]
    assert run_json("status", *option)["databases"] == run_json("status", *databases.options)["databases"]
    result = run("upgrade", "head", *option)
    assert result.exit_code == 0
    assert result.stderr.count("[database.user] of") == 1
    assert run("status", *option, "--check").exit_code == 0
