"""`upgrade`: takes each database to a release."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import click
from msgspec import Meta
from rich.console import Console

from apim_schema import chain, environment, rehearsal
from apim_schema import report as terminal
from apim_schema.attempt import Result
from apim_schema.cli import documents
from apim_schema.cli.common import NEWEST, Answer, each, epilog, snapshots_of, with_releases, worst
from apim_schema.cli.databases import database_options, proof_options, proving
from apim_schema.cli.reviews import Consent, ask_once, on_a_terminal, run_options
from apim_schema.errors import Exit, UsageError
from apim_schema.rehearsal import Rehearsal
from apim_schema.target import Target
from apim_schema.upgrade import Upgrade
from apim_schema.witness import ENGINE, FULL, By


def _agree(named: Mapping[str, Sequence[Target]], options: dict[str, Any]) -> Any:
    """Asks for several environments at once, as the verb does for one."""
    return ask_once(named, options | {"release": options["release"] or _newest()})


@click.command(
    epilog=epilog(
        "apim-schema upgrade head --env prod",
        *(Exit.REFUSED, Exit.UNFINISHED, Exit.NOT_PROVEN),
        found="the schema is the release's, but rows have changed, and nothing can be rolled back",
    )
)
@click.argument("release", required=False, metavar="[RELEASE]")
@partial(database_options, agree=_agree)
@click.option("--create", is_flag=True, help="Make a fresh schema first where there is none.")
@click.option("--against", metavar="SNAPSHOT", type=click.Path(path_type=Path), help="Compare the rows with this file.")
@proof_options
@run_options
@with_releases
def upgrade(
    targets: Sequence[Target], release: str | None, create: bool, against: Path | None, evidence: By | None,
    max_rows: int | None, jobs: int | None, rehearse: bool, yes: bool, limit: float, report: Path | None,
) -> Answer:  # fmt: skip
    """Upgrade each database to a release.

    RELEASE is one of {first} to {newest}, or head, the newest; it may be left out on a terminal, where you are asked
    whether the newest is meant. The schema is compared with the release's afterwards, and it is proven that no row
    has changed. Take a backup first. apim goes before shared. On a database that can
    roll back DDL it is all or nothing; on the others the same command continues an upgrade that was cut off. On a
    terminal, what will happen is shown, and you are asked.
    """
    release = release or _newest()
    for target in targets:
        chain.check_release(target.database, release)
    if rehearse and (create or against or evidence or max_rows or jobs or report):
        raise UsageError(
            "--rehearse tries what stands and compares no rows",
            way_out="leave --create, --against, --evidence, --max-rows, --jobs and --report out",
        )
    if against and evidence == ENGINE:
        raise UsageError("--against compares all rows with the file", way_out="leave --evidence engine out")
    targets = proving(targets, FULL if against else evidence, max_rows, jobs)
    if rehearse:
        return each(targets, partial(_rehearse, release), rehearsed)
    before = snapshots_of(against, targets)
    consent = Consent(targets if report or not yes else (), release, limit, report)
    if not yes:
        consent.ask()

    def run(target: Target) -> Result:
        """Through Alembic, which works out the revisions; its environment runs this very Upgrade."""
        agreed = consent.agreed(target.database)
        asked = Upgrade(target, release, create, before.get(target.database), terminal.Terminal(), agreed)
        return consent.reported(target.database, partial(environment.through_alembic, asked))

    return each(targets, run, answer)


def _newest() -> str:
    """The newest release, where nobody has named one: it is said, and a question follows.

    Raises UsageError where nobody is there to see it.
    """
    if not on_a_terminal():
        raise UsageError("no release is named", way_out=f"say upgrade head, which is {NEWEST} now, or name one")
    terminal.say(f"no release is named: the newest is {NEWEST}")
    return "head"


def _rehearse(release: str, target: Target) -> Rehearsal:
    return rehearsal.rehearse(target, release, terminal.Terminal())


def rehearsed(found: list[Rehearsal]) -> Answer:
    """What was tried on these databases."""

    def show(out: Console) -> None:
        for done in found:
            out.print(str(done), markup=False, highlight=False, soft_wrap=True)

    return Answer({"rehearsals": [_rehearsal(done) for done in found]}, show, Exit.OK)


def answer(found: list[Result]) -> Answer:
    """What was done to these databases, up or down."""
    code = worst(result.exit_code for result in found)
    return Answer({"databases": [_document(result) for result in found]}, partial(_text, found), code)


class Database(documents.Part):
    """One database, and what was done to it."""

    database: str
    from_: str
    to: str
    recognised: Annotated[list[str], Meta(description="All releases that the schema fitted, where there was no stamp")]
    adopted: Annotated[bool, Meta(description="Whether it had no stamp before")]
    changes: list[documents.Change]
    statements_executed: int
    rows: Annotated[documents.Rows | None, Meta(description="Null where there was nothing to do")]
    differences: Annotated[list[documents.Difference], Meta(description="From the release that it is now")]
    seconds: float


class Rehearsed(documents.Part):
    """One database, and what was tried."""

    database: str
    from_: str
    to: str
    statements_executed: int
    stage: Annotated[str, Meta(description="Where they were tried")]
    seconds: float


documents.add("upgrade", environments=True, databases=list[Database], rehearsals=list[Rehearsed])


def _document(result: Result) -> Database:
    return Database(
        database=result.database,
        from_=result.start,
        to=result.target,
        recognised=list(result.same) if result.adopted else [],
        adopted=result.adopted,
        changes=documents.changes(result.plan),
        statements_executed=result.executed,
        rows=documents.rows(result.verdict) if result.compared else None,
        differences=documents.differences(result.differences),
        seconds=round(result.seconds, 3),
    )


def _rehearsal(done: Rehearsal) -> Rehearsed:
    return Rehearsed(
        database=done.database,
        from_=done.start,
        to=done.target,
        statements_executed=done.statements,
        stage=done.stage,
        seconds=round(done.seconds, 3),
    )


def _text(found: list[Result], out: Console) -> None:
    terminal.show(out, found)
