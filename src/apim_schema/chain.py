"""The chains: which releases there are, and what each changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from itertools import pairwise
from pathlib import Path

from alembic.config import Config
from alembic.script import ScriptDirectory

from apim_schema import catalog, flavours
from apim_schema.changes import AddColumn, Change, DropColumn, DropTable, TextToBinary, inverted, replay
from apim_schema.errors import UsageError
from apim_schema.revision import Changes, for_flavour
from apim_schema.schema import Schema

DATABASES = ("apim", "shared")
PARTS = {"user": "UM_", "registry": "REG_"}
"""The parts of a shared database that is split in two, by what the names of their tables begin with."""
NAMES = (*DATABASES, *PARTS)
OLDER = ("4.0.0", "4.1.0")
"""Releases from before the vendor's zero-data-migration policy: recognised, never upgraded."""

SECTIONS = {"apim": "alembic", "shared": "shared", **dict.fromkeys(PARTS, "shared")}
"""The section of alembic.ini that holds each database's chain."""


def whole(database: str) -> str:
    """The database that this one is a part of, or itself: the scripts and the chain are that one's."""
    return "shared" if database in PARTS else database


def version_table(database: str) -> str:
    """The table that holds the stamp: one a chain, since both databases may live in one schema."""
    return f"alembic_version_{whole(database)}"


def ini_file() -> Path:
    """alembic.ini: in the package where it was installed, at the root of a checkout."""
    here = Path(__file__).parent
    return next(path for path in (here / "alembic.ini", here.parents[1] / "alembic.ini") if path.is_file())


@cache
def script(database: str) -> ScriptDirectory:
    """Alembic's view of one chain. Raises UsageError for a database that is not ours."""
    if database not in SECTIONS:
        raise UsageError(f"unknown database {database!r}", way_out=f"choose one of {', '.join(NAMES)}")
    return ScriptDirectory.from_config(Config(ini_file(), ini_section=SECTIONS[database]))


@cache
def releases(database: str) -> tuple[str, ...]:
    """The releases of the chain, oldest first."""
    return tuple(revision.revision for revision in script(database).walk_revisions())[::-1]


def first(flavour: str, database: str) -> str:
    """The oldest release of the chain that the vendor has a script for in this flavour: the one whose catalog ships."""
    return _start(flavour, database)[1]


@cache
def _start(flavour: str, database: str) -> tuple[str, str]:
    """The flavour and release to start from: the plain ones where the vendor has no script for this database."""
    scripts = ((name, release) for name in (flavour, flavours.FLAVOURS[flavour]) for release in releases(database))
    return next((name, release) for name, release in scripts if catalog.ships(name, whole(database), release))


def since(flavour: str, database: str) -> tuple[str, ...]:
    """The releases of the chain that the flavour has, oldest first."""
    known = releases(database)
    return known[known.index(first(flavour, database)) :]


def has_script(flavour: str, database: str) -> bool:
    """Whether the vendor has a script of its own for this flavour of the database."""
    return _start(flavour, database)[0] == flavour


def check_release(database: str, release: str) -> str:
    """The release itself, with `head` resolved.

    Exact ids only: Alembic would take a prefix, and `4.1` may not mean 4.10.0. Raises UsageError for any other.
    """
    known = releases(database)
    if release in ("head", "heads"):
        return known[-1]
    if release not in known:
        raise UsageError(
            f"unknown release {release!r} of {database}", way_out=f"choose one of {', '.join(known)}, or head"
        )
    return release


def changes(flavour: str, database: str, release: str) -> tuple[Change, ...]:
    """What one release changes on one flavour."""
    return settled(script(database).get_revision(release).module.changes, flavour, database)


def settled(declared: Changes, flavour: str, database: str) -> tuple[Change, ...]:
    """What a revision's changes are on one flavour, as far as they are about this database or part of it."""
    made = for_flavour(declared, flavour)
    return tuple(change for change in made if change.table.startswith(PARTS.get(database, "")))


def goes_back(database: str, start: str, target: str) -> bool:
    """Whether the way from one release to another leads to an older one."""
    known = releases(database)
    return known.index(target) < known.index(start)


