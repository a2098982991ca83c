"""What a person sees: progress on stderr while an upgrade runs, and the tables of the answer, on stdout."""

from __future__ import annotations

import os
import sys
import textwrap
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import IO, Any

import click
from rich.cells import cell_len
from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.table import Column
from rich.text import Text

from apim_schema import evidence, legible, log, output
from apim_schema.attempt import Result
from apim_schema.difference import ACCEPTED, BREAKING, EXTRA, HARMLESS, VARIANT, Difference, drifted
from apim_schema.errors import Exit
from apim_schema.evidence import Verdict
from apim_schema.log import ERROR, INFO, WARNING, Level
from apim_schema.progress import Advance

STYLES = {evidence.PROVEN: "green", evidence.CHANGED: "red", evidence.NOT_PROVEN: "yellow"}
NUMBERS = ("changes", "statements", "tables", "rows read", "differences", "drift", "seconds")
"""Headers of the columns that hold numbers."""

CLASSES = {
    BREAKING: "breaking drift",
    ACCEPTED: "drift that is accepted",
    HARMLESS: "harmless drift",
    EXTRA: "the customer's own",
    VARIANT: "the same, said otherwise",
}

WIDTH = 80
"""Columns that a table may take where no terminal says how many there are."""


class _Console(Console):
    """Plain lines where there is no terminal; a reader that goes away is an error of the stream, as any other.

    Colours are ours alone: of a text that others have had a part in, a terminal obeys nothing.
    """

    def __init__(self, stream: IO[str], **look: Any) -> None:
        super().__init__(file=stream, highlight=False, markup=False, emoji=False, soft_wrap=True, **look)
        if not self.is_terminal and "COLUMNS" not in os.environ:
            self.width = WIDTH

    def print(self, *objects: Any, **look: Any) -> None:
        super().print(*(legible.lines(one) if isinstance(one, str) else one for one in objects), **look)

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


def console() -> Console:
    """The way to a person beside the answer: stderr as it is now. Printing never fails."""
    return _Console(output.stderr())


def answer(**look: Any) -> Console:
    """The way of the answer: stdout as it is now, or as another one looks."""
    return _Console(output.stdout(), **look)


def look(out: Console) -> dict[str, Any]:
    """How an answer looks there, for `answer` of another process."""
    return {"width": out.width, "color_system": out.color_system, "force_terminal": out.is_terminal}


def say(
    text: str,
    level: Level = INFO,
    parts: Mapping[str, Any] | None = None,
    out: Console | None = None,
    prefix: str = "",
) -> None:
    """Says a line on stderr, after a prefix (each, where there are more), and in the log file, with its parts."""
    said = log.current()
    said.write(level, text, parts)
    if said.shows(level):
        (out or console()).print(textwrap.indent(text, prefix, lambda line: True))


def written(tell: Callable[[], int]) -> int:
    """Tells an answer, and returns the exit code.

    What was done stays done. A reader of stdout that has gone away wants no more of it; anything else that keeps the
    answer from being written there is said. An interrupt is of one that takes nothing and waits, and stderr's may be so
    too.
    """
    for stream in (sys.stdout, sys.stderr):
        try:
            return _written(tell)
        except KeyboardInterrupt:
            output.forget(stream)
    return _written(tell)


def _written(tell: Callable[[], int]) -> int:
    try:
        return tell()
    except BrokenPipeError:
        output.forget(sys.stdout)
        return tell()  # nothing of it arrives, and nothing fails
    except OSError as error:
        output.forget(sys.stdout)
        say(f"apim-schema: can't write to stdout: {error.strerror}; what was done stays done", ERROR)
        return tell() or int(Exit.USAGE)


class Speed(ProgressColumn):
    """Units done a second, as the bar has seen them lately."""

    def __init__(self, unit: str) -> None:
        super().__init__(Column(no_wrap=True))
        self._unit = unit

    def render(self, task: Task) -> Text:
        return Text(f"{task.speed:,.0f} {self._unit}/s" if task.speed else "")


class Terminal:
    """Progress on stderr: a bar while something runs on a terminal, and a line once it is done."""

    def __init__(self) -> None:
        self.console = console()

    def say(self, text: str) -> None:
        say(legible.line(text), out=self.console)

    def warn(self, text: str) -> None:
        say(legible.line(text), WARNING, out=self.console)

    @contextmanager
    def rows(self, doing: str, total: int) -> Iterator[Advance]:
        with self._counted(doing, total, "rows") as advance:
            yield advance

    @contextmanager
    def statements(self, doing: str, total: int) -> Iterator[Advance]:
        with self._counted(doing, total, "statements") as advance:
            yield advance

    @contextmanager
    def _counted(self, doing: str, total: int, unit: str) -> Iterator[Advance]:
        count, started = 0, time.monotonic()
        with self._bar(unit) as bar:
            task = bar.add_task(legible.line(doing), total=total)

            def advance(more: int) -> None:
                nonlocal count
                count += more
                # the total is an estimate: a bar that is at its end has no speed any more
                bar.update(task, completed=count, total=max(total, count + 1))

            yield advance
        self.say(f"{doing}: {count:,} {unit} in {time.monotonic() - started:.1f} s")

    def _bar(self, unit: str) -> Progress:
        return Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TextColumn(f"{{task.completed:,}} {unit}", markup=False),
            Speed(unit),
            TimeRemainingColumn(),
            console=self.console,
            transient=True,
            disable=log.current().quiet or not self.console.is_interactive,
        )


