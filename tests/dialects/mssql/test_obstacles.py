"""What is asked of the catalog before an upgrade: the queries run, over catalog views that hold what the manual says.

The views are tables of a PostgreSQL server, one for each view of the facts, and the functions are made there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib import import_module
from types import SimpleNamespace as Row
from typing import Any, cast

import pytest
import sqlalchemy as sa

from apim_schema import chain, changes, evidence, registry
from apim_schema.changes import Change
from apim_schema.dialect import Obstacle
from apim_schema.errors import NotProven
from apim_schema.progress import Silent
from apim_schema.schema import Column, Schema
from tests.dialects.mssql import facts, held
from tests.dialects.mssql.conftest import Accepted
from tests.dialects.mssql.recorded import Recorded
from tests.servers import Server, new_database

DIALECT = registry.load("mssql")
MODULE = import_module("apim_schema.dialects.mssql.obstacles")
LIVE = chain.expected("mssql", "apim", "4.5.0")
CONVERTED, NARROWED, WIDENED = "AM_API_POLICY_MAPPING", "AM_API_ENDPOINTS", "AM_SERVICE_CATALOG"
TABLES = (CONVERTED, NARROWED, WIDENED)

CONVERT = changes.TextToBinary(CONVERTED, "PARAMETERS", "VARBINARY(MAX)")
NARROW = changes.AlterColumn(NARROWED, "ENDPOINT_UUID", "VARCHAR(100)")
WIDEN = changes.AlterColumn(WIDENED, "MD5", "VARCHAR(900)")
REPLACE = changes.ReplacePrimaryKey(NARROWED, ("API_UUID", "ENDPOINT_UUID", "REVISION_UUID", "ORGANIZATION"))

NUMBERS = (
    "rows",
    "max_length",
    "precision",
    "scale",
    "fill_factor",
    "key_ordinal",
    "partition_ordinal",
    "encryption_type",
)
FUNCTIONS = """
CREATE COLLATION sys.database_default FROM "C";
CREATE FUNCTION sys.schema_id(text) RETURNS integer LANGUAGE sql AS $$ SELECT CASE WHEN $1 = 'dbo' THEN 1 END $$;
CREATE FUNCTION sys.charindex(text, text) RETURNS integer LANGUAGE sql AS $$ SELECT strpos($2, $1) $$;
CREATE FUNCTION sys.quotename(text) RETURNS text LANGUAGE sql AS $$ SELECT '[' || $1 || ']' $$;
CREATE FUNCTION sys.user_name(integer) RETURNS text LANGUAGE sql AS $$ SELECT 'user' || $1 $$;
CREATE FUNCTION sys.object_name(integer) RETURNS text LANGUAGE sql AS
    $$ SELECT name FROM sys.objects WHERE object_id = $1 $$;
CREATE FUNCTION sys.db_name() RETURNS text LANGUAGE sql AS $$ SELECT 'apim' $$;
CREATE FUNCTION sys.has_perms_by_name(text, text, text) RETURNS integer LANGUAGE sql AS
    $$ SELECT CASE WHEN strpos(current_setting('login.lacks', true), $3) > 0 THEN 0 ELSE 1 END $$;
