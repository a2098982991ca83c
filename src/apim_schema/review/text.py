"""The review for a terminal of 80 columns."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator

from apim_schema import legible
from apim_schema.hazards import BLOCK, INFO, WARN
from apim_schema.report import CLASSES
from apim_schema.review import NOTHING_TO_DO, Review, Reviewed
from apim_schema.review.words import OUTLOOKS, about, count, impact, prospect, roughly, size

WIDTH = 80
LEVELS = {BLOCK: "forbids it", WARN: "warning", INFO: "good to know"}


def render(review: Review) -> str:
    """All of it, statement by statement."""
    return "\n".join([*_head(review), *_findings(review), *_statements(review), *_rest(review)])


def summary(review: Review) -> str:
    """What somebody has to know who is asked whether to go on."""
    return "\n".join([*_head(review), *_findings(review), *_long(review)])


def _head(review: Review) -> Iterator[str]:
    if review.outlook == NOTHING_TO_DO:
        yield f"{review.database}: {review.target} already. {OUTLOOKS[NOTHING_TO_DO]}."
        return
    yield from _wrapped(f"{review.database}: {review.start} to {review.target}, {review.server}, {review.address}")
    yield f"  {OUTLOOKS[review.outlook]}"
    if review.interrupted:
        yield from _wrapped(review.interrupted, "  ")
    for age in review.ages:
        if not age.soon:  # what is soon over is among the findings
            yield from _wrapped(str(age), "  ")
    already = f", {count(len(review.present), 'change')} in already" if review.present else ""
    yield f"  {'statements':<18}{len(review.statements):,} in {count(len(review.releases), 'release')}{already}"
    yield f"  {'writers blocked':<18}{roughly(review.blocked)}"
    yield f"  {'written anew':<18}{size(review.bytes_rewritten)} in {count(len(review.rewritten), 'table')}"
    yield f"  {f'whole {review.verb}':<18}{roughly(review.whole)}, the proof that no row has changed included"
    yield from _wrapped(f"  {'rows':<18}{prospect(review.prospect)}", "", " " * 20)


def _findings(review: Review) -> Iterator[str]:
    if review.outlook == NOTHING_TO_DO and not review.of_level(WARN):
        return
    yield ""
    yield "Preflight" if review.findings else "Preflight found nothing."
    for finding in review.findings:
        yield from _wrapped(f"{LEVELS[finding.level]}: {finding}", "  ", "    ")


def _statements(review: Review) -> Iterator[str]:
    for release, statements in review.by_release.items():
        yield f"\n{release}: {count(len(statements), 'statement')}"
        for reviewed in statements:
            yield from _statement(reviewed)


def _long(review: Review) -> Iterator[str]:
    if review.long:
        yield f"\nLonger than {about(review.limit)}:"
        for reviewed in review.long:
            yield from _statement(reviewed)


def _statement(reviewed: Reviewed) -> Iterator[str]:
    expected = "" if reviewed.expected is None or not reviewed.impact.reads_rows else f"; {about(reviewed.expected)}"
    step = f" ({reviewed.step} of {reviewed.steps})" if reviewed.steps > 1 else ""
    yield from _wrapped(", ".join(reviewed.changes) + step, f"{reviewed.number:>5}  ", " " * 9)
    yield from _wrapped(f"{impact(reviewed.impact)}{expected}", " " * 7, " " * 9)


def _rest(review: Review) -> Iterator[str]:
    yield from _listed("In already, skipped", (change for _, change in review.present))
    for class_, title in CLASSES.items():
        yield from _listed(f"Drift: {title}", (str(d) for d in review.differences if d.class_ == class_))
    if review.statements:
        yield "\n--sql shows the statements, --html FILE writes the page with the way back."


def _listed(title: str, lines: Iterable[str]) -> Iterator[str]:
    found = list(lines)
    if found:
        yield f"\n{title}:"
        for line in found:
            yield from _wrapped(line, "  ", "    ")


def _wrapped(text: str, first: str = "", later: str = "  ") -> list[str]:
    """Lines of the terminal's width; a word that is longer than one is broken."""
    return textwrap.wrap(legible.line(text), WIDTH, initial_indent=first, subsequent_indent=later)
