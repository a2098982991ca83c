"""Drift that is ahead: what a later release has, made beforehand, as it has it or otherwise."""

from __future__ import annotations

import copy
from dataclasses import replace

from tests.drift.alterations import BREAKING, HARMLESS, Alteration, kind, length, may_be_narrower
from tests.drift.ground import Facts, Ground
from tests.vendor.common import Catalog


def _new_table(ground: Ground) -> tuple[Catalog, str, Facts] | None:
    """A table that a later release makes, as that has it; all that it points to is there."""
    seen, found = set(ground.document["tables"]), []
    for later in ground.later:
        for name, facts in later["tables"].items():
            parents = {key["ref_table"] for key in facts.get("foreign_keys", ())}
            if name not in seen and parents <= ground.tables.keys() and (name, "") not in ground.claimed:
                found.append((later, name, copy.deepcopy(facts)))
        seen |= later["tables"].keys()
    return ground.pick(found)


def _made(ground: Ground, found: tuple[Catalog, str, Facts], *words: str) -> Alteration:
    later, name, facts = found
    sequences = [s for s in ground.sql.sequences_of(later, facts) if s not in ground.document["sequences"]]
    made = [ground.sql.create_sequence(s, later["sequences"][s]) for s in sequences]
    return Alteration((*made, *ground.sql.create_table(name, facts)), (name, *words), ((name, ""),))


@kind(HARMLESS)
def table_of_a_later_release(ground: Ground) -> Alteration | None:
    found = _new_table(ground)
    return found and _made(ground, found)


@kind(HARMLESS)
def wider_table_of_a_later_release(ground: Ground) -> Alteration | None:
    found = _new_table(ground)
    columns = (
        [c for c, facts in found[2]["columns"].items() if length(facts) and not _tied(found[2], c)] if found else []
    )
    column = ground.pick(columns)
    if not found or column is None:
        return None
    facts = found[2]["columns"][column]
    facts["type"] = f"VARCHAR({length(facts) + 10})"
    return _made(ground, found)


def _tied(table: Facts, column: str) -> bool:
    return any(column in key["columns"] for key in table.get("foreign_keys", ()))


@kind(HARMLESS)
def table_of_a_later_release_without_its_index(ground: Ground) -> Alteration | None:
    found = _new_table(ground)
    if not found or not found[2].pop("indexes", None):
        return None
    return _made(ground, found)


@kind(BREAKING)
def another_table_of_that_name(ground: Ground) -> Alteration | None:
    found = _new_table(ground)
    if not found or may_be_narrower(ground, found[1]):
        return None
    columns = found[2]["columns"]
    column = ground.pick([c for c, facts in columns.items() if length(facts) > 1 and not _tied(found[2], c)])
    if column is None:
        return None
    columns[column]["type"] = f"VARCHAR({length(columns[column]) - 1})"
    return replace(_made(ground, found, column), ahead=True)


def _new_column(ground: Ground) -> tuple[str, str, Facts] | None:
    """A column that a later release adds to a table which is there."""
    found = [
        (table, name, dict(facts))
        for later in ground.later
        for table, now in ground.tables.items()
        for name, facts in later["tables"].get(table, now)["columns"].items()
        if name not in now["columns"] and (table, name) not in ground.claimed
    ]
    return ground.pick(found)


def _added(ground: Ground, found: tuple[str, str, Facts]) -> Alteration:
    table, name, facts = found
    quote = ground.sql.quote
    made = f"ALTER TABLE {quote(table)} ADD COLUMN {ground.sql.column(name, facts)}"
    fill = [f"UPDATE {quote(table)} SET {quote(name)} = 'own'"] * (length(facts) > 3)
    return Alteration((made, *fill), (table, name), ((table, name),))


@kind(HARMLESS)
def column_of_a_later_release(ground: Ground) -> Alteration | None:
    found = _new_column(ground)
    return found and _added(ground, found)


@kind(HARMLESS)
def wider_column_of_a_later_release(ground: Ground) -> Alteration | None:
    found = _new_column(ground)
    if not found or not length(found[2]):
        return None
    found[2]["type"] = f"VARCHAR({length(found[2]) + 10})"
    return _added(ground, found)


@kind(HARMLESS)
def looser_column_of_a_later_release(ground: Ground) -> Alteration | None:
    """One that may be NULL and has no default, whatever the release says."""
    found = _new_column(ground)
    if not found or (found[2]["nullable"] and "default" not in found[2]):
        return None
    found[2].pop("default", None)
    found[2]["nullable"] = True
    return _added(ground, found)


@kind(BREAKING)
def another_column_of_that_name(ground: Ground) -> Alteration | None:
    found = _new_column(ground)
    if not found:
        return None
    found[2].pop("default", None)
    found[2].update(type="INTEGER" if length(found[2]) else ground.sql.TEXTLESS, nullable=True)
    return replace(_added(ground, found), ahead=True)
