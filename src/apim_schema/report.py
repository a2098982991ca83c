"""What a person sees: progress while an upgrade runs, and the tables at the end. All of it goes to stderr."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.table import Column, Table
from rich.text import Text

from apim_schema import evidence, output
from apim_schema.attempt import Result
from apim_schema.difference import ACCEPTED, BREAKING, EXTRA, HARMLESS, VARIANT, Difference, drifted
from apim_schema.evidence import Verdict
from apim_schema.progress import Advance

STYLES = {evidence.PROVEN: "green", evidence.CHANGED: "red", evidence.NOT_PROVEN: "yellow"}
NUMBERS = ("changes", "statements", "tables", "rows compared", "rows read", "differences", "drift", "seconds")
"""Headers of the columns that hold numbers."""

CLASSES = {
    BREAKING: "breaking drift",
    ACCEPTED: "drift that is accepted",
    HARMLESS: "harmless drift",
    EXTRA: "the customer's own",
    VARIANT: "the same, said otherwise",
}

WIDTH = 200
"""Columns that a table may take where no terminal says how many there are."""


def console() -> Console:
    """The one way to a person: stderr as it is now, plain lines where it is no terminal. Printing never fails."""
    found = Console(file=output.stderr(), highlight=False, markup=False, emoji=False, soft_wrap=True)
    if not found.is_terminal:
        found.width = WIDTH
    return found


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
        self.console.print(text)

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
            task = bar.add_task(doing, total=total)

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
            disable=not self.console.is_interactive,
        )


def show(out: Console, results: Sequence[Result]) -> None:
    """The summary of an upgrade: a line a database, then what was there already, changed rows and drift."""
    headers = ("database", "from", "to", "changes", "statements", "rows compared", "rows", "drift", "seconds")
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
        f"{result.verdict.rows:,}",
        verdict(result.verdict.verdict) if result.compared else "not compared",
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
    listed(out, f"{result.database}: dropped by the release, and not compared", result.verdict.left_out)
    failures(out, result.database, result.verdict)
    differences(out, result.database, result.differences)


def table(out: Console, headers: Sequence[str], rows: Iterable[Sequence[str | Text]]) -> None:
    """A table with a column a header; numbers stand to the right."""
    made = Table(box=None, pad_edge=False, header_style="bold")
    for header in headers:
        made.add_column(header, justify="right" if header in NUMBERS else "left", no_wrap=True)
    for row in rows:
        made.add_row(*row)
    out.print(made)


def verdict(word: str) -> Text:
    """A verdict in its colour."""
    return Text(word, style=STYLES.get(word, ""))


def failures(out: Console, database: str, rows: Verdict) -> None:
    """The tables that are not proven, with the keys of their rows."""
    listed(out, f"{database}: rows {rows.verdict}", filter(None, (*rows.failures, rows.doubt, rows.note)))


def differences(out: Console, database: str, found: Iterable[Difference]) -> None:
    """Differences of a schema from its release: those that matter most come first."""
    every = list(found)
    for class_, title in CLASSES.items():
        listed(out, f"{database}: {title}", (d for d in every if d.class_ == class_))


def listed(out: Console, title: str, lines: Iterable[object]) -> None:
    """A title and an indented line each; nothing where there are none."""
    found = [f"  {line}" for line in lines]
    if found:
        out.print("\n".join([f"{title}:", *found]))
