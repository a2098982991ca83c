"""`repair`: brings drift back to the release, with the lock, the evidence and the history of an upgrade."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field

from sqlalchemy import Connection

from apim_schema import chain, planner, preflight, script
from apim_schema.attempt import Apply, Attempt, Result
from apim_schema.errors import NotRecognised
from apim_schema.live import Live, Start, held, opened
from apim_schema.locks import Check
from apim_schema.mend import Mend, mends
from apim_schema.planner import Plan
from apim_schema.preflight import Finding
from apim_schema.progress import Progress, Silent
from apim_schema.target import Target
from apim_schema.unrecognised import nearest


@dataclass(frozen=True)
class Outlook:
    """What would be mended of one database, what is left, and what stands in the way of it.

    `known` says whether it is the release, or only nearest to it.
    """

    database: str
    release: str
    known: bool
    mends: tuple[Mend, ...]
    plan: Plan
    findings: tuple[Finding, ...]

    @property
    def left(self) -> tuple[Mend, ...]:
        """What can't be mended."""
        return tuple(mend for mend in self.mends if not mend.changes)


def look(target: Target) -> Outlook:
    """What a repair would do. Changes nothing."""
    with opened(target) as live:
        return _outlook(live)


def _outlook(live: Live) -> Outlook:
    release = live.release or nearest(live.database, live.model, live.target.accept)[0]
    found, planned = _planned(live, release)
    findings = preflight.review(live, release, [p.change for p in planned.changes]) if planned.changes else ()
    return Outlook(live.database, release, live.release is not None, found, planned, tuple(findings))


def _planned(live: Live, release: str) -> tuple[tuple[Mend, ...], Plan]:
    wanted = chain.expected(live.model.flavour, live.database, release)
    found = mends(wanted, live.model, live.differences_from(release))
    changes = [change for mend in found for change in mend.changes]
    about = (live.dialect, live.database, live.model, (release, release), [(release, changes)])
    return found, planner.made(*about, live.schema, live.target.accept)


def rendered(target: Target) -> str:
    """The repair as a script for the database's own client. Raises NotRecognised as `run` does."""
    with opened(target) as live:
        release = _release(live)
        changes = [planned.change for planned in _planned(live, release)[1].changes]
        return script.mending(live.model, live.database, release, changes, live.target.schema)


def _release(live: Live) -> str:
    """The release that it is. Raises NotRecognised where nobody has said so, and it can't be recognised."""
    if live.release is None:
        near = nearest(live.database, live.model, live.target.accept)[0]
        way_out = f"say what it is by `adopt --as {near}` and repair it then"
        raise NotRecognised(f"{live.database} is no release that we know, nearest is {near}", way_out=way_out)
    return live.release


@dataclass(frozen=True)
class Repair:
    """What is asked for: the repair of a database."""

    target: Target
    progress: Progress = field(default_factory=Silent)

    def run(self) -> Result:
        """Mends what can be mended, and returns what was done.

        Raises Refused (and its subclasses) where nothing was changed, and Unfinished where some statements are in on
        a database that can't take them back.
        """
        with held(self.target, self.progress) as (live, check_lock):
            return Mending(live, _release(live), self.progress, check_lock).run()


class Mending(Attempt):
    """A run that makes the changes of a repair, and stays at its release."""

    def __init__(self, live: Live, release: str, progress: Progress, check_lock: Check) -> None:
        super().__init__(live, release, False, None, progress, _no_revisions, check_lock)

    def _look(self) -> tuple[Start, Plan]:
        self._earlier = self._live.unfinished
        return Start(self._release, (self._release,)), _planned(self._live, self._release)[1]

    def _apply(self, planned: Plan, undo: ExitStack) -> None:
        wanted = [change.change for change in planned.changes]
        with self._progress.statements(f"{planned.database}: repair", len(planned.statements)) as advance:
            self._check_lock()
            self._make(wanted, advance, undo)


def _no_revisions(connection: Connection, database: str, schema: str, apply: Apply) -> None:
    """A repair has no revision of its own."""
