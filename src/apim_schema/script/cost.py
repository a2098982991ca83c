"""What a script costs: on the server of a live schema, else on the newest one that the vendor tests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from apim_schema.changes import Change, CreateTable
from apim_schema.dialect import Dialect
from apim_schema.impact import BLOCKS, WORKS, Impact
from apim_schema.schema import Schema


@dataclass(frozen=True)
class Costs:
    """What each change costs a table that stands, at its dearest on `server`; new tables cost nobody anything."""

    server: str
    changes: Sequence[tuple[Change, Impact]]

    def of(self, wanted: Iterable[Change]) -> Impact | None:
        """The dearest of these changes."""
        sought = {id(change) for change in wanted}
        return _dearest(impact for change, impact in self.changes if id(change) in sought)

    @property
    def tables(self) -> Mapping[str, Impact]:
        """The dearest change of each table, by the table's name."""
        names = dict.fromkeys(change.table for change, _ in self.changes)
        return {name: cost for name in names if (cost := self.of(c for c, _ in self.changes if c.table == name))}


def costs(dialect: Dialect, changes: Sequence[Change], live: Schema) -> Costs:
    """What these changes cost, one after the other."""
    name, server = (str(live.server), live.server) if live.server else dialect.server.newest()
    found, first = list[tuple[Change, Impact]](), live
    for change in changes:
        if not isinstance(change, CreateTable) and not change.is_in(live):
            found.append((change, dialect.impact.assess(change, replace(live, server=server))))
        live = change.apply(live)
    return Costs(name, [(change, impact) for change, impact in found if change.table in first.tables])


def _dearest(impacts: Iterable[Impact]) -> Impact | None:
    return max(impacts, key=lambda impact: (WORKS.index(impact.work), BLOCKS.index(impact.blocks)), default=None)
