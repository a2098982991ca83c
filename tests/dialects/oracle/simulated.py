"""What Oracle's dictionary holds after each of our statements: the statement's own text is read and carried out.

Only the forms that the dialect emits are understood; any other is an error, and so is what Oracle would refuse:
a name that is taken or missing, NOT NULL where it is already, a dropped key that is not there.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from apim_schema.schema import Column, ForeignKey, Index, Key, Schema, Table, Trigger
from tests.dialects.oracle import facts
from tests.dialects.oracle.modules import ddl, introspect, plsql, types
from tests.dialects.oracle.recorded import OWNER, dictionary

SUCCESSOR = ddl.SUCCESSOR

Found = re.Match[str]
FORMS: list[tuple[re.Pattern[str], Callable[[Schema, Found], Schema]]] = []

DEFINITION = re.compile(
    r"(\w+) ((?:NUMBER|VARCHAR2|CHAR)\([\d,]+(?: CHAR| BYTE)?\)|\w+)(?: DEFAULT (.+?))?( NOT NULL)?"
)


def form(pattern: str) -> Callable[[Callable[[Schema, Found], Schema]], Callable[[Schema, Found], Schema]]:
    def registered(function: Callable[[Schema, Found], Schema]) -> Callable[[Schema, Found], Schema]:
        FORMS.append((re.compile(pattern, re.DOTALL), function))
        return function

    return registered


def view(schema: Schema, unit: str = "BYTE") -> Schema:
    """The schema as introspection reads it."""
    read: Schema = introspect.mapped(OWNER, dictionary(schema, unit))
    return read


def run(schema: Schema, sql: str) -> Schema:
    """The raw schema after a statement; a conversion's batches move rows only."""
    facts.check(sql)
    for pattern, function in FORMS:
        if found := pattern.fullmatch(sql.replace(f"{OWNER}.", "")):
            return function(schema, found)
    raise AssertionError(f"not understood: {sql}")


def raw(schema: Schema) -> Schema:
    """A schema with nothing that only introspection works out."""
    return replace(
        schema,
        tables={
            name: replace(t, columns={c.name: replace(c, generated=None, unit=None) for c in t.columns.values()})
            for name, t in schema.tables.items()
        },
    )


@form(r"CREATE SEQUENCE (\w+) (.+)")
def _sequence(schema: Schema, found: Found) -> Schema:
    assert found[1] not in schema.sequences
    return schema.with_sequence(found[1], found[2])


@form(r"CREATE TRIGGER (\w+)\n(BEFORE|AFTER) (\w+)(?: OF \w+)? ON (\w+)\nFOR EACH ROW\n(?:WHEN \((.+)\)\n)?(BEGIN.+)")
def _trigger(schema: Schema, found: Found) -> Schema:
    assert found[1] not in schema.triggers
    assert found[4] in schema.tables
    trigger = Trigger(found[1], found[4], found[2], (found[3],), plsql.filled(found[6]), found[5], found[6])
    assert trigger.fills is None or trigger.fills[0] in schema.sequences
    return schema.with_trigger(trigger)


@form(r"CREATE TABLE (\w+) \(\n    (.+)\n\)")
def _create(schema: Schema, found: Found) -> Schema:
    assert found[1] not in schema.tables
    table = Table(found[1], {})
    for part in found[2].split(",\n    "):
        table = _with_part(table, part, schema)
    return schema.with_table(table)


def _with_part(table: Table, part: str, schema: Schema) -> Table:
    if key := re.fullmatch(r"PRIMARY KEY \((.+)\)", part):
        return replace(table, primary_key=Key(_names(key[1])))
    if key := re.fullmatch(r"(?:CONSTRAINT (\w+) )?UNIQUE \((.+)\)", part):
        return replace(table, unique=(*table.unique, Key(_names(key[2]), key[1])))
    if "REFERENCES" in part:
        return replace(table, foreign_keys=(*table.foreign_keys, _foreign_key(part, schema.with_table(table))))
    return table.with_column(_column(part))


def _foreign_key(part: str, schema: Schema) -> ForeignKey:
    pattern = r"(?:CONSTRAINT (\w+) )?FOREIGN KEY \((.+)\) REFERENCES (\w+) \((.+)\)(?: ON DELETE (.+))?"
    key = re.fullmatch(pattern, part)
    assert key is not None, part
    assert key[3] in schema.tables, f"{part}: no such table yet"
    return ForeignKey(_names(key[2]), key[3], _names(key[4]), key[5], name=key[1])


