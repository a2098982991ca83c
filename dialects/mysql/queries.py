"""Queries of information_schema that a statement or a script asks by itself, where nobody could ask beforehand."""

from __future__ import annotations

from collections.abc import Iterable

from apim_schema import sqltext
from apim_schema.schema import ForeignKey, Key


def unique_name(table: str, key: Key, schema: str | None) -> str:
    """The query for the name that the server has given to a unique key over these columns."""
    return (
        f"SELECT s.index_name AS name FROM information_schema.statistics s WHERE {of_table(table, 's', schema)} "
        f"AND s.non_unique = 0 GROUP BY s.index_name HAVING {are_columns('s', 'seq_in_index', key.columns)}"
    )


def foreign_key_name(table: str, key: ForeignKey, schema: str | None) -> str:
    """The query for the name that the server has given to a foreign key with these columns and actions."""
    actions = f"{_action('delete_rule', key.on_delete)} AND {_action('update_rule', key.on_update)}"
    return (
        "SELECT k.constraint_name AS name FROM information_schema.key_column_usage k "
        "JOIN information_schema.referential_constraints r ON r.constraint_schema = k.constraint_schema "
        "AND r.table_name = k.table_name AND r.constraint_name = k.constraint_name "
        f"WHERE {of_table(table, 'k', schema)} AND k.referenced_table_name = {sqltext.quoted(key.ref_table)} "
        f"AND {actions} GROUP BY k.constraint_name HAVING {are_columns('k', 'ordinal_position', key.columns)}"
    )


def of_table(table: str, alias: str, schema: str | None) -> str:
    database = sqltext.quoted(schema) if schema else "DATABASE()"
    return f"{alias}.table_schema = {database} AND {alias}.table_name = {sqltext.quoted(table)}"


def are_columns(alias: str, order: str, columns: Iterable[str]) -> str:
    found = f"GROUP_CONCAT(UPPER({alias}.column_name) ORDER BY {alias}.{order})"
    return f"{found} = {sqltext.quoted(','.join(columns))}"


def _action(rule: str, action: str | None) -> str:
    """MariaDB shows RESTRICT where MySQL shows NO ACTION."""
    actions = (action,) if action else ("NO ACTION", "RESTRICT")
    return f"r.{rule} IN ({', '.join(map(sqltext.quoted, actions))})"
