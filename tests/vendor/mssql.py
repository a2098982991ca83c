"""SQL Server as the vendor's script makes it: IDENTITY, defaults without a name, INSTEAD OF triggers."""

from __future__ import annotations

import re
from typing import Any

from tests.vendor.common import Catalog, columns, create_table, tables_in_order

OBJECT = re.compile(r"\b(TABLE|TRIGGER|REFERENCES|ON|FROM) (?=\[)")
"""Before the name of a table or trigger."""


def quote(name: str) -> str:
    return f"[{name}]"


def script(catalog: Catalog) -> list[str]:
    """The statements that make the schema of a catalog, each a batch, in the default schema of the login."""
    statements = []
    for name, table in tables_in_order(catalog):
        definitions = [_column(column, facts) for column, facts in table["columns"].items()]
        statements.append(create_table(name, definitions, table, quote))
        statements += [_index(name, index) for index in table.get("indexes", ())]
    return statements + [_trigger(catalog, name, trigger) for name, trigger in catalog["triggers"].items()]


def into(schema: str, statements: list[str]) -> list[str]:
    """The statements in a schema of their own, which is made first."""
    owner = quote(schema)
    return [f"CREATE SCHEMA {owner}", *(OBJECT.sub(rf"\1 {owner}.", statement) for statement in statements)]


def _column(name: str, facts: dict[str, Any]) -> str:
    words = [quote(name), facts["type"]]
    if "collation" in facts:
        words.append(f"COLLATE {facts['collation']}")
    if facts.get("autoincrement"):
        words.append("IDENTITY")
    words.append("NULL" if facts["nullable"] else "NOT NULL")
    if "default" in facts:
        words.append(f"DEFAULT {facts['default']}")
    return " ".join(words)


def _index(table: str, index: dict[str, Any]) -> str:
    unique = "UNIQUE " if index["unique"] else ""
    include = f" INCLUDE ({columns({'columns': index['include']}, quote)})" if "include" in index else ""
    return f"CREATE {unique}INDEX {quote(index['name'])} ON {quote(table)} ({columns(index, quote)}){include}"


def _trigger(catalog: Catalog, name: str, trigger: dict[str, Any]) -> str:
    """The body follows the words: delete A rows whose B or C is a deleted D, then … the rows themselves."""
    table, events = trigger["table"], ", ".join(trigger["events"])
    key = None
    deletes = []
    for clause in trigger["action"].split(", then "):
        if found := re.search(r"(\w+) rows whose (\w+)(?: or (\w+))? is (?:a deleted (\w+)|one)", clause):
            child, first, second, key = found[1], found[2], found[3], found[4] or key
            deletes += [_delete(child, column, str(key)) for column in (first, second) if column]
    [primary] = catalog["tables"][table]["primary_key"]["columns"]
    body = "\n  ".join([*deletes, _delete(table, primary, primary)])
    timing = f"{trigger['timing']} OF" if trigger["timing"] == "INSTEAD" else trigger["timing"]
    return (
        f"CREATE TRIGGER {quote(name)} ON {quote(table)} {timing} {events} AS\nBEGIN\n  SET NOCOUNT ON;\n  {body}\nEND"
    )


def _delete(table: str, column: str, key: str) -> str:
    return f"DELETE FROM {quote(table)} WHERE {quote(column)} IN (SELECT {quote(key)} FROM deleted);"
