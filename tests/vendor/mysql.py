"""MySQL and MariaDB as the vendor's script makes them, and as customers narrow it for utf8mb4."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from typing import Any

from tests.vendor.common import Catalog, columns, create_table, tables_in_order

KEY_BYTES = 3072
"""The longest key of InnoDB's DYNAMIC rows (https://dev.mysql.com/doc/refman/8.0/en/innodb-limits.html)."""

CHARACTER_BYTES = 4
"""What utf8mb4 reserves in a key for one character."""


def quote(name: str) -> str:
    """The name in backticks; the prefix length of a key's column, RESOURCE_ID(64), stays outside."""
    column, bracket, length = name.partition("(")
    return f"`{column}`{bracket}{length}"


def script(catalog: Catalog) -> list[str]:
    """The statements that make the schema of a catalog, in the connection's database."""
    return [statement for made in tables_in_order(catalog) for statement in table(*made)]


def table(name: str, facts: dict[str, Any]) -> list[str]:
    """The statements that make one table, with its indexes."""
    definitions = [column(*named) for named in facts["columns"].items()]
    made = create_table(name, definitions, facts, quote) + " ENGINE INNODB"
    return [made, *(_index(name, index) for index in facts.get("indexes", ()))]


def column(name: str, facts: dict[str, Any]) -> str:
    words = [quote(name), facts["type"]]
    if "charset" in facts:
        words.append(f"CHARACTER SET {facts['charset']} COLLATE {facts['collation']}")
    # NULL in words: without it, servers before 8.0 make a TIMESTAMP NOT NULL
    words.append("NULL" if facts["nullable"] else "NOT NULL")
    if "default" in facts:
        words.append(f"DEFAULT {facts['default']}")
    if "on_update" in facts:
        words.append(f"ON UPDATE {facts['on_update']}")
    if facts.get("autoincrement"):
        words.append("AUTO_INCREMENT")
    return " ".join(words)


def _index(table: str, index: dict[str, Any]) -> str:
    unique = "UNIQUE " if index["unique"] else ""
    return f"CREATE {unique}INDEX {quote(index['name'])} ON {quote(table)} ({columns(index, quote)})"


def narrowed(catalog: Catalog) -> Catalog:
    """The catalog with the longest text columns of each over-long key halved until utf8mb4 takes the key.

    A column that foreign keys point to would have to be narrowed with them; no over-long key of a release has one.
    """
    catalog = copy.deepcopy(catalog)
    for table in catalog["tables"].values():
        for key in _keys(table):
            while sum(_bytes(table, column) for column in key) > KEY_BYTES:
                longest = table["columns"][max(key, key=lambda column: _bytes(table, column))]
                longest["type"] = f"VARCHAR({_length(longest) // 2})"
    return catalog


def _keys(table: dict[str, Any]) -> Iterator[list[str]]:
    if table["primary_key"]:
        yield table["primary_key"]["columns"]
    for key in [*table.get("unique", ()), *table.get("indexes", ())]:
        yield key["columns"]


def _bytes(table: dict[str, Any], column: str) -> int:
    """What a column takes in a key, at most; a prefix takes its own length."""
    name, _, prefix = column.rstrip(")").partition("(")
    facts = table["columns"][name]
    if "CHAR" not in facts["type"]:
        return 8 if facts["type"] == "BIGINT" else 4
    return (int(prefix) if prefix else _length(facts)) * (1 if facts.get("charset") == "latin1" else CHARACTER_BYTES)


def _length(facts: dict[str, Any]) -> int:
    found = re.search(r"\d+", facts["type"])
    if found is None:
        raise ValueError(f"no length in {facts['type']}")
    return int(found[0])
