"""What Oracle needs PL/SQL for: triggers, and look-ups where no live database was seen. Conversions are apart.

See https://docs.oracle.com/en/database/oracle/oracle-database/19/lnpls/.
"""

from __future__ import annotations

import re

from apim_schema import sqltext
from apim_schema.schema import Column, ForeignKey, Trigger

from . import names

CURRENT_SCHEMA = "SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA')"

NUMBERING = """CREATE TRIGGER {name}
BEFORE INSERT ON {table}
FOR EACH ROW{when}
BEGIN
    SELECT {sequence}.NEXTVAL INTO :NEW.{column} FROM DUAL;
END;"""

FOLLOWING = """CREATE TRIGGER {name}
{timing} {event} OF {column} ON {table}
FOR EACH ROW
BEGIN
    UPDATE {target} SET {target_column} = :NEW.{column} WHERE {target_column} = :OLD.{column};
END;"""

MODIFY_TEXT = """BEGIN
    FOR c IN (
        SELECT CASE CHAR_USED WHEN 'C' THEN 'CHAR' ELSE 'BYTE' END AS unit
        FROM ALL_TAB_COLUMNS
        WHERE OWNER = {owner} AND TABLE_NAME = {table_name} AND COLUMN_NAME = {column_name}
        AND DATA_TYPE = '{type}' AND CHAR_LENGTH {not_yet} {length}
    ) LOOP
        EXECUTE IMMEDIATE 'ALTER TABLE {table} MODIFY ({column} {type}({length} ' || c.unit || '){null})';
    END LOOP;
END;"""
"""A length without its unit would be taken in the session's, whatever the column's is.

A script that is run again may find the column longer still, or bytes in its place: then this has been done.
"""

DROP_FOREIGN_KEY = """BEGIN
    FOR k IN (
        SELECT f.CONSTRAINT_NAME
        FROM ALL_CONSTRAINTS f
        JOIN ALL_CONSTRAINTS p ON p.OWNER = f.R_OWNER AND p.CONSTRAINT_NAME = f.R_CONSTRAINT_NAME
        WHERE f.OWNER = {owner} AND f.TABLE_NAME = {table_name} AND f.CONSTRAINT_TYPE = 'R'
        AND f.DELETE_RULE = {rule} AND p.TABLE_NAME = {ref_table} AND {columns} = (
            SELECT LISTAGG(c.COLUMN_NAME, ',' ON OVERFLOW TRUNCATE) WITHIN GROUP (ORDER BY c.POSITION)
            FROM ALL_CONS_COLUMNS c
            WHERE c.OWNER = f.OWNER AND c.CONSTRAINT_NAME = f.CONSTRAINT_NAME)
    ) LOOP
        EXECUTE IMMEDIATE 'ALTER TABLE {table} DROP CONSTRAINT "' || k.CONSTRAINT_NAME || '"';
    END LOOP;
END;"""

CREATE_IF_MISSING = """DECLARE
    found INTEGER;
BEGIN
    SELECT COUNT(*) INTO found FROM ALL_INDEXES
    WHERE OWNER = {owner} AND TABLE_NAME = {table_name} AND INDEX_NAME = {index_name};
    IF found = 0 THEN
        EXECUTE IMMEDIATE '{statement}';
    END IF;
END;"""

FOLLOWS = re.compile(
    r"for each row of (?P<table>\w+) whose (?P<column>\w+) changes: "
    r"set (?P<target>\w+)\.(?P<target_column>\w+) from the old to the new value"
)
"""The words in which the catalogs describe the vendor's triggers that number nothing."""

FILLS = (
    re.compile(r'(?P<sequence>[\w$#."]+)\.NEXTVAL\s+INTO\s+:\s*"?\w+"?\."?(?P<column>[\w$#]+)', re.IGNORECASE),
    re.compile(r':\s*"?\w+"?\."?(?P<column>[\w$#]+)"?\s*:=\s*(?P<sequence>[\w$#."]+)\.NEXTVAL', re.IGNORECASE),
)
"""How a trigger's body numbers rows: `SELECT s.NEXTVAL INTO :NEW.c FROM DUAL`, or `:NEW.c := s.NEXTVAL`."""


GUARD = re.compile(r"\s*BEGIN\s+IF\s+(:\s*[\w$#\".]+\s+IS\s+NULL)\s+THEN\s", re.IGNORECASE)
"""How a trigger's body asks whether the row has a number already."""


