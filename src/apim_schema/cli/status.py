"""`status`: which release each database is, and what is pending."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from apim_schema import accept, report
from apim_schema.cli import documents
from apim_schema.cli.common import Answer, each, epilog, worst
from apim_schema.cli.databases import database_options
from apim_schema.difference import Difference
from apim_schema.errors import Exit
from apim_schema.live import opened
from apim_schema.status import Status, look
from apim_schema.target import Target
from apim_schema.unrecognised import nearest

CODES = (Exit.OK, Exit.FOUND, Exit.USAGE, Exit.REFUSED, Exit.UNFINISHED)


@click.command(epilog=epilog("apim-schema status --env prod --check", *CODES))
@database_options
@click.option("--check", is_flag=True, help="Exit with 1 if a release is pending or the schema is not its release's.")
@click.option("--write-accept", metavar="FILE", type=click.Path(path_type=Path), help="Write an accept list.")
def status(targets: Sequence[Target], check: bool, write_accept: Path | None) -> Answer:
    """Show the release of each database.

    And what is pending, and where the schema differs from the release. Changes nothing. --write-accept writes the
    breaking drift, from the release or the nearest one, to a new file: read it, and then name it by --accept.
    """
    answer = each(targets, _look, partial(_answer, check))
    if write_accept:
        wrong = {target.database: _breaking(target) for target in targets}
        count = accept.write(write_accept, wrong)
        report.console().print(f"{write_accept} has {count} entries")
    return answer


def _breaking(target: Target) -> Sequence[Difference]:
    with opened(target) as live:
        if live.release:
            return live.differences
        return nearest(live.database, live.model, live.target.accept)[1]


def _look(target: Target) -> Status:
    with opened(target) as live:
        return look(live)


def _answer(check: bool, found: list[Status]) -> Answer:
    code = worst(entry.exit_code(check) for entry in found)
    return Answer({"databases": [_document(entry) for entry in found]}, partial(_text, found), code)


def _document(entry: Status) -> dict[str, Any]:
    return {
        "database": entry.database,
        "server": entry.server,
        "release": entry.stamped or (entry.recognised.release if entry.recognised else None),
        "flavour": entry.recognised.flavour if entry.recognised else None,
        "stamped": entry.stamped,
        "recognised": entry.recognised.same if entry.recognised else (),
        "pending": entry.pending,
        "interrupted": entry.interrupted,
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
        for told in filter(None, (entry.interrupted, entry.problem)):
            out.print(told)
        report.differences(out, entry.database, entry.differences)
