"""The review as one HTML file that needs no network and no script: for the change board, and for the file afterwards.

Everything that comes from the database or from a file is escaped by the template; its policy forbids scripts and loads.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from apim_schema import __version__, evidence, legible, output, product, timing
from apim_schema.evidence import TableVerdict
from apim_schema.hazards import BLOCK, INFO, WARN
from apim_schema.impact import BLOCKS, WORKS, Impact
from apim_schema.product import PARTS, Task
from apim_schema.report import CLASSES
from apim_schema.review import CAREFUL, CLEAR, FORBIDDEN, NOTHING_TO_DO, Review, Reviewed, rollback, words
from apim_schema.witness import ENGINE, FULL, By

LONGEST = 12
"""Statements and tables that a picture shows."""


@dataclass(frozen=True)
class Headline:
    """What the page says first of a database: a tone (good, careful or bad) and a sentence."""

    tone: str
    text: str


@dataclass(frozen=True)
class Bar:
    """One bar of a picture: what it stands for, its length in percent of the longest, and the number in words.

    `beside` is the length of a second bar below it, such as the estimate; `kind` is what it is coloured by.
    """

    name: str
    share: float
    told: str
    note: str = ""
    beside: float | None = None
    kind: str = ""


TONES = {CLEAR: "good", NOTHING_TO_DO: "good", CAREFUL: "careful", FORBIDDEN: "bad"}
KINDS = {timing.STATEMENTS: "statements", timing.BEFORE: "rows", timing.AFTER: "rows"}
WAYS: dict[By, str] = {ENGINE: "the server's word", FULL: "all rows read"}
VERDICTS = {evidence.PROVEN: "good", evidence.CHANGED: "bad", evidence.NOT_PROVEN: "careful"}


def write(path: Path, reviews: Sequence[Review]) -> None:
    """Writes the page of these databases. Raises UsageError where that can't be done."""
    output.write(path, render(reviews))


