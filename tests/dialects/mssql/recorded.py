"""A SQL Server that answers from a record: its catalog views hold a release, in the server's own words.

There is no server here to ask. What is recorded are the answers to the queries of `introspect`, so a query of another
shape gets none; whether the server takes the queries is for the T-SQL parser, and for runs on a real one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from types import SimpleNamespace as Row
from typing import Any, cast

from sqlalchemy import Connection

from apim_schema.schema import Column, ForeignKey, Index, Schema, Table
from tests.dialects.mssql import held

COLLATION = "SQL_Latin1_General_CP1_CI_AS"
Spelling = Callable[[str], str]

SEES_ALL = Row(classifications=1, alters=1, creates=1, definitions=1, dependencies=1, volumes=None)
"""What the server says of a login that may see everything."""


class Answers(list[Any]):
    """Rows, as a result has them."""

    def all(self) -> list[Any]:
        return self


class Recorded:
    """A connection to it. `spelling` is how its names are written; `changes` come over the rows before they go out."""

    def __init__(self, schema: Schema, spelling: Spelling = str.upper, **database: Any) -> None:
        self.asked: list[str] = []
        self.info: dict[str, object] = {}
        facts = Row(**{"collation": COLLATION, "babelfish": None, "edition": 2} | database)
        self.rows = {
            "AS dependencies": [SEES_ALL],
            "ALTER ANY SECURITY POLICY": list[Any](),
            "sys.masked_columns": list[Any](),
            "sys.security_predicates": list[Any](),
            "sys.default_constraints": list(columns(schema, spelling)),
            "sys.data_spaces": list(storage(schema)),
            "sys.index_columns": list(indexes(schema, spelling)),
            "sys.foreign_key_columns": list(foreign_keys(schema, spelling)),
            "sys.identity_columns": list(numbered(schema)),
            "sys.triggers": list(triggers(schema, spelling)),
            "sys.objects": list[Any](),
            "DATABASEPROPERTYEX": [facts],
            "SERVERPROPERTY": [facts],
            "COLLATIONPROPERTY": [(1,)],
        }

    def exec_driver_sql(self, sql: str, **options: Any) -> Answers:
        self.asked.append(held.hold(sql))
        view = next((view for view in self.rows if view in sql), None)
        rows = self.rows[view] if view is not None else []
        held.hold_rows(sql, rows)
        return Answers(rows)

    @property
    def connection(self) -> Connection:
        return cast(Connection, self)


def numbered(schema: Schema) -> Iterator[Row]:
    for table in schema.tables.values():
        for column in table.columns.values():
            if column.generated is not None:
                yield Row(seed=1, step=1, is_apart=False)


def columns(schema: Schema, spelling: Spelling) -> Iterator[Row]:
    for number, table in enumerate(schema.tables.values()):
        for column in table.columns.values():
            yield Row(
                table_id=number,
                table_name=spelling(table.name),
                name=spelling(column.name),
                computed=None,
                bound=None,
                **_type(column),
            )


def _type(column: Column) -> dict[str, Any]:
    """What the views tell of a type: bytes, precision and scale beside its name."""
    name, _, length = column.type.rstrip(")").partition("(")
    wide = 2 if name.startswith("N") else 1
    sized = -1 if length == "MAX" else int(length) * wide if length.isdigit() else 4
    own = {"latin1_general_cs_as": "Latin1_General_CS_AS"}.get(column.collation or "")
    return {
        "type": {"INTEGER": "int"}.get(name, name.lower()),
        "max_length": 8 if name.startswith("DATETIME2") else sized,
        "digits": 0,
        "fraction": int(length) if name == "DATETIME2" else 0,
        "is_nullable": column.nullable,
        "is_identity": column.generated is not None,
        "collation": (own or COLLATION) if name in ("CHAR", "VARCHAR", "NVARCHAR", "TEXT") else None,
        "definition": _definition(column.default),
    }


def _definition(default: str | None) -> str | None:
    if default is None:
        return None
    if re.fullmatch(r"-?\d+", default):
        return f"(({default}))"
    return {"CURRENT_TIMESTAMP": "(getdate())", "SYSDATETIME()": "(sysdatetime())"}.get(default, f"({default})")


def indexes(schema: Schema, spelling: Spelling) -> Iterator[Row]:
    for number, table in enumerate(schema.tables.values()):
        for index, kind in _with_indexes(number, table):
            for place, column in _in_order(index):
                yield Row(
                    table_id=number,
                    name=index.name,
                    kind="CLUSTERED" if kind == "primary" else "NONCLUSTERED",
                    is_unique=kind != "plain" or index.unique,
                    is_primary_key=kind == "primary",
                    is_unique_constraint=kind == "unique",
                    is_disabled=False,
                    filter=None,
                    column_name=spelling(column),
                    place=place,
                    is_descending=False,
                    is_included=place == 0,
                )


def storage(schema: Schema) -> Iterator[Row]:
    for number, table in enumerate(schema.tables.values()):
        for index, kind in _with_indexes(number, table):
            yield Row(
                table_id=number,
                name=index.name,
                kind="CLUSTERED" if kind == "primary" else "NONCLUSTERED",
                is_primary_key=kind == "primary",
                filled=0,
                is_padded=False,
                ignores_duplicates=False,
                row_locks=True,
                page_locks=True,
                compression="NONE",
                place="PRIMARY",
                kind_of_place="FG",
                is_default_place=True,
            )


def _in_order(index: Index) -> Iterator[tuple[int, str]]:
    """Columns with their place in the key, which is 0 of one that is only included."""
    yield from enumerate(index.columns, start=1)
    yield from ((0, column) for column in index.include)


def _with_indexes(number: int, table: Table) -> Iterator[tuple[Index, str]]:
    """Keys are indexes too, named by the server where the vendor did not."""
    if table.primary_key:
        yield Index(f"PK__{table.name[:8]}__{number:08X}", table.primary_key.columns), "primary"
    for place, key in enumerate(table.unique):
        yield Index(key.name or f"UQ__{table.name[:8]}__{number:06X}{place:02X}", key.columns), "unique"
    yield from ((index, "plain") for index in table.indexes)


def foreign_keys(schema: Schema, spelling: Spelling) -> Iterator[Row]:
    keys = [(number, table, key) for number, table in enumerate(schema.tables.values()) for key in table.foreign_keys]
    for key_id, (number, table, key) in enumerate(keys):
        for column, ref_column in zip(key.columns, key.ref_columns, strict=True):
            yield Row(
                table_id=number,
                key_id=key_id,
                name=f"FK__{table.name[:8]}__{key_id:08X}",
                column_name=spelling(column),
                ref_table=spelling(key.ref_table),
                ref_column=spelling(ref_column),
                ref_schema="dbo",
                elsewhere=0,
                **_actions(key),
            )


def _actions(key: ForeignKey) -> dict[str, str]:
    actions = {"on_delete": key.on_delete, "on_update": key.on_update}
    return {event: (action or "NO_ACTION").replace(" ", "_") for event, action in actions.items()}


def triggers(schema: Schema, spelling: Spelling) -> Iterator[Row]:
    for trigger in schema.triggers.values():
        yield Row(
            name=spelling(trigger.name),
            table_name=spelling(trigger.table),
            is_instead_of=trigger.timing == "INSTEAD",
            definition=f"CREATE TRIGGER x ON {trigger.table} INSTEAD OF {', '.join(trigger.events)} AS SELECT 1",
            **{f"is_{event.lower()}": int(event in trigger.events) for event in ("INSERT", "UPDATE", "DELETE")},
        )
