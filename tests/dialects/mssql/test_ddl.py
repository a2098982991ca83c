"""The statements of every change: judged by the parser, and looked at where a word decides."""

from __future__ import annotations

import re
from dataclasses import replace
from importlib import import_module

import pytest

from apim_schema import chain, changes, registry
from apim_schema.changes import Change
from apim_schema.errors import Conflict
from apim_schema.schema import Column, Index, Key, Schema
from tests.dialects.mssql.conftest import Accepted
from tests.dialects.mssql.recorded import Recorded, Spelling
from tests.parsers import tsql
from tests.releases import FIRST, HEAD

DIALECT = registry.load("mssql")
BODIES = import_module("apim_schema.dialects.mssql.triggers").BODIES
PAIRS = [
    (database, start, target)
    for database in chain.DATABASES
    for number, start in enumerate(chain.releases(database))
    for target in chain.releases(database)[number + 1 :]
]
ENDPOINTS = "AM_API_ENDPOINTS"


def expected(release: str) -> Schema:
    return chain.expected("mssql", "apim", release)


def online(schema: Schema, spelling: Spelling = str.upper, **database: object) -> Schema:
    """The schema as it is read from a live database: constraints have names."""
    return DIALECT.introspect.read(Recorded(schema, spelling, **database).connection, "dbo")


def planned(live: Schema, database: str, start: str, target: str, schema: str | None = None) -> list[str]:
    batches = []
    for change in chain.pending("mssql", database, start, target):
        if not change.is_in(live):
            batches += [made.sql for made in DIALECT.ddl.statements(change, live, schema)]
            live = change.apply(live)
    return batches


def statements(change: Change, live: Schema, schema: str | None = None) -> list[str]:
    return [made.sql for made in DIALECT.ddl.statements(change, live, schema)]


def the(kind: type[Change], release: str, table: str) -> Change:
    return next(c for c in chain.changes("mssql", "apim", release) if isinstance(c, kind) and c.table == table)


def test_every_statement_in_one_of_several_data_centres_is_accepted(accepted: Accepted) -> None:
    live = replace(
        chain.expected("mssql_multidc", "apim", "4.3.0"), options={"numbering": "IDENTITY(2,3) NOT FOR REPLICATION"}
    )
    made = list[str]()
    for change in chain.pending("mssql_multidc", "apim", "4.3.0", HEAD):
        made += statements(change, live)
        live = change.apply(live)
    accepted(made)
    assert sum("IDENTITY(2,3) NOT FOR REPLICATION" in sql for sql in made) == sum("IDENTITY" in sql for sql in made) > 3


@pytest.mark.parametrize(("database", "start", "target"), PAIRS)
def test_every_statement_is_accepted(database: str, start: str, target: str, accepted: Accepted) -> None:
    """Those of a live database, which has names for all constraints, and those made without one."""
    schema = chain.expected("mssql", database, start)
    batches = [planned(live, database, start, target, "my schema") for live in (schema, online(schema))]
    accepted(["SELECT 'a chain may change nothing'", *batches[0], *batches[1]])


@pytest.mark.parametrize("database", chain.DATABASES)
def test_a_whole_schema_is_accepted_with_its_triggers(database: str, accepted: Accepted) -> None:
    schema = chain.expected("mssql", database, FIRST)
    batches = [made.sql for made in DIALECT.ddl.create(schema, "dbo")]
    accepted(batches)
    assert sum(batch.startswith("CREATE TRIGGER") for batch in batches) == len(schema.triggers)


@pytest.mark.parametrize(
    ("database", "release"), [(database, r) for database in chain.DATABASES for r in chain.releases(database)]
)
def test_what_a_trigger_does_is_known(database: str, release: str) -> None:
    """By the catalog's words for it: each table and column in their order."""
    schema = chain.expected("mssql", database, release)
    for trigger in schema.triggers.values():
        assert trigger.name in BODIES, f"{database} {release}: no body for {trigger.name}: {trigger.action}"
        steps = BODIES[trigger.name]
        assert steps[-1][0] == trigger.table
        for table, columns, key in steps:
            assert {*columns} <= schema.tables[table].columns.keys()
            assert key in schema.tables[trigger.table].columns
            assert set(re.findall(r"\b[A-Z_]{2,}\b", trigger.action or "")) >= {table, *columns} - {key}


