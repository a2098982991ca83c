"""What becomes of a customer's object in the real chain: each is tried on the server without the check.

Whatever the server lets pass and changes the meaning of, and whatever it refuses, must be found beforehand; what
survives unharmed must not.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pytest
from sqlalchemy import Connection, Engine, NullPool, create_engine
from sqlalchemy.exc import DBAPIError

from apim_schema import chain, preflight, registry
from apim_schema.changes import Change, ReplacePrimaryKey, TextToBinary
from apim_schema.hazards import BLOCK, WARN, Obstacle
from tests.dialects.postgresql.test_ddl import execute, read, vendor
from tests.servers import Server, new_database

DIALECT = registry.load("postgresql")
START, HEAD = "4.5.0", "4.7.0"


@dataclass(frozen=True)
class Case:
    """What a customer has made, and what the chain does to it: it `fails` with this message, or `alters` it.

    `probe` is a statement that the object refuses; where its meaning is altered, it is accepted in the end. `named`
    is what the obstacle says; "" where there must be none.
    """

    made: tuple[str, ...]
    named: str = ""
    fails: str = ""
    probe: str = ""
    alters: bool = False


def fails(*made: str, named: str, message: str) -> Case:
    return Case(made, named, message)


def alters(*made: str, named: str, probe: str) -> Case:
    return Case(made, named, probe=probe, alters=True)


def survives(*made: str, probe: str = "") -> Case:
    return Case(made, probe=probe)


R = "am_application_registration"


def row(inputs: str, other: str = "other") -> str:
    """A row of the table, in which only INPUTS and one other text are of interest."""
    return (
        f"INSERT INTO {R} (subscriber_id, wf_ref, app_id, token_type, token_scope, inputs, allowed_domains, "
        f"validity_period, key_manager) VALUES (1, '{other}', 1, '{other}', 's', {inputs}, 'd', 1, '{other}')"
    )


FUNCTION = "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $f$BEGIN {0} RETURN NEW; END$f$"
TRIGGER = f"CREATE TRIGGER g {{0}} ON {R} FOR EACH ROW {{1}} EXECUTE FUNCTION f()"
DEPENDS = "other objects depend on it"
NO_TYPE = "cannot alter type of a column used"

CASES = {
    "check": alters(
        f"ALTER TABLE {R} ADD CONSTRAINT no_forbidden CHECK (inputs <> 'forbidden')",
        named="constraint no_forbidden on table am_application_registration reads INPUTS",
        probe=row("'forbidden'"),
    ),
    "check of a length": alters(
        f"ALTER TABLE {R} ADD CONSTRAINT c CHECK (length(inputs) <= 3 OR inputs LIKE '%\\\\%')",
        named="constraint c on table",
        probe=row("'four'"),
    ),
    "check by a cast": fails(
        f"ALTER TABLE {R} ADD CONSTRAINT c CHECK (inputs::json IS NOT NULL)",
        named="constraint c on table",
        message="cannot cast type bytea to json",
    ),
    "check for NULL": survives(
        f"ALTER TABLE {R} ADD CONSTRAINT c CHECK (inputs IS NOT NULL OR wf_ref = 'x')", probe=row("NULL")
    ),
    "check of another column": survives(
        f"ALTER TABLE {R} ADD CONSTRAINT c CHECK (wf_ref <> 'inputs')", probe=row("'a'", "inputs")
    ),
    "check of a longer text": survives(
        "ALTER TABLE am_service_catalog ADD CONSTRAINT c CHECK (service_name <> 'forbidden')",
        "ALTER TABLE am_api_comments ADD CONSTRAINT d CHECK (created_by <> 'forbidden')",
    ),
    "check of whole rows": alters(
        f"CREATE FUNCTION f({R}) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT to_json($1)->>''inputs'' <> ''a'''",
        f"ALTER TABLE {R} ADD CONSTRAINT c CHECK (f({R}))",
        named="constraint c on table am_application_registration reads whole rows",
        probe=row("'a'"),
    ),
    "unique index with a predicate": alters(
        f"CREATE UNIQUE INDEX i ON {R} (token_scope) WHERE inputs = 'primary'",
        row("'primary'", "one"),
        named="index i reads INPUTS",
        probe=row("'primary'", "two"),
    ),
    "unique index over an expression": alters(
        f"CREATE UNIQUE INDEX i ON {R} (lower(inputs))",
        row("'one'", "one"),
        named="index i reads INPUTS",
        probe=row("'ONE'", "two"),
    ),
    "unique index that folds": alters(
        "CREATE COLLATION folding (provider = icu, locale = 'und-u-ks-level2', deterministic = false)",
        f"ALTER TABLE {R} ALTER inputs TYPE varchar(1000) COLLATE folding",
        f"CREATE UNIQUE INDEX i ON {R} (inputs)",
        row("'one'", "one"),
        named="index i is over INPUTS, which becomes bytes: texts that are equal",
        probe=row("'ONE'", "two"),
    ),
    "index with a predicate for NULL": survives(
        f"CREATE UNIQUE INDEX i ON {R} (token_scope) WHERE inputs IS NOT NULL",
        row("'a'", "one"),
        probe=row("'b'", "two"),
    ),
    "unique": survives(f"ALTER TABLE {R} ADD UNIQUE (inputs)", row("'a'", "one"), probe=row("'a'", "two")),
    "exclusion": survives(
        f"ALTER TABLE {R} ADD EXCLUDE USING btree (inputs WITH =)", row("'a'", "one"), probe=row("'a'", "two")
    ),
    "indexes": survives(
        f"CREATE INDEX i ON {R} (inputs)",
        f"CREATE INDEX j ON {R} USING hash (inputs)",
        f"CREATE INDEX k ON {R} USING brin (inputs)",
        f"CREATE INDEX l ON {R} (wf_ref) INCLUDE (inputs)",
        "CREATE INDEX m ON am_api_comments (lower(created_by)) WHERE created_by <> 'x'",
    ),
    "index for patterns": fails(
        f"CREATE INDEX i ON {R} (inputs varchar_pattern_ops)",
        named="index i is over INPUTS, which becomes bytes: it has operators",
        message="does not accept data type bytea",
    ),
    "index with a collation": fails(
        f'CREATE INDEX i ON {R} (inputs COLLATE "C")', named="index i", message="collations are not supported"
    ),
    "index of another kind": fails(
        f"CREATE INDEX i ON {R} USING spgist (inputs)", named="index i", message="no default operator class"
    ),
    "statistics": survives(f"CREATE STATISTICS s ON wf_ref, inputs FROM {R}"),
    "generated column": fails(
        f"ALTER TABLE {R} ADD g text GENERATED ALWAYS AS (inputs || 'x') STORED",
        named="column g of table am_application_registration names INPUTS",
        message=NO_TYPE,
    ),
    "generated column over a longer text": fails(
        "ALTER TABLE am_api_comments ADD g text GENERATED ALWAYS AS (created_by || 'x') STORED",
        named="column g of table am_api_comments names CREATED_BY",
        message=NO_TYPE,
    ),
    "generated column over another": survives(
        f"ALTER TABLE {R} ADD g text GENERATED ALWAYS AS (wf_ref || 'inputs') STORED"
    ),
    "default": survives(f"ALTER TABLE {R} ALTER inputs SET DEFAULT 'abc'"),
    "view": fails(
        f"CREATE VIEW v AS SELECT * FROM {R}", named="view v names INPUTS: the server gives", message=NO_TYPE
    ),
    "view of a longer text": fails(
        "CREATE VIEW v AS SELECT created_by FROM am_api_comments", named="view v names CREATED_BY", message=NO_TYPE
    ),
    "view of other columns": survives(f"CREATE VIEW v AS SELECT count(*), wf_ref FROM {R} GROUP BY wf_ref"),
    "materialized view": fails(
        f"CREATE MATERIALIZED VIEW v AS SELECT inputs FROM {R}", named="materialized view v", message=NO_TYPE
    ),
    "view of whole rows": alters(
        f"CREATE VIEW v AS SELECT row_to_json({R}) ->> 'inputs' AS told FROM {R}",
        row("'a'"),
        named="view v reads whole rows",
        probe="SELECT 1 / (count(*) - 1) FROM v WHERE told = 'a'",
    ),
    "view that leans on a primary key": fails(
        "CREATE VIEW v AS SELECT endpoint_uuid || '', key_type FROM am_api_endpoints GROUP BY api_uuid, endpoint_uuid, "
        "endpoint_name, revision_uuid, organization",
        named="view v depends on am_api_endpoints_pkey: the server refuses to replace primary key",
        message=DEPENDS,
    ),
    "rule": fails(
        "CREATE TABLE log (told text)",
        f"CREATE RULE r AS ON INSERT TO {R} DO ALSO INSERT INTO log VALUES (NEW.inputs)",
        named="rule r on table am_application_registration names INPUTS",
        message=NO_TYPE,
    ),
    "policy": fails(
        f"CREATE POLICY p ON {R} USING (inputs = 'x')", named="policy p on table", message="used in a policy"
    ),
    "policy over another column": survives(f"CREATE POLICY p ON {R} USING (wf_ref = 'inputs')"),
    "trigger with WHEN": fails(
        FUNCTION.format(""),
        TRIGGER.format("BEFORE INSERT", "WHEN (NEW.inputs = 'x')"),
        named="trigger g on table am_application_registration names INPUTS",
        message=NO_TYPE,
    ),
    "trigger of a column": fails(
        FUNCTION.format(""),
        TRIGGER.format("BEFORE UPDATE OF inputs", ""),
        named="trigger g on table am_application_registration names INPUTS",
        message=NO_TYPE,
    ),
    "trigger of rows": survives(
        FUNCTION.format(""), TRIGGER.format("BEFORE UPDATE", "WHEN (OLD.* IS DISTINCT FROM NEW.*)")
    ),
    "trigger whose function reads it": alters(
        FUNCTION.format("IF to_json(NEW) ->> 'inputs' = 'xs' THEN RAISE 'forbidden'; END IF;"),
        TRIGGER.format("BEFORE INSERT", ""),
        named="function f() of a trigger names INPUTS, which becomes bytes",
        probe=row("'xs'"),
    ),
    "function with a parsed body": fails(
        f"CREATE FUNCTION a() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT 1 FROM {R} WHERE inputs = 'x'; END",
        named="function a() names INPUTS",
        message=NO_TYPE,
    ),
    "publication of columns": fails(
        f"CREATE PUBLICATION p_columns FOR TABLE {R} (reg_id, inputs)",
        named="publication of table am_application_registration in publication p_columns names INPUTS",
        message=NO_TYPE,
    ),
    "publication of rows": fails(
        f"CREATE PUBLICATION p_rows FOR TABLE {R} WHERE (inputs = 'x')", named="publication p_rows", message=NO_TYPE
    ),
    "publication of a table": survives(f"CREATE PUBLICATION p_table FOR TABLE {R}"),
    "publication of other columns": survives(f"CREATE PUBLICATION p_others FOR TABLE {R} (reg_id, wf_ref)"),
    "foreign key to it": fails(
        f"ALTER TABLE {R} ADD UNIQUE (inputs)",
        f"CREATE TABLE child (x varchar(1000) CONSTRAINT k REFERENCES {R} (inputs))",
        named="constraint k on table child is over INPUTS",
        message="cannot be implemented",
    ),
    "foreign key from it": fails(
        "CREATE TABLE parent (x varchar(1000) PRIMARY KEY)",
        f"ALTER TABLE {R} ADD CONSTRAINT k FOREIGN KEY (inputs) REFERENCES parent",
        named="constraint k on table am_application_registration is over INPUTS",
        message="cannot be implemented",
    ),
    "foreign key over a longer text": survives(
        "CREATE TABLE parent (x varchar(255) PRIMARY KEY)",
        "ALTER TABLE am_api_comments ADD FOREIGN KEY (created_by) REFERENCES parent",
    ),
    "foreign key to a primary key": fails(
        "CREATE TABLE child (a varchar(256), b varchar(256), c varchar(255), d varchar(255), e varchar(100), "
        "CONSTRAINT k FOREIGN KEY (a, b, c, d, e) REFERENCES am_api_endpoints)",
        named="constraint k on table child depends on am_api_endpoints_pkey",
        message=DEPENDS,
    ),
    "foreign key to a unique key": fails(
        "CREATE TABLE child (a varchar(255), b varchar(255), CONSTRAINT k FOREIGN KEY (a, b) "
        "REFERENCES am_llm_provider_model (model_name, llm_provider_uuid))",
        named="constraint k on table child depends on am_llm_provider_model_",
        message=DEPENDS,
    ),
    "row type": fails(
        f"CREATE TABLE archive (kept {R}[])", named="column kept of table archive has the row type", message="row type"
    ),
    "row type of a table that only grows": fails(
        "CREATE TABLE archive (kept am_llm_provider)", named="column kept of table archive", message="row type"
    ),
    "row type of a table that gets empty columns": survives("CREATE TABLE archive (kept am_api_url_mapping)"),
    "function of a row type": survives(f"CREATE FUNCTION a() RETURNS SETOF {R} LANGUAGE sql AS 'SELECT * FROM {R}'"),
    "child table": survives(f"CREATE TABLE archive () INHERITS ({R})"),
    "view of a child table": fails(
        f"CREATE TABLE archive () INHERITS ({R})",
        "CREATE VIEW v AS SELECT inputs FROM archive",
        named="view v names INPUTS",
        message=NO_TYPE,
    ),
    "check of a child table": alters(
        f"CREATE TABLE archive (CONSTRAINT c CHECK (inputs <> 'forbidden')) INHERITS ({R})",
        named="constraint c on table archive reads INPUTS",
        probe=row("'forbidden'").replace(R, "archive").replace("(subscriber_id", "(reg_id, subscriber_id").replace(
            "(1, ", "(1, 1, ", 1),
    ),
    "parent table": fails(
        "CREATE TABLE common (inputs varchar(1000))",
        f"ALTER TABLE {R} INHERIT common",
        named="INPUTS is inherited",
        message="cannot alter inherited column",
    ),
    "replica identity": alters(
        "ALTER TABLE am_api_endpoints REPLICA IDENTITY USING INDEX am_api_endpoints_pkey",
        named="am_api_endpoints_pkey is the replica identity",
        probe="SELECT 1 / (1 - count(*)) FROM pg_index WHERE indexrelid::regclass::text ~ '^am_' AND indisreplident",
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def vendors(postgresql: Server) -> Iterator[Engine]:
    with new_database(postgresql) as url:
        engine = create_engine(url, poolclass=NullPool)
        with engine.connect() as connection:
            vendor(connection, START)
        yield engine


@pytest.fixture
def connection(vendors: Engine) -> Iterator[Connection]:
    """The vendor's database of 4.5.0, rolled back at the end; parents of rows need not be there."""
    with DIALECT.session.connect(vendors, None) as connection:
        connection.exec_driver_sql(
            f"ALTER TABLE {R} DROP CONSTRAINT {R}_app_id_fkey, DROP CONSTRAINT {R}_subscriber_id_fkey"
        )
        yield connection


