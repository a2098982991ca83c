"""The kinds of drift that docs/drift.md names: how each is made, and what an upgrade may make of it.

What is harmless and what is breaking stands here as the page has it, and is never asked of the tool.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from tests.drift.ground import Facts, Ground, Place

HARMLESS: Final = "harmless"
EXTRA: Final = "extra"
BREAKING: Final = "breaking"
Class = Literal["harmless", "extra", "breaking"]

GOES_ON: Final = "goes on"
REFUSED: Final = "is refused"
EITHER: Final = "either"
"""What can't be combined with a change is refused by name, harmless or not."""
Outcome = Literal["goes on", "is refused", "either"]


@dataclass(frozen=True)
class Alteration:
    """One alteration. `words` are what a refusal of it has to name.

    `trips` says that a change may not be combined with it, `mended` that one brings it back to the release, `ahead`
    that it is only in the way of one, and `reverts` that an older release is so, which a database without a stamp may
    then be.
    """

    sql: tuple[str, ...]
    words: tuple[str, ...]
    places: tuple[Place, ...]
    trips: bool = False
    mended: bool = False
    ahead: bool = False
    reverts: bool = False
    kind: str = ""
    class_: Class = HARMLESS
    mendable: bool = True

    def outcome(self, stamped: bool) -> Outcome:
        """What an upgrade may do; a database without a stamp is a release only where nothing is breaking."""
        if self.class_ != BREAKING:
            return EITHER if self.trips else GOES_ON
        if self.reverts and not stamped:
            return EITHER
        return GOES_ON if self.mended and stamped else REFUSED

    def __str__(self) -> str:
        return f"{self.kind} ({self.class_}) {' '.join(self.words)}: {'; '.join(self.sql)}"


@dataclass(frozen=True)
class Kind:
    """A kind of drift; `mendable` says that `repair` brings it back to the release."""

    name: str
    class_: Class
    mendable: bool
    make: Callable[[Ground], Alteration | None]

    def __call__(self, ground: Ground) -> Alteration | None:
        """An alteration of this kind somewhere on this ground; None where there is no place for it."""
        made = self.make(ground)
        return made and replace(made, kind=self.name, class_=self.class_, mendable=self.mendable and made.mendable)


KINDS: list[Kind] = []


def kind(class_: Class, mendable: bool = False) -> Callable[[Callable[[Ground], Alteration | None]], Any]:
    def register(make: Callable[[Ground], Alteration | None]) -> Callable[[Ground], Alteration | None]:
        KINDS.append(Kind(make.__name__.replace("_", " "), class_, mendable, make))
        return make

    return register


def of_column(ground: Ground, found: tuple[str, str, Facts], **facts: Any) -> Alteration:
    """Another form of a column; a fact that is None goes."""
    table, name, present = found
    wanted = {key: value for key, value in {**present, **facts}.items() if value is not None}
    sql = ground.sql.altered(table, name, present, wanted)
    return Alteration(tuple(sql), (table, name), ((table, name),), trips=ground.keyed_later(table, name))


def length(facts: Facts) -> int:
    """The n of VARCHAR(n), 0 for any other type."""
    found = re.fullmatch(r"VARCHAR\((\d+)\)", facts["type"])
    return int(found[1]) if found else 0


def is_number(facts: Facts) -> bool:
    return facts["type"] in ("INTEGER", "INT", "INT(11)", "BIGINT", "SMALLINT") and not is_numbered(facts)


def is_numbered(facts: Facts) -> bool:
    """Whether the server draws the value."""
    return (
        bool(facts.get("autoincrement")) or "NEXTVAL" in str(facts.get("default")).upper() or "SERIAL" in facts["type"]
    )


def may_be_narrower(ground: Ground, table: str) -> bool:
    """Whether MySQL would refuse a key of the table in utf8mb4, so that customers have narrowed its columns."""
    return ground.dialect == "mysql" and table in ground.over_long


def in_key(ground: Ground, table: str, name: str) -> bool:
    return name in ground.key_columns(table)


def in_unique(ground: Ground, table: str, name: str) -> bool:
    return any(name in key["columns"] for key in ground.document["tables"][table].get("unique", ()))


@kind(HARMLESS)
def wider_text(ground: Ground) -> Alteration | None:
    found = ground.column(lambda table, name, facts: length(facts) > 0)
    if found is None:
        return None
    old = length(found[2])
    return of_column(ground, found, type=f"VARCHAR({old + ground.rng.choice([1, 10, 200, old])})")


