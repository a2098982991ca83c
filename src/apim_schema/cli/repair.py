"""`repair`: brings drift back to the release."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from apim_schema import repair as repairing
from apim_schema import report
from apim_schema.attempt import Result
from apim_schema.cli import documents
from apim_schema.cli.common import Answer, each, epilog, worst
from apim_schema.cli.databases import database_options, evidence_option, proving
from apim_schema.dialect import BLOCK
from apim_schema.difference import breaking
from apim_schema.errors import Exit, UsageError
from apim_schema.repair import Outlook, Repair
from apim_schema.target import Target
from apim_schema.witness import By

CODES = (Exit.OK, Exit.FOUND, Exit.USAGE, Exit.REFUSED, Exit.UNFINISHED, Exit.NOT_PROVEN)


@click.command(epilog=epilog("apim-schema repair --env prod --apply", *CODES))
@database_options
@click.option("--apply", "apply_", is_flag=True, help="Execute the statements, instead of showing them.")
@evidence_option
@click.option("--sql", metavar="FILE", type=click.Path(path_type=Path), help="Write them as a script for one database.")
def repair(targets: Sequence[Target], apply_: bool, evidence: By | None, sql: Path | None) -> Answer:
    """Show what brings drift back to the release.

    Missing tables, columns, keys and indexes, widths, NOT NULL and defaults. Nothing is narrowed and nothing dropped:
    what is left says why. --apply executes the statements, with the lock, the evidence and the history of an upgrade;
    rows that stand in the way are looked for before the first of them. Exits with 1 where something breaking can't be
    mended.
    """
    if apply_ and sql:
        raise UsageError("--apply executes the statements, --sql writes them to a file: leave one")
    if sql:
        return _script(targets, sql)
    if evidence and not apply_:
        raise UsageError("--evidence is of --apply: nothing is changed without it")
    if apply_:
        targets = proving(targets, evidence)
        return each(targets, lambda target: Repair(target, report.Terminal()).run(), _done)
    return each(targets, repairing.look, _shown)


def _script(targets: Sequence[Target], path: Path) -> Answer:
    if len(targets) != 1:
        raise UsageError("a script is for one database: choose it by --database")
    text = repairing.rendered(targets[0])
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"can't write {path}: {error.strerror}") from None
    return Answer({"database": targets[0].database, "script": text}, lambda out: out.print(f"written to {path}"))


def _shown(found: list[Outlook]) -> Answer:
    blocked = any(f.level == BLOCK for outlook in found for f in outlook.findings)
    left = (mend.difference for outlook in found for mend in outlook.left)
    code = Exit.FOUND if blocked or breaking(left) else Exit.OK
    return Answer({"databases": [_outlook(entry) for entry in found]}, partial(_text, found), code)


def _outlook(entry: Outlook) -> dict[str, Any]:
    return {
        "database": entry.database,
        "release": entry.release,
        "recognised": entry.known,
        "statements": [statement.sql for statement in entry.plan.statements],
        "mended": documents.differences(mend.difference for mend in entry.mends if mend.change),
        "left": [mend.difference.document | {"left": mend.reason} for mend in entry.left],
        "findings": [str(finding) for finding in entry.findings],
    }


def _text(found: list[Outlook], out: Console) -> None:
    for entry in found:
        near = "" if entry.known else ", the nearest release: `adopt --as` says that it is that one"
        out.print(f"{entry.database}: compared with {entry.release}{near}")
        if not entry.mends:
            out.print(f"{entry.database}: there is nothing to repair")
        report.listed(out, f"{entry.database}: would be mended", (str(m.difference) for m in entry.mends if m.change))
        report.listed(out, f"{entry.database}: by these statements", (f"{s.sql};" for s in entry.plan.statements))
        report.listed(out, f"{entry.database}: stays", (f"{m.difference}: {m.reason}" for m in entry.left))
        report.listed(out, f"{entry.database}: found beforehand", (f"{f.level}: {f}" for f in entry.findings))


def _done(found: list[Result]) -> Answer:
    code = worst(result.exit_code for result in found)
    return Answer({"databases": [_document(result) for result in found]}, lambda out: report.show(out, found), code)


def _document(result: Result) -> dict[str, Any]:
    return {
        "database": result.database,
        "release": result.target,
        "changes": [str(planned.change) for planned in result.plan.changes],
        "statements": result.executed,
        "rows": documents.verdict(result.verdict) if result.compared else None,
        "differences": documents.differences(result.differences),
        "seconds": round(result.seconds, 3),
    }
