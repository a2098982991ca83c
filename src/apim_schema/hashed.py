"""Rows as evidence has them: which columns are compared, and the hashes of rows, one by one or added up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Compared:
    """A column as evidence compares it: by `expression`, its name or what puts a converted value into its old form.

    `becomes_binary` is said of a text that some release turns into bytes: it must be hashed before as it is after.
    """

    name: str
    expression: str
    becomes_binary: bool = False


@dataclass(frozen=True)
class Bucket:
    """Rows, and the sum of their hashes, each times its weight, for all rows of a table that fall into this bucket.

    A row falls into one, and has its weight, by its primary key, or where there is none, by all of it.
    """

    rows: int
    total: int

    def __add__(self, other: Bucket) -> Bucket:
        return Bucket(self.rows + other.rows, self.total + other.total)


@dataclass(frozen=True)
class HashedRow:
    """One row as it stands: its bucket, its hash, its weight, which is never 0, and the values that name it.

    `columns` are the hashes of its columns, by name; none where DDL can't be rolled back: there is no time then at
    which the row as it was could be hashed in the same way.
    """

    bucket: int
    hash: int
    weight: int
    name: tuple[object, ...]
    columns: Mapping[str, object] = field(default_factory=dict, hash=False)
