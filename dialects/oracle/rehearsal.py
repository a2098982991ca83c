"""Where an upgrade is rehearsed on Oracle: nowhere, since each statement commits and a schema is a user."""

from __future__ import annotations

from contextlib import AbstractContextManager

from sqlalchemy import Connection

from apim_schema.errors import UsageError

STAGE = "no stage"


def stage(connection: Connection, schema: str) -> AbstractContextManager[str]:
    """Raises UsageError."""
    raise UsageError(
        "Oracle has no place for a rehearsal", way_out="upgrade a copy of the database, by Data Pump without rows"
    )
