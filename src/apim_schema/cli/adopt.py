"""`adopt`: stamps a database with the release that it is recognised as."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import click
from rich.console import Console

from apim_schema import report
from apim_schema.adopt import Adopted
from apim_schema.adopt import adopt as adopt_live
from apim_schema.cli import documents
from apim_schema.cli.common import Answer, each, epilog
from apim_schema.cli.databases import database_options
from apim_schema.errors import Exit
from apim_schema.live import opened
from apim_schema.target import Target


@click.command(epilog=epilog("apim-schema adopt --env prod", Exit.OK, Exit.USAGE, Exit.REFUSED))
@database_options
def adopt(targets: Sequence[Target]) -> Answer:
    """Recognise and stamp each database.

    Nothing is upgraded. The stamp is Alembic's version table, and all that is written.
    """
    return each(targets, _adopt, _answer)


def _adopt(target: Target) -> Adopted:
    with opened(target) as live:
        return adopt_live(live)


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
