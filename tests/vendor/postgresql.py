"""PostgreSQL as the vendor's script makes it: sequences of its own, SERIAL, a trigger for one time stamp."""

from __future__ import annotations

from typing import Any

from tests.vendor.common import Catalog, create_table, tables_in_order


def quote(name: str) -> str:
    """The vendor writes upper-case names unquoted, which the server folds to lower case."""
    return f'"{name.lower()}"'


def script(catalog: Catalog) -> list[str]:
    """The statements that make the schema of a catalog, in the first schema of the search path."""
    statements = [f"CREATE SEQUENCE {quote(name)} {options}" for name, options in catalog["sequences"].items()]
    statements += [statement for made in tables_in_order(catalog) for statement in table(*made)]
    statements += [_function(name) for name in catalog["routines"]]
    return statements + [_trigger(name, trigger) for name, trigger in catalog["triggers"].items()]


def table(name: str, facts: dict[str, Any]) -> list[str]:
    """The statements that make one table, with its indexes."""
    definitions = [column(*named) for named in facts["columns"].items()]
    made = create_table(name, definitions, facts, quote)
    return [made, *(_index(name, index) for index in facts.get("indexes", ()))]


def into(schema: str, statements: list[str]) -> list[str]:
    """The statements in a schema of their own, which is made first."""
    return [f'CREATE SCHEMA "{schema}"', f'SET search_path TO "{schema}"', *statements]


def column(name: str, facts: dict[str, Any]) -> str:
    default = f" DEFAULT {facts['default']}" if "default" in facts else ""
    return f"{quote(name)} {facts['type']}{default}{'' if facts['nullable'] else ' NOT NULL'}"


def _index(table: str, index: dict[str, Any]) -> str:
    """Columns stay unquoted: some are expressions such as LOWER(APP_NAME)."""
    unique = "UNIQUE " if index["unique"] else ""
    return f"CREATE {unique}INDEX {quote(index['name'])} ON {quote(table)} ({', '.join(index['columns'])})"


def _function(name: str) -> str:
    return (
        f"CREATE FUNCTION {quote(name)}() RETURNS trigger LANGUAGE plpgsql AS $$\n"
        "BEGIN\n  NEW.time_stamp = now();\n  RETURN NEW;\nEND\n$$"
    )


def _trigger(name: str, trigger: dict[str, Any]) -> str:
    events = " OR ".join(trigger["events"])
    return (
        f"CREATE TRIGGER {quote(name)} {trigger['timing']} {events} ON {quote(trigger['table'])} "
        "FOR EACH ROW EXECUTE PROCEDURE update_modified_column()"
    )
