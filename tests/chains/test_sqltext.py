"""SQL for people: long lines are broken where no client and no server sees it."""

from __future__ import annotations

import re

import pytest

from apim_schema.sqltext import WIDTH, commented, wrapped

LONG = "x" * 50


@pytest.mark.parametrize(
    "kept",
    [
        f"'it''s {LONG} a text, and {LONG} no place to break'",
        f'"{LONG} a name {LONG} with blanks"',
        f"`{LONG} a name {LONG} with blanks`",
        f"[{LONG} a name {LONG} with blanks]",
        f"-- {LONG} a comment {LONG} that is one line",
        f"'two {LONG}\nlines {LONG} of text'",
    ],
)
def test_what_is_quoted_or_commented_stays_as_it_is(kept: str) -> None:
    text = f"SELECT {LONG} FROM {LONG} WHERE a = {kept}"
    assert kept in wrapped(text)
    assert re.sub(r"\n {4}", " ", wrapped(text)) == text


def test_a_line_is_broken_before_a_clause_and_not_within_a_comparison() -> None:
    columns = " AND ".join(f"t.COLUMN_NUMBER_{number} = 'value {number}'" for number in range(20))
    lines = wrapped(f"  SELECT 1 FROM t WHERE {columns}").splitlines()
    assert max(map(len, lines)) <= WIDTH
    assert {line[:10] for line in lines[1:]} == {"      AND "}
    assert " ".join(line.strip() for line in lines) == f"SELECT 1 FROM t WHERE {columns}"


def test_no_line_begins_or_ends_with_a_sign_of_the_client() -> None:
    """SQL*Plus goes on after a hyphen at the end, and takes `@`, `/`, `.` and `#` at the beginning for its own."""
    text = " ".join(f"{'x' * 30} - @a / #b . {'y' * 30}" for _ in range(9))
    lines = wrapped(text).splitlines()
    assert len(lines) > 1
    assert [line for line in lines if line.endswith("-") or line.lstrip()[0] in "@/.#-"] == []


def test_a_comment_goes_on_below_its_own_beginning() -> None:
    lines = commented(f"--   {'word ' * 60}".rstrip()).splitlines()
    assert max(map(len, lines)) <= WIDTH
    assert {re.match(r"-- *", line)[0] for line in lines} == {"--   "}  # type: ignore[index]