def test_no_body_is_left_over() -> None:
    schemas = (chain.expected("mssql", database, r) for database in chain.DATABASES for r in chain.releases(database))
    assert BODIES.keys() == {name for schema in schemas for name in schema.triggers}


def test_broken_statements_are_found(accepted: Accepted) -> None:
    batches = planned(expected(FIRST), "apim", FIRST, HEAD)
    long = [batch for batch in batches if " (" in batch]
    assert all(tsql.errors([batch.replace("(", "((", 1) for batch in long]))
    executed = next(batch for batch in batches if "EXEC (N'UPDATE" in batch)
    assert tsql.errors([executed.replace("CONVERT(VARBINARY", "CONVERT VARBINARY", 1)])[0].startswith("in EXEC")


@pytest.mark.parametrize("database", chain.DATABASES)
def test_triggers_delete_from_columns_that_are_there(database: str) -> None:
    schema = chain.expected("mssql", database, FIRST)
    for name in schema.triggers:
        for table, columns, key in BODIES[name]:
            assert {*columns} <= schema.tables[table].columns.keys(), name
            assert key in schema.tables[schema.triggers[name].table].columns, name


def test_a_nullable_column_with_a_default_fills_the_rows_that_stand() -> None:
    """Babelfish for PostgreSQL does so by itself, and knows no such words."""
    change, before = the(changes.AddColumn, "4.3.0", "AM_API_URL_MAPPING"), expected("4.2.0")
    add = "ALTER TABLE AM_API_URL_MAPPING ADD LOG_LEVEL VARCHAR(255) NULL DEFAULT 'OFF'"
    assert statements(change, before) == [f"{add} WITH VALUES"]
    assert statements(change, online(before, babelfish=1)) == [add]


def test_no_other_column_says_with_values() -> None:
    adds = [batch for batch in planned(expected(FIRST), "apim", FIRST, HEAD) if " ADD " in batch]
    assert {" NULL DEFAULT " in batch and " NOT NULL" not in batch for batch in adds if "WITH VALUES" in batch} == {
        True
    }
    assert {"WITH VALUES" in batch for batch in adds if " NULL DEFAULT " in batch and " NOT NULL" not in batch} == {
        True
    }


def test_a_column_without_a_default_is_filled_in_a_batch_of_its_own() -> None:
    change = changes.AddColumn("AM_API", Column("X", "VARCHAR(9)", nullable=False), fill="'a'")
    before = expected("4.2.0")
    add, fill, last = statements(change, before, "dbo")
    assert add == "ALTER TABLE dbo.AM_API ADD X VARCHAR(9) NULL"
    assert fill == "UPDATE dbo.AM_API SET X = 'a' WHERE X IS NULL"
    assert last == "ALTER TABLE dbo.AM_API ALTER COLUMN X VARCHAR(9) NOT NULL"
    half = before.with_table(before.tables["AM_API"].with_column(Column("X", "VARCHAR(9)")))
    assert statements(change, half, "dbo") == [fill, last]
    assert statements(change, change.apply(before), "dbo") == []


def test_a_column_in_the_way_is_a_conflict() -> None:
    change = the(changes.AddColumn, "4.3.0", "AM_API_URL_MAPPING")
    table = expected("4.2.0").tables["AM_API_URL_MAPPING"].with_column(Column("LOG_LEVEL", "INTEGER"))
    with pytest.raises(Conflict, match="found INTEGER, wanted VARCHAR"):
        statements(change, expected("4.2.0").with_table(table))


