"""What MySQL and MariaDB show to be in the way of a change: the customer's objects, privileges, settings."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from apim_schema.changes import Change
from apim_schema.dialect import Obstacle
from apim_schema.schema import Schema


def find(connection: Connection, schema: str, wanted: Sequence[Change], live: Schema) -> Sequence[Obstacle]:
    """What is in the way of these changes, none of which is in yet."""
    return ()
