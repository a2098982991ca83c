"""How a verb's databases are named, and the verb's run on each of several environments."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial, wraps
from typing import Any

import click
from rich.console import Console

from apim_schema import chain, config, locks, report
from apim_schema.cli.common import Answer, Function, of_error, output_options, say_error
from apim_schema.drilldown import ROWS_SHOWN
from apim_schema.errors import Exit, UsageError
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

OF_ONE = {"output": "-o", "against": "--against", "page_file": "--html", "report": "--report"}
"""Options that name a file: it is of one environment."""

WEIGHTS = (
    *(Exit.INTERRUPTED, Exit.INTERNAL, Exit.UNFINISHED, Exit.NOT_PROVEN, Exit.FOUND, Exit.REFUSED, Exit.USAGE),
    Exit.OK,
)
"""Which exit code stands for several environments: the first of these that one of them has."""


OUTCOMES = {
    Exit.OK: "done",
    Exit.FOUND: "found something",
    Exit.USAGE: "wrong use, or not reached",
    Exit.REFUSED: "refused",
    Exit.UNFINISHED: "unfinished",
    Exit.NOT_PROVEN: "not proven",
    Exit.INTERNAL: "a fault of apim-schema",
    Exit.INTERRUPTED: "interrupted",
}
"""What is said of an environment that ended with this exit code."""


@dataclass(frozen=True)
class Done:
    """What came of one environment; None where it was not begun."""

    environment: str
    answer: Answer | None


def proof_options(function: Function) -> Function:
    """How a verb that changes something proves that no row has changed, and how long it waits for others."""
    decorated: Function = evidence_option(max_rows_option(jobs_option(lock_options(function))))
    return decorated


def database_options(function: Function) -> Function:
    """The options that name databases, and `--format`; the function gets `targets` of them.

    For several environments it is called for each in turn, after all of them were found to be well named.
    """

    @wraps(function)
    def gather(
        envs: tuple[str, ...], apim_url: str | None, shared_url: str | None, deployment_toml: str | None,
        database: str | None, environments: str | None, accept: str | None, keep_going: bool, **others: Any,
    ) -> Any:  # fmt: skip
        urls = {"apim": apim_url, "shared": shared_url}
        _check(envs, keep_going, others)
        named = [config.from_options(env, urls, database, environments, deployment_toml) for env in envs or (None,)]
        named = [config.accepting(targets, accept) for targets in named]
        say(note for targets in named for target in targets for note in target.notes)
        if len(named) == 1:
            return function(named[0], **others)
        return _summary(_in_turn(dict(zip(envs, named, strict=True)), partial(function, **others), keep_going))

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


def _check(envs: Sequence[str], keep_going: bool, others: dict[str, Any]) -> None:
    if twice := [env for env in dict.fromkeys(envs) if envs.count(env) > 1]:
        raise UsageError(f"--env {twice[0]} is given twice", way_out="leave one")
    if keep_going and len(envs) < 2:
        raise UsageError(
            "--keep-going is for several environments", way_out="name them, each by --env, or leave it out"
        )
    for name, option in OF_ONE.items():
        if len(envs) > 1 and others.get(name):
            raise UsageError(f"the file of {option} is of one environment", way_out="name one by --env")


def _in_turn(
    named: dict[str, Sequence[Target]], run: Callable[[Sequence[Target]], Answer], keep_going: bool
) -> list[Done]:
    """Runs the verb on one environment after the other, up to the first that does not end in 0, or to the last."""
    done: dict[str, Answer | None] = dict.fromkeys(named)
    for environment, targets in named.items():
        report.say(f"environment {environment}")
        done[environment] = answer = _answer(partial(run, targets))
        if answer.exit_code == Exit.INTERRUPTED or (answer.exit_code != Exit.OK and not keep_going):
            break
    return [Done(environment, answer) for environment, answer in done.items()]


def _answer(run: Callable[[], Answer]) -> Answer:
    try:
        return run()
    except (Exception, KeyboardInterrupt) as error:
        say_error(error)
        return of_error(error)


def _summary(done: list[Done]) -> Answer:
    codes = {entry.answer.exit_code for entry in done if entry.answer}
    documents = [{"environment": entry.environment} | _document(entry.answer) for entry in done]
    worst = next(code for code in WEIGHTS if code in codes)
    return Answer({"environments": documents}, partial(_text, done), worst)


def _document(answer: Answer | None) -> dict[str, Any]:
    if answer is None:
        return {"begun": False}
    return {"begun": True, **answer.document, "exit_code": answer.exit_code}


def _text(done: list[Done], out: Console) -> None:
    """Each environment's own text, and a line for each at the end."""
    for entry in done:
        if entry.answer:
            out.print(f"\nenvironment {entry.environment}")
            entry.answer.text(out)
    out.print("")
    report.table(out, ("environment", "outcome", "exit code"), [(e.environment, *_outcome(e.answer)) for e in done])


def _outcome(answer: Answer | None) -> tuple[str, str]:
    return (OUTCOMES[answer.exit_code], str(int(answer.exit_code))) if answer else ("not begun", "")
