"""Holds SQL to the facts: a view, a column, a value, a function or a setting that does not stand there is an error.

Names are looked up as the server would do it: an alias means what the nearest SELECT around it has given that name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from tests.dialects.mssql import facts
from tests.dialects.mssql.facts import Legal

LITERAL = re.compile(r"'(?:[^']|'')*'")
COMMENT = re.compile(r"--[^\n]*")
VIEW = re.compile(
    r"\bsys\.(\w+)(?:\((?:[^()]|\(\))*\))?(?:\s+(?:AS\s+)?(?!(?:ON|WHERE|JOIN|LEFT|ORDER|GROUP|CROSS)\b)(\w+))?"
)
COLUMN = re.compile(r"(?<![.@\w\]])(\w+)\.(\w+)\b")
COMPARED = re.compile(r"\s*(?:=|<>|<|>)\s*(N?'(?:[^']|'')*'|-?\d+)|\s+(?:NOT\s+)?IN\s+\(([^()]*)\)")
CALLED = re.compile(r"(?<![\w.@\[])([A-Z]\w*)\(")
EXECUTED = re.compile(r"\bEXEC\s+(?:@\w+\s*=\s*)?(sp_\w+)([^;\n]*)")
SET = re.compile(r"(?:^|\n|; *|ELSE |BEGIN |@SPID *)\s*SET\s+(?!@)((?:[A-Z_]+ )+?)(ON|OFF|\d+|READ COMMITTED)\b")
CHOSEN = re.compile(r"\b(\w+)\.(\w+) AS (\w+)")


def hold(sql: str) -> str:
    """The SQL itself. Raises AssertionError, naming what is wrong, where it does not hold to the facts."""
    wrong = list(errors(sql))
    assert not wrong, f"{'; '.join(wrong)}, in: {sql}"
    return sql


def errors(sql: str) -> Iterator[str]:
    """What is wrong, in the text that a batch hands to EXEC as well."""
    sql = COMMENT.sub(lambda found: " " * len(found[0]), sql)
    code = LITERAL.sub(lambda found: f"'{' ' * (len(found[0]) - 2)}'", sql)
    yield from _views(code)
    yield from _columns(sql, code)
    yield from _functions(sql, code)
    yield from _settings(code)
    for found in re.finditer(r"\bEXEC \(N('(?:[^']|'')*')\)", sql):
        yield from errors(found[1][1:-1].replace("''", "'"))


def _views(code: str) -> Iterator[str]:
    for found in VIEW.finditer(code):
        if found[1] not in facts.VIEWS:
            yield f"no view sys.{found[1]}"


def _columns(sql: str, code: str) -> Iterator[str]:
    aliases = list(_aliases(code))
    for found in COLUMN.finditer(code):
        view = _meant(aliases, found[1], found.start())
        if view is None:
            continue
        columns = facts.VIEWS[view].columns
        if found[2] not in columns:
            yield f"no column sys.{view}.{found[2]}"
        elif compared := COMPARED.match(sql, found.end()):
            values = [compared[1]] if compared[1] else compared[2].split(",")
            yield from _illegal(f"sys.{view}.{found[2]}", columns[found[2]], values)


def _aliases(code: str) -> Iterator[tuple[str, str, tuple[int, int]]]:
    """Aliases, what view each is of, and the parentheses around it."""
    for found in VIEW.finditer(code):
        if found[2] and found[1] in facts.VIEWS:
            yield found[2], found[1], _around(code, found.start())


def _around(code: str, position: int) -> tuple[int, int]:
    """Where the innermost parentheses around a position begin and end: a SELECT's own."""
    depth, begin = 0, position
    while begin > 0 and depth >= 0:
        begin -= 1
        depth += {")": 1, "(": -1}.get(code[begin], 0)
    depth, end = 0, position
    while end < len(code) and depth >= 0:
        depth += {"(": 1, ")": -1}.get(code[end], 0)
        end += 1
    return begin, end


def _meant(aliases: Iterable[tuple[str, str, tuple[int, int]]], alias: str, position: int) -> str | None:
    """The view that an alias means at a position, None where it is none of a view."""
    around = [(end - begin, view) for name, view, (begin, end) in aliases if name == alias and begin <= position < end]
    return min(around)[1] if around else None


def _illegal(what: str, legal: Legal, values: Iterable[str]) -> Iterator[str]:
    plain = [value.strip().removeprefix("N").strip("'") for value in values]
    return (f"{what} is never {value!r}" for value in plain if legal is not None and value not in legal)


def _functions(sql: str, code: str) -> Iterator[str]:
    for found in CALLED.finditer(code):
        known = facts.FUNCTIONS.get(found[1])
        if known is not None:
            _, end = _around(code, found.end())
            yield from _arguments(found[1], known.arguments, sql[found.end() : end - 1], code[found.end() : end - 1])
        elif found[1] not in facts.TYPES:
            yield f"no function {found[1]}"
    for found in EXECUTED.finditer(code):
        procedure = facts.PROCEDURES.get(found[1])
        if procedure is None:
            yield f"no procedure {found[1]}"
        else:
            yield from _arguments(found[1], procedure.arguments, sql[found.start(2) : found.end(2)], found[2])


def _arguments(name: str, legal: Mapping[int, Legal], sql: str, code: str) -> Iterator[str]:
    commas = [at for at, letter in enumerate(code) if letter == "," and code[:at].count("(") == code[:at].count(")")]
    for place, (begin, end) in enumerate(zip([-1, *commas], [*commas, len(code)], strict=True)):
        argument = sql[begin + 1 : end].strip()
        if place in legal and re.fullmatch(r"N?'[^']*'|\d+", argument):
            yield from _illegal(f"argument {place + 1} of {name}", legal[place], [argument])


def _settings(code: str) -> Iterator[str]:
    for found in SET.finditer(code):
        if (name := found[1].strip()) not in facts.SETTINGS:
            yield f"no setting {name}"
        else:
            yield from _illegal(name, facts.SETTINGS[name], [found[2]])
    collations = {name.lower() for name in facts.COLLATIONS}
    yield from (
        f"no collation {name}" for name in re.findall(r"\bCOLLATE (\w+)", code) if name.lower() not in collations
    )
    yield from (f"no variable @@{name}" for name in re.findall(r"@@(\w+)", code) if name not in facts.VARIABLES)


def hold_rows(sql: str, rows: Iterable[Any]) -> None:
    """Asserts that recorded rows have what the query asks for, and no value that the server never answers.

    A row that is a bare tuple has no names to hold it to.
    """
    aliases = list(_aliases(sql))
    for found in CHOSEN.finditer(sql):
        view = _meant(aliases, found[1], found.start())
        legal = facts.VIEWS[view].columns.get(found[2]) if view else None
        for row in (row for row in rows if not isinstance(row, tuple)):
            value = getattr(row, found[3])
            shown = str(int(value) if isinstance(value, bool) else value).strip()
            assert legal is None or value is None or shown in legal, f"{found[0]} is never {value!r}"
