"""`verify`: the schema against the release, and the rows against a snapshot."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Annotated

import click
from msgspec import Meta
from rich.console import Console

from apim_schema import report
from apim_schema.cli import documents
from apim_schema.cli.common import Answer, each, epilog, snapshots_of, worst
from apim_schema.cli.databases import database_options, jobs_option, max_rows_option, proving
from apim_schema.difference import breaking, drifted
from apim_schema.errors import Exit
from apim_schema.live import opened
from apim_schema.target import Target
from apim_schema.verify import Verified
from apim_schema.verify import verify as verify_live


@click.command(
    epilog=epilog(
        "apim-schema verify --env prod --against before.snapshot",
        *(Exit.REFUSED, Exit.NOT_PROVEN),
        ok="a schema is its release's, and no row has changed",
        found="a schema is not its release's, or rows have changed",
        unfinished="an upgrade was cut off; the same one continues",
    )
)
@database_options
@click.option("--against", metavar="SNAPSHOT", type=click.Path(path_type=Path), help="Compare the rows with this file.")
@max_rows_option
@jobs_option
@click.option("--strict", is_flag=True, help="Exit with 1 for harmless drift too, unless it is accepted.")
def verify(
    targets: Sequence[Target], against: Path | None, max_rows: int | None, jobs: int | None, strict: bool
) -> Answer:
    """Compare each database with its release.

    With a snapshot, all rows are compared with those of then as well. The release is the stamped one, else the one
    that is recognised. The snapshot may be of an older release: compared are the columns that it has. Rows that
    were written since are a change too. Changes nothing.
    """
    before = snapshots_of(against, targets)
    progress = report.Terminal()

    def look(target: Target) -> Verified:
        with opened(target) as live:
            return verify_live(live, before.get(target.database), progress)

    return each(proving(targets, None, max_rows, jobs), look, partial(_answer, strict))


def _answer(strict: bool, found: list[Verified]) -> Answer:
    code = worst(entry.exit_code(strict) for entry in found)
    return Answer({"databases": [_document(entry) for entry in found]}, partial(_text, found), code)


class Database(documents.Part):
    """One database, compared with its release, and with a snapshot."""

    database: str
    server: str
    release: Annotated[str, Meta(description="The stamped release, else the recognised one")]
    stamped: Annotated[str | None, Meta(description="The release that the stamp says")]
    interrupted: Annotated[str | None, Meta(description="How far a run got that has not come to its end")]
    differences: list[documents.Difference]
    rows: Annotated[documents.Rows | None, Meta(description="Null without a snapshot")]


documents.add("verify", environments=True, databases=list[Database])


def _document(entry: Verified) -> Database:
    return Database(
        database=entry.database,
        server=entry.server,
        release=entry.release,
        stamped=entry.stamped,
        interrupted=entry.interrupted,
        differences=documents.differences(entry.differences),
        rows=documents.rows(entry.rows) if entry.rows else None,
    )


def _text(found: list[Verified], out: Console) -> None:
    rows = [
        (
            entry.database,
            entry.release,
            f"{len(wrong)} breaking" if (wrong := breaking(entry.differences)) else "matches",
            str(len(drifted(entry.differences))),
            report.compared(entry.rows),
        )
        for entry in found
    ]
    report.table(out, ("database", "release", "schema", "drift", "rows"), rows)
    for entry in found:
        if entry.interrupted:
            out.print(entry.interrupted)
        report.differences(out, entry.database, entry.differences)
        if entry.rows:
            report.failures(out, entry.database, entry.rows)
