"""Verifies one database: its schema against its release, and its rows against a snapshot."""

from __future__ import annotations

from dataclasses import dataclass, replace

from apim_schema import chain, evidence
from apim_schema.compare import Difference
from apim_schema.errors import Exit
from apim_schema.evidence import Evidence, TableVerdict, Verdict
from apim_schema.live import Live
from apim_schema.progress import Progress
from apim_schema.snapshot import Snapshot


@dataclass(frozen=True)
class Verified:
    """What was found; `rows` is None where they were compared with nothing.

    `interrupted` says how far the last run got, where it has not come to its end.
    """

    database: str
    server: str
    release: str
    stamped: str | None
    interrupted: str | None
    mismatches: tuple[Difference, ...]
    drift: tuple[Difference, ...]
    rows: Verdict | None

    @property
    def exit_code(self) -> Exit:
        if self.mismatches or (self.rows and self.rows.verdict == evidence.CHANGED):
            return Exit.FOUND
        if self.rows and self.rows.verdict == evidence.NOT_PROVEN:
            return Exit.NOT_PROVEN
        return Exit.UNFINISHED if self.interrupted else Exit.OK


def verify(live: Live, against: Snapshot | None, progress: Progress) -> Verified:
    """Compares the schema with the release that counts and, with a snapshot, the rows with it.

    Raises NotRecognised where there is no release to compare with.
    """
    release = live.known_release
    rows = _rows(live, against, release, progress) if against else None
    return Verified(
        live.database, live.server, release, live.stamped, live.interrupted, live.mismatches, live.drift, rows
    )


def _rows(live: Live, against: Snapshot, release: str, progress: Progress) -> Verdict:
    before = against.evidence
    if against.dialect != live.dialect.name:
        reason = f"the snapshot is of a database on {against.dialect}"
        return Verdict(tuple(TableVerdict(t, evidence.NOT_PROVEN, before.rows(t), 0, reason) for t in before.buckets))
    return compare_rows(live, before, release, progress, "rows")


def compare_rows(live: Live, before: Evidence, release: str, progress: Progress, doing: str) -> Verdict:
    """Compares the columns that stood before, in the form they had; columns since must hold their default.

    `release` is the one that the database is by now: what it and those before fill new columns with is no change.
    """
    asked = (live.dialect, live.connection, live.schema)
    after = evidence.collect(*asked, live.model, progress, f"{live.database}: {doing}", before.tables)
    judged = evidence.judge(*asked, before, after)
    fills = chain.fills(live.model.flavour, live.database, release)
    new = evidence.check_new_columns(*asked, before.tables, live.model, fills)
    return replace(judged, tables=(*judged.tables, *new))
