"""What a script writes into the history: that it has begun and that it has ended.

The statements are SQLAlchemy's, written out for the database's own client. A script that can be run again is one run,
however often it is cut off.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import (
    ClauseElement,
    DateTime,
    Insert,
    Table,
    Update,
    func,
    literal,
    literal_column,
    make_url,
    null,
    select,
)
from sqlalchemy.schema import CreateTable

from apim_schema import __version__, flavours, history
from apim_schema.dialect import Dialect


def begun(dialect: Dialect, database: str, start: str, target: str, schema: str | None) -> Iterator[str]:
    """The table where it is missing, and the row of this run, unless it is there from the time before."""
    table = history.table(schema)
    name = dialect.names.qualified(history.NAME.upper(), schema).replace(history.NAME.upper(), history.NAME)
    yield dialect.script.own_table(name, _text(dialect, CreateTable(table)))
    yield dialect.script.plain(_text(dialect, _insert(dialect, table, database, start, target)))


def ended(dialect: Dialect, database: str, target: str, schema: str | None) -> str:
    """Says that the run has come to its end, and what it can't say: whether a row has changed."""
    return dialect.script.plain(_text(dialect, _update(dialect, history.table(schema), database, target)))


def _insert(dialect: Dialect, table: Table, database: str, start: str, target: str) -> Insert:
    row = {
        table.c.database_name: literal(database),
        table.c.run: func.coalesce(func.max(table.c.run), 0) + 1,
        table.c.from_release: literal(start),
        table.c.to_release: literal(target),
        table.c.outcome: literal(history.STARTED),
        table.c.verdict: null(),
        table.c.statements: literal(0),
        table.c.planned: literal(0),
        table.c.rows_compared: literal(0),
        table.c.started_at: literal_column(dialect.script.NOW),
        table.c.done_by: literal_column(dialect.script.WHO),
        table.c.tool_version: literal(__version__),
    }
    same = table.alias("same")
    open_ = select(same.c.run).where(
        same.c.database_name == database, same.c.to_release == target, same.c.outcome == history.STARTED
    )
    values = [value.label(column.name) for column, value in row.items()]
    made = select(*values).where(table.c.database_name == database).having(~open_.exists())
    return table.insert().from_select(list(row), made)


def _update(dialect: Dialect, table: Table, database: str, target: str) -> Update:
    this = (table.c.database_name == database, table.c.to_release == target, table.c.outcome == history.STARTED)
    now = literal_column(dialect.script.NOW, DateTime)
    return table.update().where(*this).values(outcome=history.FINISHED, verdict=history.BY_SCRIPT, finished_at=now)


def _text(dialect: Dialect, statement: ClauseElement) -> str:
    """The statement as its client reads it, without the blanks at the ends of lines."""
    written = make_url(f"{flavours.driver(dialect.name)}://").get_dialect()()
    text = str(statement.compile(dialect=written, compile_kwargs={"literal_binds": True})).strip()
    return "\n".join(line.rstrip() for line in text.expandtabs(4).splitlines())
