"""Parsers that judge SQL where no server of the kind can be had: a module each, made ready by `make`.

A module offers `problem`, which says why its parser is not there, and `errors`, which judges texts.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Protocol, cast

HOME = Path(__file__).parents[2] / ".parsers"
PARSERS = tuple(sorted(path.stem for path in Path(__file__).parent.glob("*sql.py")))


class ParserModule(Protocol):
    def problem(self) -> str | None: ...
    def errors(self, texts: list[str]) -> list[str]: ...


def module(parser: str) -> ParserModule:
    return cast(ParserModule, import_module(f"tests.parsers.{parser}"))
