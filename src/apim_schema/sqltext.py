"""SQL fragments as text: what the dialects' `types` modules share to bring defaults and types to one spelling."""

from __future__ import annotations

import re
import textwrap

from apim_schema import legible

QUOTED = re.compile(r"'(?:[^']|'')*'")
NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?")

UNSAID = re.compile(rf"{QUOTED.pattern}|--[^\n]*|/\*.*?\*/", re.DOTALL)
"""Literals and comments: what stands in them names no object."""


def plain(sql: str) -> str:
    """The words of SQL in upper case with single blanks, without literals, comments and the marks around names."""
    return re.sub(r"\s+", " ", re.sub(r'["`\[\]]', "", UNSAID.sub(" ", sql))).upper().strip()


def mentions(sql: str, name: str) -> bool:
    """Whether SQL says a name, in any case and as a word of its own; `%TYPE` is none."""
    return re.search(rf"{_BEFORE}{re.escape(name.upper())}{_AFTER}", plain(sql)) is not None


def reads(query: str, table: str, column: str) -> bool:
    """Whether a query, as its author wrote it, may read a column of a table.

    It does by the column's name or a star, alone or with the table's name or alias before it.
    """
    words, name = plain(query), re.escape(table.upper())
    known = {"", table.upper(), *re.findall(rf"{_BEFORE}{name}{_AFTER} (?:AS )?([\w$#]+)", words)}
    wanted = rf"{_BEFORE}{re.escape(column.upper())}{_AFTER}|\* ?(?:,|FROM\b)"
    return not known.isdisjoint(re.findall(rf"(?:([\w$#]+) ?\. ?)?(?:{wanted})", words))


_BEFORE, _AFTER = r"(?<![\w$#@%])", r"(?![\w$#@])"


def fold(sql: str) -> str:
    """Upper case and single blanks, except inside quotes."""
    pieces = re.split(f"({QUOTED.pattern})", sql.strip())
    return "".join(
        piece if number % 2 else re.sub(r"\s+", " ", piece.upper()) for number, piece in enumerate(pieces)
    ).strip()


def is_quoted(sql: str) -> bool:
    """Whether this is one text literal and nothing else."""
    return QUOTED.fullmatch(sql) is not None


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def literal(sql: str | None) -> str | None:
    """The expression if it is a text or a number and nothing else."""
    return sql if sql is not None and (is_quoted(sql) or NUMBER.fullmatch(sql)) else None


def without_parentheses(sql: str) -> str:
    """The expression without the parentheses around the whole of it: `((0))` is `0`, `(a)+(b)` stays."""
    while sql.startswith("(") and _closing(sql) == len(sql) - 1:
        sql = sql[1:-1].strip()
    return sql


def _closing(sql: str) -> int:
    """Where the parenthesis that the text begins with is closed; -1 if nowhere."""
    depth = 0
    for place, sign in enumerate(QUOTED.sub(lambda literal: "x" * len(literal[0]), sql)):
        depth += {"(": 1, ")": -1}.get(sign, 0)
        if depth == 0:
            return place
    return -1


def number(sql: str) -> str:
    """The default of a numeric column: `'1'` means 1 there, the server converts it with every row."""
    return sql[1:-1] if is_quoted(sql) and NUMBER.fullmatch(sql[1:-1]) else sql


def text(sql: str) -> str:
    """The default of a text column: a bare 0 means '0' there."""
    return quoted(sql) if NUMBER.fullmatch(sql) else sql


def truth(sql: str, true: str, false: str) -> str:
    """The default of a boolean column, which may be written as a number, a word or a text."""
    words = {"1": true, "TRUE": true, "T": true, "0": false, "FALSE": false, "F": false}
    return words.get((sql[1:-1] if is_quoted(sql) else sql).upper(), sql)


def base(type_: str) -> str:
    """The name of a type without its length: VARCHAR for VARCHAR(255), INTEGER for INTEGER UNSIGNED."""
    return re.split(r"[ (]", type_, maxsplit=1)[0]


def length(type_: str) -> int | None:
    """The number in a type's parentheses: characters of a VARCHAR."""
    digits = type_.partition("(")[2].partition(")")[0]
    return int(digits) if digits.isdigit() else None


WIDTH = 116
"""Characters of a line that a person reads without scrolling."""

_QUOTED = r"""'(?:[^']|'')*'|"[^"]*"|`[^`]*`|\[(?:[^\]]|\]\])*\]"""
_WORD = rf"""(?:{_QUOTED}|\((?=[^()]{{0,60}}\))(?:'[^'()\n]*'|[^()'\n])*\)|--[^\n]*|\S)+"""
_CLAUSE = r"(?:(?:\(*SELECT(?: 1)?|FROM|WHERE|AND|OR|NOT|EXISTS|GROUP|ORDER|BY|HAVING|JOIN|ON|INTO|UNION|ALL|SET) )*"
_OPERATOR = r"(?: (?:=|<>|<|>|IN|NOT IN|LIKE|AS|\+|-|\|\|) " + _WORD + r"| IS(?: NOT)? NULL\S*)*"
_PIECE = re.compile(rf"(\s*)({_CLAUSE}{_WORD}{_OPERATOR})")
"""Blanks, and what is best left on one line: a word or what is in quotes, short parentheses, a comparison."""
_BREAKABLE = re.compile(r"[\w('\"`\[]")
"""What a line may begin with: no client takes it for a command of its own."""


def wrapped(sql: str) -> str:
    """The same statement, its long lines broken at blanks that are neither in quotes nor in a comment."""
    written, indent, column = "", "", 0
    for blanks, word in _PIECE.findall(sql):
        if "\n" in blanks or not written:
            indent, column = blanks.rpartition("\n")[2], 0
        elif column + len(blanks) + len(word.partition("\n")[0]) > WIDTH and _may_break(written, word):
            blanks = f"\n{indent}    "
        written += blanks + word
        column = len(written) - written.rfind("\n") - 1
    return written


def _may_break(before: str, word: str) -> bool:
    """SQL*Plus takes a hyphen at the end of a line for a sign that it goes on."""
    return not before.endswith("-") and _BREAKABLE.match(word) is not None


def commented(comment: str) -> str:
    """A comment, its long lines broken; those that follow are indented as its text is. No name in it can end it."""
    comment = legible.line(comment)
    text = comment.removeprefix("--")
    indent = f"--{text[: len(text) - len(text.lstrip())]}"
    return textwrap.fill(comment, WIDTH, subsequent_indent=indent, break_on_hyphens=False, break_long_words=False)
