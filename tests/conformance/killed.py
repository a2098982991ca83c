"""An upgrade that dies on the way, in a process of its own.

That sends itself SIGKILL: nothing can be cleaned up, as when a machine goes down.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from typing import Any

from sqlalchemy import Engine, event

from apim_schema.environment import through_alembic
from apim_schema.target import target
from apim_schema.upgrade import Upgrade
from tests.conformance.spoil import is_change


def die(*_: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def at_statement(number: int) -> Callable[..., None]:
    left = number

    def look(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        nonlocal left
        if is_change(statement):
            if left == 0:
                die()
            left -= 1

    return look


def at_stamp(release: str) -> Callable[..., None]:
    def look(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        if "alembic_version" in statement and f"'{release}'" in statement.partition("WHERE")[0]:
            die()

    return look


def main(database: str, url: str, when: str, where: str, older: str = "") -> None:
    """Dies right `before` or `after` the statement of a number, or once a release is `stamped`, before the verdict.

    With `older` it is a downgrade to that release.
    """
    if when == "stamped":
        event.listen(Engine, "after_cursor_execute", at_stamp(where))
    else:
        event.listen(Engine, f"{when}_cursor_execute", at_statement(int(where)))
    through_alembic(Upgrade(target(database, url), older or "head", back=bool(older)))
