"""The statements of every release, carried out on the model: they arrive, from every state that a kill can leave."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from apim_schema import chain, changes, compare, flavours, preflight, registry
from apim_schema.changes import Change
from apim_schema.errors import Conflict
from apim_schema.schema import Column, Index, Key, Schema
from tests.dialects.oracle.modules import ddl
from tests.dialects.oracle.simulated import raw, run, view

STEPS = [
    (flavour, database, start, target)
    for flavour in flavours.of_dialect("oracle")
    for database in chain.DATABASES
    for start, target in zip(chain.releases(database), chain.releases(database)[1:], strict=False)
    if start >= chain.first(flavour, database)
]
BACK = [(flavour, database, target, start) for flavour, database, start, target in STEPS]
UNITS = ("BYTE", "CHAR")


def start_of(flavour: str, database: str, release: str) -> Schema:
    return raw(chain.expected(flavour, database, release))


def touched(schema: Schema, made: Sequence[Change]) -> Schema:
    """The tables that these changes are about, and those that they lead to: no other can matter."""
    new = {change.table: change.definition for change in made if isinstance(change, changes.CreateTable)}
    known, ahead = set[str](), {change.table for change in made}
    ahead |= {change.key.ref_table for change in made if isinstance(change, changes.ReplaceForeignKey)}
    while ahead:
        known |= ahead
        tables = [table for name in ahead for table in (schema.tables.get(name), new.get(name)) if table]
        ahead = {key.ref_table for table in tables for key in table.foreign_keys} - known
    return replace(schema, tables={name: table for name, table in schema.tables.items() if name in known})


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("step", [*STEPS, *BACK], ids="-".join)
def test_a_release_is_reached_through_every_state_between(step: tuple[str, str, str, str], unit: str) -> None:
    """After each statement, what remains is the rest and nothing else."""
    flavour, database, start, target = step
    made = chain.step(flavour, database, start, target)
    schema = touched(start_of(flavour, database, start), made)
    live = view(schema, unit)
    for change in (c for c in made if not isinstance(c, changes.KeepIndex)):
        rest = statements(change, live)
        assert bool(rest) != change.is_in(live), str(change)
        while rest:
            schema = run(schema, rest.pop(0))
            live = view(schema, unit)
            left = statements(change, live)
            assert left == rest or (left[1:] == rest and "copied_rows" in left[0])  # batches are never known to be all
            assert change.is_in(live) == (not rest), str(change)
    assert compare.mismatches(touched(chain.expected(flavour, database, target), made), live) == []


@pytest.mark.parametrize("step", [*STEPS, *BACK], ids="-".join)
def test_the_plan_is_what_runs(step: tuple[str, str, str, str]) -> None:
    """The statements planned on the model are those that the database itself would ask for, change after change."""
    flavour, database, start, target = step
    made = chain.step(flavour, database, start, target)
    schema = touched(start_of(flavour, database, start), made)
    planned = live = view(schema, "CHAR")
    for change in made:
        expected = statements(change, planned)
        assert statements(change, live) == expected
        for sql in expected:
            schema = run(schema, sql)
        live = view(schema, "CHAR") if expected else live
        planned = change.apply(planned)


@pytest.mark.parametrize("flavour", flavours.of_dialect("oracle"))
@pytest.mark.parametrize("database", chain.DATABASES)
def test_create_makes_the_first_release(flavour: str, database: str) -> None:
    wanted = chain.expected(flavour, database, chain.first(flavour, database))
    schema = Schema(flavour)
    for statement in ddl.create(wanted, "APIM"):
        schema = run(schema, statement.sql)
    assert compare.compare(wanted, view(schema)) == []


def test_a_column_keeps_its_own_semantics_whatever_the_session_has() -> None:
    change = changes.AlterColumn("T", "C", type="VARCHAR2(512)")
    for unit in UNITS:
        live = with_columns(Column("C", "VARCHAR2(10)", unit=unit), unit="BYTE")
        assert sql(change, live) == [f"ALTER TABLE T MODIFY (C VARCHAR2(512 {unit}))"]
    offline = with_columns(Column("C", "VARCHAR2(10)"))
    assert "CHAR_USED" in sql(change, offline)[0]


def test_null_is_said_only_where_it_changes() -> None:
    nullable, required = Column("C", "NUMBER(1)"), Column("C", "NUMBER(1)", nullable=False)
    to_null, to_required = changes.AlterColumn("T", "C", nullable=True), changes.AlterColumn("T", "C", nullable=False)
    assert sql(to_null, with_columns(required)) == ["ALTER TABLE T MODIFY (C NULL)"]
    assert sql(to_required, with_columns(nullable)) == ["ALTER TABLE T MODIFY (C NOT NULL)"]
    assert sql(to_null, with_columns(nullable)) == sql(to_required, with_columns(required)) == []


def test_names_are_quoted_only_where_they_must_be() -> None:
    live = with_columns(Column("MODE", "VARCHAR2(10)", unit="CHAR"))
    change = changes.AlterColumn("T", "MODE", type="VARCHAR2(20)")
    (statement,) = ddl.statements(change, live, "apim")
    assert statement.sql == 'ALTER TABLE APIM.T MODIFY ("MODE" VARCHAR2(20 CHAR))'
    (statement,) = ddl.statements(change, live, "Apim")
    assert statement.sql.startswith('ALTER TABLE "Apim".T ')


def test_a_column_of_the_working_name_that_is_none_of_ours_is_a_conflict() -> None:
    live = with_columns(Column("C", "VARCHAR2(10)"), Column("C" + ddl.SUCCESSOR, "VARCHAR2(10)"))
    with pytest.raises(Conflict, match="by hand"):
        sql(changes.TextToBinary("T", "C", "BLOB"), live)


def test_another_table_in_the_way_is_a_conflict() -> None:
    change = next(c for c in chain.changes("oracle", "apim", "4.3.0") if isinstance(c, changes.CreateTable))
    schema = start_of("oracle", "apim", "4.3.0")
    table = schema.tables[change.table]
    columns = {n: c for n, c in table.columns.items() if n != "POLICY_ORDER"}
    with pytest.raises(Conflict, match="POLICY_ORDER"):
        sql(change, view(schema.with_table(replace(table, columns=columns))))


def test_an_index_that_a_release_may_have_is_looked_up_by_the_script() -> None:
    (change,) = chain.changes("oracle", "shared", "4.5.0")
    (statement,) = sql(change, chain.expected("oracle", "shared", "4.4.0"))
    assert "EXECUTE IMMEDIATE 'CREATE INDEX REG_RESC_PROP_BY_REG_PROP_ID" in statement


def statements(change: changes.Change, live: Schema) -> list[str]:
    return [statement.sql for statement in ddl.statements(change, live, "APIM")]


def with_columns(*columns: Column, **options: str) -> Schema:
    table = replace(chain.expected("oracle", "shared", "4.2.0").tables["REG_TAG"], name="T")
    return Schema("oracle", {"T": replace(table, columns={c.name: c for c in columns})}, options=options)


def sql(change: changes.Change, live: Schema) -> list[str]:
    return [statement.sql for statement in ddl.statements(change, live, None)]


@pytest.mark.parametrize(("unit", "length"), [("CHAR", "LENGTH(C)"), ("BYTE", "LENGTHB(C)"), (None, "LENGTHB(C)")])
def test_what_is_too_long_is_measured_as_the_column_counts(unit: str | None, length: str) -> None:
    live = with_columns(Column("C", "VARCHAR2(256)", unit=unit))
    change = changes.AlterColumn("T", "C", type="VARCHAR2(100)", narrows="VARCHAR2(256)")
    (hazard,) = preflight.rules(change, live, registry.load("oracle"), None)
    assert hazard.condition == f"{length} > 100"


def test_a_unique_index_that_serves_as_a_constraint_goes() -> None:
    live = with_columns(Column("C", "VARCHAR2(10)"), Column("D", "VARCHAR2(10)"))
    table = replace(live.tables["T"], unique=(), indexes=(Index("U", ("C", "D"), unique=True), Index("I", ("D",))))
    change = changes.DropUnique("T", ("C", "D"))
    assert sql(change, live.with_table(table)) == ["DROP INDEX U"]
    assert sql(change, live.with_table(replace(table, unique=(Key(("C", "D"), "K"),), indexes=()))) == [
        "ALTER TABLE T DROP UNIQUE (C, D) DROP INDEX"
    ]
