"""What a server of Oracle is and does: whether it takes changes, its version, transactions that last, standbys.

The views need SELECT_CATALOG_ROLE or the like; what may not be asked, nothing is said of. Text is compared as its bytes
unless a column says otherwise. See
https://docs.oracle.com/en/database/oracle/oracle-database/19/refrn/V-TRANSACTION.html and V-ARCHIVE_DEST_STATUS.html.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from apim_schema import tested
from apim_schema.hazards import BLOCK, INFO, WARN, Obstacle
from apim_schema.schema import Schema, Server
from apim_schema.tested import lasting

from . import names, session

TESTED = tested.read(__file__)
VERSION = "SELECT BANNER FROM V$VERSION"

ROLE = "SELECT SYS_CONTEXT('USERENV', 'DATABASE_ROLE') AS role FROM DUAL"
MODES = """
SELECT d.OPEN_MODE AS mode FROM V$DATABASE d
UNION ALL SELECT p.OPEN_MODE AS mode FROM V$PDBS p WHERE p.CON_ID = SYS_CONTEXT('USERENV', 'CON_ID')"""
PRIMARY, READ_WRITE = "PRIMARY", "READ WRITE"

WITHOUT_CASE = """
SELECT TABLE_NAME AS table_name, COLUMN_NAME AS name, COLLATION AS collation FROM ALL_TAB_COLS
WHERE OWNER = :owner AND COLLATION LIKE '%CI' ORDER BY TABLE_NAME, COLUMN_NAME"""

TRANSACTIONS = f"""
SELECT {session.SESSION}, (SYSDATE - t.START_DATE) * 86400 AS seconds
FROM GV$TRANSACTION t JOIN GV$SESSION s ON s.INST_ID = t.INST_ID AND s.TADDR = t.ADDR
WHERE s.SCHEMANAME = :owner AND (s.MODULE IS NULL OR s.MODULE <> '{session.MODULE}') ORDER BY t.START_DATE"""

STANDBYS = """
SELECT d.DEST_NAME AS name, d.STATUS AS status, d.GAP_STATUS AS gap FROM V$ARCHIVE_DEST_STATUS d
WHERE d.TYPE IN ('PHYSICAL', 'LOGICAL', 'SNAPSHOT') AND d.STATUS <> 'INACTIVE' ORDER BY d.DEST_NAME"""
NO_GAP = "NO GAP"


def closed(connection: Connection, schema: str) -> Obstacle | None:
    """A standby of any kind, what is written to a snapshot standby too is lost; a database or container read-only."""
    for row in _ask(connection, ROLE):
        if row.role not in (None, PRIMARY):
            way_out = "upgrade its primary database, from where it gets the changes"
            return Obstacle(BLOCK, "", f"the database is a standby ({row.role})", way_out, ROLE)
    for row in _ask(connection, MODES):
        if row.mode != READ_WRITE:
            way_out = "have it opened READ WRITE, or upgrade its primary database"
            return Obstacle(BLOCK, "", f"the database is open {row.mode}", way_out, MODES)
    return None


def find(connection: Connection, schema: str, release: str, live: Schema) -> Sequence[Obstacle]:
    """What is to be known of the server; nothing of it forbids an upgrade."""
    owner = names.owner(schema)
    return [
        TESTED["Oracle"].said_of(session.server(connection), release, VERSION),
        *_without_case(connection, owner),
        *_transactions(connection, owner),
        *_standbys(connection),
    ]


def newest() -> tuple[str, Server]:
    """The newest server that the vendor tests any release on, after its name in the vendor's lists."""
    return tested.newest(TESTED)


def _without_case(connection: Connection, owner: str) -> Iterator[Obstacle]:
    for row in _ask(connection, WITHOUT_CASE, owner=owner):
        told = f"{row.name} has the collation {row.collation}, which does not tell upper from lower case"
        yield Obstacle(
            WARN, row.table_name, told, "give it USING_NLS_COMP: the product needs them told apart", WITHOUT_CASE
        )


def _transactions(connection: Connection, owner: str) -> Iterator[Obstacle]:
    for row in _ask(connection, TRANSACTIONS, owner=owner):
        if row.seconds >= tested.LONG:
            way_out = f"end it there, or by ALTER SYSTEM KILL SESSION of session {row.sid}"
            yield lasting(session.told(row), row.seconds, way_out, TRANSACTIONS)


def _standbys(connection: Connection) -> Iterator[Obstacle]:
    for row in _ask(connection, STANDBYS):
        whole = row.status == "VALID" and row.gap in (None, NO_GAP)
        told = f"standby {row.name} ({row.status}, {row.gap or 'gap unknown'}) gets all that is written"
        yield Obstacle(INFO if whole else WARN, "", told, "" if whole else "let it catch up before", STANDBYS)


def _ask(connection: Connection, query: str, **values: object) -> Sequence[Any]:
    """The rows, none where this login may not read the views."""
    try:
        return connection.execute(text(query), values).all()
    except DBAPIError:
        return ()