def render(reviews: Sequence[Review]) -> str:
    """The page of these databases, as it stands in the file."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        finalize=_legible,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    said = (words.size, words.about, words.roughly, words.exactly, words.impact, words.count)
    environment.filters.update({function.__name__: function for function in said})
    return environment.get_template("page.html").render(_context(reviews))


def _legible(shown: object) -> object:
    """Not what a macro has made: its parts have been seen to."""
    return legible.lines(shown) if isinstance(shown, str) and not isinstance(shown, Markup) else shown


def _context(reviews: Sequence[Review]) -> dict[str, Any]:
    return {
        "reviews": reviews,
        "verb": reviews[0].verb,
        "version": __version__,
        "done": any(review.result or review.error for review in reviews),
        "headline": headline,
        "costs": costs,
        "groups": groups,
        "parts": parts,
        "longest": longest,
        "compared": compared,
        "worst": worst,
        "brief": brief,
        "WORKS": words.WORKS,
        "BLOCKS": words.BLOCKS,
        "LEVELS": {BLOCK: "forbids", WARN: "warns", INFO: "informs"},
        "VERDICTS": VERDICTS,
        "WAYS": WAYS,
        "CLASSES": CLASSES,
        "PUBLISHED": product.PUBLISHED,
        "tasks": list(_tasks(reviews)),
        "ways": _ways(reviews),
    }


def headline(review: Review) -> Headline:
    """How it stands, before or after."""
    if review.error:
        return Headline("bad", "It has failed")
    result = review.result
    if result is None:
        return Headline(TONES[review.outlook], words.OUTLOOKS[review.outlook])
    if not result.compared:
        return Headline("good", f"It was {result.target} already")
    tables = words.count(len(result.verdict.tables), "table")
    told = {
        evidence.PROVEN: f"Done: the schema is {result.target}, and the rows of {tables} are proven to be as they were",
        evidence.CHANGED: f"The schema is {result.target}, but rows have changed",
        evidence.NOT_PROVEN: f"The schema is {result.target}, but it is not proven that no row has changed",
    }
    return Headline(VERDICTS[result.verdict.verdict], told[result.verdict.verdict])


def groups(statements: Sequence[Reviewed]) -> list[tuple[str, list[Reviewed]]]:
    """The statements of a release, those of one table that follow on each other together."""
    return [(table, list(found)) for table, found in groupby(statements, lambda reviewed: reviewed.table)]


def brief(change: str, table: str) -> str:
    """A change below the name of its table, which it need not repeat."""
    return (
        change.replace(f"{table}.", "")
        .replace(f" of {table}", "")
        .replace(f" on {table}", "")
        .removesuffix(f" {table}")
    )


def worst(statements: Iterable[Reviewed]) -> Impact:
    """The dearest of the statements of one table."""
    return max((s.impact for s in statements), key=lambda i: (WORKS.index(i.work), BLOCKS.index(i.blocks)))


def costs(review: Review) -> list[tuple[str, Impact, Bar, Bar]]:
    """The tables whose rows are read or written, the largest first, with bars for their rows and their bytes."""
    touched: dict[str, list[Reviewed]] = {}
    for reviewed in review.statements:
        if reviewed.impact.reads_rows:
            touched.setdefault(reviewed.table, []).append(reviewed)
    dearest = {table: worst(found) for table, found in touched.items()}
    shown = sorted(dearest.items(), key=lambda item: (-(item[1].bytes or 0), -(item[1].rows or 0), item[0]))
    rows = max((impact.rows or 0 for _, impact in shown), default=0)
    size = max((impact.bytes or 0 for _, impact in shown), default=0)
    return [
        (
            table,
            impact,
            Bar("rows", _share(impact.rows, rows), words.UNKNOWN if impact.rows is None else f"{impact.rows:,}"),
            Bar("bytes", _share(impact.bytes, size), words.size(impact.bytes)),
        )
        for table, impact in shown
    ]


def parts(review: Review) -> list[Bar]:
    """Where the time went: the parts of the run in their order, whose shares make up a hundred."""
    if review.result is None:
        return []
    found = [(name, seconds) for name, seconds in review.result.timing.parts]
    found.append(("the rest", max(review.result.seconds - sum(seconds for _, seconds in found), 0)))
    whole = review.result.seconds
    return [Bar(n, _share(s, whole), words.exactly(s), kind=KINDS.get(n, "other")) for n, s in found]


def longest(review: Review) -> list[Bar]:
    """The statements that took longest, each with its estimate."""
    ran = sorted((s for s in review.statements if s.seconds is not None), key=lambda s: -(s.seconds or 0))[:LONGEST]
    most = max((max(s.seconds or 0, s.expected or 0) for s in ran), default=0)
    estimated = {s.number: s.expected for s in ran if s.expected and s.impact.reads_rows}
    return [
        Bar(
            f"{s.number}. {', '.join(s.changes)}",
            _share(s.seconds, most),
            words.exactly(s.seconds),
            f"expected {words.exactly(estimated[s.number])}" if s.number in estimated else "",
            _share(estimated[s.number], most) if s.number in estimated else None,
        )
        for s in ran
    ]


def compared(review: Review) -> tuple[list[tuple[TableVerdict, Bar]], int]:
    """The tables whose rows were compared, those that differ first and then the largest, and how many had no row."""
    found = review.result.verdict.tables if review.result else ()
    shown = [t for t in found if t.by == ENGINE or t.rows_before or t.rows_after or t.verdict != evidence.PROVEN]
    shown.sort(key=lambda t: (t.verdict == evidence.PROVEN, -_size(t), t.table))
    most = max((max(t.rows_before, _size(t)) for t in shown), default=0)
    return [(t, Bar("rows", _share(_size(t), most), _rows(t))) for t in shown], len(found) - len(shown)


def _size(table: TableVerdict) -> int:
    """How many rows there are, by the server's own statistics where nobody has read them."""
    return table.rows_after or table.about or 0


def _rows(table: TableVerdict) -> str:
    if table.by == ENGINE:
        return "not counted" if table.about is None else f"about {table.about:,}"
    before = f"{table.rows_before:,} → " if table.rows_before != table.rows_after else ""
    return f"{before}{table.rows_after:,}"


def _share(part: float | None, whole: float) -> float:
    """In percent; what is there at all can be seen."""
    return round(max(100 * part / whole, 0.5), 2) if part and whole else 0


def _tasks(reviews: Sequence[Review]) -> Iterator[tuple[str, list[Task]]]:
    """Each once, by its part; a part of which there is nothing to do is left out."""
    found = {task for review in reviews for task in review.tasks}
    ordered = [task for task in product.TASKS if task in found]
    every = ((part, [task for task in ordered if task.part == part]) for part in PARTS)
    return ((part, tasks) for part, tasks in every if tasks)


def _ways(reviews: Sequence[Review]) -> list[tuple[str, Review, Sequence[rollback.Way]]]:
    """The ways back, once for all databases of which they are the same."""
    found: dict[tuple[object, ...], list[Review]] = {}
    for review in reviews:
        found.setdefault((tuple(rollback.ways(review)), review.server, review.backups), []).append(review)
    return [(" and ".join(r.database for r in same), same[0], rollback.ways(same[0])) for same in found.values()]
