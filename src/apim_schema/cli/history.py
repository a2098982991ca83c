"""`history`: what was done to each database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from functools import partial
from typing import Any

import click
from rich.console import Console
from rich.text import Text

from apim_schema import history as entries
from apim_schema import report
from apim_schema.cli.common import Answer, each, epilog
from apim_schema.cli.databases import database_options
from apim_schema.errors import Exit
from apim_schema.history import Entry
from apim_schema.live import opened
from apim_schema.target import Target

Past = tuple[str, Sequence[Entry]]
"""A database and what was done to it."""


@click.command(epilog=epilog("apim-schema history --env prod", Exit.OK, Exit.USAGE, Exit.REFUSED))
@database_options
def history(targets: Sequence[Target]) -> Answer:
    """Show the upgrades of each database.

    Each database has its own on record, in the table apim_schema_history.
    """
    return each(targets, _read, _answer)


def _read(target: Target) -> Past:
    with opened(target) as live:
        return target.database, entries.read(live.connection, live.schema, target.database)


def _answer(found: list[Past]) -> Answer:
    documents = [{"database": database, "upgrades": [_document(entry) for entry in past]} for database, past in found]
    return Answer({"databases": documents}, partial(_text, found))


def _document(entry: Entry) -> dict[str, Any]:
    named = {name: _time(value) if isinstance(value, datetime) else value for name, value in asdict(entry).items()}
    return {name: value for name, value in named.items() if name != "database_name"}


def _time(moment: datetime) -> str:
    return f"{moment.isoformat()}Z"


HEADERS = ("database", "started (UTC)", "seconds", "from", "to", "statements", "rows compared", "outcome", "rows", "by")


def _text(found: list[Past], out: Console) -> None:
    if rows := [_row(database, entry) for database, past in found for entry in past]:
        report.table(out, HEADERS, rows)
    for database, past in found:
        report.listed(out, f"{database}: what ended a run", (f"{e.started_at}: {e.error}" for e in past if e.error))
        if not past:
            out.print(f"{database}: no upgrade on record")


def _row(database: str, entry: Entry) -> tuple[str | Text, ...]:
    seconds = (entry.finished_at - entry.started_at).total_seconds() if entry.finished_at else None
    return (
        database,
        f"{entry.started_at:%Y-%m-%d %H:%M:%S}",
        "" if seconds is None else f"{seconds:.0f}",
        entry.from_release,
        entry.to_release,
        f"{entry.statements:,} of {entry.planned:,}",
        f"{entry.rows_compared:,}",
        entry.outcome,
        report.verdict(entry.verdict or ""),
        entry.done_by,
    )
