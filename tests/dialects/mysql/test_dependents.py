"""What becomes of a customer's object in the real chain: each is tried on the servers without the check.

Whatever the server lets pass and changes the meaning of, and whatever it refuses, must be found beforehand; what
survives unharmed must not.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from apim_schema import chain, registry
from apim_schema.changes import AddColumn, Change, CreateTable, ReplacePrimaryKey
from apim_schema.hazards import BLOCK, WARN, Obstacle
from apim_schema.schema import Column, ForeignKey, Schema, Table
from tests.dialects.mysql.conftest import opened, runner
from tests.servers import Server
from tests.vendor import make

DIALECT = registry.load("mysql")
START, HEAD = "4.5.0", "4.7.0"
TABLES = (
    "AM_APPLICATION_REGISTRATION",
    "AM_API_ENDPOINTS",
    "AM_API_COMMENTS",
    "IDN_SCIM_GROUP",
    "AM_LLM_PROVIDER_MODEL",
)
MYSQL, MARIADB = "mysql", "mariadb"


@dataclass(frozen=True)
class Case:
    """What a customer has made, and what the chain does to it: it `fails` with this message, or `alters` it.

    `probe` is a statement that the object refuses; where its meaning is altered, it is accepted in the end. `named`
    is what the obstacle says; "" where there must be none. `only` is the server that has such objects.
    """

    made: tuple[str, ...]
    named: str = ""
    fails: str = ""
    probe: str = ""
    alters: bool = False
    only: str = ""
    charset: str = "latin1"

    def on(self, server: str) -> Case:
        return replace(self, only=server)


def fails(*made: str, named: str, message: str) -> Case:
    return Case(made, named, message)


def alters(*made: str, named: str, probe: str) -> Case:
    return Case(made, named, probe=probe, alters=True)


def survives(*made: str, probe: str = "") -> Case:
    return Case(made, probe=probe)


def application(inputs: str, other: str = "other") -> str:
    return (
        "INSERT INTO AM_APPLICATION_REGISTRATION (SUBSCRIBER_ID, WF_REF, APP_ID, TOKEN_TYPE, TOKEN_SCOPE, INPUTS, "
        "ALLOWED_DOMAINS, VALIDITY_PERIOD, KEY_MANAGER) "
        f"VALUES (1, '{other}', 1, '{other}', 's', {inputs}, 'd', 1, 'k')"
    )


def group(role: str, other: str = "a") -> str:
    return f"INSERT INTO IDN_SCIM_GROUP (TENANT_ID, ROLE_NAME, ATTR_NAME) VALUES (1, {role}, '{other}')"


def none(found: str) -> str:
    """A statement that fails where a query finds a row."""
    return f"INSERT INTO IDN_SCIM_GROUP (ID, TENANT_ID, ROLE_NAME, ATTR_NAME) SELECT 1, NULL, 'x', 'x' FROM ({found}) f"


R = "ALTER TABLE AM_APPLICATION_REGISTRATION ADD"
G = "ALTER TABLE IDN_SCIM_GROUP ADD"
FORBIDS = "BEGIN IF {0} THEN SIGNAL SQLSTATE '45000'; END IF; END"
TRIGGER = "CREATE TRIGGER G BEFORE INSERT ON {0} FOR EACH ROW "
TOO_LONG = "1071|1170"

TO_ENDPOINT = (
    "CREATE TABLE CHILD (A VARCHAR(256), B VARCHAR(256), C VARCHAR(255), D VARCHAR(255), E VARCHAR(100), "
    "CONSTRAINT K FOREIGN KEY ({0}) REFERENCES AM_API_ENDPOINTS ({1}))"
)

CASES = {
    "check": alters(
        f"{R} CONSTRAINT NO_FORBIDDEN CHECK (INPUTS <> 'forbidden')",
        named="constraint NO_FORBIDDEN names INPUTS, which becomes bytes",
        probe=application("'FORBIDDEN'"),
    ),
    "check of a length": alters(
        f"{R} CONSTRAINT C CHECK (LENGTH(INPUTS) <> 2)",
        named="constraint C names INPUTS",
        probe=application("_utf8mb4 x'C3A9C3A9'"),
    ),
    "check in another collation": alters(
        f"{G} CONSTRAINT C CHECK (ROLE_NAME <> 'admin')",
        named="constraint C names ROLE_NAME, which gets another character set",
        probe=group("'ADMIN'"),
    ),
    "check for NULL": survives(f"{R} CONSTRAINT C CHECK (INPUTS IS NOT NULL)", probe=application("NULL")),
    "check of a length in characters": survives(
        f"{G} CONSTRAINT C CHECK (CHAR_LENGTH(ROLE_NAME) > 2)", probe=group("'aa'")
    ),
    "check of another column": survives(
        f"{R} CONSTRAINT C CHECK (WF_REF <> 'INPUTS.')", probe=application("'a'", "INPUTS.")
    ),
    "check of a longer text": survives(
        "ALTER TABLE AM_API_COMMENTS ADD CONSTRAINT C CHECK (CREATED_BY <> 'forbidden')"
    ),
    "check of the column's own": alters(
        "ALTER TABLE AM_API_COMMENTS MODIFY CREATED_BY VARCHAR(255) CHECK (CREATED_BY <> 'forbidden')",
        named="CREATED_BY has a check of its own",
        probe="INSERT INTO AM_API_COMMENTS (COMMENT_ID, CREATED_BY, CREATED_TIME) VALUES ('a', 'forbidden', NOW())",
    ).on(MARIADB),
    "generated column": alters(
        f"{R} IS_ONE INT AS (INPUTS = 'one') STORED",
        application("'ONE'"),
        named="generated column IS_ONE names INPUTS",
        probe=none("SELECT IS_ONE FROM AM_APPLICATION_REGISTRATION WHERE IS_ONE = 1"),
    ),
    "generated column in another collation": alters(
        f"{G} IS_ONE INT AS (ROLE_NAME = 'one') VIRTUAL",
        group("'ONE'"),
        named="generated column IS_ONE names ROLE_NAME",
        probe=none("SELECT IS_ONE FROM IDN_SCIM_GROUP WHERE IS_ONE = 1"),
    ),
    "generated column over another": survives(f"{R} G VARCHAR(300) AS (CONCAT(WF_REF, 'INPUTS.')) STORED"),
    "generated column over a longer text": survives(
        "ALTER TABLE AM_API_COMMENTS ADD G VARCHAR(600) AS (CONCAT(CREATED_BY, 'x')) STORED"
    ),
    "indexed generated column": survives(
        "ALTER TABLE AM_LLM_PROVIDER_MODEL ADD G VARCHAR(99) AS (LEFT(MODEL_NAME, 9)) VIRTUAL, ADD INDEX GI (G)"
    ),
    "index over an expression": alters(
        f"{R} UNIQUE INDEX F ((INPUTS = 'one'))",
        application("'one'", "one"),
        named="index F names INPUTS",
        probe=application("'ONE'", "two"),
    ).on(MYSQL),
    "unique": alters(
        f"{R} UNIQUE U (INPUTS(50))",
        application("'one'", "one"),
        named="index U is over INPUTS, which becomes bytes: texts that are equal",
        probe=application("'ONE'", "two"),
    ),
    "unique in another collation": alters(
        f"{G} UNIQUE U (ROLE_NAME)",
        group("'one'", "one"),
        named="index U is over ROLE_NAME",
        probe=group("'ONE'", "two"),
    ),
    "index": survives(f"{R} INDEX I (INPUTS(100))", f"{G} INDEX J (ROLE_NAME, ATTR_NAME(10))"),
    "whole index": fails(
        f"{R} INDEX I (INPUTS)", named="index I is over INPUTS, which becomes bytes", message=TOO_LONG
    ).on(MYSQL),
    "whole index on MariaDB": survives(f"{R} INDEX I (INPUTS)").on(MARIADB),
    "long index": fails(f"{R} INDEX I (INPUTS(800))", named="its key would have 3200 bytes", message="1071").on(MYSQL),
    "full-text index": fails(f"{R} FULLTEXT F (INPUTS)", named="index F is over INPUTS", message="1283"),
    "full-text index over a text that stays": survives(f"{R} FULLTEXT F (ALLOWED_DOMAINS)"),
    "full-text index in another collation": fails(
        f"{G} NOTE VARCHAR(99), ADD FULLTEXT F (ROLE_NAME, NOTE)", named="index F is over ROLE_NAME", message="1283"
    ),
    "spatial index": survives(f"{R} PLACE POINT NOT NULL, ADD SPATIAL INDEX S (PLACE)"),
    "index in an older row format": survives(
        "ALTER TABLE AM_APPLICATION_REGISTRATION ROW_FORMAT=COMPACT", f"{R} INDEX I (INPUTS(700))"
    ),
    "foreign key to it": fails(
        f"{G} UNIQUE J (ROLE_NAME)",
        "CREATE TABLE CHILD (X VARCHAR(255), CONSTRAINT K FOREIGN KEY (X) REFERENCES IDN_SCIM_GROUP (ROLE_NAME))",
        named="foreign key K of CHILD is over ROLE_NAME",
        message="3780|1833",
    ),
    "foreign key from it": fails(
        "CREATE TABLE PARENT (X VARCHAR(255) PRIMARY KEY)",
        f"{G} CONSTRAINT K FOREIGN KEY (ROLE_NAME) REFERENCES PARENT (X)",
        named="foreign key K of IDN_SCIM_GROUP is over ROLE_NAME",
        message="3780|1832",
    ),
    "foreign key over a longer text": fails(
        "CREATE TABLE PARENT (X VARCHAR(255) PRIMARY KEY)",
        "ALTER TABLE AM_API_COMMENTS ADD CONSTRAINT K FOREIGN KEY (CREATED_BY) REFERENCES PARENT (X)",
        named="foreign key K of AM_API_COMMENTS is over CREATED_BY, which gets another length",
        message="1832",
    ),
    "foreign key over another column": survives(
        "CREATE TABLE PARENT (X VARCHAR(255) PRIMARY KEY)",
        f"{R} CONSTRAINT K FOREIGN KEY (WF_REF) REFERENCES PARENT (X)",
    ),
    "foreign key to a unique key": fails(
        "CREATE TABLE CHILD (A VARCHAR(255), B VARCHAR(255), CONSTRAINT K FOREIGN KEY (A, B) REFERENCES "
        "AM_LLM_PROVIDER_MODEL (MODEL_NAME, LLM_PROVIDER_UUID))",
        named="foreign key K of CHILD points to (MODEL_NAME, LLM_PROVIDER_UUID)",
        message="1553",
    ),
    "foreign key to a primary key": fails(
        TO_ENDPOINT.format("A, B, C, D, E", "API_UUID, ENDPOINT_UUID, ENDPOINT_NAME, REVISION_UUID, ORGANIZATION"),
        named="foreign key K of CHILD points to (API_UUID, ENDPOINT_UUID, ENDPOINT_NAME, REVISION_UUID, ORGANIZATION)",
        message="1553",
    ).on(MYSQL),
    "foreign key to another key as well": survives(
        "ALTER TABLE AM_API_ENDPOINTS ADD UNIQUE (API_UUID, ORGANIZATION)",
        TO_ENDPOINT.format("A, E", "API_UUID, ORGANIZATION"),
        "INSERT INTO AM_API_ENDPOINTS VALUES ('a', 'b', 'd', 'c', 'k', 'x', 'e')",
        "INSERT INTO CHILD VALUES ('a', 'b', 'c', 'd', 'e')",
        probe="DELETE FROM AM_API_ENDPOINTS",
    ),
    "view": alters(
        "CREATE VIEW V AS SELECT INPUTS FROM AM_APPLICATION_REGISTRATION WHERE INPUTS = 'one'",
        application("'ONE'"),
        named="view V names INPUTS",
        probe=none("SELECT INPUTS FROM V"),
    ),
    "view that only shows it": alters(
        "CREATE VIEW V AS SELECT INPUTS FROM AM_APPLICATION_REGISTRATION",
        application("'ONE'"),
        named="view V names INPUTS",
        probe=none("SELECT INPUTS FROM V WHERE INPUTS = 'one'"),
    ),
    "view in another collation": alters(
        "CREATE VIEW V AS SELECT 1 AS ONE FROM IDN_SCIM_GROUP WHERE ROLE_NAME = 'one'",
        group("'ONE'"),
        named="view V names ROLE_NAME",
        probe=none("SELECT ONE FROM V"),
    ),
    "view that only shows a text": survives("CREATE VIEW V AS SELECT ROLE_NAME AS R, ID FROM IDN_SCIM_GROUP"),
    "view of other columns": survives(
        "CREATE VIEW V AS SELECT WF_REF, COUNT(*) AS N FROM AM_APPLICATION_REGISTRATION GROUP BY WF_REF"
    ),
    "trigger": alters(
        TRIGGER.format("AM_APPLICATION_REGISTRATION") + FORBIDS.format("NEW.INPUTS = 'forbidden'"),
        named="trigger G names INPUTS, which becomes bytes",
        probe=application("'FORBIDDEN'"),
    ),
    "trigger of other columns": survives(
        TRIGGER.format("AM_APPLICATION_REGISTRATION") + FORBIDS.format("NEW.WF_REF = 'forbidden'"),
        probe=application("'a'", "FORBIDDEN"),
    ),
    "invisible column": alters(
        "ALTER TABLE AM_API_COMMENTS MODIFY CREATED_BY VARCHAR(255) INVISIBLE",
        named="CREATED_BY is INVISIBLE",
        probe="SELECT CREATED_BY FROM (SELECT * FROM AM_API_COMMENTS) c",
    ),
    "compressed column": fails(
        "ALTER TABLE AM_API_COMMENTS MODIFY CREATED_BY VARCHAR(256) COMPRESSED",
        named="CREATED_BY is COMPRESSED",
        message="1846",
    ).on(MARIADB),
    "system-versioned table": fails(
        "ALTER TABLE IDN_SCIM_GROUP ADD SYSTEM VERSIONING", named="the table is system-versioned", message="4119"
    ).on(MARIADB),
    "system-versioned table that may be altered": survives(
        "ALTER TABLE IDN_SCIM_GROUP ADD SYSTEM VERSIONING", "SET SESSION system_versioning_alter_history = KEEP"
    ).on(MARIADB),
    "partitioned table": survives(
        "ALTER TABLE AM_LLM_PROVIDER_MODEL DROP INDEX MODEL_NAME, ADD INDEX (MODEL_NAME)",
        "ALTER TABLE AM_LLM_PROVIDER_MODEL PARTITION BY HASH (MODEL_ID) PARTITIONS 2",
    ),
    "partitioned by a key that goes": fails(
        "ALTER TABLE AM_API_ENDPOINTS PARTITION BY KEY (ENDPOINT_NAME) PARTITIONS 2",
        named="the table is partitioned by ENDPOINT_NAME, not in the new primary key",
        message="1503",
    ),
}  # fmt: skip


@pytest.fixture
def connection(both: Server) -> Iterator[Connection]:
    """The tables that the releases alter, as the vendor makes them but for their foreign keys."""
    document = make.catalog("mysql", "apim", START)
    document["tables"] = {name: {**document["tables"][name], "foreign_keys": []} for name in TABLES}
    document["triggers"] = {}
    with opened(both, charset="latin1") as connection:
        runner(connection)(*make.script(document))
        yield connection


def read(connection: Connection) -> Schema:
    return DIALECT.introspect.read(connection, None)


def pending() -> list[Change]:
    changes = chain.pending("mysql", "apim", START, HEAD)
    return [change for change in changes if change.table in TABLES and not isinstance(change, CreateTable)]


def found(connection: Connection, changes: Sequence[Change]) -> list[Obstacle]:
    schema = DIALECT.session.default_schema(connection)
    obstacles = list(DIALECT.obstacles.find(connection, schema, changes, read(connection)))
    assert all(obstacle.query and obstacle.way_out for obstacle in obstacles)
    return obstacles


def upgrade(connection: Connection) -> None:
    for statement in DIALECT.ddl.combined(pending(), read(connection), None):
        runner(connection)(statement.sql)


def rehearse(connection: Connection) -> None:
    """Tries the same on an empty copy of the tables."""
    with DIALECT.rehearsal.stage(connection, DIALECT.session.default_schema(connection)) as stage:
        for statement in DIALECT.ddl.combined(pending(), DIALECT.introspect.read(connection, stage), stage):
            runner(connection)(statement.sql)


def refused(connection: Connection, sql: str) -> bool:
    """Whether the server refuses a statement; nothing of it stays."""
    try:
        runner(connection)("BEGIN", sql)
    except DBAPIError:
        return True
    finally:
        runner(connection)("ROLLBACK")
    return False


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_customers_object(both: Server, connection: Connection, case: Case) -> None:
    if case.only not in ("", both.name):
        pytest.skip(f"{case.only} has such objects")
    runner(connection)(*case.made)
    blocking = [obstacle.problem for obstacle in found(connection, pending()) if obstacle.level == BLOCK]
    assert bool(blocking) == bool(case.named), blocking
    assert case.named in "\n".join(blocking)
    if case.fails:
        with pytest.raises(DBAPIError, match=case.fails):
            rehearse(connection)
        with pytest.raises(DBAPIError, match=case.fails):
            upgrade(connection)
        return
    rehearse(connection)
    assert not case.probe or refused(connection, case.probe)
    upgrade(connection)
    if case.probe:
        assert refused(connection, case.probe) == (not case.alters)


def warned(connection: Connection) -> list[str]:
    """The warnings, where nothing is refused."""
    obstacles = found(connection, pending())
    assert {obstacle.level for obstacle in obstacles} == {WARN}
    return [obstacle.problem for obstacle in obstacles]


BODIES = {
    "procedure P names INPUTS": "CREATE PROCEDURE P() DELETE FROM AM_APPLICATION_REGISTRATION WHERE INPUTS = 'x'",
    "event E names INPUTS": "CREATE EVENT E ON SCHEDULE EVERY 1 DAY DISABLE DO "
    "UPDATE AM_APPLICATION_REGISTRATION SET INPUTS = 'x'",
    "trigger G names INPUTS": TRIGGER.format("AM_API_COMMENTS")
    + "DELETE FROM AM_APPLICATION_REGISTRATION WHERE INPUTS = 'x'",
    "trigger G names ROLE_NAME": TRIGGER.format("IDN_SCIM_GROUP") + FORBIDS.format("NEW.ROLE_NAME = 'admin'"),
}


@pytest.mark.parametrize(("named", "made"), BODIES.items(), ids=BODIES)
def test_a_body_that_names_table_and_column_is_a_warning(connection: Connection, named: str, made: str) -> None:
    runner(connection)(made, "CREATE FUNCTION F() RETURNS INT DETERMINISTIC RETURN (SELECT 1 AS INPUTS)")
    (warning,) = warned(connection)
    assert warning.startswith(named)


def test_a_new_foreign_key_to_a_partitioned_table(connection: Connection) -> None:
    runner(connection)("CREATE TABLE AM_API (API_UUID VARCHAR(256) PRIMARY KEY) PARTITION BY KEY () PARTITIONS 2")
    key = ForeignKey(("A",), "AM_API", ("API_UUID",))
    new = CreateTable(Table("NEW", {"A": Column("A", "VARCHAR(256)")}, foreign_keys=(key,)))
    (obstacle,) = found(connection, [new])
    assert (obstacle.table, obstacle.level) == ("AM_API", BLOCK)
    with pytest.raises(DBAPIError, match=r"1506|1005"):
        runner(connection)(*(statement.sql for statement in DIALECT.ddl.statements(new, read(connection), None)))


@pytest.mark.parametrize("kind", ["VIEW AM_GATEWAY_TOKEN AS SELECT 1", "SEQUENCE AM_GATEWAY_TOKEN"])
def test_a_name_that_is_taken(both: Server, connection: Connection, kind: str) -> None:
    if kind.startswith("SEQUENCE") and both.name == MYSQL:
        pytest.skip("MariaDB has sequences")
    runner(connection)(f"CREATE {kind}")
    (obstacle,) = found(connection, [CreateTable(Table("AM_GATEWAY_TOKEN", {"A": Column("A", "INTEGER")}))])
    assert obstacle.problem == f"cannot create table AM_GATEWAY_TOKEN: a {kind.split()[0].lower()} has the name"


def test_partitions_and_computed_columns_take_the_way_that_the_server_chooses(connection: Connection) -> None:
    """MariaDB refuses a stated way there."""
    runner(connection)(
        "CREATE TABLE T (A INT NOT NULL, B INT NOT NULL, PRIMARY KEY (A)) PARTITION BY HASH (A) PARTITIONS 2",
        "CREATE TABLE U (A INT PRIMARY KEY, B INT AS (A + 1) VIRTUAL, INDEX (B))",
    )
    for change in (ReplacePrimaryKey("T", ("A", "B")), AddColumn("U", Column("C", "INTEGER", default="1"))):
        runner(connection)(*(statement.sql for statement in DIALECT.ddl.statements(change, read(connection), None)))
        assert change.is_in(read(connection))


def test_mariadb_disarms_a_foreign_key_to_a_primary_key_that_goes(both: Server, connection: Connection) -> None:
    """As 4.4.0 does to that of AM_API_CLIENT_CERTIFICATE: MySQL refuses it."""
    runner(connection)(
        "CREATE TABLE T (A INT NOT NULL, B INT NOT NULL, C INT NOT NULL, PRIMARY KEY (A, B))",
        "CREATE TABLE K (X INT, Y INT, CONSTRAINT K FOREIGN KEY (X, Y) REFERENCES T (A, B))",
        "INSERT INTO T VALUES (1, 1, 1)",
        "INSERT INTO K VALUES (1, 1)",
    )
    change = ReplacePrimaryKey("T", ("A", "C", "B"))
    assert [obstacle.problem for obstacle in found(connection, [change])] == [
        "foreign key K of K points to (A, B), and no key is left there"
    ]
    assert refused(connection, "DELETE FROM T")
    (statement,) = DIALECT.ddl.statements(change, read(connection), None)
    assert refused(connection, statement.sql) == (both.name == MYSQL)
    assert refused(connection, "DELETE FROM T") == (both.name == MYSQL)


def test_a_key_that_mariadb_keeps_as_a_hash(both: Server, connection: Connection) -> None:
    """It is over a text without a limit; the mark of that stands among the key's columns, and is none of them."""
    unlimited = "ALTER TABLE IDN_SCIM_GROUP MODIFY ATTR_NAME MEDIUMTEXT NOT NULL"
    if both.name == MYSQL:
        assert refused(connection, unlimited)
        return
    runner(connection)(unlimited)
    assert "[HASH]" in read(connection).tables["IDN_SCIM_GROUP"].unique[0].columns
    assert found(connection, pending()) == []
    upgrade(connection)
    assert all(change.is_in(read(connection)) for change in pending())
