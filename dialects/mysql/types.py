"""Names of types on MySQL and MariaDB, in both directions.

Display widths are dropped, as MySQL does since 8.0.19; TINYINT(1) is kept, since it is how BOOLEAN is stored
(https://dev.mysql.com/doc/refman/8.0/en/numeric-type-syntax.html).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import replace
from functools import cache

from apim_schema import sqltext
from apim_schema.capacity import Ladders
from apim_schema.schema import Column, Table

from .names import PREFIXED, column_of, sql

INTEGERS = ("TINYINT", "SMALLINT", "MEDIUMINT", "INTEGER", "BIGINT")
NUMBERS = (*INTEGERS, "DECIMAL", "FLOAT", "DOUBLE", "BIT")
TEXTS = ("CHAR", "VARCHAR", "ENUM", "SET")
LONG_TEXTS = ("TINYTEXT", "TEXT", "MEDIUMTEXT", "LONGTEXT")
BINARIES = ("BINARY", "VARBINARY", "TINYBLOB", "BLOB", "MEDIUMBLOB", "LONGBLOB")

SYNONYMS = {
    "INT": "INTEGER",
    "BOOLEAN": "TINYINT(1)",
    "BOOL": "TINYINT(1)",
    "NUMERIC": "DECIMAL",
    "DEC": "DECIMAL",
    "REAL": "DOUBLE",
    "DOUBLE PRECISION": "DOUBLE",
    "CHARACTER": "CHAR",
    "CHARACTER VARYING": "VARCHAR",
}
DEFAULT_LENGTHS = {"CHAR": "CHAR(1)", "DECIMAL": "DECIMAL(10,0)", "BINARY": "BINARY(1)", "BIT": "BIT(1)"}
BLOBS = ((255, "TINYBLOB"), (65_535, "BLOB"), (16_777_215, "MEDIUMBLOB"), (4_294_967_295, "LONGBLOB"))
"""The largest length in bytes of each: BLOB(n) means the smallest that holds n."""

UNSIGNED = tuple(f"{name} UNSIGNED" for name in INTEGERS)
LADDERS = Ladders(
    (
        INTEGERS,
        UNSIGNED,
        *((unsigned, *INTEGERS[place + 1 :]) for place, unsigned in enumerate(UNSIGNED)),
        ("CHAR", "VARCHAR", *LONG_TEXTS),
        ("VARBINARY", *(name for _, name in BLOBS)),
        ("FLOAT", "DOUBLE"),
    ),
    {
        **dict.fromkeys(("TIMESTAMP", "DATETIME", "TIME"), (0,)),
        **{name: (size // 4,) for name, (size, _) in zip(LONG_TEXTS, BLOBS, strict=True)},
        **{name: (size,) for size, name in BLOBS},
    },
)
"""A long text is as many bytes as the blob of its size, so a quarter of that in characters that fit for sure."""

KEY_BYTES, NARROW_KEY_BYTES = 3072, 767
"""The longest key of an InnoDB table, and the longest part of one in an older row format.

See https://dev.mysql.com/doc/refman/8.4/en/innodb-limits.html.
"""
ROW_BYTES = 65_535
"""The most of all columns of a row, whatever the engine.

See https://dev.mysql.com/doc/refman/8.4/en/column-count-limit.html.
"""
NARROW = ("COMPACT", "REDUNDANT")
FIXED_BYTES = {"INTEGER": 4, "SMALLINT": 2, "TINYINT": 1, "TINYINT(1)": 1, "TIMESTAMP": 4, "DATETIME": 5, "DATE": 3}
LONG_KEYS = {
    "AM_API_ENDPOINTS": ("API_UUID", "ENDPOINT_UUID", "ENDPOINT_NAME", "REVISION_UUID", "ORGANIZATION"),
    "IDN_INVALID_TOKENS": ("TOKEN_IDENTIFIER", "CONSUMER_KEY"),
    "IDN_OAUTH2_TOKEN_BINDING": ("TOKEN_ID", "TOKEN_BINDING_TYPE", "TOKEN_BINDING_VALUE"),
    "IDN_SCIM_GROUP": ("ROLE_NAME", "ATTR_NAME"),
}
"""The text columns of keys that would be longer than that in utf8mb4, in any release.

