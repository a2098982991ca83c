"""What becomes of a customer's object over a column or a table that is dropped: each is tried without the check.

Whatever the server refuses, takes with it, or lets stand to no use must be found beforehand, and nothing else.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Sequence

import pytest
import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from apim_schema import registry
from apim_schema.changes import Change, DropColumn, DropTable
from apim_schema.hazards import BLOCK
from tests.servers import Server, new_database

Made = str | dict[str, str | tuple[str, ...]]
"""What the customer has made, by the dialect where they differ; `#` is the number of the case."""

TABLES = (
    "CREATE TABLE STAYS# (ID INTEGER NOT NULL PRIMARY KEY, A VARCHAR(20), KIND VARCHAR(20))",
    "CREATE TABLE GOES# (ID INTEGER NOT NULL PRIMARY KEY, KIND VARCHAR(20))",
    "CREATE TABLE ALSO# (ID INTEGER, KIND VARCHAR(20))",
    "INSERT INTO STAYS# VALUES (1, 'a', 'b')",
)
WRITE, READ = "UPDATE STAYS# SET A = 'c'", "SELECT * FROM X#"
CHECK = "ALTER TABLE STAYS# ADD CONSTRAINT X# CHECK "


def trigger(postgresql: str, mysql: str, oracle: str, mssql: str) -> Made:
    """A trigger that fires when a row of the table that stays is written."""
    function = f"CREATE FUNCTION F#() RETURNS trigger LANGUAGE plpgsql AS $f$BEGIN {postgresql}; RETURN NEW; END$f$"
    before = "CREATE TRIGGER X# BEFORE UPDATE ON STAYS# FOR EACH ROW"
    return {
        "postgresql": (function, f"{before} EXECUTE FUNCTION F#()"),
        "mysql": f"{before} {mysql}",
        "oracle": f"{before} BEGIN {oracle}; END;",
        "mssql": f"CREATE TRIGGER X# ON STAYS# AFTER UPDATE AS BEGIN {mssql}; END",
    }


def trigger_with(statement: str) -> Made:
    return trigger(statement, statement, statement, statement)


COMPUTED = "ALTER TABLE STAYS# ADD X# VARCHAR(20) GENERATED ALWAYS AS (UPPER(KIND))"
CASES: dict[str, tuple[Made, str]] = {
    "check": (f"{CHECK}(KIND <> 'x')", "INSERT INTO STAYS# (ID, A) VALUES (2, 'a')"),
    "check over two columns": (f"{CHECK}(KIND <> A)", "INSERT INTO STAYS# (ID, A) VALUES (2, 'a')"),
    "computed column": (
        {
            "postgresql": f"{COMPUTED} STORED",
            "mysql": COMPUTED,
            "oracle": COMPUTED,
            "mssql": "ALTER TABLE STAYS# ADD X# AS UPPER(KIND)",
        },
        READ.replace("X#", "STAYS#"),
    ),
    "view": ("CREATE VIEW X# AS SELECT s.KIND FROM STAYS# s", READ),
    "view of all columns": ("CREATE VIEW X# AS SELECT * FROM STAYS#", READ),
    "view of a table": ("CREATE VIEW X# AS SELECT ID FROM GOES#", READ),
    "trigger": (
        trigger(
            "NEW.A := OLD.KIND",
            "SET NEW.A = OLD.`kind`",
            ":NEW.A := :OLD.KIND",
            f"{WRITE} FROM deleted d WHERE d.KIND = A",
        ),
        WRITE,
    ),
    "trigger that writes": (trigger_with("INSERT INTO GOES# VALUES (2, 'x')"), WRITE),
}
HARMLESS: dict[str, tuple[Made, str]] = {
    "view of a namesake": ("CREATE VIEW X# AS SELECT s.ID, a.KIND FROM STAYS# s JOIN ALSO# a ON a.ID = s.ID", READ),
    "trigger of another column": (trigger_with("INSERT INTO ALSO# VALUES (2, 'KIND')"), WRITE),
    "check of another column": (f"{CHECK}(A <> 'KIND')", WRITE),
}
SILENT = {
    *(("check", dialect) for dialect in ("postgresql", "mysql", "oracle")),
    ("check over two columns", "postgresql"),
}
"""What the server takes along without a word."""
TAKEN_FOR_ANOTHER = {("view of a namesake", dialect) for dialect in ("mysql", "mssql", "oracle")}
"""What a script stops at, which knows a column of a view by its name alone, and PostgreSQL by its number."""
NAMES = (*CASES, *HARMLESS)


def statements(dialect: str, name: str, number: str = "") -> list[str]:
    """What the customer of a case has made: the tables, and the object."""
    made = (CASES | HARMLESS)[name][0]
    found = made if isinstance(made, str) else made[dialect]
    return [sql.replace("#", number) for sql in (*TABLES, *((found,) if isinstance(found, str) else found))]


@pytest.fixture(scope="module")
def engine(server: Server) -> Iterator[sa.Engine]:
    """One database for all cases: each has tables of its own."""
    with new_database(server) as url:
        yield sa.create_engine(url, poolclass=sa.NullPool)


numbers = itertools.count(1)


class Case:
    """A case on one connection, in a transaction that is rolled back where it can be."""

    def __init__(self, server: Server, connection: Connection, name: str) -> None:
        self.dialect, self.connection, self.number = registry.load(server.dialect), connection, str(next(numbers))
        self.schema = self.dialect.session.default_schema(connection)
        self.wanted: Sequence[Change] = (DropColumn(f"STAYS{self.number}", "KIND"), DropTable(f"GOES{self.number}"))
        self.then = (CASES | HARMLESS)[name][1].replace("#", self.number)
        self.run(statements(self.dialect.name, name, self.number))

    def run(self, statements: Iterable[str]) -> None:
        for sql in statements:
            self.dialect.session.execute(self.connection, sql)

    def told(self) -> list[str]:
        live = self.dialect.introspect.read(self.connection, self.schema)
        found = self.dialect.obstacles.find(self.connection, self.schema, self.wanted, live)
        return [obstacle.problem for obstacle in found if obstacle.level == BLOCK]

    def drop(self) -> None:
        """Without having looked."""
        live = self.dialect.introspect.read(self.connection, self.schema)
        self.run(made.sql for made in self.dialect.ddl.combined(self.wanted, live, self.schema))

    def drop_and_go_on(self) -> None:
        """The customer reads or writes afterwards."""
        self.drop()
        self.run([self.then])

    def ask_as_a_script_does(self) -> None:
        """Without what ends a batch in the client of the database."""
        live = self.dialect.introspect.read(self.connection, self.schema)
        asked = self.dialect.script.requires(self.wanted, live, None)
        self.run(sql.partition("\nGO\n")[0].removesuffix("\n/") for sql in asked)

    def drop_by_a_script(self) -> None:
        self.ask_as_a_script_does()
        self.drop()


@pytest.fixture
def case(server: Server, engine: sa.Engine, name: str) -> Iterator[Case]:
    with registry.load(server.dialect).session.connect(engine, None) as connection, connection.begin() as transaction:
        yield Case(server, connection, name)
        transaction.rollback()


@pytest.mark.parametrize("name", CASES)
def test_what_would_be_lost_or_fail_is_told(case: Case, name: str) -> None:
    (told,) = case.told()
    assert re.search(rf"\bX{case.number}\b.* (names|depends on) .*, which is dropped", told, re.IGNORECASE)
    if (name, case.dialect.name) in SILENT:
        case.drop_and_go_on()
    else:
        with pytest.raises(DBAPIError):
            case.drop_and_go_on()


@pytest.mark.parametrize("name", CASES)
def test_a_script_stops_before_something_is_lost_or_fails(case: Case, name: str) -> None:
    """It asks first, or the server makes an error of the statement."""
    with pytest.raises(DBAPIError):
        case.drop_by_a_script()


@pytest.mark.parametrize("name", HARMLESS)
def test_what_does_not_mind_is_let_be(case: Case, name: str) -> None:
    assert case.told() == []
    if (name, case.dialect.name) not in TAKEN_FOR_ANOTHER:
        case.ask_as_a_script_does()
    case.drop_and_go_on()
