"""`adopt`: stamps a database with the release that it is recognised as."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Annotated

import click
from msgspec import Meta
from rich.console import Console

from apim_schema import report
from apim_schema.adopt import Adopted, adopt_as
from apim_schema.adopt import adopt as adopt_live
from apim_schema.cli import documents
from apim_schema.cli.common import Answer, confirmed, each, epilog
from apim_schema.cli.databases import database_options
from apim_schema.difference import Difference
from apim_schema.errors import Exit
from apim_schema.live import opened
from apim_schema.target import Target


@click.command(epilog=epilog("apim-schema adopt --env prod", Exit.REFUSED))
@database_options
@click.option("--as", "release", metavar="RELEASE", help="The release that it is, where that can't be recognised.")
@click.option("--yes", is_flag=True, help="Agree to the breaking drift that --as shows.")
def adopt(targets: Sequence[Target], release: str | None, yes: bool) -> Answer:
    """Recognise and stamp each database.

    Nothing is upgraded. The stamp is Alembic's version table, and all that is written. With --as, the breaking drift
    from that release is shown, and it is stamped once you agree; an upgrade then still asks for each to be repaired
    or accepted.
    """
    return each(targets, partial(_adopt, release, partial(_agree, yes)), _answer)


def _adopt(release: str | None, agree: Callable[[str, Sequence[Difference]], bool], target: Target) -> Adopted:
    with opened(target) as live:
        return adopt_as(live, release, agree) if release else adopt_live(live)


def _agree(yes: bool, release: str, wrong: Sequence[Difference]) -> bool:
    report.listed(report.console(), f"breaking drift from {release}", wrong)
    return yes or confirmed(f"stamp it as {release} all the same?")


def _answer(found: list[Adopted]) -> Answer:
    return Answer({"databases": [_document(entry) for entry in found]}, partial(_text, found))


class Database(documents.Part):
    """One database, and its stamp."""

    database: str
    release: Annotated[str, Meta(description="The release that it is stamped as")]
    recognised: Annotated[list[str], Meta(description="All releases that the schema fits, or what --as has said")]
    adopted: Annotated[bool, Meta(description="Whether it was stamped now")]
    differences: list[documents.Difference]


documents.add("adopt", environments=True, databases=list[Database])


def _document(entry: Adopted) -> Database:
    return Database(
        database=entry.database,
        release=entry.release,
        recognised=list(entry.same),
        adopted=entry.new,
        differences=documents.differences(entry.differences),
    )


def _text(found: list[Adopted], out: Console) -> None:
    for entry in found:
        done = f"is stamped {entry.release} now" if entry.new else f"was stamped {entry.release} before"
        others = [release for release in entry.same if release != entry.release]
        out.print(f"{entry.database} {done}" + (f"; {', '.join(others)} have the same schema" if others else ""))
        report.differences(out, entry.database, entry.differences)
