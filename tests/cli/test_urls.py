"""URLs that are wrong, and servers that are none: exit 2 and one line that says what to write, at both doors."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import alembic.config
import pytest
import sqlalchemy as sa
from click.testing import Result

from apim_schema import chain, registry
from apim_schema.errors import Exit
from apim_schema.target import target
from tests.cli.conftest import Databases
from tests.servers import Pool, Server

SECRET = "s3cret"

WRONG = {
    "jdbc:mysql://ada:s3cret@{nobody}/apim_db?useSSL=true": "can't connect to mysql.pymysql://ada:.*@127.* refused",
    "jdbc:mariadb://db1,db2/apim_db?password=s3cret": "URL of apim: the server .* is several: name the one server",
    "jdbc:mysql:loadbalance://db1,db2/apim_db?password=s3cret": "this form of a JDBC URL can't be read: name the one",
    "jdbc:mysql://db/apim_db?sslMode=s3cret": "sslMode in a JDBC URL is none of its driver's$",
    "jdbc:mysql://db/apim_db?connectTimeout=s3cret": "connectTimeout in a JDBC URL must be a whole number$",
    "jdbc:postgresql://{nobody}/apim_db?user=ada&password=s3cret": "can't connect to postgresql.psycopg://ada:.*refused",
    "jdbc:postgresql://{nobody}/?user=ada&password=s3cret": "URL of apim: the URL names no database: write postgresql:",
    "jdbc:oracle:thin:ada/s3cret@//{nobody}/APIM": "can't connect to oracle.oracledb://ada:",
    "jdbc:oracle:kprb:ada/s3cret@db": "this form of a JDBC URL can't be read: write jdbc:oracle:",
    "jdbc:oracle:thin:ada/s3cret@ldap://db:389/APIM": "a directory can't be used: write jdbc:oracle:thin:@//HOST",
    "jdbc:sqlserver://db:1433,db2;databaseName=apim;password=s3cret": "is of several servers: name the one server",
    "jdbc:h2:./repository/database/WSO2AM_DB;PASSWORD=s3cret": "H2 is for trying the product out and has no upgrade",
    "jdbc:db2://db/apim": "write mssql://.*mysql://.*oracle://.*postgresql://",
    "postgres://ada:s3cret@db/apim": "unknown dialect 'postgres': write postgresql://USER@HOST:5432/DATABASE$",
    "http://ada:s3cret@db/apim": "unknown dialect 'http': write mssql://.*postgresql://",
    "s3cret": "can't be read: write mssql://",
    "postgresql://ada:s3cret@db": "names no database: write postgresql://USER@HOST:5432/DATABASE$",
    "mysql://ada:s3cret@db:port/apim": "can't be read",
    "mysql+mysqldb://ada:s3cret@db/apim": "is not installed: install it, or write mysql:// for pymysql$",
    "mysql+nothing://ada:s3cret@db/apim": r"unknown driver in the URL of apim: 'mysql\+nothing'; write mysql://$",
    "mysql://ada:s3cret@{nobody}/apim?useSSL=s3cret": "the option useSSL, which its driver does not know: leave it out",
    "mysql://ada:s3cret@{nobody}/apim?ssl_ca=/nonexistent": "No such file or directory; check its options: ssl_ca$",
    "mysql://ada:s3cret@{nobody}/apim?connect_timeout=s3cret": "not of its kind; check its options: connect_timeout$",
    "postgresql://ada:s3cret@{nobody}/apim?useSSL=true": "invalid connection option",
    "postgresql://ada:s3cret@{nobody}/apim?sslmode=verify-full&sslrootcert=/nonexistent": "can't connect to",
    "postgresql://ada:s3cret@{nobody}/apim": "can't connect to .*refused",
    "mysql://ada:s3cret@{nobody}/apim": "can't connect to .*refused",
}


@pytest.fixture
def nobody() -> Iterator[str]:
    """A port that nobody listens at: it stays taken, and so nobody else's, for as long as the test runs."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{taken.getsockname()[1]}"


def alembic_says(url: str, capsys: pytest.CaptureFixture[str], *command: str) -> tuple[Any, str]:
    with pytest.raises(SystemExit) as ended:
        alembic.config.main(
            ["-c", str(chain.ini_file()), "-x", f"url={url.replace('%', '%%')}", *(command or ("current",))]
        )
    return ended.value.code, capsys.readouterr().err


def expect_usage(code: Any, told: str, message: str) -> None:
    assert (code, told.count("\n")) == (Exit.USAGE, 1), told
    assert told.startswith("apim-schema: ")
    assert re.search(message, told.rstrip()), told
    assert SECRET not in told


@pytest.mark.parametrize("url", WRONG)
def test_our_own_door(url: str, nobody: str, run: Callable[..., Result]) -> None:
    result = run("status", "--apim-url", url.replace("{nobody}", nobody))
    expect_usage(result.exit_code, result.stderr, WRONG[url])


@pytest.mark.parametrize("url", WRONG)
def test_alembics_door(url: str, nobody: str, capsys: pytest.CaptureFixture[str]) -> None:
    expect_usage(*alembic_says(url.replace("{nobody}", nobody), capsys), WRONG[url])


