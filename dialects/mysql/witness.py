"""What MySQL and MariaDB vouch for without a row being read: what their binary log does not have was not written.

Each statement that changes a schema commits, which ends locks: others may write in between, and the log tells that they
did, over an interruption too. A statement of ours that states an ALGORITHM is refused by the server where that would
write rows. See `binlog` for what is read, https://dev.mysql.com/doc/refman/8.4/en/alter-table.html#alter-table-performance
and https://mariadb.com/kb/en/innodb-online-ddl-overview/ for the algorithms. What could fool it is in docs/evidence.md.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Collection, Iterator, Mapping
from itertools import islice
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from apim_schema.progress import Say
from apim_schema.schema import Column, Schema, Table
from apim_schema.witness import Made, Mark

from . import binlog, introspect, names
from .binlog import Broken, Findings
from .privileges import Grants

COMMITS = "the server commits each statement, which lets others write in between"
MARKER = "apim_schema_evidence_mark_"
"""Dropped, if it existed, to leave a name in the log that nobody else can have written there."""
NEAR = 10_000
"""Events that others may write while we leave ours."""

PLAIN = re.compile(r"[A-Za-z0-9_$]+")
STATED = re.compile(r".*, ALGORITHM=(INSTANT|INPLACE)(, LOCK=\w+)?", re.DOTALL)
ANEW = "a statement of this upgrade has written its rows anew"
INNODB = "innodb"
SETTINGS = """
SHOW GLOBAL VARIABLES WHERE variable_name IN
('log_bin', 'binlog_format', 'wsrep_on', 'log_slave_updates', 'log_replica_updates')"""
REPLICAS = ("SHOW ALL REPLICAS STATUS", "SHOW REPLICA STATUS", "SHOW SLAVE STATUS")
"""The first is of MariaDB, the last of MySQL before 8.0.22."""


def find(connection: Connection, schema: str) -> Log | str:
    """The witness, or why there is none."""
    reason = _unlogged(connection, schema)
    return f"{COMMITS}, and {reason}" if reason else Log(connection, schema)


def _unlogged(connection: Connection, schema: str) -> str:
    """Why the binary log does not show all that is written to a database, or not to this login; "" where it does."""
    if not PLAIN.fullmatch(schema):
        return f"the name {schema!r} can't be told for certain in a binary log"
    settings = {name.lower(): value for name, value in connection.exec_driver_sql(SETTINGS)}
    if settings.get("log_bin") != "ON":
        return "its binary log is off (log_bin)"
    if (form := settings.get("binlog_format", "ROW")) != "ROW":
        return f"its binary log does not name all tables that are written (binlog_format is {form}, not ROW)"
    if settings.get("wsrep_on") == "ON":
        return "it is one of a Galera cluster, in which others write too"
    if not Grants.of(connection).holds("DROP", schema, MARKER):
        return f"the login has not the privilege DROP on {schema}.*, to leave a mark in the binary log"
    applied = "ON" in (settings.get("log_slave_updates"), settings.get("log_replica_updates"))
    return _unreadable(connection) or ("" if applied else _replicates(connection))


def _unreadable(connection: Connection) -> str:
    """Why this login can't read the log, in the server's words, which name the privilege, or not all is in it."""
    try:
        end = binlog.end(connection)
        list(binlog.events(connection, end.file, binlog.FIRST, 1))
    except Broken as broken:
        return str(broken)
    except DBAPIError as error:
        return f"this login can't read its binary log: {error.orig}"
    return "its binary log leaves databases out (binlog_do_db, binlog_ignore_db)" if end.filtered else ""


def _replicates(connection: Connection) -> str:
    """Why rows of another server may come in that this one does not log."""
    try:
        found = binlog.first_known(connection, REPLICAS)
    except DBAPIError as error:
        return f"this login can't see whether it is a replica, which would not log what it is sent: {error.orig}"
    return "as a replica it does not log what it is sent (log_slave_updates)" if found else ""


class Log:
    """The binary log, from a mark in it to its end."""

    holds = False
    way_out = (
        "mysqlbinlog --verbose (mariadb-binlog) shows what was written at that place; `verify --against` compares all "
        "rows with a snapshot from before"
    )

    def __init__(self, connection: Connection, schema: str) -> None:
        self._connection, self._schema = connection, schema

    def hold(self, tables: Collection[str], say: Say) -> None:
        """Nothing: no lock outlives the first statement."""

    def unfit(self, tables: Collection[str], statements: Collection[Made]) -> dict[str, str]:
        """A statement that states no algorithm leaves the choice to the server, which may write the rows anew."""
        return _all_unfit(self._read(), tables, statements)

    def mark(self, tables: Collection[str], statements: Collection[Made] = ()) -> Mark:
        """Of each table the parents with whose rows its own may go, and the place in the log."""
        live = self._read()
        try:
            since = self._begun()
        except (Broken, DBAPIError) as error:
            told = getattr(error, "orig", error)
            return Mark({}, dict.fromkeys(tables, f"no mark could be left in the binary log: {told}"))
        kept = {name: _parents(live.tables[name]) for name in tables if name in live.tables}
        return Mark(kept, _all_unfit(live, tables, statements), since | {"statements": _told(statements)})

    def doubts(self, mark: Mark, statements: Collection[Made] = ()) -> dict[str, str]:
        """The tables that the log has from the mark on, with those whose rows may have gone with theirs."""
        if reason := _unlogged(self._connection, self._schema):
            return dict.fromkeys(mark.remembered, reason)
        then, now = mark.since["statements"], _told(statements)
        own = {sql: then.get(sql) or now.get(sql, "") for sql in (*then, *now)}
        found = Findings(self._schema.lower(), {name.lower() for name in mark.remembered}, own)
        try:
            for event in self._since(mark.since):
                found.see(event)
            found.close()
        except Broken as broken:
            return dict.fromkeys(mark.remembered, str(broken))
        if found.everything:
            return dict.fromkeys(mark.remembered, found.everything)
        reasons = dict.fromkeys(found.anew, ANEW)  # which nothing goes with
        reasons |= _with_children({**found.written, **found.altered}, self._children(mark))
        return {name: reasons[name.lower()] for name in mark.remembered if name.lower() in reasons}

    def differs(self, table: str, column: Column, default: str | None) -> bool:
        """No: no statement but ours has altered the table, and rows that stood have the default which that states."""
        return False

    def _read(self) -> Schema:
        return introspect.read(self._connection, self._schema)

    def _begun(self) -> dict[str, Any]:
        """Leaves a mark in the log, and returns its place. Raises Broken where it is not there."""
        end = binlog.end(self._connection)
        marker = f"{MARKER}{secrets.token_hex(8)}"
        self._connection.exec_driver_sql(f"DROP TABLE IF EXISTS {names.qualified(marker, self._schema)}")
        for event in islice(binlog.since(self._connection, end.file, end.position), NEAR):
            if marker in event.info:
                return {"file": event.file, "position": event.position, "marker": marker}
        raise Broken("a statement of this session is not in it (sql_log_bin)")

    def _since(self, place: Mapping[str, Any]) -> Iterator[binlog.Event]:
        """What came after the mark. Raises Broken where that is gone, as in a log that was begun anew."""
        found = binlog.since(self._connection, place["file"], place["position"])
        if place["marker"] not in next(found, binlog.Event("", 0, "", 0, "")).info:
            raise Broken(f"the binary log has not what {place['file']} had when this began: it was begun anew")
        return found

    def _children(self, mark: Mark) -> dict[str, set[str]]:
        """By parent, as they were at the mark and are now."""
        parents = [mark.remembered, {name: _parents(table) for name, table in self._read().tables.items()}]
        found: dict[str, set[str]] = {}
        for child, parent in ((child, p) for every in parents for child, all_ in every.items() for p in all_):
            found.setdefault(parent.lower(), set()).add(child.lower())
        return found


def _told(statements: Collection[Made]) -> dict[str, str]:
    """The statements, each with the table that it writes anew, "" where it leaves all rows as they are."""
    return {made.sql.strip(): made.table if _anew(made) else "" for made in statements}


def _anew(made: Made) -> bool:
    return made.anew or not (made.sql.startswith("CREATE ") or STATED.fullmatch(made.sql))


def _all_unfit(live: Schema, tables: Collection[str], statements: Collection[Made]) -> dict[str, str]:
    rewritten = {made.table for made in statements if _anew(made)}
    found = ((name, _unfit(live, live.tables[name], name in rewritten)) for name in tables if name in live.tables)
    return {name: reason for name, reason in found if reason}


def _unfit(live: Schema, table: Table, rewritten: bool) -> str:
    """Why nobody vouches for a table, whatever happens; "" where the log may."""
    if rewritten:
        return "its rows are written anew, or may be"
    if not PLAIN.fullmatch(table.name):
        return "its name can't be told for certain in a binary log"
    if (engine := table.options["engine"]).lower() != INNODB:
        return f"its rows are in {engine or 'no engine'}, not in InnoDB, and may be written before that is in the log"
    if elsewhere := [parent for parent in _ancestors(live, table) if not PLAIN.fullmatch(parent)]:
        return f"its rows may go with those of {', '.join(elsewhere)}, in another database"
    if worked_out := [column.name for column in table.columns.values() if column.is_computed]:
        return f"what {', '.join(worked_out)} means is not in its rows alone"
    return ""


def _parents(table: Table) -> list[str]:
    """The tables with whose rows those of this one may go: InnoDB does that by itself, and does not log it."""
    return sorted({key.ref_table for key in table.foreign_keys if key.on_delete or key.on_update})


def _ancestors(live: Schema, table: Table) -> list[str]:
    """The parents, and theirs: rows that go with rows that go."""
    found = _parents(table)
    for name in found:
        above = _parents(live.tables[name]) if name in live.tables else []
        found += [parent for parent in above if parent not in found]
    return found


def _with_children(written: Mapping[str, str], children: Mapping[str, Collection[str]]) -> dict[str, str]:
    """The tables that were written or altered, and all whose rows may have gone with theirs by a foreign key."""
    found, ahead = dict(written), list(written)
    while ahead:
        parent = ahead.pop()
        for child in children.get(parent, set()) - found.keys():
            found[child] = f"its rows may have gone with those of {parent.upper()}: {found[parent]}"
            ahead.append(child)
    return found
