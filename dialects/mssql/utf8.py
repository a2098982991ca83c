"""Text as its bytes in UTF-8, and bytes in UTF-8 as text, on a server that may have no collation for it.

SQL Server has collations whose code page is UTF-8 since 2019, and none of its functions says that bytes are no text:
TRY_CONVERT takes any bytes for characters of a code page. So they are taken apart by arithmetic, character by
character, in one expression that every server since 2017 has. See table 3-7 of
https://www.unicode.org/versions/Unicode15.0.0/ch03.pdf,
https://learn.microsoft.com/en-us/sql/t-sql/functions/string-agg-transact-sql and, for why each part is converted before
two of them are put together, https://learn.microsoft.com/en-us/sql/t-sql/functions/nchar-transact-sql.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from apim_schema import sqltext
from apim_schema.hazards import BLOCK, Hazard
from apim_schema.schema import Column

from . import names, tsql

UTF8 = "Latin1_General_100_CI_AS_SC_UTF8"
"""A collation whose code page is UTF-8: SQL Server has them since 2019."""

HAS_UTF8 = f"CONVERT(INT, COLLATIONPROPERTY('{UTF8}', 'CodePage')) = 65001"
"""The property of a collation that the server does not know is NULL."""

NOT_ASCII = "CONVERT(NVARCHAR(MAX), {0}) COLLATE Latin1_General_BIN2 LIKE N'%[^' + NCHAR(1) + N'-' + NCHAR(127) + N']%'"
"""True of a text with a character beyond ASCII; by code points, whatever the code page of the column."""

AS_UTF8 = f"CONVERT(VARBINARY(MAX), CONVERT(VARCHAR(MAX), CONVERT(NVARCHAR(MAX), {{0}}) COLLATE {UTF8}))"
"""The text's bytes in UTF-8.

NVARCHAR first, from the code page of the column, and MAX throughout: a character may take four bytes instead of one.
"""

COPY_AS_UTF8 = """IF {has_utf8}
    EXEC ({update});
ELSE
BEGIN
    UPDATE {table} SET {target} = CASE
        WHEN {not_ascii} THEN NULL
        ELSE CONVERT(VARBINARY(MAX), CONVERT(VARCHAR(MAX), {source}))
    END;
    DECLARE @text NVARCHAR(MAX), @at INT, @end INT, @code INT, @utf8 VARBINARY(MAX);
    WHILE EXISTS (SELECT 1 FROM {table} WHERE {target} IS NULL AND {source} IS NOT NULL)
    BEGIN
        SELECT TOP (1) @text = CONVERT(NVARCHAR(MAX), {source})
        FROM {table} WHERE {target} IS NULL AND {source} IS NOT NULL;
        SELECT @at = 1, @end = LEN(@text + N'.'), @utf8 = 0x;
        WHILE @at < @end
        BEGIN
            SET @code = UNICODE(SUBSTRING(@text, @at, 1));
            IF @code BETWEEN 55296 AND 56319
            BEGIN
                SET @at = @at + 1;
                SET @code = (@code - 55296) * 1024 + UNICODE(SUBSTRING(@text, @at, 1)) - 56320 + 65536;
            END;
            SET @utf8 = @utf8 + CASE
                WHEN @code < 128 THEN CONVERT(VARBINARY(1), @code)
                WHEN @code < 2048 THEN {two}
                WHEN @code < 65536 THEN {three}
                ELSE {four}
            END;
            SET @at = @at + 1;
        END;
        UPDATE {table} SET {target} = @utf8
        WHERE {target} IS NULL AND CONVERT(NVARCHAR(MAX), {source}) + N'.' = @text + N'.' COLLATE Latin1_General_BIN2;
        IF @@ROWCOUNT = 0 OR @utf8 IS NULL
            {throw}
    END;
END;"""
"""EXEC, since a server that does not know the collation would not compile the batch.

