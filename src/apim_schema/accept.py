"""Accept lists: breaking drift that somebody has taken upon himself, in a TOML file that is under version control.

    [apim]
    accept = ["column AM_API.CONTEXT: VARCHAR(128)"]

An environment of environments.toml may have the same list, under [prod.apim].
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from apim_schema import chain, legible, toml
from apim_schema.difference import BREAKING, Difference
from apim_schema.errors import UsageError

NAME = "accept"
WAY_OUT = "status --write-accept FILE writes one"


def read(path: Path) -> dict[str, tuple[str, ...]]:
    """The entries of a file, by database.

    Raises UsageError where it can't be read or is no accept list, with the line.
    """
    file = toml.read(path, WAY_OUT)
    for database, table in file.document.items():
        if database not in chain.NAMES:
            known = ", ".join(chain.NAMES)
            raise UsageError(f"{path} has an unknown [{database}]{file.line(database)}", found=f"the known are {known}")
        if not isinstance(table, dict) or table.keys() != {NAME}:
            line = file.line(database)
            raise UsageError(
                f'[{database}] of {path}{line} must have {NAME} = ["…"], and nothing else', way_out=WAY_OUT
            )
    return {database: file.texts_of(database, NAME) for database in file.document}


def write(path: Path, found: Mapping[str, Iterable[Difference]]) -> int:
    """Writes the breaking differences of each database as entries, with a comment each; returns how many there are.

    Raises UsageError where the file is there already or can't be written.
    """
    text, entries = "", 0
    for database, differences in found.items():
        wrong = [difference for difference in differences if difference.class_ == BREAKING]
        entries += len(wrong)
        text += f"[{database}]\n{NAME} = [\n" + "".join(map(_entry, wrong)) + "]\n"
    try:
        with path.open("x", encoding="utf-8") as out:
            out.write(text)
    except FileExistsError:
        raise UsageError(f"{path} is there already", way_out="name another file, or take it away") from None
    except OSError as error:
        raise UsageError(f"can't write {path}", found=error.strerror) from None
    return entries


def _entry(difference: Difference) -> str:
    """A line of the list; JSON's text is one of TOML's too, but for the one control character that JSON leaves."""
    expected = f"the release has {difference.expected}" if difference.expected else "the release has it otherwise"
    comment = f"{expected}; {difference.reason}"
    entry = json.dumps(difference.entry, ensure_ascii=False).replace("\x7f", "\\u007f")
    return f"    # {legible.line(comment)}\n    {entry},\n"
