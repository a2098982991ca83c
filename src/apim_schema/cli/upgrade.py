"""`upgrade`: takes each database to a release."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from apim_schema import chain, environment, rehearsal
from apim_schema import report as terminal
from apim_schema.attempt import Result
from apim_schema.cli import documents
from apim_schema.cli.common import Answer, each, epilog, snapshots_of, with_releases, worst
from apim_schema.cli.databases import database_options, evidence_option, proving
from apim_schema.cli.reviews import Consent
from apim_schema.errors import Exit, UsageError
from apim_schema.rehearsal import Rehearsal
from apim_schema.review import MAX_BLOCKING
from apim_schema.target import Target
from apim_schema.upgrade import Upgrade
from apim_schema.witness import ENGINE, FULL, By

CODES = (Exit.OK, Exit.FOUND, Exit.USAGE, Exit.REFUSED, Exit.UNFINISHED, Exit.NOT_PROVEN)


@click.command(epilog=epilog("apim-schema upgrade head --env prod", *CODES))
@click.argument("release", default="head", metavar="[RELEASE]")
@database_options
@click.option("--create", is_flag=True, help="Make a fresh schema first where there is none.")
@click.option("--against", metavar="SNAPSHOT", type=click.Path(path_type=Path), help="Compare the rows with this file.")
@evidence_option
@click.option("--rehearse", is_flag=True, help="Try all statements where nothing can come of it, and change nothing.")
@click.option("--yes", is_flag=True, help="Go on without asking.")
@click.option(
    "--max-blocking",
    "limit",
    metavar="SECONDS",
    type=click.FloatRange(min=0),
    default=MAX_BLOCKING,
    show_default=True,
    help="How long writers may wait, or a table be written anew, before --yes is needed where nobody can be asked.",
)
@click.option(
    "--report", metavar="FILE", type=click.Path(path_type=Path), help="Write the page of plan, with what ran."
)
@with_releases
def upgrade(
    targets: Sequence[Target], release: str, create: bool, against: Path | None, evidence: By | None, rehearse: bool,
    yes: bool, limit: float, report: Path | None,
) -> Answer:  # fmt: skip
    """Upgrade each database to a release.

    RELEASE is one of {first} to {newest}, or head, the newest. The schema is compared with the release's afterwards,
    and it is proven that no row has changed. Take a backup first. apim goes before shared. On a database that can
    roll back DDL it is all or nothing; on the others the same command continues an upgrade that was cut off. On a
    terminal, what will happen is shown, and you are asked.
    """
    for target in targets:
        chain.check_release(target.database, release)
    if rehearse and (create or against or evidence or report):
        raise UsageError(
            "--rehearse tries what stands and compares no rows: leave --create, --against, --evidence and --report out"
        )
    if against and evidence == ENGINE:
        raise UsageError("--against compares all rows with the file: leave --evidence engine out")
    targets = proving(targets, FULL if against else evidence)
    if rehearse:
        return each(targets, partial(_rehearse, release), _rehearsed)
    before = snapshots_of(against, targets)
    consent = Consent(targets if report or not yes else (), release, limit, report)
    if not yes:
        consent.ask()

    def run(target: Target) -> Result:
        """Through Alembic, which works out the revisions; its environment runs this very Upgrade."""
        agreed = consent.agreed(target.database)
        asked = Upgrade(target, release, create, before.get(target.database), terminal.Terminal(), agreed)
        return consent.reported(target.database, partial(environment.through_alembic, asked))

    return each(targets, run, _answer)


def _rehearse(release: str, target: Target) -> Rehearsal:
    return rehearsal.rehearse(target, release, terminal.Terminal())


def _rehearsed(found: list[Rehearsal]) -> Answer:
    def show(out: Console) -> None:
        for done in found:
            out.print(str(done), markup=False, highlight=False, soft_wrap=True)

    return Answer({"rehearsals": [asdict(done) for done in found]}, show, Exit.OK)


def _answer(found: list[Result]) -> Answer:
    code = worst(result.exit_code for result in found)
    return Answer({"databases": [_document(result) for result in found]}, partial(_text, found), code)


def _document(result: Result) -> dict[str, Any]:
    return {
        "database": result.database,
        "from": result.start,
        "same": result.same,
        "to": result.target,
        "adopted": result.adopted,
        "changes": [
            {"release": p.release, "change": str(p.change), "already_there": p.present} for p in result.plan.changes
        ],
        "statements": result.executed,
        "rows": documents.verdict(result.verdict) if result.compared else None,
        "differences": documents.differences(result.differences),
        "seconds": round(result.seconds, 3),
    }


def _text(found: list[Result], out: Console) -> None:
    terminal.show(out, found)
