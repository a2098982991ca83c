"""The upgrade of one database, from recognising it to the verdict. Both doors, the CLI and Alembic, end here.

    connect → lock → recognise → plan → preflight → evidence → apply → verify schema → evidence → commit

On a database with transactional DDL all of it is one transaction: anything wrong, and it is as it was. On the
others each change converges: what is in already is skipped, so that an interrupted upgrade is continued.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from apim_schema import chain, evidence, history, preflight, stamp
from apim_schema.changes import AddColumn
from apim_schema.compare import Difference, mismatches
from apim_schema.dialect import BLOCK, WARN, Dialect, Statement
from apim_schema.errors import Blocked, NotProven, Refused, SchemaToolError, Unfinished
from apim_schema.evidence import Evidence, Verdict
from apim_schema.planner import Plan, listed, plan
from apim_schema.progress import Progress, Silent
from apim_schema.recognise import differences, recognise, refuse, too_old
from apim_schema.revision import Changes, for_flavour
from apim_schema.schema import Schema
from apim_schema.target import Target

Migrate = Callable[[Connection, "Upgrade"], None]
"""Has Alembic run the revisions up to the target on this connection; they call `Upgrade.apply`."""


@dataclass(frozen=True)
class Result:
    """What an upgrade did to one database."""

    database: str
    start: str
    target: str
    same: tuple[str, ...]
    adopted: bool
    plan: Plan
    executed: int
    verdict: Verdict
    drift: tuple[Difference, ...]
    seconds: float

    @property
    def changed(self) -> bool:
        return self.start != self.target


@dataclass
class Upgrade:
    """One upgrade of one database. `create` makes a fresh schema of the oldest release where there is none."""

    target: Target
    release: str = "head"
    create: bool = False
    progress: Progress = field(default_factory=Silent)
    result: Result = field(init=False)

    def __post_init__(self) -> None:
        self.release = chain.check_release(self.target.database, self.release)
        self.dialect: Dialect = self.target.dialect
        self.database = self.target.database
        self.executed = self.planned = 0

    def run(self, migrate: Migrate) -> Result:
        """Upgrades, and returns what was done.

        Raises Refused (and its subclasses) where nothing was changed, Unfinished where some statements are in on a
        database that can't take them back.
        """
        self.started = datetime.now(timezone.utc)
        session = self.dialect.session
        with (
            self.target.engine() as engine,
            session.locked(engine, f"apim_schema {self.database}", self.target.schema) as self._check_lock,
            session.connect(engine, self.target.schema) as connection,
            self._transaction(connection),
        ):
            self.result = self._upgrade(connection, migrate)
        return self.result

    @contextmanager
    def _transaction(self, connection: Connection) -> Iterator[None]:
        """One transaction where the database has transactional DDL; says of any error how far the upgrade got."""
        committing = False
        try:
            if self.dialect.session.transactional_ddl:
                with connection.begin():
                    yield
                    committing = True
            else:
                yield
                connection.commit()
        except (DBAPIError, SchemaToolError) as error:
            raise self._failed(error, committing) from error

    def _failed(self, error: DBAPIError | SchemaToolError, committing: bool) -> SchemaToolError:
        told = f"{self.database}: {str(error.orig).strip()}" if isinstance(error, DBAPIError) else str(error)
        if committing:
            return NotProven(f"{told}. This happened during the commit: `status` tells whether it went through")
        if self.dialect.session.transactional_ddl:
            undone = "Rolled back, the database is as before"
            return Refused(f"{told}\n{undone}") if self.executed or isinstance(error, DBAPIError) else error
        if self.executed:
            return Unfinished(
                f"{told}\n{self.executed} of {self.planned} statements are in: mend the cause and run the same upgrade "
                "again, it continues from there"
            )
        return Refused(f"{told}\nNothing was changed") if isinstance(error, DBAPIError) else error

    def _upgrade(self, connection: Connection, migrate: Migrate) -> Result:
        self.connection = connection
        self.schema = self.target.schema or self.dialect.session.default_schema(connection)
        stamped = stamp.read(connection, self.schema, self.database)
        live = self._read()
        if self.create and not live.tables:
            live = self._create(live)
        start, same = self._start(live, stamped)
        planned = plan(self.dialect, self.database, live, start, self.release, self.schema)
        if start == self.release:
            self._adopt(stamped, start)
            return self._result(start, same, stamped is None, planned, Verdict(), live)
        self._preflight(live, planned)
        before = self._evidence(live, "rows before")
        self._adopt(stamped, start)
        self._apply(migrate, planned)
        reached = self._read()
        self._verify_schema(reached)
        verdict = self._verify_rows(before, live, reached, planned)
        result = self._result(start, same, stamped is None, planned, verdict, reached)
        self._check_lock()
        self._write_history(result)
        return result

    def _say(self, text: str) -> None:
        self.progress.say(f"{self.database}: {text}")

    def _read(self) -> Schema:
        return self.dialect.introspect.read(self.connection, self.schema)

    def _create(self, empty: Schema) -> Schema:
        first = chain.first(empty.flavour, self.database)
        wanted = replace(chain.expected(empty.flavour, self.database, first), options=empty.options)
        statements = self.dialect.ddl.create(wanted, self.schema)
        with self.progress.statements(f"{self.database}: creating {first}", len(statements)) as advance:
            for statement in statements:
                self.dialect.session.execute(self.connection, statement.sql, self._say)
                advance(1)
        self.progress.say(f"{self.database}: the rows that the product's own install script inserts are not in it")
        return self._read()

    def _start(self, live: Schema, stamped: str | None) -> tuple[str, tuple[str, ...]]:
        """The release to start from: the stamp where there is one, else what the schema is recognised as.

        A schema that is several releases' counts as the newest of them that is no newer than the target.
        """
        if stamped is not None:
            same: tuple[str, ...] = (chain.check_release(self.database, stamped),)
        else:
            same = self._recognise(live)
        reachable = [release for release in same if release in self._no_newer_than_target()]
        if not reachable:
            raise Refused(f"{self.database} is {same[0]} already, newer than {self.release}: there is no way back")
        return reachable[-1], same

    def _no_newer_than_target(self) -> tuple[str, ...]:
        known = chain.releases(self.database)
        return known[: known.index(self.release) + 1]

    def _recognise(self, live: Schema) -> tuple[str, ...]:
        recognised = recognise(self.dialect.name, self.database, live)
        if recognised is None:
            raise refuse(self.dialect.name, self.database, live)
        if recognised.release in chain.OLDER:
            raise too_old(self.database, recognised.release)
        self.progress.say(f"{self.database}: recognised as {recognised}")
        return recognised.same

    def _adopt(self, stamped: str | None, start: str) -> None:
        """Stamps a database that had no stamp: from now on an interrupted upgrade knows where it began."""
        if stamped is None:
            stamp.write(self.connection, self.schema, self.database, start)

    def _preflight(self, live: Schema, planned: Plan) -> None:
        for session in self.dialect.session.others(self.connection, self.schema):
            self.progress.say(f"{self.database}: warning: another session uses it, stop the application: {session}")
        findings = preflight.check(
            self.dialect, self.connection, self.schema, live, (p.change for p in planned.changes)
        )
        for finding in findings:
            if finding.level == WARN:
                self.progress.say(f"{self.database}: warning: {finding}")
        blocking = [finding for finding in findings if finding.level == BLOCK]
        if blocking:
            raise Blocked(
                f"{self.database} can't go to {self.release}; nothing was changed. Mend this and run it again:\n"
                + "\n".join(f"  {finding}" for finding in blocking)
            )

    def _evidence(self, live: Schema, doing: str, before: Evidence | None = None) -> Evidence:
        return evidence.collect(
            self.dialect,
            self.connection,
            self.schema,
            live,
            self.progress,
            f"{self.database}: {doing}",
            before.tables if before else None,
        )

    def _apply(self, migrate: Migrate, planned: Plan) -> None:
        self.planned = len(planned.statements)
        with self.progress.statements(f"{self.database}: {planned.start} to {planned.target}", self.planned) as advance:
            self._advance = advance
            migrate(self.connection, self)

    def apply(self, declared: Changes) -> None:
        """Makes the changes of one revision; Alembic calls it through the revision's `upgrade`.

        Where every statement commits, one that a killed client has left running may end now, and ours then finds its
        effect there. So after an error the database is looked at again, and what still remains is gone on with.
        """
        self._check_lock()
        remaining = self._remaining(declared)
        while remaining:
            try:
                self._execute(remaining[0])
                remaining = remaining[1:]
            except DBAPIError as error:
                if self.dialect.session.transactional_ddl or error.connection_invalidated:
                    raise
                left = self._remaining(declared)
                if left and left[0].sql == remaining[0].sql:
                    raise
                remaining = left

    def _remaining(self, declared: Changes) -> list[Statement]:
        live = self._read()
        return self.dialect.ddl.combined(for_flavour(declared, live.flavour), live, self.schema)

    def _execute(self, statement: Statement) -> None:
        self.dialect.session.execute(self.connection, statement.sql, self._say)
        self.executed += 1
        self._advance(1)

    def _verify_schema(self, reached: Schema) -> None:
        wrong = mismatches(chain.expected(reached.flavour, self.database, self.release), reached)
        if wrong:
            raise Refused(f"{self.database} is not {self.release} after the upgrade:\n{listed(wrong)}")

    def _verify_rows(self, before: Evidence, old: Schema, reached: Schema, planned: Plan) -> Verdict:
        after = self._evidence(reached, "rows after", before)
        judged = evidence.judge(self.dialect, self.connection, self.schema, before, after)
        wrong = evidence.check_new_columns(
            self.dialect, self.connection, self.schema, old.tables, reached, fills(planned)
        )
        verdict = replace(judged, tables=(*judged.tables, *wrong))
        if verdict.verdict != evidence.PROVEN and self.dialect.session.transactional_ddl:
            listed_rows = "\n".join(f"  {failure}" for failure in verdict.failures)
            raise Refused(f"{self.database}: rows changed during the upgrade:\n{listed_rows}")
        return verdict

    def _result(
        self, start: str, same: tuple[str, ...], adopted: bool, planned: Plan, verdict: Verdict, live: Schema
    ) -> Result:
        wanted = chain.expected(live.flavour, self.database, self.release)
        seconds = (datetime.now(timezone.utc) - self.started).total_seconds()
        drift = differences(wanted, live)
        return Result(
            self.database, start, self.release, same, adopted, planned, self.executed, verdict, drift, seconds
        )

    def _write_history(self, result: Result) -> None:
        history.write(
            self.connection,
            self.schema,
            history.Entry(
                self.database,
                result.start,
                result.target,
                result.verdict.verdict,
                result.executed,
                result.verdict.rows,
                self.started.replace(tzinfo=None),
                datetime.now(timezone.utc).replace(tzinfo=None),
                history.who(self.connection),
            ),
        )


def fills(planned: Plan) -> dict[tuple[str, str], str]:
    """What rows that stood were filled with in new columns which have no such default."""
    return {
        (p.change.table, p.change.column.name): p.change.fill
        for p in planned.changes
        if isinstance(p.change, AddColumn) and p.change.fill is not None
    }
