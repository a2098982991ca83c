"""Numbers and impacts in words, the same in every rendering."""

from __future__ import annotations

from collections.abc import Mapping

from apim_schema import space
from apim_schema.impact import DDL, IN_PLACE, METADATA, NOTHING, READS, REBUILD, SCAN, WRITES, Blocks, Impact, Work
from apim_schema.proof import Prospect
from apim_schema.review import CAREFUL, CLEAR, FORBIDDEN, NOTHING_TO_DO

UNKNOWN = "not known"

WORKS: Mapping[Work, str] = {
    METADATA: "metadata only",
    SCAN: "reads every row",
    IN_PLACE: "builds an index",
    REBUILD: "writes every row anew",
}
BLOCKS: Mapping[Blocks, str] = {
    NOTHING: "blocks nothing",
    DDL: "blocks other DDL",
    WRITES: "blocks writes",
    READS: "blocks reads and writes",
}

OUTLOOKS: Mapping[str, str] = {
    CLEAR: "Nothing stands in the way",
    CAREFUL: "It can run: read what is pointed out first",
    FORBIDDEN: "It must not run yet",
    NOTHING_TO_DO: "Nothing to do",
}


def count(number: int, thing: str) -> str:
    """A number and what it counts: 1 statement, 1,234 statements."""
    return f"{number:,} {thing}{'s' * (number != 1)}"


def size(found: int | None) -> str:
    """Bytes in the largest unit that leaves a number to read."""
    if found is None:
        return UNKNOWN
    return f"{found} B" if found < 1024 else space.human(found)


def duration(found: float | None) -> str:
    """Seconds as a person says them; below a second it is no use to be exact."""
    if found is None:
        return UNKNOWN
    if found < 1:
        return "under 1 s"
    if found < 90:
        return f"{found:.0f} s"
    minutes = round(found / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"


def about(found: float | None) -> str:
    """An estimate of one statement."""
    return duration(found) if found is None or found < 1 else f"about {duration(found)}"


def roughly(found: float | None) -> str:
    """An estimate of many statements, each of which takes its moment whatever it does."""
    return about(found) if found is None or found >= 10 else "a few seconds" if found else "none"


def exactly(found: float | None) -> str:
    """A time that was measured."""
    if not found:
        return "" if found is None else "none"
    return f"{found * 1000:.0f} ms" if found < 1 else f"{found:.1f} s" if found < 90 else duration(found)


def prospect(found: Prospect) -> str:
    """How it will be proven that no row has changed."""
    if found.reason:
        return f"all are read before and after: {found.reason}"
    vouched = f"the server vouches for {count(found.vouched, 'table')}"
    return f"{vouched}; {count(len(found.read), 'table')} to be read before and after" if found.read else vouched


def impact(found: Impact) -> str:
    """What a statement costs, in a line: the work, the lock and what waits for it, rows and bytes where they count."""
    lock = f"lock {found.lock} " if found.blocks != NOTHING else ""
    words = [WORKS[found.work], f"{lock}{BLOCKS[found.blocks]}"]
    if found.rows:
        words.append(f"{count(found.rows, 'row')}, {size(found.bytes)}")
    return "; ".join(words)
