"""What the verbs share: how an answer or an error is said, as text or as JSON."""

from __future__ import annotations

import sys
import textwrap
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar

import click
import msgspec
from alembic.util import CommandError
from rich.console import Console
from sqlalchemy import Engine, event
from sqlalchemy.exc import DBAPIError

from apim_schema import chain, interrupts, log, report, snapshot
from apim_schema.cli import documents
from apim_schema.errors import Exit, InternalError, SchemaToolError, UsageError, said_by_database
from apim_schema.log import DEBUG, ERROR
from apim_schema.redact import redact
from apim_schema.snapshot import Snapshot
from apim_schema.target import Target

Found = TypeVar("Found")
Function = Callable[..., Any]
Decorated = TypeVar("Decorated", bound=Function)

FIRST, NEWEST = chain.releases("apim")[0], chain.releases("apim")[-1]
"""For the verbs' texts: both chains have the same releases."""

HELP_WIDTH = 76
"""Columns of a line in a verb's help; click puts two before it."""

MEANINGS = {
    Exit.OK: "done",
    Exit.USAGE: "wrong use or configuration, or the database can't be reached",
    Exit.REFUSED: "refused, nothing was changed",
    Exit.UNFINISHED: "failed or interrupted part-way, where it can't be rolled back; the same command continues",
    Exit.NOT_PROVEN: "the rows could not be proven unchanged",
    Exit.INTERNAL: "a fault in apim-schema itself",
    Exit.INTERRUPTED: "interrupted by Ctrl-C or a signal, nothing was changed",
}


@dataclass(frozen=True)
class Answer:
    """What a verb found: the fields of its document, the text that says the same, and the exit code.

    `interrupted` is one that somebody has asked to end, whatever came of it.
    """

    document: Mapping[str, Any]
    text: Callable[[Console], None]
    exit_code: Exit = Exit.OK
    interrupted: bool = False


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
        with log.begun() as said, interrupts.raised():
            try:
                answer = super().main(arguments, *others, **extra | {"standalone_mode": False})
            except (Exception, KeyboardInterrupt) as error:
                code = report.written(partial(_say_error, error, as_json))
            else:
                code = report.written(partial(_say, answer, as_json)) if isinstance(answer, Answer) else answer or 0
            said.end(code)
        sys.exit(code)


def _wants_json(arguments: Sequence[str]) -> bool:
    """Looked up by hand: an error in the arguments themselves is said in JSON too."""
    return "--format=json" in arguments or ("--format", "json") in pairwise(arguments)


def _say(answer: Answer, as_json: bool) -> int:
    if as_json:
        click.echo(documents.rendered(log.current().verb, answer.exit_code, answer.document))
    else:
        answer.text(report.answer())
    return int(answer.exit_code)


def _say_error(error: BaseException, as_json: bool) -> int:
    """Says what was done before an error, and the error, and returns the exit code."""
    context = getattr(error, "ctx", None)
    if context is not None:
        log.current().verb = named(context)
    code = _say(of_error(error), as_json)
    say_error(error)
    return code


def named(context: click.Context) -> str | None:
    """The verb that is run in this context, `env check` for one; None where it is none yet."""
    names: list[str] = []
    while context.parent:
        names.insert(0, str(context.info_name))
        context = context.parent
    verb = " ".join(names)
    return verb if verb in documents.TYPES else None


def say_error(error: BaseException) -> None:
    """Says an error on stderr. No password is in it."""
    found = told(error)
    document = msgspec.to_builtins(_document(found))
    report.say(f"apim-schema: {redact(str(found))}", ERROR, {"error": document})


def of_error(error: BaseException) -> Answer:
    """What there is of an answer: an error, and what was done before it. No password is in it."""
    before = error.answer if isinstance(error, Failed) else None
    found = told(error)
    fields = {**(before.document if before else {}), "error": _document(found)}
    interrupted = found.exit_code == Exit.INTERRUPTED or interrupts.led_to(error)
    return Answer(fields, before.text if before else _nothing, found.exit_code, interrupted)


def answered(run: Callable[[], Answer]) -> Answer:
    """What a verb answers, also where that is an error: it is said then."""
    try:
        return run()
    except (Exception, KeyboardInterrupt) as error:
        say_error(error)
        return of_error(error)


def _nothing(out: Console) -> None:
    """An error is said on stderr."""


def _document(error: SchemaToolError) -> documents.Error:
    parts = dict(error.parts)
    if "findings" in parts:
        parts["findings"] = documents.findings(parts["findings"])
    if "rows" in parts:
        parts["rows"] = documents.rows(parts["rows"])
    return documents.Error(
        type=type(error).__name__,
        message=redact(str(error)),
        what=redact(error.what),
        found=redact(error.found) if error.found else None,
        way_out=redact(error.way_out) if error.way_out else None,
        exit_code=error.exit_code,
        **parts,
    )


