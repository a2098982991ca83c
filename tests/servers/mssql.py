"""SQL Server: by URL, or a container."""

from __future__ import annotations

from sqlalchemy import URL, Connection, text

from tests.servers.container import Image
from tests.servers.process import Installation

DIALECT = "mssql"
PASSWORD = "Apim_test_1"
DRIVER = {"driver": "ODBC Driver 18 for SQL Server", "TrustServerCertificate": "yes"}
ADMIN = URL.create("mssql+pyodbc", "sa", PASSWORD, database="master", query=DRIVER)
IMAGE = Image(
    "mcr.microsoft.com/mssql/server:2022-latest", 1433, {"ACCEPT_EULA": "Y", "MSSQL_SA_PASSWORD": PASSWORD}, ADMIN
)


def installed() -> Installation | None:
    """None: SQL Server comes by URL or as a container only."""
    return None


def version(admin: Connection) -> str:
    return str(admin.scalar(text("SELECT CAST(SERVERPROPERTY('ProductVersion') AS VARCHAR(128))")))


def create_database(admin: Connection, name: str, collation: str | None = None) -> URL:
    """Creates an empty database and returns its URL; without `collation` it has the server's."""
    admin.execute(text(f"CREATE DATABASE {name}" + (f" COLLATE {collation}" if collation else "")))
    return admin.engine.url.set(database=name)


def drop_database(admin: Connection, name: str) -> None:
    """Drops a database and ends the sessions that a failed test, or a pool of the driver, has left on it."""
    sessions = text("SELECT session_id FROM sys.dm_exec_sessions WHERE database_id = DB_ID(:name)")
    for (session,) in admin.execute(sessions, {"name": name}).all():
        admin.execute(text(f"KILL {session}"))
    admin.execute(text(f"DROP DATABASE {name}"))
