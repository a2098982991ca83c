"""What `plan`, `upgrade` and `downgrade` share: the look at a database for its review, the question, the page."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from sqlalchemy.exc import DBAPIError

from apim_schema import chain, environments, report, review
from apim_schema.attempt import Result
from apim_schema.cli.common import Function
from apim_schema.errors import Refused, SchemaToolError, UsageError
from apim_schema.live import opened
from apim_schema.log import WARNING
from apim_schema.review import MAX_BLOCKING, NOTHING_TO_DO, Review, page, text, words
from apim_schema.target import Target

RUN_OPTIONS = (
    click.option(
        "--rehearse", is_flag=True, help="Try all statements where nothing can come of it, and change nothing."
    ),
    click.option("--yes", is_flag=True, help="Go on without asking."),
    click.option(
        "--max-blocking",
        "limit",
        metavar="SECONDS",
        type=click.FloatRange(min=0),
        default=MAX_BLOCKING,
        show_default=True,
        help="How long writers may wait, or a table be written anew, before --yes is needed where nobody can be asked.",
    ),
    click.option(
        "--report", metavar="FILE", type=click.Path(path_type=Path), help="Write the page of plan, with what ran."
    ),
)


def run_options(function: Function) -> Function:
    """The options of a verb that goes to a release: whether it really does, and who agrees."""
    for option in reversed(RUN_OPTIONS):
        function = option(function)
    return function


AGREED = "apim_schema.agreed"
"""Where a run finds the statements that somebody has agreed to in another process, in the metadata of the context."""


def stated_support() -> Mapping[str, date]:
    """Until when each release is supported, as environments.toml says that the command line means, if there is one."""
    return environments.support(click.get_current_context().params.get("environments"))


def reviewed(
    release: str,
    support: Mapping[str, date],
    target: Target,
    limit: float = MAX_BLOCKING,
    back: bool | None = None,
    discards: bool = False,
) -> Review:
    """The review of one database, which is only read. Raises as the run would before its first statement."""
    with opened(target) as live:
        release = chain.check_release(target.database, release)
        return review.look(live, release, support, limit, back, discards)


class Consent:
    """Whether a run may begin: what it will do is shown on a terminal, and somebody agrees; and its page.

    What can't be looked at has no review: the run itself says why.
    """

    def __init__(
        self,
        targets: Sequence[Target],
        release: str,
        limit: float,
        file: Path | None,
        back: bool = False,
        discards: bool = False,
    ) -> None:
        self._reviews: dict[str, Review] = {}
        self._file, self._shown = file, False
        support = stated_support()
        for target in targets:
            try:
                self._reviews[target.database] = reviewed(release, support, target, limit, back, discards)
            except (SchemaToolError, DBAPIError):
                continue
        self._write()

    @property
    def due(self) -> list[Review]:
        """What will be done, if anything."""
        return [one for one in self._reviews.values() if one.outlook != NOTHING_TO_DO]

    def ask(self) -> None:
        """Asks on a terminal. Raises Refused where nobody agrees, or nobody is there who would have to."""
        if not on_a_terminal():
            for one in self.due:
                _forbid_long(one)
        elif self.due:
            self.show(report.console())
            _go_on()

    def show(self, out: Console) -> None:
        """Shows what will be done: no other statements are executed."""
        out.print("\n\n".join(map(text.summary, self.due)) + "\n")
        self._shown = True

    def agreed(self, database: str) -> tuple[str, ...] | None:
        """The statements that somebody has seen and agreed to, None where nobody was asked."""
        if not self._shown or database not in self._reviews:
            elsewhere: Mapping[str, tuple[str, ...] | None] = click.get_current_context().meta.get(AGREED, {})
            return elsewhere.get(database)
        return tuple(reviewed.statement.sql for reviewed in self._reviews[database].statements)

    def reported(self, database: str, work: Callable[[], Result]) -> Result:
        """Does the work, and writes the page once more: with what came of it, or with what has ended it."""
        try:
            result = work()
        except (Exception, KeyboardInterrupt) as error:
            self._keep(database, partial(Review.failed, error=error))
            raise
        self._keep(database, partial(Review.ended, result=result))
        return result

    def _keep(self, database: str, change: Callable[[Review], Review]) -> None:
        """What was done stays done where it can't be written down any more."""
        if database in self._reviews:
            self._reviews[database] = change(self._reviews[database])
            try:
                self._write()
            except UsageError as error:
                report.say(f"apim-schema: {error}; what was done stays done", WARNING)

    def _write(self) -> None:
        """Before the first statement too: a file that can't be written is to be known then."""
        if self._file and self._reviews:
            page.write(self._file, list(self._reviews.values()))


def on_a_terminal() -> bool:
    """Whether somebody can be asked."""
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stderr))


def ask_once(
    named: Mapping[str, Sequence[Target]], options: dict[str, Any], back: bool = False
) -> tuple[dict[str, Any], dict[str, dict[str, tuple[str, ...] | None]]]:
    """Asks on a terminal whether several environments may begin; where there is none, each has to see for itself.

    Returns the options to begin with, and the statements that were agreed to, by environment and database. Raises
    Refused where nobody agrees.
    """
    if options["yes"] or options["rehearse"] or not on_a_terminal():
        return options, {}
    release, limit, discards = options["release"], options["limit"], options.get("discards", False)
    asked = {name: Consent(targets, release, limit, None, back, discards) for name, targets in named.items()}
    if due := {name: consent for name, consent in asked.items() if consent.due}:
        out = report.console()
        for name, consent in due.items():
            out.print(f"environment {name}")
            consent.show(out)
        _go_on()
    agreed = {name: {found.database: asked[name].agreed(found.database) for found in named[name]} for name in named}
    return options | {"yes": True}, agreed


def _go_on() -> None:
    if not click.confirm("Go on?", err=True):
        raise Refused("not agreed to", found="nothing was changed")


def _forbid_long(one: Review) -> None:
    """Raises Refused where somebody would have to agree: nobody can be asked here."""
    if not one.needs_consent:
        return
    listed = "".join(f"\n  {', '.join(s.changes)}: {words.about(s.expected)}" for s in one.long)
    raise Refused(
        f"{one.database}: writers would wait for {words.roughly(one.blocked)}, or a table be written anew for longer "
        f"than {words.duration(one.limit)}",
        found="nothing was changed",
        way_out=f"look at it by plan, then say --yes, or a longer --max-blocking{listed}",
    )
