"""One database as it is now: what it is stamped, recognised and different as, and where a way from it starts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import cached_property

from sqlalchemy import Connection

from apim_schema import chain, evidence, history, interrupts, kept, stamp
from apim_schema.dialect import Dialect
from apim_schema.difference import Difference, breaking, counted
from apim_schema.errors import Interrupted, NotRecognised, Refused, SchemaToolError
from apim_schema.locks import Check
from apim_schema.planner import Plan, plan
from apim_schema.progress import Progress
from apim_schema.recognise import Recognised, differences, recognise
from apim_schema.schema import Schema, Table
from apim_schema.snapshot import Snapshot
from apim_schema.target import Target
from apim_schema.unrecognised import refuse, too_old


@dataclass(frozen=True)
class Start:
    """The release that a run starts from; `same` are all that the schema fits where there is no stamp."""

    release: str
    same: tuple[str, ...]


@dataclass(frozen=True)
class Live:
    """An open database, as it was when it was first asked; `anew` is what has changed since."""

    target: Target
    connection: Connection
    schema: str

    @property
    def database(self) -> str:
        return self.target.database

    @property
    def dialect(self) -> Dialect:
        return self.target.dialect

    def anew(self) -> Live:
        """The same database, looked at again."""
        return Live(self.target, self.connection, self.schema)

    @cached_property
    def server(self) -> str:
        """The server's name and version."""
        return str(self.dialect.session.server(self.connection))

    @cached_property
    def model(self) -> Schema:
        """All that is in the schema."""
        return self.dialect.introspect.read(self.connection, self.schema)

    @cached_property
    def stamped(self) -> str | None:
        """The release that the version table says. Raises Refused where we know no such release."""
        stamped = stamp.read(self.connection, self.schema, self.database)
        if stamped is not None and stamped not in chain.releases(self.database):
            raise Refused(
                f"{self.database} is stamped {stamped!r}, which is no release that this version knows",
                way_out="take the version that wrote it, or say which it is by `alembic stamp --purge RELEASE`, which "
                f"corrects {chain.version_table(self.database)}",
            )
        return stamped

    @cached_property
    def recognised(self) -> Recognised | None:
        """The release that the schema fits, whatever the stamp says."""
        return recognise(self.dialect.name, self.database, self.model, self.target.accept)

    @property
    def release(self) -> str | None:
        """The release that counts: the stamped, else the recognised; None where there is neither."""
        return self.stamped or (self.recognised.release if self.recognised else None)

    @property
    def known_release(self) -> str:
        """The release that counts. Raises NotRecognised, with the way out, where there is none."""
        release = self.release
        if release is None and self.refusal:
            raise self.refusal
        if release is None:
            raise refuse(self.database, self.model, self.target.accept)
        return release

    @property
    def pending(self) -> tuple[str, ...]:
        """The releases that are still to come; none where the database is no release of the chain."""
        known = chain.releases(self.database)
        return chain.between(self.database, self.release, known[-1]) if self.release in known else ()

    @cached_property
    def differences(self) -> tuple[Difference, ...]:
        """Where the schema differs from the release that counts."""
        return self.differences_from(self.release) if self.release else ()

    def differences_from(self, release: str) -> tuple[Difference, ...]:
        """Where the schema differs from any release, each difference with its class."""
        return differences(self.database, self.model.flavour, release, self.model, self.target.accept)

    @property
    def refusal(self) -> NotRecognised | None:
        """Why no database like this one is upgraded, None where there is no reason."""
        reason = self.dialect.introspect.refusal(self.model)
        return NotRecognised(f"{self.database} {reason}") if reason else None

    @property
    def problem(self) -> NotRecognised | None:
        """Why it is no release of the chain, or not the one that it is stamped as; None where all is well."""
        if refusal := self.refusal:
            return refusal
        if self.release is None:
            return refuse(self.database, self.model, self.target.accept)
        if self.release in chain.OLDER:
            return too_old(self.database, self.release)
        if self.stamped and (wrong := breaking(self.differences)):
            found = f"the schema is {self.recognised}" if self.recognised else f"has {counted(wrong)}"
            return NotRecognised(f"{self.database} is stamped {self.stamped}, but {found}")
        return None

    def start(self, target: str, back: bool = False) -> Start:
        """Where a run to a release starts: at the stamp, else at what the schema is recognised as.

        A schema that is several releases' counts as the one of them that is nearest to the target: no newer than that,
        or where the run leads back, no older. A run that turns from another one, which was cut off half of the way to a
        release, starts at that release. Raises NotRecognised where there is no release to start from, and Refused where
        there is none on that side of the target.
        """
        if problem := self.refusal or (self.problem if self.stamped is None else None):
            raise problem
        same = self._same
        if self.unfinished and self.turns(self.unfinished, back):
            same = (self._ahead(self.unfinished),)
        reachable = [release for release in same if release == target or self._leads_back(release, target) == back]
        if back and target not in chain.since(self.model.flavour, self.database):
            first = chain.first(self.model.flavour, self.database)
            raise Refused(f"the vendor's script for {self.model.flavour} begins with {first}", found="nothing is older")
        if not reachable and back:
            raise Refused(
                f"{self.database} is {same[-1]}, older than {target}", way_out=f"`upgrade {target}` leads there"
            )
        if not reachable:
            raise Refused(
                f"{self.database} is {same[0]} already, newer than {target}", way_out=f"`downgrade {target}` leads back"
            )
        return Start(reachable[0] if back else reachable[-1], same)

    @property
    def _same(self) -> tuple[str, ...]:
        """The stamped release, else all that the schema fits."""
        return (self.stamped,) if self.stamped else self.recognised.same if self.recognised else ()

    def leads_back(self, target: str) -> bool:
        """Whether the way to a release leads back: it is newer, or on half of the way to what is newer."""
        known = chain.releases(self.database)
        beyond = self.unfinished and self.turns(self.unfinished, back=True)
        same = (self._ahead(self.unfinished),) if self.unfinished and beyond else self._same
        found = [release for release in same if release in known]
        return bool(found) and all(self._leads_back(release, target) for release in found)

    def _leads_back(self, start: str, target: str) -> bool:
        return chain.goes_back(self.database, start, target)

    def plan(self, start: str, target: str, cuts: bool = False) -> Plan:
        """The way from one release to another. Raises as `planner.plan` does."""
        return plan(self.dialect, self.database, self.model, start, target, self.schema, self.target.accept, cuts)

    def snapshot(self, progress: Progress, doing: str = "rows", tables: Mapping[str, Table] | None = None) -> Snapshot:
        """Reads all rows; with `tables`, only those of these, in the columns that they have there."""
        taken_at = datetime.now(timezone.utc).isoformat(timespec="seconds")
        doing, asked = f"{self.database}: {doing}", (self.dialect, self.connection, self.schema, self.model)
        found = evidence.collect(*asked, progress, doing, tables, self.target.jobs)
        return Snapshot(self.database, self.dialect.name, self.server, self.release, taken_at, found)

    @cached_property
    def unfinished(self) -> history.Entry | None:
        """The last run, if it left something for another one to continue, or to verify what a script has ended."""
        last = self.last_run
        if last is None or last.is_open:
            return last
        by_script = last.verdict == history.BY_SCRIPT
        return last if by_script and kept.holds(self.connection, self.schema, self.database) else None

    @cached_property
    def last_run(self) -> history.Entry | None:
        runs = history.read(self.connection, self.schema, self.database)
        return runs[-1] if runs else None

    @property
    def interrupted(self) -> str | None:
        """How far the last run got, or who makes it just now, where it has not come to its end; None where it has."""
        run = self.unfinished
        if run is None:
            return None
        last = f"{run.finished_at or run.started_at} UTC"
        if holder := self.dialect.session.holder(self.connection, self.target.lock, self.schema):
            done = f"{run.statements} of {run.planned} statements in"
            return f"{self.database} is on its way to {run.to_release} just now, by {holder}: {done}"
        verb = f"`{self._verb(run)} {run.to_release}`"
        if self.stamped == run.to_release:
            told = f"is at {run.to_release}, not verified yet: the run by {run.done_by} ended at {last}"
            return f"{self.database} {told}; {verb} compares the rows with those of before"
        begun, ahead = self.stamped or run.from_release, self._ahead(run)
        done = f"{self._statements_in(run)} of {run.planned} statements in, interrupted at {last} (by {run.done_by})"
        return f"{self.database} is between {begun} and {ahead}: {done}; {verb} goes on"

    def turns(self, run: history.Entry, back: bool) -> bool:
        """Whether a run that leads back, or does not, goes against another one."""
        known = {run.from_release, run.to_release} <= set(chain.releases(self.database))
        return (
            known and run.from_release != run.to_release and back != self._leads_back(run.from_release, run.to_release)
        )

    def _ahead(self, run: history.Entry) -> str:
        """The release that a run was about to reach.

        Somebody may have stamped a later one by hand, and a newer version may have been here.
        """
        begun = self.stamped or run.from_release
        known = {begun, run.to_release} <= set(chain.releases(self.database))
        return next(iter(chain.between(self.database, begun, run.to_release) if known else ()), run.to_release)

    def _verb(self, run: history.Entry) -> str:
        """The verb that goes on with a run."""
        return "downgrade" if self.turns(run, back=False) else "upgrade"

    def _statements_in(self, run: history.Entry) -> int:
        """How many statements of a run need not be made any more; a killed one may not have counted its last.

        A script counts none.
        """
        if run.to_release not in chain.releases(self.database):
            return run.statements
        try:
            ahead = self.plan(self.stamped or run.from_release, run.to_release)
        except Refused:
            return run.statements
        return max(run.planned - len(ahead.statements), run.statements)


