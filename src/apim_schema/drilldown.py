"""From a bucket that differs to the rows in it.

Where the statements can be taken back, the rows stand again as they were, and are compared with what was read before
that: so each row that has changed is known with the columns that differ, each that is new and each that is gone.

Elsewhere the sums lead to the rows. Kept are the number of a bucket's rows and the sum of their hashes, each times the
weight of its row, a number of its key. If one row has changed, the sum differs by a multiple of its weight, and so the
row is known: that the weight of another divides it as well is a matter of one in many millions. If one or two are
added, the sum differs by their own part of it. If more than one row differs in a bucket otherwise, nobody can say which
they are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from apim_schema.hashed import Bucket, HashedRow

ROWS_SHOWN = 100
"""How many rows of a table are named, unless somebody says otherwise."""

EMPTY = Bucket(0, 0)

Name = tuple[object, ...]
"""The values that name a row."""
Names = tuple[Name, ...]


@dataclass(frozen=True)
class ChangedRow:
    """A row that has changed; `columns` are those that differ, none where that is not known."""

    name: Name
    columns: tuple[str, ...] = ()


@dataclass(frozen=True)
class Look:
    """Rows as they stand in the buckets of a table that differ, and in how many `more` nobody has looked."""

    buckets: tuple[int, ...]
    rows: tuple[HashedRow, ...]
    more: int


@dataclass(frozen=True)
class Narrowed:
    """What became of the rows of some buckets.

    `missing` is how many are gone, `gone` those of them that can be named. `suspects` are all rows of the `unsure`
    buckets in which more than one row differs.
    """

    changed: tuple[ChangedRow, ...] = ()
    added: Names = ()
    missing: int = 0
    gone: Names = ()
    suspects: Names = ()
    unsure: int = 0

    def __add__(self, other: Narrowed) -> Narrowed:
        return Narrowed(
            self.changed + other.changed,
            self.added + other.added,
            self.missing + other.missing,
            self.gone + other.gone,
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


def by_sums(before: Mapping[int, Bucket], look: Look) -> Narrowed:
    """What became of the rows that were looked at, as far as their buckets tell."""
    return _by_sums(before, look.buckets, look.rows)


def by_rows(before: Mapping[int, Bucket], look: Look, old: Sequence[HashedRow]) -> Narrowed:
    """The same, now that the rows stand again as they were: `old` are all of those buckets.

    They are believed where they add up to what they were. Elsewhere somebody has written since, and the sums must do.
    """
    as_before = {bucket for bucket, rows in _grouped(look.buckets, old) if _sum(rows) == before.get(bucket, EMPTY)}
    then, now = ([row for row in rows if row.bucket in as_before] for rows in (old, look.rows))
    others = [bucket for bucket in look.buckets if bucket not in as_before]
    return _compared(then, now) + _by_sums(before, others, look.rows)


def _grouped(buckets: Iterable[int], rows: Iterable[HashedRow]) -> Iterable[tuple[int, list[HashedRow]]]:
    """The rows of each of these buckets, whatever else there is."""
    found: dict[int, list[HashedRow]] = {bucket: [] for bucket in buckets}
    for row in rows:
        found.get(row.bucket, []).append(row)
    return found.items()


def _sum(rows: Sequence[HashedRow]) -> Bucket:
    return Bucket(len(rows), sum(map(_part, rows)))


def _by_sums(before: Mapping[int, Bucket], buckets: Iterable[int], rows: Iterable[HashedRow]) -> Narrowed:
    grouped = _grouped(buckets, rows)
    return sum((narrow(before.get(bucket, EMPTY), found) for bucket, found in grouped), Narrowed())


def narrow(before: Bucket, rows: Sequence[HashedRow]) -> Narrowed:
    """What became of the rows of one bucket, of which these are all that stand in it now."""
    now = _sum(rows)
    more, by = now.rows - before.rows, now.total - before.total
    if not before.rows:
        return Narrowed(added=_names(rows))
    if more < 0:
        return Narrowed(missing=-more)
    if more == by == 0:
        return Narrowed()
    if found := _explaining(rows, more, by):
        return Narrowed(added=_names(found)) if more else Narrowed(changed=(ChangedRow(found[0].name),))
    if len(rows) == 1:
        return Narrowed(added=_names(rows), missing=1)
    return Narrowed(suspects=_names(rows), unsure=1)


def _explaining(rows: Sequence[HashedRow], more: int, by: int) -> Sequence[HashedRow]:
    """The row that has changed, or the one or two that were added, if the sum says which; of equal rows any."""
    if more == 2:
        return _pair(rows, by)
    found = [row for row in rows if (by == _part(row) if more else by % row.weight == 0)]
    return found[:1] if more < 2 and len({(row.hash, row.weight) for row in found}) == 1 else ()


def _pair(rows: Iterable[HashedRow], by: int) -> Sequence[HashedRow]:
    """Two rows that add up to this."""
    seen: dict[int, HashedRow] = {}
    for row in rows:
        if other := seen.get(by - _part(row)):
            return (other, row)
        seen[_part(row)] = row
    return ()


def _part(row: HashedRow) -> int:
    """What a row adds to the sum of its bucket."""
    return row.hash * row.weight


def _compared(then: Sequence[HashedRow], now: Sequence[HashedRow]) -> Narrowed:
    """What has become of the rows that stood then; equal rows count as often as they stand.

    A row that is gone and one that is new are one that has changed where they alone have that name: where there is a
    primary key, each with one and the same key.
    """
    gone, new = list(_without(then, now)), list(_without(now, then))
    lost, won = _by_name(gone), _by_name(new)
    both = lost.keys() & won.keys()
    return Narrowed(
        changed=tuple(_changed(lost[name], won[name]) for name in won if name in both),
        added=_names(row for row in new if repr(row.name) not in both),
        missing=len(gone) - len(both),
        gone=_names(row for row in gone if repr(row.name) not in both),
    )


def _without(rows: Iterable[HashedRow], others: Iterable[HashedRow]) -> Iterator[HashedRow]:
    """The rows that have no equal among the others, or one too few."""
    left = Counter((row.hash, row.weight) for row in others)
    for row in rows:
        if left[row.hash, row.weight]:
            left[row.hash, row.weight] -= 1
        else:
            yield row


def _by_name(rows: Sequence[HashedRow]) -> dict[str, HashedRow]:
    """The rows that have a name to themselves, by the text of it: a value need not be hashable."""
    counts = Counter(repr(row.name) for row in rows)
    return {name: row for row in rows if row.name and counts[name := repr(row.name)] == 1}


def _changed(then: HashedRow, now: HashedRow) -> ChangedRow:
    return ChangedRow(now.name, tuple(name for name, value in now.columns.items() if then.columns.get(name) != value))


def _names(rows: Iterable[HashedRow]) -> Names:
    return tuple(row.name for row in rows)
