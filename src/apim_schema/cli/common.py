"""What the verbs share: how an answer or an error is said, as text or as JSON."""

from __future__ import annotations

import json
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar

import click
from alembic.util import CommandError
from rich.console import Console
from sqlalchemy import Engine, event
from sqlalchemy.exc import DBAPIError

from apim_schema import chain, output, report, snapshot
from apim_schema.errors import Exit, Interrupted, SchemaToolError, UsageError, said_by_database
from apim_schema.redact import redact
from apim_schema.snapshot import Snapshot
from apim_schema.target import Target

Found = TypeVar("Found")
Function = Callable[..., Any]
Decorated = TypeVar("Decorated", bound=Function)

FIRST, NEWEST = chain.releases("apim")[0], chain.releases("apim")[-1]
"""For the verbs' texts: both chains have the same releases."""

MEANINGS = {
    Exit.OK: "done, or nothing found",
    Exit.FOUND: "found something: pending releases, a schema that is not its release's, changed rows",
    Exit.USAGE: "wrong use or configuration, or the database can't be reached",
    Exit.REFUSED: "refused, nothing was changed",
    Exit.UNFINISHED: "failed or interrupted part-way, where it can't be rolled back; the same command continues",
    Exit.NOT_PROVEN: "the rows could not be proven unchanged",
    Exit.INTERNAL: "a fault in apim-schema itself",
    Exit.INTERRUPTED: "interrupted by Ctrl-C, nothing was changed",
}


@dataclass(frozen=True)
class Answer:
    """What a verb found: a JSON document, the text that says the same, and the exit code."""

    document: dict[str, Any]
    text: Callable[[Console], None]
    exit_code: Exit = Exit.OK


class Failed(Exception):
    """An error after some databases were done: `answer` is about those."""

    def __init__(self, error: BaseException, answer: Answer) -> None:
        super().__init__(str(error))
        self.error = error
        self.answer = answer


class Verbs(click.Group):
    """The command line: runs a verb, says its answer or its error, and exits with its code."""

    def main(self, args: Sequence[str] | None = None, *others: Any, **extra: Any) -> Any:
        arguments = list(sys.argv[1:] if args is None else args)
        as_json = _wants_json(arguments)
        try:
            answer = super().main(arguments, *others, **extra | {"standalone_mode": False})
        except (Exception, KeyboardInterrupt) as error:
            sys.exit(_written(partial(_say_error, error, as_json)))
        sys.exit(_written(partial(_say, answer, as_json)) if isinstance(answer, Answer) else answer)


def _wants_json(arguments: Sequence[str]) -> bool:
    """Looked up by hand: an error in the arguments themselves is said in JSON too."""
    return "--format=json" in arguments or ("--format", "json") in pairwise(arguments)


def _written(say: Callable[[], int]) -> int:
    """Says an answer or an error, and returns the exit code.

    What was done stays done. A reader of stdout that has gone away wants no more of it; anything else that keeps the
    answer from being written there is said.
    """
    try:
        return say()
    except BrokenPipeError:
        output.forget(sys.stdout)
        return int(say())  # nothing of it arrives, and nothing fails
    except OSError as error:
        output.forget(sys.stdout)
        report.console().print(f"apim-schema: can't write to stdout: {error.strerror}; what was done stays done")
        return int(say()) or int(Exit.USAGE)


def _say(answer: Answer, as_json: bool) -> int:
    if as_json:
        _print_json(answer.document | {"exit_code": int(answer.exit_code)})
    else:
        answer.text(report.console())
    return int(answer.exit_code)


def _say_error(error: BaseException, as_json: bool) -> int:
    """Says an error, and what was done before it, and returns the exit code. No password is in it."""
    answer = of_error(error)
    if as_json:
        _print_json(answer.document | {"exit_code": int(answer.exit_code)})
        report.console().print(_message(error))
    else:
        answer.text(report.console())
    return int(answer.exit_code)


