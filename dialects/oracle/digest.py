"""Hashes rows on the server: one scan a table, a count and a sum of 64-bit hashes for each bucket of the primary key.

STANDARD_HASH takes a value of any type but LOBs, as it is stored, so that no format and no session setting has a
part in it (https://docs.oracle.com/en/database/oracle/oracle-database/19/sqlrf/STANDARD_HASH.html). Texts may hold
4000 bytes each and so may a whole expression: every column is hashed, and the row is the hash of these hashes.
LOBs are hashed by DBMS_CRYPTO where the login may use it and DBMS_LOB, and else streamed to the client and hashed
there.

For a column that some release converts from text to UTF-8 no expression gives one form before and after on every
server: TO_CHAR of a BLOB ends at 4000 bytes. So these few columns are always streamed, text as its UTF-8 bytes.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from apim_schema import sqltext
from apim_schema.errors import Refused
from apim_schema.hashed import Bucket, Compared, HashedRow
from apim_schema.schema import Table

from . import names, session

HASH = "RAWTOHEX(STANDARD_HASH({0}, 'SHA256'))"
LOB_HASH = "RAWTOHEX(DBMS_CRYPTO.HASH({0}, 4))"
"""4 is DBMS_CRYPTO.HASH_SH256, a constant that SQL can't name."""
VALUE = "CASE WHEN {0} IS NULL THEN '-' ELSE {1} END"
"""What stands for a column: NULL is a dash, which no hash is."""
LOB_VALUE = "CASE WHEN {0} IS NULL THEN '-' WHEN DBMS_LOB.GETLENGTH({0}) = 0 THEN '+' ELSE {1} END"
PROBE = LOB_VALUE.format("TO_BLOB(HEXTORAW('00'))", LOB_HASH.format("TO_BLOB(HEXTORAW('00'))"))
"""Both packages may be taken from PUBLIC."""
AT_ONCE = 60
"""How many of them fit into the 4000 bytes of an expression, at 64 each."""
BUCKET = "TO_NUMBER(SUBSTR({0}, 1, 3), 'XXX')"
LEAST_WEIGHT = 2**24
WEIGHT = f"(TO_NUMBER(SUBSTR({{0}}, 4, 6), 'XXXXXX') + {LEAST_WEIGHT})"
"""25 bits of the hash of a key that the bucket has not; so large that few of them divide a number, and so small that a
NUMBER, of 38 digits, holds the sum of a thousand million hashes of 64 bits times it."""
NUMBER = "TO_NUMBER(SUBSTR({0}, 1, 16), 'XXXXXXXXXXXXXXXX')"

HASHABLE = {
    *("CHAR", "VARCHAR2", "NCHAR", "NVARCHAR2", "NUMBER", "INTEGER", "FLOAT", "BINARY_FLOAT", "BINARY_DOUBLE"),
    *("DATE", "TIMESTAMP", "INTERVAL", "RAW", "ROWID", "UROWID"),
}
LOBS = {
    "BLOB": "{0}",
    "CLOB": "{0}",
    "NCLOB": "{0}",
    "XMLTYPE": "XMLSERIALIZE(CONTENT {0} AS CLOB)",
    "JSON": "JSON_SERIALIZE({0} RETURNING CLOB)",
    "LONG": "{0}",
}
"""How to get a LOB of each type, any other is got by its name; LONG and LONG RAW can only be fetched."""
CHUNK = 2**20
"""Bytes of a BLOB that are read at a time."""


def method(connection: Connection) -> str:
    """What this server hashes with."""
    lobs = "by DBMS_CRYPTO" if _crypto(connection) else "streamed to the client"
    return f"STANDARD_HASH SHA-256, LOBs {lobs}"


