"""Signals that ask a run to end: Ctrl-C, SIGTERM (`kill`, a container that stops), SIGHUP (a closed terminal)."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from apim_schema.errors import Interrupted

NAMES = ("SIGTERM", "SIGHUP")
"""Those that Python lets end the process where it stands; Ctrl-C raises KeyboardInterrupt by itself."""


@contextmanager
def raised() -> Iterator[None]:
    """Has each of them raise KeyboardInterrupt, with its name, while the block runs.

    What is ignored stays so, SIGHUP under `nohup` for one. Does nothing outside of the main thread, which alone may.
    """
    ours = [number for name in NAMES if (number := getattr(signal, name, None)) is not None]
    here = threading.current_thread() is threading.main_thread()
    before = {number: signal.getsignal(number) for number in ours if here}
    for number, handler in before.items():
        if handler is signal.SIG_DFL:
            signal.signal(number, _raise)
    try:
        yield
    finally:
        for number, handler in before.items():
            if handler is signal.SIG_DFL:
                signal.signal(number, handler)


def _raise(number: int, frame: Any) -> None:
    raise KeyboardInterrupt(signal.Signals(number).name)


def told(error: BaseException) -> str:
    """What has happened, in a word or two: "interrupted by SIGTERM"."""
    return f"interrupted by {error}" if str(error) else "interrupted"


def nothing_changed(error: BaseException) -> Interrupted:
    """The error of an interrupt that came while nothing was being changed."""
    return Interrupted(f"{told(error)}, nothing was changed")
