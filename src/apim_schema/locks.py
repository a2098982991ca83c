"""What is alike about locks on every database: trying again, and asking whether our own is still held."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from sqlalchemy.exc import SQLAlchemyError

from apim_schema.errors import Refused
from apim_schema.progress import Say

Check = Callable[[], None]
"""Asks whether a lock is still held, and by that keeps its session from being idle. Raises Refused where it is not."""


def granted(attempt: Callable[[], bool], pauses: Sequence[float], holders: Callable[[], str], say: Say) -> bool:
    """Whether an attempt succeeded: each that meets a lock is followed by a pause, in seconds, and another one.

    `holders` names the sessions that are in the way, which `say` is told of before each pause.
    """
    for number, pause in enumerate(pauses, 2):
        if attempt():
            return True
        say(f"waiting for {holders()}, try {number} of {len(pauses) + 1}")
        time.sleep(pause)
    return attempt()


def check(name: str, is_held: Callable[[], object]) -> Check:
    """What asks whether the lock of this name is still ours; an error in asking means that its session has ended."""

    def ask() -> None:
        try:
            why = "" if is_held() else "another session answers in the place of the one that took it"
        except SQLAlchemyError as error:
            why = str(getattr(error, "orig", error)).strip()
        if why:
            raise Refused(
                f"the lock {name!r} is lost, and another upgrade may have begun",
                found=why,
                way_out="look for what ends or swaps sessions: a timeout, an administrator, a pooler (connect to the "
                "server itself)",
            )

    return ask