There a customer who runs utf8mb4 had to make columns or key parts shorter, and we make key parts shorter. They stay so
when a later release has a shorter key: one release's table does not tell. A test names what a new release adds to this.
"""
MULTIBYTE = {"utf8mb4": 4, "utf8mb3": 3, "utf8": 3, "utf16": 4, "utf16le": 4, "utf32": 4, "ucs2": 2, "gb18030": 4}
MULTIBYTE |= {"ujis": 3, "eucjpms": 3} | dict.fromkeys(("big5", "cp932", "euckr", "gb2312", "gbk", "sjis"), 2)
"""Bytes of the longest character; all other character sets have one byte a character."""

UNICODE = ("utf8mb4", "utf16", "utf16le", "utf32", "gb18030")
"""Character sets with all characters of every other one."""

UTF8 = ("utf8mb4", "utf8mb3", "utf8", "ascii")
"""Character sets whose bytes are UTF-8 as they stand."""

IMPLICIT = (("CURRENT_TIMESTAMP", "CURRENT_TIMESTAMP"), ("'0000-00-00 00:00:00'", None))
"""Default and ON UPDATE that a TIMESTAMP gets unasked where `explicit_defaults_for_timestamp` is off."""

NOW = re.compile(r"(?:CURRENT_TIMESTAMP|NOW|LOCALTIME|LOCALTIMESTAMP)(?:\((\d*)\))?")


def varchar(length: int) -> str:
    return f"VARCHAR({length})"


def char(length: int) -> str:
    return f"CHAR({length})"


def integer() -> str:
    return "INTEGER"


def bigint() -> str:
    return "BIGINT"


def flag() -> str:
    return "INTEGER"


def blob(size: str) -> str:
    return f"{size}BLOB"


def timestamp() -> str:
    return "TIMESTAMP"


def datetime() -> str:
    return "DATETIME"


@cache
def normalise_type(sql: str) -> str:
    """One spelling for types that mean the same: INT(11), INT and INTEGER are INTEGER."""
    name, length, rest = _parts(sqltext.fold(sql))
    name = SYNONYMS.get(name, name)
    if name in INTEGERS and (name, length) != ("TINYINT", "(1)"):
        length = ""
    if name in ("TIMESTAMP", "DATETIME", "TIME") and length == "(0)":
        length = ""
    if name == "BLOB" and length:
        name, length = next(blob for size, blob in BLOBS if int(length[1:-1]) <= size), ""
    return (DEFAULT_LENGTHS.get(name, name) if not length else name + length) + rest


def _parts(sql: str) -> tuple[str, str, str]:
    """A type's name, its length with the parentheses, and what follows (` UNSIGNED`)."""
    found = re.fullmatch(r"([A-Z ]+?) ?(\(.*\))?((?: UNSIGNED| SIGNED| ZEROFILL)*)", sql)
    if found is None:
        return sql, "", ""
    return found[1], (found[2] or "").replace(", ", ","), found[3].replace(" SIGNED", "")


def normalise_default(sql: str | None, type_: str) -> str | None:
    """One spelling for defaults that mean the same in a column of a (normalised) type.

    MySQL's information_schema shows text without quotes and MariaDB's with them; an expression must come in
    parentheses, as DDL has it.
    """
    if sql is None or sql.upper() == "NULL":
        return None
    if sqltext.base(type_) in TEXTS:
        return sql if sqltext.is_quoted(sql) or sql.startswith("(") else sqltext.quoted(sql)
    word = sqltext.fold(sql)
    if sqltext.base(type_) in NUMBERS:
        return sqltext.truth(word, "1", "0") if word in ("TRUE", "FALSE") else sqltext.number(word)
    now = NOW.fullmatch(word)
    return word if now is None else "CURRENT_TIMESTAMP" + (f"({now[1]})" if now[1] not in (None, "", "0") else "")


def is_text(type_: str) -> bool:
    return sqltext.base(type_) in (*TEXTS, *LONG_TEXTS)


def is_binary(type_: str) -> bool:
    return sqltext.base(type_) in BINARIES


