"""TOML files that people write: read with a message for what is wrong with them, which names the line."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from apim_schema.errors import UsageError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

KINDS = {bool: "true or false", int: "a number", float: "a number", list: "a list", dict: "a table"}


@dataclass(frozen=True)
class File:
    """A TOML file as it was read."""

    path: Path
    text: str
    document: dict[str, Any]

    def line(self, *keys: str) -> str:
        """Where the value under these keys stands, as " (line 7)": the first line by which it can be read."""
        lines = self.text.splitlines(keepends=True)
        for number in range(1, len(lines) + 1):
            try:
                found = tomllib.loads("".join(lines[:number]))
            except tomllib.TOMLDecodeError:
                continue
            if has(found, *keys):
                return f" (line {number})"
        return ""

    def text_of(self, *keys: str) -> str:
        """The value under these keys. Raises UsageError where it is no text."""
        value: Any = self.document
        for key in keys:
            value = value[key]
        if isinstance(value, str):
            return value
        *tables, name = keys
        where = f"{name} in [{'.'.join(tables)}] of {self.path}{self.line(*keys)}"
        raise UsageError(f'{where} must be a text, {name} = "…"', found=f"it is {kind(value)}")

    def count_of(self, *keys: str) -> int:
        """The value under these keys. Raises UsageError where it is no whole number from 1 on."""
        value: Any = self.document
        for key in keys:
            value = value[key]
        if type(value) is int and value > 0:
            return value
        *tables, name = keys
        where = f"{name} in [{'.'.join(tables)}] of {self.path}{self.line(*keys)}"
        found = str(value) if type(value) is int else kind(value)
        raise UsageError(f"{where} must be a whole number from 1 on, {name} = 100", found=f"it is {found}")

    def texts_of(self, *keys: str) -> tuple[str, ...]:
        """The list of texts under these keys. Raises UsageError where it is none."""
        value: Any = self.document
        for key in keys:
            value = value[key]
        if isinstance(value, list) and all(isinstance(entry, str) for entry in value):
            return tuple(value)
        *tables, name = keys
        where = f"{name} in [{'.'.join(tables)}] of {self.path}{self.line(*keys)}"
        raise UsageError(f'{where} must be a list of texts, {name} = ["…"]', found=f"it is {kind(value)}")


def has(document: Mapping[str, Any], *keys: str) -> bool:
    """Whether there is a value under these keys."""
    value: Any = document
    for key in keys:
        if not isinstance(value, dict) or key not in value:
            return False
        value = value[key]
    return True


def kind(value: object) -> str:
    """What a value is that should be another thing."""
    return KINDS.get(type(value), "a text" if isinstance(value, str) else "a date or a time")


def read(path: Path, way_out: str) -> File:
    """Reads a file. Raises UsageError where it can't be read, with the way out, or is no TOML, with the line."""
    try:
        text = path.read_text(encoding="utf-8-sig")
        return File(path, text, tomllib.loads(text))
    except OSError as error:
        raise UsageError(f"can't read {path}", found=error.strerror, way_out=way_out) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} is no TOML", found=str(error)) from None
