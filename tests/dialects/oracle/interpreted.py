"""Carries out the blocks that convert a column, on rows: their PL/SQL is translated line for line.

Only the forms that the dialect emits are understood; any other is an error. What the packages do is what their manual
says, offsets and warnings included: https://docs.oracle.com/en/database/oracle/oracle-database/19/arpls/DBMS_LOB.html.
"""

from __future__ import annotations

import re
import sqlite3
from types import SimpleNamespace
from typing import Any

from tests.dialects.oracle import facts

OWNER = "APIM."
CHARSETS = {"AL32UTF8": "utf-8", "WE8ISO8859P1": "latin-1", "AL16UTF16": "utf-16-be", "US7ASCII": "ascii"}
"""By the server's names; NLS_CHARSET_ID is NULL for any other."""
STATEMENT = re.compile(
    r"\s*((?:FOR \w+ IN \(.+?\n\s*\) LOOP|DECLARE|BEGIN|ELSE|LOOP"
    r"|(?:IF .+? THEN|PROCEDURE .+? IS|WHILE .+? LOOP)(?=\n)|(?:'(?:[^']|'')*'|[^;'])+;))",
    re.DOTALL,
)
FORMS = (
    (r"PROCEDURE (\w+)\((\w+) IN [BC]LOB\) IS", r"def \1(\2):"),
    (r"WHILE (.+) LOOP", r"while \1:"),
    (r"FOR (\w+) IN \((.+)\) LOOP", r'for \1 in server.select("""\2"""):'),
    (r"LOOP", r"while True:"),
    (r"IF (.+) THEN", r"if \1:"),
    (r"ELSE", r"else:"),
    (r"EXIT WHEN (.+);", r"if \1: break"),
    (r"(\w+) := (.+);", r"v.\1 = \2"),
    (r"UPDATE (\S+) SET (\w+) = (\w+) WHERE ROWID = (\w+)\.place;", r'server.update("\1", "\2", \3, \4.PLACE)'),
    (r"LOCK TABLE (\S+) IN EXCLUSIVE MODE WAIT \d+;", r'server.lock("\1")'),
    (r"COMMIT;", r"server.commit()"),
    (r"DBMS_LOB\.CREATETEMPORARY\((\w+), TRUE\);", r"v.\1 = bytearray()"),
    (r"DBMS_LOB\.FREETEMPORARY\((\w+)\);", r"v.\1 = None"),
    (r"DBMS_LOB\.TRIM\((\w+), 0\);", r"v.\1.clear()"),
    (
        r"DBMS_LOB\.CONVERTTOBLOB\((\w+), (\w+), DBMS_LOB\.LOBMAXSIZE, (\w+), (\w+),\s+NLS_CHARSET_ID\('(\w+)'\), "
        r"(\w+), (\w+)\);",
        r'server.convert(v, "\1", \2, "\3", "\4", "\5", "\6", "\7")',
    ),
    (
        r"DBMS_LOB\.CONVERTTOCLOB\((\w+), (\w+), DBMS_LOB\.LOBMAXSIZE, (\w+), (\w+),\s+NLS_CHARSET_ID\('(\w+)'\), "
        r"(\w+), (\w+)\);",
        r'server.decode(v, "\1", \2, "\3", "\4", "\5", "\6", "\7")',
    ),
    (r"SELECT CHAR_LENGTH, DATA_LENGTH INTO (\w+), (\w+) FROM .+;", r"v.\1, v.\2 = server.limits"),
    (r"SELECT CHAR_USED INTO (\w+) FROM .+;", r"v.\1 = server.counts"),
    (r"RAISE_APPLICATION_ERROR\((-\d+), (.+)\);", r"raise Raised(\1, joined(\2))"),
    (r"EXECUTE IMMEDIATE '(.+)';", r'server.execute("""\1""")'),
    (r"(convert_text|convert_bytes)\((.+)\);", r"\1(\2)"),
)
WORDS = (
    (r" \|\| ", ", "),
    (r"(\w+)\.(words|copied|place)\b", lambda found: f"{found[1]}.{found[2].upper()}"),
    (r" IS NOT NULL", " is not None"),
    (r" IS NULL", " is None"),
    (r" <> ", " != "),
    (r"(?<![:<>=!]) = ", " == "),
    (r"\bOR\b", "or"),
    (r"\bNULL\b", "None"),
    (r"\bTO_CLOB\(", "("),
    (r"DBMS_LOB\.COMPARE\(", "compare("),
    (r"DBMS_LOB\.SUBSTR\(", "beginning("),
    (r"(?:DBMS_LOB\.GETLENGTH|\bLENGTH)\(", "len("),
    (r"\bLENGTHB\(", "lengthb("),
    (r"\bSUBSTR\(", "substr("),
    (r"\bAND\b", "and"),
)


