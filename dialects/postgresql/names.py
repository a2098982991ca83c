"""Names, between the model (upper case, as the vendor writes them) and the server (which folds them to lower case).

A name that the server could not have folded, such as one with capitals, stands in the model as SQL would write it,
in double quotes: so it never meets a vendor's name. See
https://www.postgresql.org/docs/current/sql-syntax-lexical.html#SQL-SYNTAX-IDENTIFIERS.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import make_url

PREPARER = make_url("postgresql://").get_dialect()().identifier_preparer


def to_model(name: str) -> str:
    """The model's name of what the server calls `name`."""
    upper = name.upper()
    return upper if upper.lower() == name else _in_quotes(name)


def to_server(name: str) -> str:
    """The name in the server's catalogs of what the model calls `name`."""
    return name[1:-1].replace('""', '"') if name.startswith('"') else name.lower()


def sql(name: str) -> str:
    """A model's name as a statement writes it: in quotes only where SQL needs them."""
    quoted = identifier(to_server(name))
    return quoted if quoted.startswith('"') else name


def identifier(name: str) -> str:
    """The server's name of something as a statement writes it."""
    return name if PREPARER.quote(name) == name else _in_quotes(name)


def qualified(name: str, schema: str | None) -> str:
    """A model's name with its schema (the server's name of it), or alone where that is None."""
    return f"{identifier(schema)}.{sql(name)}" if schema else sql(name)


def _in_quotes(name: str) -> str:
    """The quoted form; SQLAlchemy's own would double percent signs, for drivers that take them for parameters."""
    return '"' + name.replace('"', '""') + '"'


def listed(names: Iterable[str]) -> str:
    return ", ".join(sql(name) for name in names)
