"""One table and its digests: written from outside the tool, read by it in two sessions that find other settings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.schema import CreateTable

from apim_schema import evidence
from apim_schema.drilldown import ROWS_SHOWN
from apim_schema.evidence import Evidence, Verdict
from apim_schema.hashed import Bucket
from apim_schema.judge import ROWS_READ, Rows, judge, told_apart
from apim_schema.schema import Schema, Table
from apim_schema.target import target
from tests.servers import Server, new_database

Row = tuple[Any, ...]
Buckets = Mapping[int, Bucket]

WIDE = {"mysql": {"charset": "utf8mb4"}, "mssql": {"collation": "Latin1_General_100_CI_AI"}}
"""Databases that have every character, and that take `a` for `A` and `e` for `é` where a database can."""

INSENSITIVE = "CREATE COLLATION insensitive (provider = icu, locale = 'und-u-ks-level1', deterministic = false)"
"""On PostgreSQL a column can; nothing is made of it where the server is built without ICU."""

POSTGRESQL = {
    "TimeZone": "Asia/Kolkata",
    "DateStyle": "SQL, DMY",
    "IntervalStyle": "iso_8601",
    "extra_float_digits": "-15",
    "bytea_output": "escape",
    "standard_conforming_strings": "off",
}
MYSQL = {
    "time_zone": "+05:30",
    "sql_mode": "ANSI_QUOTES,PAD_CHAR_TO_FULL_LENGTH,NO_BACKSLASH_ESCAPES,PIPES_AS_CONCAT,REAL_AS_FLOAT",
    "div_precision_increment": 0,
    "lc_time_names": "de_DE",
    "collation_connection": "latin1_swedish_ci",
}
ORACLE = {
    "NLS_COMP": "LINGUISTIC",
    "NLS_SORT": "BINARY_AI",
    "TIME_ZONE": "'+05:30'",
    "NLS_NUMERIC_CHARACTERS": "',.'",
    "NLS_DATE_FORMAT": "'DD/MM/RR'",
    "NLS_TIMESTAMP_FORMAT": "'DD/MM/RR HH24:MI'",
}


@contextmanager
def other_settings(server: Server, writer: sa.Connection) -> Iterator[None]:
    """Sessions that begin in this block find another time zone and date style, fewer digits, and so on."""
    with OTHERS[server.dialect](server, writer):
        yield


@contextmanager
def _of_database(server: Server, writer: sa.Connection) -> Iterator[None]:
    name = writer.engine.url.database
    for setting, value in POSTGRESQL.items():
        writer.exec_driver_sql(f"ALTER DATABASE {name} SET {setting} = '{value}'")
    yield
    writer.exec_driver_sql(f"ALTER DATABASE {name} RESET ALL")


@contextmanager
def _of_trigger(server: Server, writer: sa.Connection) -> Iterator[None]:
    literals = (f"ALTER SESSION SET {name} = {value}".replace("'", "''") for name, value in ORACLE.items())
    sets = " ".join(f"EXECUTE IMMEDIATE '{literal}';" for literal in literals)
    writer.exec_driver_sql(f"CREATE TRIGGER other_settings AFTER LOGON ON SCHEMA BEGIN {sets} END;")
    yield
    writer.exec_driver_sql("DROP TRIGGER other_settings")


@contextmanager
def _of_login(server: Server, writer: sa.Connection) -> Iterator[None]:
    login, language = writer.exec_driver_sql(
        "SELECT name, default_language_name FROM sys.server_principals WHERE name = SUSER_SNAME()"
    ).one()
    writer.exec_driver_sql(f"ALTER LOGIN [{login}] WITH DEFAULT_LANGUAGE = [German]")
    try:
        yield
    finally:
        writer.exec_driver_sql(f"ALTER LOGIN [{login}] WITH DEFAULT_LANGUAGE = [{language}]")


@contextmanager
def global_settings(server: Server, values: Mapping[str, Any]) -> Iterator[None]:
    """Sessions of MySQL or MariaDB that begin in this block find these."""
    with server.connection() as admin:
        before = {name: admin.scalar(sa.text(f"SELECT @@GLOBAL.{name}")) for name in values}
        _set_globals(admin, values)
        try:
            yield
        finally:
            _set_globals(admin, before)


def _set_globals(admin: sa.Connection, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        admin.execute(sa.text(f"SET GLOBAL {name} = :value"), {"value": value})


OTHERS: Mapping[str, Callable[[Server, sa.Connection], AbstractContextManager[None]]] = {
    "postgresql": _of_database,
    "mysql": lambda server, writer: global_settings(server, MYSQL),
    "oracle": _of_trigger,
    "mssql": _of_login,
}


class Scanned:
    """The table `t` of a database: what is written to it, and what the tool says of it."""

    def __init__(self, server: Server, url: str, stack: ExitStack) -> None:
        wanted = target("apim", url)
        self.server, self.dialect = server, wanted.dialect
        outside = sa.create_engine(url, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
        self.writer = stack.enter_context(outside.connect())
        engine = stack.enter_context(wanted.engine())
        self.usual = stack.enter_context(self.dialect.session.connect(engine, None))
        with other_settings(server, self.writer):
            self.other = stack.enter_context(self.dialect.session.connect(engine, None))
        self.collation = self._collation()
        self._metadata = sa.MetaData()
        self._defined = ""

    def _collation(self) -> str | None:
        """The name of a collation that takes `a` for `A`, where the database has not one by itself."""
        if self.server.dialect != "postgresql":
            return None
        with suppress(DBAPIError):
            self.writer.exec_driver_sql(INSENSITIVE)
            return "insensitive"
        return None

    def define(self, *columns: sa.Column[Any]) -> None:
        """Makes the table anew, unless it is as it is wanted."""
        rows = sa.Table("t", metadata := sa.MetaData(), *columns)
        if (wanted := str(CreateTable(rows).compile(self.writer))) == self._defined:
            return
        self._metadata.drop_all(self.writer)
        self._metadata, self.rows, self._defined = metadata, rows, wanted
        self._metadata.create_all(self.writer)
        live = self.dialect.introspect.read(self.usual, None)
        self.usual.rollback()
        self.table: Table = next(table for name, table in live.tables.items() if name.upper() == "T")

    def fill(self, rows: Sequence[Row]) -> None:
        """Puts these rows in the place of all that are there."""
        self.writer.execute(self.rows.delete())
        self.insert(rows)

    def fill_anew(self, rows: Sequence[Row]) -> None:
        """The same in a session of its own, which finds what the server's settings are now."""
        with self.writer.engine.connect() as connection:
            connection.execute(self.rows.delete())
            self._insert(connection, rows)

    def insert(self, rows: Sequence[Row]) -> None:
        self._insert(self.writer, rows)

    def _insert(self, connection: sa.Connection, rows: Sequence[Row]) -> None:
        names = [column.name for column in self.rows.columns]
        if rows:
            connection.execute(self.rows.insert(), [dict(zip(names, row, strict=True)) for row in rows])

    def digest(self) -> Buckets:
        """The digest of the table: the same one in both sessions."""
        usual, other = self.digest_in(self.usual), self.digest_in(self.other)
        assert usual == other
        return usual

    def digest_in(self, connection: sa.Connection) -> Buckets:
        columns = evidence.compared(self.dialect, self.table, self.table)
        try:
            return self.dialect.digest.buckets(connection, None, self.table, columns)
        finally:
            connection.rollback()

    def judge(self, before: Buckets, after: Buckets, most: int = ROWS_SHOWN, keep: bool = False) -> Verdict:
        """The verdict on two digests; the rows are read as they are now."""
        then, now = self._evidence(before), self._evidence(after)
        try:
            return judge(Rows(self.dialect, self.usual, None, self._live, most, keep), then, now)
        finally:
            self.usual.rollback()

    def told_apart(self, before: Buckets, verdict: Verdict) -> Verdict:
        """The verdict by the rows as they are again now."""
        rows = Rows(self.dialect, self.usual, None, self._live, ROWS_READ)
        try:
            return told_apart(rows, self._evidence(before), verdict)
        finally:
            self.usual.rollback()

    @property
    def _live(self) -> Schema:
        return Schema(self.dialect.name, {self.table.name: self.table})

    def _evidence(self, found: Buckets) -> Evidence:
        return Evidence("", self._live.tables, {self.table.name: found})

    def meant(self, rows: Sequence[Row]) -> Counter[Row]:
        """The rows as this database understands them: to Oracle an empty text is NULL."""
        empty = "" if self.server.dialect == "oracle" else None
        return Counter(tuple(None if value is not None and value == empty else value for value in row) for row in rows)


def total(found: Buckets) -> tuple[int, int]:
    """All buckets as one: what is found in here is found however rows fall into buckets."""
    return sum(bucket.rows for bucket in found.values()), sum(bucket.total for bucket in found.values())


@contextmanager
def scanned(server: Server) -> Iterator[Scanned]:
    """A fresh database of every character, without any table yet."""
    with new_database(server, **WIDE.get(server.dialect, {})) as url, ExitStack() as stack:
        yield Scanned(server, url, stack)