def show(out: Console, results: Sequence[Result]) -> None:
    """The summary of an upgrade: a line a database, then what was there already, changed rows and drift."""
    headers = ("database", "from", "to", "changes", "statements", "rows", "drift", "seconds")
    table(out, headers, map(_summary, results))
    for result in results:
        _details(out, result)


def _summary(result: Result) -> tuple[str | Text, ...]:
    return (
        result.database,
        result.start,
        result.target,
        f"{len(result.plan.changes):,}",
        f"{result.executed:,}",
        compared(result.verdict if result.compared else None),
        f"{len(drifted(result.differences)):,}",
        f"{result.seconds:.1f}",
    )


def _details(out: Console, result: Result) -> None:
    if not result.compared:
        adopted = ", and is stamped so now" if result.adopted else ""
        out.print(f"{result.database} is {result.target} already{adopted}: nothing to do")
    elif result.verdict.tables:
        out.print(f"{result.database}: evidence by {result.verdict.told}")
    listed(out, f"{result.database}: already there, skipped", (str(p.change) for p in result.plan.present))
    listed(out, f"{result.database}: dropped, and not compared", result.verdict.left_out)
    failures(out, result.database, result.verdict)
    differences(out, result.database, result.differences)


def table(out: Console, headers: Sequence[str], rows: Iterable[Sequence[str | Text]]) -> None:
    """A table with a column a header; numbers stand to the right. One that is too wide becomes a block of lines a row.

    So nothing is cut off, however narrow the terminal is.
    """
    found = [[cell if isinstance(cell, Text) else Text(legible.line(cell)) for cell in row] for row in rows]
    columns = zip(map(Text, headers), *found, strict=True)
    widths = [max(cell_len(cell.plain) for cell in column) for column in columns]
    if sum(widths) + GAP * (len(widths) - 1) > out.width:
        _blocks(out, headers, found)
        return
    for line in ([Text(header, "bold") for header in headers], *found):
        out.print(_line(headers, line, widths))


GAP = 2
"""Columns between those of a table."""


def _line(headers: Sequence[str], cells: Sequence[Text], widths: Sequence[int]) -> Text:
    line = Text()
    for header, cell, width in zip(headers, cells, widths, strict=True):
        cell.align("right" if header in NUMBERS else "left", width)
        line.append_text(cell).append(" " * GAP)
    line.rstrip()
    return line


def _blocks(out: Console, headers: Sequence[str], rows: Iterable[Sequence[Text]]) -> None:
    """A line a cell, with its header; a cell that is too long has more lines."""
    left = max(map(len, headers)) + GAP
    for number, row in enumerate(rows):
        if number:
            out.print("")
        for header, cell in zip(headers, row, strict=True):
            first, *more = cell.wrap(out, max(out.width - left, 1), overflow="fold") or [Text()]
            out.print(Text.assemble((header.ljust(left), "bold"), first))
            for line in more:
                out.print(Text.assemble(" " * left, line))


def compared(rows: Verdict | None) -> Text:
    """How many rows were compared, and the verdict in its colour."""
    return verdict(rows.verdict, rows.rows) if rows else Text("not compared")


def verdict(word: str, rows: int) -> Text:
    """A verdict in its colour, and of how many rows it is; a script compares none."""
    return Text.assemble(f"{rows:,} " if rows else "", (word, STYLES.get(word, "")))


def failures(out: Console, database: str, rows: Verdict) -> None:
    """The tables that are not proven, with the keys of their rows."""
    listed(out, f"{database}: rows {rows.verdict}", filter(None, (*rows.failures, rows.doubt, rows.note)))


def differences(out: Console, database: str, found: Iterable[Difference]) -> None:
    """Differences of a schema from its release: those that matter most come first."""
    every = list(found)
    for class_, title in CLASSES.items():
        listed(out, f"{database}: {title}", (d for d in every if d.class_ == class_))


def script(text: str) -> None:
    """Prints statements as the answer: as they are, but a terminal is not to obey what is in a name."""
    click.echo(legible.lines(text) if sys.stdout.isatty() else text, nl=False)


def listed(out: Console, title: str, lines: Iterable[object]) -> None:
    """A title and an indented line each; nothing where there are none."""
    found = [f"  {legible.line(str(line))}" for line in lines]
    if found:
        out.print("\n".join([f"{title}:", *found]))