@kind(HARMLESS)
def text_without_a_limit(ground: Ground) -> Alteration | None:
    found = ground.column(lambda table, name, facts: length(facts) > 0 and "default" not in facts)
    return found and of_column(ground, found, type=ground.sql.LONG_TEXT)


@kind(HARMLESS)
def wider_number(ground: Ground) -> Alteration | None:
    found = ground.column(lambda table, name, facts: facts["type"] in ground.sql.NUMBERS and not is_numbered(facts))
    return found and of_column(ground, found, type=ground.sql.NUMBERS[found[2]["type"]])


@kind(HARMLESS, mendable=True)
def nullable(ground: Ground) -> Alteration | None:
    found = ground.column(
        lambda table, name, facts: not facts["nullable"] and not in_key(ground, table, name) and not is_numbered(facts)
    )
    return found and of_column(ground, found, nullable=True)


@kind(HARMLESS, mendable=True)
def not_null_with_a_default(ground: Ground) -> Alteration | None:
    return _filled(ground, default=True)


@kind(BREAKING, mendable=True)
def not_null_without_a_default(ground: Ground) -> Alteration | None:
    return _filled(ground, default=False)


def _filled(ground: Ground, default: bool) -> Alteration | None:
    """A column that may be NULL, and is no more: what is NULL gets a value first."""
    found = ground.column(
        lambda table, name, facts: (
            facts["nullable"]
            and "default" not in facts
            and (length(facts) > 0 or is_number(facts))
            and not in_unique(ground, table, name)
        )
    )
    if found is None:
        return None
    value, quote = "'d'" if length(found[2]) else "42", ground.sql.quote
    fill = f"UPDATE {quote(found[0])} SET {quote(found[1])} = {value} WHERE {quote(found[1])} IS NULL"
    made = of_column(ground, found, nullable=False, default=value if default else None)
    trips = made.trips or (ground.dialect == "mysql" and _into_bytes(ground, *found[:2]))
    return replace(made, sql=(fill, *made.sql), trips=trips)


def _into_bytes(ground: Ground, table: str, name: str) -> bool:
    """Whether a later release makes a binary column of it, which has no default on MySQL."""
    then = (later["tables"].get(table, {}).get("columns", {}).get(name) for later in ground.later)
    return any(facts and "BLOB" in facts["type"] for facts in then)


@kind(HARMLESS, mendable=True)
def another_default(ground: Ground) -> Alteration | None:
    found = ground.column(
        lambda table, name, facts: (length(facts) >= 2 or is_number(facts)) and not is_numbered(facts)
    )
    return found and of_column(ground, found, default="'d'" if length(found[2]) else "42")


@kind(HARMLESS, mendable=True)
def no_default(ground: Ground) -> Alteration | None:
    found = ground.column(
        lambda table, name, facts: "default" in facts and not is_numbered(facts) and "on_update" not in facts
    )
    return found and of_column(ground, found, default=None)


@kind(HARMLESS, mendable=True)
def missing_index(ground: Ground) -> Alteration | None:
    found = ground.part("indexes", lambda table, index: not index["unique"])
    return found and _of_index(found, ground.sql.drop_index(found[0], found[1]["name"]))


def _of_index(found: tuple[str, Facts], *sql: str) -> Alteration:
    table, index = found
    places = tuple((table, column.partition("(")[0]) for column in index["columns"])
    return Alteration(sql, (table, index["name"]), places)


@kind(HARMLESS)
def index_over_other_columns(ground: Ground) -> Alteration | None:
    found = ground.part("indexes", lambda table, index: not index["unique"] and len(index["columns"]) > 1)
    if found is None:
        return None
    table, index = found
    columns = [column.partition("(")[0] for column in index["columns"]]
    if not ground.document["tables"][table]["columns"].keys() >= set(columns):
        return None
    other = ground.rng.choice([columns[::-1], columns[:1]])
    return _of_index(found, *ground.sql.rebuilt_index(table, index["name"], other))


@kind(HARMLESS)
def extra_index(ground: Ground) -> Alteration | None:
    found = ground.column(lambda table, name, facts: is_number(facts) or 0 < length(facts) <= 255)
    return found and _made_index(ground, found, "INDEX")


@kind(EXTRA)
def extra_unique_index(ground: Ground) -> Alteration | None:
    """The server refuses one where there are equal rows; which rows are equal depends on the character set."""
    found = ground.column(lambda table, name, facts: is_number(facts) or 0 < length(facts) <= 255)
    if not found:
        return None
    made = _made_index(ground, found, "UNIQUE INDEX")
    return replace(made, trips=made.trips or ground.recoded_later(*found[:2]))