CREATE OPERATOR sys.+ (LEFTARG = text, RIGHTARG = text, FUNCTION = textcat);
"""


class Catalog:
    """A connection to a server with these views; `facts` are what it says of itself and of the login."""

    def __init__(self, connection: sa.Connection) -> None:
        self.database, self.info = connection, dict[str, object]()
        self.facts: dict[str, int | None] = {
            "babelfish": None,
            "classifications": 1,
            "definitions": 1,
            "dependencies": 1,
        }
        self.asked: list[str] = []

    def exec_driver_sql(self, sql: str, **options: Any) -> Any:
        self.asked.append(held.hold(sql))
        if "SERVERPROPERTY" in sql or "AS dependencies" in sql:
            return [Row(**self.facts)]
        return self.database.exec_driver_sql(sql.replace("N'", "'"), **options)

    def add(self, view: str, **values: object) -> None:
        for name, value in values.items():
            legal = facts.VIEWS[view].columns[name]
            assert legal is None or str(value) in legal, f"sys.{view}.{name} is never {value!r}"
        listed = ", ".join(f":{name}" for name in values)
        self.database.execute(sa.text(f"INSERT INTO sys.{view} ({', '.join(values)}) VALUES ({listed})"), values)


def view(name: str) -> str:
    columns = ", ".join(f"{column} {_type(column, legal)}" for column, legal in facts.VIEWS[name].columns.items())
    return f"CREATE TABLE sys.{name} ({columns})"


def _type(column: str, legal: facts.Legal) -> str:
    number = column.endswith("_id") or column in NUMBERS or (legal and all(value.isdigit() for value in legal))
    return "integer" if number else "text"


@pytest.fixture(scope="module")
def database(postgresql: Server) -> Iterator[sa.Connection]:
    with new_database(postgresql) as url:
        engine = sa.create_engine(url, poolclass=sa.NullPool)
        with engine.connect() as connection:
            for statement in ("CREATE SCHEMA sys", "SET search_path TO sys, pg_catalog", *map(view, facts.VIEWS)):
                connection.exec_driver_sql(statement)
            for statement in FUNCTIONS.strip().split(";\n"):
                connection.exec_driver_sql(statement)
            tables(Catalog(connection))
            connection.commit()
            connection.exec_driver_sql("SET search_path TO sys, pg_catalog")
            yield connection


def tables(catalog: Catalog) -> None:
    """The tables that change, one of which another schema has as well, and their columns in the order of the model."""
    quiet = dict.fromkeys(("is_published", "is_merge_published", "is_replicated", "is_sync_tran_subscribed"), 0)
    quiet |= dict.fromkeys(("temporal_type", "is_tracked_by_cdc", "is_memory_optimized", "is_ms_shipped"), 0)
    for number, name in enumerate(TABLES, start=1):
        catalog.add("tables", object_id=number, name=name, schema_id=1, **quiet)
        for place, column in enumerate(LIVE.tables[name].columns, start=1):
            catalog.add(
                "columns", object_id=number, name=column, column_id=place, rule_object_id=0, default_object_id=0
            )
    catalog.add("tables", object_id=99, name=CONVERTED, schema_id=2, **(quiet | {"temporal_type": 2}))
    catalog.add("columns", object_id=99, name="PARAMETERS", column_id=1, rule_object_id=0, default_object_id=0)


@pytest.fixture
def catalog(database: sa.Connection) -> Iterator[Catalog]:
    with database.begin_nested() if database.in_transaction() else database.begin() as transaction:
        yield Catalog(database)
        transaction.rollback()


def number(table: str) -> int:
    return TABLES.index(table) + 1


def place(table: str, column: str) -> int:
    return list(LIVE.tables[table].columns).index(column) + 1


def find(catalog: Catalog, *wanted: Change, live: Schema = LIVE) -> list[str]:
    found = DIALECT.obstacles.find(cast(sa.Connection, catalog), "dbo", wanted, live)
    assert {obstacle.level for obstacle in found} <= {"block"}
    assert all(obstacle.way_out for obstacle in found)
    return [told(obstacle) for obstacle in found]


def told(obstacle: Obstacle) -> str:
    return f"{obstacle.table}: {obstacle.problem}" if obstacle.table else obstacle.problem


Add = Callable[[Catalog, int, int], None]
"""Puts an object on a column into the catalog: the table's and the column's numbers."""


def statistics(catalog: Catalog, table: int, column: int) -> None:
    catalog.add("stats", object_id=table, stats_id=7, name="_dta_stat_1", user_created=1, auto_created=0)
    catalog.add("stats_columns", object_id=table, stats_id=7, stats_column_id=1, column_id=column)
    catalog.add("stats", object_id=table, stats_id=8, name="_WA_Sys_1", user_created=0, auto_created=1)
    catalog.add("stats_columns", object_id=table, stats_id=8, stats_column_id=1, column_id=column)


def computed(catalog: Catalog, table: int, column: int) -> None:
    catalog.add(
        "computed_columns", object_id=table, name="LENGTH", column_id=90, definition=f"(len([{_name(table, column)}]))"
    )


def check(catalog: Catalog, table: int, column: int) -> None:
    definition = f"([{_name(table, column)}]<>'forbidden')"
    catalog.add("check_constraints", object_id=50, name="CK", parent_object_id=table, definition=definition)


def filtered(catalog: Catalog, table: int, column: int) -> None:
    catalog.add(
        "indexes", object_id=table, index_id=5, name="PART", type=2, filter_definition=f"([{_name(table, column)}]='x')"
    )


def index(catalog: Catalog, table: int, column: int, **about: object) -> None:
    catalog.add(
        "indexes", **({"object_id": table, "index_id": 4, "name": "WIDE", "type": 2, "data_space_id": 1} | about)
    )
    catalog.add("index_columns", object_id=table, index_id=4, index_column_id=2, column_id=column, is_included_column=1)


def foreign_key(catalog: Catalog, table: int, column: int) -> None:
    catalog.add("foreign_keys", object_id=60, name="FK", parent_object_id=77, referenced_object_id=table)
    catalog.add(
        "foreign_key_columns",
        constraint_object_id=60, parent_object_id=77, parent_column_id=1,
        referenced_object_id=table, referenced_column_id=column,
    )  # fmt: skip


def bound_view(catalog: Catalog, table: int, column: int) -> None:
    catalog.add("objects", object_id=70, name="BOUND", type="V", parent_object_id=0)
    catalog.add(
        "sql_expression_dependencies",
        referencing_id=70, referenced_id=table, referenced_minor_id=column, is_schema_bound_reference=1,
    )  # fmt: skip


def module(catalog: Catalog, table: int, column: int) -> None:
    """Two that read the table, one of them the column; one with an encrypted text; one resolved when it runs."""
    texts = {
        71: f"select {_name(table, column).lower()} from t",
        72: "select count(*) from t",
        73: None,
        75: "select * from t",
    }
    for reader, text in texts.items():
        catalog.add("objects", object_id=reader, name=f"READER_{reader}", type="V", parent_object_id=0)
        catalog.add("sql_modules", object_id=reader, definition=text)
        catalog.add(
            "sql_expression_dependencies", referencing_id=reader, referenced_id=table, is_schema_bound_reference=0
        )
    catalog.add("objects", object_id=74, name="READER_74", type="P", parent_object_id=0)
    catalog.add(
        "sql_expression_dependencies",
        referencing_id=74, referenced_entity_name=TABLES[table - 1], is_schema_bound_reference=0,
    )  # fmt: skip
    catalog.add("objects", object_id=76, name="ELSEWHERE", type="P", parent_object_id=0)
    catalog.add(
        "sql_expression_dependencies",
        referencing_id=76, referenced_entity_name=TABLES[table - 1], referenced_database_name="archive",
        is_schema_bound_reference=0,
    )  # fmt: skip


def trigger(catalog: Catalog, table: int, column: int) -> None:
    catalog.add("triggers", object_id=80, name="AUDIT", parent_id=table, is_disabled=0)
    catalog.add("triggers", object_id=81, name="ASLEEP", parent_id=table, is_disabled=1)


def rule(catalog: Catalog, table: int, column: int) -> None:
    catalog.add("objects", object_id=82, name="A_RULE", type="R", parent_object_id=0)
    _set(catalog, table, column, rule_object_id=82)


def default_object(catalog: Catalog, table: int, column: int) -> None:
    catalog.add("objects", object_id=83, name="A_DEFAULT", type="D", parent_object_id=0)
    _set(catalog, table, column, default_object_id=83)


def default_constraint(catalog: Catalog, table: int, column: int) -> None:
    catalog.add("objects", object_id=84, name="DF", type="D", parent_object_id=table)
    _set(catalog, table, column, default_object_id=84)


def encrypted(catalog: Catalog, table: int, column: int) -> None:
    _set(catalog, table, column, encryption_type=1)


def mask(catalog: Catalog, table: int, column: int) -> None:
    catalog.add(
        "masked_columns",
        object_id=table, name=_name(table, column), column_id=column, masking_function="default()", is_masked=1,
    )  # fmt: skip


def permission(catalog: Catalog, table: int, column: int) -> None:
    on = {"class": 1, "major_id": table, "minor_id": column}
    catalog.add("database_permissions", grantee_principal_id=5, permission_name="SELECT", state_desc="DENY", **on)
    catalog.add(
        "database_permissions",
        grantee_principal_id=6,
        permission_name="SELECT",
        state_desc="GRANT",
        **(on | {"minor_id": 0}),
    )


def extended_property(catalog: Catalog, table: int, column: int) -> None:
    catalog.add("extended_properties", major_id=table, minor_id=column, name="MS_Description", **{"class": 1})


def label(catalog: Catalog, table: int, column: int) -> None:
    catalog.add("sensitivity_classifications", major_id=table, minor_id=column, label="Secret", **{"class": 1})


def full_text(catalog: Catalog, table: int, column: int) -> None:
    catalog.add("fulltext_index_columns", object_id=table, column_id=column)


def policy(catalog: Catalog, table: int, column: int) -> None:
    catalog.add("security_policies", object_id=85, name="ROWS", schema_id=1, is_enabled=1)
    catalog.add(
        "security_predicates", object_id=85, target_object_id=table, predicate_type=1, predicate_type_desc="BLOCK"
    )
    catalog.add("security_policies", object_id=86, name="OFF", schema_id=1, is_enabled=0)
    catalog.add(
        "security_predicates", object_id=86, target_object_id=table, predicate_type=0, predicate_type_desc="FILTER"
    )


def _name(table: int, column: int) -> str:
    return list(LIVE.tables[TABLES[table - 1]].columns)[column - 1]


def _set(catalog: Catalog, table: int, column: int, **values: int) -> None:
    [(name, value)] = values.items()
    sql = f"UPDATE sys.columns SET {name} = {value} WHERE object_id = {table} AND column_id = {column}"
    catalog.database.exec_driver_sql(sql)


ALTERED = {
    computed: "the computed column LENGTH is made of {0}",
    bound_view: "BOUND is bound to {0} (WITH SCHEMABINDING)",
    foreign_key: "the foreign key FK holds {0} to the type it has",
    rule: "the rule A_RULE is bound to {0}",
    default_object: "the default object A_DEFAULT is bound to {0}",
    encrypted: "{0} is encrypted by the client (Always Encrypted): the server can't convert it",
    mask: "{0} has a mask, default(), which the change would not keep",
    policy: "the security policy ROWS may forbid to write its rows",
}
SHORTER = {
    statistics: "the statistics _dta_stat_1 are of {0}",
    check: "the check CK is about {0}",
    filtered: "the filter of the index PART is about {0}",
}
REPLACED = {
    index: "the index or key WIDE is over {0}, which becomes bytes",
    trigger: "the trigger AUDIT fires when {0} is converted, and may take its bytes for text afterwards",
    permission: "the permission on {0} would be lost: DENY SELECT TO user5",
    extended_property: "the extended property MS_Description of {0} would be lost",
    label: "the sensitivity classification Secret of {0} would be lost",
    full_text: "a full-text index is over {0}, which becomes bytes",
}
CASES = [
    *((CONVERT, CONVERTED, "PARAMETERS", add, said) for add, said in (ALTERED | SHORTER | REPLACED).items()),
    *(
        (NARROW, NARROWED, "ENDPOINT_UUID", add, said)
        for add, said in (ALTERED | SHORTER).items()
        if add is not foreign_key
    ),
    *((WIDEN, WIDENED, "MD5", add, said) for add, said in ALTERED.items()),
]


def test_nothing_is_in_the_way_of_what_the_vendor_made(catalog: Catalog) -> None:
    """Nor are things of the same kinds on a table of the same name in another schema, or on other columns."""
    for add in (*ALTERED, *SHORTER, *REPLACED, default_constraint):
        if add not in (policy, trigger):  # these are of a whole table
            add(catalog, number(CONVERTED), 1)
    assert find(catalog, CONVERT, NARROW, WIDEN, REPLACE) == []


@pytest.mark.parametrize(("change", "table", "column", "add", "said"), CASES)
def test_what_stands_on_a_column_is_named(
    catalog: Catalog, change: Change, table: str, column: str, add: Add, said: str
) -> None:
    add(catalog, number(table), place(table, column))
    assert find(catalog, change) == [f"{table}: {said.format(column)}"]


@pytest.mark.parametrize("add", [*SHORTER, *REPLACED, default_constraint])
def test_what_does_not_mind_a_wider_column_is_left_alone(catalog: Catalog, add: Add) -> None:
    add(catalog, number(WIDENED), place(WIDENED, "MD5"))
    assert find(catalog, WIDEN) == []


def test_a_default_of_the_column_goes_and_comes_back(catalog: Catalog) -> None:
    default_constraint(catalog, number(CONVERTED), place(CONVERTED, "PARAMETERS"))
    assert find(catalog, CONVERT) == []


def test_who_reads_the_text_is_named(catalog: Catalog) -> None:
    module(catalog, number(CONVERTED), place(CONVERTED, "PARAMETERS"))
    assert find(catalog, CONVERT) == [
        f"{CONVERTED}: {name} reads PARAMETERS as text, which becomes bytes"
        for name in ("READER_71", "READER_73", "READER_74", "READER_75")
    ]


@pytest.mark.parametrize(
    ("fact", "said"),
    [
        ("temporal_type", "is a temporal table or its history"),
        ("is_tracked_by_cdc", "is read by change data capture, which knows its columns as they are"),
        ("is_published", "is an article of a replication"),
        ("is_merge_published", "is an article of a replication"),
        ("is_memory_optimized", "is a memory-optimized table, which can't be altered in a transaction with others"),
    ],
)
def test_a_table_that_others_follow_is_named(catalog: Catalog, fact: str, said: str) -> None:
    catalog.database.exec_driver_sql(f"UPDATE sys.tables SET {fact} = 1 WHERE schema_id = 1")
    assert find(catalog, CONVERT, WIDEN) == [f"{CONVERTED}: {said}", f"{WIDENED}: {said}"]
    assert find(catalog, REPLACE, NARROW) == [f"{NARROWED}: {said}"]


def test_what_leans_on_a_key_that_is_replaced_is_named(catalog: Catalog) -> None:
    table, column = number(NARROWED), place(NARROWED, "ENDPOINT_NAME")
    foreign_key(catalog, table, column)
    index(catalog, table, column, name="PK", is_primary_key=1, data_space_id=2)
    catalog.add("data_spaces", data_space_id=1, name="PRIMARY", type="FG")
    catalog.add("data_spaces", data_space_id=2, name="BY_YEAR", type="PS")
    catalog.add("fulltext_indexes", object_id=table, unique_index_id=4)
    catalog.add("change_tracking_tables", object_id=table)
    catalog.add("indexes", object_id=table, index_id=9, name="XML", type=3)
    assert find(catalog, REPLACE) == [
        f"{NARROWED}: {said}"
        for said in (
            "the foreign key FK points to the key with ENDPOINT_NAME, which is replaced",
            "the index or key PK is partitioned, and would not be so any more",
            "a full-text index leans on the key PK, which is replaced",
            "change tracking leans on its primary key, which is replaced",
            "the XML or spatial index XML leans on its primary key, which is replaced",
        )
    ]


def test_a_column_that_the_upgrade_makes_first_is_not_asked_about(catalog: Catalog) -> None:
    assert find(catalog, changes.AlterColumn(WIDENED, "STILL_TO_COME", "VARCHAR(9)")) == []


def test_a_trigger_that_fires_when_a_new_column_is_filled_is_named(catalog: Catalog) -> None:
    trigger(catalog, number(WIDENED), 1)
    new = changes.AddColumn(WIDENED, Column("X", "INTEGER", nullable=False), fill="0")
    assert find(catalog, new) == [f"{WIDENED}: the trigger AUDIT fires when a new column is filled"]
    assert find(catalog, replace(new, column=Column("X", "INTEGER"), fill=None)) == []


def test_rows_and_values_that_are_hidden_are_named(catalog: Catalog) -> None:
    """A mask where the login may not look behind it, a filter for everybody; in the tables of this schema."""
    mask(catalog, number(CONVERTED), 1)
    policy(catalog, number(CONVERTED), 1)
    catalog.database.exec_driver_sql("UPDATE sys.security_policies SET is_enabled = 1")
    hides = f"{CONVERTED}: the security policy OFF hides rows of it"
    name = _name(number(CONVERTED), 1)
    assert find(catalog) == [hides]
    without_unmask(catalog)
    assert find(catalog) == [f"{CONVERTED}: {name} is masked for this login", hides]


def lacks(catalog: Catalog, *permissions: str) -> None:
    catalog.database.exec_driver_sql(f"SET LOCAL login.lacks = '{', '.join(permissions)}'")


def without_unmask(catalog: Catalog) -> None:
    lacks(catalog, "UNMASK")


SILENT = [mask, trigger, permission, extended_property, module]


@pytest.mark.parametrize("add", SILENT)
def test_a_script_asks_for_what_would_be_lost_in_silence(catalog: Catalog, add: Add) -> None:
    """In the words of the upgrade's own refusal."""
    add(catalog, number(CONVERTED), place(CONVERTED, "PARAMETERS"))
    assert said(catalog, CONVERT, NARROW, WIDEN, REPLACE) == found(catalog, CONVERT) != []