def test_a_collation_of_the_columns_own_is_no_conflict_and_is_restated() -> None:
    """Babelfish for PostgreSQL takes none here."""
    before, change = expected("4.2.0"), the(changes.AlterColumn, "4.4.0", "AM_SERVICE_CATALOG")
    own = Column("MD5", "VARCHAR(100)", nullable=False, collation="Latin1_General_CS_AS")
    live = before.with_table(before.tables["AM_SERVICE_CATALOG"].with_column(own))
    assert statements(change, replace(live, options={"babelfish": "yes"})) == [
        "ALTER TABLE AM_SERVICE_CATALOG ALTER COLUMN MD5 VARCHAR(512) NOT NULL"
    ]
    assert statements(change, live) == [
        "ALTER TABLE AM_SERVICE_CATALOG ALTER COLUMN MD5 VARCHAR(512) COLLATE Latin1_General_CS_AS NOT NULL"
    ]


def test_nullability_is_restated() -> None:
    batches = planned(expected(FIRST), "apim", FIRST, HEAD)
    alters = [line.rstrip(";") for batch in batches for line in batch.splitlines() if "ALTER COLUMN" in line]
    assert all(line.endswith(" NULL") for line in alters)
    assert "ALTER TABLE AM_SERVICE_CATALOG ALTER COLUMN MD5 VARCHAR(512) NOT NULL" in alters
    assert "ALTER TABLE AM_GW_INSTANCES ALTER COLUMN GW_PROPERTIES VARBINARY(MAX) NULL" in alters


def test_a_default_is_away_while_its_column_changes() -> None:
    """It is found by the batch itself, in a live database too: the model has no name for it."""
    change = changes.AlterColumn(ENDPOINTS, "REVISION_UUID", "VARCHAR(100)", narrows="VARCHAR(255)")
    for live in (expected("4.5.0"), online(expected("4.5.0"))):
        batch = statements(change, live, "dbo")[1]
        drop, alter, add = (batch.index(part) for part in ("DROP CONSTRAINT", "ALTER COLUMN", "ADD CONSTRAINT"))
        assert drop < alter < add
        assert "ALTER COLUMN REVISION_UUID VARCHAR(100) NOT NULL;" in batch
        assert "N' FOR REVISION_UUID'" in batch
    [_, batch, _] = statements(change, online(expected("4.5.0"), babelfish=1), "dbo")
    assert batch == "ALTER TABLE dbo.AM_API_ENDPOINTS ALTER COLUMN REVISION_UUID VARCHAR(100) NOT NULL"


def test_keys_over_a_column_that_gets_shorter_go_and_come_back() -> None:
    change = changes.AlterColumn(ENDPOINTS, "ENDPOINT_UUID", "VARCHAR(100)", narrows="VARCHAR(256)")
    drop, alter, add = statements(change, online(expected("4.5.0")), "dbo")
    assert drop.startswith("ALTER TABLE dbo.AM_API_ENDPOINTS DROP CONSTRAINT PK__AM_API_E__")
    assert alter == "ALTER TABLE dbo.AM_API_ENDPOINTS ALTER COLUMN ENDPOINT_UUID VARCHAR(100) NOT NULL"
    assert add.endswith("PRIMARY KEY (API_UUID, ENDPOINT_UUID, ENDPOINT_NAME, REVISION_UUID, ORGANIZATION)")