def buckets(
    connection: Connection,
    schema: str | None,
    table: Table,
    compared: Sequence[Compared],
    most: int | None = None,
    part: str = "",
) -> dict[int, Bucket]:
    """Rows and hash sums of one table by bucket, in one scan. Equal rows count as often as they stand.

    With `most`, of no more rows than that, whichever the server comes to first; with `part`, a condition, of those
    that fulfil it.

    Raises Refused where a column is of a type that can't be compared.
    """
    key, row, lobs = _hashes(connection, table, compared)
    source = names.qualified(table.name, schema)
    if part:
        source += f" WHERE {part}"
    if most is not None:
        source = f"(SELECT * FROM {source} WHERE ROWNUM <= {most:d})"
    if lobs:
        return _summed(_streamed(connection, table, source, key, row, lobs))
    hashed = f"SELECT {f'{key} AS k, ' if key else ''}{row} AS r FROM {source}"
    bucket, weight = (form.format("k" if key else "r") for form in (BUCKET, WEIGHT))
    total = f"TO_CHAR(SUM({NUMBER.format('r')} * {weight}))"
    found = _ask(connection, f"SELECT {bucket}, COUNT(*), {total} FROM ({hashed}) GROUP BY {bucket}")
    return {int(number): Bucket(int(count), int(total)) for number, count, total in found}


def rows(
    connection: Connection,
    schema: str | None,
    table: Table,
    compared: Sequence[Compared],
    buckets: Sequence[int],
    named: Sequence[str],
) -> list[HashedRow]:
    """The rows in these buckets, hashed as by `buckets`, each with its values of the `named` columns."""
    key, row, lobs = _hashes(connection, table, compared)
    source, bucket = names.qualified(table.name, schema), BUCKET.format(key or row)
    if lobs:
        source += f" WHERE {_is_one_of(bucket, buckets)}" if key else ""
        wanted = set(buckets)
        return [
            found for found in _streamed(connection, table, source, key, row, lobs, named) if found.bucket in wanted
        ]
    hashes = (bucket, f"TO_CHAR({NUMBER.format(row)})", WEIGHT.format(key or row))
    select = f"SELECT {', '.join((*hashes, *map(names.sql, named)))} FROM {source}"
    with _readable(table, named):
        found = _ask(connection, f"{select} WHERE {_is_one_of(bucket, buckets)}")
    return [HashedRow(int(bucket), int(number), int(weight), tuple(name)) for bucket, number, weight, *name in found]


def _is_one_of(bucket: str, buckets: Sequence[int]) -> str:
    """The condition that a row is in one of these: a list holds no more than 1000 (ORA-01795)."""
    lists = (buckets[start : start + 1000] for start in range(0, len(buckets), 1000))
    return " OR ".join(f"{bucket} IN ({', '.join(map(str, numbers))})" for numbers in lists)


def _hashes(
    connection: Connection, table: Table, compared: Sequence[Compared]
) -> tuple[str | None, str, list[Compared]]:
    """The hash of a row's primary key, None where it has none, that of the row, and what is for the client to hash.

    Where there is such a column, the second is the hash of the others only.
    """
    lobs = [column for column in compared if _kind(table, column) in LOBS or _is_streamed(table, column)]
    row = HASH.format(_joined([_value(table, column) for column in compared if column not in lobs]))
    if not lobs or not _crypto(connection) or any(_is_streamed(table, column) for column in lobs):
        return _key(table), row, lobs
    return _key(table), HASH.format(_joined([row, *(_lob_value(_lob(table, column)) for column in lobs)])), []


@contextmanager
def _readable(table: Table, columns: Sequence[str]) -> Iterator[None]:
    """Names the columns of which one holds bytes that are no text: the driver can't hand them over."""
    try:
        yield
    except UnicodeDecodeError as error:
        raise Refused(
            f"{table.name}: a text in {' or '.join(columns)} is not valid in the database's character set ({error}), "
            "and can be neither read nor converted",
            way_out="find it, as with Oracle's DMU, and correct it",
        ) from None


def _crypto(connection: Connection) -> bool:
    """Whether this login may hash with DBMS_CRYPTO, and tell an empty LOB by DBMS_LOB."""
    try:
        _ask(connection, f"SELECT {PROBE} FROM DUAL")
    except DBAPIError:
        return False
    return True


def _kind(table: Table, column: Compared) -> str:
    """The type without its length, as the column had it; a LONG RAW is a LONG."""
    return sqltext.base(table.columns[column.name].type)


def _is_streamed(table: Table, column: Compared) -> bool:
    """Whether the server can't hash a column, or not in the form that it had."""
    return _kind(table, column) == "LONG" or column.becomes_binary


def _value(table: Table, column: Compared) -> str:
    return VALUE.format(column.expression, _hash(table, column))


