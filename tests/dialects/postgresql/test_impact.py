"""What a change costs: held against what the server does, its file rewritten and its locks taken."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import pytest
from sqlalchemy import Connection, text

from apim_schema import changes, registry
from apim_schema.changes import Change
from apim_schema.impact import WORKS, Blocks, Statement, Work
from apim_schema.schema import Column, ForeignKey, Index, Key, Table, Trigger
from tests.dialects.postgresql.conftest import Connect, Run

DIALECT = registry.load("postgresql")

TABLE = (
    "CREATE TABLE parent (id INTEGER PRIMARY KEY)",
    "CREATE TABLE t (id INTEGER PRIMARY KEY, v VARCHAR(10) DEFAULT 'x', w VARCHAR(10) NOT NULL, p INTEGER, "
    "FOREIGN KEY (p) REFERENCES parent ON DELETE CASCADE, UNIQUE (w))",
    "CREATE INDEX x ON t (v)",
    "INSERT INTO t SELECT i, 'v' || i, 'w' || i FROM generate_series(1, 100) i",
    "CREATE FUNCTION update_modified_column() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN NEW; END$$",
    "CREATE TRIGGER stamp AFTER UPDATE ON t FOR EACH ROW EXECUTE FUNCTION update_modified_column()",
)
NEW = Table("NEW", {"P": Column("P", "INTEGER")}, foreign_keys=(ForeignKey(("P",), "T", ("ID",)),))
WITH_AN_INDEX_MORE = Table(
    "PARENT", {"ID": Column("ID", "INTEGER", False)}, Key(("ID",)), indexes=(Index("Y", ("ID",)),)
)

CASES = [
    (changes.CreateTable(NEW), "metadata", "SHARE ROW EXCLUSIVE"),
    (
        changes.CreateTable(replace(NEW, indexes=(Index("N_P", ("P",)),)), (("N_SEQ", ""),)),
        "metadata",
        "SHARE ROW EXCLUSIVE",
    ),
    (changes.CreateTable(WITH_AN_INDEX_MORE), "in place", "SHARE"),
    (changes.AddColumn("T", Column("N", "INTEGER")), "metadata", "ACCESS EXCLUSIVE"),
    (changes.AddColumn("T", Column("N", "INTEGER", False, "0")), "metadata", "ACCESS EXCLUSIVE"),
    (changes.AddColumn("T", Column("N", "VARCHAR(9)", False), "'x'"), "metadata", "ACCESS EXCLUSIVE"),
    (changes.AddColumn("T", Column("N", "INTEGER", False, generated="")), "rebuild", "ACCESS EXCLUSIVE"),
    (changes.AlterColumn("T", "V", "VARCHAR(20)"), "metadata", "ACCESS EXCLUSIVE"),
    (changes.AlterColumn("T", "V", "VARCHAR(9)", narrows="VARCHAR(10)"), "rebuild", "ACCESS EXCLUSIVE"),
    (changes.AlterColumn("T", "W", nullable=True), "metadata", "ACCESS EXCLUSIVE"),
    (changes.AlterColumn("T", "V", nullable=False), "scan", "ACCESS EXCLUSIVE"),
    (changes.TextToBinary("T", "V", "BYTEA"), "rebuild", "ACCESS EXCLUSIVE"),
    (changes.ReplacePrimaryKey("T", ("ID", "W")), "in place", "ACCESS EXCLUSIVE"),
    (changes.DropUnique("T", ("W",)), "metadata", "ACCESS EXCLUSIVE"),
    (changes.ReplaceForeignKey("T", ForeignKey(("P",), "PARENT", ("ID",))), "scan", "ACCESS EXCLUSIVE"),
    (changes.CreateUnique("T", Key(("V",))), "in place", "ACCESS EXCLUSIVE"),
    (changes.CreateIndex("T", Index("I", ("V", "W"))), "in place", "SHARE"),
    (changes.DropForeignKey("T", ("P",), "PARENT"), "metadata", "ACCESS EXCLUSIVE"),
    (changes.DropColumn("T", "V"), "metadata", "ACCESS EXCLUSIVE"),
    (changes.DropTable("T"), "metadata", "ACCESS EXCLUSIVE"),
    (changes.DropIndex("T", "X"), "metadata", "ACCESS EXCLUSIVE"),
    (changes.ReplaceTrigger(Trigger("STAMP", "T", "BEFORE", ("UPDATE",))), "metadata", "ACCESS EXCLUSIVE"),
    (changes.ReplaceTrigger(Trigger("FRESH", "T", "BEFORE", ("UPDATE",))), "metadata", "SHARE ROW EXCLUSIVE"),
]
LOCKS: dict[str, tuple[str, Blocks]] = {
    "ShareLock": ("SHARE", "writes"),
    "ShareRowExclusiveLock": ("SHARE ROW EXCLUSIVE", "writes"),
    "AccessExclusiveLock": ("ACCESS EXCLUSIVE", "reads"),
}
"""Weakest first, with what each of them keeps waiting."""
FILE = text("SELECT relfilenode FROM pg_class WHERE oid = to_regclass('t')")
HELD = text("SELECT mode FROM pg_locks WHERE pid = pg_backend_pid() AND relation = to_regclass(:name)")


@pytest.mark.parametrize(("change", "work", "lock"), CASES, ids=str)
def test_what_a_change_costs(connect: Connect, change: Change, work: Work, lock: str) -> None:
    """Each statement by itself: its file is another one or not, and its locks are those of its transaction."""
    connection = connect()
    execute(connection, TABLE)
    connection.commit()
    live = DIALECT.introspect.read(connection, None)
    cost = DIALECT.impact.assess(change, live)
    assert (cost.work, cost.lock) == (work, lock)
    statements = DIALECT.ddl.statements(change, live, None)
    for statement in statements:
        connection.commit()
        cost, before = statement.impact, connection.execute(FILE).scalar_one()
        execute(connection, [statement.sql])
        after = connection.execute(FILE).scalar()
        assert (after is not None and after != before) == cost.rewrites
        locked = {"T", "PARENT"} & {change.table, *cost.referenced}
        for name in {"T", "PARENT"} if after else {"PARENT"}:
            assert held(connection, name) == (LOCKED[cost.lock] if name in locked else None)
        assert cost.blocks == (LOCKED[cost.lock] or ("none", "nothing"))[1]
        assert cost.source.startswith("https://www.postgresql.org/docs/current/sql-")
    assert max(works(statements)) == WORKS.index(work)


LOCKED = {"none": None} | {name: (name, blocks) for name, blocks in LOCKS.values()}


def held(connection: Connection, table: str) -> tuple[str, Blocks] | None:
    """The strongest lock on a table that keeps writers waiting, and what else it does."""
    modes = connection.execute(HELD, {"name": table.lower()}).scalars().all()
    return next((told for mode, told in reversed(LOCKS.items()) if mode in modes), None)


def works(statements: Sequence[Statement]) -> list[int]:
    return [WORKS.index(statement.impact.work) for statement in statements]


def execute(connection: Connection, statements: Iterable[str]) -> None:
    for statement in statements:
        connection.exec_driver_sql(statement)


def test_an_index_row_that_is_too_long(connection: Connection, run: Run) -> None:
    run(*TABLE)
    live = DIALECT.introspect.read(connection, None)
    (hazard,) = DIALECT.impact.hazards(changes.CreateIndex("T", Index("I", ("ID", "V", "LOWER(W)"))), live)
    count = text(f"SELECT count(*) FROM t t WHERE {hazard.condition}")
    assert connection.execute(count).scalar_one() == 0
    run("ALTER TABLE t ALTER v TYPE TEXT", "UPDATE t SET v = repeat('x', 2705) WHERE id = 7")
    assert connection.execute(count).scalar_one() == 1
    assert not DIALECT.impact.hazards(changes.CreateIndex("T", Index("I", ("ID",))), live)
    assert not DIALECT.impact.hazards(changes.DropUnique("T", ("W",)), live)
    assert Key(("W",)) in live.tables["T"].unique