def between(database: str, start: str, target: str) -> tuple[str, ...]:
    """The releases after `start`, up to and with `target`; or before it, back to and with that."""
    known = releases(database)
    first, last = known.index(start), known.index(target)
    return known[last:first][::-1] if last < first else known[first + 1 : last + 1]


def step(
    flavour: str, database: str, before: str, release: str, target: str = "", cuts: bool = False
) -> tuple[Change, ...]:
    """What makes a release of its neighbour: its changes, or what takes back those of the newer one.

    `target` is where the way leads in the end, if that is not this release. Raises Refused for a change that has no
    inverse; for `cuts` see `changes.inverted`.
    """
    if goes_back(database, before, release):
        return taken_back(changes(flavour, database, before), flavour, database, release, target, cuts)
    return changes(flavour, database, release)


def taken_back(
    made: Sequence[Change], flavour: str, database: str, release: str, target: str = "", cuts: bool = False
) -> tuple[Change, ...]:
    """What leads back to a release from the next one, of which these are the changes. Raises as `step` does.

    A table that goes on the way is not altered before: that would be work for nothing, and rows that are going to be
    lost with it would be in the way of that.
    """
    left = expected(flavour, database, target or release).tables
    back = inverted(made, expected(flavour, database, release), cuts)
    return tuple(change for change in back if change.table in left or isinstance(change, DropTable))


def pending(flavour: str, database: str, start: str, target: str) -> tuple[Change, ...]:
    """All changes on the way from one release to another. Raises as `step` does."""
    way = pairwise((start, *between(database, start, target)))
    return tuple(change for before, release in way for change in step(flavour, database, before, release, target))


@cache
def texts_to_binary(dialect: str) -> frozenset[tuple[str, str]]:
    """The (table, column) that some release turns from a text into its bytes in UTF-8."""
    ways = ((flavour, database) for flavour in flavours.of_dialect(dialect) for database in DATABASES)
    made = (change for way in ways for change in pending(*way, first(*way), releases(way[1])[-1]))
    return frozenset((change.table, change.name) for change in made if isinstance(change, TextToBinary))


def fills(flavour: str, database: str, target: str) -> dict[tuple[str, str], str]:
    """What the releases up to `target` fill new columns with in rows that stand, where it is not their default."""
    made = pending(flavour, database, first(flavour, database), target)
    return {(c.table, c.column.name): c.fill for c in made if isinstance(c, AddColumn) and c.fill is not None}


def dropped(flavour: str, database: str, start: str | None, target: str) -> tuple[tuple[str, str], ...]:
    """The (table, column) that are dropped on the way from one release to another; none where the start is none."""
    if start not in releases(database):
        return ()
    made = pending(flavour, database, start, target)
    return tuple((change.table, change.name) for change in made if isinstance(change, DropColumn))


@cache
def expected(flavour: str, database: str, release: str) -> Schema:
    """The schema of a release: the oldest catalog with the changes since replayed."""
    if release in OLDER:
        return _part(catalog.baseline(flavour, whole(database), release), database)
    script, start = _start(flavour, database)
    first = _part(catalog.baseline(script, whole(database), start), database)
    return replay(first, pending(flavour, database, start, release))


def _part(schema: Schema, database: str) -> Schema:
    """What of a schema is in this database: all of it, or one of two parts; no foreign key goes between them."""
    mark = PARTS.get(database, "")
    tables = {name: table for name, table in schema.tables.items() if name.startswith(mark)}
    sequences = {name: options for name, options in schema.sequences.items() if name.startswith(mark)}
    triggers = {name: trigger for name, trigger in schema.triggers.items() if trigger.table in tables}
    return replace(schema, tables=tables, sequences=sequences, triggers=triggers)


def candidates(dialect: str, database: str) -> Sequence[tuple[str, str]]:
    """Every (flavour, release) that a database of this dialect can be, newest release first."""
    return [
        (flavour, release)
        for release in (*reversed(releases(database)), *reversed(OLDER))
        for flavour in flavours.of_dialect(dialect)
        if (has_script(flavour, database) and release in since(flavour, database))
        or (release in OLDER and catalog.ships(flavour, whole(database), release))
    ]
