"""The releases, for tests that are about no release of their own; `test_linear` says which there are."""

from __future__ import annotations

from itertools import takewhile

from apim_schema import chain
from tests.vendor import make

RELEASES = chain.releases("apim")
"""Those of the chains, oldest first; both have the same."""
FIRST, HEAD = RELEASES[0], RELEASES[-1]
STARTS = RELEASES[:-1]


def after(release: str) -> list[str]:
    """The releases that came after this one."""
    return list(RELEASES[RELEASES.index(release) + 1 :])


def like_the_first(flavour: str, database: str) -> list[str]:
    """The releases from the first on whose install scripts make one schema, by their reference catalogs."""

    def schema(release: str) -> list[object]:
        document = make.catalog(flavour, database, release)
        return [document[part] for part in ("tables", "sequences", "triggers", "routines")]

    return list(takewhile(lambda release: schema(release) == schema(FIRST), RELEASES))