def family(type_: str) -> str:
    """What a type may be altered into and read as: text is longer text, but never a number."""
    base = sqltext.base(type_)
    return "text" if is_text(type_) else "binary" if is_binary(type_) else "number" if base in INTEGERS else base


def characters(type_: str) -> int | None:
    """The length of a CHAR or VARCHAR, None for any other type."""
    found = re.fullmatch(r"(?:VAR)?CHAR\((\d+)\)", type_)
    return int(found[1]) if found else None


def capacity(type_: str) -> int | None:
    """The most bytes of a blob, None for any other type."""
    return {name: size for size, name in BLOBS}.get(type_)


def width(charset: str | None) -> int:
    """Bytes of the longest character; of an unknown character set, as many as there can be."""
    return MULTIBYTE.get(charset, 1) if charset else 4


def key_bytes(table: Table, parts: tuple[str, ...], charset: str | None) -> int:
    """Bytes of a key over these parts; `charset` is the table's own, None if unknown."""
    return sum(_part_bytes(table, part, charset) for part in parts)


def _part_bytes(table: Table, part: str, charset: str | None) -> int:
    prefix, column = PREFIXED.fullmatch(part), table.columns.get(column_of(part))
    if column is None:
        return 0
    length = int(prefix[2]) if prefix else characters(column.type)
    return FIXED_BYTES.get(column.type, 8) if length is None else length * width(column.charset or charset)


def row_bytes(table: Table) -> int:
    """The least bytes that the columns of a row have as the server counts them, which allows ROW_BYTES."""
    charset = table.options.get("charset")
    nullable = sum(column.nullable for column in table.columns.values())
    return sum(_stored(column, charset) for column in table.columns.values()) + (nullable + 7) // 8


def _stored(column: Column, charset: str | None) -> int:
    """A text or a blob of any length is kept elsewhere, but for its length and place."""
    base, length = sqltext.base(column.type), sqltext.length(column.type) or 0
    if base in (*LONG_TEXTS, *(name for _, name in BLOBS)):
        return 9
    if base not in ("CHAR", "VARCHAR", "BINARY", "VARBINARY"):
        return FIXED_BYTES.get(column.type, 1)
    size = length * (width(column.charset or charset) if is_text(column.type) else 1)
    return size + (1 if size <= 255 else 2) * base.startswith("VAR")


def is_narrow(table: Table, parts: tuple[str, ...]) -> bool:
    """Whether the table's row format is too narrow for one of these parts of a key."""
    widest = max(key_bytes(table, (part,), table.options.get("charset")) for part in parts)
    return table.options.get("row_format") in NARROW and widest > NARROW_KEY_BYTES


def fitting(table: Table, parts: tuple[str, ...], whole: Collection[str], charset: str | None) -> tuple[str, ...]:
    """The parts of a key, the longest of them cut to one length if it would be too long otherwise.

    Columns that are in `whole` keep their length: a foreign key can't lean on the beginning of a column.
    """
    free = [part for part in parts if part in table.columns and part not in whole]
    lengths = {part: characters(table.columns[part].type) for part in free}
    cut, length = parts, max((n for n in lengths.values() if n), default=0)
    while key_bytes(table, cut, charset) > KEY_BYTES and length > 1:
        length -= 1
        cut = tuple(f"{part}({length})" if (lengths.get(part) or 0) > length else part for part in parts)
    return cut


def as_found(table: Table, expected: Column, found: Column) -> Column:
    """A column of a release in the legal form that is nearest to what was found in `table`.

    Legal are a shorter VARCHAR in a key that would be too long in utf8mb4, the implicit attributes of a TIMESTAMP
    (https://dev.mysql.com/doc/refman/5.7/en/timestamp-initialization.html), and a character set that does not make
    a key shorter.
    """
    in_long_key = expected.name in LONG_KEYS.get(table.name, ())
    legal, collation = expected, found.collation or table.options.get("collation")
    if not (expected.charset and in_long_key and collation != expected.collation):
        legal = replace(expected, charset=found.charset, collation=found.collation)
    wanted, present = characters(expected.type), characters(found.type)
    if in_long_key and wanted and present and present < wanted:
        legal = replace(legal, type=found.type)
    if expected.type == "TIMESTAMP" and not found.nullable:
        legal = replace(legal, nullable=False)
        if expected.default is None and (found.default, found.on_update) in IMPLICIT:
            legal = replace(legal, default=found.default, on_update=found.on_update)
    return legal