def pending() -> tuple[Change, ...]:
    return chain.pending("postgresql", "apim", START, HEAD)


def found(connection: Connection, changes: Sequence[Change]) -> list[Obstacle]:
    obstacles = list(DIALECT.obstacles.find(connection, "public", changes, read(connection)))
    assert all(obstacle.query and obstacle.way_out for obstacle in obstacles)
    return obstacles


def attempt(connection: Connection, statement: str) -> str:
    """Runs a statement and takes it back; returns the server's refusal, "" if it had none."""
    savepoint = connection.begin_nested()
    try:
        connection.exec_driver_sql(statement, execution_options={"no_parameters": True})
    except DBAPIError as error:
        return str(error.orig)
    finally:
        savepoint.rollback()
    return ""


def upgrade(connection: Connection) -> None:
    execute(connection, DIALECT.ddl.combined(pending(), read(connection), None))


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_customers_object(connection: Connection, case: Case) -> None:
    for sql in case.made:
        make(connection, sql)
    blocking = [obstacle.problem for obstacle in found(connection, pending()) if obstacle.level == BLOCK]
    assert bool(blocking) == bool(case.named)
    assert case.named in "\n".join(blocking)
    if case.fails:
        with pytest.raises(DBAPIError, match=case.fails):
            upgrade(connection)
        return
    assert not case.probe or attempt(connection, case.probe)
    upgrade(connection)
    refused = attempt(connection, case.probe) if case.probe else ""
    assert bool(refused) == (bool(case.probe) and not case.alters), refused


