"""`downgrade`: takes each database back to an older release."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import click

from apim_schema import chain, environment, rehearsal
from apim_schema import report as terminal
from apim_schema.attempt import Result
from apim_schema.cli import documents
from apim_schema.cli.common import Answer, each, epilog, with_releases
from apim_schema.cli.databases import database_options, discard_option, proof_options, proving
from apim_schema.cli.reviews import Consent, ask_once, run_options
from apim_schema.cli.upgrade import Database, Rehearsed, answer, rehearsed
from apim_schema.errors import Exit, UsageError
from apim_schema.rehearsal import Rehearsal
from apim_schema.target import Target
from apim_schema.upgrade import Upgrade
from apim_schema.witness import By


@click.command(
    epilog=epilog(
        "apim-schema downgrade 4.5.0 --env prod",
        *(Exit.REFUSED, Exit.UNFINISHED, Exit.NOT_PROVEN),
        found="the schema is the release's, but rows have changed, and nothing can be rolled back",
    )
)
@click.argument("release", metavar="RELEASE")
@partial(database_options, agree=partial(ask_once, back=True))
@discard_option
@proof_options
@run_options
@with_releases
def downgrade(
    targets: Sequence[Target], release: str, discards: bool, evidence: By | None, max_rows: int | None,
    jobs: int | None, rehearse: bool, yes: bool, limit: float, report: Path | None,
) -> Answer:  # fmt: skip
    """Take each database back to an older release.

    RELEASE is one from {first} on. The inverse of each change is made, last first; the schema is compared with the
    release's afterwards, and it is proven that no row has changed in the columns that stay. What was written since
    and has no place there, rows of new tables, values of new columns, longer values, is looked for before: it is named
    and counted, and nothing is changed, unless --discard-new-data says that it may be lost. Take a backup first. The
    lock, the history and what becomes of one that is cut off are those of upgrade, and one that was cut off half of the
    way up leads back from there.
    """
    for target in targets:
        chain.check_release(target.database, release)
    if rehearse and (evidence or max_rows or jobs or report):
        raise UsageError(
            "--rehearse tries what stands and compares no rows",
            way_out="leave --evidence, --max-rows, --jobs and --report out",
        )
    targets = proving(targets, evidence, max_rows, jobs)
    if rehearse:
        return each(targets, partial(_rehearse, release, discards), rehearsed)
    consent = Consent(targets if report or not yes else (), release, limit, report, back=True, discards=discards)
    if not yes:
        consent.ask()

    def run(target: Target) -> Result:
        """Through Alembic, which works out the revisions; its environment runs this very Upgrade."""
        agreed, progress = consent.agreed(target.database), terminal.Terminal()
        asked = Upgrade(target, release, progress=progress, agreed=agreed, back=True, discards=discards)
        return consent.reported(target.database, partial(environment.through_alembic, asked))

    return each(targets, run, answer)


def _rehearse(release: str, discards: bool, target: Target) -> Rehearsal:
    return rehearsal.rehearse(target, release, terminal.Terminal(), back=True, discards=discards)


documents.add("downgrade", environments=True, databases=list[Database], rehearsals=list[Rehearsed])
