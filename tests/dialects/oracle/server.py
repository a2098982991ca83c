"""A server that carries a script out on the model: it asks the dictionary, and runs what is due."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Sequence
from functools import cached_property

from apim_schema.schema import OWN_TABLES, Column, Schema, Table
from tests.dialects.oracle import facts
from tests.dialects.oracle.dictionary import Views
from tests.dialects.oracle.modules import script
from tests.dialects.oracle.recorded import OWNER
from tests.dialects.oracle.simulated import run
from tests.dialects.oracle.standing import Standing

IF_TRUE = re.compile(
    r"DECLARE\n    is_true INTEGER;.+?WHERE (.+);\n    IF is_true = 1 THEN\n        (.+);\n    END IF;.+", re.S
)
IF_NONE = re.compile(
    r"DECLARE\n    found INTEGER;\nBEGIN\n    (.+?);\n    IF found = 0 THEN\n        (.+);\n    END IF;.+", re.S
)
LOOP = re.compile(r"BEGIN\n    FOR (\w) IN \((.+)\) LOOP\n        (.+);\n    END LOOP;.+", re.S)
EXECUTED = re.compile(r"EXECUTE IMMEDIATE\s+'(.+)'", re.S)
RAISED = re.compile(r"RAISE_APPLICATION_ERROR\(-20000,\s+'(.+)'\)")
OF_ROWS = re.compile(r"FROM APIM\.(?!alembic)")
"""A condition about the rows of a table, which the model has none of."""


class ApplicationError(Exception):
    """ORA-20000, with its message."""


class Server:
    """The schema, and the table of the stamp; `own` is what the customer has besides."""

    def __init__(
        self,
        schema: Schema,
        database: str,
        unit: str = "BYTE",
        broken: tuple[str, ...] = (),
        own: Sequence[Standing] = (),
    ) -> None:
        self.schema, self.database, self.unit, self.broken, self.own = schema, database, unit, broken, own
        self.stamps = sqlite3.connect(":memory:", isolation_level=None)
        self.stamps.execute(f"ATTACH ':memory:' AS {OWNER}")
        self.stamps.execute("CREATE TABLE DUAL AS SELECT 'X' AS DUMMY")

    @property
    def stamped(self) -> list[str]:
        return [row[0] for row in self.stamps.execute(f"SELECT version_num FROM alembic_version_{self.database}")]

    @cached_property
    def views(self) -> Views:
        return Views(self.schema, self.unit, self.broken, self.own)

    def send(self, unit: str) -> bool:
        """Carries a unit out; whether it changed anything. Raises ApplicationError where it does."""
        facts.check(unit)
        before = self.schema
        if unit.startswith(("DELETE", "INSERT", "UPDATE")):
            return self.stamps.execute(_plain(unit)).rowcount > 0
        for sql in self.due(unit):
            self._execute(sql)
        return self.schema != before

    def due(self, unit: str) -> list[str]:
        """The statements that a unit hands to the server as the schema is now. Raises ApplicationError."""
        if unit.startswith(("ALTER SESSION", "COMMIT", "SELECT")):
            return []
        for pattern, judge in self._forms().items():
            if found := pattern.fullmatch(unit):
                return judge(*found.groups())
        return [unit]

    def _forms(self) -> dict[re.Pattern[str], Callable[..., list[str]]]:
        return {IF_TRUE: self._if_true, IF_NONE: self._if_none, LOOP: self._loop}

    def _if_true(self, condition: str, then: str) -> list[str]:
        if not self._holds(condition):
            return []
        if message := RAISED.fullmatch(then):
            raise ApplicationError(message[1])
        return self.due(_executed(then))

    def _holds(self, condition: str) -> bool:
        if "alembic_version" in condition and "ALL_" not in condition:
            return bool(self.stamps.execute(f"SELECT {condition}").fetchone()[0])
        return not OF_ROWS.search(condition) and self.views.holds(condition)

    def _if_none(self, query: str, then: str) -> list[str]:
        return [] if self.views.select(query.replace(" INTO found", ""))[0][0] else [_executed(then)]

    def _loop(self, row: str, query: str, then: str) -> list[str]:
        """A variable stands between two literals: `'…' || c.unit || '…'`."""
        parts = re.split(rf"' \|\| {row}\.\w+ \|\| '", then)
        return [_executed(value.join(parts)).replace('"', "") for (value,) in self.views.select(query)]

    def _execute(self, sql: str) -> None:
        sql = _on_one_line(sql)
        table = sql.split()[2].partition(".")[2].upper()
        if sql.startswith("CREATE TABLE") and table in OWN_TABLES:
            self.stamps.execute(_plain(sql))
            self.schema = self.schema.with_table(Table(table, {"VERSION_NUM": Column("VERSION_NUM", "VARCHAR2(32)")}))
        else:
            self.schema = run(self.schema, sql)
        self.__dict__.pop("views", None)


def _plain(sql: str) -> str:
    """A statement on a table of ours as SQLite takes it."""
    known = {script.NOW: "datetime('now')", script.WHO: "'APIM'", " CHAR)": ")"}
    for ours, its in known.items():
        sql = sql.replace(ours, its)
    return sql


def _on_one_line(sql: str) -> str:
    """A clause, or a whole ALTER, that was broken for those who read it; a block has lines of its own."""
    if sql.startswith(("DECLARE", "BEGIN", "CREATE OR REPLACE")):
        return sql
    return re.sub(r"\n {8}" if sql.startswith("CREATE TABLE") else r"\n {4,}", " ", sql)


def _executed(then: str) -> str:
    found = EXECUTED.fullmatch(then)
    assert found is not None, then
    return found[1].replace("''", "'")
