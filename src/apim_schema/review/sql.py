"""The review as bare SQL: the statements that will run, each below one line that says what it costs."""

from __future__ import annotations

from collections.abc import Iterator

from apim_schema import __version__, legible
from apim_schema.dialect import Dialect
from apim_schema.review import Review, Reviewed
from apim_schema.review.words import about, count, impact, size


def render(dialect: Dialect, review: Review) -> str:
    """For reading, not for running: nothing checks the database or stamps it here, as `sql` does."""
    return "\n".join(_lines(dialect, review)) + "\n"


def _lines(dialect: Dialect, review: Review) -> Iterator[str]:
    yield _comment(f"API Manager {review.database}: {review.start} to {review.target} on {review.server}")
    yield _comment(f"{review.address}, schema {review.schema}, looked at {review.made_at} by apim-schema {__version__}")
    yield _comment(f"{count(len(review.statements), 'statement')}, {size(review.bytes_rewritten)} written anew")
    yield _comment(f"for review; to run it, use {review.command}, or the script that apim-schema sql writes")
    for release, statements in review.by_release.items():
        yield f"\n-- ==== {release}: {count(len(statements), 'statement')}"
        for reviewed in statements:
            yield "\n" + _comment(_headline(reviewed))
            yield dialect.script.plain(reviewed.statement.sql)


def _headline(reviewed: Reviewed) -> str:
    seconds = "" if reviewed.expected is None else f"; {about(reviewed.expected)}"
    return f"{reviewed.number}. {', '.join(reviewed.changes)}: {impact(reviewed.impact)}{seconds}"


def _comment(text: str) -> str:
    """One line, whatever is in it: a name with a line break would end the comment."""
    return f"-- {legible.line(text)}"