def test_indexes_of_the_customer_go_and_come_back_too() -> None:
    change = changes.AlterColumn(ENDPOINTS, "ENDPOINT_UUID", "VARCHAR(100)", narrows="VARCHAR(256)")
    table = expected("4.5.0").tables[ENDPOINTS]
    mine = replace(
        table,
        unique=(Key(("ENDPOINT_UUID", "ORGANIZATION"), "MINE"),),
        indexes=(Index("ALSO_MINE", ("ENDPOINT_UUID",)), Index("APART", ("ORGANIZATION",))),
    )
    made = statements(change, expected("4.5.0").with_table(mine))
    assert made[0] == "DROP INDEX ALSO_MINE ON AM_API_ENDPOINTS"
    assert made[1] == "ALTER TABLE AM_API_ENDPOINTS DROP CONSTRAINT MINE"
    assert made[-2] == "CREATE INDEX ALSO_MINE ON AM_API_ENDPOINTS (ENDPOINT_UUID)"
    assert made[-1] == "ALTER TABLE AM_API_ENDPOINTS ADD CONSTRAINT MINE UNIQUE (ENDPOINT_UUID, ORGANIZATION)"
    assert not any("APART" in batch for batch in made)
    filtered = replace(table, indexes=(Index("PARTLY", ("ENDPOINT_UUID", "[where ([KEY_TYPE] IS NULL)]")),))
    with pytest.raises(Conflict, match="drop index PARTLY before"):
        statements(change, expected("4.5.0").with_table(filtered))


def stored(schema: Schema, name: str, **facts: object) -> Schema:
    """The schema as a server has it that lays out one index or key in a way of its own."""
    recorded = Recorded(schema)
    [row] = [row for row in recorded.rows["sys.data_spaces"] if row.name == name]
    vars(row).update(facts)
    return DIALECT.introspect.read(recorded.connection, "dbo")


LAYOUTS = [
    ({"filled": 80}, "", " WITH (FILLFACTOR = 80)"),
    ({"filled": 100}, "", ""),
    (
        {"is_padded": True, "row_locks": False, "page_locks": False, "compression": "PAGE"},
        "",
        " WITH (PAD_INDEX = ON, ALLOW_ROW_LOCKS = OFF, ALLOW_PAGE_LOCKS = OFF, DATA_COMPRESSION = PAGE)",
    ),
    ({"place": "SECOND", "is_default_place": False}, "", " ON SECOND"),
    (
        {"kind": "NONCLUSTERED", "filled": 90, "place": "FILE GROUP", "is_default_place": False},
        "NONCLUSTERED ",
        " WITH (FILLFACTOR = 90) ON [FILE GROUP]",
    ),
]


@pytest.mark.parametrize(("facts", "kind", "storage"), LAYOUTS)
def test_a_key_that_is_made_again_lies_on_the_disk_as_before(
    facts: dict[str, object], kind: str, storage: str, accepted: Accepted
) -> None:
    """Through all of 4.6.0, which replaces the primary key of this table and shortens two of its columns."""
    key = online(expected("4.5.0")).tables[ENDPOINTS].primary_key
    assert key is not None
    assert key.name is not None
    live = stored(expected("4.5.0"), key.name, **facts)
    made = [s.sql for s in DIALECT.ddl.combined(chain.changes("mssql", "apim", "4.6.0"), live, None)]
    added = [sql for sql in made if f"ALTER TABLE {ENDPOINTS} ADD" in sql and "PRIMARY KEY" in sql]
    columns = "API_UUID, ENDPOINT_UUID, REVISION_UUID, ORGANIZATION"
    assert added == [f"ALTER TABLE {ENDPOINTS} ADD CONSTRAINT {key.name} PRIMARY KEY {kind}({columns}){storage}"] * len(
        added
    )
    assert len(added) == 3
    accepted(added)


def test_an_index_that_is_made_again_is_what_it_was(accepted: Accepted) -> None:
    before = expected("4.5.0")
    table = before.tables[ENDPOINTS]
    unique = Key(("ENDPOINT_UUID", "ORGANIZATION"), "MINE")
    index = Index("ALSO_MINE", ("ORGANIZATION",), include=("ENDPOINT_UUID",))
    live = stored(
        before.with_table(replace(table, unique=(unique,), indexes=(index,))),
        "ALSO_MINE",
        kind="CLUSTERED",
        ignores_duplicates=True,
    )
    made = statements(changes.AlterColumn(ENDPOINTS, "ENDPOINT_UUID", "VARCHAR(100)", narrows="VARCHAR(256)"), live)
    create = f"CREATE CLUSTERED INDEX ALSO_MINE ON {ENDPOINTS} (ORGANIZATION) INCLUDE (ENDPOINT_UUID)"
    assert f"{create} WITH (IGNORE_DUP_KEY = ON)" in made
    assert f"ALTER TABLE {ENDPOINTS} ADD CONSTRAINT MINE UNIQUE (ENDPOINT_UUID, ORGANIZATION)" in made
    accepted(made)