def make(connection: Connection, sql: str) -> None:
    """Makes an object; skips the test where this server has no such objects."""
    try:
        connection.exec_driver_sql(sql, execution_options={"no_parameters": True})
    except DBAPIError as error:
        old = (connection.dialect.server_version_info or ()) < (15,) and "syntax error" in str(error.orig)
        if old or "not supported in this build" in str(error.orig):
            pytest.skip(str(error.orig))
        raise


def test_a_function_that_names_table_and_column_is_a_warning(connection: Connection) -> None:
    body = f"BEGIN RETURN (SELECT count(*) FROM {R} WHERE inputs = ''x''); END"
    make(connection, f"CREATE FUNCTION f() RETURNS bigint LANGUAGE plpgsql AS '{body}'")
    make(connection, "CREATE FUNCTION g() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) AS inputs FROM am_api'")
    (warning,) = found(connection, pending())
    assert (warning.level, warning.problem) == (WARN, "function f() names INPUTS, which becomes bytes")


def test_a_disabled_trigger_is_a_warning(connection: Connection) -> None:
    make(connection, "ALTER TABLE am_gw_api_artifacts DISABLE TRIGGER time_stamp")
    (warning,) = found(connection, pending())
    assert (warning.level, warning.table) == (WARN, "AM_GW_API_ARTIFACTS")
    upgrade(connection)
    enabled = "SELECT tgenabled = 'O' FROM pg_trigger WHERE tgname = 'time_stamp'"
    assert connection.exec_driver_sql(enabled).scalar_one()


