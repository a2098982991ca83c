"""What takes a database back from a run on its server, and what is lost then."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from apim_schema.review import Review

DOWNGRADE = (
    "leads back by the inverse of each statement. It refuses, by name, where the product has written since what the "
    "older release has no place for: rows of new tables, values of new columns, longer values"
)
INSIST = "--discard-new-data says that these may be lost"


@dataclass(frozen=True)
class Way:
    """A way back, when it is open, and what it loses."""

    when: str
    way: str
    lost: str


def ways(review: Review) -> Sequence[Way]:
    """The ways back of this run, in the order in which they are open."""
    by_downgrade = [_by_downgrade(review)] if review.returns else []
    return (_under_way(review), *by_downgrade, _by_copy(review))


def _under_way(review: Review) -> Way:
    if review.transactional:
        return Way(
            "Until the commit",
            f"All {len(review.statements)} statements, the comparison of the schema and that of the rows are one "
            "transaction. If a statement fails, if anything is not as it should be, on Ctrl-C, or if the connection "
            "or the server goes down, the server rolls back: the database is as before.",
            "Nothing.",
        )
    return Way(
        "While it runs",
        f"Each statement commits by itself, so nothing is rolled back, and the first way is forward: a run that stops "
        f"at any point is continued by the same command, {review.command}, which looks at the database and makes what "
        "is missing.",
        "Nothing, as long as the product stays stopped.",
    )


def _after(review: Review) -> str:
    return "After it" if review.transactional else "After it, or from half of the way"


def _by_downgrade(review: Review) -> Way:
    """After a downgrade, the way forward is the upgrade."""
    if review.back:
        way = f"apim-schema upgrade {review.start} leads forward again."
        return Way(_after(review), way, "Nothing more than the downgrade has discarded.")
    return Way(
        _after(review),
        f"apim-schema downgrade {review.start} {DOWNGRADE}; {INSIST}.",
        "Nothing, unless you insist.",
    )


def _by_copy(review: Review) -> Way:
    return Way(
        _after(review),
        "Put back the copy that was made before.",
        "All that was written since the copy was made. Made after the product was stopped, and put back before it is "
        "started on the new release, nothing is lost.",
    )