def _column(part: str) -> Column:
    found = DEFINITION.fullmatch(part)
    assert found is not None, part
    type_ = types.normalise_type(found[2])
    unit = re.search(r"BYTE|CHAR(?=\))", found[2])
    default = types.normalise_default(found[3], type_)
    return Column(found[1], type_, found[4] is None, default, unit=unit[0] if unit else None)


def _names(listed: str) -> tuple[str, ...]:
    return tuple(listed.split(", "))


@form(r"CREATE (UNIQUE )?INDEX (\w+) ON (\w+) \((.+)\)")
def _index(schema: Schema, found: Found) -> Schema:
    table = schema.tables[found[3]]
    columns = _names(found[4])
    assert not any(index.name == found[2] for t in schema.tables.values() for index in t.indexes)
    keys = [k.columns for k in (table.primary_key, *table.unique) if k is not None]
    assert columns not in (*keys, *(index.columns for index in table.indexes)), "ORA-01408"
    return schema.with_table(replace(table, indexes=(*table.indexes, Index(found[2], columns, bool(found[1])))))


@form(r"ALTER TABLE (\w+) ADD \((.+)\)")
def _add_column(schema: Schema, found: Found) -> Schema:
    column = _column(found[2])
    assert column.name not in schema.tables[found[1]].columns, "ORA-01430"
    assert column.nullable or column.default is not None, "ORA-01758, where there are rows"
    return schema.with_table(schema.tables[found[1]].with_column(column))


@form(r"ALTER TABLE (\w+) MODIFY \((\w+) DEFAULT (.+)\)")
def _default(schema: Schema, found: Found) -> Schema:
    column = schema.tables[found[1]].columns[found[2]]
    default = types.normalise_default(found[3], column.type)
    return schema.with_table(schema.tables[found[1]].with_column(replace(column, default=default)))


@form(r"ALTER TABLE (\w+) MODIFY \((\w+) (VARCHAR2\(\d+ (BYTE|CHAR)\))\)")
def _type(schema: Schema, found: Found) -> Schema:
    column = schema.tables[found[1]].columns[found[2]]
    assert column.unit in (None, found[4]), "the column's semantics would change"
    wanted = replace(column, type=types.normalise_type(found[3]), unit=found[4])
    return schema.with_table(schema.tables[found[1]].with_column(wanted))


@form(r"ALTER TABLE (\w+) MODIFY \((\w+) (NOT )?NULL\)")
def _null(schema: Schema, found: Found) -> Schema:
    column = schema.tables[found[1]].columns[found[2]]
    assert column.nullable == bool(found[3]), "ORA-01442 or ORA-01451"
    return schema.with_table(schema.tables[found[1]].with_column(replace(column, nullable=not found[3])))


@form(r"DECLARE\n    edited_rows INTEGER.+EXECUTE IMMEDIATE 'ALTER TABLE (\w+) DROP COLUMN (\w+)';\nEND;")
def _drop_column(schema: Schema, found: Found) -> Schema:
    table, name = schema.tables[found[1]], found[2]
    if successor := table.columns.get(name + SUCCESSOR):
        assert successor.nullable == table.columns[name].nullable, "a NULL could get in unseen"
    assert name in table.columns, "ORA-00904"
    keys = [key.columns for key in (table.primary_key, *table.unique) if key is not None]
    assert not any(name in columns and len(columns) > 1 for columns in keys), "ORA-12991"
    return schema.with_table(table.without_column(name))


@form(r"ALTER TABLE (\w+) DROP COLUMN (\w+)")
def _drop_plain_column(schema: Schema, found: Found) -> Schema:
    """One that nothing takes the place of: a conversion's text goes by its own block only."""
    assert found[2] + SUCCESSOR not in schema.tables[found[1]].columns, "a text that was edited would be lost"
    beside = found[2].removesuffix(SUCCESSOR)
    assert beside == found[2] or beside in schema.tables[found[1]].columns, "the only copy would be lost"
    return _drop_column(schema, found)


