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

PREFIXED = re.compile(r"(\w+)\((\d+)\)")
"""A part of a key that is the beginning of a column: `ATTR_NAME(500)`."""


def to_model(name: str) -> str:
    """The model's name of what has no case; in upper case only where the server takes that for the same name.

    Of letters outside of ASCII it does not know each other's: `ß` is no `SS` to it.
    """
    return name.upper() if name.isascii() else name


def sql(name: str) -> str:
    """A name as a statement writes it: always quoted, since every version has reserved words of its own."""
    return f"`{name.replace('`', '``')}`"


def qualified(name: str, schema: str | None) -> str:
    """A table's name with its schema, or alone where that is None."""
    return f"{sql(schema)}.{sql(name)}" if schema else sql(name)


def file(name: str) -> str:
    """A name of ASCII as InnoDB has it: https://dev.mysql.com/doc/refman/8.4/en/identifier-mapping.html."""
    return re.sub(r"\W", lambda found: f"@{ord(found[0]):04x}", name, flags=re.ASCII)


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


def literal(text: str) -> str:
    """A text as SQL, in which a backslash begins an escape."""
    return sqltext.quoted(text.replace("\\", "\\\\"))
