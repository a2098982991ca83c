"""A script as SQL*Plus reads it: which lines are its own commands, and what it sends to the server.

The rules are those of https://docs.oracle.com/en/database/oracle/oracle-database/19/sqpug/: a statement ends with a
semicolon at the end of a line, a block with a slash on a line of its own.
"""

from __future__ import annotations

import re

LONGEST = 2499
"""Characters of a line before 12.2."""
COMMANDS = re.compile(
    r"(?:WHENEVER (?:OSERROR|SQLERROR) (?:EXIT FAILURE ROLLBACK|CONTINUE NONE)|SET [A-Z]+ (?:ON|OFF|\d+)"
    r"|COLUMN \w+ (?:NEW_VALUE \w+ NOPRINT|CLEAR)|&\w+)"
)
BLOCK = re.compile(r"(?:DECLARE|BEGIN)\b", re.IGNORECASE)


def split(script: str) -> tuple[list[str], list[str]]:
    """The commands for the client and the units for the server, each in their order.

    Raises ValueError for a line that the client would take for something else than what it is.
    """
    commands: list[str] = []
    units: list[str] = []
    unit: list[str] = []
    for number, line in enumerate(script.splitlines(), 1):
        if trap := _trap(line, bool(unit)):
            raise ValueError(f"line {number}: {trap}: {line[:80]}")
        if unit or not (COMMANDS.fullmatch(line) or line.startswith("--") or not line.strip()):
            ended = line.strip() == "/" if BLOCK.match(unit[0] if unit else line) else line.rstrip().endswith(";")
            unit.append(line)
            if ended:
                units.append(_sent(unit))
                unit = []
        elif COMMANDS.fullmatch(line):
            commands.append(line)
    if unit:
        raise ValueError(f"the last unit has no end: {unit[0]}")
    return commands, units


def _trap(line: str, within: bool) -> str:
    if len(line) > LONGEST:
        return "longer than the client reads"
    if line.rstrip().endswith("-"):
        return "a hyphen continues the line"
    if within and COMMANDS.fullmatch(line):
        return "a command within a statement that has no end"
    if line.startswith("#") or line.strip() == ".":
        return "the client's own sign"
    if line.lstrip().startswith("@"):
        return "the client reads a file"
    if line.strip() == "/" and not within:
        return "the last statement is run again"
    if line.startswith("--") and line.rstrip().endswith(";"):
        return "a terminator in a comment"
    return ""


def _sent(unit: list[str]) -> str:
    """A block goes with its last semicolon and without the slash, a statement without the semicolon."""
    return "\n".join(unit[:-1]) if unit[-1].strip() == "/" else "\n".join(unit).rstrip().removesuffix(";")
