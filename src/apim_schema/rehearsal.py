"""`--rehearse`: every statement is tried where nothing can come of it, so that what no rule knows is found.

    connect → lock → recognise → plan → preflight → the statements, on a stage → the stage goes

What the stage is, the dialect says: the database itself in a transaction that is rolled back, or an empty copy of its
structure.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from textwrap import indent

from sqlalchemy.exc import DBAPIError

from apim_schema import chain, preflight
from apim_schema.difference import breaking
from apim_schema.errors import Refused, words
from apim_schema.live import Live, held
from apim_schema.planner import Plan, listed
from apim_schema.progress import Progress
from apim_schema.recognise import differences
from apim_schema.target import Target


@dataclass(frozen=True)
class Rehearsal:
    """What went through: the statements from one release to another. `stage` says where."""

    database: str
    start: str
    target: str
    statements: int
    stage: str
    seconds: float

    def __str__(self) -> str:
        if not self.statements:
            return f"{self.database} is {self.target} already: nothing to rehearse"
        tried = f"{self.statements} statements from {self.start} to {self.target} went through on {self.stage}"
        return f"{self.database}: {tried} in {self.seconds:.1f} s; nothing was changed"


def rehearse(target: Target, release: str, progress: Progress, back: bool = False, discards: bool = False) -> Rehearsal:
    """Tries an upgrade or a downgrade up to its last statement; no row is compared.

    Raises Refused with the server's own message for a statement that fails, and what the run raises before its
    first one; UsageError for a release that is none, or a database that has no stage.
    """
    release, started = chain.check_release(target.database, release), time.monotonic()
    with _looked_at(target, progress) as live:
        start = live.start(release, back).release
        planned = live.plan(start, release, discards)
        preflight.forbid(live, release, (p.change for p in planned.changes), progress.warn, discards=discards)
        tried = perform(live, planned, progress) if planned.statements else 0
        stage = live.dialect.rehearsal.STAGE
        return Rehearsal(live.database, start, release, tried, stage, time.monotonic() - started)


@contextmanager
def _looked_at(target: Target, progress: Progress) -> Iterator[Live]:
    """The database, with the lock of an upgrade; the transaction ends in a rollback, whatever has happened."""
    with held(target, progress) as (live, _):
        try:
            yield live
        finally:
            live.connection.rollback()


def perform(live: Live, planned: Plan, progress: Progress) -> int:
    """Executes the statements on a stage and looks whether they lead to the release; returns how many there were.

    Raises Refused where one fails or they don't.
    """
    tried, dialect = 0, live.dialect
    with (
        dialect.rehearsal.stage(live.connection, live.schema) as stage,
        progress.statements(
            f"{live.database}: rehearsing on {dialect.rehearsal.STAGE}", len(planned.statements)
        ) as advance,
    ):
        for release in chain.between(live.database, planned.start, planned.target):
            model = dialect.introspect.read(live.connection, stage)
            wanted = [entry.change for entry in planned.changes if entry.release == release]
            for statement in dialect.ddl.combined(wanted, model, stage):
                _try(live, statement.sql, release, progress)
                tried += 1
                advance(1)
        reached = dialect.introspect.read(live.connection, stage)
        found = differences(live.database, reached.flavour, planned.target, reached, live.target.accept)
        if wrong := breaking(found):
            raise Refused(f"{live.database} would not be {planned.target} afterwards:\n{listed(wrong)}")
    return tried


def _try(live: Live, sql: str, release: str, progress: Progress) -> None:
    try:
        live.dialect.session.execute(live.connection, sql, lambda told: progress.say(f"{live.database}: {told}"))
    except DBAPIError as error:
        told = f"{live.database} can't go to {release}: a statement fails in the rehearsal; nothing was changed"
        raise Refused(f"{told}\n{indent(sql, '  ')}\n  {words(error)}") from error
