"""What is said of a server's version: what the vendor tests a release on, and what we do."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pytest

from apim_schema.schema import Server

CASES = [
    ("postgresql", "PostgreSQL 16.4", "4.6.0", "info", "tested by the vendor for 4.6.0, and tested by us"),
    ("postgresql", "PostgreSQL 16.1", "4.6.0", "warn", "not tested by the vendor for 4.6.0, whose list is 16.2, 17"),
    ("postgresql", "PostgreSQL 15.3", "4.6.0", "warn", "it is tested by us"),
    ("postgresql", "PostgreSQL 12.1", "4.6.0", "warn", "it is not tested by us"),
    ("postgresql", "PostgreSQL 12.1", "4.2.0", "info", "tested by the vendor for 4.2.0, and not tested by us"),
    ("postgresql", "PostgreSQL 16.4", "4.7.0", "info", "is not established; PostgreSQL 16.4 is tested by us"),
    ("mysql", "MySQL 8.0.36", "4.6.0", "info", "tested by the vendor"),
    ("mysql", "MySQL 8.0.36", "4.7.0", "warn", "whose list is 8.4"),
    ("mysql", "MySQL 8.4.3", "4.7.0", "info", "tested by the vendor"),
    ("mysql", "MySQL 8.4.3", "4.3.0", "info", "not established"),
    ("mysql", "MySQL 9.7.4", "4.7.0", "warn", "it is tested by us"),
    ("mysql", "MariaDB 10.11.18", "4.6.0", "warn", "whose list is none of this product; it is tested by us"),
    ("mysql", "MariaDB 10.6.1", "4.3.0", "warn", "it is not tested by us"),
    ("oracle", "Oracle Database 19.0.0", "4.6.0", "info", "tested by the vendor for 4.6.0, and not tested by us"),
    ("oracle", "Oracle Database 23.0.0", "4.5.0", "info", "tested by the vendor"),
    ("oracle", "Oracle Database 12.2.0", "4.4.0", "warn", "whose list is 19c, 23c"),
    ("oracle", "Oracle Database 12.2.0", "4.2.0", "info", "tested by the vendor"),
    ("mssql", "Microsoft SQL Server 2022 (RTM) 16.0.1", "4.6.0", "info", "tested by the vendor"),
    ("mssql", "Microsoft SQL Server 2019 (RTM) 15.0.2", "4.4.0", "info", "tested by the vendor"),
    ("mssql", "Microsoft SQL Server 2017 (RTM) 14.0.1", "4.4.0", "warn", "whose list is 2019, 2022"),
]


@pytest.mark.parametrize(("dialect", "banner", "release", "level", "said"), CASES)
def test_what_is_said_of_a_version(dialect: str, banner: str, release: str, level: str, said: str) -> None:
    module: Any = import_module(f"apim_schema.dialects.{dialect}.server")
    kind = Server.named(banner)
    [tested] = [about for name, about in module.TESTED.items() if name in banner]
    found = tested.said_of(kind, release, "SELECT VERSION()")
    assert found.level == level
    assert said in found.problem
    assert bool(found.way_out) == (level == "warn")
    assert found.query == "SELECT VERSION()"