class Raised(Exception):
    """An error of RAISE_APPLICATION_ERROR."""

    def __init__(self, number: int, message: str) -> None:
        super().__init__(f"ORA{number}: {message}")


class Rows:
    """The rows of one schema, and what a block asks of the server.

    `limits` are the characters and the bytes that a new column may have, and `counts` which of them it counts, B or C.
    """

    def __init__(self, limits: tuple[int, int] = (0, 0), counts: str = "C", **tables: list[dict[str, Any]]) -> None:
        self.limits, self.counts = limits, counts
        self.connection = sqlite3.connect(":memory:")
        self.connection.create_function("LENGTHB", 1, lengthb)
        self.locked = False
        self.commits = 0
        for name, rows in tables.items():
            self.connection.execute(f"CREATE TABLE {name} ({', '.join(rows[0])})")
            marks = ", ".join("?" * len(rows[0]))
            self.connection.executemany(f"INSERT INTO {name} VALUES ({marks})", [tuple(r.values()) for r in rows])

    def run(self, sql: str) -> None:
        """Carries a block or a statement out."""
        facts.check(sql)
        if not sql.startswith("DECLARE"):
            self.execute(sql)
            return
        code = translated(sql.replace(OWNER, ""))
        functions = (Raised, compare, joined, beginning, lengthb, substr)
        exec(code, {"server": self, "v": SimpleNamespace()} | {known.__name__: known for known in functions})

    def select(self, query: str) -> list[Any]:
        limited = re.sub(r" AND ROWNUM <= (\d+)", r" LIMIT \1", query)
        found = self.connection.execute(limited)
        names = [column[0].upper() for column in found.description]
        return [SimpleNamespace(**dict(zip(names, row, strict=True))) for row in found.fetchall()]

    def update(self, table: str, column: str, value: bytearray | str | None, place: int) -> None:
        stored = bytes(value) if isinstance(value, bytearray) else value
        self.connection.execute(f"UPDATE {table} SET {column} = ? WHERE ROWID = ?", (stored, place))

    def convert(
        self, v: Any, target: str, words: str, to: str, start: str, charset: str, context: str, warning: str
    ) -> None:
        """CONVERTTOBLOB from `start` of the text to the offset `to` of the bytes, both of which it moves on."""
        assert (getattr(v, context), v.__dict__[target] is not None) == (0, True)
        text = words[getattr(v, start) - 1 :]
        encoded = text.encode(CHARSETS[charset], errors="replace")
        setattr(v, warning, int(encoded.decode(CHARSETS[charset]) != text))
        place = getattr(v, to) - 1
        bytes_ = v.__dict__[target]
        bytes_.extend(b"\0" * (place - len(bytes_)))
        bytes_[place : place + len(encoded)] = encoded
        setattr(v, to, place + len(encoded) + 1)
        setattr(v, start, getattr(v, start) + len(text))

    def decode(
        self, v: Any, target: str, stored: bytes, to: str, start: str, charset: str, context: str, warning: str
    ) -> None:
        """CONVERTTOCLOB likewise; a CLOB is in UTF-16, and what is no character gets a mark."""
        assert (getattr(v, context), getattr(v, to), getattr(v, start), v.__dict__[target]) == (0, 1, 1, bytearray())
        text = stored.decode(CHARSETS[charset], errors="replace")
        v.__dict__[target].extend(text.encode("utf-16-be"))
        setattr(v, warning, int("\ufffd" in text))

    def lock(self, table: str) -> None:
        self.locked = True

    def commit(self) -> None:
        self.commits += 1

    def execute(self, sql: str) -> None:
        self.connection.execute(re.sub(r"\((\w+) (?:BLOB|VARCHAR2\(\d+\))\)", r"COLUMN \1", sql.replace(OWNER, "")))

    def values(self, table: str) -> list[dict[str, Any]]:
        return [vars(row) for row in self.select(f"SELECT * FROM {table}")]