def test_a_publication_that_lacks_a_new_key_column(connection: Connection) -> None:
    """The product's every update would fail: seen on the way to 4.4.0, which gives a primary key a new column."""
    key = ReplacePrimaryKey("AM_API_ENDPOINTS", ("API_UUID", "ENDPOINT_UUID", "KEY_TYPE"))
    columns = "api_uuid, endpoint_uuid, endpoint_name, revision_uuid, organization"
    make(connection, f"CREATE PUBLICATION p FOR TABLE am_api_endpoints ({columns})")
    (obstacle,) = found(connection, [key])
    assert obstacle.problem.startswith("publication p names its columns, and not KEY_TYPE")
    update = "UPDATE am_api_endpoints SET organization = ''"
    assert attempt(connection, update) == ""
    make(connection, "ALTER TABLE am_api_endpoints ALTER key_type SET NOT NULL")
    execute(connection, DIALECT.ddl.statements(key, read(connection), None))
    assert "does not cover the replica identity" in attempt(connection, update)


TAKEN = {
    "view": ("CREATE VIEW am_gateway_token AS SELECT 1", "create table AM_GATEWAY_TOKEN: view am_gateway_token"),
    "type": ("CREATE TYPE am_gateway_token AS ENUM ('a')", "create table AM_GATEWAY_TOKEN: type am_gateway_token"),
    "sequence": ("CREATE TABLE am_gw_instances_pk_seq (a int)", "table am_gw_instances_pk_seq has the name"),
    "key": (
        "CREATE SEQUENCE secret_id_constraint",
        "cannot create table IDN_OAUTH_CONSUMER_SECRETS: sequence secret_id",
    ),
    "index": ("CREATE VIEW idx_apgt_token_hash AS SELECT 1", "view idx_apgt_token_hash has the name"),
}


