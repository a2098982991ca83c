"""What is said of a database that is no release we know: what it looks like instead, and the way out."""

from __future__ import annotations

from collections.abc import Set
from itertools import pairwise

from apim_schema import chain
from apim_schema.changes import replay
from apim_schema.difference import Difference, breaking, drifted
from apim_schema.errors import NotRecognised
from apim_schema.planner import listed
from apim_schema.recognise import Accept, Comparison, differences
from apim_schema.schema import Schema

FEW = 3
"""How many changes that are not in are named."""


def refuse(database: str, live: Schema, accept: Accept) -> NotRecognised:
    """The error for a schema that is no release: what it looks like instead, and the way out."""
    flavour = live.flavour
    ours = _tables(flavour, database)
    found = ours & live.tables.keys()
    if not live.tables:
        return NotRecognised(
            f"{database} is empty", way_out="check the URL and the schema, or say --create for a fresh one"
        )
    if not found:
        return _foreign(flavour, database, live)
    if database == "shared" and (part := _part(flavour, database, live)):
        return part
    between = _between(database, live, accept)
    if between:
        return between
    release, wrong = nearest(database, live, accept)
    first = chain.first(flavour, database)
    if ours - found and chain.has_script(flavour, database) and first != chain.releases(database)[0]:
        return NotRecognised(
            f"{database} is of the vendor's script for {flavour}, and older than {first} or half-installed",
            found=f"{len(found)} of {len(ours)} tables are there",
            way_out="the vendor's older scripts for it do not say what becomes of what they made: contact WSO2 "
            f"Support. Compared with {release}:\n{listed(wrong)}",
        )
    if len(found) < len(ours):
        return NotRecognised(
            f"{database} is half-installed",
            found=f"{len(found)} of {len(ours)} tables are there",
            way_out="finish the installation of the product's own script, or start from an empty database. "
            f"Compared with {release}:\n{listed(wrong)}",
        )
    return NotRecognised(
        f"{database} is no release that we know",
        found=f"nearest is {release}, with the breaking differences below",
        way_out="`repair` shows the way back, an accept list takes them as they are; or say "
        f"`adopt --as {release}` first, if that is what it is:\n{listed(wrong)}",
    )


def _foreign(flavour: str, database: str, live: Schema) -> NotRecognised:
    for other in chain.NAMES:
        if other not in (database, chain.whole(database)) and _tables(flavour, other) & live.tables.keys():
            way_out = "check which URL belongs to which database"
            return NotRecognised(f"this is a {other} database, not {database}", way_out=way_out)
    found = f"none of its {len(live.tables)} tables is known"
    return NotRecognised(
        f"this is not an API Manager {database} database", found=found, way_out="check the URL and the schema"
    )


def _part(flavour: str, database: str, live: Schema) -> NotRecognised | None:
    """What to say of one half of a shared database, None where it is no half."""
    found = [part for part in chain.PARTS if _tables(flavour, part) & live.tables.keys()]
    if len(found) != 1:
        return None
    [part], [other] = found, chain.PARTS.keys() - found
    return NotRecognised(
        f"{database} has its {part} tables only",
        way_out=f"where it is split in two, name this one as [NAME.{part}] in an environments.toml and the other as "
        f"[NAME.{other}]: --env NAME takes both. Else finish the installation",
    )


def _tables(flavour: str, database: str) -> Set[str]:
    """The tables that the oldest release has in a database."""
    return chain.expected(flavour, database, chain.first(flavour, database)).tables.keys()


def _between(database: str, live: Schema, accept: Accept) -> NotRecognised | None:
    """What to say of a schema that has some of a release's changes, None where it is nothing of the kind."""
    flavour = live.flavour
    for start, target in pairwise(chain.since(flavour, database)):
        changes = [c for c in chain.changes(flavour, database, target) if c.table]
        try:
            reached = replay(live, changes)
        except KeyError:
            continue
        if not breaking(differences(database, flavour, target, reached, accept)):
            left = [str(change) for change in changes if not change.is_in(live)]
            if len(left) == len(changes):
                continue  # it is what comes before, with drift that this release would mend
            wrong = breaking(differences(database, flavour, start, live, accept))
            compared = f". Compared with {start}:\n{listed(wrong)}" if wrong else ""
            named = f": all but {', '.join(left)}" if len(left) <= FEW else ""
            return NotRecognised(
                f"{database} is between {start} and {target}",
                found=f"{len(changes) - len(left)} of the {len(changes)} changes of {target} are in{named}",
                way_out=f"if {start} is where it started, say so with `adopt --as {start}`; the next upgrade makes the "
                f"rest{compared}",
            )
    return None


def nearest(database: str, live: Schema, accept: Accept) -> tuple[str, tuple[Difference, ...]]:
    """The release with the least drift, newest first, and what is breaking of it.

    Not the one with the least that is breaking: nothing of a later release is missing in an older one.
    """
    comparison = Comparison(database, live, accept)
    releases = reversed(chain.since(live.flavour, database))
    found = ((release, comparison.differences(live.flavour, release)) for release in releases)
    release, differences = min(found, key=lambda pair: len(drifted(pair[1])))
    return release, breaking(differences)


def too_old(database: str, release: str) -> NotRecognised:
    """The error for a release from before the policy."""
    return NotRecognised(
        f"{database} is {release}, which can't be upgraded by a schema change",
        way_out=f"contact WSO2 Support for the way to {chain.releases(database)[0]}; only from there on the vendor "
        "promises that no data is migrated",
    )
