"""`history`: what was done to each database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from typing import Any

import click
from rich.console import Console

from apim_schema import history as entries
from apim_schema import report
from apim_schema.cli.common import Answer, database_options, each, epilog
from apim_schema.errors import Exit
from apim_schema.history import Entry
from apim_schema.live import opened
from apim_schema.target import Target

Past = tuple[str, list[Entry]]
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
        found = entries.read(live.connection, live.schema)
    return target.database, [entry for entry in found if entry.database_name == target.database]


def _answer(found: list[Past]) -> Answer:
    documents = [{"database": database, "upgrades": [_document(entry) for entry in past]} for database, past in found]
    return Answer({"databases": documents}, partial(_text, found))


def _document(entry: Entry) -> dict[str, Any]:
    times = {name: f"{getattr(entry, name).isoformat()}Z" for name in ("started_at", "finished_at")}
    return {name: value for name, value in asdict(entry).items() if name != "database_name"} | times


def _text(found: list[Past], out: Console) -> None:
    rows = [
        (
            database,
            f"{entry.started_at:%Y-%m-%d %H:%M:%S}",
            f"{(entry.finished_at - entry.started_at).total_seconds():.1f}",
            entry.from_release,
            entry.to_release,
            f"{entry.statements:,}",
            f"{entry.rows_compared:,}",
            report.verdict(entry.verdict),
            entry.done_by,
            entry.tool_version,
        )
        for database, past in found
        for entry in past
    ]
    headers = (
        "database",
        "started (UTC)",
        "seconds",
        "from",
        "to",
        "statements",
        "rows compared",
        "rows",
        "by",
        "version",
    )
    if rows:
        report.table(out, headers, rows)
    for database, past in found:
        if not past:
            out.print(f"{database}: no upgrade on record")
