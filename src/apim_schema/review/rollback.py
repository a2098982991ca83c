"""What takes a database back from an upgrade on its server, and what is lost then."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from apim_schema.review import Review

WITHOUT_DOWNGRADE = (
    "There is no downgrade of the schema: a release before does not read what the product has written since."
)


@dataclass(frozen=True)
class Way:
    """A way back, when it is open, and what it loses."""

    when: str
    way: str
    lost: str


def ways(review: Review) -> Sequence[Way]:
    """The ways back of this upgrade, in the order in which they are open."""
    return (_under_way(review), _afterwards(review))


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
        "Each statement commits by itself, so nothing is rolled back, and the first way is forward: an upgrade that "
        f"stops at any point is continued by the same command, apim-schema upgrade {review.target}, which looks at the "
        "database and makes what is missing.",
        "Nothing, as long as the product stays stopped.",
    )


def _afterwards(review: Review) -> Way:
    half = "" if review.transactional else ", or from half of the way"
    return Way(
        f"After it{half}",
        f"Put back the copy that was made before. {WITHOUT_DOWNGRADE}",
        "All that was written since the copy was made. Made after the product was stopped, and put back before it is "
        "started on the new release, nothing is lost.",
    )
