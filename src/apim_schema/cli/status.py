"""`status`: which release each database is, and what is pending."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import click
from rich.console import Console

from apim_schema import chain, report
from apim_schema.cli import documents
from apim_schema.cli.common import Answer, database_options, each, epilog
from apim_schema.compare import Difference
from apim_schema.errors import Exit
from apim_schema.live import Live, opened
from apim_schema.recognise import Recognised, refuse, too_old
from apim_schema.target import Target


@dataclass(frozen=True)
class Status:
    """What one database is. `problem` says why it is no release, or not the one that it is stamped as."""

    database: str
    server: str
    stamped: str | None
    recognised: Recognised | None
    pending: tuple[str, ...]
    problem: str | None
    differences: tuple[Difference, ...]

    @property
    def release(self) -> str:
        return self.stamped or (str(self.recognised) if self.recognised else "not recognised")

    @property
    def clean(self) -> bool:
        return not self.pending and self.problem is None


@click.command(epilog=epilog("apim-schema status --env prod --check", Exit.OK, Exit.FOUND, Exit.USAGE, Exit.REFUSED))
@database_options
@click.option("--check", is_flag=True, help="Exit with 1 if a release is pending or the schema is not its release's.")
def status(targets: Sequence[Target], check: bool) -> Answer:
    """Show the release of each database.

    And what is pending, and where the schema differs from the release. Changes nothing.
    """
    return each(targets, _look, partial(_answer, check))


def _look(target: Target) -> Status:
    with opened(target) as live:
        problem = _problem(live)
        return Status(
            live.database,
            live.server,
            live.stamped,
            live.recognised,
            _pending(live),
            problem,
            live.differences,
        )


def _pending(live: Live) -> tuple[str, ...]:
    known = chain.releases(live.database)
    return chain.between(live.database, live.release, known[-1]) if live.release in known else ()


def _problem(live: Live) -> str | None:
    recognised = live.recognised
    if live.release is None:
        return str(refuse(live.dialect.name, live.database, live.model))
    if live.stamped is None:
        return str(too_old(live.database, live.release)) if live.release in chain.OLDER else None
    if live.mismatches:
        found = f"the schema is {recognised}" if recognised else f"{len(live.mismatches)} things are not as it has them"
        return f"{live.database} is stamped {live.stamped}, but {found}"
    return None


def _answer(check: bool, found: list[Status]) -> Answer:
    code = Exit.FOUND if check and not all(entry.clean for entry in found) else Exit.OK
    return Answer({"databases": [_document(entry) for entry in found]}, partial(_text, found), code)


def _document(entry: Status) -> dict[str, Any]:
    return {
        "database": entry.database,
        "server": entry.server,
        "release": entry.stamped or (entry.recognised.release if entry.recognised else None),
        "stamped": entry.stamped,
        "recognised": entry.recognised.same if entry.recognised else (),
        "pending": entry.pending,
        "problem": entry.problem,
        "differences": documents.differences(entry.differences),
    }


def _text(found: list[Status], out: Console) -> None:
    rows = [
        (
            entry.database,
            entry.server,
            entry.release,
            "yes" if entry.stamped else "no",
            ", ".join(entry.pending) or "none",
            str(len(entry.differences)),
        )
        for entry in found
    ]
    report.table(out, ("database", "server", "release", "stamped", "pending", "differences"), rows)
    for entry in found:
        if entry.problem:
            out.print(entry.problem)
        report.differences(out, entry.database, entry.differences)
