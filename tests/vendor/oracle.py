"""Oracle as the vendor's scripts make it: columns numbered by a sequence and a trigger."""

from __future__ import annotations

import re
from typing import Any

from tests.vendor.common import Catalog, columns, create_table, tables_in_order


def quote(name: str) -> str:
    """Unquoted: the server folds to the upper case that the catalog has, and an index may hold an expression."""
    return name


def script(catalog: Catalog) -> list[str]:
    """The statements that make the schema of a catalog, in the schema of the login; PL/SQL ends with its semicolon."""
    statements = []
    for name, table in tables_in_order(catalog):
        definitions = [_column(column, facts) for column, facts in table["columns"].items()]
        statements.append(create_table(name, definitions, table, quote))
        statements += [_index(name, index) for index in table.get("indexes", ())]
    statements += [f"CREATE SEQUENCE {name} {options}" for name, options in catalog["sequences"].items()]
    return statements + [_trigger(name, trigger) for name, trigger in catalog["triggers"].items()]


def _column(name: str, facts: dict[str, Any]) -> str:
    default = f" DEFAULT {facts['default']}" if "default" in facts else ""
    return f"{name} {facts['type']}{default}{'' if facts['nullable'] else ' NOT NULL'}"


def _index(table: str, index: dict[str, Any]) -> str:
    unique = "UNIQUE " if index["unique"] else ""
    return f"CREATE {unique}INDEX {index['name']} ON {table} ({columns(index, quote)})"


def _trigger(name: str, trigger: dict[str, Any]) -> str:
    events, when = " OR ".join(trigger["events"]), f" WHEN ({trigger['when']})" if "when" in trigger else ""
    if fills := trigger.get("fills"):
        body = f"SELECT {fills['sequence']}.NEXTVAL INTO :NEW.{fills['column']} FROM DUAL;"
    else:
        body, events = _follow(trigger["action"]), f"{events} OF API_ID"
    head = f"CREATE TRIGGER {name} {trigger['timing']} {events} ON {trigger['table']} FOR EACH ROW{when}"
    return f"{head}\nBEGIN\n  {body}\nEND;"


def _follow(action: str) -> str:
    """The UPDATE in "… set AM_SUBSCRIPTION.API_ID from the old to the new value"."""
    found = re.search(r"set (\w+)\.(\w+) from the old to the new value", action)
    if found is None:
        raise ValueError(f"no trigger body is known for {action!r}")
    table, column = found.groups()
    return f"UPDATE {table} SET {column} = :NEW.{column} WHERE {column} = :OLD.{column};"