@form(r"DROP TABLE (\w+) PURGE")
def _drop_table(schema: Schema, found: Found) -> Schema:
    assert found[1] in schema.tables, "ORA-00942"
    referring = [t.name for t in schema.tables.values() for key in t.foreign_keys if key.ref_table == found[1]]
    assert set(referring) <= {found[1]}, "ORA-02449"
    return schema.without_table(found[1])


@form(r"DROP SEQUENCE (\w+)")
def _drop_sequence(schema: Schema, found: Found) -> Schema:
    assert found[1] in schema.sequences, "ORA-02289"
    return schema.without_sequences([found[1]])


@form(r"DROP INDEX (\w+)")
def _drop_index(schema: Schema, found: Found) -> Schema:
    (table,) = [t for t in schema.tables.values() if t.index(found[1])]
    return schema.with_table(replace(table, indexes=tuple(i for i in table.indexes if i.name != found[1])))


@form(r"ALTER TABLE (\w+) ADD ((?:CONSTRAINT \w+ )?UNIQUE .+)")
def _add_unique(schema: Schema, found: Found) -> Schema:
    table = _with_part(schema.tables[found[1]], found[2], schema)
    assert len(set(table.unique)) == len(table.unique), "ORA-02261"
    return schema.with_table(table)


@form(r"ALTER TABLE (\w+) RENAME COLUMN (\w+) TO (\w+)")
def _rename(schema: Schema, found: Found) -> Schema:
    table = schema.tables[found[1]]
    assert found[3] not in table.columns, "ORA-00957"
    columns = {
        c.name: c for c in (replace(c, name=found[3]) if c.name == found[2] else c for c in table.columns.values())
    }
    return schema.with_table(replace(table, columns=columns))


@form(r"ALTER TABLE (\w+) DROP PRIMARY KEY DROP INDEX")
def _drop_primary_key(schema: Schema, found: Found) -> Schema:
    table = schema.tables[found[1]]
    assert table.primary_key is not None, "ORA-02441"
    return schema.with_table(replace(table, primary_key=None))


@form(r"ALTER TABLE (\w+) ADD PRIMARY KEY \((.+)\)")
def _add_primary_key(schema: Schema, found: Found) -> Schema:
    table = schema.tables[found[1]]
    assert table.primary_key is None, "ORA-02260"
    return schema.with_table(replace(table, primary_key=Key(_names(found[2]))))


@form(r"ALTER TABLE (\w+) DROP UNIQUE \((.+)\) DROP INDEX")
def _drop_unique(schema: Schema, found: Found) -> Schema:
    table = schema.tables[found[1]]
    left = tuple(key for key in table.unique if key.columns != _names(found[2]))
    assert len(left) == len(table.unique) - 1, "ORA-02442"
    return schema.with_table(replace(table, unique=left))


@form(r"ALTER TABLE (\w+) DROP CONSTRAINT (\w+)")
def _drop_constraint(schema: Schema, found: Found) -> Schema:
    table = schema.tables[found[1]]
    names = [key.name or f"SYS_{table.name}_F{place}" for place, key in enumerate(table.foreign_keys)]
    left = tuple(key for name, key in zip(names, table.foreign_keys, strict=True) if name != found[2])
    assert len(left) == len(names) - 1, "ORA-02443"
    return schema.with_table(replace(table, foreign_keys=left))


@form(r"ALTER TABLE (\w+) ADD (FOREIGN KEY .+)")
def _add_foreign_key(schema: Schema, found: Found) -> Schema:
    table, key = schema.tables[found[1]], _foreign_key(found[2], schema)
    assert (key.columns, key.ref_table) not in [(k.columns, k.ref_table) for k in table.foreign_keys], "ORA-02275"
    return schema.with_table(replace(table, foreign_keys=(*table.foreign_keys, key)))


@form(r"DECLARE\n    found_text .+UPDATE (\w+) SET (\w+) = found_text.+")
def _cut(schema: Schema, found: Found) -> Schema:
    assert found[2] in schema.tables[found[1]].columns, "ORA-00904"
    return schema


@form(r"DECLARE\n    copied_rows INTEGER;.+FROM (\w+) t\n.+UPDATE (\w+) SET (\w+) = (?:utf8_bytes|found_text).+")
def _copy(schema: Schema, found: Found) -> Schema:
    assert found[1] == found[2]
    columns: Any = schema.tables[found[1]].columns
    assert {found[3], found[3].removesuffix(SUCCESSOR)} <= columns.keys(), "ORA-00904"
    return schema