@pytest.mark.parametrize(("made", "named"), TAKEN.values(), ids=TAKEN)
def test_a_name_that_is_taken(connection: Connection, made: str, named: str) -> None:
    make(connection, made)
    blocking = [obstacle.problem for obstacle in found(connection, pending())]
    assert named in "\n".join(blocking)
    with pytest.raises(DBAPIError, match="already exists"):
        upgrade(connection)


@pytest.mark.parametrize("column", ["inputs", "reg_id"])
def test_a_partitioned_table(connection: Connection, column: str) -> None:
    make(connection, f"CREATE TABLE parts (LIKE {R} INCLUDING DEFAULTS) PARTITION BY HASH ({column})")
    make(connection, "CREATE TABLE parts_0 PARTITION OF parts FOR VALUES WITH (MODULUS 1, REMAINDER 0)")
    change = TextToBinary("PARTS", "INPUTS", "BYTEA")
    blocking = [obstacle.problem for obstacle in found(connection, [change])]
    assert blocking == ["INPUTS is part of the partition key: the server gives it no other type"] * (column == "inputs")
    (statement,) = DIALECT.ddl.statements(change, read(connection), None)
    assert bool(attempt(connection, statement.sql)) == bool(blocking)


def test_a_partition_key_that_the_new_primary_key_lacks(connection: Connection) -> None:
    make(connection, "CREATE TABLE parts (a int, b int, c int NOT NULL, PRIMARY KEY (a, b)) PARTITION BY HASH (b)")
    (obstacle,) = found(connection, [ReplacePrimaryKey("PARTS", ("A", "C"))])
    assert obstacle.problem.startswith("B is part of the partition key")
    assert found(connection, [ReplacePrimaryKey("PARTS", ("B", "C"))]) == []


