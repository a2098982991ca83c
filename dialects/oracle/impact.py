"""What each change costs on Oracle, and which rows stand in its way.

Locks are those of V$LOCK's type TM
(https://docs.oracle.com/en/database/oracle/oracle-database/19/cncpt/data-concurrency-and-consistency.html), and DDL
locks, which every ALTER TABLE takes for the moment in which it changes the dictionary. Readers never wait.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import singledispatch

from apim_schema import changes, sqltext
from apim_schema.changes import Change
from apim_schema.hazards import WARN, Hazard
from apim_schema.impact import DDL, IN_PLACE, METADATA, NOTHING, REBUILD, SCAN, WRITES, Blocks, Impact, Work
from apim_schema.schema import Column, ForeignKey, Schema, Table

from . import types, utf8

NONE = "none"
DDL_LOCK = "exclusive DDL lock"
ROW_EXCLUSIVE = "row exclusive (TM mode 3)"
SHARE = "share (TM mode 4)"
EXCLUSIVE = "exclusive (TM mode 6)"
BLOCKED: Mapping[str, Blocks] = {
    NONE: NOTHING,
    ROW_EXCLUSIVE: DDL,
    DDL_LOCK: WRITES,
    SHARE: WRITES,
    EXCLUSIVE: WRITES,
}

MANUAL = "https://docs.oracle.com/en/database/oracle/oracle-database/19/"
ALTER_TABLE, CREATE_TABLE, CREATE_INDEX, CREATE_TRIGGER = (
    "sqlrf/ALTER-TABLE",
    "sqlrf/CREATE-TABLE",
    "sqlrf/CREATE-INDEX",
    "lnpls/CREATE-TRIGGER-statement",
)
LOCKS = "cncpt/data-concurrency-and-consistency"

LONGEST_KEY = 6398
"""Bytes of an index key in a block of 8K, the default size."""


def _impact(work: Work, lock: str, page: str, referenced: Sequence[str] = ()) -> Impact:
    return Impact(work, lock, BLOCKED[lock], f"{MANUAL}{page}.html", tuple(referenced))


STEPS: Sequence[tuple[re.Pattern[str], Impact]] = tuple(
    (re.compile(words), impact)
    for words, impact in (
        (r"^(CREATE|DROP) SEQUENCE\b", _impact(METADATA, NONE, CREATE_TABLE)),
        (r"^CREATE (UNIQUE )?INDEX\b", _impact(IN_PLACE, SHARE, CREATE_INDEX)),
        (r"\bcopied_rows INTEGER|^DECLARE\s+found_text", _impact(REBUILD, ROW_EXCLUSIVE, LOCKS)),
        (r"\bMODIFY \(\S+ NOT NULL\)", _impact(SCAN, EXCLUSIVE, ALTER_TABLE)),
        (r"\bADD \(\S+ [^ ]+\)$|\bMODIFY \(\S+ DEFAULT ", _impact(METADATA, DDL_LOCK, ALTER_TABLE)),
        (r"\bRENAME COLUMN\b|\bDROP (PRIMARY KEY|UNIQUE)\b", _impact(METADATA, DDL_LOCK, ALTER_TABLE)),
        (r"^ALTER TABLE \S+ DROP CONSTRAINT\b|^BEGIN\s+FOR k IN", _impact(METADATA, DDL_LOCK, ALTER_TABLE)),
    )
)
"""What the statements are known by that stand around, or do, the work of a change; the first that fits counts."""


def of_statement(sql: str, change: Change, live: Schema) -> Impact:
    """What one of the statements of a change costs: those around the one that does the work may cost less."""
    if change.table not in live.tables and not sql.startswith("CREATE TABLE"):
        return _impact(METADATA, NONE, CREATE_TABLE)
    return next((impact for words, impact in STEPS if words.search(sql)), None) or assess(change, live)


@singledispatch
def assess(change: Change, live: Schema) -> Impact:
    """What a change that is still to be made costs: the dictionary alone, for a key that goes."""
    return _impact(METADATA, DDL_LOCK, ALTER_TABLE)


@assess.register
def _create_table(change: changes.CreateTable, live: Schema) -> Impact:
    """Nobody knows a new table yet, but those that its foreign keys point to; one that is there lacks indexes."""
    if change.table in live.tables:
        return _impact(IN_PLACE, SHARE, CREATE_INDEX)
    referenced = sorted({key.ref_table for key in change.definition.foreign_keys} - {change.table})
    return _impact(METADATA, DDL_LOCK if referenced else NONE, CREATE_TABLE, referenced)


@assess.register
def _add_column(change: changes.AddColumn, live: Schema) -> Impact:
    """A default is kept in the dictionary alone: of NOT NULL since 11g, of any since 12c; a LOB's is written."""
    column = change.column
    written = column.type in types.LOBS and (column.default or change.fill) is not None
    return _impact(REBUILD, EXCLUSIVE, ALTER_TABLE) if written else _impact(METADATA, DDL_LOCK, ALTER_TABLE)


