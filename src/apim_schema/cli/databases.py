"""How a verb's databases are named, and how it works on them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial, wraps
from typing import Any

import click

from apim_schema import chain, config, locks, report
from apim_schema.cli import parallel, several
from apim_schema.cli.common import Function, output_options
from apim_schema.cli.parallel import Agree
from apim_schema.drilldown import ROWS_SHOWN
from apim_schema.errors import UsageError
from apim_schema.log import WARNING
from apim_schema.scan import MOST_JOBS
from apim_schema.target import Target
from apim_schema.witness import WAYS, By

OPTIONS = (
    click.option("--env", "envs", metavar="NAME", multiple=True, help="An environment to work on; may be repeated."),
    click.option("--apim-url", metavar="URL", help="The apim database: dialect://user@host:port/name, or JDBC's."),
    click.option("--shared-url", metavar="URL", help="The shared database. In either, ?schema=NAME names a schema."),
    click.option("--deployment-toml", metavar="FILE", help="The product's own configuration, which names both."),
    click.option("--database", type=click.Choice(chain.NAMES), help="Only this one of those that are named."),
    click.option("--environments", metavar="FILE", help="A file other than environments.toml in this folder."),
    click.option("--accept", metavar="FILE", help="An accept list: breaking drift that is taken as it is."),
    click.option("--keep-going", is_flag=True, help="Go on with the next environment after one that failed."),
    click.option(
        "--parallel",
        "most",
        metavar="N",
        type=click.IntRange(min=1),
        help="Work on so many environments at once, each in a process of its own.  [default: 1]",
    ),
)

evidence_option = click.option(
    "--evidence",
    type=click.Choice(WAYS),
    help="Prove the rows by the server's own word (engine), or read all of them twice (full). "
    "By default engine, where the server can vouch.",
)

max_rows_option = click.option(
    "--max-rows",
    type=click.IntRange(min=1),
    help="How many rows are named of each table whose rows differ; by default as many as the environment says, "
    f"else {ROWS_SHOWN}.",
)
"""For all verbs that compare rows."""

jobs_option = click.option(
    "--jobs",
    metavar="N",
    type=click.IntRange(min=1),
    help="How many processors of the server reading all rows may take; by default those that it says it has, "
    f"at most {MOST_JOBS}.",
)
"""For all verbs that read all rows."""

LOCK_OPTIONS = (
    click.option(
        "--lock-wait",
        metavar="SECONDS",
        type=click.IntRange(*locks.LIMITS[locks.LOCK_WAIT]),
        help=f"Wait so long for another run on this database to end.  [default: {locks.USUAL.lock_wait}]",
    ),
    click.option(
        "--ddl-lock-timeout",
        metavar="SECONDS",
        type=click.IntRange(*locks.LIMITS[locks.DDL_LOCK_TIMEOUT]),
        help="How long a statement waits for a table that others hold, while all that come after it wait too.  "
        f"[default: {locks.USUAL.ddl_lock_timeout}]",
    ),
    click.option(
        "--ddl-retries",
        metavar="NUMBER",
        type=click.IntRange(*locks.LIMITS[locks.DDL_RETRIES]),
        help="How often it is tried again, after pauses that grow up to half a minute.  "
        f"[default: {locks.USUAL.ddl_retries}]",
    ),
)

discard_option = click.option(
    "--discard-new-data",
    "discards",
    is_flag=True,
    help="On the way back, drop what was written since and the older release has no place for.",
)
"""For the verbs that lead back, or show it."""

OF_ONE = {
    "output": "-o",
    "against": "--against",
    "page_file": "--html",
    "report": "--report",
    "sql": "--sql",
    "write_accept": "--write-accept",
}
"""Options that name a file: it is of one environment."""


def proof_options(function: Function) -> Function:
    """How a verb that changes something proves that no row has changed, and how long it waits for others."""
    decorated: Function = evidence_option(max_rows_option(jobs_option(lock_options(function))))
    return decorated


def database_options(function: Function, agree: Agree | None = None) -> Function:
    """The options that name databases, and `--format`; the function gets `targets` of them.

    For several environments it is called for each, after all of them were found to be well named: in turn, or at once
    in processes of their own, where it asks nothing. What it would ask of a person, `agree` does before.
    """

    @wraps(function)
    def gather(
        envs: tuple[str, ...], apim_url: str | None, shared_url: str | None, deployment_toml: str | None,
        database: str | None, environments: str | None, accept: str | None, keep_going: bool, most: int | None,
        **others: Any,
    ) -> Any:  # fmt: skip
        urls = {"apim": apim_url, "shared": shared_url}
        _check(envs, {"--keep-going": keep_going, "--parallel": most is not None}, others)
        found = [config.from_options(env, urls, database, environments, deployment_toml) for env in envs or (None,)]
        found = [config.accepting(targets, accept) for targets in found]
        say(note for targets in found for target in targets for note in target.notes)
        if len(found) == 1:
            return function(found[0], **others)
        named = dict(zip(envs, found, strict=True))
        if most is None or most == 1:
            return several.summary(several.in_turn(named, partial(function, **others), keep_going))
        return parallel.at_once(named, others, agree, most, keep_going)

    decorated: Function = output_options(gather)
    for option in reversed(OPTIONS):
        decorated = option(decorated)
    return decorated


def lock_options(function: Function) -> Function:
    """The options that say how long a verb waits for locks: they count more than what the file says."""

    @wraps(function)
    def wait(targets: Sequence[Target], **others: Any) -> Any:
        said = {name: value for name in locks.LIMITS if (value := others.pop(name)) is not None}
        waiting = (replace(found, waiting=replace(found.waiting, **said)) for found in targets)
        return function(tuple(waiting), **others)

    decorated: Function = wait
    for option in reversed(LOCK_OPTIONS):
        decorated = option(decorated)
    return decorated


def proving(
    targets: Iterable[Target], evidence: By | None = None, max_rows: int | None = None, jobs: int | None = None
) -> tuple[Target, ...]:
    """The databases with what the command line says of proving, which counts more than what the file says."""
    said = {"evidence": evidence, "max_rows": max_rows, "jobs": jobs}
    given: dict[str, Any] = {name: value for name, value in said.items() if value is not None}
    return tuple(replace(found, **given) for found in targets)


def say(notes: Iterable[str]) -> None:
    """Says each of these once, on stderr."""
    for note in dict.fromkeys(notes):
        report.say(f"apim-schema: note: {note}", WARNING)


def _check(envs: Sequence[str], of_several: dict[str, bool], others: dict[str, Any]) -> None:
    if twice := [env for env in dict.fromkeys(envs) if envs.count(env) > 1]:
        raise UsageError(f"--env {twice[0]} is given twice", way_out="leave one")
    for option, given in of_several.items():
        if given and len(envs) < 2:
            raise UsageError(
                f"{option} is for several environments", way_out="name them, each by --env, or leave it out"
            )
    for name, option in OF_ONE.items():
        if len(envs) > 1 and others.get(name):
            raise UsageError(f"the file of {option} is of one environment", way_out="name one by --env")