def test_rows_whose_parent_is_gone(connection: Connection) -> None:
    """A dump that was restored without triggers leaves some; the new foreign key is held against every row."""
    make(connection, "SET session_replication_role = replica")
    make(connection, "INSERT INTO am_gw_api_artifacts (api_id, revision_id) VALUES ('gone', 'r')")
    make(connection, "SET session_replication_role = origin")
    (finding,) = preflight.check(DIALECT, connection, "public", read(connection), pending())
    assert "(API_ID) points to no row of AM_GW_PUBLISHED_API_DETAILS" in str(finding)
    with pytest.raises(DBAPIError, match="violates foreign key constraint"):
        upgrade(connection)


FUNCTION = "CREATE FUNCTION look() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN {} RETURN NEW; END$$"
TRIGGER = f"CREATE TRIGGER looks BEFORE UPDATE ON {R} FOR EACH ROW EXECUTE FUNCTION look()"
BECOMES_BYTES = "a check or an index reads a text that becomes bytes"
FIRES = "the function of a trigger names what is dropped or becomes another type"
SCRIPT = {
    "check": ([f"ALTER TABLE {R} ADD CHECK (inputs <> 'forbidden')"], BECOMES_BYTES),
    "index": ([f"CREATE INDEX i ON {R} (wf_ref) WHERE inputs = 'primary'"], BECOMES_BYTES),
    "trigger": ([FUNCTION.format("NEW.inputs := lower(NEW.INPUTS);"), TRIGGER], FIRES),
    "others": ([f"ALTER TABLE {R} ADD CHECK (wf_ref <> 'inputs'), ADD UNIQUE (inputs)"], None),
    "another trigger": ([FUNCTION.format("NEW.wf_ref := 'inputs_';"), TRIGGER], None),
}


@pytest.mark.parametrize(("made", "refused"), SCRIPT.values(), ids=SCRIPT)
def test_a_script_refuses_what_it_would_disarm(connection: Connection, made: list[str], refused: str | None) -> None:
    for sql in made:
        make(connection, sql)
    asked = DIALECT.script.requires(pending(), chain.expected("postgresql", "apim", START), None)
    told = [attempt(connection, sql) for sql in asked]
    assert [problem in text for problem, text in zip((BECOMES_BYTES, FIRES), told, strict=True)] == [
        problem == refused for problem in (BECOMES_BYTES, FIRES)
    ]
