"""Names of types on MySQL and MariaDB, in both directions.

Display widths are dropped, as MySQL does since 8.0.19; TINYINT(1) is kept, since it is how BOOLEAN is stored
(https://dev.mysql.com/doc/refman/8.0/en/numeric-type-syntax.html).
"""

from __future__ import annotations

import re

from apim_schema import sqltext

INTEGERS = ("TINYINT", "SMALLINT", "MEDIUMINT", "INTEGER", "BIGINT")
NUMBERS = (*INTEGERS, "DECIMAL", "FLOAT", "DOUBLE", "BIT")
TEXTS = ("CHAR", "VARCHAR", "ENUM", "SET")

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


def sequence_of(default: str | None) -> str | None:
    """None: columns are numbered by AUTO_INCREMENT."""
    return None