Without the collation, as on SQL Server 2017, a text with characters beyond ASCII is encoded one by one, and goes to
all rows that have it. A character beyond 65535 is two halves in some collations, and one in others. The full stop
keeps blanks at the end, which LEN and = leave out.
"""

DIGITS = "(VALUES (0), (0), (0), (0), (0), (0), (0), (0), (0), (0))"
LONGEST_CHARACTER = 4
"""Bytes of a character in UTF-8, at most."""

CHARACTERS = f"""(
    SELECT p.place, y.more, z.words,
           SUM(ISNULL(DATALENGTH(CONVERT(VARCHAR(MAX), z.words)), 0)) OVER (ORDER BY p.place ROWS UNBOUNDED PRECEDING)
               AS width
    FROM (
        SELECT TOP (ISNULL(DATALENGTH({{bytes}}), 0)) ROW_NUMBER() OVER (ORDER BY (SELECT NULL)) AS place
        FROM {DIGITS} d1 (d) CROSS JOIN {DIGITS} d2 (d)
        CROSS JOIN {DIGITS} d3 (d) CROSS JOIN {DIGITS} d4 (d)
        CROSS JOIN {DIGITS} d5 (d)
        ORDER BY place
    ) p
    CROSS APPLY (
        SELECT CONVERT(INT, SUBSTRING({{bytes}}, p.place, 1)) AS a,
               CONVERT(INT, SUBSTRING({{bytes}}, p.place + 1, 1)) AS b,
               CONVERT(INT, SUBSTRING({{bytes}}, p.place + 2, 1)) AS c,
               CONVERT(INT, SUBSTRING({{bytes}}, p.place + 3, 1)) AS d
    ) x
    CROSS APPLY (
        SELECT CASE
            WHEN x.a < 128 THEN x.a
            WHEN x.a BETWEEN 194 AND 223 AND x.b BETWEEN 128 AND 191
                THEN (x.a - 192) * 64 + x.b - 128
            WHEN x.a BETWEEN 224 AND 239 AND x.b BETWEEN 128 AND 191 AND x.c BETWEEN 128 AND 191
                THEN ((x.a - 224) * 64 + x.b - 128) * 64 + x.c - 128
            WHEN x.a BETWEEN 240 AND 244 AND x.b BETWEEN 128 AND 191 AND x.c BETWEEN 128 AND 191
                AND x.d BETWEEN 128 AND 191
                THEN (((x.a - 240) * 64 + x.b - 128) * 64 + x.c - 128) * 64 + x.d - 128
        END AS code,
        CASE
            WHEN x.a < 128 THEN 0 WHEN x.a < 192 THEN -1 WHEN x.a < 224 THEN 1 WHEN x.a < 240 THEN 2 ELSE 3
        END AS more
    ) y
    CROSS APPLY (
        SELECT CASE
            WHEN y.more = -1 THEN CONVERT(NVARCHAR(MAX), N'')
            WHEN y.more = 2 AND (y.code < 2048 OR y.code BETWEEN 55296 AND 57343) THEN NULL
            WHEN y.more < 3 THEN CONVERT(NVARCHAR(MAX), NCHAR(y.code))
            WHEN y.code BETWEEN 65536 AND 1114111
                THEN CONVERT(NVARCHAR(MAX), NCHAR((y.code - 65536) / 1024 + 55296))
                    + CONVERT(NVARCHAR(MAX), NCHAR((y.code - 65536) % 1024 + 56320))
        END AS words
    ) z
) c"""
"""Each of up to 100000 bytes with the character that it begins: NULL where it is none, nothing within a character.

