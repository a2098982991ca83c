"""JDBC URLs: what each driver of Java's takes, and what ours is told instead."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from typing import Any

import oracledb
import pytest
import sqlalchemy as sa
from click.testing import Result

from apim_schema import flavours, jdbc, registry
from apim_schema.errors import UsageError
from apim_schema.redact import redact
from apim_schema.target import Target, target
from tests.cli.conftest import Databases
from tests.servers import Server

DRIVER = {"driver": "ODBC Driver 18 for SQL Server"}
AUTHORITIES = ssl.get_default_verify_paths()
OF_THE_SYSTEM = {"ssl_ca": AUTHORITIES.cafile} if AUTHORITIES.cafile else {"ssl_capath": AUTHORITIES.capath}

SAME = [
    ("jdbc:mysql://db:3306/apim_db", "mysql+pymysql://db:3306/apim_db"),
    ("jdbc:mysql://ada:p%40ss@db/apim_db", "mysql+pymysql://ada:p%40ss@db/apim_db"),
    ("jdbc:mysql://db/apim_db?user=ada&amp;password=a%26b", "mysql+pymysql://ada:a%26b@db/apim_db"),
    ("JDBC:mysql://db/apim_db", "mysql+pymysql://db/apim_db"),
    ("jdbc:mariadb://[::1]:3307/apim_db", "mariadb+pymysql://[::1]:3307/apim_db"),
    ("jdbc:mariadb://db/apim_db?user=ada&password=a%40+b;c", "mariadb+pymysql://ada:a%2540%2Bb%3Bc@db/apim_db"),
    ("jdbc:mysql://db/apim_db?user=ada&password=a%40+b;c", "mysql+pymysql://ada:a%40 b%3Bc@db/apim_db"),
    ("jdbc:postgresql://db:5432/apim", "postgresql+psycopg://db:5432/apim"),
    ("jdbc:postgresql://db:/apim", "postgresql+psycopg://db/apim"),
    ("jdbc:postgresql:apim?user=ada&password=x+y", "postgresql+psycopg://ada:x y@localhost/apim"),
    ("jdbc:postgresql:///apim", "postgresql+psycopg://localhost/apim"),
    ("jdbc:oracle:thin:@db:1521:ORCL", "oracle+oracledb://db:1521/ORCL"),
    ("jdbc:oracle:thin:@[::1]:1521:ORCL", "oracle+oracledb://[::1]:1521/ORCL"),
    (
        "jdbc:oracle:thin:ada/s@cret@//db:1521/apim.example",
        "oracle+oracledb://ada:s%40cret@db:1521?service_name=apim.example",
    ),
    ("jdbc:oracle:thin:@db:1521/apim", "oracle+oracledb://db:1521?service_name=apim"),
    ("jdbc:oracle:thin:@tcp://db/apim", "oracle+oracledb://db?service_name=apim"),
    ("jdbc:oracle:oci:@APIM", "oracle+oracledb://APIM"),
    ("jdbc:oracle:thin:@APIM?TNS_ADMIN=/etc/tns", "oracle+oracledb://APIM?config_dir=%2Fetc%2Ftns"),
    ("jdbc:sqlserver://db:1433;databaseName=apim", "mssql+pyodbc://db:1433/apim"),
    ("jdbc:sqlserver://db;DATABASE=apim;user=ada;password={a;b}}c};", "mssql+pyodbc://ada:a%3Bb%7Dc@db/apim"),
    ("jdbc:sqlserver://db:1434/;databaseName=apim", "mssql+pyodbc://db:1434/apim"),
    ("jdbc:sqlserver://;serverName=db;portNumber=1434;databaseName=apim", "mssql+pyodbc://db:1434/apim"),
]

INSTANCES = [
    (r"jdbc:sqlserver://db\sales;databaseName=apim", r"db\sales", None),
    (r"jdbc:sqlserver://db\\sales;databaseName=apim", r"db\sales", None),
    ("jdbc:sqlserver://db;instanceName=sales;databaseName=apim", r"db\sales", None),
    (r"jdbc:sqlserver://db\sales:1500;databaseName=apim", "db", 1500),
]

OPTIONS: list[tuple[str, dict[str, Any]]] = [
    ("mysql://db/a?useSSL=false&allowPublicKeyRetrieval=true&characterEncoding=UTF-8", {"ssl_disabled": "true"}),
    ("mysql://db/a?useSSL=true&serverTimezone=UTC", {}),
    ("mysql://db/a?useSSL=true&requireSSL=true", {"ssl_verify_cert": "false"}),
    ("mysql://db/a?useSSL=true&verifyServerCertificate=true", OF_THE_SYSTEM | {"ssl_check_hostname": "false"}),
    ("mysql://db/a?sslMode=DISABLED", {"ssl_disabled": "true"}),
    ("mysql://db/a?sslmode=preferred&useSSL=false", {}),
    ("mysql://db/a?sslMode=REQUIRED", {"ssl_verify_cert": "false"}),
    ("mysql://db/a?sslMode=VERIFY_IDENTITY", OF_THE_SYSTEM),
    ("mysql://db/a?connectTimeout=1500&socketTimeout=1", {"connect_timeout": "2"}),
    ("mysql://db/a?connectTimeout=0", {}),
    ("mariadb://db/a?sslMode=trust", {"ssl_verify_cert": "false"}),
    ("mariadb://db/a?useSsl=true&trustServerCertificate=true", {"ssl_verify_cert": "false"}),
    ("mariadb://db/a?sslMode=disable&useSsl", OF_THE_SYSTEM),
    ("mariadb://db/a?sslMode=VERIFY_IDENTITY&disableSslHostnameVerification=true", OF_THE_SYSTEM),
    ("mariadb://db/a?localSocketAddress=10.0.0.1", {"bind_address": "10.0.0.1"}),
    ("mariadb://db/a?useSsl=true&serverSslCert=/ca.pem", {"ssl_ca": "/ca.pem"}),
    ("mariadb://db/a?sslMode=verify-ca&serverSslCert=/ca.pem", {"ssl_ca": "/ca.pem", "ssl_check_hostname": "false"}),
    ("mariadb://db/a?useSSL=false&localSocket=/run/m.sock", {"ssl_disabled": "true", "unix_socket": "/run/m.sock"}),
    ("postgresql://db/a?ssl=true&ApplicationName=x&prepareThreshold=0", {"sslmode": "verify-full"}),
    ("postgresql://db/a?ssl", {"sslmode": "verify-full"}),
    ("postgresql://db/a?ssl=false", {}),
    ("postgresql://db/a?ssl=true&sslfactory=org.postgresql.ssl.NonValidatingFactory", {"sslmode": "require"}),
    ("postgresql://db/a?sslmode=disable&ssl=true", {"sslmode": "disable"}),
    ("postgresql://db/a?sslmode=verify-ca&sslrootcert=/ca", {"sslmode": "verify-ca", "sslrootcert": "/ca"}),
    ("postgresql://db/a?connectTimeout=3&loginTimeout=9&tcpKeepAlive=true", {"connect_timeout": "3"}),
    ("postgresql://db/a?targetServerType=primary", {"target_session_attrs": "read-write"}),
    ("oracle:thin:@db/a?oracle.jdbc.ReadTimeout=60000", {"service_name": "a"}),
    ("sqlserver://db;database=a;encrypt=true", {"Encrypt": "yes"}),
    ("sqlserver://db;database=a;trustServerCertificate=true", {"TrustServerCertificate": "yes"}),
    ("sqlserver://db;database=a;encrypt=false;sendStringParametersAsUnicode=false", {"Encrypt": "no"}),
    ("sqlserver://db;database=a;Encrypt=Strict", {"Encrypt": "strict"}),
    ("sqlserver://db;database=a;hostNameInCertificate=x", {"HostnameInCertificate": "x"}),
    ("sqlserver://db;database=a;multiSubnetFailover=true;applicationIntent=ReadWrite", {"MultiSubnetFailover": "yes"}),
    ("sqlserver://db;database=a;integratedSecurity=true", {"Trusted_Connection": "yes"}),
    ("sqlserver://db;database=a;authentication=ActiveDirectoryPassword", {"Authentication": "ActiveDirectoryPassword"}),
]  # fmt: skip

UNTOLD = [
    ("mysql://db/a?trustCertificateKeyStoreUrl=file:s3cret&sslMode=VERIFY_CA", "trustCertificateKeyStoreUrl"),
    ("mysql://db/a?sessionVariables=sql_mode=s3cret;b=c&useUnicode=true", "sessionVariables"),
    ("mariadb://db/a?serverSslCert=classpath:s3cret&useSsl=true", "serverSslCert"),
    ("postgresql://db/a?sslfactory=s3cret.OfOurOwn&targetServerType=secondary", "sslfactory, targetServerType"),
    ("oracle:thin:@db/a?internal_logon=s3cret", "internal_logon"),
    ("sqlserver://db;database=a;trustStore=s3cret;applicationIntent=ReadOnly", "trustStore, applicationIntent"),
    (
        "sqlserver://db;database=a;authenticationScheme=NTLM;authentication=s3cret",
        "authenticationScheme, authentication",
    ),
]

SCHEMAS = [
    ("carbon", "carbon"),
    ("Carbon,public", "carbon"),
    ('"Carbon",public', "Carbon"),
    ('"a""b"', 'a"b'),
    ("", None),
]

CONNECT_STRINGS = {
    "@(DESCRIPTION=(ADDRESS=(PROTOCOL=TCPS)(HOST=db)(PORT=2484))(CONNECT_DATA=(SERVICE_NAME=a)))": ("tcps", "db", 2484),
    "@tcps://db:2484/a?wallet_location=/w&retry_count=2": ("tcps", "db", 2484),
    "@//db:1522/a:dedicated": ("tcp", "db", 1522),
    "@//db:1522/a:dedicated/a1": ("tcp", "db", 1522),
}
"""Those that go to the driver as they are."""


def without_driver(found: Target) -> sa.URL:
    return found.url.difference_update_query(["driver"])


@pytest.mark.parametrize(("url", "expected"), SAME)
def test_the_same_database(url: str, expected: str) -> None:
    found = target("apim", url)
    assert without_driver(found) == sa.make_url(expected)
    assert (found.schema, found.notes) == (None, ())


@pytest.mark.parametrize(("url", "host", "port"), INSTANCES)
def test_instances(url: str, host: str, port: int | None) -> None:
    found = target("apim", url).url
    assert (found.host, found.port, found.database) == (host, port, "apim")


@pytest.mark.parametrize(("url", "expected"), OPTIONS)
def test_options(url: str, expected: dict[str, Any]) -> None:
    found = target("apim", f"jdbc:{url}")
    assert dict(without_driver(found).query) == expected
    assert found.notes == ()


@pytest.mark.parametrize(("url", "names"), UNTOLD)
def test_options_without_a_counterpart(url: str, names: str) -> None:
    """They are told by name, and never with their value."""
    assert target("apim", f"jdbc:{url}").notes == (
        f"the JDBC URL of apim has options that are not taken over: {names}",
    )


@pytest.mark.parametrize(("path", "schema"), SCHEMAS)
def test_the_schema_in_which_tables_are_made(path: str, schema: str | None) -> None:
    url = f"jdbc:postgresql://db/apim?currentSchema={path}"
    assert target("apim", url).schema == schema
    assert target("apim", url, "other").schema == "other"


@pytest.mark.parametrize("text", CONNECT_STRINGS)
def test_connect_strings_of_oracle(text: str) -> None:
    """The driver itself reads what it is given."""
    url = target("apim", f"jdbc:oracle:thin:ada/s3cret{text}").url
    _, arguments = url.get_dialect()().create_connect_args(url)
    assert (arguments["user"], arguments["password"]) == ("ada", "s3cret")
    read = oracledb.ConnectParams()
    read.parse_connect_string(arguments["dsn"])
    assert (read.protocol, read.host, read.port) == CONNECT_STRINGS[text]


@pytest.mark.parametrize("installed", [[], ["FreeTDS"], ["ODBC Driver 17 for SQL Server", "FreeTDS", DRIVER["driver"]]])
def test_the_odbc_driver_that_is_installed(installed: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    module = flavours.module("mssql", "jdbc")
    monkeypatch.setattr(module, "import_module", lambda name: type("pyodbc", (), {"drivers": lambda: installed}))
    found = target("apim", "jdbc:sqlserver://db;databaseName=apim").url
    assert found.query == ({"driver": "FreeTDS"} if installed == ["FreeTDS"] else DRIVER)


def test_every_type_has_a_url_that_is_read() -> None:
    settings = {"hostname": "db", "port": "1234", "name": "apim", "sid": "apim"}
    for dialect in map(registry.load, flavours.DIALECTS):
        for form in dialect.jdbc.TYPES.values():
            found = target("apim", form.format(**settings))
            assert (found.dialect.name, found.url.host, found.url.port) == (dialect.name, "db", 1234)
            assert target("apim", form.format(**settings | {"port": ""})).url.port is None


def test_secrets_of_options_are_hidden() -> None:
    target("apim", "jdbc:sqlserver://db;databaseName=apim;trustStorePassword={tr;st};keyStoreSecret=k3ystore")
    with pytest.raises(UsageError):
        target("apim", "jdbc:postgresql://a,b/apim?sslpassword=ssl%40password")
    assert redact("tr;st k3ystore ssl@password ssl%40password") == "*** *** *** ***"


def test_entities() -> None:
    """Only what XML has: `&curren` without a semicolon is the beginning of another option."""
    found = target("apim", "jdbc:postgresql://db/apim?user=ada&currentSchema=carbon&#38;sslmode=disable")
    assert (found.url.username, found.schema, found.url.query) == ("ada", "carbon", {"sslmode": "disable"})


def test_an_option_is_taken_once() -> None:
    options = jdbc.Options([("Encrypt", "true"), ("other", "1")])
    assert options.flag("encrypt") is True
    assert options.flag("encrypt") is None
    assert options.left(()) == ("other",)


def jdbc_of(url: str, options: str = "") -> str:
    found = sa.make_url(url)
    login = f"user={found.username}&password={found.password or ''}"
    return f"jdbc:{found.get_backend_name()}://{found.host}:{found.port}/{found.database}?{login}{options}"


def test_a_database_by_its_jdbc_url(
    run: Callable[..., Result], run_json: Callable[..., Any], databases: Databases
) -> None:
    url = jdbc_of(databases.apim, "&amp;ApplicationName=apim&reWriteBatchedInserts=true&unheard=of")
    result = run("status", "--apim-url", url)
    assert result.exit_code == 0
    assert "note: the JDBC URL of apim has options that are not taken over: unheard\n" in result.stderr
    assert (
        run_json("status", "--apim-url", url)["databases"]
        == run_json("status", "--apim-url", databases.apim)["databases"]
    )


@pytest.mark.parametrize(
    ("options", "encrypted"),
    [
        ("&useSSL=false&allowPublicKeyRetrieval=true", False),
        ("&sslMode=REQUIRED", True),
        ("&sslMode=PREFERRED&connectTimeout=10000", None),
    ],
)
def test_tls_of_mysql(options: str, encrypted: bool | None, mysql: Server) -> None:
    url = jdbc_of(mysql.admin.set(database="mysql").render_as_string(hide_password=False), options)
    with target("apim", url).engine() as engine, engine.connect() as connection:
        cipher = connection.exec_driver_sql("SHOW SESSION STATUS LIKE 'Ssl_cipher'").one()[1]
    assert encrypted is None or bool(cipher) == encrypted


@pytest.mark.parametrize("mode", ["VERIFY_CA", "VERIFY_IDENTITY"])
def test_a_certificate_that_nobody_has_signed(mode: str, mysql: Server) -> None:
    url = jdbc_of(mysql.admin.set(database="mysql").render_as_string(hide_password=False), f"&sslMode={mode}")
    with pytest.raises(UsageError, match="certificate verify failed"), target("apim", url).engine():
        pass
