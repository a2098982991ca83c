"""What a run of the command line says beside its answer, and to whom: to a person on stderr, and to a log file.

The file has one JSON object a line, whatever `--quiet` keeps from the person. No password is in it.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import IO, Any, Final, Literal, cast

from apim_schema import __version__, output
from apim_schema.errors import UsageError
from apim_schema.redact import redact

DEBUG: Final = "debug"
INFO: Final = "info"
WARNING: Final = "warning"
ERROR: Final = "error"
Level = Literal["debug", "info", "warning", "error"]


@dataclass
class Log:
    """How one run talks: `quiet` says nothing but errors to a person, `stream` is the file that gets all of it.

    `environment` is the one of several that is worked on. What is `relayed` has its stream read by another process,
    which tells the person.
    """

    quiet: bool = False
    stream: IO[str] | None = None
    verb: str | None = None
    environment: str | None = None
    relayed: bool = False
    started: float = field(default_factory=time.monotonic)

    def shows(self, level: Level) -> bool:
        """Whether a person is told what has this level."""
        return not self.relayed and (level == ERROR or not self.quiet)

    def write(self, level: Level, message: str, parts: Mapping[str, Any] | None = None) -> None:
        """Adds a line to the file, if there is one; a full disk ends the log and nothing else."""
        if self.stream is None:
            return
        of = {"environment": self.environment} if self.environment else {}
        entry = {"time": _now(), "level": level, "verb": self.verb, **of, "message": redact(message), **(parts or {})}
        self.stream.write(json.dumps(entry, default=str, ensure_ascii=False) + "\n")
        self.stream.flush()

    def begin(self, verb: str | None, stream: IO[str]) -> None:
        """Writes to this file from now on."""
        self.verb, self.stream = verb, stream
        self.write(INFO, f"apim-schema {__version__} begins")

    def end(self, exit_code: int) -> None:
        """Writes what came of it."""
        seconds = round(time.monotonic() - self.started, 3)
        self.write(INFO, f"ended with exit code {exit_code}", {"exit_code": exit_code, "seconds": seconds})


_current: ContextVar[Log | None] = ContextVar("log", default=None)


def current() -> Log:
    """The log of the run that is under way; one that writes nowhere where none is."""
    return _current.get() or Log()


@contextmanager
def begun() -> Iterator[Log]:
    """The log of a run, which closes its file at the end; a run within another talks as that does."""
    outer = current()
    log = Log(outer.quiet, outer.stream, outer.verb)
    token = _current.set(log)
    try:
        yield log
    finally:
        _current.reset(token)
        if log.stream and log.stream is not outer.stream:
            log.stream.close()


@contextmanager
def about(environment: str) -> Iterator[None]:
    """Has all that is said while the block runs told of this one of several environments, in the file."""
    said = current()
    said.environment = environment
    try:
        yield
    finally:
        said.environment = None


def opened(path: Path) -> IO[str]:
    """A log file, to add lines to. Raises UsageError where it can't be written."""
    try:
        return cast(IO[str], output.Lasting(path.open("a", encoding="utf-8", errors="backslashreplace")))
    except OSError as error:
        raise UsageError(f"can't write {path}", found=error.strerror) from None


def _now() -> str:
    """The time in UTC, to the millisecond."""
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
