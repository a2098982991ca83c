"""Reading many rows at once on MySQL and MariaDB, where one query takes one processor: ranges of the primary key.

InnoDB has the rows in the order of that key, so that a range reads nothing else
(https://dev.mysql.com/doc/refman/8.4/en/innodb-index-types.html).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from itertools import pairwise
from typing import Any, cast

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from apim_schema import sqltext
from apim_schema.schema import Column, Table

from . import names, session, types

NEXT = "SELECT {value} FROM {table} FORCE INDEX (PRIMARY) {since} ORDER BY {column} LIMIT 1 OFFSET {rows}"
PROCESSORS = "SELECT vcpu_ids FROM information_schema.resource_groups WHERE resource_group_name = 'USR_default'"
"""Of MySQL, as "0-7" or "0,2"."""
POOL = "SHOW GLOBAL VARIABLES LIKE 'thread_pool_size'"
"""Of MariaDB: the server's processors, unless somebody has set it."""


def jobs(connection: Connection) -> int:
    """The server's processors; one where it does not tell."""
    with suppress(DBAPIError):
        return _counted(str(connection.scalar(text(PROCESSORS)) or "0"))
    found = connection.exec_driver_sql(POOL).first()
    return int(found[1]) if found else 1


def _counted(processors: str) -> int:
    ranges = re.findall(r"(\d+)(?:-(\d+))?", processors)
    return sum(int(last or first) - int(first) + 1 for first, last in ranges)


def parts(connection: Connection, schema: str | None, table: Table, rows: int, part: int) -> Sequence[str]:
    """Ranges of the first column of the primary key, where that is a whole number or a short text.

    They begin with values that it has. To walk from one to the next takes a tenth of what hashing the rows does, and
    is right however the values lie.
    """
    column = table.columns.get(table.primary_key.columns[0]) if table.primary_key else None
    if column is None or sqltext.base(column.type) not in (*types.INTEGERS, "CHAR", "VARCHAR"):
        return ()
    name = names.sql(column.name)
    starts = list(_starts(connection, names.qualified(table.name, schema), table, column, part))
    ranges = [f"{name} >= {start} AND {name} < {end}" for start, end in pairwise(starts)]
    return [f"{name} < {starts[0]}", *ranges, f"{name} >= {starts[-1]}"] if starts else ()


def _starts(connection: Connection, qualified: str, table: Table, column: Column, rows: int) -> Iterator[str]:
    """Values of the column as SQL, a text by its bytes, each so many rows behind the one before."""
    name, since = names.sql(column.name), ""
    charset = table.charset_of(column)[0] if types.is_text(column.type) else None
    value = f"CONCAT('_{charset} 0x', HEX({name}))" if charset else name
    while True:
        asked = NEXT.format(value=value, table=qualified, since=since, column=name, rows=rows)
        start = connection.exec_driver_sql(asked, execution_options={"no_parameters": True}).scalar()
        if start is None:
            return
        yield str(start)
        since = f"WHERE {name} > {start}"


@contextmanager
def readers(connection: Connection, schema: str | None, number: int) -> Iterator[Sequence[Connection]]:
    """The given one and others, as many as the server admits; each query sees what is committed when it begins."""
    with ExitStack() as stack:
        found = [connection]
        with suppress(DBAPIError):
            for _ in range(number - 1):
                found.append(stack.enter_context(session.connect(connection.engine, schema)))
        yield found


def cancel(connection: Connection) -> None:
    """Has another connection end the query that runs on this one, which the server would else go on with."""
    number = cast(Any, connection.connection.dbapi_connection).thread_id()
    with suppress(SQLAlchemyError), connection.engine.connect() as other:
        other.exec_driver_sql(f"KILL QUERY {number:d}")
