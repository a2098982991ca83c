"""Reading many rows at once on MySQL and MariaDB, where one query takes one processor: ranges of the primary key.

InnoDB has the rows in the order of that key, so that a range reads nothing else
(https://dev.mysql.com/doc/refman/8.4/en/innodb-index-types.html).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from itertools import pairwise, takewhile
from typing import Any, cast

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from apim_schema import sqltext
from apim_schema.schema import Column, Table

from . import names, session, types

ENDS = "SELECT MIN({column}), MAX({column}) FROM {table}"
IN_ORDER = "SELECT DISTINCT HEX(v) FROM ({values}) AS t ORDER BY v"
VALUE = "SELECT CONVERT(_utf8mb4 0x{hex} USING {charset}) COLLATE {collation} AS v"
"""A character set, a collation and a value in their own terms: only the server knows the order of its texts."""

DIGITS, PLACES = [chr(code) for code in range(32, 127)], 8
"""The characters that texts are divided by, and so many of them behind what all texts have in common."""
FINER = 4
"""Times as many ranges as asked for are made of texts: their characters are not evenly used."""

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


def parts(connection: Connection, schema: str | None, table: Table, number: int) -> Sequence[str]:
    """Ranges of the first column of the primary key, where that is a whole number or a short text.

    They divide what is between its least and its greatest value evenly, without looking at what lies there.
    """
    column = table.columns.get(table.primary_key.columns[0]) if table.primary_key else None
    base = sqltext.base(column.type) if column else ""
    if column is None or base not in (*types.INTEGERS, "CHAR", "VARCHAR"):
        return ()
    name = names.sql(column.name)
    ((low, high),) = _ask(connection, ENDS.format(column=name, table=names.qualified(table.name, schema)))
    if low is None:
        return ()
    of_texts = partial(_texts, connection, table, column)
    starts = (_numbers if base in types.INTEGERS else of_texts)(low, high, number)
    ranges = [f"{name} >= {start} AND {name} < {end}" for start, end in pairwise(starts)]
    return [f"{name} < {starts[0]}", *ranges, f"{name} >= {starts[-1]}"] if starts else ()


def _numbers(low: int, high: int, number: int) -> list[str]:
    return [str(value) for value in sorted({low + (high - low) * part // number for part in range(1, number)})]


def _texts(connection: Connection, table: Table, column: Column, low: str, high: str, number: int) -> list[str]:
    """Texts between these two in the order of the column's collation, each by its bytes."""
    charset, collation = table.charset_of(column)
    if charset is None or collation is None:
        return []
    values = (
        VALUE.format(hex=text.encode().hex(), charset=charset, collation=collation)
        for text in divided(low, high, number * FINER)
    )
    found = _ask(connection, IN_ORDER.format(values=" UNION ALL ".join(values)))
    return [f"_{charset} 0x{value}" for (value,) in found]


def divided(low: str, high: str, number: int) -> list[str]:
    """Texts that divide what lies between two into so many parts, as far as these differ in their first characters."""
    common = low[: sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(low, high, strict=False)))]
    first, last = (_value(text[len(common) :]) for text in (low, high))
    values = sorted({first + (last - first) * part // number for part in range(1, number)})
    return [common + _digits(value) for value in values]


def _value(text: str) -> int:
    """A text as a number to the base of the digits; what is none of them counts as the last one."""
    value = 0
    for character in text[:PLACES].ljust(PLACES):
        value = value * len(DIGITS) + (DIGITS.index(character) if character in DIGITS else len(DIGITS) - 1)
    return value


def _digits(value: int) -> str:
    digits = []
    for _ in range(PLACES):
        value, digit = divmod(value, len(DIGITS))
        digits.append(DIGITS[digit])
    return "".join(reversed(digits))


def _ask(connection: Connection, sql: str) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in connection.exec_driver_sql(sql, execution_options={"no_parameters": True})]


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
