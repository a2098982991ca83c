"""Runs an upgrade that dies on the way: `python -m tests.conformance.killed DATABASE URL before|after NUMBER`.

The process sends itself SIGKILL right before or after statement NUMBER: nothing can be cleaned up, as when a machine
goes down.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import Any

from sqlalchemy import Engine, event

from apim_schema.environment import through_alembic
from apim_schema.target import target
from apim_schema.upgrade import Upgrade
from tests.conformance.spoil import is_change


def main(database: str, url: str, when: str, number: str) -> None:
    left = int(number)

    def look(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        nonlocal left
        if is_change(statement):
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            left -= 1

    event.listen(Engine, f"{when}_cursor_execute", look)
    through_alembic(Upgrade(target(database, url)))


if __name__ == "__main__":
    main(*sys.argv[1:])