def test_a_script_asks_for_temporal_tables_and_hidden_rows(catalog: Catalog) -> None:
    catalog.database.exec_driver_sql(f"UPDATE sys.tables SET temporal_type = 2 WHERE name = '{WIDENED}'")
    catalog.add("security_policies", object_id=86, name="ROWS", schema_id=1, is_enabled=1)
    target = {"target_object_id": number(NARROWED), "predicate_type": 0, "predicate_type_desc": "FILTER"}
    catalog.add("security_predicates", object_id=86, **target)
    without_unmask(catalog)
    mask(catalog, number(NARROWED), place(NARROWED, "ORGANIZATION"))
    assert sorted(said(catalog, CONVERT, WIDEN)) == sorted(found(catalog, CONVERT, WIDEN))
    assert len(said(catalog, CONVERT, WIDEN)) == 3


LAYOUTS = [{"fill_factor": 80}, {"ignore_dup_key": 1}, {"type": 2}, {"data_space_id": 2}, {"allow_page_locks": 0}]
USUAL = {
    "type": 1,
    "is_primary_key": 1,
    "fill_factor": 0,
    "is_padded": 0,
    "ignore_dup_key": 0,
    "allow_row_locks": 1,
    "allow_page_locks": 1,
    "data_space_id": 1,
}


