"""Kinds of drift that only one dialect knows."""

from __future__ import annotations

from dataclasses import replace

from tests.drift.alterations import BREAKING, EXTRA, HARMLESS, Alteration, kind, length, of_column
from tests.drift.ground import Facts, Ground

COLLATIONS = (("utf8mb4", "utf8mb4_bin"), ("latin1", "latin1_bin"), ("latin1", "latin1_general_cs"))


@kind(EXTRA)
def column_in_another_collation(ground: Ground) -> Alteration | None:
    """On MySQL a column has a character set of its own, on PostgreSQL only an order."""
    if ground.dialect == "mysql":
        return _in_charset(ground, *ground.rng.choice(COLLATIONS))
    found = ground.column(lambda table, name, facts: length(facts) > 0)
    if found is None:
        return None
    table, name, facts = found
    change = f'ALTER COLUMN {ground.sql.quote(name)} TYPE {facts["type"]} COLLATE "POSIX"'
    return Alteration((f"ALTER TABLE {ground.sql.quote(table)} {change}",), (table, name), ((table, name),), trips=True)


def _in_charset(ground: Ground, charset: str, collation: str) -> Alteration | None:
    found = ground.column(lambda table, name, facts: length(facts) > 0 and "charset" not in facts)
    made = found and of_column(ground, found, charset=charset, collation=collation)
    return made and found and replace(made, trips=made.trips or _leans(ground, found[0]))


def _leans(ground: Ground, table: str) -> bool:
    """Whether a later release makes a foreign key of the table anew, or points to it: texts must be alike then."""
    now = ground.document["tables"]
    for later in ground.later:
        for name, facts in later["tables"].items():
            new = [key for key in facts.get("foreign_keys", ()) if key not in now.get(name, {}).get("foreign_keys", ())]
            if any(table in (name, key["ref_table"]) for key in new):
                return True
    return False


@kind(EXTRA)
def table_in_another_charset(ground: Ground) -> Alteration | None:
    if ground.dialect != "mysql":
        return None
    table = ground.pick(list(ground.tables), lambda table: table in ground.touched)
    if table is None or any(table == claimed for claimed, _ in ground.claimed):
        return None
    charset, collation = ground.rng.choice(COLLATIONS)
    change = f"CONVERT TO CHARACTER SET {charset} COLLATE {collation}"
    trips = any(ground.keyed_later(table, c) for c in ground.document["tables"][table]["columns"])
    sql = f"ALTER TABLE {ground.sql.quote(table)} {change}"
    return Alteration((sql,), (table,), ((table, ""),), trips=trips or _leans(ground, table))


@kind(HARMLESS)
def no_time_of_the_update(ground: Ground) -> Alteration | None:
    found = ground.column(lambda table, name, facts: "on_update" in facts)
    return found and of_column(ground, found, on_update=None)


@kind(BREAKING)
def time_of_an_update(ground: Ground) -> Alteration | None:
    if ground.dialect != "mysql":
        return None

    def fits(table: str, name: str, facts: Facts) -> bool:
        return facts["type"] == "TIMESTAMP" and "on_update" not in facts and bool(facts["nullable"])

    found = ground.column(fits)
    return found and of_column(ground, found, on_update="CURRENT_TIMESTAMP")


@kind(BREAKING)
def missing_trigger(ground: Ground) -> Alteration | None:
    """PostgreSQL's only one, which the newest release makes anew."""
    if not ground.document["triggers"]:
        return None
    name, facts = next(iter(ground.document["triggers"].items()))
    sql = f"DROP TRIGGER {ground.sql.quote(name)} ON {ground.sql.quote(facts['table'])}"
    return Alteration((sql,), (name,), ((facts["table"], ""),), mended=True)


@kind(BREAKING)
def missing_sequence(ground: Ground) -> Alteration | None:
    """One that no column draws from; the others go with the default of their column."""
    found = ground.pick(list(ground.document["sequences"]))
    return found and Alteration((f"DROP SEQUENCE {ground.sql.quote(found)}",), (found,), (("", found),))