def create_trigger(trigger: Trigger, schema: str | None) -> str:
    """A trigger that numbers rows, or one that the catalog describes in words.

    Raises ValueError for words that are not understood.
    """
    name, table = names.qualified(trigger.name, schema), names.qualified(trigger.table, schema)
    if trigger.fills:
        sequence, column = trigger.fills
        return NUMBERING.format(
            name=name,
            table=table,
            when=f"\nWHEN ({trigger.when})" if trigger.when else "",
            sequence=names.qualified(sequence, schema),
            column=names.sql(column),
        )
    words = FOLLOWS.fullmatch(trigger.action or "")
    if words is None:
        raise ValueError(f"no statement is known for trigger {trigger.name}: {trigger.action}")
    return FOLLOWING.format(
        name=name,
        table=table,
        timing=trigger.timing,
        event=trigger.events[0],
        column=names.sql(words["column"]),
        target=names.qualified(words["target"], schema),
        target_column=names.sql(words["target_column"]),
    )


def filled(body: str) -> tuple[str, str] | None:
    """The (sequence, column) that a trigger's body numbers rows with, None if it does not."""
    found = next((match for pattern in FILLS if (match := pattern.search(body))), None)
    if found is None:
        return None
    return _folded(found["sequence"].rpartition(".")[2]), _folded(found["column"])


def condition(clause: str | None, referencing: str, body: str) -> str | None:
    """When a trigger fires, in the catalogs' words: `NEW.ID IS NULL`; None where it always does.

    `clause` is its WHEN and `referencing` what it calls the two rows; a body that begins with this question asks the
    same.
    """
    asked = GUARD.match(body) if clause is None else None
    clause = asked[1].replace(":", "") if asked else clause
    if clause is None:
        return None
    plain = sqltext.without_parentheses(sqltext.fold(clause)).replace('"', "")
    for row in ("NEW", "OLD"):
        called = re.search(rf'\b{row} AS "?([\w$#]+)', referencing.upper())
        plain = re.sub(rf"(?<![\w$#]){re.escape(called[1])}\.", f"{row}.", plain) if called else plain
    return plain


def _folded(name: str) -> str:
    return name.strip('"') if name.startswith('"') else name.upper()


def modify_text(table: str, column: Column, wanted: Column, null: str, schema: str | None) -> str:
    """Alters a text column whose semantics, BYTE or CHAR, is not known yet; `null` is "", NULL or NOT NULL."""
    (kind, length), (_, before) = map(_kind_and_length, (wanted.type, column.type))
    return MODIFY_TEXT.format(
        owner=owner(schema),
        table=embedded(names.qualified(table, schema)),
        table_name=sqltext.quoted(table),
        column=embedded(names.sql(column.name)),
        column_name=sqltext.quoted(column.name),
        type=kind,
        not_yet="<" if before < length else ">",
        length=length,
        null=f" {null}" if null else "",
    )


def _kind_and_length(type_: str) -> tuple[str, int]:
    """VARCHAR2 and 9 of VARCHAR2(9)."""
    kind, _, length = type_.rstrip(")").partition("(")
    return kind, int(length)


def drop_foreign_key(table: str, key: ForeignKey, schema: str | None) -> str:
    """Drops the foreign keys over these columns to this table with this action, by whatever name they have."""
    return DROP_FOREIGN_KEY.format(
        owner=owner(schema),
        table=embedded(names.qualified(table, schema)),
        table_name=sqltext.quoted(table),
        ref_table=sqltext.quoted(key.ref_table),
        rule=sqltext.quoted(key.on_delete or "NO ACTION"),
        columns=sqltext.quoted(",".join(key.columns)),
    )


def create_if_missing(table: str, index: str, statement: str, schema: str | None) -> str:
    """Creates an index that nobody knows to be there or not."""
    return CREATE_IF_MISSING.format(
        owner=owner(schema),
        table_name=sqltext.quoted(table),
        index_name=sqltext.quoted(index),
        statement=embedded(statement),
    )


def owner(schema: str | None) -> str:
    """The SQL expression for the owner of the objects."""
    return sqltext.quoted(names.owner(schema)) if schema else CURRENT_SCHEMA


def embedded(text: str) -> str:
    """SQL within a text literal."""
    return text.replace("'", "''")
