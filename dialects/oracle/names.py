"""Names, between the model and the server: both write them in upper case.

A name that the server would not take as it stands, such as one with small letters or a reserved word, is put in
quotes. See https://docs.oracle.com/en/database/oracle/oracle-database/19/sqlrf/Database-Object-Names-and-Qualifiers.html.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

REGULAR = re.compile(r"[A-Z][A-Z0-9_$#]*")
WORDS = """
    ACCESS ADD ALL ALTER AND ANY AS ASC AUDIT BETWEEN BY CHAR CHECK CLUSTER COLUMN COLUMN_VALUE COMMENT COMPRESS
    CONNECT CREATE CURRENT DATE DECIMAL DEFAULT DELETE DESC DISTINCT DROP ELSE EXCLUSIVE EXISTS FILE FLOAT FOR FROM
    GRANT GROUP HAVING IDENTIFIED IMMEDIATE IN INCREMENT INDEX INITIAL INSERT INTEGER INTERSECT INTO IS LEVEL LIKE
    LOCK LONG MAXEXTENTS MINUS MLSLABEL MODE MODIFY NESTED_TABLE_ID NOAUDIT NOCOMPRESS NOT NOWAIT NULL NUMBER OF
    OFFLINE ON ONLINE OPTION OR ORDER PCTFREE PRIOR PUBLIC RAW RENAME RESOURCE REVOKE ROW ROWID ROWNUM ROWS SELECT
    SESSION SET SHARE SIZE SMALLINT START SUCCESSFUL SYNONYM SYSDATE TABLE THEN TO TRIGGER UID UNION UNIQUE UPDATE
    USER VALIDATE VALUES VARCHAR VARCHAR2 VIEW WHENEVER WHERE WITH"""
RESERVED = frozenset(WORDS.split())
"""https://docs.oracle.com/en/database/oracle/oracle-database/19/sqlrf/Oracle-SQL-Reserved-Words.html"""


def sql(name: str) -> str:
    """A model's name as a statement writes it: in quotes only where SQL needs them."""
    return name if REGULAR.fullmatch(name) and name not in RESERVED else f'"{name}"'


def owner(schema: str) -> str:
    """The server's name of a schema as a person writes it: `apim` is APIM, as it would be in SQL."""
    return schema.upper() if schema == schema.lower() else schema


def qualified(name: str, schema: str | None) -> str:
    """A model's name with its schema, or alone where that is None."""
    return f"{sql(owner(schema))}.{sql(name)}" if schema else sql(name)


def listed(names: Iterable[str]) -> str:
    return ", ".join(map(sql, names))
