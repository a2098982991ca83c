"""Names, between the model and SQL.

Columns, keys and triggers have no case on these servers: the model has them in upper case, as the vendor writes
them. Tables have one where `lower_case_table_names` is 0: there the model has them as they are, which is upper
case for the vendor's, and in upper case elsewhere. So every name of the model is good for SQL. See
https://dev.mysql.com/doc/refman/8.4/en/identifier-case-sensitivity.html.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from apim_schema import sqltext
from apim_schema.schema import ForeignKey, Key

PREFIXED = re.compile(r"(\w+)\((\d+)\)")
"""A part of a key that is the beginning of a column: `ATTR_NAME(500)`."""


def sql(name: str) -> str:
    """A name as a statement writes it: always quoted, since every version has reserved words of its own."""
    return f"`{name.replace('`', '``')}`"


def qualified(name: str, schema: str | None) -> str:
    """A table's name with its schema, or alone where that is None."""
    return f"{sql(schema)}.{sql(name)}" if schema else sql(name)


def column_of(part: str) -> str:
    """The column of a part of a key: `ATTR_NAME` for `ATTR_NAME(500)`."""
    found = PREFIXED.fullmatch(part)
    return found[1] if found else part


def key_part(part: str) -> str:
    """A part of a key as SQL: a column, the beginning of one, or an expression in its parentheses."""
    if found := PREFIXED.fullmatch(part):
        return f"{sql(found[1])}({found[2]})"
    return part if part.startswith("(") else sql(part)


def listed(parts: Iterable[str]) -> str:
    return ", ".join(key_part(part) for part in parts)


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