@contextmanager
def held(target: Target, progress: Progress) -> Iterator[tuple[Live, Check]]:
    """Opens a database to change it, and holds its lock; the check is whether that is still held.

    Another upgrade is waited for as long as the target says, which `progress` is told of. Raises UsageError where the
    database can't be reached, and Refused where it takes no changes or another one holds the lock.
    """
    done, failed = False, None
    try:
        with _held(target, progress) as found:
            try:
                yield found
                done = True
            except SchemaToolError as error:
                failed = error
                raise
    except KeyboardInterrupt as error:
        if failed:  # a second Ctrl-C, while the first is answered to: the answer stays what it is
            raise failed from error
        if not done:
            raise
        raise Interrupted(f"{target.database}: {interrupts.told(error)} when all was done already") from error


@contextmanager
def _held(target: Target, progress: Progress) -> Iterator[tuple[Live, Check]]:
    session = target.dialect.session
    with target.engine() as engine:
        with session.connect(engine, target.schema) as connection:
            check_open(target, connection)
        with (
            session.locked(
                engine, target.lock, target.schema, lambda told: progress.say(f"{target.database}: {told}")
            ) as check_lock,
            session.connect(engine, target.schema) as connection,
        ):
            yield Live(target, connection, target.schema or session.default_schema(connection)), check_lock


def check_open(target: Target, connection: Connection) -> None:
    """Raises Refused, by name, where nothing may be written: a standby, a replica, what is read-only."""
    schema = target.schema or target.dialect.session.default_schema(connection)
    if found := target.dialect.server.closed(connection, schema):
        raise Refused(f"{target.database} takes no changes", found=found.problem, way_out=found.way_out)


@contextmanager
def opened(target: Target) -> Iterator[Live]:
    """Opens a database: one transaction, which commits at the end. Raises UsageError where it can't be reached."""
    session = target.dialect.session
    with target.engine() as engine, session.connect(engine, target.schema) as connection, connection.begin():
        yield Live(target, connection, target.schema or session.default_schema(connection))
