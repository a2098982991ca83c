"""`history`: what was done to each database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timezone
from functools import partial
from typing import Annotated

import click
from msgspec import Meta
from rich.console import Console
from rich.text import Text

from apim_schema import history as entries
from apim_schema import report
from apim_schema.cli import documents
from apim_schema.cli.common import Answer, each, epilog
from apim_schema.cli.databases import database_options
from apim_schema.errors import Exit
from apim_schema.history import Entry, Outcome
from apim_schema.live import opened
from apim_schema.target import Target

Past = tuple[str, Sequence[Entry]]
"""A database and what was done to it."""


@click.command(epilog=epilog("apim-schema history --env prod", Exit.REFUSED))
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
    databases = [Database(database=database, upgrades=[_document(entry) for entry in past]) for database, past in found]
    return Answer({"databases": databases}, partial(_text, found))


Moment = Annotated[datetime, Meta(tz=True, description="UTC")]


class Run(documents.Part):
    """One run of an upgrade, a repair or a script."""

    run: Annotated[int, Meta(description="Its number among those of the database")]
    from_: str
    to: str
    outcome: Outcome
    verdict: Annotated[str | None, Meta(description="What was proven of the rows; null where it came to no verdict")]
    statements_executed: Annotated[int, Meta(description="With those of earlier runs that it has continued")]
    statements_planned: int
    rows_compared: Annotated[int, Meta(description="Those that were read for it")]
    evidence: Annotated[str | None, Meta(description="What the verdict rests on, table by table")]
    started_at: Moment
    finished_at: Annotated[Moment | None, Meta(description="When it ended, or was last heard of")]
    done_by: str
    tool_version: str
    problem: Annotated[str | None, Meta(description="What ended it")]


class Database(documents.Part):
    """One database, and what was done to it, oldest first."""

    database: str
    upgrades: list[Run]


documents.add("history", environments=True, databases=list[Database])


def _document(entry: Entry) -> Run:
    return Run(
        run=entry.run,
        from_=entry.from_release,
        to=entry.to_release,
        outcome=entry.outcome,
        verdict=entry.verdict,
        statements_executed=entry.statements,
        statements_planned=entry.planned,
        rows_compared=entry.rows_compared,
        evidence=entry.evidence,
        started_at=_utc(entry.started_at),
        finished_at=_utc(entry.finished_at) if entry.finished_at else None,
        done_by=entry.done_by,
        tool_version=entry.tool_version,
        problem=entry.error,
    )


def _utc(moment: datetime) -> datetime:
    """The database keeps no time zone."""
    return moment.replace(tzinfo=timezone.utc)


HEADERS = ("database", "started (UTC)", "seconds", "from", "to", "statements", "outcome", "rows", "by")


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
        entry.outcome,
        report.verdict(entry.verdict, entry.rows_compared) if entry.verdict else "",
        entry.done_by,
    )
