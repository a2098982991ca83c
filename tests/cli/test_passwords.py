"""No password appears in any output: not in messages, JSON or tracebacks, and not with -v."""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest
import sqlalchemy as sa
from click.testing import Result

from apim_schema.redact import redact, remember
from tests.cli.conftest import Databases

SECRET = "p@ss w%rd/'\"\\é?&=1"
SPELLINGS = (SECRET, quote(SECRET, safe=""), repr(SECRET)[1:-1], "w%rd", "w%25rd")


def with_password(url: str) -> str:
    return sa.make_url(url).set(password=SECRET).render_as_string(hide_password=False)


def clean(result: Result) -> None:
    for spelling in SPELLINGS:
        assert spelling not in result.output
        assert spelling not in result.stdout
        assert spelling not in result.stderr


@pytest.mark.parametrize("verb", ["status", "upgrade head", "verify", "snapshot", "adopt", "history"])
@pytest.mark.parametrize("format_", ["text", "json"])
def test_verbs(verb: str, format_: str, run: Callable[..., Result], databases: Databases, tmp_path: Path) -> None:
    output = ["-o", tmp_path / "file"] if verb == "snapshot" else []
    options = ["--apim-url", with_password(databases.apim), "--format", format_]
    result = run("-v", *verb.split(), *options, *output)
    assert result.exit_code == 0
    clean(result)
    assert "SELECT" in result.stderr  # -v did show the statements


def test_history_of_the_database_has_none(run: Callable[..., Result], databases: Databases) -> None:
    assert run("upgrade", "head", "--apim-url", with_password(databases.apim)).exit_code == 0
    told = repr(databases.execute("SELECT * FROM apim_schema_history"))
    assert not any(spelling in told for spelling in SPELLINGS)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.parametrize("format_", ["text", "json"])
def test_connection_errors(format_: str, run: Callable[..., Result], databases: Databases) -> None:
    url = sa.make_url(databases.apim).set(password=SECRET)
    secret_query = url.update_query_dict({"no_such_option": SECRET})
    for wrong in (url.set(port=free_port()), url.set(database="no_such"), secret_query):
        result = run("-v", "status", "--apim-url", wrong.render_as_string(hide_password=False), "--format", format_)
        assert result.exit_code == 2
        assert "can't connect to postgresql+psycopg://postgres:***@127.0.0.1:" in result.stderr
        clean(result)


def test_url_that_cannot_be_read(run: Callable[..., Result]) -> None:
    encoded = quote(SECRET, safe="")
    for wrong in (f"u:{SECRET}@h/d", f"u:{encoded}@h:port/d", f"u:{encoded}"):
        result = run("status", "--apim-url", f"postgresql://{wrong}")
        assert result.exit_code == 2
        assert "the URL of apim" in result.stderr
        clean(result)


def test_unexpected_errors(run: Callable[..., Result], databases: Databases, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault of ours is told with its traceback, in which every spelling of the password is hidden."""
    url = with_password(databases.apim)

    def fail(*arguments: object) -> None:
        raise RuntimeError(f"{url} and {SECRET} and {SECRET!r} and {url}?sslpassword={SECRET}")

    monkeypatch.setattr(sys.modules["apim_schema.cli.status"], "_look", fail)
    result = run("-v", "status", "--apim-url", url)
    assert result.exit_code == 70
    assert "please report it" in result.stderr
    assert "Traceback" in result.stderr
    clean(result)


def test_password_of_the_environment(
    run: Callable[..., Result], databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGPASSWORD", SECRET)
    url = sa.make_url(databases.apim).set(port=free_port()).render_as_string()
    for result in (run("-v", "status", "--apim-url", url), run("-v", "status", "--apim-url", databases.apim)):
        clean(result)
    assert redact(f"it is {SECRET}") == "it is ***"


def test_passwords_in_queries() -> None:
    remember(sa.make_url("mssql+pyodbc:///?odbc_connect=Driver%3D%7BX%7D%3BUID%3Dsa%3BPWD%3DSup3r%25secret"))
    assert redact("login failed with Sup3r%secret") == "login failed with ***"
    assert redact("see mysql://u@h/d?ssl_key=k3y for it") == "see mysql://u@h/d for it"
    assert redact("mysql://u:a@b@h/d") == "mysql://u:***@h/d"


def test_passwords_of_files_and_commands(run: Callable[..., Result], databases: Databases, tmp_path: Path) -> None:
    """Of environments.toml and deployment.toml, in what succeeds and in what fails."""
    (tmp_path / "secret").write_text(SECRET)
    found = sa.make_url(databases.apim)
    product = (
        f'[database.apim_db]\nurl = "jdbc:postgresql://127.0.0.1:{{port}}/{found.database}?password={quote(SECRET)}"\n'
    )
    for port in (found.port, free_port()):
        (tmp_path / "deployment.toml").write_text(product.format(port=port) + f'username = "{found.username}"\n')
        url = f"postgresql://{found.username}@127.0.0.1:{port}/{found.database}"
        (tmp_path / "environments.toml").write_text(
            f'[file.apim]\nurl = "{url}"\npassword_file = "secret"\n'
            f'[command.apim]\nurl = "{url}"\npassword_command = "cat secret"\n'
            '[product]\ndeployment_toml = "deployment.toml"\n'
        )
        for env in ("file", "command", "product"):
            for verb in (["status"], ["env", "check"], ["env", "list"]):
                database = [] if verb[0] == "env" else ["--database", "apim"]
                options = ["--env", env, "--environments", tmp_path / "environments.toml", *database]
                result = run("-v", *verb, *options)
                assert result.exit_code in (0, 2)
                clean(result)
    assert redact(f"it is {SECRET}") == "it is ***"
