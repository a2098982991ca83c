"""Verifies one database: its schema against its release, and its rows against a snapshot."""

from __future__ import annotations

from dataclasses import dataclass, replace

from apim_schema import chain, evidence
from apim_schema.changes import AddColumn
from apim_schema.compare import Difference
from apim_schema.errors import Exit
from apim_schema.evidence import Fills, TableVerdict, Verdict
from apim_schema.live import Live
from apim_schema.progress import Progress
from apim_schema.snapshot import Snapshot


@dataclass(frozen=True)
class Verified:
    """What was found; `rows` is None where they were compared with nothing."""

    database: str
    server: str
    release: str
    stamped: str | None
    mismatches: tuple[Difference, ...]
    drift: tuple[Difference, ...]
    rows: Verdict | None

    @property
    def exit_code(self) -> Exit:
        if self.mismatches or (self.rows and self.rows.verdict == evidence.CHANGED):
            return Exit.FOUND
        if self.rows and self.rows.verdict == evidence.NOT_PROVEN:
            return Exit.NOT_PROVEN
        return Exit.OK


def verify(live: Live, against: Snapshot | None, progress: Progress) -> Verified:
    """Compares the schema with the release that counts and, with a snapshot, the rows with it.

    Raises NotRecognised where there is no release to compare with.
    """
    release = live.known_release
    rows = _rows(live, against, progress) if against else None
    return Verified(live.database, live.server, release, live.stamped, live.mismatches, live.drift, rows)


def _rows(live: Live, against: Snapshot, progress: Progress) -> Verdict:
    """Compares the columns that the snapshot has, in the form they had; columns since must hold their default."""
    before = against.evidence
    if against.dialect != live.dialect.name:
        reason = f"the snapshot is of a database on {against.dialect}"
        return Verdict(tuple(TableVerdict(t, evidence.NOT_PROVEN, before.rows(t), 0, reason) for t in before.buckets))
    doing = f"{live.database}: rows"
    after = evidence.collect(live.dialect, live.connection, live.schema, live.model, progress, doing, before.tables)
    judged = evidence.judge(live.dialect, live.connection, live.schema, before, after)
    new = evidence.check_new_columns(
        live.dialect, live.connection, live.schema, before.tables, live.model, _fills(live, against)
    )
    return replace(judged, tables=(*judged.tables, *new))


def _fills(live: Live, against: Snapshot) -> Fills:
    """What the releases since the snapshot filled their new columns with, where it is not the column's default."""
    start, target = against.release, live.release
    known = chain.releases(live.database)
    if start not in known or target is None:
        return {}
    changes = chain.pending(live.model.flavour, live.database, start, target)
    return {(c.table, c.column.name): c.fill for c in changes if isinstance(c, AddColumn) and c.fill is not None}
