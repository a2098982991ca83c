"""A password in every place that it can come from appears in nothing that is said or written."""

from __future__ import annotations

import getpass
import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import quote

import pytest
import sqlalchemy as sa
from click.testing import Result

from apim_schema import passwords, redact
from tests.cli.conftest import Databases
from tests.cli.test_passwords import SECRET, SPELLINGS, free_port, with_password
from tests.conformance.spoil import broken
from tests.servers import Pool, new_database
from tests.vendor.make import create

TEXT = json.dumps(SECRET)
"""The password as TOML has it."""
Options = list[object]
Place = Callable[[sa.URL, pytest.MonkeyPatch], Options]


def plain(url: sa.URL) -> str:
    return url.set(password=None).render_as_string()


def jdbc(url: sa.URL) -> str:
    return f"jdbc:postgresql://{url.host}:{url.port}/{url.database}?user={url.username}"


def in_url(url: sa.URL, patch: pytest.MonkeyPatch) -> Options:
    return ["--apim-url", with_password(plain(url))]


def in_query(url: sa.URL, patch: pytest.MonkeyPatch) -> Options:
    return ["--apim-url", f"{plain(url)}?password={quote(SECRET, safe='')}"]


def in_jdbc_url(url: sa.URL, patch: pytest.MonkeyPatch) -> Options:
    return ["--apim-url", f"{jdbc(url)}&password={quote(SECRET, safe='')}"]


def in_variable_of_the_url(url: sa.URL, patch: pytest.MonkeyPatch) -> Options:
    patch.setenv("APIM_SCHEMA_APIM_URL", with_password(plain(url)))
    return []


def environment(settings: str) -> Place:
    def place(url: sa.URL, patch: pytest.MonkeyPatch) -> Options:
        Path("secret").write_text(SECRET, encoding="utf-8")
        patch.setenv("A_PASSWORD", SECRET)
        told = settings.format(plain=plain(url), url=with_password(plain(url)))
        Path("environments.toml").write_text(f"[prod.apim]\n{told}\n", encoding="utf-8")
        return ["--env", "prod"]

    return place


def product(password: str, secret: str = "") -> Place:
    def place(url: sa.URL, patch: pytest.MonkeyPatch) -> Options:
        patch.setenv("A_PASSWORD", SECRET)
        patch.setattr(passwords, "sys", SimpleNamespace(stdin=SimpleNamespace(isatty=lambda: True)))
        patch.setattr(getpass, "getpass", lambda prompt: SECRET)
        told = f'[database.apim_db]\nurl = "{jdbc(url)}"\npassword = {password}\n{secret}\n'
        Path("deployment.toml").write_text(told, encoding="utf-8")
        return ["--deployment-toml", "deployment.toml"]

    return place


def in_libpq_variable(url: sa.URL, patch: pytest.MonkeyPatch) -> Options:
    patch.setenv("PGPASSWORD", SECRET)
    return ["--apim-url", plain(url)]


def in_password_file_of_libpq(url: sa.URL, patch: pytest.MonkeyPatch) -> Options:
    escaped = SECRET.replace("\\", "\\\\").replace(":", "\\:")
    Path("pgpass").write_text(f"*:*:*:*:{escaped}\n", encoding="utf-8")
    Path("pgpass").chmod(0o600)
    patch.setenv("PGPASSFILE", str(Path("pgpass").resolve()))
    return ["--apim-url", plain(url)]


def in_service_file_of_libpq(url: sa.URL, patch: pytest.MonkeyPatch) -> Options:
    Path("services").write_text(f"[apim]\npassword={SECRET}\n", encoding="utf-8")
    patch.setenv("PGSERVICEFILE", str(Path("services").resolve()))
    return ["--apim-url", f"{plain(url)}?service=apim"]


OURS: dict[str, Place] = {
    "url": in_url,
    "query of the url": in_query,
    "JDBC URL": in_jdbc_url,
    "variable of the url": in_variable_of_the_url,
    "url of environments.toml": environment('url = "{url}"'),
    "password_env": environment('url = "{plain}"\npassword_env = "A_PASSWORD"'),
    "password_file": environment('url = "{plain}"\npassword_file = "secret"'),
    "password_command": environment('url = "{plain}"\npassword_command = "cat secret"'),
    "deployment.toml": product(TEXT),
    "$env{} of deployment.toml": product('"$env{A_PASSWORD}"'),
    "[secrets] of deployment.toml": product('"$secret{apim}"', f"[secrets]\napim = {json.dumps(f'[{SECRET}]')}"),
    "$secret{} that is asked for": product('"$secret{apim}"'),
    "PGPASSWORD": in_libpq_variable,
}
"""Where the tool itself comes by the password."""
THE_DRIVERS: dict[str, Place] = {"PGPASSFILE": in_password_file_of_libpq, "PGSERVICEFILE": in_service_file_of_libpq}
"""Where only the driver does."""
PLACES = OURS | THE_DRIVERS