def _made_index(ground: Ground, found: tuple[str, str, Facts], what: str) -> Alteration:
    table, name, _ = found
    quote, index = ground.sql.quote, f"OWN_{ground.rng.randrange(10**6)}"
    sql = f"CREATE {what} {quote(index)} ON {quote(table)} ({quote(name)})"
    return Alteration((sql,), (table, name), ((table, name),), trips=ground.keyed_later(table, name))


def _drop(ground: Ground, table: str, kind: str, key: Facts) -> str | None:
    """The clause that drops a key."""
    name = ground.sql.key_name(ground.connection, table, kind, key["columns"])
    return str(ground.sql.drop_key(kind, name)) if name else None


def _altered(ground: Ground, table: str, *clauses: str) -> str:
    return f"ALTER TABLE {ground.sql.quote(table)} {', '.join(clauses)}"


def _of_key(found: tuple[str, Facts], sql: str, **more: Any) -> Alteration:
    table, key = found
    places = tuple((table, column.partition("(")[0]) for column in key["columns"])
    return Alteration((sql,), (table, *key["columns"]), places, **more)


@kind(HARMLESS, mendable=True)
def missing_foreign_key(ground: Ground) -> Alteration | None:
    found = ground.part("foreign_keys")
    drop = found and _drop(ground, found[0], "FOREIGN KEY", found[1])
    return found and _of_key(found, _altered(ground, found[0], drop)) if drop else None


@kind(HARMLESS, mendable=True)
def foreign_key_with_other_actions(ground: Ground) -> Alteration | None:
    found = ground.part("foreign_keys")
    drop = found and _drop(ground, found[0], "FOREIGN KEY", found[1])
    if not found or not drop:
        return None
    table, key = found
    quote, event = ground.sql.quote, ground.rng.choice(["DELETE", "UPDATE"])
    action = ground.rng.choice(
        [a for a in ("CASCADE", "NO ACTION") if a != (key.get(f"on_{event.lower()}") or "NO ACTION")]
    )
    columns, referred = (", ".join(map(quote, key[names])) for names in ("columns", "ref_columns"))
    target = f"FOREIGN KEY ({columns}) REFERENCES {quote(key['ref_table'])} ({referred})"
    add = f"ADD CONSTRAINT {quote(f'OWN_{ground.rng.randrange(10**6)}')} {target} ON {event} {action}"
    return _of_key(found, _altered(ground, table, drop, add))


@kind(BREAKING, mendable=True)
def missing_unique_key(ground: Ground) -> Alteration | None:
    found = ground.part("unique")
    drop = found and _drop(ground, found[0], "UNIQUE", found[1])
    if not found or not drop:
        return None
    return _of_key(found, _altered(ground, found[0], drop), mended=_goes(ground, found[0], found[1]["columns"]))


def _goes(ground: Ground, table: str, columns: list[str]) -> bool:
    """Whether a later release has no such unique key."""
    then = (later["tables"].get(table) for later in ground.later)
    return any(facts and columns not in [key["columns"] for key in facts.get("unique", ())] for facts in then)


def _keyed(ground: Ground) -> str | None:
    """A table with a primary key whose columns nobody has claimed."""
    found = [t for t in ground.tables if ground.key_columns(t) and ground.free(t, ground.key_columns(t))]
    return (
        ground.pick(found, lambda table: _rekeyed(ground, table)) if ground.rng.random() < 0.5 else ground.pick(found)
    )


def _rekeyed(ground: Ground, table: str) -> bool:
    """Whether a later release has another primary key."""
    key = ground.document["tables"][table]["primary_key"]
    return any(
        facts and facts["primary_key"] != key for facts in (later["tables"].get(table) for later in ground.later)
    )


def _of_primary_key(ground: Ground, table: str, *then: str, **more: Any) -> Alteration | None:
    drop = _drop(ground, table, "PRIMARY KEY", {"columns": ground.key_columns(table)})
    if drop is None:
        return None
    places = tuple((table, column) for column in ground.key_columns(table))
    return Alteration((_altered(ground, table, drop, *then),), (table, "primary key"), places, **more)


@kind(BREAKING, mendable=True)
def missing_primary_key(ground: Ground) -> Alteration | None:
    table = _keyed(ground)
    return _of_primary_key(ground, table, mended=_rekeyed(ground, table)) if table else None


