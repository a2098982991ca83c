"""What a statement costs a live table: its work, its lock, and who waits for that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from apim_schema.changes import Change

METADATA: Final = "metadata"
SCAN: Final = "scan"
IN_PLACE: Final = "in place"
REBUILD: Final = "rebuild"
Work = Literal["metadata", "scan", "in place", "rebuild"]
WORKS: Sequence[Work] = (METADATA, SCAN, IN_PLACE, REBUILD)
"""Constant time; all rows are read; all are read and an index is written beside them; all are written anew."""

NOTHING: Final = "nothing"
DDL: Final = "ddl"
WRITES: Final = "writes"
READS: Final = "reads"
Blocks = Literal["nothing", "ddl", "writes", "reads"]
BLOCKS: Sequence[Blocks] = (NOTHING, DDL, WRITES, READS)
"""What has to wait meanwhile: each of them stands for those before it too."""


@dataclass(frozen=True)
class Size:
    """A table as the server's own statistics have it: rows, and bytes with its indexes; None where it does not tell."""

    rows: int | None
    bytes: int | None


@dataclass(frozen=True)
class Impact:
    """What a statement costs a live table.

    `lock` is the server's own name for the lock that it takes, and `blocks` what waits for that lock: for a moment
    where the work is of constant time, else for as long as the work takes; where DDL is transactional, from the
    statement to the commit. `referenced` are tables besides its own that are locked as well. `source` is the page
    of the manual that says so. `rows` and `bytes` are those of the table, None where nobody has asked.
    """

    work: Work
    lock: str
    blocks: Blocks
    source: str
    referenced: tuple[str, ...] = ()
    rows: int | None = None
    bytes: int | None = None

    @property
    def rewrites(self) -> bool:
        """Whether all rows are written anew."""
        return self.work == REBUILD

    @property
    def reads_rows(self) -> bool:
        """Whether the time that it takes grows with the table."""
        return self.work != METADATA

    @property
    def blocks_writers(self) -> bool:
        """Whether somebody who writes to the table has to wait."""
        return BLOCKS.index(self.blocks) >= BLOCKS.index(WRITES)

    @property
    def needs_bytes(self) -> int | None:
        """The free space that the table needs for standing twice: what it has, indexes too; 0 where it does not."""
        return self.bytes if self.rewrites else 0

    def sized(self, size: Size | None) -> Impact:
        """The same, of a table of this size; None for one that is not there yet."""
        return replace(self, rows=size.rows, bytes=size.bytes) if size else replace(self, rows=0, bytes=0)


@dataclass(frozen=True)
class Statement:
    """One SQL statement, as the driver takes it (no terminator), the change that it belongs to, and what it costs.

    `more` are changes of the same table that it makes as well.
    """

    sql: str
    change: Change
    impact: Impact = field(compare=False)
    more: tuple[Change, ...] = ()
