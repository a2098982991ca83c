"""What foreign keys do ON DELETE and ON UPDATE, whatever the login may see.

MariaDB shows `referential_constraints` only to who has a privilege beyond SELECT on the table, and says nothing of what
it leaves out (https://mariadb.com/kb/en/information-schema-referential_constraints-table/). SHOW CREATE TABLE needs no
more than SELECT.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from sqlalchemy import Connection, text

Keys = Iterable[tuple[str, str]]
"""Foreign keys by their table's and their own name, as the server spells them."""
Actions = dict[tuple[str, str], tuple[str | None, str | None]]
"""ON DELETE and ON UPDATE of each; None where a definition does not say one."""

SHOWN = """
SELECT table_name AS table_name, constraint_name AS name, delete_rule AS on_delete, update_rule AS on_update
FROM information_schema.referential_constraints WHERE constraint_schema = :schema"""

NAME = r"`(?:[^`]|``)+`"
COLUMNS = rf"\({NAME}(?:, {NAME})*\)"
ACTION = r"CASCADE|SET NULL|SET DEFAULT|RESTRICT|NO ACTION"
# MariaDB does not double the quotes inside of a constraint's own name
DEFINED = re.compile(
    rf"^ *CONSTRAINT `(?P<name>.+?)` FOREIGN KEY {COLUMNS} REFERENCES {NAME}(?:\.{NAME})? {COLUMNS}"
    rf"(?: ON DELETE (?P<on_delete>{ACTION}))?(?: ON UPDATE (?P<on_update>{ACTION}))?,?$",
    re.MULTILINE,
)


def of(connection: Connection, schema: str, keys: Keys) -> Actions:
    """The actions of these foreign keys of one database."""
    rows = connection.execute(text(SHOWN), {"schema": schema})
    found: Actions = {(row.table_name, row.name): (row.on_delete, row.on_update) for row in rows}
    for table in sorted({table for table, name in keys if (table, name) not in found}):
        found |= {(table, name): actions for name, actions in _defined(connection, schema, table)}
    return found


def _defined(connection: Connection, schema: str, table: str) -> Iterator[tuple[str, tuple[str | None, str | None]]]:
    sql = f"SHOW CREATE TABLE {_quoted(schema)}.{_quoted(table)}"
    definition = connection.exec_driver_sql(sql, execution_options={"no_parameters": True}).one()[1]
    for key in DEFINED.finditer(definition):
        yield key["name"], (key["on_delete"], key["on_update"])


def _quoted(name: str) -> str:
    return f"`{name.replace('`', '``')}`"
