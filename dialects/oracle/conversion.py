"""The blocks that turn a text into its bytes in UTF-8 and bytes into their text, row by row and in batches.

RAW in SQL ends at 2000 bytes, and no function of SQL says whether a conversion was exact: so it is PL/SQL, and each
value has to come out again as it went in. See https://docs.oracle.com/en/database/oracle/oracle-database/19/lnpls/ and
https://docs.oracle.com/en/database/oracle/oracle-database/19/arpls/DBMS_LOB.html.
"""

from __future__ import annotations

from dataclasses import dataclass

from apim_schema import sqltext

from . import names, plsql

BATCH = 1000
"""Rows that are converted in one transaction."""

VARIABLES = """    utf8_bytes BLOB;
    dest_offset INTEGER;
    src_offset INTEGER;
    lang_context INTEGER;
    warning INTEGER;"""
OF_TEXT = """    utf8_text CLOB;
    found_text VARCHAR2(32767);"""
LIMITS = """    most_characters INTEGER;
    most_bytes INTEGER;"""
"""No variable may be declared after a procedure."""

TEXT_TO_BYTES = """    PROCEDURE convert_text(words IN CLOB) IS
    BEGIN
        DBMS_LOB.TRIM(utf8_bytes, 0);
        dest_offset := 1;
        src_offset := 1;
        lang_context := 0;
        DBMS_LOB.CONVERTTOBLOB(utf8_bytes, words, DBMS_LOB.LOBMAXSIZE, dest_offset, src_offset,
            NLS_CHARSET_ID('AL32UTF8'), lang_context, warning);
        IF warning <> 0 THEN
            RAISE_APPLICATION_ERROR(-20001, 'a character of {label} has no form in UTF-8');
        END IF;
    END;"""
"""Converts a text: its bytes are in utf8_bytes then."""

BYTES_TO_TEXT = """    PROCEDURE convert_bytes(stored IN BLOB) IS
    BEGIN
        IF DBMS_LOB.GETLENGTH(stored) = 0 THEN
            RAISE_APPLICATION_ERROR(-20001, '{label} is empty, which is no text here');
        END IF;
        DBMS_LOB.TRIM(utf8_text, 0);
        dest_offset := 1;
        src_offset := 1;
        lang_context := 0;
        DBMS_LOB.CONVERTTOCLOB(utf8_text, stored, DBMS_LOB.LOBMAXSIZE, dest_offset, src_offset,
            NLS_CHARSET_ID('AL32UTF8'), lang_context, warning);
        found_text := DBMS_LOB.SUBSTR(utf8_text, {units}, 1);{cut}
        convert_text(TO_CLOB(found_text));
        IF DBMS_LOB.COMPARE(utf8_bytes, stored{beginning}) <> 0 THEN
            RAISE_APPLICATION_ERROR(-20001, '{label} has a value that is no text which this column can hold');
        END IF;
    END;"""
"""Converts bytes: their text is in found_text then, and its bytes are these again.

CONVERTTOCLOB puts a mark in the place of what is no character, or none of the database's: that is other bytes, and so
is a text of which only the beginning was taken. A CLOB counts in UTF-16, where a character may be two.
"""

CUT = """
        found_text := SUBSTR(found_text, 1, most_characters);
        WHILE LENGTHB(found_text) > most_bytes LOOP
            found_text := SUBSTR(found_text, 1, LENGTH(found_text) - 1);
        END LOOP;"""
"""SUBSTRB would put blanks in the place of half a character."""
BEGINNING = ", DBMS_LOB.GETLENGTH(utf8_bytes)"
MOST = """    SELECT CHAR_LENGTH, DATA_LENGTH INTO most_characters, most_bytes FROM ALL_TAB_COLUMNS
    WHERE OWNER = {owner} AND TABLE_NAME = {table_name} AND COLUMN_NAME = {column_name};"""
"""Both are a limit, whichever of them the column counts in."""

COPY = """DECLARE
    copied_rows INTEGER;
{declare}
BEGIN
{begin}
    FOR r IN (
        SELECT t.ROWID AS place, t.{old} AS words, t.{new} AS copied FROM {table} t
        WHERE t.{new} IS NOT NULL
    ) LOOP
        IF r.words IS NULL THEN
            UPDATE {table} SET {new} = NULL WHERE ROWID = r.place;
        ELSE
            {convert}
            IF {differs} THEN
                UPDATE {table} SET {new} = {value} WHERE ROWID = r.place;
            END IF;
        END IF;
    END LOOP;
    COMMIT;
    LOOP
        copied_rows := 0;
        FOR r IN (
            SELECT t.ROWID AS place, t.{old} AS words FROM {table} t
            WHERE t.{old} IS NOT NULL AND t.{new} IS NULL AND ROWNUM <= {batch}
        ) LOOP
            {convert}
            UPDATE {table} SET {new} = {value} WHERE ROWID = r.place;
            copied_rows := copied_rows + 1;
        END LOOP;
        COMMIT;
        EXIT WHEN copied_rows = 0;
    END LOOP;
{end}
END;"""
"""Run again after a kill it first copies anew what was edited since, and then takes up the rows with no copy yet."""

