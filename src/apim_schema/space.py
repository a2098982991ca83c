"""Room for a table that is written anew: its old rows stay until the new ones are there."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from apim_schema.changes import Change
from apim_schema.hazards import Level, Obstacle
from apim_schema.impact import REBUILD, Impact
from apim_schema.schema import Schema

UNITS = ("KiB", "MiB", "GiB")


def rebuilt(wanted: Iterable[Change], live: Schema, assess: Callable[[Change, Schema], Impact]) -> list[str]:
    """The tables that stand now and that one of these changes, each made after the other, writes anew."""
    found, made = set(), live
    for change in wanted:
        if not change.is_in(made):
            if assess(change, made).work == REBUILD:
                found.add(change.table)
            made = change.apply(made)
    return [table for table in live.tables if table in found]


def short(level: Level, table: str, size: float, free: float, where: str, way_out: str) -> Obstacle:
    """That a table of `size` bytes does not fit into the `free` ones that `where` has."""
    problem = f"its rows are written once more, which takes up to {human(size)}, and {where} has {human(free)} left"
    return Obstacle(level, table, problem, way_out)


def human(size: float) -> str:
    """Bytes in the unit that gives a number below 1024."""
    for unit in UNITS:
        size /= 1024
        if size < 1024:
            return f"{size:.1f} {unit}"
    return f"{size / 1024:.1f} TiB"