def said_of_key(catalog: Catalog, table: str, layout: dict[str, int]) -> list[str]:
    first = next(iter(LIVE.tables[table].columns))
    index(catalog, number(table), place(table, first), **(USUAL | layout))
    catalog.add("partitions", object_id=number(table), index_id=4, data_compression_desc="NONE")
    for space, name in ((1, "PRIMARY"), (2, "SECOND")):
        catalog.add("data_spaces", data_space_id=space, name=name, type="FG", is_default=int(space == 1))
    return said(catalog, REPLACE)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_script_does_not_keep_the_options_of_a_key_and_says_so(catalog: Catalog, layout: dict[str, int]) -> None:
    told = "the key WIDE has options, which a script does not keep; use apim-schema upgrade, which keeps them"
    assert said_of_key(catalog, NARROWED, layout) == [f"{NARROWED}: {told}"]


@pytest.mark.parametrize(("table", "layout"), [(NARROWED, {}), (NARROWED, {"fill_factor": 100}), (WIDENED, LAYOUTS[0])])
def test_the_key_of_the_vendor_or_of_another_table_is_left_alone(
    catalog: Catalog, table: str, layout: dict[str, int]
) -> None:
    assert said_of_key(catalog, table, layout) == []


def said(catalog: Catalog, *wanted: Change) -> list[str]:
    """What the batch of a script says, which asks everything in one query."""
    silent = MODULE.silent(wanted, LIVE)
    query = import_module("apim_schema.dialects.mssql.dependents").answers(silent, "dbo")
    return [text for (text,) in catalog.exec_driver_sql(query)]


