"""What a revision declares, in every flavour."""

from __future__ import annotations

from typing import Any

import pytest

from apim_schema import flavours, registry
from apim_schema.changes import CreateTable, Declared
from apim_schema.revision import column, create_table, foreign_key, index, primary_key, unique
from apim_schema.schema import Schema
from apim_schema.types import integer, varchar

each_flavour = pytest.mark.parametrize("flavour", flavours.FLAVOURS)


def settled(flavour: str, *keys: Declared[Any]) -> CreateTable:
    change = create_table("T", column("A", varchar(50), nullable=False), column("B", integer()), *keys)(flavour)
    assert isinstance(change, CreateTable)
    return change


def statements(change: CreateTable, flavour: str) -> list[str]:
    ddl = registry.load(flavours.FLAVOURS[flavour]).ddl
    return [statement.sql for statement in ddl.statements(change, Schema(flavour), None)]


@each_flavour
def test_a_table_needs_no_primary_key(flavour: str) -> None:
    change = settled(flavour, unique("B"), index("T_A", "A"))
    assert change.definition.primary_key is None
    assert change.is_in(change.apply(Schema(flavour)))
    assert "PRIMARY" not in " ".join(statements(change, flavour))


@each_flavour
def test_a_key_of_another_kind_is_no_primary_key(flavour: str) -> None:
    change = settled(flavour, primary_key("A"), unique("B"), foreign_key("B", "P", "ID"))
    made = " ".join(statements(change, flavour))
    assert (made.count("PRIMARY KEY"), made.count("UNIQUE"), made.count("FOREIGN KEY")) == (1, 1, 1)
    assert change.definition.primary_key is not None
    assert change.definition.primary_key.columns == ("A",)
