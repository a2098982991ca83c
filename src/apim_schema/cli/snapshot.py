"""`snapshot`: digests of all rows, in a file."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Annotated

import click
from msgspec import Meta
from rich.console import Console

from apim_schema import report
from apim_schema import snapshot as snapshots
from apim_schema.cli import documents
from apim_schema.cli.common import Answer, epilog
from apim_schema.cli.databases import database_options, jobs_option, proving
from apim_schema.errors import Exit
from apim_schema.live import opened
from apim_schema.progress import Progress
from apim_schema.snapshot import Snapshot
from apim_schema.target import Target


@click.command(epilog=epilog("apim-schema snapshot --env prod -o before.snapshot", Exit.REFUSED))
@database_options
@click.option(
    "-o", "--output", metavar="FILE", type=click.Path(path_type=Path), required=True, help="The file to make."
)
@jobs_option
@click.option("--force", is_flag=True, help="Replace the file if it is there.")
def snapshot(targets: Sequence[Target], output: Path, jobs: int | None, force: bool) -> Answer:
    """Write digests of all rows to a file.

    They are what verify --against compares with. Stop the product first: rows that are written meanwhile would be a
    change later. The file holds hashes and no value of any row. Changes nothing in the database.
    """
    snapshots.check_free(output, force)
    progress = report.Terminal()

    found = [_take(target, progress) for target in proving(targets, jobs=jobs)]
    snapshots.write(output, found)
    return _answer(output, found)


def _take(target: Target, progress: Progress) -> Snapshot:
    with opened(target) as live:
        return live.snapshot(progress)


def _answer(output: Path, found: list[Snapshot]) -> Answer:
    databases = [_document(entry) for entry in found]
    return Answer({"file": str(output), "databases": databases}, partial(_text, output, found))


class Database(documents.Part):
    """One database, and what was read of it."""

    database: str
    server: str
    release: Annotated[str | None, Meta(description="The stamped release, else the recognised one")]
    method: Annotated[str, Meta(description="How rows are hashed")]
    tables_read: int
    rows_read: int


documents.add("snapshot", environments=True, file=str, databases=list[Database])


def _document(entry: Snapshot) -> Database:
    return Database(
        database=entry.database,
        server=entry.server,
        release=entry.release,
        method=entry.evidence.method,
        tables_read=len(entry.evidence.tables),
        rows_read=entry.evidence.all_rows,
    )


def _text(output: Path, found: list[Snapshot], out: Console) -> None:
    rows = [
        (
            entry.database,
            entry.release or "not recognised",
            str(len(entry.evidence.tables)),
            f"{entry.evidence.all_rows:,}",
        )
        for entry in found
    ]
    report.table(out, ("database", "release", "tables", "rows read"), rows)
    out.print(f"written to {output}")
