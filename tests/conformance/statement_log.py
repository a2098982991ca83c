"""The server's own log of statements: what has reached it, whoever says what was sent."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import sqlalchemy as sa

from apim_schema.schema import OWN_TABLES
from tests.conformance.site import Site

Logged = Callable[[], list[str]]
"""Gives the statements that were logged since the last call."""

POSTGRESQL = re.compile(r"LOG: +(?:statement|execute [^:]*): (.*(?:\n\t.*)*)")
CHANGES = re.compile(r"\s*(?:ALTER|CREATE|DROP|UPDATE|INSERT|DELETE|REPLACE|TRUNCATE|RENAME)\b", re.IGNORECASE)


@contextmanager
def logged(customer: Site) -> Iterator[Logged]:
    """Has the server log every statement of the customer's database while the block runs; a Site's own count too."""
    log = {"postgresql": _postgresql, "mysql": _mysql}.get(customer.server.dialect)
    if log is None:
        pytest.skip(f"{customer.server.name}: its log of statements can't be read here")
    with log(customer) as found:
        yield found


def changes(statements: list[str]) -> list[str]:
    """Those of the statements that change something, without what the tool writes into tables of its own."""
    own = re.compile(r"\b(?:" + "|".join(OWN_TABLES) + r")", re.IGNORECASE)
    return [squeezed(sql) for sql in statements if CHANGES.match(sql) and not own.search(sql)]


def squeezed(sql: str) -> str:
    """A statement with single blanks: a log may break its lines otherwise."""
    return " ".join(sql.split())


@contextmanager
def _postgresql(customer: Site) -> Iterator[Logged]:
    server, name = customer.server, sa.make_url(customer.url).database
    if server.process is None:
        pytest.skip("postgresql: the log is in a file of another server")
    file, at = server.process.folder / "server.log", 0
    with server.connection() as admin:
        admin.exec_driver_sql(f"ALTER DATABASE {name} SET log_statement = 'all'")

    def since() -> list[str]:
        nonlocal at
        text = file.read_text(errors="replace")
        new, at = text[at:], len(text)
        return [found.replace("\n\t", "\n") for found in POSTGRESQL.findall(new)]

    since()
    yield since


@contextmanager
def _mysql(customer: Site) -> Iterator[Logged]:
    """The general log as a table, which the server keeps for all of its databases."""
    with customer.server.connection() as admin:
        admin.exec_driver_sql("SET GLOBAL log_output = 'TABLE'")
        admin.exec_driver_sql("TRUNCATE TABLE mysql.general_log")
        admin.exec_driver_sql("SET GLOBAL general_log = ON")
        number = admin.exec_driver_sql("SELECT CONNECTION_ID()").scalar_one()

        def since() -> list[str]:
            query = (
                "SELECT argument FROM mysql.general_log WHERE command_type IN ('Query', 'Execute') "
                f"AND thread_id <> {number} ORDER BY event_time, thread_id"
            )
            found = [
                bytes(row[0]).decode() if isinstance(row[0], bytes) else str(row[0])
                for row in admin.exec_driver_sql(query)
            ]
            admin.exec_driver_sql("TRUNCATE TABLE mysql.general_log")
            return found

        yield since
        admin.exec_driver_sql("SET GLOBAL general_log = OFF")
