"""The rows that Oracle's data dictionary has for a schema, as far as introspection asks for them."""

from __future__ import annotations

import re
from collections import namedtuple
from collections.abc import Iterator
from typing import Any

from apim_schema.schema import Column, Index, Schema, Table, Trigger
from tests.dialects.oracle.modules import introspect, plsql

OWNER = "APIM"
REFERENCING = "REFERENCING NEW AS NEW OLD AS OLD"

LABELS = {name: re.findall(r"AS (\w+)", query.partition("FROM")[0]) for name, query in introspect.QUERIES.items()}
RECORDS: dict[str, Any] = {name: namedtuple(name, labels) for name, labels in LABELS.items()}
"""A record for each query, with the labels that the query itself gives its columns: no other name can be read."""


def dictionary(schema: Schema, unit: str = "BYTE", **more: list[Any]) -> Any:
    """The dictionary's rows for a schema; `more` are further rows by the name of their query."""
    made: dict[str, list[Any]] = {name: list(more.get(name, [])) for name in RECORDS}
    made["unit"] = [record("unit", unit)]
    for table in schema.tables.values():
        made["tables"].append(record("tables", table.name))
        for column in table.columns.values():
            made["columns"].append(_column(table.name, column, unit))
            if column.default is not None:
                made["defaults"].append(record("defaults", table.name, column.name, f"{column.default} \n"))
        for query, row in (*_keys(table, schema), *_indexes(table)):
            made[query].append(row)
    made["sequences"] += [
        record("sequences", name, *_counts(options), 0 if "NOCACHE" in options else 20, "NY"["ORDER" in options])
        for name, options in schema.sequences.items()
    ]
    made["triggers"] += [_trigger(trigger) for trigger in schema.triggers.values()]
    return introspect.Dictionary(**made)


def _counts(options: str) -> tuple[int, int]:
    """The step, and the number that is next; the server's own where nothing is said."""
    told = re.match(r"START WITH (\d+) INCREMENT BY (\d+)", options)
    return (int(told[2]), int(told[1]) + 7 * int(told[2])) if told else (1, 8)


def record(query: str, *values: Any) -> Any:
    return RECORDS[query](*values)


def _column(table: str, column: Column, unit: str) -> Any:
    name, numbers = re.fullmatch(r"([A-Z0-9_ ]+)(?:\((.+)\))?", column.type).groups()  # type: ignore[union-attr]
    null = "Y" if column.nullable else "N"
    end = (null, "NO", "NO")
    if name in ("CHAR", "VARCHAR2"):
        length, mark = int(numbers), (column.unit or unit)[0]
        return record(
            "columns",
            table,
            column.name,
            name,
            min(length * (4 if mark == "C" else 1), 4000),
            None,
            None,
            length,
            mark,
            *end,
        )
    if name in ("INTEGER", "NUMBER"):
        digits, _, scale = (numbers or "").partition(",")
        precision = int(digits) if digits else None
        return record(
            "columns", table, column.name, "NUMBER", 22, precision,
            int(scale or 0) if digits or name == "INTEGER" else None, 0, None, *end,
        )  # fmt: skip
    if name == "TIMESTAMP":
        return record("columns", table, column.name, "TIMESTAMP(6)", 11, None, 6, 0, None, *end)
    return record("columns", table, column.name, name, 4000, None, None, 0, None, *end)


def _keys(table: Table, schema: Schema) -> Iterator[tuple[str, Any]]:
    keys = [("P", table.primary_key)] if table.primary_key else []
    for place, (kind, key) in enumerate([*keys, *(("U", key) for key in table.unique)]):
        name = key.name or f"SYS_{table.name}_{place}"
        yield "constraints", record("constraints", table.name, name, kind, None, None, None, "ENABLED", name)
        yield from _key_columns(name, key.columns)
        yield "indexes", record("indexes", table.name, name, "NORMAL", "UNIQUE", "VALID", "VISIBLE")
        yield from _index_columns(name, key.columns)
    for place, foreign in enumerate(table.foreign_keys):
        name = foreign.name or f"SYS_{table.name}_F{place}"
        target = referenced(schema.tables[foreign.ref_table], foreign.ref_columns)
        rule = foreign.on_delete or "NO ACTION"
        yield "constraints", record("constraints", table.name, name, "R", OWNER, target, rule, "ENABLED", None)
        yield from _key_columns(name, foreign.columns)


def referenced(table: Table, columns: tuple[str, ...]) -> str:
    """The name of the key over these columns."""
    for place, key in enumerate([*filter(None, [table.primary_key]), *table.unique]):
        if key.columns == columns:
            return key.name or f"SYS_{table.name}_{place}"
    raise LookupError(f"{table.name} has no key over {columns}")


def _key_columns(name: str, columns: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    for place, column in enumerate(columns, 1):
        yield "constraint_columns", record("constraint_columns", name, column, place)


def _index_columns(name: str, columns: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    """An expression stands in ALL_IND_EXPRESSIONS with its names in quotes, and under a hidden column's name."""
    for place, column in enumerate(columns, 1):
        expression = re.fullmatch(r"(\w+)\((\w+)\)", column)
        shown = f"SYS_NC000{place}$" if expression else column
        yield "index_columns", record("index_columns", name, shown, place, "ASC")
        if expression:
            quoted = f'{expression[1]}("{expression[2]}")'
            yield "index_expressions", record("index_expressions", name, place, quoted)


def _indexes(table: Table) -> Iterator[tuple[str, Any]]:
    for index in table.indexes:
        yield "indexes", _index(table.name, index)
        yield from _index_columns(index.name, index.columns)


def _index(table: str, index: Index) -> Any:
    type_ = "FUNCTION-BASED NORMAL" if any("(" in column for column in index.columns) else "NORMAL"
    uniqueness = "UNIQUE" if index.unique else "NONUNIQUE"
    return record("indexes", table, index.name, type_, uniqueness, "VALID", "VISIBLE")


def _trigger(trigger: Trigger) -> Any:
    """The body is what stands behind FOR EACH ROW in the statement that makes the trigger."""
    body = trigger.action or ""
    if not body.startswith("BEGIN"):
        body = "BEGIN" + plsql.create_trigger(trigger, OWNER).partition("\nBEGIN")[2]
    event, fires = " OR ".join(trigger.events), f"{trigger.timing} EACH ROW"
    return record("triggers", trigger.name, trigger.table, fires, event, "ENABLED", trigger.when, REFERENCING, body)