DROP = """DECLARE
    edited_rows INTEGER := 0;
{declare}
BEGIN
{begin}
    LOCK TABLE {table} IN EXCLUSIVE MODE WAIT {wait};
    FOR r IN (
        SELECT t.{old} AS words, t.{new} AS copied FROM {table} t
        WHERE t.{old} IS NOT NULL OR t.{new} IS NOT NULL
    ) LOOP
        IF r.words IS NULL OR r.copied IS NULL THEN
            edited_rows := edited_rows + 1;
        ELSE
            {convert}
            IF {differs} THEN
                edited_rows := edited_rows + 1;
            END IF;
        END IF;
    END LOOP;
{end}
    IF edited_rows > 0 THEN
        RAISE_APPLICATION_ERROR(-20002, '{label} was edited after it was copied, rows: ' || edited_rows
            || '; stop what writes to it and run this again');
    END IF;
    EXECUTE IMMEDIATE 'ALTER TABLE {embedded} DROP COLUMN {column}';
END;"""
"""The old column goes only where every row has its copy; no transaction that edits one is open meanwhile."""

CUT_TEXT = """DECLARE
    found_text VARCHAR2(32767);
    counts VARCHAR2(1);
BEGIN
    SELECT CHAR_USED INTO counts FROM ALL_TAB_COLUMNS
    WHERE OWNER = {owner} AND TABLE_NAME = {table_name} AND COLUMN_NAME = {column_name};
    FOR r IN (
        SELECT t.ROWID AS place, t.{column} AS words FROM {table} t
        WHERE LENGTHB(t.{column}) > {most}
    ) LOOP
        found_text := SUBSTR(r.words, 1, {most});
        WHILE counts = 'B' AND LENGTHB(found_text) > {most} LOOP
            found_text := SUBSTR(found_text, 1, LENGTH(found_text) - 1);
        END LOOP;
        UPDATE {table} SET {column} = found_text WHERE ROWID = r.place;
    END LOOP;
    COMMIT;
END;"""
"""What is too long for a text is cut in the unit that its column counts in, B for bytes."""


@dataclass(frozen=True)
class Conversion:
    """What a block does with one value, in `r.words`: the declarations for it, and `value`, what comes of it.

    `differs` is the condition that this is not the copy which a row has, in `r.copied`. `begin` and `end` make and free
    what all values share.
    """

    declare: str
    convert: str
    differs: str
    value: str
    begin: str
    end: str


def to_utf8(table: str, name: str) -> Conversion:
    """A text becomes its bytes in UTF-8."""
    return Conversion(
        declare=_lines(VARIABLES, TEXT_TO_BYTES.format(label=_label(table, name))),
        convert="convert_text(TO_CLOB(r.words));",
        differs="DBMS_LOB.COMPARE(utf8_bytes, r.copied) <> 0",
        value="utf8_bytes",
        begin="    DBMS_LOB.CREATETEMPORARY(utf8_bytes, TRUE);",
        end="    DBMS_LOB.FREETEMPORARY(utf8_bytes);",
    )


def from_utf8(table: str, name: str, new: str, length: int, cuts: bool, schema: str | None) -> Conversion:
    """Bytes become the text whose UTF-8 they are, of `length` at most; with `cuts`, as much of it as `new` can hold."""
    label = _label(table, name)
    bytes_ = BYTES_TO_TEXT.format(
        label=label, units=2 * length, cut=CUT if cuts else "", beginning=BEGINNING if cuts else ""
    )
    variables = (VARIABLES, OF_TEXT, *([LIMITS] if cuts else []))
    limits = [MOST.format(**_in_dictionary(table, new, schema))] if cuts else []
    lobs = ("utf8_bytes", "utf8_text")
    return Conversion(
        declare=_lines(*variables, TEXT_TO_BYTES.format(label=label), bytes_),
        convert="convert_bytes(r.words);",
        differs="found_text <> r.copied",
        value="found_text",
        begin=_lines(*limits, *(f"    DBMS_LOB.CREATETEMPORARY({lob}, TRUE);" for lob in lobs)),
        end=_lines(*(f"    DBMS_LOB.FREETEMPORARY({lob});" for lob in lobs)),
    )


def copy(table: str, old: str, new: str, schema: str | None, by: Conversion) -> str:
    """Copies `old`, converted, into `new`, in batches, as far as it is not there as it is now."""
    return COPY.format(
        table=names.qualified(table, schema), old=names.sql(old), new=names.sql(new), batch=BATCH, **vars(by)
    )


def drop(table: str, old: str, new: str, schema: str | None, wait: int, by: Conversion) -> str:
    """Drops `old` where `new` holds each of its values, converted, and is an error where it does not.

    `wait` is how long it waits for transactions that are open on the table, in seconds.
    """
    return DROP.format(
        table=names.qualified(table, schema),
        embedded=plsql.embedded(names.qualified(table, schema)),
        old=names.sql(old),
        new=names.sql(new),
        column=plsql.embedded(names.sql(old)),
        label=_label(table, old),
        wait=wait,
        **vars(by),
    )


def cut(table: str, name: str, length: int, schema: str | None) -> str:
    """Cuts what is longer in a text column than `length`, in the unit that the column counts in."""
    return CUT_TEXT.format(
        table=names.qualified(table, schema),
        column=names.sql(name),
        most=length,
        **_in_dictionary(table, name, schema),
    )


def _lines(*parts: str) -> str:
    return "\n".join(parts)


def _label(table: str, name: str) -> str:
    return plsql.embedded(f"{table}.{name}")


def _in_dictionary(table: str, name: str, schema: str | None) -> dict[str, str]:
    return {
        "owner": plsql.owner(schema),
        "table_name": sqltext.quoted(table),
        "column_name": sqltext.quoted(name),
    }
