"""One run of an upgrade or a downgrade on an open, locked database, from recognising it to the verdict.

What an error has to tell of, how far it got and what it left, is kept here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from apim_schema import adopt, beginning, chain, evidence, history, interrupts, kept, preflight, stamp, timing, watchdog
from apim_schema.changes import Change
from apim_schema.difference import Difference, drifted
from apim_schema.errors import Exit, Interrupted, NotProven, Refused, RowsDiffer, SchemaToolError, Unfinished, words
from apim_schema.evidence import Verdict
from apim_schema.history import Entry
from apim_schema.impact import Statement
from apim_schema.live import Live, Start
from apim_schema.locks import Check
from apim_schema.planner import Plan, listed
from apim_schema.progress import Progress
from apim_schema.proof import Proof, sealed
from apim_schema.recognise import unmatched
from apim_schema.revision import Changes
from apim_schema.snapshot import Snapshot
from apim_schema.timing import Clock, Timing
from apim_schema.witness import FULL, Made

DRIFT_SHOWN = 20

Apply = Callable[[Changes], None]
Migrate = Callable[[Connection, str, str, Apply], None]
"""Has Alembic run the pending revisions of a database and schema on this connection; each calls what it is given."""


@dataclass(frozen=True)
class Result:
    """What a run did to one database; `compared` says whether there was a reason to compare its rows."""

    database: str
    start: str
    target: str
    same: tuple[str, ...]
    adopted: bool
    plan: Plan
    executed: int
    compared: bool
    verdict: Verdict
    differences: tuple[Difference, ...]
    seconds: float
    timing: Timing = field(default_factory=Timing)

    @property
    def exit_code(self) -> Exit:
        found = {evidence.CHANGED: Exit.FOUND, evidence.NOT_PROVEN: Exit.NOT_PROVEN}
        return found.get(self.verdict.verdict, Exit.OK)


class Attempt:
    """One run. On a database with transactional DDL it is one transaction, which it begins and ends."""

    def __init__(
        self,
        live: Live,
        release: str,
        create: bool,
        against: Snapshot | None,
        progress: Progress,
        migrate: Migrate,
        check_lock: Check,
        agreed: tuple[str, ...] | None = None,
        back: bool = False,
        discards: bool = False,
    ) -> None:
        self._live, self._release, self._create, self._against = live, release, create, against
        self._progress, self._migrate, self._check_lock = progress, migrate, check_lock
        self._agreed, self._back, self._discards = agreed, back, discards
        self._session = live.dialect.session
        self._clock = Clock()
        self._run = Entry(live.database, "", release, history.now(), history.who(live.connection))
        self._earlier: Entry | None = None
        self._executed = self._found_in = 0
        self._touched = self._committing = False

    def run(self) -> Result:
        """Does what is asked for, and returns what was done. Raises as `Upgrade.run` does."""
        try:
            with ExitStack() as undo:
                result = self._reach(undo)
                undo.pop_all()
                self._committing = True
                self._live.connection.commit()
            return result
        except (SQLAlchemyError, SchemaToolError, KeyboardInterrupt) as error:
            raise self._failed(watchdog.cause(self._live.connection.get_execution_options(), error)) from error

    def _reach(self, undo: ExitStack) -> Result:
        with self._clock.part(timing.LOOK):
            start, planned = self._look()
        live = self._live
        nothing = start.release == self._release and not planned.statements
        if nothing and self._earlier is None and self._against is None:
            if live.stamped is None:
                adopt.set_stamp(live, start.release)
            return self._result(start, planned, live)
        return self._change(start, planned, undo)

    def _look(self) -> tuple[Start, Plan]:
        """Where the database is and what is to be made of it; a fresh one is made before, where that was asked for."""
        self._earlier = self._live.unfinished
        if self._create and not self._live.model.tables:
            self._make_fresh()
        live = self._live
        start = live.start(self._release, self._back)
        if live.stamped is None:
            self._say(f"recognised as {live.recognised}")
        planned = live.plan(start.release, self._release, self._discards)
        self._say_drift(start.release)
        if self._agreed not in (None, tuple(statement.sql for statement in planned.statements)):
            raise Refused(f"{live.database} is not as it was when it was shown: nothing was changed. Look at it again")
        return start, planned

    def _say_drift(self, release: str) -> None:
        """What stays as it is, and entries of the accept list that are of no use any more.

        Said once there is a plan: where there can be none, the error names what is in the way.
        """
        found = self._live.differences_from(release)
        for difference in drifted(found)[:DRIFT_SHOWN]:
            self._say(f"{difference.class_} drift, stays if no change speaks of it: {difference}")
        if more := len(drifted(found)[DRIFT_SHOWN:]):
            self._say(f"and {more} more; `status` has them all")
        for entry in unmatched(found, self._live.target.accept):
            told = f"the accept list has {entry!r}, which is found no more"
            self._progress.warn(f"{self._live.database}: warning: {told}")

    def _change(self, start: Start, planned: Plan, undo: ExitStack) -> Result:
        live = self._live
        self._continue_or_begin(start, planned)
        # what this run has made itself is empty, and a snapshot is of rows that were read
        way = FULL if self._against or self._touched else live.target.evidence
        proof = Proof(live, planned, way, self._progress)
        with self._clock.part(timing.LOOK):
            asked = (p.change for p in planned.changes)
            found = preflight.forbid(live, self._release, asked, self._progress.warn, proof.hold, self._discards)
        proof.leave_out((f.table, f.loses) for f in found if f.loses is not None)
        begun = self._kept()
        with self._clock.part(timing.BEFORE):
            before = self._against or (proof.resume(begun) if begun else proof.begin())
        self._begin(start, proof.to_keep if begun else before, undo)
        if planned.start != planned.target or planned.statements:
            with self._clock.part(timing.STATEMENTS):
                self._apply(planned, undo)
        reached = live.anew()
        with self._clock.part(timing.SCHEMA):
            self._verify_schema(planned, reached)
        with self._clock.part(timing.AFTER):
            verdict = proof.judge(before, reached, self._release)
            proof.check(verdict, before, self._executed)
        verdict = self._with_doubts(verdict, before, fresh=begun is None)
        self._check_lock()
        with sealed(reached):
            self._finish(verdict)
        return self._result(start, planned, reached, verdict)

    def _continue_or_begin(self, start: Start, planned: Plan) -> None:
        """Counts the statements from where the first run began: in are those that need not be made any more.

        One that turns back begins anew, and is compared with the rows of before the first all the same.
        """
        before, ahead = self._earlier, len(planned.statements)
        if before is None or self._live.turns(before, self._back):
            self._run = replace(self._run, from_release=start.release, planned=ahead)
            return
        done = before.planned - ahead if before.to_release == self._release else before.statements
        self._found_in = done = max(done, 0)
        self._run = replace(self._run, from_release=before.from_release, statements=done, planned=done + ahead)
        if done:
            self._say(f"goes on with the run of {before.started_at} UTC: {done} of {done + ahead} statements are in")

    @property
    def _goes_on(self) -> bool:
        """Whether an earlier run has changed something that this one continues."""
        run = self._earlier
        if run is None:
            return False
        return run.planned == 0 or self._live.turns(run, self._back) or max(run.statements, self._found_in) > 0

    def _kept(self) -> Snapshot | None:
        """The digests of the beginning, where an earlier run has kept them. One that executed nothing was none."""
        live = self._live
        return kept.read(live.connection, live.schema, live.database) if self._goes_on else None

    def _begin(self, start: Start, found: Snapshot | Collection[Made], undo: ExitStack) -> None:
        live = self._live
        if not self._session.transactional_ddl:
            self._run = beginning.write(live, start, found, self._run, undo)
        elif live.stamped is None:
            stamp.write(live.connection, live.schema, live.database, self._run.from_release)

    def _make_fresh(self) -> None:
        """Makes the oldest release in an empty schema."""
        live = self._live
        first = chain.first(live.model.flavour, live.database)
        wanted = chain.expected(live.model.flavour, live.database, first)
        made = replace(wanted, options=live.model.options, server=live.model.server)
        statements = live.dialect.ddl.create(made, live.schema)
        with self._progress.statements(f"{live.database}: creating {first}", len(statements)) as advance:
            for statement in statements:
                self._session.execute(live.connection, statement.sql, self._say)
                self._touched = True
                advance(1)
        self._say("the rows that the product's own install script inserts are not in it")
        self._live = live.anew()

    def _apply(self, planned: Plan, undo: ExitStack) -> None:
        live = self._live
        doing, releases = f"{live.database}: {planned.start} to {planned.target}", iter(planned.steps)
        with self._progress.statements(doing, len(planned.statements)) as advance:

            def apply(declared: Changes) -> None:
                self._check_lock()
                self._make(self._directed(declared, next(releases).release), advance, undo)

            self._migrate(live.connection, live.database, live.schema, apply)

    def _directed(self, declared: Changes, release: str) -> Sequence[Change]:
        """The changes of a revision, or what takes them back to this release."""
        flavour, database = self._live.model.flavour, self._live.database
        made = chain.settled(declared, flavour, database)
        if not self._back:
            return made
        return chain.taken_back(made, flavour, database, release, self._release, self._discards)

    def _make(self, wanted: Sequence[Change], advance: Callable[[int], None], undo: ExitStack) -> None:
        """Makes the changes of one revision.

        Where every statement commits, one that a killed client has left running may end now, and ours then finds its
        effect there. So after an error the database is looked at again, and what still remains is gone on with.
        """
        remaining = self._remaining(wanted)
        while remaining:
            try:
                self._execute(remaining[0], undo)
                remaining = remaining[1:]
                advance(1)
            except DBAPIError as error:
                if self._session.transactional_ddl or error.connection_invalidated:
                    raise
                left = self._remaining(wanted)
                if left and left[0].sql == remaining[0].sql:
                    raise
                remaining = left

    def _remaining(self, wanted: Sequence[Change]) -> list[Statement]:
        now = self._live.anew()
        return now.dialect.ddl.combined(wanted, now.model, now.schema)

    def _execute(self, statement: Statement, undo: ExitStack) -> None:
        """Runs one statement. What was written before the first of them stays from the moment that one may be in."""
        try:
            with self._clock.statement(statement.sql):
                self._session.execute(self._live.connection, statement.sql, self._say)
        except SchemaToolError:
            raise  # a lock: nothing has begun
        except DBAPIError as error:
            if error.connection_invalidated:
                self._stays(undo)
            raise
        except BaseException:
            self._stays(undo)
            raise
        self._stays(undo)
        self._executed += 1
        self._run = replace(self._run, statements=self._run.statements + 1, finished_at=history.now())
        if not self._session.transactional_ddl:
            history.rewrite(self._live.connection, self._live.schema, self._run)

    def _stays(self, undo: ExitStack) -> None:
        self._touched = True
        undo.pop_all()

    def _verify_schema(self, planned: Plan, reached: Live) -> None:
        """Whether it is the release's, with the drift that was to stay, and nothing else."""
        if wrong := planned.broken_by(reached.differences_from(self._release)):
            raise Refused(f"{reached.database} is not {self._release} as planned afterwards:\n{listed(wrong)}")

    def _with_doubts(self, verdict: Verdict, before: Snapshot, fresh: bool) -> Verdict:
        """Says of a run that goes on with another what lies between them, and what nobody kept."""
        earlier = self._earlier
        if self._against:
            return replace(verdict, note=f"compared with the snapshot of {before.taken_at}")
        if earlier is None or not self._goes_on:
            return verdict
        last = earlier.finished_at or earlier.started_at
        if fresh:
            return replace(verdict, doubt=f"what the rows were before the run of {earlier.started_at} UTC was not kept")
        note = f"compared with the rows of {before.taken_at}; the run that began then was interrupted at {last} UTC"
        note = f"{note}, and what was written since, by whom is not known"
        return replace(verdict, note=f"{note}; {verdict.note}" if verdict.note else note)

    def _finish(self, verdict: Verdict) -> None:
        live = self._live
        found = replace(self._run, verdict=verdict.verdict, rows_compared=verdict.rows, evidence=verdict.told)
        run = found.ended(history.FINISHED)
        if self._session.transactional_ddl:
            history.write(live.connection, live.schema, run)
        else:
            history.rewrite(live.connection, live.schema, run)
            kept.discard(live.connection, live.schema, live.database)

    def _result(self, start: Start, planned: Plan, reached: Live, verdict: Verdict | None = None) -> Result:
        return Result(
            reached.database,
            start.release,
            self._release,
            start.same,
            self._live.stamped is None,
            planned,
            self._executed,
            verdict is not None,
            verdict or Verdict(),
            reached.differences_from(self._release),
            self._clock.seconds,
            self._clock.timing,
        )

    def _say(self, text: str) -> None:
        self._progress.say(f"{self._live.database}: {text}")

    def _failed(self, error: BaseException) -> SchemaToolError:
        """The error to raise: it says how far the run got, and whether the database is as before."""
        database = self._live.database
        told = _told(database, error)
        if self._committing:
            return NotProven(f"{told}. This happened during the commit: `status` tells whether it went through")
        if self._session.transactional_ddl:
            self._roll_back(told)
            return _undone(error, told, "Rolled back, the database is as before", self._executed > 0)
        if self._touched or self._goes_on:
            self._leave_failed(told)
            known = self._run if self._run.planned else self._earlier or self._run
            return Unfinished(told, known.statements, known.planned, getattr(error, "parts", {}))
        return _undone(error, told, "Nothing was changed", isinstance(error, Unfinished))

    def _roll_back(self, told: str) -> None:
        """Ends the transaction; a history that is there already gets to know of what was undone, if by that alone."""
        live = self._live
        with suppress(SQLAlchemyError, Refused, KeyboardInterrupt):  # the server does it too, when the connection ends
            live.connection.rollback()
            if self._executed and history.exists(live.connection, live.schema):
                with sealed(live):
                    history.write(live.connection, live.schema, self._run.ended(history.ROLLED_BACK, told))
                live.connection.commit()

    def _leave_failed(self, told: str) -> None:
        """Writes what ended the run, on a connection of its own: that of the run may be lost."""
        live = self._live
        if self._run.run:
            with (
                suppress(SQLAlchemyError, KeyboardInterrupt),
                self._session.connect(live.connection.engine, live.schema) as connection,
            ):
                history.rewrite(connection, live.schema, self._run.ended(history.FAILED, told))


def _told(database: str, error: BaseException) -> str:
    if isinstance(error, DBAPIError):
        return f"{database}: {words(error)}"
    return f"{database}: {interrupts.told(error)}" if isinstance(error, KeyboardInterrupt) else str(error)


def _undone(error: BaseException, told: str, state: str, say: bool) -> SchemaToolError:
    """The error of a run that has left nothing; one of ours has said so by itself unless it is to be said here."""
    if isinstance(error, KeyboardInterrupt):
        return Interrupted(f"{told}. {state}")
    if isinstance(error, SchemaToolError) and not say:
        return error
    told = f"{told}\n{state}"
    return RowsDiffer(told, error.verdict) if isinstance(error, RowsDiffer) else Refused(told)