def _hash(table: Table, column: Compared) -> str:
    """The hash of a value that is there; STANDARD_HASH is not said to take a BOOLEAN."""
    kind = _kind(table, column)
    if kind == "BOOLEAN":
        return f"CASE WHEN {column.expression} THEN 'T' ELSE 'F' END"
    if kind not in HASHABLE:
        raise Refused(
            f"{table.name}.{column.name} is {table.columns[column.name].type}, which can't be compared",
            found="no proof is possible that its rows do not change",
            way_out="move the table to another schema",
        )
    return HASH.format(column.expression)


def _lob(table: Table, column: Compared) -> str:
    return LOBS.get(_kind(table, column), "{0}").format(column.expression)


def _lob_value(lob: str) -> str:
    return LOB_VALUE.format(lob, LOB_HASH.format(lob))


def _joined(values: Sequence[str]) -> str:
    """The values one after the other; where they are too many, the hashes of them in groups."""
    if len(values) > AT_ONCE:
        groups = (values[start : start + AT_ONCE] for start in range(0, len(values), AT_ONCE))
        return _joined([HASH.format(_joined(group)) for group in groups])
    return " || ".join(values) or "'-'"


def _key_columns(table: Table) -> list[str]:
    """The columns of the primary key; one that is switched off says so in the place of a column."""
    return [name for name in table.primary_key.columns if name in table.columns] if table.primary_key else []


def _key(table: Table) -> str | None:
    """The hash of a row's primary key, None where the table has none."""
    columns = [_hash(table, Compared(name, names.sql(name))) for name in _key_columns(table)]
    return HASH.format(_joined(columns)) if columns else None


def _summed(rows: Iterable[HashedRow]) -> dict[int, Bucket]:
    counts: dict[int, int] = defaultdict(int)
    totals: dict[int, int] = defaultdict(int)
    for row in rows:
        counts[row.bucket] += 1
        totals[row.bucket] += row.hash * row.weight
    return {bucket: Bucket(counts[bucket], totals[bucket]) for bucket in counts}


def _streamed(
    connection: Connection,
    table: Table,
    source: str,
    key: str | None,
    row: str,
    lobs: Sequence[Compared],
    named: Sequence[str] = (),
) -> Iterator[HashedRow]:
    """The rows of a table, or of a part of it, the LOBs of each read piece by piece and hashed with the rest of it.

    It is the driver's own cursor: SQLAlchemy's would fetch LOBs whole, and an empty one as None.
    """
    wanted = (key or "NULL", row, *map(names.sql, named), *(_lob(table, column) for column in lobs))
    hidden = [*named, *(column.name for column in lobs)]
    with _readable(table, hidden), session.driver_cursor(connection) as cursor:
        cursor.outputtypehandler = lambda cursor, metadata: None
        cursor.execute(f"SELECT {', '.join(wanted)} FROM {source}")
        for of_key, rest, *values in cursor:
            name, read = values[: len(named)], values[len(named) :]
            digest = hashlib.sha256("".join((rest, *map(lob_value, read))).encode()).hexdigest()
            by = of_key or digest
            yield HashedRow(int(by[:3], 16), int(digest[:16], 16), int(by[3:9], 16) + LEAST_WEIGHT, tuple(name))


def lob_value(lob: Any) -> str:
    """What stands for a value as the driver hands it over: None, the locator of a LOB, or a text or bytes."""
    if lob is None:
        return "-"
    digest, empty = hashlib.sha256(), True
    for piece in _pieces(lob):
        digest.update(piece.encode() if isinstance(piece, str) else piece)
        empty = empty and not piece
    return "+" if empty else digest.hexdigest().upper()


def _pieces(lob: Any) -> Iterator[str | bytes]:
    """Bytes come in pieces; a text comes whole, since a piece could end within a character."""
    if isinstance(lob, str | bytes):
        yield lob
    elif lob.type.name != "DB_TYPE_BLOB":
        yield lob.read()
    else:
        for start in range(1, lob.size() + 1, CHUNK):
            yield lob.read(start, CHUNK)


def _ask(connection: Connection, sql: str) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in connection.exec_driver_sql(sql, execution_options={"no_parameters": True})]
