"""The SQL of alterations on MySQL and MariaDB."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, text

from tests.vendor import mysql
from tests.vendor.common import Catalog

quote = mysql.quote
create_table = mysql.table

NUMBERS = {"TINYINT": "SMALLINT", "SMALLINT": "INTEGER", "INTEGER": "BIGINT", "INT": "BIGINT", "INT(11)": "BIGINT"}
NUMBERS |= {"BLOB": "MEDIUMBLOB", "MEDIUMBLOB": "LONGBLOB", "TIMESTAMP": "TIMESTAMP(6)"}
LONG_TEXT = "MEDIUMTEXT"
FROM_TEXT = "CHAR(200)"
TEXTLESS = "VARCHAR(64)"

KEY_NAME = """
SELECT c.constraint_name FROM information_schema.table_constraints c
JOIN information_schema.key_column_usage u
  ON u.constraint_schema = c.constraint_schema AND u.constraint_name = c.constraint_name AND u.table_name = c.table_name
WHERE c.constraint_schema = DATABASE() AND c.table_name = :table AND c.constraint_type = :kind
GROUP BY c.constraint_name HAVING GROUP_CONCAT(u.column_name ORDER BY u.ordinal_position) = :columns"""

DETAILS = {
    "comment": "SELECT UPPER(table_name), UPPER(column_name), column_comment FROM information_schema.columns "
    "WHERE table_schema = DATABASE() AND column_comment <> ''",
    "table comment": "SELECT UPPER(table_name), '', table_comment FROM information_schema.tables "
    "WHERE table_schema = DATABASE() AND table_comment NOT IN ('', 'VIEW')",
    "view": "SELECT UPPER(table_name), '', REPLACE(view_definition, CONCAT('`', DATABASE(), '`.'), '') "
    "FROM information_schema.views WHERE table_schema = DATABASE()",
    "check": "SELECT UPPER(t.table_name), UPPER(c.constraint_name), "
    # MySQL says anew with every ALTER TABLE which character set a literal is compared in
    "REGEXP_REPLACE(c.check_clause, '_(latin1|utf8mb4)(?=.?'')', '') "
    "FROM information_schema.check_constraints c JOIN information_schema.table_constraints t "
    "ON t.constraint_schema = c.constraint_schema AND t.constraint_name = c.constraint_name "
    "WHERE c.constraint_schema = DATABASE()",
    "row format": "SELECT UPPER(table_name), '', row_format FROM information_schema.tables "
    "WHERE table_schema = DATABASE() AND row_format <> 'Dynamic'",
}
"""What else of a table must stay: (table, column or nothing, what) of each kind."""


def column(name: str, facts: Mapping[str, Any]) -> str:
    """A column's whole definition."""
    comment = facts.get("comment")
    return mysql.column(name, dict(facts)) + (f" COMMENT '{comment}'" if comment else "")


def altered(table: str, name: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    return [f"ALTER TABLE {quote(table)} MODIFY {column(name, after)}"]


def commented(table: str, name: str, facts: Mapping[str, Any], comment: str) -> list[str]:
    return altered(table, name, facts, {**facts, "comment": comment})


def table_commented(table: str, comment: str) -> list[str]:
    return [f"ALTER TABLE {quote(table)} COMMENT '{comment}'"]


def drop_index(table: str, index: str) -> str:
    return f"ALTER TABLE {quote(table)} DROP INDEX {quote(index)}"


def rebuilt_index(table: str, index: str, columns: list[str]) -> list[str]:
    listed = ", ".join(map(quote, columns))
    return [f"ALTER TABLE {quote(table)} DROP INDEX {quote(index)}, ADD INDEX {quote(index)} ({listed})"]


def key_name(connection: Connection, table: str, kind: str, columns: list[str]) -> str | None:
    """The name of the PRIMARY KEY, UNIQUE or FOREIGN KEY over these columns."""
    wanted = {"table": table, "kind": kind, "columns": ",".join(column.partition("(")[0] for column in columns)}
    return connection.execute(text(KEY_NAME), wanted).scalar()


def drop_key(kind: str, name: str) -> str:
    return {
        "PRIMARY KEY": "DROP PRIMARY KEY",
        "UNIQUE": f"DROP INDEX {quote(name)}",
        "FOREIGN KEY": f"DROP FOREIGN KEY {quote(name)}",
    }[kind]


def without_numbers(table: str, name: str, facts: Mapping[str, Any]) -> list[str]:
    return altered(table, name, facts, {key: value for key, value in facts.items() if key != "autoincrement"})


def sequences_of(document: Catalog, table: Mapping[str, Any]) -> list[str]:
    """The sequences that the columns of a table draw from: there are none here."""
    return []


def create_sequence(name: str, options: str) -> str:
    raise NotImplementedError(name)