def of_error(error: BaseException) -> Answer:
    """What to say of an error, and of what was done before it. No password is in it."""
    before = error.answer if isinstance(error, Failed) else None
    found = error.error if isinstance(error, Failed) else error
    name, message, code = _told(found)
    parts = found.parts if isinstance(found, SchemaToolError) else {}
    document = {"error": {"type": name, "message": redact(message)} | parts}

    def text(out: Console) -> None:
        if before:
            before.text(out)
        out.print(_message(found))

    return Answer((before.document if before else {}) | document, text, code)


def _message(error: BaseException) -> str:
    found = error.error if isinstance(error, Failed) else error
    return f"apim-schema: {redact(_told(found)[1])}"


def _print_json(document: dict[str, Any]) -> None:
    click.echo(json.dumps(document, indent=2, default=str))


def _told(error: BaseException) -> tuple[str, str, Exit]:
    """The name, the message and the exit code of an error."""
    if isinstance(error, DBAPIError):
        error = said_by_database(error)
    if isinstance(error, SchemaToolError):
        return type(error).__name__, str(error), error.exit_code
    if isinstance(error, click.ClickException):
        return "UsageError", _usage(error), Exit.USAGE
    if isinstance(error, CommandError):
        return "UsageError", str(error), Exit.USAGE
    if isinstance(error, (KeyboardInterrupt, click.Abort)):
        return Interrupted.__name__, "interrupted, nothing was changed", Exit.INTERRUPTED
    told = "".join(traceback.format_exception(error))
    return "InternalError", f"this is a fault in apim-schema; please report it with these lines:\n{told}", Exit.INTERNAL


def _usage(error: click.ClickException) -> str:
    context = getattr(error, "ctx", None)
    return error.format_message() + (f" See {context.command_path} --help" if context else "")


def snapshots_of(path: Path | None, targets: Sequence[Target]) -> dict[str, Snapshot]:
    """The snapshots of a file by database, none without a file. Raises UsageError where it lacks a database."""
    found = snapshot.read(path) if path else {}
    for target in targets:
        if path and target.database not in found:
            raise UsageError(f"{path} has no {target.database}: it has {', '.join(found)}; choose by --database")
    return found


def confirmed(question: str) -> bool:
    """Asks on the terminal. Raises UsageError where there is none."""
    if not sys.stdin.isatty():
        raise UsageError(f"{question} There is no terminal to ask on: say --yes")
    return click.confirm(question, err=True)


def worst(codes: Iterable[Exit]) -> Exit:
    """The exit code of several databases: the one that weighs most."""
    found = set(codes)
    return next((code for code in (Exit.FOUND, Exit.UNFINISHED, Exit.NOT_PROVEN) if code in found), Exit.OK)


def each(targets: Sequence[Target], work: Callable[[Target], Found], answer: Callable[[list[Found]], Answer]) -> Answer:
    """Does the work for each database in turn; an error says what was done before."""
    done: list[Found] = []
    for target in targets:
        try:
            done.append(work(target))
        except (Exception, KeyboardInterrupt) as error:
            if done:
                raise Failed(error, answer(done)) from error
            raise
    return answer(done)


format_option = click.option(
    "--format",
    type=click.Choice(("text", "json")),
    default="text",
    expose_value=False,
    help="json: one document on stdout; text: all on stderr.",
)
"""`Verbs.main` reads it, so that a verb does not have to know."""


def with_releases(function: Decorated) -> Decorated:
    """Puts the first and the newest release of the chains into the help that the function's docstring is."""
    function.__doc__ = (function.__doc__ or "").format(first=FIRST, newest=NEWEST)
    return function


def epilog(example: str, *codes: Exit) -> str:
    """The end of a verb's help: an example and its exit codes."""
    lines = [f"  {int(code):<4}{MEANINGS[code]}" for code in (*codes, Exit.INTERNAL, Exit.INTERRUPTED)]
    return "\n".join(["\b", "Example:", f"  {example}", "", "\b", "Exit codes:", *lines])


@contextmanager
def shown_statements() -> Iterator[None]:
    """Prints each statement as it is sent to a database."""
    out = report.console()

    def show(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        out.print(redact(" ".join(statement.split())))

    event.listen(Engine, "before_cursor_execute", show)
    try:
        yield
    finally:
        event.remove(Engine, "before_cursor_execute", show)
