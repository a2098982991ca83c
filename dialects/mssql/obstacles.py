"""What the catalog of SQL Server shows to be in the way of a change: the customer's objects, and hidden rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Row

from apim_schema import changes
from apim_schema.changes import Change
from apim_schema.hazards import BLOCK, Obstacle
from apim_schema.schema import Schema, Table

from . import ddl, dependents, gone, names, space, types
from .dependents import Column, Question

Replaced = changes.TextToBinary | changes.BinaryToText
"""What makes a column anew."""

BABELFISH = "SELECT CONVERT(INT, SERVERPROPERTY('babelfish')) AS babelfish"

LOGIN = """
SELECT OBJECT_ID(N'sys.sensitivity_classifications') AS classifications,
       HAS_PERMS_BY_NAME(QUOTENAME({schema}), 'SCHEMA', 'ALTER') AS alters,
       HAS_PERMS_BY_NAME(DB_NAME(), 'DATABASE', 'CREATE TABLE') AS creates,
       HAS_PERMS_BY_NAME(DB_NAME(), 'DATABASE', 'VIEW DEFINITION') AS definitions,
       HAS_PERMS_BY_NAME(N'sys.sql_expression_dependencies', 'OBJECT', 'SELECT') AS dependencies,
       CASE WHEN OBJECT_ID(N'sys.dm_os_volume_stats') IS NOT NULL THEN COALESCE(
           HAS_PERMS_BY_NAME(NULL, NULL, 'VIEW SERVER PERFORMANCE STATE'),
           HAS_PERMS_BY_NAME(NULL, NULL, 'VIEW SERVER STATE')) END AS volumes"""

NO_DEPENDENCIES = Obstacle(
    BLOCK,
    "",
    "this login may not read sys.sql_expression_dependencies: what leans on the columns that change can't be asked for",
    "GRANT VIEW DEFINITION and GRANT SELECT ON sys.sql_expression_dependencies to it, or use one of db_owner",
    LOGIN,
)


def find(connection: Connection, schema: str, wanted: Sequence[Change], live: Schema) -> Sequence[Obstacle]:
    """What is in the way of these changes, none of which is in yet.

    On Babelfish for PostgreSQL nothing is looked for: it lacks some of the views, and most of the objects.
    """
    if ddl.BABELFISH in live.options:
        return ()
    [login] = _ask(connection, LOGIN.format(schema=names.literal(schema)))
    found = [*([] if login.alters and login.creates else [_no_ddl(schema)]), *hidden(connection, schema)]
    asked = questions(wanted, live, classified=login.classifications is not None)
    dependencies = any("sys.sql_expression_dependencies" in question.sql for question, _ in asked)
    if dependencies and not (login.dependencies and login.definitions):
        return [*found, NO_DEPENDENCIES]
    for question, columns in asked:
        found += _answers(connection, schema, question, columns)
    if login.volumes and login.definitions:
        found += space.find(connection, schema, wanted, live)
    return list(dict.fromkeys(found))


def _no_ddl(schema: str) -> Obstacle:
    problem = f"this login may not alter the tables of {schema}, or make any"
    return Obstacle(
        BLOCK, "", problem, f"GRANT ALTER ON SCHEMA::{names.sql(schema)} and CREATE TABLE, or db_ddladmin", LOGIN
    )


def hidden(connection: Connection, schema: str | None) -> list[Obstacle]:
    """What hides rows or values from this login: it would read, copy and hash what is not there."""
    [server] = _ask(connection, BABELFISH)
    questions = () if server.babelfish else dependents.HIDDEN
    return [obstacle for question in questions for obstacle in _answers(connection, schema, question)]


def silent(wanted: Sequence[Change], live: Schema) -> list[tuple[Question, Sequence[Column]]]:
    """What a script has to ask by itself: the server would let it through. Nothing where no table changes."""
    asked = questions(wanted, live, classified=False)
    keys = sorted(set(_key_columns(wanted, live)))
    stored = [(dependents.STORED, keys)] if keys else []
    hides = [(question, ()) for question in dependents.HIDDEN] if asked else []
    return [*hides, *(pair for pair in asked if pair[0].silent), *stored]


def questions(wanted: Sequence[Change], live: Schema, classified: bool) -> list[tuple[Question, list[Column]]]:
    """What is asked about which columns; `classified` is whether the server knows sensitivity classifications."""
    to_bytes = [c for c in wanted if isinstance(c, changes.TextToBinary)]
    to_text = [c for c in wanted if isinstance(c, changes.BinaryToText)]
    replaced = [c for c in wanted if isinstance(c, Replaced)]
    dropped = [c for c in wanted if isinstance(c, changes.DropColumn)]
    altered = [c for c in wanted if isinstance(c, changes.AlterColumn)]
    shorter = [c for c in altered if _gets_shorter(c, live)]
    cut = [c for c in shorter if c.cuts]
    filled = [c for c in wanted if isinstance(c, changes.AddColumn) and c.fill is not None]
    asked = (
        (dependents.OF_A_TABLE, _tables(wanted, live)),
        ((dependents.FILLED,), _tables(filled, live)),
        ((dependents.NO_UPDATE,), _tables([*filled, *replaced, *cut], live)),
        ((dependents.CUT,), _tables(cut, live)),
        ((dependents.OF_A_FOREIGN_KEY,), _foreign_key_columns(wanted, live)),
        (dependents.OF_A_KEY, [*_columns(shorter, live), *_key_columns(wanted, live)]),
        (dependents.OF_AN_ALTERED_COLUMN, _columns([*altered, *replaced], live)),
        ((dependents.MASKED,), _columns([*altered, *replaced, *dropped], live)),
        (dependents.OF_A_SHORTER_COLUMN, _columns([*shorter, *replaced], live)),
        (dependents.OF_NEW_BYTES, _columns(to_bytes, live)),
        (dependents.OF_A_NEW_TEXT, _columns(to_text, live)),
        (dependents.OF_A_NEW_COLUMN, _columns(replaced, live)),
        ((dependents.CLASSIFIED,) * classified, _columns(replaced, live)),
        (gone.OF_A_COLUMN, _columns(dropped, live)),
        (gone.OF_A_TABLE, _tables([c for c in wanted if isinstance(c, changes.DropTable)], live)),
    )
    return [(question, sorted(set(columns))) for group, columns in asked for question in group if columns]


def _ask(connection: Connection, query: str) -> list[Row[Any]]:
    return list(connection.exec_driver_sql(query, execution_options={"no_parameters": True}))


def _answers(
    connection: Connection, schema: str | None, question: Question, columns: Sequence[Column] = ()
) -> Iterator[Obstacle]:
    query = question.query(columns, schema)
    for row in filter(question.applies, _ask(connection, query)):
        told = {"name": row.name, "column": row.column_name}
        problem, way_out = question.problem.format(**told), question.way_out.format(**told)
        yield Obstacle(question.level, row.table_name, problem, way_out, query)


def _columns(wanted: Sequence[changes.AlterColumn | Replaced | changes.DropColumn], live: Schema) -> list[Column]:
    """The columns of these changes, as the server spells them; one that is not there yet has nothing to lose."""
    return [
        column
        for change in wanted
        if change.table in live.tables and change.name in live.tables[change.table].columns
        for column in _spelled(live.tables[change.table], (change.name,))
    ]


def _gets_shorter(change: changes.AlterColumn, live: Schema) -> bool:
    column = changes.find_column(live, change.table, change.name)
    return column is not None and types.narrows(column.type, change.target(column, live.flavour).type)


def _tables(wanted: Sequence[Change], live: Schema) -> list[Column]:
    """A column of each table that is there and changes."""
    touched = {change.table for change in wanted if not isinstance(change, changes.KeepIndex)}
    return [
        column
        for table in live.tables.values()
        if table.name in touched
        for column in _spelled(table, tuple(table.columns)[:1])
    ]


def _key_columns(wanted: Sequence[Change], live: Schema) -> list[Column]:
    """The columns of the keys that are dropped."""
    found: list[Column] = []
    for change in wanted:
        if isinstance(change, changes.ReplacePrimaryKey) and change.table in live.tables:
            found += _spelled(live.tables[change.table], live.tables[change.table].key_columns)
        elif isinstance(change, changes.DropUnique) and change.table in live.tables:
            found += _spelled(live.tables[change.table], change.columns)
    return found


def _foreign_key_columns(wanted: Sequence[Change], live: Schema) -> list[Column]:
    return [
        column
        for change in wanted
        if isinstance(change, changes.ReplaceForeignKey) and change.table in live.tables
        for column in _spelled(live.tables[change.table], change.key.columns)
    ]


def _spelled(table: Table, columns: Sequence[str]) -> list[Column]:
    return [(names.spelling(table.name), names.spelling(names.found(name, table.columns))) for name in columns]
