"""What is written: streams whose reader may go away, and files.

`| head`, a closed terminal, a full disk end the printing and nothing else.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, TextIO, cast

from apim_schema.errors import UsageError


class _Stream:
    """A text stream that does something of its own when it is written to, and is else what it stands for."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


class Lasting(_Stream):
    """A text stream that takes all that is written to it; what nobody can read any more is lost."""

    def write(self, text: str) -> int:
        try:
            return self._stream.write(text)
        except OSError:
            forget(self._stream)
            return len(text)

    def flush(self) -> None:
        try:
            self._stream.flush()
        except OSError:
            forget(self._stream)


class Legible(_Stream):
    """A text stream that escapes the characters that its encoding does not have."""

    def write(self, text: str) -> int:
        encoding = self._stream.encoding or "utf-8"
        return self._stream.write(text.encode(encoding, "backslashreplace").decode(encoding))


def stdout() -> IO[str]:
    """What stdout is now; writing to it raises OSError where nothing more can be written."""
    return cast(IO[str], Legible(_there("stdout")))


def stderr() -> IO[str]:
    """What stderr is now; writing to it never fails."""
    return cast(IO[str], Lasting(_there("stderr")))


def _there(name: str) -> TextIO:
    """A stream of `sys`; one that was closed before we began (`>&-`) leads nowhere."""
    if getattr(sys, name) is None:
        setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115 (to the end)
    return cast(TextIO, getattr(sys, name))


def forget(stream: IO[str]) -> None:
    """Leads a stream that can't be written to nowhere: what is still in its buffer would fail again at the end."""
    with suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def write(path: Path, text: str) -> None:
    """Writes a file. Raises UsageError where that can't be done."""
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"can't write {path}", found=error.strerror) from None
