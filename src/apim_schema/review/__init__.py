"""The review of a way to a release: what will happen to a live database, in one document that is made in one place.

The terminal (`text`), SQL (`sql`), the page (`page`) and the JSON document of `plan` are renderings of it. The
statements are the planner's, which are what a run executes; after it, it has what each of them took.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timezone
from functools import cached_property
from typing import Final, Literal

from apim_schema import chain, estimate, planner, preflight, product, proof, timing
from apim_schema.attempt import Result
from apim_schema.dialect import Backup
from apim_schema.difference import Difference
from apim_schema.estimate import Rates
from apim_schema.hazards import BLOCK, INFO, WARN
from apim_schema.impact import Impact, Size, Statement
from apim_schema.live import Live, Start
from apim_schema.planner import Plan
from apim_schema.preflight import Finding
from apim_schema.product import Age, Task
from apim_schema.proof import Prospect
from apim_schema.redact import redact
from apim_schema.timing import Timing

CLEAR: Final = "clear"
CAREFUL: Final = "careful"
FORBIDDEN: Final = "forbidden"
NOTHING_TO_DO: Final = "nothing to do"
Outlook = Literal["clear", "careful", "forbidden", "nothing to do"]

Verb = Literal["upgrade", "downgrade"]
"""What makes the way to a release."""

UNKNOWN = Size(None, None)
LEVELS = (BLOCK, WARN, INFO)
"""The worst first."""

MAX_BLOCKING = 60.0
"""Seconds that a statement may keep writers waiting, or take to write a table anew, before somebody has to agree."""


@dataclass(frozen=True)
class Reviewed:
    """One statement: its number, the release that it belongs to, and the seconds that it should take, and took.

    It is step `step` of the `steps` that its change takes.
    """

    number: int
    release: str
    statement: Statement
    step: int = 1
    steps: int = 1
    expected: float | None = None
    seconds: float | None = None

    @property
    def impact(self) -> Impact:
        return self.statement.impact

    @property
    def table(self) -> str:
        return self.statement.change.table

    @property
    def changes(self) -> tuple[str, ...]:
        """What it makes, in words."""
        return tuple(dict.fromkeys(str(change) for change in (self.statement.change, *self.statement.more)))

    def is_long(self, limit: float) -> bool:
        """Whether it writes a table anew, or keeps writers waiting, for longer than this many seconds."""
        return (self.impact.rewrites or self.impact.blocks_writers) and (self.expected or 0) > limit


@dataclass(frozen=True)
class Review:
    """What a run will do to one live database, or has done: `result` and `error` are None until it has run.

    `address` is the URL without its password, `same` all releases that the schema fits where there is no stamp.
    `prospect` is how it will be proven that no row has changed, and `evidence` are the seconds that reading once the
    rows which have to be read should take, which is done before and after. `limit` is how long a statement may take
    before somebody has to agree. `back` says that the way leads to an older release, and `discards` that what was
    written since may be lost by that. `returns` says that a downgrade takes an upgrade back.
    """

    database: str
    address: str
    schema: str
    server: str
    transactional: bool
    start: str
    same: tuple[str, ...]
    stamped: bool
    target: str
    ages: tuple[Age, ...]
    interrupted: str | None
    statements: tuple[Reviewed, ...]
    present: tuple[tuple[str, str], ...]
    findings: tuple[Finding, ...]
    differences: tuple[Difference, ...]
    backups: tuple[Backup, ...]
    made_at: str
    prospect: Prospect
    limit: float = MAX_BLOCKING
    evidence: float | None = None
    back: bool = False
    discards: bool = False
    returns: bool = True
    result: Result | None = field(default=None, compare=False)
    error: str | None = None

    @property
    def verb(self) -> Verb:
        """What makes it."""
        return "downgrade" if self.back else "upgrade"

    @property
    def command(self) -> str:
        """The verb with all that it has to be told but for the database."""
        return f"apim-schema {self.verb} {self.target}{' --discard-new-data' * self.discards}"

    @property
    def tasks(self) -> tuple[Task, ...]:
        """What the product's upgrade asks for besides the schema; what its way back does, the vendor does not tell."""
        return () if self.back else product.tasks(self.releases)

    @property
    def releases(self) -> tuple[str, ...]:
        """The releases on the way."""
        return chain.between(self.database, self.start, self.target)

    @cached_property
    def by_release(self) -> Mapping[str, Sequence[Reviewed]]:
        """The statements of each release; a release may have none."""
        return {release: [s for s in self.statements if s.release == release] for release in self.releases}

    @cached_property
    def rewritten(self) -> Mapping[str, int | None]:
        """The tables that are written anew, with their bytes; None where the server does not tell."""
        return {s.table: s.impact.bytes for s in self.statements if s.impact.rewrites}

    @property
    def bytes_rewritten(self) -> int:
        """The bytes that are written anew, a table that is rebuilt twice counted twice."""
        return sum(s.impact.bytes or 0 for s in self.statements if s.impact.rewrites)

    @property
    def long(self) -> tuple[Reviewed, ...]:
        """The statements that somebody has to agree to."""
        return tuple(s for s in self.statements if s.is_long(self.limit))

    @property
    def expected(self) -> float | None:
        """Seconds that the statements should take together; None where that is not known of one."""
        return _sum(s.expected for s in self.statements)

    @property
    def blocked(self) -> float | None:
        """Seconds that writers of a table wait at the longest.

        Where all is one transaction, a lock is held until the commit: through the statements after it and the
        comparison of the rows. Elsewhere it goes with its statement. Where the server vouches for rows, all tables
        are locked from the beginning. After the upgrade, it is what was measured.
        """
        if self.result:
            return self._was_blocked(self.result.timing)
        if self.expected is None or (self.statements and self.evidence is None):
            return None
        costs = [(s.impact, s.expected or 0) for s in self.statements]
        return estimate.writers_wait(costs, self.transactional, self.evidence or 0, self.prospect.held)

    def _was_blocked(self, measured: Timing) -> float:
        if self.transactional:
            locked = (timing.BEFORE, *timing.WITH_LOCKS) if self.prospect.held else timing.WITH_LOCKS
            return sum(seconds for part, seconds in measured.parts if part in locked)
        return sum(s.seconds or 0 for s in self.statements if s.impact.blocks_writers)

    @property
    def needs_consent(self) -> bool:
        """Whether somebody has to agree: a table is written anew, or writers wait, for longer than the limit."""
        return bool(self.long) or (self.blocked or 0) > self.limit

    @property
    def whole(self) -> float | None:
        """Seconds that the whole upgrade should take, the comparison of the rows included."""
        if self.outlook == NOTHING_TO_DO:
            return 0
        return _sum((self.expected, self.evidence, self.evidence))

    def of_level(self, level: str) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.level == level)

    @property
    def outlook(self) -> Outlook:
        """Whether it may run: `FORBIDDEN`, `NOTHING_TO_DO`, `CAREFUL` where a person should look, else `CLEAR`."""
        if self.of_level(BLOCK):
            return FORBIDDEN
        if self.start == self.target and not self.interrupted:
            return NOTHING_TO_DO
        return CAREFUL if self.of_level(WARN) or self.needs_consent else CLEAR

    def ended(self, result: Result) -> Review:
        """The same after the upgrade: with what it took, and what the database is now.

        What ran is what the attempt had planned, from its own look at the database.
        """
        taken = {executed.sql: executed.seconds for executed in result.timing.statements}
        known = {reviewed.statement.sql: reviewed for reviewed in self.statements}
        found = (replace(known.get(s.statement.sql, s), number=s.number) for s in numbered(result.plan))
        return replace(
            self,
            statements=tuple(replace(s, seconds=taken.get(s.statement.sql)) for s in found),
            differences=result.differences,
            result=result,
        )

    def failed(self, error: BaseException) -> Review:
        """The same after an upgrade that came to no end of its own."""
        return replace(self, error=redact(str(error)))


