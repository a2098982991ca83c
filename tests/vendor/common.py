"""What the install scripts of all dialects have in common: the order of the tables, keys and foreign keys."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

Catalog = dict[str, Any]
"""A reference catalog's JSON document."""

Quote = Callable[[str], str]


def tables_in_order(catalog: Catalog) -> list[tuple[str, dict[str, Any]]]:
    """The tables, each after all that its foreign keys point to."""
    done: dict[str, dict[str, Any]] = {}
    left = dict(catalog["tables"])
    while left:
        ready = [name for name, table in left.items() if _parents(name, table) <= done.keys()]
        done.update((name, left.pop(name)) for name in ready)
    return list(done.items())


def _parents(name: str, table: dict[str, Any]) -> set[str]:
    return {key["ref_table"] for key in table.get("foreign_keys", ())} - {name}


def constraints(table: dict[str, Any], quote: Quote) -> Iterator[str]:
    """The keys of a table as clauses of its CREATE TABLE, without a name where the vendor gives none."""
    if table["primary_key"]:
        yield _named(table["primary_key"], quote) + f"PRIMARY KEY ({columns(table['primary_key'], quote)})"
    for key in table.get("unique", ()):
        yield _named(key, quote) + f"UNIQUE ({columns(key, quote)})"
    for key in table.get("foreign_keys", ()):
        yield _named(key, quote) + foreign_key(key, quote)


def _named(key: dict[str, Any], quote: Quote) -> str:
    return f"CONSTRAINT {quote(key['name'])} " if key.get("name") else ""


def columns(key: dict[str, Any], quote: Quote) -> str:
    return ", ".join(quote(column) for column in key["columns"])


def foreign_key(key: dict[str, Any], quote: Quote) -> str:
    actions = [f" ON {event.upper()} {key['on_' + event]}" for event in ("delete", "update") if key.get("on_" + event)]
    target = f"{quote(key['ref_table'])} ({', '.join(quote(column) for column in key['ref_columns'])})"
    return f"FOREIGN KEY ({columns(key, quote)}) REFERENCES {target}{''.join(actions)}"


def create_table(name: str, definitions: list[str], table: dict[str, Any], quote: Quote) -> str:
    """CREATE TABLE with the column definitions and the keys."""
    return f"CREATE TABLE {quote(name)} (\n  " + ",\n  ".join([*definitions, *constraints(table, quote)]) + "\n)"
