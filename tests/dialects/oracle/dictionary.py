"""Oracle's data dictionary in SQLite: the views as far as introspection reads them, filled for a schema.

The conditions of a script are put to it as they stand, but for LISTAGG, whose ORDER BY SQLite writes elsewhere.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Sequence
from typing import Any

from apim_schema.schema import Schema
from tests.dialects.oracle import facts, standing
from tests.dialects.oracle.modules import introspect
from tests.dialects.oracle.recorded import OWNER, dictionary
from tests.dialects.oracle.standing import Standing

LISTAGG = re.compile(r"LISTAGG\((\S+), ',' ON OVERFLOW TRUNCATE\) WITHIN GROUP \(ORDER BY (\S+)\)")
OWNERS = {"ALL_INDEXES": "OWNER", "ALL_IND_COLUMNS": "INDEX_OWNER", "ALL_SEQUENCES": "SEQUENCE_OWNER"}


class Listagg:
    """The aggregate function, by the places of its values."""

    def __init__(self) -> None:
        self.values: list[tuple[int, str]] = []

    def step(self, value: str, place: int) -> None:
        self.values.append((place, value))

    def finalize(self) -> str:
        return ",".join(value for _, value in sorted(self.values))


def like(text: str | None, pattern: str, how: str) -> bool | None:
    """REGEXP_LIKE, for patterns that mean the same in Python."""
    assert how == "i"
    return None if text is None else re.search(pattern, text, re.IGNORECASE) is not None


class Views:
    """The dictionary's views of one schema, to be asked."""

    def __init__(
        self, schema: Schema, unit: str = "BYTE", broken: tuple[str, ...] = (), own: Sequence[Standing] = ()
    ) -> None:
        self.connection = sqlite3.connect(":memory:")
        self.connection.create_aggregate("LISTAGG", 2, Listagg)  # type: ignore[arg-type]  # its step has two arguments
        self.connection.create_function("SYS_CONTEXT", 2, lambda space, name: OWNER)
        self.connection.create_function("REGEXP_LIKE", 3, like)
        self.connection.create_function("LENGTHB", 1, lambda text: None if text is None else len(text.encode()))
        self.connection.execute("CREATE TABLE DUAL (DUMMY)")
        self.connection.execute("INSERT INTO DUAL VALUES ('X')")
        self._fill(schema, unit)
        self._stand(schema, own)
        errors = [(OWNER, name, "TRIGGER", "ERROR") for name in broken]
        self.connection.executemany("INSERT INTO ALL_ERRORS VALUES (?, ?, ?, ?)", errors)

    def _fill(self, schema: Schema, unit: str) -> None:
        found = dictionary(schema, unit)
        for name in ("tables", "columns", "constraints", "constraint_columns", "indexes", "index_columns"):
            self._view(name, getattr(found, name))
        self.connection.execute("CREATE VIEW ALL_TAB_COLUMNS AS SELECT * FROM ALL_TAB_COLS")
        self.connection.execute("CREATE TABLE ALL_OBJECTS (OWNER, OBJECT_TYPE, OBJECT_NAME)")
        self.connection.execute("CREATE TABLE ALL_ERRORS (OWNER, NAME, TYPE, ATTRIBUTE)")
        kinds = {"TABLE": schema.tables, "SEQUENCE": schema.sequences, "TRIGGER": schema.triggers}
        kinds["INDEX"] = {index.name: index for table in schema.tables.values() for index in table.indexes}
        self.connection.execute("INSERT INTO ALL_OBJECTS VALUES ('SYS', 'PACKAGE', 'DBMS_LOB')")
        objects = [(OWNER, kind, name) for kind, names in kinds.items() for name in names]
        self.connection.executemany("INSERT INTO ALL_OBJECTS VALUES (?, ?, ?)", objects)

    def _stand(self, schema: Schema, own: Sequence[Standing]) -> None:
        self.connection.execute("ALTER TABLE ALL_CONSTRAINTS ADD SEARCH_CONDITION_VC")
        for view, columns in standing.VIEWS.items():
            self.connection.execute(f"CREATE TABLE {view} ({', '.join(columns)})")
        for view, columns, values in standing.rows(schema, own):
            marks = ", ".join("?" * len(columns))
            self.connection.execute(f"INSERT INTO {view} ({', '.join(columns)}) VALUES ({marks})", values)

    def _view(self, name: str, rows: list[Any]) -> None:
        """A table with the columns that the query of this name reads, under the names that the view has for them."""
        query = introspect.QUERIES[name]
        view = re.search(r"FROM (\w+)", query)[1]  # type: ignore[index]
        columns = [OWNERS.get(view, "OWNER"), *re.findall(r"(\w+) AS \w+", query.partition("FROM")[0])]
        self.connection.execute(f"CREATE TABLE {view} ({', '.join(columns)})")
        marks = ", ".join("?" * len(columns))
        self.connection.executemany(f"INSERT INTO {view} VALUES ({marks})", [(OWNER, *row) for row in rows])

    def select(self, sql: str) -> list[tuple[Any, ...]]:
        """The rows of a query in Oracle's words, once it is held against the facts."""
        facts.check(sql)
        plain = LISTAGG.sub(r"LISTAGG(\1, \2)", sql).replace(" IN (\n", " IN (VALUES\n")
        return self.connection.execute(plain).fetchall()

    def holds(self, condition: str) -> bool:
        return bool(self.select(f"SELECT COUNT(*) FROM DUAL WHERE {condition}")[0][0])