def test_how_rows_lie_is_not_asked_of_babelfish() -> None:
    recorded = Recorded(expected("4.5.0"), babelfish=1)
    DIALECT.introspect.read(recorded.connection, "dbo")
    assert not any("sys.data_spaces" in sql for sql in recorded.asked)


def test_a_column_that_gets_wider_leaves_its_keys_alone() -> None:
    change = changes.AlterColumn(ENDPOINTS, "ENDPOINT_UUID", "VARCHAR(300)")
    assert len(statements(change, expected("4.5.0"))) == 1


def test_another_kind_of_type_is_a_conflict() -> None:
    with pytest.raises(Conflict, match=r"found VARCHAR\(256\) not null, wanted INTEGER"):
        statements(changes.AlterColumn(ENDPOINTS, "ENDPOINT_UUID", "INTEGER"), expected("4.5.0"))


@pytest.mark.parametrize(
    ("kind", "release", "table", "named", "looked_up"),
    [
        (changes.ReplacePrimaryKey, "4.4.0", "AM_API_CLIENT_CERTIFICATE", "PK__AM_API_C__", "k.is_primary_key = 1"),
        (changes.DropUnique, "4.6.0", "AM_LLM_PROVIDER_MODEL", "UQ__AM_LLM_P__", "k.is_unique_constraint = 1"),
        (changes.ReplaceForeignKey, "4.7.0", "AM_GW_API_ARTIFACTS", "FK__AM_GW_AP__", "sys.foreign_keys"),
    ],
)
def test_constraints_are_found_by_structure(
    kind: type[Change], release: str, table: str, named: str, looked_up: str
) -> None:
    """Online by the name that the server gave them, offline by the emitted SQL."""
    releases = chain.releases("apim")
    before, change = expected(releases[releases.index(release) - 1]), the(kind, release, table)
    assert statements(change, online(before))[0].startswith(f"ALTER TABLE {table} DROP CONSTRAINT {named}")
    offline = statements(change, before)[0]
    assert looked_up in offline
    assert "THROW 50000" in offline


def test_text_becomes_bytes_through_a_new_column() -> None:
    before = online(expected("4.5.0"))
    change = the(changes.TextToBinary, "4.6.0", "AM_API_POLICY_MAPPING")
    add, copy, drop, rename, last = statements(change, before, "dbo")
    table = "dbo.AM_API_POLICY_MAPPING"
    assert add == f"ALTER TABLE {table} ADD PARAMETERS_UTF8 VARBINARY(MAX) NULL"
    assert "COLLATE Latin1_General_100_CI_AS_SC_UTF8" in copy
    assert drop == f"ALTER TABLE {table} DROP COLUMN PARAMETERS"
    assert f"EXEC @failed = sp_rename N'{table}.PARAMETERS_UTF8', N'PARAMETERS', N'COLUMN';\nIF @failed <> 0" in rename
    assert "THROW" in rename
    assert last == f"ALTER TABLE {table} ALTER COLUMN PARAMETERS VARBINARY(MAX) NOT NULL"
    assert statements(change, change.apply(before), "dbo") == []