@contextmanager
def silent() -> Iterator[str]:
    """The address of something that takes connections and says nothing."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        yield f"127.0.0.1:{listener.getsockname()[1]}"


@pytest.mark.parametrize("url", ["mysql://ada:s3cret@{}/apim", "postgresql://ada:s3cret@{}/apim"])
def test_a_port_that_says_nothing(url: str, run: Callable[..., Result], monkeypatch: pytest.MonkeyPatch) -> None:
    for dialect, limit in (("mysql", "ANSWER_TIMEOUT"), ("postgresql", "CONNECT_TIMEOUT")):
        monkeypatch.setattr(registry.load(dialect).session, limit, 2)
    with silent() as where:
        result = run("status", "--apim-url", url.format(where))
    expect_usage(result.exit_code, result.stderr, "can't connect to .*(timed out|timeout)")


def test_a_port_where_another_product_answers(
    servers: Pool, run: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry.load("mysql").session, "ANSWER_TIMEOUT", 2)
    postgresql, mysql = servers.get("postgresql").admin, servers.get("mysql").admin
    for url in (postgresql.set(port=mysql.port), mysql.set(port=postgresql.port)):
        result = run("status", "--apim-url", url.render_as_string(hide_password=False))
        expect_usage(result.exit_code, result.stderr, "can't connect to")


def test_a_probe_s_limit_is_none_of_statements(mysql: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    session = registry.load("mysql").session
    monkeypatch.setattr(session, "ANSWER_TIMEOUT", 1)
    with target("apim", mysql.url).engine() as engine, session.connect(engine, None) as connection:
        assert connection.exec_driver_sql("SELECT SLEEP(2)").scalar_one() == 0


@pytest.mark.parametrize("engine", ["mysql", "mariadb"])
def test_no_database_is_named(engine: str, servers: Pool, run: Callable[..., Result]) -> None:
    url = servers.get(engine).admin.set(database="").render_as_string(hide_password=False)
    for verb in (["status"], ["upgrade", "head"]):
        result = run(*verb, "--apim-url", url)
        expect_usage(result.exit_code, result.stderr, "names no database: write mysql://USER@HOST:3306/DATABASE$")


@pytest.mark.parametrize(
    ("engine", "message"),
    [
        ("postgresql", "there is no schema 'nowhere' in this database: it has .*public"),
        ("mysql", "there is no database 'nowhere' here"),
        ("mariadb", "there is no database 'nowhere' here"),
    ],
)
def test_an_unknown_schema(
    engine: str, message: str, servers: Pool, run: Callable[..., Result], capsys: pytest.CaptureFixture[str]
) -> None:
    url = servers.get(engine).admin.update_query_dict({"schema": "nowhere"}).render_as_string(hide_password=False)
    for verb in (["status"], ["upgrade", "head"]):
        result = run(*verb, "--apim-url", url)
        expect_usage(result.exit_code, result.stderr, message)
    expect_usage(*alembic_says(url, capsys), message)


def test_an_unknown_stamp_is_a_finding(
    run: Callable[..., Result], databases: Databases, capsys: pytest.CaptureFixture[str]
) -> None:
    databases.execute("CREATE TABLE alembic_version_apim (version_num VARCHAR(32) NOT NULL PRIMARY KEY)")
    databases.execute("INSERT INTO alembic_version_apim VALUES ('9.9.9')")
    told = "apim is stamped '9.9.9', which is no release that this version knows"
    for verb in (["status", "--check"], ["verify"], ["upgrade", "head"], ["adopt"]):
        result = run(*verb, "--apim-url", databases.apim)
        assert (result.exit_code, told in result.output) == (Exit.REFUSED, True), result.stderr
    code, said = alembic_says(databases.apim, capsys, "upgrade", "head")
    assert (code, told in said) == (Exit.REFUSED, True)


def test_what_the_database_says_is_one_of_our_errors(databases: Databases, capsys: pytest.CaptureFixture[str]) -> None:
    """At Alembic's door as well: no traceback."""
    databases.execute("CREATE VIEW alembic_version_apim AS SELECT 1 / 0 AS version_num")
    code, said = alembic_says(databases.apim, capsys)
    assert (code, "apim-schema: the database says: division by zero" in said) == (Exit.REFUSED, True), said


@pytest.mark.parametrize("options", [[], ["--force"]])
def test_a_snapshot_is_a_file(options: list[str], run: Callable[..., Result], tmp_path: Any) -> None:
    for output in (tmp_path, "/dev/full"):
        result = run("snapshot", "--apim-url", "postgresql://db/apim", "-o", output, *options)
        expect_usage(result.exit_code, result.stderr, f"{output} is no file: name one that is to be made")


def test_a_script_that_can_not_be_written(run: Callable[..., Result], tmp_path: Any) -> None:
    options = ["--dialect", "mysql", "--database", "apim", "--from", "4.6.0"]
    for output, why in ((tmp_path, "Is a directory"), ("/dev/full", "No space left on device")):
        result = run("sql", *options, "-o", output)
        expect_usage(result.exit_code, result.stderr, f"can't write {output}: {why}")


def test_urls_are_understood_as_they_were(databases: Databases, run: Callable[..., Result]) -> None:
    url = sa.make_url(databases.apim).update_query_dict({"connect_timeout": "5", "application_name": "x"})
    assert run("status", "--apim-url", url.render_as_string(hide_password=False)).exit_code == Exit.OK
