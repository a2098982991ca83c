"""What two collections of evidence say: which tables are proven, and of those that differ, which rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

from sqlalchemy import Connection

from apim_schema import drilldown
from apim_schema.dialect import Dialect
from apim_schema.drilldown import EMPTY, ROWS_SHOWN, Look, Narrowed
from apim_schema.evidence import (
    CHANGED,
    NOT_PROVEN,
    PROVEN,
    Evidence,
    TableVerdict,
    Verdict,
    compared,
    spelled,
    unreadable,
)
from apim_schema.hashed import Bucket, HashedRow
from apim_schema.schema import Schema, Table

ROWS_READ = 100_000
"""How many rows of a table are read at most to find those that differ."""


@dataclass(frozen=True)
class Rows:
    """Leads from the buckets of a table that differ to its rows, as far as that can be told (see `drilldown`).

    At most so many rows of a table are named. `keep` keeps what was read for that, for `told_apart`.
    """

    dialect: Dialect
    connection: Connection
    schema: str | None
    live: Schema
    most: int = ROWS_SHOWN
    keep: bool = False

    def verdict(self, table: Table, old: Mapping[int, Bucket], new: Mapping[int, Bucket]) -> TableVerdict:
        """The verdict on a table that has changed; `table` is as it was, in the spelling that it has now."""
        named = table.key_columns or self.live.tables[table.name].naming_columns
        touched = sorted(bucket for bucket in old.keys() | new.keys() if old.get(bucket) != new.get(bucket))
        buckets = self._readable(touched, old, new)
        look = Look(tuple(buckets), tuple(self._read(table, named, buckets)), len(touched) - len(buckets))
        before, after = (sum(bucket.rows for bucket in buckets.values()) for buckets in (old, new))
        verdict = TableVerdict(table.name, CHANGED, before, after, key_columns=named, look=look if self.keep else None)
        return self._telling(verdict, look, drilldown.by_sums(old, look))

    def again(self, verdict: TableVerdict, look: Look, table: Table, old: Mapping[int, Bucket]) -> TableVerdict:
        """The same verdict, by the rows as they were: they stand again."""
        then = self._read(table, verdict.key_columns, look.buckets)
        return self._telling(verdict, look, drilldown.by_rows(old, look, then))

    def _telling(self, verdict: TableVerdict, look: Look, found: Narrowed) -> TableVerdict:
        shown = slice(self.most if verdict.key_columns else 0)
        return replace(
            verdict,
            reason=_what_changed(verdict.rows_before, verdict.rows_after, found, look.more),
            keys=found.suspects[shown],
            changed=found.changed[shown],
            added=found.added[shown],
            missing=found.missing,
            gone=found.gone[shown],
        )

    def _readable(self, touched: Sequence[int], old: Mapping[int, Bucket], new: Mapping[int, Bucket]) -> list[int]:
        """The first of the buckets, no more than rows are named: each has one that differs. They may be large."""
        first = touched[: self.most]
        counts = (max(rows.get(bucket, EMPTY).rows for rows in (old, new)) for bucket in first)
        return [bucket for bucket, read in zip(touched, accumulate(counts), strict=False) if read <= ROWS_READ]

    def _read(self, table: Table, named: Sequence[str], buckets: Sequence[int]) -> Sequence[HashedRow]:
        if not buckets:
            return []
        columns = compared(self.dialect, table, self.live.tables[table.name])
        return self.dialect.digest.rows(self.connection, self.schema, table, columns, buckets, named)


def judge(rows: Rows, before: Evidence, after: Evidence) -> Verdict:
    """Compares two collections; `rows` are those that stand there after the second."""
    if before.method != after.method:
        reason = f"hashed by {before.method} before and by {after.method} after"
        return Verdict(tuple(TableVerdict(t, NOT_PROVEN, before.rows(t), 0, reason) for t in before.buckets))
    return Verdict(tuple(_judge_table(rows, before, after, name) for name in before.tables), before.method)


def _judge_table(rows: Rows, before: Evidence, after: Evidence, name: str) -> TableVerdict:
    count = before.rows(name)
    if name not in after.tables:
        return TableVerdict(name, CHANGED if count else PROVEN, count, 0, "the table is gone")
    if name not in after.buckets:
        word, reason = after.unread[name]
        return TableVerdict(name, word, count, 0, reason)
    if before.buckets[name] == after.buckets[name]:
        return TableVerdict(name, PROVEN, count, after.rows(name))
    return rows.verdict(after.tables[name], before.buckets[name], after.buckets[name])


def told_apart(rows: Rows, before: Evidence, verdict: Verdict) -> Verdict:
    """The verdict once the database is taken back to where it was: `rows` reads what stands there again."""
    dialect, live = rows.dialect, rows.live

    def again(of: TableVerdict) -> TableVerdict:
        if of.look is None or not live.tables.keys() >= {of.table}:
            return of
        table = spelled(before.tables[of.table], live.tables[of.table])
        readable = table.columns.keys() >= {*of.key_columns} and not unreadable(dialect, table, live.tables[of.table])
        return rows.again(of, of.look, table, before.buckets[of.table]) if readable else of

    return replace(verdict, tables=tuple(map(again, verdict.tables)))


def _what_changed(before: int, after: int, found: Narrowed, more: int) -> str:
    """In words, with the groups that were not looked into."""
    counts = f"{before:,} rows became {after:,}" if before != after else ""
    groups = f"at least one row differs in each of {more:,} more groups" if more > 1 else "one more group differs"
    told = filter(None, (counts, str(found), groups if more else ""))
    return "; ".join(told) or "at least one row differed, and has become what it was since"