def test_bytes_become_text_through_a_new_column() -> None:
    newer, older = online(expected("4.6.0")), expected("4.5.0")
    column = older.tables["AM_API_POLICY_MAPPING"].columns["PARAMETERS"]
    change = changes.BinaryToText("AM_API_POLICY_MAPPING", column)
    add, copy, drop, rename, last = statements(change, newer, "dbo")
    table = "dbo.AM_API_POLICY_MAPPING"
    assert add == f"ALTER TABLE {table} ADD PARAMETERS_TEXT VARCHAR(2048) NULL"
    assert copy.startswith("UPDATE t SET t.PARAMETERS_TEXT = (")
    assert drop == f"ALTER TABLE {table} DROP COLUMN PARAMETERS"
    assert f"EXEC @failed = sp_rename N'{table}.PARAMETERS_TEXT', N'PARAMETERS', N'COLUMN';" in rename
    assert last == f"ALTER TABLE {table} ALTER COLUMN PARAMETERS VARCHAR(2048) NOT NULL"
    assert statements(change, change.apply(newer), "dbo") == []
    named = newer.tables["AM_API_POLICY_MAPPING"].with_column(Column("PARAMETERS_TEXT", "INTEGER"))
    with pytest.raises(Conflict, match="has a column PARAMETERS_TEXT"):
        statements(change, newer.with_table(named))
    with pytest.raises(Conflict, match="found INTEGER"):
        statements(change, newer.with_table(named.with_column(Column("PARAMETERS", "INTEGER"))))


def test_a_default_of_bytes_goes_and_that_of_the_text_comes_back(accepted: Accepted) -> None:
    live = expected("4.6.0")
    table = live.tables["AM_APPLICATION_REGISTRATION"].with_column(Column("INPUTS", "VARBINARY(MAX)", default="0x7B7D"))
    change = changes.BinaryToText(table.name, Column("INPUTS", "VARCHAR(1000)", default="'{}'"))
    batches = statements(change, live.with_table(table))
    accepted(batches)
    assert batches[0].endswith(" ADD INPUTS_TEXT VARCHAR(1000) NULL DEFAULT '{}'")
    assert "sys.default_constraints" in batches[2]


@pytest.mark.parametrize(
    "text", ["\x00", "~", "\x7f", "\x80", "\u00e9", "\u07ff", "\u0800", "\u20ac", "\uffff", "\U0001f600"]
)
def test_a_character_is_encoded_where_no_collation_does_it(text: str) -> None:
    """The arithmetic of the batch: the branch that it takes for a character, and what that gives."""
    change = the(changes.TextToBinary, "4.6.0", "AM_API_POLICY_MAPPING")
    batch = statements(change, expected("4.5.0"))[1]
    branches = [(int(limit), sql) for limit, sql in re.findall(r"WHEN @code < (\d+) THEN (.+)", batch)]
    [last] = re.findall(r"^ +ELSE (.*@code / 262144.*)$", batch, re.M)
    sql = next((sql for limit, sql in branches if ord(text) < limit), last)
    numbers = re.findall(r"CONVERT\(VARBINARY\(1\), ([^()]+)\)", sql)
    assert " + ".join(f"CONVERT(VARBINARY(1), {number})" for number in numbers) == sql
    values = [eval(number.replace("@code", str(ord(text))).replace("/", "//")) for number in numbers]
    assert bytes(values) == text.encode("utf-8")


def test_what_the_conversion_can_not_go_through() -> None:
    before, change = expected("4.5.0"), the(changes.TextToBinary, "4.6.0", "AM_API_POLICY_MAPPING")
    table = before.tables["AM_API_POLICY_MAPPING"]
    with pytest.raises(Conflict, match="has a column PARAMETERS_UTF8"):
        statements(change, before.with_table(table.with_column(Column("PARAMETERS_UTF8", "INTEGER"))))
    with pytest.raises(Conflict, match="found INTEGER"):
        statements(change, before.with_table(table.with_column(Column("PARAMETERS", "INTEGER"))))


