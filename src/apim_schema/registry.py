"""The one place that knows which dialects there are: loads a dialect's folder by name."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import cast

from apim_schema import dialect as contract
from apim_schema.errors import UsageError

DIALECTS = ("mysql", "postgresql", "oracle", "mssql")
FLAVOURS = {"mysql": "mysql", "postgresql": "postgresql", "oracle": "oracle", "oracle_23c": "oracle", "mssql": "mssql"}
"""Every catalog family and its dialect: the vendor ships two scripts for Oracle, `oracle` and `oracle_23c`."""

SQLALCHEMY_NAMES = {"mariadb": "mysql"}
"""What SQLAlchemy calls a dialect where we do not."""


PARTS = ("names", "types", "ddl", "introspect", "digest", "session", "impact", "obstacles", "script")
"""The modules of a dialect's folder, each a protocol of `dialect`."""


def _module(dialect: str, part: str) -> ModuleType:
    return import_module(f"apim_schema.dialects.{dialect}.{part}")


@cache
def load(name: str) -> contract.Dialect:
    """The dialect of this name (`mysql`, `postgresql`, `oracle`, `mssql`, or SQLAlchemy's name for it).

    Raises UsageError for a name that is none of ours.
    """
    name = SQLALCHEMY_NAMES.get(name, name)
    if name not in DIALECTS:
        raise UsageError(f"unknown dialect {name!r}: choose one of {', '.join(DIALECTS)}")
    return contract.Dialect(name, **{part: _module(name, part) for part in PARTS})


def types(flavour: str) -> contract.Types:
    """The `types` module of the flavour's dialect, without its driver or any of the rest."""
    return cast(contract.Types, _module(FLAVOURS[flavour], "types"))


def flavours(dialect: str) -> tuple[str, ...]:
    """The catalog families of one dialect."""
    return tuple(flavour for flavour, name in FLAVOURS.items() if name == dialect)


def catalogs(flavour: str) -> Path:
    """The folder with the catalogs of this flavour."""
    return Path(str(_module(FLAVOURS[flavour], "types").__file__)).parent / "catalogs"