@pytest.fixture(autouse=True)
def _nothing_is_known(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What another test has had hidden would be hidden here too."""
    monkeypatch.setattr(redact, "_secrets", set())
    monkeypatch.chdir(tmp_path)


def clean(told: str) -> None:
    assert [spelling for spelling in SPELLINGS if spelling in told] == []


def verbs(run: Callable[..., Result], options: Options) -> None:
    """Looks, plans, and takes digests, in text and JSON; also where nobody listens. All that is written is in `out`."""
    for verb in (["plan", "head", "--html", "out/page"], ["snapshot", "-o", "out/digests", "--force"], ["history"]):
        result = run("-v", *verb, "--database", "apim", "--log-file", "out/log", *options)
        assert result.exit_code == 0, result.output
        clean(result.output)
    clean("".join(path.read_bytes().decode("utf-8", "replace") for path in Path("out").iterdir()))
    assert len(list(Path("out").iterdir())) == 3


@pytest.mark.parametrize("place", PLACES)
def test_what_works(
    place: str, run: Callable[..., Result], templates: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("out").mkdir()
    verbs(run, PLACES[place](sa.make_url(templates.apim), monkeypatch))


@pytest.mark.parametrize("place", PLACES)
def test_a_server_that_is_not_there(place: str, run: Callable[..., Result], monkeypatch: pytest.MonkeyPatch) -> None:
    url = sa.make_url(f"postgresql://postgres@127.0.0.1:{free_port()}/apim")
    result = run("-v", "status", "--database", "apim", *PLACES[place](url, monkeypatch))
    assert result.exit_code == 2
    assert "can't connect to postgresql" in result.stderr
    clean(result.output)


@pytest.mark.parametrize("place", OURS)
def test_a_fault_of_ours(place: str, run: Callable[..., Result], monkeypatch: pytest.MonkeyPatch) -> None:
    """Its traceback tells the password in every way that a program might."""

    def fail(*arguments: object) -> None:
        raise RuntimeError(f"{SECRET} and {SECRET!r} and {quote(SECRET, safe='')} and {with_password('mysql://u@h/d')}")

    monkeypatch.setattr(sys.modules["apim_schema.cli.status"], "_look", fail)
    url = sa.make_url("postgresql://postgres@127.0.0.1:1/apim")
    result = run("-v", "status", "--database", "apim", "--log-file", "log", *OURS[place](url, monkeypatch))
    assert result.exit_code == 70
    assert "Traceback" in result.stderr
    clean(result.output + Path("log").read_text(encoding="utf-8"))


@pytest.mark.parametrize("place", ["url", "password_command", "PGPASSFILE"])
def test_what_an_upgrade_leaves(
    place: str, run: Callable[..., Result], databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its page, and every table of ours."""
    options = PLACES[place](sa.make_url(databases.apim), monkeypatch)
    result = run("upgrade", "head", "--database", "apim", "--evidence", "full", "--report", "report", *options)
    assert result.exit_code == 0, result.output
    clean(result.output + Path("report").read_text(encoding="utf-8"))
    ours = ("apim_schema_history", "alembic_version_apim")
    clean(repr([databases.execute(f"SELECT * FROM {table}") for table in ours]))


LOGIN = "apim_secretive"
OWN = ("alembic_version_apim", "apim_schema_evidence", "apim_schema_history")
ASCII = SECRET.replace("é", "e")
"""PyMySQL says a password in latin1, whatever the server takes it for."""


@pytest.mark.parametrize("engine", ["mysql", "mariadb"])
def test_what_an_interrupted_upgrade_leaves(engine: str, run: Callable[..., Result], servers: Pool) -> None:
    """What is kept until the verdict, too."""
    with new_database(servers.get(engine), charset="latin1") as url:
        found = sa.make_url(url)
        create(url, "mysql", "apim", "4.6.0")
        database = sa.create_engine(found, poolclass=sa.NullPool)
        with database.begin() as connection:
            connection.exec_driver_sql(f"CREATE USER {LOGIN} IDENTIFIED BY %s", (ASCII,))
            connection.exec_driver_sql(f"GRANT ALL ON {found.database}.* TO {LOGIN}")
        try:
            login = found.set(username=LOGIN, password=ASCII).render_as_string(hide_password=False)
            with broken(2):
                result = run("-v", "upgrade", "head", "--apim-url", login, "--yes", "--log-file", "log")
            assert result.exit_code == 4, result.output
            with database.begin() as connection:
                left = [list(connection.exec_driver_sql(f"SELECT * FROM {table}")) for table in OWN]
        finally:
            with database.begin() as connection:
                connection.exec_driver_sql(f"DROP USER {LOGIN}")
    assert all(left)
    for spelling in (ASCII, quote(ASCII, safe=""), repr(ASCII)[1:-1], *SPELLINGS):
        assert spelling not in repr(left) + result.output + Path("log").read_text(encoding="utf-8")