`more` is how many bytes are to follow, and -1 of one that does; `width` is how many bytes the text has up to here in
the code page of the database. A byte that is not there is 0. Half of a character beyond 65535 is what NCHAR gives for
its number, in collations with supplementary characters too.
"""

TEXT = """(
    SELECT CASE
        WHEN COUNT(*) = COUNT(c.words) AND ISNULL(SUM(c.more), 0) = 0
            THEN ISNULL(STRING_AGG(c.words, N'') WITHIN GROUP (ORDER BY c.place), N'')
    END
    FROM {characters}{which}
)"""
"""The text of the bytes, NULL where they are none: as many bytes follow as have to, and each begins what it can."""

COPY_AS_TEXT = """UPDATE t SET t.{target} = {text}
FROM {table} t WHERE t.{source} IS NOT NULL;
IF EXISTS (
    SELECT 1 FROM {table} t
    WHERE t.{source} IS NOT NULL AND (t.{target} IS NULL
        OR CONVERT(VARBINARY(MAX), CONVERT(NVARCHAR(MAX), t.{target})) <> CONVERT(VARBINARY(MAX), {text}))
)
    {throw}"""
"""What was written since rows were looked at has to come out again as it went in, too: nothing is lost in silence."""

CUT_TEXT = """UPDATE {table} SET {column} = LEFT({column}, {most}) WHERE DATALENGTH({column}) > {most};
WHILE @@ROWCOUNT > 0
    UPDATE {table} SET {column} = LEFT({column}, LEN(CONVERT(VARCHAR(MAX), {column}) + '.') - 2)
    WHERE DATALENGTH({column}) > {most};"""
"""By characters first, which may have several bytes, and then one after the other; LEN leaves out blanks at the end."""


def copy_as_utf8(table: str, source: str, target: str) -> str:
    """Fills a binary column with the UTF-8 of a text column."""
    two, three, four = (" + ".join(_utf8_bytes(number)) for number in (2, 3, 4))
    return COPY_AS_UTF8.format(
        has_utf8=HAS_UTF8,
        update=names.literal(f"UPDATE {table} SET {target} = {AS_UTF8.format(source)}"),
        table=table,
        not_ascii=NOT_ASCII.format(source),
        throw=tsql.throw(f"{table}.{source} holds a text that is no well-formed Unicode"),
        target=target,
        source=source,
        two=two,
        three=three,
        four=four,
    )


def _utf8_bytes(number: int) -> Iterator[str]:
    """The bytes of @code in as many bytes of UTF-8: six bits each, the rest in the first."""
    marks = (256 - (256 >> number), *(128,) * (number - 1))
    for place, mark in enumerate(marks):
        bits = f"@code / {64 ** (number - 1 - place)}" if place < number - 1 else "@code"
        yield f"CONVERT(VARBINARY(1), {mark} + {bits}{' % 64' if place else ''})"


def copy_as_text(table: str, source: str, target: str, most: int | None) -> str:
    """Fills a text column with what the bytes of a binary column are in UTF-8; all is SQL.

    With `most`, no more of it than so many bytes of the database's code page, and whole characters.
    """
    return COPY_AS_TEXT.format(
        table=table,
        source=source,
        target=target,
        text=_text(f"t.{source}", most).replace("\n", "\n    "),
        throw=tsql.throw(f"{table}.{source} holds bytes that are no text in UTF-8 which a text column here can hold"),
    )


def cut(table: str, column: str, most: int) -> str:
    """Cuts what is longer than so many bytes in a text column; all is SQL."""
    return CUT_TEXT.format(table=table, column=column, most=most)


def hazards(column: Column, wanted: str) -> Sequence[Hazard]:
    """The rows whose bytes do not become a text of this type in the code page of the database.

    What is too long is judged as far as it would be kept.
    """
    name, most = f"t.{names.sql(column.name)}", sqltext.length(wanted) or 0
    as_read = "CONVERT(VARBINARY(MAX), CONVERT(NVARCHAR(MAX), CONVERT(VARCHAR(MAX), c.words)))"
    differs = f"c.width <= {most} AND {as_read} <> CONVERT(VARBINARY(MAX), c.words)"
    foreign = f"EXISTS (SELECT 1 FROM {_characters(name)} WHERE {differs})"
    return (
        Hazard(BLOCK, f"{column.name} is no text in UTF-8", f"{name} IS NOT NULL AND {_text(name, most)} IS NULL"),
        Hazard(BLOCK, f"{column.name} has characters that the database's code page has not", foreign),
        *too_long(column, wanted),
    )


def too_long(column: Column, wanted: str) -> Sequence[Hazard]:
    """The rows whose bytes are a text that is longer, in the code page of the database, than a type has bytes for."""
    name, most = f"t.{names.sql(column.name)}", sqltext.length(wanted) or 0
    length = f"(SELECT MAX(c.width) FROM {_characters(name)})"
    condition = f"DATALENGTH({name}) > {LONGEST_CHARACTER * most} OR DATALENGTH({name}) > {most} AND {length} > {most}"
    problem = f"{column.name} is longer than the {most} characters it will have"
    return (Hazard(BLOCK, problem, condition, loses=column.name),)


def _characters(bytes_: str) -> str:
    return CHARACTERS.format(bytes=bytes_)


def _text(bytes_: str, most: int | None) -> str:
    which = "" if most is None else f"\n    WHERE c.width <= {most}"
    return TEXT.format(characters=_characters(bytes_).replace("\n", "\n    "), which=which)
