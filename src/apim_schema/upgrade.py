"""The upgrade of one database, or its downgrade, as both doors ask for it: the CLI and Alembic end here.

    connect → lock → recognise → plan → preflight → evidence → apply → verify schema → evidence → commit

On a database with transactional DDL all of it is one transaction: anything wrong, and it is as it was. On the
others each change converges: what is in already is skipped, so that an interrupted upgrade is continued, and the
digests from before the first statement are kept in the database until the verdict.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from apim_schema import chain
from apim_schema.attempt import Attempt, Migrate, Result
from apim_schema.live import held
from apim_schema.progress import Progress, Silent
from apim_schema.snapshot import Snapshot
from apim_schema.target import Target


@dataclass(frozen=True)
class Upgrade:
    """What is asked for: a database and a release.

    `create` makes a fresh schema of the oldest release where there is none. With `against`, the rows are compared with
    that snapshot instead of what they are before the first statement. `agreed` are the statements that somebody has
    agreed to: no other ones are executed. `back` leads to an older release, and with `discards` what was written since
    and has no place there is lost.
    """

    target: Target
    release: str = "head"
    create: bool = False
    against: Snapshot | None = None
    progress: Progress = field(default_factory=Silent)
    agreed: tuple[str, ...] | None = None
    back: bool = False
    discards: bool = False

    def run(self, migrate: Migrate) -> Result:
        """Upgrades or downgrades, and returns what was done.

        Raises UsageError for a release that is none, Refused (and its subclasses) where nothing was changed, and
        Unfinished where some statements are in on a database that can't take them back.
        """
        release = chain.check_release(self.target.database, self.release)
        with held(self.target, self.progress) as (live, check_lock):
            attempt = Attempt(
                live,
                release,
                self.create,
                self.against,
                self.progress,
                migrate,
                check_lock,
                self.agreed,
                self.back,
                self.discards,
            )
            return attempt.run()
