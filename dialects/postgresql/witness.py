"""What PostgreSQL vouches for without a row being read, within one transaction.

A table that is locked against others, whose file is the same and which this transaction has not written to has the
rows that it had. The file is another one after whatever writes all rows anew, TRUNCATE included, and the server counts
each row that a transaction inserts, updates or deletes, whoever had it do so: a trigger, a function, COPY.

See https://www.postgresql.org/docs/current/monitoring-stats.html#MONITORING-STATS-VIEWS (`pg_stat_xact_all_tables`),
https://www.postgresql.org/docs/current/functions-admin.html#FUNCTIONS-ADMIN-DBLOCATION (`pg_relation_filenode`) and
https://www.postgresql.org/docs/current/explicit-locking.html. What could fool it is in docs/evidence.md.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from functools import partial
from typing import Any

from sqlalchemy import Connection, Row, text

from apim_schema import locks
from apim_schema.errors import Refused
from apim_schema.progress import Say
from apim_schema.schema import Column
from apim_schema.witness import Made, Mark

from . import introspect, names, session

FIRST_MADE = 16384
"""The first number of an object that is not the server's own (FirstNormalObjectId)."""

SWITCH = """
SELECT oid::regprocedure::text FROM pg_proc
WHERE prosrc ILIKE '%track_counts%' OR proconfig::text ILIKE '%track_counts%' ORDER BY 1 LIMIT 3"""
"""Functions that may turn the counters off and on again, as a superuser may, while we look elsewhere."""

TREE = f"""
WITH RECURSIVE tree (name, relation) AS (
    SELECT c.relname, c.oid FROM pg_class c WHERE {introspect.TABLES}
    UNION SELECT t.name, i.inhrelid FROM tree t JOIN pg_inherits i ON i.inhparent = t.relation)"""
"""A table and what a query of it reads too: its partitions, and the tables that inherit from it, in any schema."""

RELATIONS = f"""{TREE}
SELECT t.name, c.oid::bigint AS relation, m.amname AS method, c.relkind::text AS kind, c.relname AS part,
       c.oid::regclass::text AS called,
       has_table_privilege(c.oid, 'UPDATE, DELETE, TRUNCATE') AS may_lock,
       ARRAY[pg_relation_filenode(c.oid), pg_relation_filenode(nullif(c.reltoastrelid, 0))]::bigint[] AS files,
       (SELECT ARRAY[coalesce(sum(s.n_tup_ins), 0), coalesce(sum(s.n_tup_upd), 0), coalesce(sum(s.n_tup_del), 0)]
        ::bigint[] FROM pg_stat_xact_all_tables s WHERE s.relid IN (c.oid, nullif(c.reltoastrelid, 0))) AS writes,
       ARRAY(SELECT ARRAY[a.attname::text, a.attnum::text, CASE a.atttypid WHEN 'varchar'::regtype THEN 'text'::regtype
                          ELSE a.atttypid END::text, md5(a.attmissingval::text)]
             FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS columns,
       ARRAY(SELECT a.attname::text FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0
             AND NOT a.attisdropped AND (a.atttypid >= {FIRST_MADE} OR a.attgenerated = 'v')
             ORDER BY a.attnum) AS elsewhere
FROM tree t JOIN pg_class c ON c.oid = t.relation LEFT JOIN pg_am m ON m.oid = c.relam
ORDER BY t.name, c.oid"""
"""Each part of each table. A text may become a wider one, or one of any length, with its bytes as they are.

`files` are its own, which a partitioned table has not, and that of its long values, which may come with a wider column.
`columns` are the places and types of the columns by their names: rows whose columns exchange their names are other
rows. A column that was added has no value in the rows that stood, and reads as what the catalog has in its place.
`elsewhere` are those whose meaning is not in their bytes: of a type that somebody has made, since the label of an enum
can be renamed, or worked out when they are read.
"""

MISSING = f"""{TREE}
SELECT EXISTS (SELECT FROM tree t JOIN pg_class c ON c.oid = t.relation
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = :column AND NOT a.attisdropped
    WHERE t.name = :table AND c.relkind <> 'p'
    AND (CAST(CAST(a.attmissingval AS text) AS {{type}}[]))[1] IS DISTINCT FROM ({{default}}))"""

ROWS = "r"
PARTITIONED = "p"
HEAP = "heap"
VERBS = ("inserted", "updated", "deleted")
CONFLICTING = (
    *("RowExclusiveLock", "ShareUpdateExclusiveLock", "ShareRowExclusiveLock", "ExclusiveLock"),
    "AccessExclusiveLock",
)
"""The modes that are in the way of SHARE: readers are not."""

Relations = Mapping[str, Mapping[str, Row[Any]]]
"""By table, and by the number of each of its parts."""


def find(connection: Connection, schema: str) -> Counters | str:
    """The witness, or why there is none."""
    if not _counts(connection):
        return "track_counts is off, so that the server counts no writes"
    if switches := connection.scalars(text(SWITCH)).all():
        return f"{', '.join(switches)} may turn track_counts off"
    return Counters(connection, schema)


def _counts(connection: Connection) -> bool:
    return str(connection.execute(text("SHOW track_counts")).scalar_one()) == "on"


