"""What a change costs: held against what the server does, its file rewritten and its locks taken."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from sqlalchemy import Connection, text

from apim_schema import changes, registry
from apim_schema.changes import Change
from apim_schema.dialect import Work
from apim_schema.schema import Column, ForeignKey, Index, Key, Table, Trigger
from tests.dialects.postgresql.conftest import Connect, Run

DIALECT = registry.load("postgresql")

TABLE = (
    "CREATE TABLE parent (id INTEGER PRIMARY KEY)",
    "CREATE TABLE t (id INTEGER PRIMARY KEY, v VARCHAR(10) DEFAULT 'x', w VARCHAR(10) NOT NULL, p INTEGER, "
    "FOREIGN KEY (p) REFERENCES parent ON DELETE CASCADE, UNIQUE (w))",
    "INSERT INTO t SELECT i, 'v' || i, 'w' || i FROM generate_series(1, 100) i",
    "CREATE FUNCTION update_modified_column() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN NEW; END$$",
    "CREATE TRIGGER stamp AFTER UPDATE ON t FOR EACH ROW EXECUTE FUNCTION update_modified_column()",
)
NEW = Table("NEW", {"P": Column("P", "INTEGER")}, foreign_keys=(ForeignKey(("P",), "T", ("ID",)),))

CASES = [
    (changes.CreateTable(NEW), "metadata", "SHARE ROW EXCLUSIVE"),
    (changes.AddColumn("T", Column("N", "INTEGER")), "metadata", "ACCESS EXCLUSIVE"),
    (changes.AddColumn("T", Column("N", "INTEGER", False, "0")), "metadata", "ACCESS EXCLUSIVE"),
    (changes.AddColumn("T", Column("N", "VARCHAR(9)", False), "'x'"), "metadata", "ACCESS EXCLUSIVE"),
    (changes.AddColumn("T", Column("N", "INTEGER", False, generated="")), "rebuild", "ACCESS EXCLUSIVE"),
    (changes.AlterColumn("T", "V", "VARCHAR(20)"), "metadata", "ACCESS EXCLUSIVE"),
    (changes.AlterColumn("T", "V", "VARCHAR(9)"), "rebuild", "ACCESS EXCLUSIVE"),
    (changes.AlterColumn("T", "W", nullable=True), "metadata", "ACCESS EXCLUSIVE"),
    (changes.AlterColumn("T", "V", nullable=False), "scan", "ACCESS EXCLUSIVE"),
    (changes.TextToBinary("T", "V", "BYTEA"), "rebuild", "ACCESS EXCLUSIVE"),
    (changes.ReplacePrimaryKey("T", ("ID", "W")), "in place", "ACCESS EXCLUSIVE"),
    (changes.DropUnique("T", ("W",)), "metadata", "ACCESS EXCLUSIVE"),
    (changes.ReplaceForeignKey("T", ForeignKey(("P",), "PARENT", ("ID",))), "scan", "ACCESS EXCLUSIVE"),
    (changes.CreateUnique("T", Key(("V",))), "in place", "ACCESS EXCLUSIVE"),
    (changes.CreateIndex("T", Index("I", ("V", "W"))), "in place", "SHARE"),
    (changes.ReplaceTrigger(Trigger("STAMP", "T", "BEFORE", ("UPDATE",))), "metadata", "ACCESS EXCLUSIVE"),
    (changes.ReplaceTrigger(Trigger("FRESH", "T", "BEFORE", ("UPDATE",))), "metadata", "SHARE ROW EXCLUSIVE"),
]
LOCKS = {
    "ShareLock": "SHARE",
    "ShareRowExclusiveLock": "SHARE ROW EXCLUSIVE",
    "AccessExclusiveLock": "ACCESS EXCLUSIVE",
}
"""Weakest first."""
FILE = text("SELECT relfilenode FROM pg_class WHERE oid = 't'::regclass")
HELD = text("SELECT mode FROM pg_locks WHERE pid = pg_backend_pid() AND relation = 't'::regclass")


@pytest.mark.parametrize(("change", "work", "lock"), CASES, ids=str)
def test_what_a_change_costs(connect: Connect, change: Change, work: Work, lock: str) -> None:
    connection = connect()
    execute(connection, TABLE)
    connection.commit()
    live = DIALECT.introspect.read(connection, None)
    cost = DIALECT.impact.assess(change, live)
    assert (cost.work, cost.lock) == (work, lock)
    before = connection.execute(FILE).scalar_one()
    execute(connection, (statement.sql for statement in DIALECT.ddl.statements(change, live, None)))
    assert (connection.execute(FILE).scalar_one() != before) == (work == "rebuild")
    held = connection.execute(HELD).scalars().all()
    assert [name for mode, name in LOCKS.items() if mode in held][-1] == lock


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
