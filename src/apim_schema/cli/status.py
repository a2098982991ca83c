"""`status`: which release each database is, and what is pending."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Annotated

import click
from msgspec import Meta
from rich.console import Console

from apim_schema import accept, chain, report
from apim_schema.cli import documents
from apim_schema.cli.common import Answer, each, epilog, with_releases, worst
from apim_schema.cli.databases import database_options
from apim_schema.difference import Difference
from apim_schema.errors import Exit
from apim_schema.live import opened
from apim_schema.status import Status, look
from apim_schema.target import Target
from apim_schema.unrecognised import nearest


@click.command(
    epilog=epilog(
        "apim-schema status --env prod --check",
        ok="told, whatever it is; with --check: each is at RELEASE, and clean",
        found="with --check: releases are pending, drift is breaking, or it is newer than RELEASE",
        refused="with --check: a database is empty, older than the first release, or not recognised",
        unfinished="with --check: an upgrade was cut off; the same one continues",
    )
)
@click.argument("release", default="head", metavar="[RELEASE]")
@database_options
@click.option("--check", is_flag=True, help="Exit with 0 only where each is at RELEASE, and clean.")
@click.option("--write-accept", metavar="FILE", type=click.Path(path_type=Path), help="Write an accept list.")
@with_releases
def status(targets: Sequence[Target], release: str, check: bool, write_accept: Path | None) -> Answer:
    """Show the release of each database.

    And what is pending up to RELEASE, one of {first} to {newest}, or head, the newest; and where the schema differs
    from its release. Changes nothing. It exits with 0 whatever it finds, unless --check is given: then with 1 for
    pending releases, breaking drift or a newer release, with 3 for a database that is empty, older or not recognised,
    and with 4 for an upgrade that was cut off. --write-accept writes the breaking drift, from the release or the
    nearest one, to a new file: read it, and then name it by --accept.
    """
    for target in targets:
        chain.check_release(target.database, release)
    answer = each(targets, partial(_look, release), partial(_answer, check))
    if write_accept:
        wrong = {target.database: _breaking(target) for target in targets}
        count = accept.write(write_accept, wrong)
        report.say(f"{write_accept} has {count} entries")
    return answer


def _breaking(target: Target) -> Sequence[Difference]:
    with opened(target) as live:
        if live.release:
            return live.differences
        return nearest(live.database, live.model, live.target.accept)[1]


def _look(release: str, target: Target) -> Status:
    with opened(target) as live:
        return look(live, chain.check_release(target.database, release))


def _answer(check: bool, found: list[Status]) -> Answer:
    code = worst(entry.exit_code for entry in found) if check else Exit.OK
    return Answer({"databases": [_document(entry) for entry in found]}, partial(_text, found), code)


class Database(documents.Part):
    """One database, held against the release that it should be at."""

    database: str
    server: str
    release: Annotated[str | None, Meta(description="The stamped release, else the recognised one")]
    flavour: Annotated[str | None, Meta(description="Which of the vendor's scripts made it")]
    stamped: Annotated[str | None, Meta(description="The release that the stamp says")]
    recognised: Annotated[list[str], Meta(description="All releases that the schema fits")]
    to: Annotated[str, Meta(description="The release that it should be at")]
    pending: Annotated[list[str], Meta(description="The releases up to that one")]
    interrupted: Annotated[str | None, Meta(description="How far a run got that has not come to its end")]
    problem: Annotated[str | None, Meta(description="Why it is no release to work from, or not the one it should be")]
    differences: list[documents.Difference]


documents.add("status", environments=True, databases=list[Database])


def _document(entry: Status) -> Database:
    return Database(
        database=entry.database,
        server=entry.server,
        release=entry.release,
        flavour=entry.recognised.flavour if entry.recognised else None,
        stamped=entry.stamped,
        recognised=list(entry.recognised.same) if entry.recognised else [],
        to=entry.asked,
        pending=list(entry.pending),
        interrupted=entry.interrupted,
        problem=entry.problem,
        differences=documents.differences(entry.differences),
    )


def _text(found: list[Status], out: Console) -> None:
    rows = [
        (
            entry.database,
            entry.server,
            str(entry),
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