def look(
    live: Live,
    release: str,
    support: Mapping[str, date],
    limit: float = MAX_BLOCKING,
    back: bool | None = None,
    discards: bool = False,
) -> Review:
    """Reviews the way of an open database to a release, and changes nothing.

    `support` is until when each release is supported, as the user states it; `limit` in seconds. Where nobody says
    whether the way leads back, the database tells. Raises what the run raises before its first statement, but for what
    preflight finds, which is part of the review.
    """
    back = live.leads_back(release) if back is None else back
    start = live.start(release, back)
    planned = live.plan(start.release, release, discards)
    sizes = live.dialect.space.sizes(live.connection, live.schema)
    rates = estimate.measured(live.dialect, live.connection, live.schema, live.model)
    prospect = proof.look(live, planned)
    session, today = live.dialect.session, datetime.now(timezone.utc)
    ages = tuple(product.age(name, support, today.date()) for name in dict.fromkeys((start.release, release)))
    return Review(
        live.database,
        str(live.target),
        live.schema,
        live.server,
        session.transactional_ddl,
        start.release,
        start.same,
        live.stamped is not None,
        release,
        ages,
        live.interrupted,
        tuple(_costed(reviewed, live, sizes, rates) for reviewed in numbered(planned)),
        tuple((entry.release, str(entry.change)) for entry in planned.present),
        tuple(_findings(live, start, planned, ages, back, discards)),
        live.differences_from(start.release),
        tuple(session.backups(session.server(live.connection))),
        today.isoformat(timespec="seconds"),
        prospect,
        limit,
        estimate.of_evidence((sizes[name] for name in prospect.read if name in sizes), rates) if rates else None,
        back,
        discards,
        planner.returns(live.dialect, live.model.flavour, live.database, release, start.release) if not back else True,
    )