def compare(one: bytearray, other: bytes, amount: int | None = None) -> int:
    return (bytes(one[:amount]) > other[:amount]) - (bytes(one[:amount]) < other[:amount])


def beginning(clob: bytearray, amount: int, offset: int) -> str:
    """Half of a character where `amount`, which counts in UTF-16, ends within one."""
    assert offset == 1
    return bytes(clob[: 2 * amount]).decode("utf-16-be", errors="surrogatepass")


def lengthb(text: str | None) -> int | None:
    return None if text is None else len(text.encode("utf-8", errors="surrogatepass"))


def substr(text: str, start: int, length: int) -> str:
    return text[start - 1 : start - 1 + length]


def joined(*parts: object) -> str:
    return "".join(map(str, parts))


def translated(block: str) -> str:
    """The block in Python. Variables are attributes of `v`; a procedure is a function within."""
    lines, depth, declared = list[str](), 0, list[str]()
    for sql in statements(block):
        if sql == "DECLARE" or sql == "BEGIN":
            continue
        if variable := re.fullmatch(r"(\w+) (?:INTEGER|[BC]LOB|VARCHAR2\(\d+\))(?: := (\d+))?;", sql):
            declared.append(variable[1])
            lines.append(f"v.{variable[1]} = {variable[2]}")
            continue
        if sql in ("END;", "END IF;", "END LOOP;"):
            depth -= 1
            continue
        line = python(sql, declared)
        depth -= line == "else:"
        lines.append("    " * depth + line)
        depth += line.endswith(":")
    assert depth == -1, f"the block's own END is the last one: {depth}"
    return "\n".join(lines)


def statements(block: str) -> list[str]:
    found, place = [], 0
    while place < len(block.rstrip()):
        match = STATEMENT.match(block, place)
        assert match is not None, f"not understood: {block[place : place + 80]}"
        found.append(match[1].strip())
        place = match.end()
    return found


def python(sql: str, declared: list[str]) -> str:
    for pattern, replacement in FORMS:
        if found := re.fullmatch(pattern, sql, re.DOTALL):
            if sql.startswith(("FOR ", "EXECUTE", "LOCK", "DBMS_LOB", "COMMIT", "SELECT")):
                return found.expand(replacement).replace("v.words", "words")
            return _expressions(found.expand(replacement), declared)
    raise AssertionError(f"not understood: {sql}")


def _expressions(line: str, declared: list[str]) -> str:
    """Operators and names in Python's words, but for what stands in quotes."""
    pieces = re.split(r"""('[^']*'|"[^"]*")""", line)
    for place in range(0, len(pieces), 2):
        assigned = re.match(r"v\.\w+ = ", pieces[place])
        head = assigned[0] if assigned and place == 0 else ""
        piece = pieces[place][len(head) :]
        for word, by in WORDS:
            piece = re.sub(word, by, piece)
        for name in declared:
            piece = re.sub(rf"(?<![\w.]){name}\b", f"v.{name}", piece)
        pieces[place] = head + re.sub(r"\n\s*", " ", piece)
    return "".join(pieces)
