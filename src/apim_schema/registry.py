"""Loads a dialect by name."""

from __future__ import annotations

from functools import cache

from apim_schema import flavours
from apim_schema.dialect import Dialect
from apim_schema.errors import UsageError

PARTS = (
    "names",
    "types",
    "ddl",
    "introspect",
    "digest",
    "scan",
    "witness",
    "session",
    "impact",
    "obstacles",
    "space",
    "server",
    "rehearsal",
    "script",
    "jdbc",
)
"""The modules of a dialect's folder, each a protocol of `dialect`."""


@cache
def load(name: str) -> Dialect:
    """The dialect of this name, or of SQLAlchemy's name for it.

    Raises UsageError for a name that is none of ours.
    """
    name = flavours.KINDS.get(name, name)
    if name not in flavours.DIALECTS:
        raise UsageError(f"unknown dialect {name!r}", way_out=f"choose one of {', '.join(flavours.DIALECTS)}")
    return Dialect(name, **{part: flavours.module(name, part) for part in PARTS})
