"""Signals that ask a run to end: Ctrl-C, SIGTERM (`kill`, a container that stops), SIGHUP (a closed terminal)."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from apim_schema.errors import Interrupted

NAMES = ("SIGTERM", "SIGHUP")
"""Those that Python lets end the process where it stands; Ctrl-C raises KeyboardInterrupt by itself."""


CTRL_C = "SIGINT"


@contextmanager
def raised() -> Iterator[None]:
    """Has each of them raise KeyboardInterrupt, with its name, while the block runs.

    What is ignored stays so, SIGHUP under `nohup` for one. Does nothing outside of the main thread, which alone may.
    """
    with _handled(NAMES, _raise, (signal.SIG_DFL,)):
        yield


@contextmanager
def handed(take: Callable[[int], None]) -> Iterator[None]:
    """Has each of them, and Ctrl-C, call this with its number instead, while the block runs."""
    ours = (signal.SIG_DFL, _raise, signal.default_int_handler)
    with _handled((CTRL_C, *NAMES), lambda number, frame: take(number), ours):
        yield


@contextmanager
def _handled(names: Sequence[str], handler: Callable[[int, Any], None], instead: Sequence[Any]) -> Iterator[None]:
    """Sets a handler in the place of these ones, and puts them back in the end."""
    here = threading.current_thread() is threading.main_thread()
    numbers = [number for name in names if (number := getattr(signal, name, None)) is not None]
    before = {number: found for number in numbers if here and (found := signal.getsignal(number)) in instead}
    for number in before:
        signal.signal(number, handler)
    try:
        yield
    finally:
        for number, found in before.items():
            signal.signal(number, found)


def _raise(number: int, frame: Any) -> None:
    raise KeyboardInterrupt(signal.Signals(number).name)


def called(number: int) -> str:
    """What has happened by a signal, as `told` says it of what that has raised."""
    return told(KeyboardInterrupt(*(name for name in NAMES if number == getattr(signal, name, None))))


def led_to(error: BaseException | None) -> bool:
    """Whether one of them is what an error has come of. One that was raised again may be its own cause."""
    seen: list[BaseException] = []
    while error is not None and error not in seen:
        seen.append(error)
        error = error.__cause__ or error.__context__
    return any(isinstance(one, KeyboardInterrupt) for one in seen)


def told(error: BaseException) -> str:
    """What has happened, in a word or two: "interrupted by SIGTERM"."""
    return f"interrupted by {error}" if str(error) else "interrupted"


def nothing_changed(error: BaseException) -> Interrupted:
    """The error of an interrupt that came while nothing was being changed."""
    return Interrupted(f"{told(error)}, nothing was changed")