def _costed(reviewed: Reviewed, live: Live, sizes: Mapping[str, Size], rates: Rates | None) -> Reviewed:
    """With the size of the table, where it is there already, and the seconds that follow from it."""
    size = sizes.get(reviewed.table, UNKNOWN) if reviewed.table in live.model.tables else None
    impact = reviewed.impact.sized(size)
    expected = 0 if not impact.reads_rows or size is None else estimate.estimate(impact, rates) if rates else None
    return replace(reviewed, statement=replace(reviewed.statement, impact=impact), expected=expected)


def numbered(planned: Plan) -> Iterator[Reviewed]:
    """The statements of a plan with their numbers, which begin with 1."""
    number = 0
    for release in planned.steps:
        for statement in release.statements:
            of_change = [other for other in release.statements if statement.change in (other.change, *other.more)]
            step = next(place for place, other in enumerate(of_change, 1) if other is statement)
            number += 1
            yield Reviewed(number, release.release, statement, step, len(of_change))


def _findings(
    live: Live, start: Start, planned: Plan, ages: Iterable[Age], back: bool, discards: bool
) -> Iterator[Finding]:
    """What preflight finds, the worst first, and what is to be said of the product's own configuration."""
    changes = [entry.change for entry in planned.changes]
    found = preflight.review(live, planned.target, changes, discards=discards)
    yield from sorted(found, key=lambda finding: LEVELS.index(finding.level))
    yield from (Finding(WARN, "", str(age), "upgrade before that") for age in ages if age.soon)
    if live.target.product and not back:
        yield from product.examine(live.target.product, chain.between(live.database, start.release, planned.target))


def _sum(values: Iterable[float | None]) -> float | None:
    """The sum; None where one of them is not known."""
    found = list(values)
    return None if any(value is None for value in found) else sum(value for value in found if value is not None)
