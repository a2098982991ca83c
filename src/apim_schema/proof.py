"""How one run proves that no row has changed: by the word of the server where it vouches for a table, else by digests.

    (catalog looked at) → hold → (rows looked at) → begin → (statements) → judge → check → sealed (history) → commit
                                                   or resume, where another run has begun

What the server vouches for is proven without reading a row. The tables that the statements write anew, and those of
which it can't speak, are read before and after, as all are where there is no witness.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace

from sqlalchemy.exc import DBAPIError

from apim_schema import chain, evidence, kept
from apim_schema.changes import replay
from apim_schema.errors import Refused, RowsDiffer, UsageError
from apim_schema.evidence import CHANGED, NOT_PROVEN, PROVEN, TableVerdict, Verdict
from apim_schema.judge import Rows, told_apart
from apim_schema.live import Live
from apim_schema.planner import Plan, listed
from apim_schema.progress import Progress, Silent
from apim_schema.schema import Schema, Table
from apim_schema.snapshot import Snapshot, Vouched
from apim_schema.verify import compare_rows
from apim_schema.witness import ENGINE, FULL, By, Made, Witness

SNAPSHOT_WAY_OUT = "`verify --against` compares all rows with a snapshot from before"


@dataclass(frozen=True)
class Prospect:
    """How an upgrade will prove that no row has changed: `read` are the tables whose rows it reads, before and after.

    `vouched` is for how many others the server vouches. `reason` says why it does so for none, "" where it does.
    `held` says whether others are kept from writing to the tables from the beginning.
    """

    read: tuple[str, ...]
    vouched: int
    reason: str
    held: bool = False


def look(live: Live, planned: Plan) -> Prospect:
    """What an upgrade by this plan will read. Raises UsageError as the upgrade does."""
    return Proof(live, planned, live.target.evidence, Silent()).prospect()


class Proof:
    """That of one run. `wanted` is the way that somebody has chosen, None for the server's word where that can be had.

    Raises UsageError where the server's word is asked for and not to be had.
    """

    def __init__(self, live: Live, planned: Plan, wanted: By | None, progress: Progress) -> None:
        self._live, self._planned, self._progress, self._chosen = live, planned, progress, wanted is not None
        found = "that was asked for" if wanted == FULL else live.dialect.witness.find(live.connection, live.schema)
        if isinstance(found, str) and wanted == ENGINE:
            raise UsageError(
                f"{live.database} can't be proven by the engine", found=found, way_out="leave it out, or say full"
            )
        self._witness: Witness | None = None if isinstance(found, str) else found
        self.reason = found if isinstance(found, str) else ""
        """Why all rows are read; "" where that is not so."""
        self._after = replay(live.model, (entry.change for entry in planned.changes))
        self._tables = evidence.staying(live.model.tables, self._after)
        gone = self._tables.keys() - self._after.tables.keys()
        self._made = tuple(
            Made(s.sql, s.change.table, s.impact.rewrites or s.change.table in gone) for s in planned.statements
        )
        self._vouched: Vouched | None = None
        self._earlier: list[Made] = []
        self._left_out: list[str] = []

    def leave_out(self, lost: Iterable[tuple[str, str]]) -> None:
        """What is going to be lost, as somebody has insisted: the values of a (table, column), or all rows for ""."""
        for name, column in lost:
            self._left_out.append(".".join(filter(None, (name, column))))
            if column and name in self._after.tables:
                without = replace(self._after, tables={name: self._after.tables[name].without_column(column)})
                self._tables = evidence.staying(self._tables, without)
            else:
                self._tables.pop(name, None)

    def prospect(self) -> Prospect:
        """What will be read: all tables where the server vouches for none.

        Those that go with the upgrade have no rows, which is for reading to find out.
        """
        if self._witness is None:
            return Prospect(tuple(sorted(self._tables)), 0, self.reason)
        read = sorted(self._witness.unfit(self._tables, self._made))
        return Prospect(tuple(read), len(self._tables) - len(read), "", self._witness.holds)

    def hold(self) -> None:
        """Keeps others from writing, where the server is to vouch. Raises Refused, with the holder's name."""
        if self._witness:
            self._witness.hold(self._live.model.tables, self._say)

    def begin(self) -> Snapshot:
        """Marks what the server vouches for, and reads the rows of all else."""
        live, read = self._live, dict(self._tables)
        if self._witness:
            mark = self._witness.mark(self._tables, self._made)
            vouched = {name: read.pop(name) for name in mark.remembered.keys() - mark.unfit.keys()}
            self._vouched = Vouched(vouched, mark)
            self._say(f"the server vouches for {len(vouched)} of {len(self._tables)} tables")
        elif not self._chosen:
            self._say(f"all rows are read: {self.reason}")
        found = live.snapshot(self._progress, "rows before", {name: read[name] for name in sorted(read)})
        return replace(found, vouched=self._vouched)

    def resume(self, before: Snapshot) -> Snapshot:
        """Goes on with what another run has begun: which rows that has not read, the server has to vouch for."""
        live, self._vouched = self._live, before.vouched
        if self._vouched and self._witness is None:
            found = live.dialect.witness.find(live.connection, live.schema)
            self._witness, self.reason = (None, found) if isinstance(found, str) else (found, "")
        if self._vouched:
            self._earlier = kept.statements(live.connection, live.schema, live.database)
            self._say(
                f"the server has to vouch for {len(self._vouched.tables)} tables, whose rows were not read before"
            )
        return before

    @property
    def to_keep(self) -> tuple[Made, ...]:
        """The statements of a run that goes on, for those after it, where the server has to vouch for rows."""
        return self._made if self._vouched else ()

    def judge(self, before: Snapshot, reached: Live, release: str) -> Verdict:
        """What is proven, now that all statements have run. `release` is the one that the database is by now.

        The witness is asked first: what is deferred to the commit happens then, and rows are read after it.
        """
        vouched = self._unread(reached, release)
        can_go_back = self._live.dialect.session.transactional_ddl
        compared = compare_rows(reached, before, release, self._progress, "rows after", keep=can_go_back)
        if self._vouched is None:
            return replace(compared, left_out=tuple(dict.fromkeys((*compared.left_out, *self._left_out))))
        tables = sorted((*compared.tables, *vouched), key=lambda table: table.table)
        dropped = chain.dropped(reached.model.flavour, reached.database, before.release, release)
        stay = (f"{table}.{column}" for table, column in dropped if table in self._after.tables)
        left_out = tuple(dict.fromkeys((*stay, *self._left_out)))
        return replace(compared, tables=tuple(tables), left_out=left_out, note=self._way_out(vouched))

    def _way_out(self, vouched: Iterable[TableVerdict]) -> str:
        """How to find out about rows that were not read, and can't be vouched for."""
        doubtful = any(table.verdict == NOT_PROVEN for table in vouched)
        return (self._witness.way_out if self._witness else SNAPSHOT_WAY_OUT) if doubtful else ""

    def _unread(self, reached: Live, release: str) -> list[TableVerdict]:
        """What the server says of the tables that were not read."""
        if self._vouched is None:
            return []
        tables, mark = self._vouched.tables, self._vouched.mark
        if self._witness is None:
            return [TableVerdict(name, NOT_PROVEN, 0, 0, self.reason, by=ENGINE) for name in tables]
        doubts = self._witness.doubts(mark, (*self._earlier, *self._made))
        sizes = reached.dialect.space.sizes(reached.connection, reached.schema)
        about = {name: size.rows or None for name, size in sizes.items()}
        found = {
            name: replace(self._of_table(table, reached.model, doubts.get(name, "")), about=about.get(name))
            for name, table in tables.items()
        }
        proven = {name: table for name, table in tables.items() if found[name].verdict == PROVEN}
        fills = chain.fills(reached.model.flavour, reached.database, release)
        for name, column, default in evidence.new_columns(proven, reached.model, fills):
            if self._witness.differs(name, column, default):
                reason = f"rows hold something else than {default or 'NULL'} in the new column {column.name}"
                found[name] = replace(found[name], verdict=CHANGED, reason=reason)
        return list(found.values())

    def _of_table(self, old: Table, now: Schema, doubt: str) -> TableVerdict:
        if old.name not in now.tables:
            return TableVerdict(old.name, CHANGED, 0, 0, "the table is gone", by=ENGINE)
        unreadable = evidence.unreadable(self._live.dialect, old, now.tables[old.name])
        word, reason = unreadable or ((NOT_PROVEN, doubt) if doubt else (PROVEN, ""))
        return TableVerdict(old.name, word, 0, 0, reason, by=ENGINE)

    def _say(self, text: str) -> None:
        self._progress.say(f"{self._live.database}: {text}")

    def check(self, verdict: Verdict, before: Snapshot, executed: int) -> None:
        """Takes back anything but a proof, on a database that can do so. Raises RowsDiffer then."""
        by_us = executed or any(table.by == ENGINE for table in verdict.failures)
        if not self._live.dialect.session.transactional_ddl or not by_us or verdict.verdict == PROVEN:
            return
        changed = verdict.verdict == CHANGED
        verdict = self._taken_back(verdict, before) if changed else verdict
        back = chain.goes_back(self._live.database, self._planned.start, self._planned.target)
        during = f"rows changed during the {'downgrade' if back else 'upgrade'}"
        what = during if changed else "it is not proven that no row has changed"
        way_out = f"\n{verdict.note}" if verdict.note and not changed else ""
        raise RowsDiffer(f"{self._live.database}: {what}:\n{listed(verdict.failures)}{way_out}", verdict)

    def _taken_back(self, verdict: Verdict, before: Snapshot) -> Verdict:
        """The verdict by the rows as they were, which stand again, if they can still be read."""
        self._say("rows have changed: all is taken back, and compared with what stands there again")
        with suppress(DBAPIError):
            self._live.connection.rollback()
            live = self._live.anew()
            rows = Rows(live.dialect, live.connection, live.schema, live.model, live.target.max_rows)
            return told_apart(rows, before.evidence, verdict)
        return verdict


@contextmanager
def sealed(live: Live, when: str = "after they were compared") -> Iterator[None]:
    """Has the block write to our own tables, `when` says what for, and sees to it that no row of another is written.

    Raises Refused where one is, by a trigger on our own tables or one that waits for the commit. However the rows were
    proven: a witness that there is can say so much without holding anything. Where each statement commits, others may
    write by then as well, and the proof ends with the verdict.
    """
    dialect = live.dialect
    witness = dialect.witness.find(live.connection, live.schema) if dialect.session.transactional_ddl else ""
    if isinstance(witness, str):
        yield
        return
    mark = witness.mark(live.model.tables)
    yield
    if doubts := witness.doubts(mark):
        told = listed(f"{table}: {reason}" for table, reason in doubts.items())
        raise Refused(
            f"{live.database}: rows were written {when}:\n{told}\nLook for a trigger of your own on "
            f"apim_schema_history or {chain.version_table(live.database)}, or one that is deferred to the commit"
        )
