"""What is alike about locks on every database: how long they are waited for, and whether our own is still held."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from apim_schema.errors import Refused, UsageError
from apim_schema.progress import Say

Check = Callable[[], None]
"""Asks whether a lock is still held, and by that keeps its session from being idle. Raises Refused where it is not."""

LOCK_WAIT: Final = "lock_wait"
DDL_LOCK_TIMEOUT: Final = "ddl_lock_timeout"
DDL_RETRIES: Final = "ddl_retries"
LIMITS: Mapping[str, tuple[int, int]] = {LOCK_WAIT: (0, 86400), DDL_LOCK_TIMEOUT: (1, 3600), DDL_RETRIES: (0, 100)}
"""What may be said of each, at least and at most: all of it is within what every server takes."""


@dataclass(frozen=True)
class Waiting:
    """For how long an upgrade waits for what others hold.

    `lock_wait` are the seconds that it waits for the end of another upgrade of the same database. A statement waits
    `ddl_lock_timeout` seconds for its table, while all that come after it for that table wait behind it; then it lets
    them go first, and is tried again up to `ddl_retries` times.
    """

    lock_wait: int = 0
    ddl_lock_timeout: int = 5
    ddl_retries: int = 5


USUAL = Waiting()
OPTION: Final = "apim_schema_waiting"
"""The execution option of an engine that says how long its connections wait."""

WAY_OUT = (
    "stop what runs there (API Manager itself, reports, an open transaction in a client) and try again, or give it "
    "more time by --ddl-retries"
)
LONGEST_PAUSE = 30.0
"""Seconds between two tries of a statement, at most."""
POLL = 1.0
"""Seconds between two tries of a lock of our own."""
SHOWN = 72
"""Characters of a statement that waits."""


def waiting(connection: Connection) -> Waiting:
    """How long this connection is to wait: as its engine says, else as usual."""
    found: Waiting = connection.get_execution_options().get(OPTION, USUAL)
    return found


def whole(name: str, text: str, where: str) -> int:
    """The number that this text is, within the limits of what it is said for. Raises UsageError where it is none."""
    return within(name, int(text) if text.isdecimal() else text, where)


def within(name: str, value: object, where: str) -> int:
    """The value, if it is a whole number within the limits of what it is said for. Raises UsageError if not."""
    least, most = LIMITS[name]
    if type(value) is int and least <= value <= most:
        return value
    raise UsageError(f"{where} must be a whole number from {least} to {most}", found=f"it is {value!r}")


def pauses(retries: int) -> Iterator[float]:
    """Seconds before each retry: twice as long each time, less up to a half by chance.

    Two that have met do not meet again then, and neither falls into step with a job that comes at intervals.
    """
    for number in range(retries):
        yield min(2.0**number, LONGEST_PAUSE) * random.uniform(0.5, 1)  # noqa: S311 (no secret hangs on it)


def granted(what: str, attempt: Callable[[], bool], retries: int, holders: Callable[[], str], say: Say) -> bool:
    """Whether an attempt at `what` succeeded: each that meets a lock is followed by a pause and another one.

    `holders` names the sessions that are in the way, which `say` is told of before each pause.
    """
    for number, pause in enumerate(pauses(retries), 2):
        if attempt():
            return True
        say(f"{shown(what)} waits for {holders()}: try {number} of {retries + 1} in {pause:.1f} s")
        time.sleep(pause)
    return attempt()


def shown(sql: str) -> str:
    """The beginning of a statement, in one line."""
    line = " ".join(sql.split())
    return line if len(line) <= SHOWN else f"{line[:SHOWN]}…"


def taken(attempt: Callable[[], bool], seconds: float, holders: Callable[[], str], say: Say) -> bool:
    """Whether a lock of our own was had within so many seconds; it is tried at least once.

    `say` is told who holds it, and again where that becomes another one.
    """
    until, told = time.monotonic() + seconds, ""
    while not attempt():
        left = until - time.monotonic()
        if left <= 0:
            return False
        if (found := holders()) != told:
            say(f"waits up to {left:.0f} s for another upgrade to end: {found}")
            told = found
        time.sleep(min(POLL, left))
    return True


def since(session: str, begun: datetime | None) -> str:
    """A session in words that may have held a lock since this time in UTC; None where the server does not tell."""
    return f"{session} since {begun:%Y-%m-%d %H:%M:%S} UTC" if begun else session


def held(name: str, holders: str) -> Refused:
    """The error of a lock of our own that another one has."""
    return Refused(
        f"{name} is locked by another upgrade",
        found=holders,
        way_out="wait until it ends, which --lock-wait SECONDS does, or end its session",
    )


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