def holds(wanted: str, found: str) -> bool:
    return LADDERS.hold(wanted, found)


def tells_apart(expected: Column, charset: str | None, collation: str | None) -> bool:
    """Whether a character set has all characters of the expected one, and its collation tells cases apart as that."""
    has_all = charset in (expected.charset, *UNICODE) or expected.charset == "ascii"
    caseless = [name is not None and "_ci" in name for name in (expected.collation, collation)]
    return has_all and caseless in ([True, True], [True, False], [False, False])


def keys_fit(table: Table, column: Column) -> bool:
    """Whether no key of the table is too long with this column; offline, where no character set is known, it is not."""
    charset, altered = table.options.get("charset"), table.with_column(column)
    keys = [key.columns for key in (table.primary_key, *table.unique, *table.indexes) if key]
    over = [parts for parts in keys if column.name in map(column_of, parts)]
    return charset is None or all(key_bytes(altered, parts, charset) <= KEY_BYTES for parts in over)


def same_key(table: str, expected: tuple[str, ...], found: tuple[str, ...]) -> bool:
    """Whether a key is what a release has; one that would be too long in utf8mb4 may have shorter parts.

    Or MariaDB makes a hash of them, which keeps equal rows out as well
    (https://mariadb.com/kb/en/create-table/#index-types).
    """
    if found[-1:] == ("[HASH]",):
        found = found[:-1]
    if table not in LONG_KEYS:
        return expected == found
    return tuple(map(column_of, expected)) == tuple(map(column_of, found))


def key_name(parts: tuple[str, ...]) -> str | None:
    """That of its first column; the key keeps it when the column is dropped, and loses only that part.

    See https://dev.mysql.com/doc/refman/8.4/en/create-table.html#create-table-indexes-keys, and for the part
    https://dev.mysql.com/doc/refman/8.4/en/alter-table.html#alter-table-add-drop-column.
    """
    return column_of(parts[0])


def length_of(expression: str, column: Column) -> str:
    """The number of characters of a text, which is what VARCHAR(n) counts."""
    return f"char_length({expression})"


def collide(columns: Sequence[str]) -> str:
    """The condition that two rows are the same under a unique key: a NULL is never another."""
    return " AND ".join(f"d.{name} = t.{name}" for name in columns)


def newly_equal(table: Table, key: tuple[str, ...], present: Column, wanted: Column) -> Sequence[str]:
    """What another collation takes for equal: case, accents or trailing blanks that the present one tells apart.

    Texts of the key that compare as the column does now get the other one along with it. See
    https://dev.mysql.com/doc/refman/8.4/en/charset-binary-collations.html#charset-binary-collations-trailing-space-comparisons.
    """
    (_, now), (charset, then) = table.charset_of(present), table.charset_of(wanted)
    if not (now and then and now != then and is_text(wanted.type)) or present.name not in map(column_of, key):
        return ()
    return [
        _compared(table, part, charset, then, now)
        for part in key
        if part.startswith("(") or column_of(part) in table.columns
    ]


def _compared(table: Table, part: str, charset: str | None, collation: str, instead_of: str) -> str:
    """A part of a key, in another collation where it is a text in this one."""
    prefix, column = PREFIXED.fullmatch(part), table.columns.get(column_of(part))
    if column is None:
        return part
    value = f"LEFT({sql(column.name)}, {prefix[2]})" if prefix else sql(column.name)
    if not is_text(column.type) or table.charset_of(column)[1] != instead_of:
        return value
    return f"CONVERT({value} USING {charset}) COLLATE {collation}"


def exact(expression: str) -> str:
    """By its bytes."""
    return f"CAST({expression} AS BINARY)"


def default_as_bytes(default: str) -> str | None:
    """None: a binary column has no default but an expression, and that only since MySQL 8.0.13."""
    return None


def sequence_of(default: str | None) -> str | None:
    """None: columns are numbered by AUTO_INCREMENT."""
    return None
