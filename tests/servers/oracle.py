"""Oracle: by URL, or a container. A database of a test is a user with a schema of its own."""

from __future__ import annotations

import time
from contextlib import suppress

from sqlalchemy import URL, Connection, text
from sqlalchemy.exc import DatabaseError

from tests.servers.container import Image
from tests.servers.process import Installation

DIALECT = "oracle"
PASSWORD = "Apim_test_1"
ADMIN = URL.create("oracle+oracledb", "system", PASSWORD, query={"service_name": "FREEPDB1"})
IMAGE = Image("gvenzl/oracle-free:23-slim-faststart", 1521, {"ORACLE_PASSWORD": PASSWORD}, ADMIN)
PRIVILEGES = "CREATE SESSION, CREATE TABLE, CREATE SEQUENCE, CREATE TRIGGER, CREATE PROCEDURE, CREATE VIEW, CREATE TYPE"
PACKAGES = ("DBMS_LOCK", "DBMS_CRYPTO")
"""Used where granted; an administrator that is not SYS may not be able to grant them."""
ATTEMPTS = 60


def installed() -> Installation | None:
    """None: Oracle comes by URL or as a container only."""
    return None


def version(admin: Connection) -> str:
    return str(admin.scalar(text("SELECT MAX(version) FROM product_component_version")))


def create_database(admin: Connection, name: str) -> URL:
    """Creates a user without objects and returns its URL."""
    # unlimited quota on the user's default tablespace only, as a DBA would give it
    admin.execute(text(f'CREATE USER {name} IDENTIFIED BY "{PASSWORD}"'))
    tablespace = admin.scalar(
        text("SELECT default_tablespace FROM dba_users WHERE username = UPPER(:name)"), {"name": name}
    )
    admin.execute(text(f"ALTER USER {name} QUOTA UNLIMITED ON {tablespace}"))
    admin.execute(text(f"GRANT {PRIVILEGES} TO {name}"))
    for package in PACKAGES:
        with suppress(DatabaseError):
            admin.execute(text(f"GRANT EXECUTE ON sys.{package} TO {name}"))
    return admin.engine.url.set(username=name, password=PASSWORD)


def drop_database(admin: Connection, name: str) -> None:
    """Drops a user with all it owns and ends the sessions that a failed or killed test has left behind.

    A session that is ended stays for a moment, and nobody can be dropped who is connected (ORA-01940).
    """
    for _ in range(ATTEMPTS):
        _end_sessions(admin, name)
        try:
            admin.execute(text(f"DROP USER {name} CASCADE"))
            return
        except DatabaseError as error:
            if "ORA-01940" not in str(error):
                raise
        time.sleep(1)
    raise RuntimeError(f"{name} is still connected after {ATTEMPTS} s")


def _end_sessions(admin: Connection, name: str) -> None:
    sessions = text("SELECT sid, serial# FROM v$session WHERE username = UPPER(:name)")
    for sid, serial in admin.execute(sessions, {"name": name}).all():
        with suppress(DatabaseError):  # it may have ended by itself just now
            admin.execute(text(f"ALTER SYSTEM KILL SESSION '{sid},{serial}' IMMEDIATE"))
