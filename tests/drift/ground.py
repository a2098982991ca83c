"""What an alteration stands on: a live database of a release, and what the later releases make of each place."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from importlib import import_module
from random import Random
from typing import Any, TypeVar

from sqlalchemy import Connection

from tests.releases import FIRST, after
from tests.vendor import make, mysql
from tests.vendor.common import Catalog

T = TypeVar("T")
Facts = dict[str, Any]
"""A column, an index, a key or a table as a catalog has it."""
Place = tuple[str, str]
"""A table and a column."""

TOUCHED = 0.7
"""How often a place is one that a later release speaks of, where there is the choice: that is where bugs are."""


@dataclass
class Ground:
    """One live database, with a connection each statement of which commits; `claimed` are the places that are taken."""

    dialect: str
    release: str
    document: Catalog
    connection: Connection
    rng: Random
    claimed: set[Place] = field(default_factory=set)

    @property
    def sql(self) -> Any:
        """The dialect's own words."""
        return import_module(f"tests.drift.{self.dialect}")

    @property
    def tables(self) -> dict[str, Facts]:
        """The tables of the release that nobody has claimed as a whole."""
        return {name: facts for name, facts in self.document["tables"].items() if (name, "") not in self.claimed}

    @cached_property
    def first(self) -> Catalog:
        """The catalog of the oldest release."""
        return make.catalog(self.dialect, "apim", FIRST)

    @cached_property
    def over_long(self) -> set[str]:
        """The tables with a key that is too long in utf8mb4, in this release or a later one."""
        catalogs = [make.catalog(self.dialect, "apim", self.release), *self.later]
        narrow = ((catalog, mysql.narrowed(catalog)) for catalog in catalogs)
        return {
            name for wide, less in narrow for name, facts in wide["tables"].items() if facts != less["tables"][name]
        }

    def is_narrowed(self, table: str, name: str) -> bool:
        """Whether a column is narrower than the vendor has it: once it is dropped, nobody knows how much."""
        vendors = make.catalog(self.dialect, "apim", self.release)["tables"][table]["columns"][name]
        return bool(vendors["type"] != self.document["tables"][table]["columns"][name]["type"])

    def first_columns(self, table: str) -> dict[str, Facts]:
        """The columns that a table had in the oldest release."""
        return dict(self.first["tables"].get(table, {"columns": {}})["columns"])

    @cached_property
    def later(self) -> list[Catalog]:
        """The catalogs of the releases that came after."""
        return [make.catalog(self.dialect, "apim", release) for release in after(self.release)]

    @cached_property
    def touched(self) -> set[str]:
        """The tables that a later release has otherwise, and those that its new tables point to."""
        found = set()
        for later in self.later:
            for name, facts in later["tables"].items():
                if name in self.document["tables"]:
                    found |= {name} if facts != self.document["tables"][name] else set()
                else:
                    found |= {key["ref_table"] for key in facts.get("foreign_keys", ())}
        return {table for table in found if table in self.document["tables"]}

    @cached_property
    def touched_columns(self) -> set[Place]:
        """The columns that a later release has otherwise, or in another key or index."""
        found = set()
        for later in self.later:
            for name in self.touched & later["tables"].keys():
                now, then = self.document["tables"][name], later["tables"][name]
                columns = {c for c, facts in now["columns"].items() if facts != then["columns"].get(c)}
                found |= {(name, column) for column in columns | _moved(now, then)}
        return found

    def keyed_later(self, table: str, column: str) -> bool:
        """Whether a later release has the column in a key or an index that this one has not."""
        then = (later["tables"].get(table) for later in self.later)
        return any(facts and column in _moved(self.document["tables"][table], facts) for facts in then)

    def recoded_later(self, table: str, column: str) -> bool:
        """Whether a later release has the column in another character set."""
        now = self.document["tables"][table]["columns"][column].get("charset")
        then = (later["tables"].get(table, {"columns": {}})["columns"].get(column, {}) for later in self.later)
        return any(facts.get("charset", now) != now for facts in then)

    def pick(self, found: Sequence[T], touched: Callable[[T], bool] = lambda one: False) -> T | None:
        """One of these, with a bent for what later releases speak of; None where there is none."""
        spoken_for = [one for one in found if touched(one)]
        wanted = spoken_for if spoken_for and self.rng.random() < TOUCHED else found
        return self.rng.choice(wanted) if wanted else None

    def column(self, fits: Callable[[str, str, Facts], bool]) -> tuple[str, str, Facts] | None:
        """A column that nobody has claimed."""
        found = [
            (table, name, facts)
            for table, whole in self.tables.items()
            for name, facts in whole["columns"].items()
            if (table, name) not in self.claimed and fits(table, name, facts)
        ]
        of_table = self.pick(found, lambda one: one[0] in self.touched)
        return self.pick(found, lambda one: one[:2] in self.touched_columns) if self.rng.random() < 0.7 else of_table

    def part(
        self, kind: str, fits: Callable[[str, Facts], bool] = lambda table, facts: True
    ) -> tuple[str, Facts] | None:
        """An index, a unique key or a foreign key of a table (`kind` as a catalog has it), over unclaimed columns."""
        found = [
            (table, facts)
            for table, whole in self.tables.items()
            for facts in whole.get(kind, ())
            if self.free(table, facts["columns"]) and fits(table, facts)
        ]
        return self.pick(found, lambda one: one[0] in self.touched)

    def free(self, table: str, columns: Sequence[str]) -> bool:
        """Whether nobody has claimed any of these columns, or the table."""
        places = {(table, ""), *((table, column.partition("(")[0]) for column in columns)}
        return not places & self.claimed

    def key_columns(self, table: str) -> list[str]:
        """The columns of the primary key."""
        key = self.document["tables"][table]["primary_key"]
        return list(key["columns"]) if key else []

    def scalar(self, sql: str) -> Any:
        return self.connection.exec_driver_sql(sql).scalar()


def _moved(now: Facts, then: Facts) -> set[str]:
    """The columns of the keys and indexes that only one of two forms of a table has."""
    parts = [{json.dumps(key, sort_keys=True) for key in _keys(facts)} for facts in (now, then)]
    return {c.partition("(")[0] for key in parts[0] ^ parts[1] for c in json.loads(key)["columns"]}


def _keys(table: Facts) -> list[Facts]:
    primary = [table["primary_key"]] if table["primary_key"] else []
    return [*primary, *table.get("unique", ()), *table.get("foreign_keys", ()), *table.get("indexes", ())]
