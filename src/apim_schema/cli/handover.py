"""What a process that works on one of several environments is handed, and what it hands back.

Both go through pipes. Passwords are in a task: everybody on the machine can read a command line, and what a process has
in its environment is handed on to all that it starts; a pipe keeps nothing. Unpickling trusts the writer, which is the
very process that has started this one.
"""

from __future__ import annotations

import json
import os
import pickle
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import msgspec
from rich.console import Console

from apim_schema.cli.common import Answer
from apim_schema.errors import Exit
from apim_schema.target import Target

STDIN = 0
LENGTH = 8
"""Bytes that say how long a task is: a signal's number may follow it at once."""

Statements = Mapping[str, tuple[str, ...] | None]
"""What somebody has agreed to, by database; None where nobody was asked."""


@dataclass(frozen=True)
class Task:
    """A verb, with its options by the names of its parameters, and the databases of one environment.

    `file` is the environments.toml that was named, `agreed` are the statements that somebody has seen and agreed to,
    `look` is how stdout shows an answer, and `hidden` are the passwords that are known, which nothing may tell.
    """

    verb: str
    environment: str
    targets: tuple[Target, ...]
    options: dict[str, Any]
    file: str | None
    agreed: Statements
    verbose: bool
    look: dict[str, Any]
    hidden: frozenset[str] = field(repr=False)

    def packed(self) -> bytes:
        """As it goes through the pipe."""
        packed = pickle.dumps(self)
        return len(packed).to_bytes(LENGTH, "big") + packed


def received() -> Task:
    """The task of this process. Raises EOFError where the one that had it is gone."""
    length = int.from_bytes(_read(LENGTH), "big")
    task: Task = pickle.loads(_read(length))  # noqa: S301
    return task


def _read(count: int) -> bytes:
    """Just as many bytes: those that follow are for another reader."""
    found = b""
    while len(found) < count:
        more = os.read(STDIN, count - len(found))
        if not more:
            raise EOFError
        found += more
    return found


def returned(answer: Answer, text: str) -> str:
    """An answer and its text as they go back: ASCII, whatever the names in it are made of."""
    whole = {"exit_code": answer.exit_code, "document": answer.document, "text": text}
    return json.dumps(msgspec.to_builtins(whole))


def answer(written: bytes) -> Answer | None:
    """What was handed back, None where it was not, or not to its end."""
    try:
        found = json.loads(written)
    except ValueError:
        return None
    return Answer(found["document"], partial(_print, found["text"]), Exit(found["exit_code"]))


def _print(text: str, out: Console) -> None:
    """As it is: it was made for this console."""
    out.file.write(text)