@assess.register
def _alter_column(change: changes.AlterColumn, live: Schema) -> Impact:
    """A column that gets shorter, or must have a value, is looked at row by row."""
    column = live.tables[change.table].columns[change.name]
    wanted = change.target(column, live.flavour)
    shorter = wanted.type != column.type and _length(wanted) < _length(column)
    stricter = wanted.nullable < column.nullable
    return _impact(SCAN, EXCLUSIVE, ALTER_TABLE) if shorter or stricter else _impact(METADATA, DDL_LOCK, ALTER_TABLE)


@assess.register(changes.TextToBinary)
@assess.register(changes.BinaryToText)
@assess.register(changes.DropColumn)
def _drop_column(change: Change, live: Schema) -> Impact:
    """Dropping a column, which a conversion does with the old one, writes every row once more."""
    return _impact(REBUILD, EXCLUSIVE, ALTER_TABLE)


@assess.register
def _replace_primary_key(change: changes.ReplacePrimaryKey, live: Schema) -> Impact:
    return _impact(IN_PLACE, EXCLUSIVE, ALTER_TABLE)


@assess.register
def _replace_foreign_key(change: changes.ReplaceForeignKey, live: Schema) -> Impact:
    return _impact(SCAN, EXCLUSIVE, ALTER_TABLE, (change.key.ref_table,))


@assess.register
def _create_unique(change: changes.CreateUnique, live: Schema) -> Impact:
    """All rows are read to build the key's index."""
    return _impact(IN_PLACE, EXCLUSIVE, ALTER_TABLE)


@assess.register
def _create_index(change: changes.CreateIndex, live: Schema) -> Impact:
    return _impact(IN_PLACE, SHARE, CREATE_INDEX)


@assess.register
def _keep_index(change: changes.KeepIndex, live: Schema) -> Impact:
    return _impact(METADATA, NONE, CREATE_INDEX)


@singledispatch
def hazards(change: Change, live: Schema) -> Sequence[Hazard]:
    """The rows that Oracle's own limits stand in the way of."""
    return ()


@hazards.register
def _no_text(change: changes.BinaryToText, live: Schema) -> Sequence[Hazard]:
    """Bytes that are no text here, and texts that are too long."""
    column = live.tables[change.table].columns.get(change.name)
    if column is None or not types.is_bytes(column):
        return ()
    return utf8.hazards(column, change.column.type, live)


@hazards.register
def _shorter_text(change: changes.AlterColumn, live: Schema) -> Sequence[Hazard]:
    """A text that becomes shorter once it is a text again."""
    column = live.tables[change.table].columns.get(change.name)
    if change.type is None or column is None or not types.is_bytes(column):
        return ()
    return utf8.too_long(column, change.type, live)


@hazards.register
def _new_index(change: changes.CreateIndex, live: Schema) -> Sequence[Hazard]:
    return _key_size(live.tables[change.table], change.index.columns, change.index.name)


@hazards.register
def _new_unique(change: changes.CreateUnique, live: Schema) -> Sequence[Hazard]:
    columns = change.key.columns
    return _key_size(live.tables[change.table], columns, change.key.name or f"({', '.join(columns)})")


def _key_size(table: Table, columns: Sequence[str], name: str) -> Sequence[Hazard]:
    """A new index whose key may be longer than a block of 8K allows (ORA-01450).

    The server goes by the lengths of the columns, not of the values, so one row is enough to show it; in a
    tablespace with larger blocks it is no obstacle, hence a warning. With MAX_STRING_SIZE = STANDARD, where no text has
    more than 4000 bytes, no release comes near.
    """
    length = key_length(table, columns)
    if length <= LONGEST_KEY:
        return ()
    told = f"the key of {name} may have {length} bytes, and ORA-01450 stops it at {LONGEST_KEY} in 8K blocks"
    return (Hazard(WARN, told, "ROWNUM = 1"),)


def key_length(table: Table, columns: Sequence[str]) -> int:
    """The bytes that an index key over these columns may have at most, not counting expressions."""
    return sum(_bytes(table.columns[name]) for name in columns if name in table.columns)


def _bytes(column: Column) -> int:
    """The bytes of a text, as the server says; of any other type it is the longest that numbers and times have."""
    if sqltext.base(column.type) not in types.IN_UNITS:
        return 22
    most = _length(column) * (utf8.LONGEST_CHARACTER if column.unit == "CHAR" else 1)
    return column.bytes or min(most, utf8.LONGEST_TEXT)


def _length(column: Column) -> int:
    found = re.search(r"\((\d+)", column.type)
    return int(found[1]) if found else 0


def rechecked(change: Change, live: Schema) -> Sequence[ForeignKey]:
    """The foreign key that is made anew: no other change looks at rows again."""
    return (change.key,) if isinstance(change, changes.ReplaceForeignKey) else ()