def test_a_default_of_a_text_column_goes_and_comes_back_as_bytes(accepted: Accepted) -> None:
    before, change = expected("4.5.0"), the(changes.TextToBinary, "4.6.0", "AM_APPLICATION_REGISTRATION")
    column = Column("INPUTS", "VARCHAR(1000)", default="'{}'")
    live = before.with_table(before.tables["AM_APPLICATION_REGISTRATION"].with_column(column))
    batches = statements(change, live)
    accepted(batches)
    assert batches[0].endswith("VARBINARY(MAX) NULL DEFAULT 0x7B7D")
    other = replace(column, default="'it''s \u00e9'")
    accented = before.with_table(before.tables["AM_APPLICATION_REGISTRATION"].with_column(other))
    assert statements(change, accented)[0].endswith(" DEFAULT 0x6974277320C3A9")
    assert "sys.default_constraints" in batches[2]
    assert "DROP COLUMN INPUTS" in batches[3]


def test_a_case_sensitive_database_is_asked_in_its_own_spelling(accepted: Accepted) -> None:
    batches = planned(online(expected(FIRST), str.lower), "apim", FIRST, HEAD, "dbo")
    accepted(batches)
    assert "ALTER TABLE dbo.am_service_catalog ALTER COLUMN md5 VARCHAR(512) NOT NULL" in batches
    assert any("REFERENCES dbo.am_api (api_uuid)" in batch for batch in batches)
    assert any("N'dbo.am_api_operation_policy_mapping.parameters_UTF8', N'parameters', N'COLUMN'" in b for b in batches)
    assert any(
        batch == "CREATE INDEX IDX_GW_REV_DEPLOY_STATUS ON dbo.AM_GW_REVISION_DEPLOYMENT (STATUS, ACTION)"
        for batch in batches
    )


def test_a_new_column_takes_the_collation_of_what_it_points_to() -> None:
    """As in a database whose own collation was changed after its tables were made."""
    live = online(expected("4.2.0"), collation="Latin1_General_100_CI_AS")
    create = next(b for b in planned(live, "apim", "4.2.0", "4.3.0") if "CREATE TABLE AM_API_POLICY_MAPPING" in b)
    assert "API_UUID VARCHAR(256) COLLATE SQL_Latin1_General_CP1_CI_AS NOT NULL" in create
    assert "DIRECTION VARCHAR(10) NOT NULL" in create


def test_a_table_that_is_there_gets_what_it_lacks() -> None:
    change = the(changes.CreateTable, "4.6.0", "AM_GW_REVISION_DEPLOYMENT")
    assert isinstance(change, changes.CreateTable)
    bare = replace(change.definition, indexes=())
    index = ["CREATE INDEX IDX_GW_REV_DEPLOY_STATUS ON AM_GW_REVISION_DEPLOYMENT (STATUS, ACTION)"]
    assert statements(change, expected("4.5.0").with_table(bare)) == index
    other = bare.with_column(Column("STATUS", "INTEGER"))
    with pytest.raises(Conflict, match="is another one"):
        statements(change, expected("4.5.0").with_table(other))


def test_an_index_of_the_same_name_over_other_columns_is_a_conflict() -> None:
    change, before = the(changes.CreateIndex, "4.4.0", "IDN_INVALID_TOKENS"), expected("4.3.0")
    table = replace(before.tables["IDN_INVALID_TOKENS"], indexes=(Index("IDX_IAT_TI_CK", ("UUID",)),))
    with pytest.raises(Conflict, match="has an index of this name"):
        statements(change, before.with_table(table))


def test_a_missing_table_is_a_conflict() -> None:
    with pytest.raises(Conflict, match="there is no table AM_API_ENDPOINTS"):
        statements(
            changes.AlterColumn(ENDPOINTS, "ENDPOINT_UUID", "VARCHAR(100)", narrows="VARCHAR(256)"), expected("4.2.0")
        )


def test_names_are_in_brackets_only_where_they_must_be() -> None:
    names = DIALECT.names
    assert [names.sql(n) for n in ("AM_API", "KEY", "USER", "my table", "a]b", "1A")] == [
        "AM_API", "[KEY]", "[USER]", "[my table]", "[a]]b]", "[1A]",
    ]  # fmt: skip
    assert names.qualified("AM_API", "my schema") == "[my schema].AM_API"