class Counters:
    """The files of the tables, and what this transaction has written to them."""

    holds = True
    way_out = "--evidence full reads all rows before and after, and compares them themselves"

    def __init__(self, connection: Connection, schema: str) -> None:
        self._connection, self._schema = connection, schema

    def hold(self, tables: Collection[str], say: Say) -> None:
        """Locks the tables, and the partitions and children of each, against all writers until the transaction ends.

        All or none: between two attempts none is held. Raises Refused, naming the holders, when all have failed.
        """
        found = self._read(tables)
        held = [name for name, parts in found.items() if all(part.may_lock for part in parts.values())]
        if not held:
            return
        listed = ", ".join(names.qualified(name, self._schema) for name in held)
        attempt = partial(session.attempt, self._connection, f"LOCK TABLE {listed} IN SHARE MODE")
        words = [part.part for name in held for part in found[name].values()]
        holders = partial(session.in_the_way, self._connection, words, CONFLICTING)
        retries, what = locks.waiting(self._connection).ddl_retries, f"LOCK TABLE of all tables of {self._schema}"
        if not locks.granted(what, attempt, retries, holders, say):
            raise Refused(
                f"others write to the tables of {self._schema}, so that no lock was had in {retries + 1} "
                f"attempts: {holders()}. Stop what runs there (API Manager itself, an open transaction in a client) "
                "and try again, or say --evidence full, which locks a table only when it is altered"
            )

    def unfit(self, tables: Collection[str], statements: Collection[Made]) -> dict[str, str]:
        """One that shares a part with a table that is written anew is so itself."""
        return _all_unfit(self._read(tables), statements)

    def mark(self, tables: Collection[str], statements: Collection[Made] = ()) -> Mark:
        found = self._read(tables)
        kept = {name: {part: _kept(row) for part, row in parts.items()} for name, parts in found.items()}
        return Mark(kept, _all_unfit(found, statements))

    def doubts(self, mark: Mark, statements: Collection[Made] = ()) -> dict[str, str]:
        """Has what is deferred to the commit done now, such as the customer's constraint triggers, and compares."""
        self._connection.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
        if not _counts(self._connection):
            return dict.fromkeys(mark.remembered, "track_counts has been turned off")
        found = self._read(mark.remembered)
        compared = ((name, _doubt(kept, found.get(name, {}))) for name, kept in mark.remembered.items())
        return {name: reason for name, reason in compared if reason}

    def differs(self, table: str, column: Column, default: str | None) -> bool:
        """Whether the catalog has another value for the rows that stood than this default."""
        wanted = "NULL" if default is None else default
        query = MISSING.format(type=column.type, default=wanted.replace(":", "\\:"))  # no parameter of SQLAlchemy's
        asked = {"schema": self._schema, "table": names.to_server(table), "column": names.to_server(column.name)}
        return bool(self._connection.execute(text(query), asked).scalar_one())

    def _read(self, tables: Collection[str]) -> Relations:
        found: dict[str, dict[str, Row[Any]]] = defaultdict(dict)
        for row in self._connection.execute(text(RELATIONS), {"schema": self._schema}):
            if (name := names.to_model(row.name)) in tables:
                found[name][str(row.relation)] = row
        return found


def _all_unfit(found: Relations, statements: Collection[Made]) -> dict[str, str]:
    rewritten = {made.table for made in statements if made.anew}
    written = {part for name in rewritten if name in found for part in found[name]}
    return {name: reason for name, parts in found.items() if (reason := _unfit(parts, written))}


def _unfit(parts: Mapping[str, Row[Any]], rewritten: Collection[str]) -> str:
    """Why nobody vouches for a table, whatever happens; "" where somebody may."""
    if parts.keys() & rewritten:
        return "its rows are written anew"
    for row in parts.values():
        if row.kind not in (ROWS, PARTITIONED):
            return f"{row.called} is a foreign table"
        if row.kind == ROWS and row.method != HEAP:
            return f"{row.called} is stored by {row.method}, not by the server's own {HEAP}"
        if not row.may_lock:
            return f"the login may not lock {row.called}: it has none of UPDATE, DELETE and TRUNCATE"
        if row.elsewhere:
            return f"what {', '.join(row.elsewhere)} of {row.called} means is not in its rows alone"
    return ""


def _kept(row: Row[Any]) -> dict[str, Any]:
    return {"files": row.files, "writes": row.writes, "columns": _places(row)}


def _places(row: Row[Any]) -> dict[str, list[str]]:
    """What each column's bytes are read as, by its name."""
    return {name: place for name, *place in row.columns}


def _doubt(kept: Mapping[str, Mapping[str, Any]], found: Mapping[str, Row[Any]]) -> str:
    """What is otherwise about one table than at the mark; "" where nothing is."""
    if kept.keys() != found.keys():
        return "it is another table by now, or has other partitions or children"
    return "; ".join(reason for part, row in found.items() for reason in _reasons(kept[part], row))


def _reasons(kept: Mapping[str, Any], row: Row[Any]) -> Iterator[str]:
    """What is otherwise about one part. A column that is gone is not said here: whoever compares columns sees it."""
    if any(then not in (None, now) for then, now in zip(kept["files"], row.files, strict=True)):
        yield f"the rows of {row.called} stand in another file, as after a rewrite or TRUNCATE"
    written = [now - then for then, now in zip(kept["writes"], row.writes, strict=True)]
    if any(written):
        counts = ", ".join(f"{count} {verb}" for count, verb in zip(written, VERBS, strict=True) if count)
        yield f"rows of {row.called} were written in this transaction: {counts}"
    places = _places(row)
    others = [name for name, place in kept["columns"].items() if places.get(name, place) != place]
    if others:
        yield f"the same bytes of {row.called} are read as another {', '.join(others)}"
