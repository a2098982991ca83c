"""From a bucket that differs to the rows in it, as far as what is kept of the rows before can tell.

Kept are the number of a bucket's rows and the sum of their hashes, each times the weight of its row, a number of its
key. If one row has changed, the sum differs by a multiple of its weight, and so the row is known: that the weight of
another divides it as well is a matter of one in many millions. If it is added, the sum differs by its own part of it.
If more than one row differs in a bucket, nobody can say which they are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from apim_schema.dialect import Bucket, HashedRow

ROWS_SHOWN = 100
"""How many rows of a table are named, unless somebody says otherwise."""

EMPTY = Bucket(0, 0)

Names = tuple[tuple[object, ...], ...]
"""Rows, each by the values that name it."""
Read = Callable[[Sequence[int]], Sequence[HashedRow]]
"""Gives the rows that stand in some buckets now."""


@dataclass(frozen=True)
class Narrowed:
    """What became of the rows of some buckets; of a missing row nothing is kept that could name it.

    `suspects` are all rows of the `unsure` buckets in which more than one row differs.
    """

    changed: Names = ()
    added: Names = ()
    missing: int = 0
    suspects: Names = ()
    unsure: int = 0

    def __add__(self, other: Narrowed) -> Narrowed:
        return Narrowed(
            self.changed + other.changed,
            self.added + other.added,
            self.missing + other.missing,
            self.suspects + other.suspects,
            self.unsure + other.unsure,
        )

    def __str__(self) -> str:
        counts = {"changed": len(self.changed), "added": len(self.added), "missing": self.missing}
        told = [f"{count:,} {word}" for word, count in counts.items() if count]
        if self.unsure:
            groups = f"each of {self.unsure:,} groups" if self.unsure > 1 else "a group"
            told.append(f"more than one row differs in {groups} with {len(self.suspects):,} rows now")
        return ", ".join(told)


def narrowed(before: Mapping[int, Bucket], buckets: Sequence[int], read: Read) -> Narrowed:
    """What became of the rows of these buckets."""
    rows: dict[int, list[HashedRow]] = {bucket: [] for bucket in buckets}
    for row in read(buckets) if buckets else ():
        rows[row.bucket].append(row)
    return sum((narrow(before.get(bucket, EMPTY), rows[bucket]) for bucket in buckets), Narrowed())


def narrow(before: Bucket, rows: Sequence[HashedRow]) -> Narrowed:
    """What became of the rows of one bucket, of which these are all that stand in it now."""
    more = len(rows) - before.rows
    by = sum(row.hash * row.weight for row in rows) - before.total
    if not before.rows:
        return Narrowed(added=_names(rows))
    if more < 0:
        return Narrowed(missing=-more)
    if more == by == 0:
        return Narrowed()
    found = [row for row in rows if (by == row.hash * row.weight if more else by % row.weight == 0)]
    if more <= 1 and len({(row.hash, row.weight) for row in found}) == 1:
        return Narrowed(added=_names(found[:1])) if more else Narrowed(changed=_names(found[:1]))
    if len(rows) == 1:
        return Narrowed(added=_names(rows), missing=1)
    return Narrowed(suspects=_names(rows), unsure=1)


def _names(rows: Sequence[HashedRow]) -> Names:
    return tuple(row.name for row in rows)
