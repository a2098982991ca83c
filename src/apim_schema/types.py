"""Portable column types: what a revision writes, and each dialect's `types` module renders.

Each function here returns a declaration, a function that is asked for the type in one flavour; the dialects'
`types` modules have a function of the same name that gives the native type.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from apim_schema import flavours


@dataclass(frozen=True)
class NativeType:
    """A type as one dialect writes it; charset and collation where the release names them."""

    sql: str
    charset: str | None = None
    collation: str | None = None


TypeIn = Callable[[str], NativeType]
"""Asks for the type in one flavour."""


def varchar(length: int, charset: str | None = None, collation: str | None = None) -> TypeIn:
    """Text of up to `length` characters (Oracle: in the database's own BYTE or CHAR semantics)."""
    return lambda flavour: NativeType(flavours.types(flavour).varchar(length), charset, collation)


def char(length: int) -> TypeIn:
    """Text of exactly `length` characters."""
    return lambda flavour: NativeType(flavours.types(flavour).char(length))


def integer() -> TypeIn:
    return lambda flavour: NativeType(flavours.types(flavour).integer())


def bigint() -> TypeIn:
    return lambda flavour: NativeType(flavours.types(flavour).bigint())


def flag() -> TypeIn:
    """A number that is 0 or 1."""
    return lambda flavour: NativeType(flavours.types(flavour).flag())


def blob(size: str = "") -> TypeIn:
    """Bytes; `size` ("MEDIUM", "LONG") matters on MySQL only."""
    return lambda flavour: NativeType(flavours.types(flavour).blob(size))


def timestamp() -> TypeIn:
    return lambda flavour: NativeType(flavours.types(flavour).timestamp())


def datetime() -> TypeIn:
    """A point in time outside MySQL's TIMESTAMP range; the same as `timestamp` on the other databases."""
    return lambda flavour: NativeType(flavours.types(flavour).datetime())


def native(sql: str) -> TypeIn:
    """A type that only one dialect has, in its own words."""
    return lambda flavour: NativeType(flavours.types(flavour).normalise_type(sql))
