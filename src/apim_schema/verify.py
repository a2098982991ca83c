"""Verifies one database: its schema against its release, and its rows against a snapshot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from apim_schema import chain, evidence
from apim_schema.difference import BREAKING, HARMLESS, Difference
from apim_schema.errors import Exit
from apim_schema.evidence import Evidence, TableVerdict, Verdict
from apim_schema.judge import Rows, judge
from apim_schema.live import Live
from apim_schema.progress import Progress
from apim_schema.schema import Table
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
    differences: tuple[Difference, ...]
    rows: Verdict | None

    def exit_code(self, strict: bool) -> Exit:
        """What was found: breaking drift, and if `strict` harmless drift too, which nobody has accepted."""
        counts = (BREAKING, HARMLESS) if strict else (BREAKING,)
        if any(d.class_ in counts for d in self.differences) or (self.rows and self.rows.verdict == evidence.CHANGED):
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
    return Verified(live.database, live.server, release, live.stamped, live.interrupted, live.differences, rows)


def _rows(live: Live, against: Snapshot, release: str, progress: Progress) -> Verdict:
    before = against.evidence
    if against.dialect != live.dialect.name:
        reason = f"the snapshot is of a database on {against.dialect}"
        return Verdict(tuple(TableVerdict(t, evidence.NOT_PROVEN, before.rows(t), 0, reason) for t in before.buckets))
    return compare_rows(live, against, release, progress, "rows")


def compare_rows(
    live: Live, against: Snapshot, release: str, progress: Progress, doing: str, keep: bool = False
) -> Verdict:
    """Compares the columns that stood before, in the form they had; columns since must hold their default.

    `release` is the one that the database is by now: what it and those before fill new columns with is no change, and
    what those since the snapshot have dropped is compared with nothing. `keep` is that of `Rows`.
    """
    asked = (live.dialect, live.connection, live.schema)
    dropped = chain.dropped(live.model.flavour, live.database, against.release, release)
    gone = [(table, column) for table, column in dropped if table in live.model.tables]
    before, lost = _provable(against.evidence, gone)
    doing, jobs = f"{live.database}: {doing}", live.target.jobs
    after = evidence.collect(*asked, live.model, progress, doing, before.tables, jobs)
    judged = judge(Rows(*asked, live.model, live.target.max_rows, keep), before, after)
    fills = chain.fills(live.model.flavour, live.database, release)
    new = evidence.check_new_columns(*asked, _stood(live, against.release, before), live.model, fills)
    left_out = tuple(f"{table}.{column}" for table, column in gone if table in before.tables)
    return replace(judged, tables=(*judged.tables, *lost, *new), left_out=left_out)


def _stood(live: Live, release: str | None, before: Evidence) -> dict[str, Table]:
    """The tables as they were, with the columns that the sums leave out: what was to be cut is not new."""
    known = release in chain.since(live.model.flavour, live.database)
    wanted = chain.expected(live.model.flavour, live.database, release).tables if known and release else {}
    columns = {name: wanted[name].columns if name in wanted else {} for name in before.tables}
    return {n: replace(table, columns={**columns[n], **table.columns}) for n, table in before.tables.items()}


def _provable(before: Evidence, dropped: Sequence[tuple[str, str]]) -> tuple[Evidence, list[TableVerdict]]:
    """What can still be compared, and what can't: the sums hold a column that can't be read any more.

    Those that an upgrade takes leave out what it is going to drop.
    """
    held = {table: c for table, c in dropped if table in before.tables and c in before.tables[table].columns}
    left = {name: table for name, table in before.tables.items() if name not in held}
    reasons = ((table, f"its sums hold {column}, which a release has dropped since") for table, column in held.items())
    lost = [TableVerdict(table, evidence.NOT_PROVEN, before.rows(table), 0, reason) for table, reason in reasons]
    return replace(before, tables=left), lost
