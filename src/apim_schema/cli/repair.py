"""`repair`: brings drift back to the release."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Annotated

import click
from msgspec import Meta
from rich.console import Console

from apim_schema import repair as repairing
from apim_schema import report
from apim_schema.attempt import Result
from apim_schema.cli import documents
from apim_schema.cli.common import Answer, each, epilog, worst
from apim_schema.cli.databases import database_options, proof_options, proving
from apim_schema.difference import breaking
from apim_schema.errors import Exit, UsageError
from apim_schema.hazards import BLOCK
from apim_schema.mend import Mend
from apim_schema.planner import Plan
from apim_schema.repair import Outlook, Repair
from apim_schema.target import Target
from apim_schema.witness import By


@click.command(
    epilog=epilog(
        "apim-schema repair --env prod --apply",
        *(Exit.REFUSED, Exit.UNFINISHED, Exit.NOT_PROVEN),
        found="something breaking can't be mended, or rows have changed",
    )
)
@database_options
@click.option("--apply", "apply_", is_flag=True, help="Execute the statements, instead of showing them.")
@proof_options
@click.option("--sql", metavar="FILE", type=click.Path(path_type=Path), help="Write them as a script for one database.")
def repair(
    targets: Sequence[Target], apply_: bool, evidence: By | None, max_rows: int | None, jobs: int | None,
    sql: Path | None,
) -> Answer:  # fmt: skip
    """Show what brings drift back to the release.

    Missing tables, columns, keys and indexes, widths, NOT NULL and defaults. Nothing is narrowed, and only what is
    replaced by more is dropped: what is left says why. --apply executes the statements, with the lock, the evidence
    and the history of an upgrade; rows that stand in the way are looked for before the first of them. Exits with 1
    where something breaking can't be mended.
    """
    if apply_ and sql:
        raise UsageError("--apply executes the statements, --sql writes them to a file", way_out="leave one")
    if sql:
        return _script(targets, sql)
    if (evidence or max_rows or jobs) and not apply_:
        option = "--evidence" if evidence else "--max-rows" if max_rows else "--jobs"
        raise UsageError(f"{option} is of --apply: nothing is changed without it")
    if apply_:
        targets = proving(targets, evidence, max_rows, jobs)
        return each(targets, lambda target: Repair(target, report.Terminal()).run(), _done)
    return each(targets, repairing.look, _shown)


def _script(targets: Sequence[Target], path: Path) -> Answer:
    if len(targets) != 1:
        raise UsageError("a script is for one database", way_out="choose it by --database")
    text = repairing.rendered(targets[0])
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"can't write {path}", found=error.strerror) from None
    script = Script(database=targets[0].database, script=text, file=str(path))
    return Answer({"scripts": [script]}, lambda out: out.print(f"written to {path}"))


def _shown(found: list[Outlook]) -> Answer:
    blocked = any(f.level == BLOCK for outlook in found for f in outlook.findings)
    left = (mend.difference for outlook in found for mend in outlook.left)
    code = Exit.FOUND if blocked or breaking(left) else Exit.OK
    return Answer({"databases": [_outlook(entry) for entry in found]}, partial(_text, found), code)


class Statement(documents.Part):
    """One statement of a repair, without a terminator."""

    sql: str


class Left(documents.Part):
    """A difference that stays."""

    difference: documents.Difference
    reason: str


class Database(documents.Part):
    """One database, and what would be mended of it."""

    database: str
    release: Annotated[str | None, Meta(description="The stamped release, else the recognised one")]
    compared_with: Annotated[str, Meta(description="That release, else the nearest")]
    statements: list[Statement]
    mended: list[documents.Difference]
    left: list[Left]
    findings: list[documents.Finding]


class Repaired(documents.Part):
    """One database, and what was done to it."""

    database: str
    release: str
    changes: list[documents.Change]
    statements_executed: int
    rows: Annotated[documents.Rows | None, Meta(description="Null where there was nothing to do")]
    differences: Annotated[list[documents.Difference], Meta(description="What is left")]
    seconds: float


class Script(documents.Part):
    """The statements for one database, as a script for its own client."""

    database: str
    script: str
    file: str


documents.add("repair", environments=True, databases=list[Database], repaired=list[Repaired], scripts=list[Script])


def _outlook(entry: Outlook) -> Database:
    return Database(
        database=entry.database,
        release=entry.release if entry.known else None,
        compared_with=entry.release,
        statements=[Statement(sql=statement.sql) for statement in entry.plan.statements],
        mended=documents.differences(mend.difference for mend in entry.mends if mend.changes),
        left=[_left(mend) for mend in entry.left],
        findings=documents.findings(entry.findings),
    )


def _left(mend: Mend) -> Left:
    (difference,) = documents.differences([mend.difference])
    return Left(difference=difference, reason=mend.reason)


def _text(found: list[Outlook], out: Console) -> None:
    for entry in found:
        near = "" if entry.known else ", the nearest release: `adopt --as` says that it is that one"
        out.print(f"{entry.database}: compared with {entry.release}{near}")
        if not entry.mends:
            out.print(f"{entry.database}: there is nothing to repair")
        report.listed(out, f"{entry.database}: would be mended", (str(m.difference) for m in entry.mends if m.changes))
        report.listed(out, f"{entry.database}: by these statements", _lines(entry.plan))
        report.listed(out, f"{entry.database}: stays", (f"{m.difference}: {m.reason}" for m in entry.left))
        report.listed(out, f"{entry.database}: found beforehand", (f"{f.level}: {f}" for f in entry.findings))


def _lines(planned: Plan) -> list[str]:
    """The statements, as they are written: a statement may have several lines."""
    return [line for statement in planned.statements for line in f"{statement.sql};".split("\n")]


def _done(found: list[Result]) -> Answer:
    code = worst(result.exit_code for result in found)
    return Answer({"repaired": [_document(result) for result in found]}, lambda out: report.show(out, found), code)


def _document(result: Result) -> Repaired:
    return Repaired(
        database=result.database,
        release=result.target,
        changes=documents.changes(result.plan),
        statements_executed=result.executed,
        rows=documents.rows(result.verdict) if result.compared else None,
        differences=documents.differences(result.differences),
        seconds=round(result.seconds, 3),
    )
