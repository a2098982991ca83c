"""One drifted database, its upgrade, and whether that did what it may do."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from apim_schema import chain
from apim_schema.difference import drifted as drifts
from apim_schema.environment import through_alembic as run
from apim_schema.errors import Refused
from apim_schema.live import opened
from apim_schema.repair import Repair
from tests import releases
from tests.conformance.site import Site
from tests.drift.alterations import EITHER, GOES_ON, REFUSED, Alteration
from tests.drift.generate import Setting
from tests.drift.merge import Facts, facts, of_catalog, wrong
from tests.releases import HEAD
from tests.vendor import dump, make, outside

COMMAND = ".venv/bin/python -m pytest tests/drift/test_drift.py"
STAMP = chain.version_table("apim")


@dataclass
class Case:
    """A database of a `setting` after its alterations; `installed` is its schema as it was before them.

    `seed` and the name of the server are what it takes to make it again.
    """

    seed: int
    customer: Site
    setting: Setting
    done: tuple[Alteration, ...]
    installed: Facts
    drifted: Facts = field(init=False)
    rows: dump.Dump = field(init=False)
    own: dict[str, list[Any]] = field(init=False)

    def __post_init__(self) -> None:
        if self.setting.stamped:
            self.customer.execute(f"CREATE TABLE {STAMP} (version_num VARCHAR(32) NOT NULL PRIMARY KEY)")
            self.customer.execute(f"INSERT INTO {STAMP} VALUES ('{self.setting.release}')")
        self.drifted, self.own = self._facts(), self._own()
        self.rows = self._rows()

    def judge(self, vendors: Facts) -> str:
        """Upgrades, and says in a few words how that went. Raises AssertionError where it did what it may not do."""
        try:
            run(self.customer.upgrade())
        except Refused as error:
            self._nothing_has_changed(str(error))
            return f"refused: {', '.join(self._kinds_at_fault(str(error)))}"
        except Exception as error:
            raise AssertionError(self._failure("neither upgraded nor refused", repr(error))) from error
        self._all_is_kept(vendors)
        return "upgraded"

    def mend(self) -> None:
        """Repairs, which has to lead back to the release. Raises AssertionError where it does not."""
        upgrade = self.customer.upgrade()
        try:
            Repair(upgrade.target).run()
        except Exception as error:
            raise AssertionError(self._failure("not mended", repr(error))) from error
        with opened(upgrade.target) as live:
            left = [str(difference) for difference in drifts(live.differences)]
        assert not left, self._failure("drift is left", *left)
        narrow = self._made_anew_in_utf8mb4()
        changed = _different(_widened(self.installed, self._vendors(), narrow), _widened(self._facts(), {}, narrow))
        assert not changed, self._failure("not as it was installed", *map(str, changed))
        rows = self._rows()
        tables = [table for table in self.rows if rows[table] != self.rows[table]]
        assert not tables, self._failure("rows have changed", *tables)

    def _nothing_has_changed(self, told: str) -> None:
        changed = [str(place) for place in _different(self.drifted, self._facts())]
        assert not changed, self._failure("refused, and the schema has changed", told, *changed)
        assert self._own() == self.own, self._failure("refused, and stamp or history have changed", told)
        assert self._rows() == self.rows, self._failure("refused, and rows have changed", told)
        assert self._possible(GOES_ON) < len(self.done), self._failure("harmless drift was refused", told)
        unnamed = [made for made in self._to_be_named() if not _names(told, made)]
        assert not unnamed, self._failure("refused, and not said why", told, *map(str, unnamed))
        assert self._kinds_at_fault(told), self._failure("refused for something else", told)

    def _all_is_kept(self, vendors: Facts) -> None:
        unfit = self._outcome(REFUSED)
        after = self._facts()
        reverted = {made.words[0] for made in self.done if made.reverts}
        changed = wrong(self.installed, self.drifted, vendors, after, reverted, self._between())
        assert not unfit, self._failure("upgraded what is breaking", *map(str, unfit), *changed)
        assert not changed, self._failure("the schema is not as it has to be", *changed)
        rows = dump.old_form(self._rows(), self.rows)
        tables = [table for table in self.rows if rows[table] != self.rows[table]]
        assert not tables, self._failure("rows have changed", *tables)
        assert self._own()[STAMP.upper()] == [(HEAD,)], self._failure("not stamped")

    def _to_be_named(self) -> list[Alteration]:
        """What has to stand in a refusal; where the release is not known, nobody knows what its changes would meet."""
        unfit = self._outcome(REFUSED)
        wrong = [made for made in unfit if not made.ahead]
        return wrong if wrong and not self.setting.stamped else unfit

    def _possible(self, outcome: str) -> int:
        return len(self._outcome(outcome))

    def _made_anew_in_utf8mb4(self) -> set[str]:
        """The tables of which nobody knows any more how narrow a customer had made their columns."""
        narrow = self.customer.server.dialect == "mysql" and self.setting.charset == "utf8mb4"
        return {made.words[0] for made in self.done if narrow and made.kind == "missing table"}

    def _vendors(self) -> Facts:
        """The release that the database is of, as the vendor has it."""
        return of_catalog(make.catalog(self.customer.server.dialect, "apim", self.setting.release))

    def _between(self) -> list[Facts]:
        """The releases on the way, but the last, as the vendor has them."""
        dialect = self.customer.server.dialect
        return [
            of_catalog(make.catalog(dialect, "apim", release)) for release in releases.after(self.setting.release)[:-1]
        ]

    def _outcome(self, outcome: str) -> list[Alteration]:
        return [made for made in self.done if made.outcome(self.setting.stamped) == outcome]

    def _kinds_at_fault(self, told: str) -> list[str]:
        """The kinds of the alterations that a refusal names, and that may be refused."""
        possible = [made for made in self.done if made.outcome(self.setting.stamped) in (REFUSED, EITHER)]
        return sorted({made.kind for made in possible if _names(told, made)})

    def _facts(self) -> Facts:
        return facts(self.customer.url, self.customer.server.dialect)

    def _rows(self) -> dump.Dump:
        """All columns that stood when the upgrade began."""
        columns: dict[str, list[str]] = {}
        for place in self.drifted:
            if place[0] == "column" and place[-1] == "type":
                columns.setdefault(place[1], []).append(place[2])
        with self.customer.connection() as connection:
            return dump.dump(connection, columns)

    def _own(self) -> dict[str, list[Any]]:
        """What the tool keeps in the database for itself."""
        there = {name.upper() for name in self.customer.tables()}
        return {
            name: [tuple(row) for row in self.customer.execute(f"SELECT * FROM {name.lower()}")]
            for name in sorted(outside.OWN_TABLES & there)
        }

    def _failure(self, what: str, *details: str) -> str:
        made = [f"  {alteration}" for alteration in self.done]
        again = f"APIM_SCHEMA_TEST_DRIFT_SEEDS={self.seed} {COMMAND} -k {self.customer.server.name}"
        altered = [f"of {self.setting}, altered:", *made]
        return "\n".join([f"{what}:", *(f"  {line}" for line in details), *altered, f"to run it again: {again}"])


def _different(one: Facts, other: Facts) -> list[tuple[str, ...]]:
    return [place for place in one.keys() | other.keys() if one.get(place) != other.get(place)]


def _widened(facts: Facts, vendors: Facts, tables: set[str]) -> Facts:
    """The facts with the vendor's widths, where he has any, and whole columns in the keys of some tables."""
    found = {}
    for place, told in facts.items():
        if place[1] in tables and place[0] == "column":
            told = vendors.get(place, told)
        elif place[1] in tables and place[0] == "unique":
            place = (*place[:2], re.sub(r"\(\d+\)", "", place[2]))
        elif place[1] in tables and place[0] == "index":
            told = [re.sub(r"\(\d+\)", "", column) for column in told]
        found[place] = told
    return found


def _names(told: str, made: Alteration) -> bool:
    return all(word.upper() in told.upper() for word in made.words)