def told(error: BaseException) -> SchemaToolError:
    """The error as one of ours, whatever has raised it."""
    found = error.error if isinstance(error, Failed) else error
    if isinstance(found, SchemaToolError):
        return found
    if isinstance(found, DBAPIError):
        return said_by_database(found)
    if isinstance(found, click.ClickException):
        return _usage(found)
    if isinstance(found, CommandError):
        return UsageError(str(found))
    if isinstance(found, (KeyboardInterrupt, click.Abort)):
        return interrupts.nothing_changed(found)
    lines = "".join(traceback.format_exception(found))
    return InternalError("this is a fault in apim-schema", way_out=f"please report it with these lines:\n{lines}")


def _usage(error: click.ClickException) -> UsageError:
    context = getattr(error, "ctx", None)
    way_out = f"see {context.command_path} --help" if context else ""
    return UsageError(error.format_message().rstrip("."), way_out=way_out)


def snapshots_of(path: Path | None, targets: Sequence[Target]) -> dict[str, Snapshot]:
    """The snapshots of a file by database, none without a file. Raises UsageError where it lacks a database."""
    found = snapshot.read(path) if path else {}
    for target in targets:
        if path and target.database not in found:
            raise UsageError(
                f"{path} has no {target.database}", found=f"it has {', '.join(found)}", way_out="choose by --database"
            )
    return found


def confirmed(question: str) -> bool:
    """Asks on the terminal. Raises UsageError where there is none."""
    if not sys.stdin.isatty():
        raise UsageError(f"{question} There is no terminal to ask on", way_out="say --yes")
    return click.confirm(question, err=True)


def worst(codes: Iterable[Exit]) -> Exit:
    """The exit code of several databases: the one that weighs most."""
    found = set(codes)
    weights = (Exit.REFUSED, Exit.FOUND, Exit.UNFINISHED, Exit.NOT_PROVEN)
    return next((code for code in weights if code in found), Exit.OK)


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


JSON = "apim_schema.json"
"""Where a verb finds whether its answer will be JSON, in the metadata of the context: few have to know."""


def _note_format(context: click.Context, parameter: click.Parameter, value: str) -> None:
    context.meta[JSON] = value == "json"
    log.current().verb = named(context)


def _be_quiet(context: click.Context, parameter: click.Parameter, value: bool) -> None:
    if value:
        log.current().quiet = True


def _open_log(context: click.Context, parameter: click.Parameter, value: Path | None) -> None:
    if value:
        log.current().begin(named(context), log.opened(value))


OUTPUT = (
    click.option(
        "--format",
        type=click.Choice(("text", "json")),
        default="text",
        expose_value=False,
        is_eager=True,
        callback=_note_format,
        help="How the answer is said, on stdout; json is one document.",
    ),
    click.option(
        "--quiet",
        is_flag=True,
        expose_value=False,
        is_eager=True,
        callback=_be_quiet,
        help="Nothing on stderr but questions and errors.",
    ),
    click.option(
        "--log-file",
        metavar="FILE",
        type=click.Path(path_type=Path),
        expose_value=False,
        is_eager=True,
        callback=_open_log,
        help="Add what stderr is told to this file, one JSON object a line.",
    ),
)


def output_options(function: Decorated) -> Decorated:
    """The options that say how and where a verb talks."""
    for option in reversed(OUTPUT):
        function = option(function)
    return function


def with_releases(function: Decorated) -> Decorated:
    """Puts the first and the newest release of the chains into the help that the function's docstring is."""
    function.__doc__ = (function.__doc__ or "").format(first=FIRST, newest=NEWEST)
    return function


def epilog(example: str, *codes: Exit, **means: str) -> str:
    """The end of a verb's help: an example and its exit codes, in words of its own where it has some.

    Four are every verb's, and are not named.
    """
    own = {Exit[name.upper()]: text for name, text in means.items()}
    listed = sorted({Exit.OK, Exit.USAGE, Exit.INTERNAL, Exit.INTERRUPTED, *codes, *own})
    lines = (_listed(code, (MEANINGS | own)[code]) for code in listed)
    return "\n".join(["\b", "Example:", f"  {example}", "", "\b", "Exit codes:", *lines])


def _listed(code: Exit, meaning: str) -> str:
    """In lines of a terminal: click wraps nothing where it is told to leave lines alone."""
    return textwrap.fill(meaning, HELP_WIDTH, initial_indent=f"  {int(code):<4}", subsequent_indent=" " * 6)


@contextmanager
def shown_statements() -> Iterator[None]:
    """Says each statement as it is sent to a database."""

    def show(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        report.say(redact(" ".join(statement.split())), DEBUG)

    event.listen(Engine, "before_cursor_execute", show)
    try:
        yield
    finally:
        event.remove(Engine, "before_cursor_execute", show)
