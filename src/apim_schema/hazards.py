"""What stands in the way of a change: rows, and objects or settings of the database."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final, Literal

from apim_schema.schema import Column

BLOCK: Final = "block"
WARN: Final = "warn"
INFO: Final = "info"
Level = Literal["block", "warn", "info"]
"""Whether a change would fail or lose data, or might, or whether it is only good to know."""

CORRECT = "correct these rows"


@dataclass(frozen=True)
class Hazard:
    """Rows that a change would lose or stumble over: `condition` is true of one, in SQL over the table as `t`.

    `loses` is said where the change can be made all the same: the column whose values are lost by that, or "" where it
    is the rows with all of theirs. `column` is said where the condition is about a column as it is now, before the
    change: a script that is run again may find it converted.
    """

    level: Level
    problem: str
    condition: str
    way_out: str = CORRECT
    loses: str | None = None
    column: Column | None = None


@dataclass(frozen=True)
class Obstacle:
    """What the catalog or a setting shows that a change would alter in silence or stumble over.

    `problem` names the object and says what would become of it, `way_out` what to do; `table` is "" where it is
    about the whole database. `query` is what was asked, as the server was asked it.
    """

    level: Level
    table: str
    problem: str
    way_out: str
    query: str = field(default="", compare=False)

    def asked_by(self, query: str) -> Obstacle:
        """The same, with what was asked."""
        return replace(self, query=query)