@kind(BREAKING)
def another_primary_key(ground: Ground) -> Alteration | None:
    table = _keyed(ground)
    if table is None:
        return None
    columns, facts = ground.key_columns(table), ground.document["tables"][table]["columns"]
    more = [n for n, f in facts.items() if n not in columns and not f["nullable"] and (is_number(f) or length(f))]
    ways = [[*columns, name] for name in more] + [columns[:-1]] * (len(columns) > 1)
    chosen = ground.pick(ways)
    if chosen is None:
        return None
    return _of_primary_key(ground, table, f"ADD PRIMARY KEY ({', '.join(map(ground.sql.quote, chosen))})")


@kind(HARMLESS)
def primary_key_in_another_order(ground: Ground) -> Alteration | None:
    table = _keyed(ground)
    columns = ground.key_columns(table) if table else []
    if table is None or len(columns) < 2:
        return None
    chosen = [*columns[1:], columns[0]]
    return _of_primary_key(ground, table, f"ADD PRIMARY KEY ({', '.join(map(ground.sql.quote, chosen))})")


@kind(HARMLESS)
def primary_key_where_there_is_none(ground: Ground) -> Alteration | None:
    bare = ground.pick(
        [t for t, facts in ground.tables.items() if not facts["primary_key"]], lambda t: t in ground.touched
    )
    if bare is None:
        return None
    table = ground.document["tables"][bare]
    keys = [[column.partition("(")[0] for column in key["columns"]] for key in table.get("unique", ())]
    keys += [[name] for name, facts in table["columns"].items() if not facts["nullable"] and length(facts) <= 255]
    columns = ground.pick([key for key in keys if ground.free(bare, key)])
    if columns is None:
        return None
    sql = _altered(ground, bare, f"ADD PRIMARY KEY ({', '.join(map(ground.sql.quote, columns))})")
    trips = any(ground.keyed_later(bare, column) for column in columns)
    return Alteration((sql,), (bare,), tuple((bare, column) for column in columns), trips=trips)


@kind(EXTRA)
def column_of_the_customer(ground: Ground) -> Alteration | None:
    form = ground.rng.choice(["VARCHAR(20)", "INTEGER DEFAULT 7", "VARCHAR(9) DEFAULT 'own' NOT NULL"])
    return _own_column(ground, form)


@kind(BREAKING)
def column_of_the_customer_without_a_default(ground: Ground) -> Alteration | None:
    made = _own_column(ground, "INTEGER DEFAULT 7 NOT NULL")
    if made is None:
        return None
    table, name = made.words
    return replace(
        made, sql=(*made.sql, _altered(ground, table, f"ALTER COLUMN {ground.sql.quote(name)} DROP DEFAULT"))
    )


def _own_column(ground: Ground, form: str) -> Alteration | None:
    table = ground.pick(list(ground.tables), lambda table: table in ground.touched)
    if table is None:
        return None
    name = f"OWN_{ground.rng.randrange(10**6)}"
    return Alteration(
        (_altered(ground, table, f"ADD COLUMN {ground.sql.quote(name)} {form}"),), (table, name), ((table, name),)
    )


@kind(EXTRA)
def table_of_the_customer(ground: Ground) -> Alteration | None:
    found = ground.part("foreign_keys", lambda table, key: len(key["columns"]) == 1)
    if found is None:
        return None
    name, quote, key = f"OWN_{ground.rng.randrange(10**6)}", ground.sql.quote, found[1]
    parent = ground.document["tables"][key["ref_table"]]["columns"][key["ref_columns"][0]]
    type_ = "INTEGER" if is_numbered(parent) else parent["type"]
    points = f"REFERENCES {quote(key['ref_table'])} ({quote(key['ref_columns'][0])})"
    made = f"CREATE TABLE {quote(name)} (ID INTEGER PRIMARY KEY, P {type_}, FOREIGN KEY (P) {points})"
    fill = f"INSERT INTO {quote(name)} SELECT 1, MIN({quote(key['ref_columns'][0])}) FROM {quote(key['ref_table'])}"
    trips = ground.keyed_later(key["ref_table"], key["ref_columns"][0])
    return Alteration((made, fill), (name,), ((key["ref_table"], key["ref_columns"][0]),), trips=trips)


