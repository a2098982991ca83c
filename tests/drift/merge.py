"""What a drifted schema may become: both the customer's alterations and the vendor's, place by place.

A place is one fact of the server's catalog, read from outside the tool: the type of a column, the columns of an index.
Where only the customer has altered it, it stays as it is; where only the vendor has, it becomes his; where both have,
the vendor's word counts, but that nothing gets narrower and that what the customer made beforehand is kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from importlib import import_module
from typing import Any

import sqlalchemy as sa

from tests.vendor import outside
from tests.vendor.common import Catalog

Facts = dict[tuple[str, ...], Any]
"""Each place with what is there."""

ROOM = {"smallint": 2, "int": 4, "integer": 4, "bigint": 8, "blob": 1, "mediumblob": 2, "longblob": 3}


def facts(url: str, dialect: str) -> Facts:
    """All that an upgrade may alter, as the server's catalog has it."""
    found = dict(_flat(outside.catalog_of(url)))
    details = import_module(f"tests.drift.{dialect}").DETAILS
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        for what, query in details.items():
            for table, name, told in connection.exec_driver_sql(query, execution_options={"no_parameters": True}):
                found["detail", table, name, what] = told
    return {place: told for place, told in found.items() if place[1] not in outside.OWN_TABLES}


def of_catalog(catalog: Catalog) -> Facts:
    """A release as its reference catalog has it."""
    return dict(_flat(outside.plain(catalog)))


def _flat(plain: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], Any]]:
    for table, whole in plain["tables"].items():
        yield ("table", table), True
        yield ("primary key", table), whole["primary_key"]
        for name, column in whole["columns"].items():
            yield from ((("column", table, name, fact), told) for fact, told in column.items())
        for key in whole["unique"]:
            yield ("unique", table, ",".join(key)), True
        for columns, parent, referred, *actions in whole["foreign_keys"]:
            yield ("foreign key", table, ",".join(columns), parent, ",".join(referred)), actions
        yield from ((("index", table, name), columns) for name, columns in whole["indexes"].items())
    for what in ("sequences", "routines"):
        yield from (((what, name), True) for name in plain[what])
    yield from ((("trigger", name), told) for name, told in plain["triggers"].items())


def wrong(
    before: Facts, drifted: Facts, vendors: Facts, after: Facts, reverted: Set[str], between: Sequence[Facts]
) -> list[str]:
    """The places that are not as they have to be, in words.

    `before` is the release as it was installed, `drifted` what became of it, `vendors` the release that is gone to,
    and `after` what the upgrade has made. Of `reverted` tables the alteration is gone where it made an older release;
    what is as a release in `between` has it is what that made.
    """
    merge = Merge(before, drifted, vendors, after, reverted, between)
    places = {place for facts in (before, drifted, vendors, after) for place in facts}
    return [told for place in sorted(places) if (told := merge.judge(place))]


class Merge:
    """A three-way merge, place by place."""

    def __init__(
        self,
        before: Facts,
        drifted: Facts,
        vendors: Facts,
        after: Facts,
        reverted: Set[str],
        between: Sequence[Facts],
    ) -> None:
        self._reverted, self._between = reverted, between
        self._mysql = any(told == "longblob" for told in vendors.values())
        self._before, self._drifted, self._vendors, self._after = before, drifted, vendors, after

    def judge(self, place: tuple[str, ...]) -> str | None:
        """What is wrong with a place; None where it is as it has to be."""
        was, theirs, wanted, found = (
            facts.get(place) for facts in (self._before, self._drifted, self._vendors, self._after)
        )
        expected = self._expected(place, was, theirs, wanted)
        if found == expected or self._serves(place, theirs, wanted, found):
            return None
        told = f"was {was!r}, drifted to {theirs!r}, the release has {wanted!r}"
        return f"{'/'.join(place)}: {found!r} instead of {expected!r} ({told})"

    def _expected(self, place: tuple[str, ...], was: Any, theirs: Any, wanted: Any) -> Any:
        if self._stood(place) and not any(place in f and f[place] == theirs for f in self._between):
            return theirs
        if theirs == was:
            return wanted
        if wanted in (was, theirs):
            return theirs
        if place[0] == "column" and place[3] == "type":
            return wider(theirs, wanted)
        return wanted

    def _stood(self, place: tuple[str, ...]) -> bool:
        """Whether the customer made the whole object that this is a fact of, and no release before."""
        whole = place[:2] if place[0] != "column" else (*place[:3], "type")
        return whole in self._drifted and whole not in self._before

    def _serves(self, place: tuple[str, ...], theirs: Any, wanted: Any, found: Any) -> bool:
        """What is another way to say the same."""
        if place[0] == "index" and found is None and self._mysql:
            keys = (p[2].split(",") for p in self._after if p[:2] == ("foreign key", place[1]))
            return (theirs or wanted) in keys or self._indexed(place[1], wanted)
        if place[1] in self._reverted and found == wanted:
            return True
        if place[0] == "column" and place[3] == "nullable" and found is False:
            return place[2] in (self._after.get(("primary key", place[1])) or ())
        if place[0] == "column" and place[3] == "default" and self._becomes_bytes(place):
            return found in (None, rf"\x{str(theirs).encode().hex()}")
        if place[0] == "column" and place[3] == "collation" and self._becomes_bytes(place):
            return found is None
        if place[0] == "index" and found is None and theirs is None:
            return self._indexed(place[1], wanted)
        if place[0] == "column" and place[3] == "collation" and place not in self._drifted:
            return found in self._collations(place[1], place[2])
        return False

    def _indexed(self, table: str, columns: list[str]) -> bool:
        """Whether an index over the columns was there: by another name, or one that MySQL made for a foreign key."""
        indexes = (told for place, told in self._drifted.items() if place[:2] == ("index", table))
        keys = (place[2].split(",") for place in self._drifted if place[:2] == ("foreign key", table))
        return columns in indexes or (self._mysql and columns in keys)

    def _becomes_bytes(self, place: tuple[str, ...]) -> bool:
        """Whether the release makes a binary column of a text: its default becomes bytes where it may have one."""
        was, wanted = (str(facts.get((*place[:3], "type"))) for facts in (self._before, self._vendors))
        return was.startswith(("varchar", "character")) and wanted.endswith(("blob", "bytea"))

    def _collations(self, table: str, column: str) -> set[Any]:
        """Those that a new text takes: its table's, or that of what it points to."""
        names = {p[3:] for p in self._after if p[0] == "foreign key" and p[1] == table and column in p[2].split(",")}
        referred = {("column", parent, name, "collation") for parent, columns in names for name in columns.split(",")}
        siblings = {p for p in self._drifted if p[0] == "column" and p[1] == table and p[3] == "collation"}
        return {self._after.get(place) for place in referred | siblings}


def wider(one: str | None, other: str | None) -> str | None:
    """Of two types, the one with more room; the second where neither has."""
    if one is None or other is None:
        return other
    kinds, rooms = zip(*(_room(type_) for type_ in (one, other)), strict=True)
    if kinds[0] == kinds[1]:
        return one if rooms[0] > rooms[1] else other
    return other


def _room(type_: str) -> tuple[str, float]:
    name, _, size = type_.partition("(")
    if "char" in name or name.endswith("text"):
        return "text", float(size.rstrip(")")) if size else float("inf")
    return ("number" if "int" in name else "bytes"), ROOM.get(name, 0)