def found(catalog: Catalog, *wanted: Change) -> list[str]:
    obstacles = DIALECT.obstacles.find(cast(sa.Connection, catalog), "dbo", wanted, LIVE)
    return [f"{told(obstacle)}; {obstacle.way_out}" for obstacle in obstacles]


def test_what_may_not_be_asked_is_an_obstacle(catalog: Catalog) -> None:
    catalog.facts |= {"definitions": 0}
    [said] = find(catalog, WIDEN)
    assert said.startswith("this login may not read sys.sql_expression_dependencies: what leans on the columns")
    lacks(catalog, "VIEW DEFINITION")
    assert find(catalog) == []
    lacks(catalog, "VIEW DEFINITION", "ALTER ANY SECURITY POLICY")
    assert find(catalog) == ["apim: this login may not see whether a security policy hides rows from it"]


def test_babelfish_is_asked_for_nothing_that_it_does_not_know(catalog: Catalog) -> None:
    catalog.facts |= {"babelfish": 1, "definitions": None}
    assert find(catalog, CONVERT, live=replace(LIVE, options={"babelfish": "yes"})) == []
    assert MODULE.hidden(catalog, "dbo") == []
    assert [sql for sql in catalog.asked if "FROM sys." in sql] == []


def test_no_rows_are_hashed_that_are_hidden(catalog: Catalog) -> None:
    without_unmask(catalog)
    mask(catalog, number(CONVERTED), place(CONVERTED, "PARAMETERS"))
    with pytest.raises(NotProven, match=f"{CONVERTED}: PARAMETERS is masked for this login; GRANT UNMASK"):
        DIALECT.digest.buckets(cast(sa.Connection, catalog), "dbo", LIVE.tables[CONVERTED], [])


def test_it_is_asked_once_a_connection() -> None:
    recorded = Recorded(LIVE)
    evidence.collect(DIALECT, recorded.connection, "dbo", LIVE, Silent(), "rows")
    assert sum("sys.security_predicates" in sql for sql in recorded.asked) == 1


def test_a_server_without_classifications_is_not_asked_for_them(catalog: Catalog) -> None:
    catalog.facts["classifications"] = None
    find(catalog, CONVERT)
    assert not any("FROM sys.sensitivity" in sql or "JOIN sys.sensitivity" in sql for sql in catalog.asked)


def test_queries_are_accepted(catalog: Catalog, accepted: Accepted) -> None:
    find(catalog, CONVERT, NARROW, WIDEN, REPLACE)
    accepted(catalog.asked)
    assert len(catalog.asked) > 25