@kind(EXTRA)
def view_of_the_customer(ground: Ground) -> Alteration | None:
    found = ground.column(lambda table, name, facts: True)
    if found is None:
        return None
    table, column, _ = found
    name, quote = f"OWN_{ground.rng.randrange(10**6)}", ground.sql.quote
    sql = f"CREATE VIEW {quote(name)} AS SELECT {quote(column)} FROM {quote(table)}"
    return Alteration((sql,), (name,), ((table, column),), trips=(table, column) in ground.touched_columns)


@kind(EXTRA)
def check_of_the_customer(ground: Ground) -> Alteration | None:
    found = ground.column(lambda table, name, facts: length(facts) > 0)
    if found is None:
        return None
    table, column, _ = found
    name, quote = f"OWN_{ground.rng.randrange(10**6)}", ground.sql.quote
    sql = _altered(ground, table, f"ADD CONSTRAINT {quote(name)} CHECK ({quote(column)} <> 'nothing')")
    trips = (table, column) in ground.touched_columns or (ground.dialect == "mysql" and table in ground.touched)
    return Alteration((sql,), (table, name), ((table, column),), trips=trips)


@kind(EXTRA)
def comment_of_the_customer(ground: Ground) -> Alteration | None:
    found = ground.column(lambda table, name, facts: True)
    if found is None:
        return None
    table, column, facts = found
    sql = ground.sql.commented(table, column, facts, "do not lose me")
    return Alteration((*sql, *ground.sql.table_commented(table, "nor me")), (table, column), ((table, column),))


@kind(BREAKING, mendable=True)
def missing_table(ground: Ground) -> Alteration | None:
    pointed = {k["ref_table"] for facts in ground.document["tables"].values() for k in facts.get("foreign_keys", ())}
    found = [t for t in ground.tables if t not in pointed and not any(t == table for table, _ in ground.claimed)]
    table = ground.pick(found, lambda table: table in ground.touched)
    if table is None:
        return None
    new = table not in ground.first["tables"]
    return Alteration((f"DROP TABLE {ground.sql.quote(table)}",), (table,), ((table, ""),), reverts=new)


@kind(BREAKING, mendable=True)
def missing_column(ground: Ground) -> Alteration | None:
    found = ground.column(lambda table, name, facts: not in_key(ground, table, name) and not is_numbered(facts))
    if found is None:
        return None
    table, name, facts = found
    sql = _altered(ground, table, f"DROP COLUMN {ground.sql.quote(name)}")
    new = name not in ground.first_columns(table)
    filled = (facts["nullable"] or "default" in facts) and not ground.is_narrowed(table, name)
    return Alteration((sql,), (table, name), ((table, name),), reverts=new, mendable=filled)


@kind(BREAKING, mendable=True)
def narrower_text(ground: Ground) -> Alteration | None:
    """What would not fit is cut first: the rows as they are then must stay."""
    found = ground.column(
        lambda table, name, facts: (
            length(facts) > 1 and not in_key(ground, table, name) and not may_be_narrower(ground, table)
        )
    )
    if found is None:
        return None
    table, name, facts = found
    new, quote = max(1, length(facts) - ground.rng.choice([1, length(facts) // 2])), ground.sql.quote
    cut = (
        f"UPDATE {quote(table)} SET {quote(name)} = LEFT({quote(name)}, {new}) WHERE CHAR_LENGTH({quote(name)}) > {new}"
    )
    made = of_column(ground, found, type=f"VARCHAR({new})")
    grown = facts["type"] != ground.first_columns(table).get(name, facts)["type"]
    return replace(made, sql=(cut, *made.sql), mended=_widened(ground, table, name, facts, new), reverts=grown)


def _widened(ground: Ground, table: str, name: str, facts: Facts, new: int) -> bool:
    """Whether a later release gives the column a type of its own, with room for what is there."""
    then = [later["tables"].get(table, {}).get("columns", {}).get(name) for later in ground.later]
    return any(f and f["type"] != facts["type"] and (length(f) >= new or not length(f)) for f in then)


@kind(BREAKING)
def another_type(ground: Ground) -> Alteration | None:
    found = ground.column(lambda table, name, facts: is_number(facts) or facts["type"].startswith("TIMESTAMP"))
    if found is None:
        return None
    return of_column(ground, found, type=ground.sql.TEXTLESS, default=None, on_update=None)


@kind(BREAKING)
def numbers_that_nobody_draws(ground: Ground) -> Alteration | None:
    found = ground.column(lambda table, name, facts: is_numbered(facts))
    if found is None:
        return None
    table, name, facts = found
    return Alteration(tuple(ground.sql.without_numbers(table, name, facts)), (table, name), ((table, name),))
