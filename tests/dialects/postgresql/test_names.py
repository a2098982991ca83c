"""Names between the model and the server."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pytest

names: Any = import_module("apim_schema.dialects.postgresql.names")

CASES = [
    # the server's name, the model's, and how a statement writes it
    ("am_api", "AM_API", "AM_API"),
    ("order", "ORDER", '"order"'),
    ("two words", "TWO WORDS", '"two words"'),
    ("Mixed", '"Mixed"', '"Mixed"'),
    ("AM_API", '"AM_API"', '"AM_API"'),
    ('a"b', 'A"B', '"a""b"'),
    ('A"b', '"A""b"', '"A""b"'),
    ("100%", "100%", '"100%"'),
    ("straße", '"straße"', '"straße"'),
]


@pytest.mark.parametrize(("stored", "model", "sql"), CASES)
def test_there_and_back(stored: str, model: str, sql: str) -> None:
    assert names.to_model(stored) == model
    assert names.to_server(model) == stored
    assert names.sql(model) == sql


def test_a_name_with_its_schema() -> None:
    assert names.qualified("AM_API", None) == "AM_API"
    assert names.qualified("AM_API", "wso2") == "wso2.AM_API"
    assert names.qualified("ORDER", "My schema") == '"My schema"."order"'
