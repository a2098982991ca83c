"""`adopt`: stamps a database with the release that it is recognised as."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import click
from rich.console import Console

from apim_schema import chain, report, stamp
from apim_schema.cli import documents
from apim_schema.cli.common import Answer, database_options, each, epilog
from apim_schema.compare import Difference
from apim_schema.errors import Exit, Refused
from apim_schema.live import Live, opened
from apim_schema.planner import listed
from apim_schema.recognise import refuse, too_old
from apim_schema.target import Target


@dataclass(frozen=True)
class Adopted:
    """The stamp of one database; `new` if it was set now. `same` are all releases that have this schema."""

    database: str
    release: str
    same: tuple[str, ...]
    new: bool
    drift: tuple[Difference, ...]


@click.command(epilog=epilog("apim-schema adopt --env prod", Exit.OK, Exit.USAGE, Exit.REFUSED))
@database_options
def adopt(targets: Sequence[Target]) -> Answer:
    """Recognise and stamp each database.

    Nothing is upgraded. The stamp is Alembic's version table, and all that is written.
    """
    return each(targets, _adopt, _answer)


def _adopt(target: Target) -> Adopted:
    with opened(target) as live:
        new = live.stamped is None
        if new:
            stamp.write(live.connection, live.schema, live.database, _recognised(live))
        elif live.mismatches:
            raise Refused(
                f"{live.database} is stamped {live.stamped}, but its schema is "
                f"{live.recognised or 'not'}:\n{listed(live.mismatches)}"
            )
        release = live.known_release
        same = live.recognised.same if live.recognised else (release,)
        return Adopted(live.database, release, same, new, live.drift)


def _recognised(live: Live) -> str:
    if live.recognised is None:
        raise refuse(live.dialect.name, live.database, live.model)
    if live.recognised.release in chain.OLDER:
        raise too_old(live.database, live.recognised.release)
    return live.recognised.release


def _answer(found: list[Adopted]) -> Answer:
    return Answer({"databases": [_document(entry) for entry in found]}, partial(_text, found))


def _document(entry: Adopted) -> dict[str, Any]:
    return {
        "database": entry.database,
        "release": entry.release,
        "same": entry.same,
        "new": entry.new,
        "drift": documents.differences(entry.drift),
    }


def _text(found: list[Adopted], out: Console) -> None:
    for entry in found:
        done = f"is stamped {entry.release} now" if entry.new else f"was stamped {entry.release} before"
        others = [release for release in entry.same if release != entry.release]
        out.print(f"{entry.database} {done}" + (f"; {', '.join(others)} have the same schema" if others else ""))
        report.differences(out, entry.database, entry.drift)
