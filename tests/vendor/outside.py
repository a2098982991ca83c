"""Reads a live database from outside: its own queries, and a plain form that a reference catalog has as well.

Equal is meant as a database means it: names of constraints and the order of columns do not count, RESTRICT is
NO ACTION, a column that draws its number from a sequence is generated whoever owns the sequence, a unique index is a
unique key, and one over the columns of the primary key adds nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.engine import URL

from apim_schema import flavours
from tests.vendor import outside_mssql, outside_mysql, outside_oracle, outside_postgresql
from tests.vendor.common import Catalog

Plain = dict[str, Any]

OWN_TABLES = {"ALEMBIC_VERSION_APIM", "ALEMBIC_VERSION_SHARED", "APIM_SCHEMA_EVIDENCE", "APIM_SCHEMA_HISTORY"}
"""What the tool leaves in a database for itself."""


class Reader(Protocol):
    """What the module of a dialect offers."""

    def read(self, connection: sa.Connection, schema: str | None) -> Plain: ...
    def type_of(self, facts: dict[str, Any]) -> str:
        """A catalog's type in the server's words."""

    def default_of(self, facts: dict[str, Any]) -> str | None:
        """A catalog's default in the server's words."""

    def key_column(self, table: dict[str, Any], written: str) -> str:
        """A column of a catalog's key or index in the server's words."""


READERS: dict[str, Reader] = {
    "postgresql": outside_postgresql,
    "mysql": outside_mysql,
    "oracle": outside_oracle,
    "mssql": outside_mssql,
}


def catalog_of(url: URL | str, schema: str | None = None) -> Plain:
    """The schema of a live database in plain form; `schema` is the one to look into, None for the default."""
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        found = READERS[_dialect(engine.dialect.name)].read(connection, schema)
    for name in OWN_TABLES:
        found["tables"].pop(name, None)
    return finished(found)


def plain(catalog: Catalog) -> Plain:
    """A reference catalog in the form that `catalog_of` gives."""
    reader = READERS[_dialect(catalog["dialect"])]
    tables = {name: _table(reader, table) for name, table in catalog["tables"].items()}
    return finished(
        {
            "tables": tables,
            "sequences": list(catalog["sequences"]),
            "triggers": {
                name: [trigger["table"], trigger["timing"], list(trigger["events"])]
                for name, trigger in catalog["triggers"].items()
            },
            "routines": list(catalog["routines"]),
        }
    )


def differences(expected: Any, found: Any, path: str = "") -> list[str]:
    """Where two plain forms differ, one line a place; empty where they are equal."""
    if not (isinstance(expected, dict) and isinstance(found, dict)):
        return [] if expected == found else [f"{path}: expected {expected!r}, found {found!r}"]
    lines = []
    for name in sorted(expected.keys() | found.keys()):
        lines += differences(expected.get(name), found.get(name), f"{path}/{name}")
    return lines


def _dialect(name: str) -> str:
    return flavours.FLAVOURS.get(name, flavours.KINDS.get(name, name))


def _table(reader: Reader, table: dict[str, Any]) -> Plain:
    return {
        "columns": {name: _column(reader, facts) for name, facts in table["columns"].items()},
        "primary_key": table["primary_key"] and table["primary_key"]["columns"],
        "unique": [[reader.key_column(table, name) for name in key["columns"]] for key in table.get("unique", ())],
        "foreign_keys": [
            [key["columns"], key["ref_table"], key["ref_columns"], key.get("on_delete"), key.get("on_update")]
            for key in table.get("foreign_keys", ())
        ],
        "indexes": {
            index["name"]: [[reader.key_column(table, name) for name in index["columns"]], index["unique"]]
            for index in table.get("indexes", ())
        },
    }


def _column(reader: Reader, facts: dict[str, Any]) -> Plain:
    generated = bool(facts.get("autoincrement")) or str(facts.get("default")).upper().startswith("NEXTVAL")
    return {
        "type": reader.type_of(facts),
        "nullable": facts["nullable"],
        "default": None if generated else reader.default_of(facts),
        "generated": generated,
        "on_update": facts.get("on_update"),
        "collation": facts.get("collation"),
    }


def finished(found: Plain) -> Plain:
    """Sorted, and without what does not count."""
    for table in found["tables"].values():
        primary = set(table["primary_key"] or ())
        unique = [columns for columns, unique in table["indexes"].values() if unique]
        table["unique"] = _sorted(key for key in table["unique"] + unique if set(key) != primary)
        table["indexes"] = {name: columns for name, (columns, unique) in table["indexes"].items() if not unique}
        table["foreign_keys"] = _sorted(
            [*key[:3], *(None if action in ("NO ACTION", "RESTRICT") else action for action in key[3:])]
            for key in table["foreign_keys"]
        )
    return {**found, "sequences": sorted(found["sequences"]), "routines": sorted(found["routines"])}


def _sorted(keys: Iterable[list[Any]]) -> list[list[Any]]:
    """Each once: a server may fold two equal keys into one."""
    return [list(key) for _, key in sorted({repr(key): key for key in keys}.items())]
