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

from apim_schema.schema import Table

from . import names, ranges, session

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
    """Ranges of the first column of the primary key, where that is a whole number or a short text."""
    starts = ranges.starts(connection, schema, table, part)
    if not starts:
        return ()
    (first, *_), (*_, last) = starts, starts
    name = names.sql(table.key_columns[0])
    between = [f"{name} >= {start} AND {name} < {end}" for start, end in pairwise(starts)]
    return [f"{name} < {first}", *between, f"{name} >= {last}"]


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
