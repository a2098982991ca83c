"""Objects that may stand on a column, as the catalog of a server holds them: each function puts one there.

The arguments are the catalog, and the numbers of the table and of the column.
"""

from __future__ import annotations

from collections.abc import Callable

from tests.dialects.mssql.catalog import TABLES, Catalog, name

Add = Callable[[Catalog, int, int], None]
"""Puts an object on a column into the catalog: the table's and the column's numbers."""


def statistics(catalog: Catalog, table: int, column: int) -> None:
    catalog.add("stats", object_id=table, stats_id=7, name="_dta_stat_1", user_created=1, auto_created=0)
    catalog.add("stats_columns", object_id=table, stats_id=7, stats_column_id=1, column_id=column)
    catalog.add("stats", object_id=table, stats_id=8, name="_WA_Sys_1", user_created=0, auto_created=1)
    catalog.add("stats_columns", object_id=table, stats_id=8, stats_column_id=1, column_id=column)


def computed(catalog: Catalog, table: int, column: int) -> None:
    catalog.add(
        "computed_columns", object_id=table, name="LENGTH", column_id=90, definition=f"(len([{name(table, column)}]))"
    )


def check(catalog: Catalog, table: int, column: int) -> None:
    definition = f"([{name(table, column)}]<>'forbidden')"
    catalog.add("check_constraints", object_id=50, name="CK", parent_object_id=table, definition=definition)


def filtered(catalog: Catalog, table: int, column: int) -> None:
    catalog.add(
        "indexes", object_id=table, index_id=5, name="PART", type=2, filter_definition=f"([{name(table, column)}]='x')"
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
        71: f"select {name(table, column).lower()} from t",
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
        object_id=table, name=name(table, column), column_id=column, masking_function="default()", is_masked=1,
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


def _set(catalog: Catalog, table: int, column: int, **values: int) -> None:
    [(name, value)] = values.items()
    sql = f"UPDATE sys.columns SET {name} = {value} WHERE object_id = {table} AND column_id = {column}"
    catalog.database.exec_driver_sql(sql)
