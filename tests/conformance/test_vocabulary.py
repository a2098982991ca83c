"""Every word of the revisions on a live table with ugly rows: each statement brings it on, and the last one is the end.

What the chains have no use for yet is tried here, so that the next release needs no new word.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest
import sqlalchemy as sa
from sqlalchemy import Connection

from apim_schema import compare, difference, evidence, preflight, registry
from apim_schema.changes import Change, replay
from apim_schema.dialect import Dialect
from apim_schema.errors import Conflict
from apim_schema.judge import Rows, judge
from apim_schema.progress import Silent
from apim_schema.revision import (
    Changes,
    add_column,
    alter_column,
    column,
    create_foreign_key,
    create_index,
    create_table,
    create_unique_constraint,
    drop_column,
    drop_constraint,
    drop_index,
    drop_table,
    except_on,
    for_flavour,
    foreign_key,
    index,
    on,
    primary_key,
    replace_foreign_key,
    replace_primary_key,
    replace_trigger,
    text_to_binary,
    unique,
    vary,
)
from apim_schema.schema import Schema
from apim_schema.types import bigint, blob, integer, timestamp, varchar
from tests.conformance.site import Site
from tests.servers import Server, new_database

BEFORE: Changes = (
    create_table("PARENT", column("ID", varchar(45), nullable=False), column("NAME", varchar(20)), primary_key("ID")),
    create_table("GONE", column("ID", integer(), nullable=False), primary_key("ID")),
    create_table(
        "T",
        column("ID", integer(), nullable=False),
        column("KIND", varchar(9), nullable=False),
        column("PARENT_ID", varchar(45)),
        column("OTHER_ID", varchar(45)),
        column("WORDS", varchar(1024), nullable=False),
        column("STATE", varchar(20), server_default="'new'"),
        column("PLACE", integer(), nullable=False, server_default="7"),
        column("UNUSED", varchar(30)),
        column("FLAG", integer(), server_default="0"),
        column("TIME_STAMP", timestamp()),
        primary_key("ID", "KIND"),
        unique("STATE", "PLACE"),
        foreign_key("PARENT_ID", "PARENT", "ID", on_delete="CASCADE"),
        index("IDX_T_PLACE", "PLACE"),
        index("IDX_T_UNUSED", "UNUSED"),
        index("IDX_T_BOTH", "PLACE", "FLAG"),
    ),
    on("postgresql", replace_trigger("TOUCHED", "T", "AFTER", "UPDATE")),
    on("mysql", replace_trigger("TOUCHED", "T", "AFTER", "UPDATE", action="SET @touched = NEW.PLACE")),
)
"""The tables that the words are about, made by words too."""

PARENTS = [("p", "it's"), ("q ", None)]
ROWS: Sequence[tuple[object, ...]] = [
    (1, "a", "p", "p", "caf\u00e9 \\x41 'quoted' 100%", "new", 1),
    (1, "b", "p", None, "two\nlines;\n-- and more", None, 1),
    (2, "a", None, "q ", " ", "old", 2),
    (3, "A", "q ", "p", "%(name)s :name ?", None, 1),
]
COLUMNS = ("ID", "KIND", "PARENT_ID", "OTHER_ID", "WORDS", "STATE", "PLACE")

WORDS: dict[str, Changes] = {
    "drop a column": (drop_column("T", "UNUSED"),),
    "drop a column with a default": (drop_index("T", "IDX_T_BOTH"), drop_column("T", "FLAG")),
    "drop an index": (drop_index("T", "IDX_T_PLACE"),),
    "drop a table": (drop_table("GONE"),),
    "set a default": (alter_column("T", "UNUSED", server_default="'it''s 50%'", existing_type=varchar(30)),),
    "set another default": (
        alter_column("T", "STATE", server_default="'old'", existing_type=varchar(20)),
        alter_column("T", "PLACE", server_default="-1", existing_type=integer()),
    ),
    "drop a default": (
        alter_column("T", "STATE", server_default=None),
        alter_column("T", "PLACE", server_default=None),
    ),
    "set NOT NULL": (alter_column("T", "FLAG", nullable=False),),
    "drop NOT NULL": (alter_column("T", "PLACE", nullable=True), alter_column("T", "WORDS", nullable=True)),
    "all of a column": (alter_column("T", "FLAG", type_=bigint(), nullable=False, server_default="5"),),
    "a longer text": (alter_column("T", "STATE", type_=varchar(200)), alter_column("T", "WORDS", type_=varchar(1500))),
    "a shorter text": (alter_column("T", "STATE", type_=varchar(3)), alter_column("T", "WORDS", type_=varchar(60))),
    "a wider number": (
        except_on("oracle", alter_column("T", "PLACE", type_=bigint())),
        except_on("oracle", alter_column("T", "ID", type_=bigint())),
    ),
    "text to bytes": (text_to_binary("T", "WORDS", blob()),),
    "create a unique constraint": (create_unique_constraint("T", unique("ID", "KIND", "STATE", name="UNQ_T")),),
    "create one without a name": (create_unique_constraint("PARENT", unique("NAME")),),
    "drop a unique constraint": (drop_constraint("T", unique("STATE", "PLACE")),),
    "create a foreign key": (create_foreign_key("T", foreign_key("OTHER_ID", "PARENT", "ID", on_delete="CASCADE")),),
    "drop a foreign key": (drop_constraint("T", foreign_key("PARENT_ID", "PARENT", "ID")),),
    "replace a foreign key": (replace_foreign_key("T", foreign_key("PARENT_ID", "PARENT", "ID")),),
    "replace the primary key": (replace_primary_key("T", "KIND", "ID"),),
    "replace a trigger": (
        on("postgresql", replace_trigger("TOUCHED", "T", "BEFORE", "UPDATE")),
        on("mysql", replace_trigger("TOUCHED", "T", "BEFORE", "UPDATE", action="SET NEW.FLAG = NEW.PLACE")),
    ),
    "a whole release": (
        drop_constraint("T", foreign_key("PARENT_ID", "PARENT", "ID")),
        drop_constraint("T", unique("STATE", "PLACE")),
        create_table("CHILD", column("ID", integer(), nullable=False), column("T_ID", integer()), primary_key("ID")),
        add_column("T", column("MADE", varchar(9), nullable=False), fill="'before'"),
        add_column("T", column("ORDER", integer(), server_default="3")),
        alter_column("T", "STATE", type_=varchar(40), server_default=None),
        text_to_binary("T", "WORDS", blob("LONG")),
        drop_index("T", "IDX_T_BOTH"),
        drop_column("T", "UNUSED"),
        drop_column("T", "FLAG"),
        create_unique_constraint("T", unique("ID", "KIND", "MADE")),
        create_foreign_key("T", foreign_key("OTHER_ID", "PARENT", "ID", on_update=vary("CASCADE", oracle=None))),
        create_index("T", index("IDX_T_MADE", "MADE", "ORDER")),
        drop_table("GONE"),
    ),
}
words = pytest.mark.parametrize("word", WORDS)


class Small:
    """A database with the small tables, connected to as the tool does."""

    def __init__(self, server: Server, connection: Connection) -> None:
        self.dialect: Dialect = registry.load(server.dialect)
        self.connection = connection
        self.schema = self.dialect.session.default_schema(connection)
        self.flavour = self.read().flavour

    def read(self) -> Schema:
        return self.dialect.introspect.read(self.connection, self.schema)

    def settled(self, declared: Changes) -> tuple[Change, ...]:
        return for_flavour(declared, self.flavour)

    def remaining(self, wanted: Sequence[Change]) -> list[str]:
        return [made.sql for made in self.dialect.ddl.combined(wanted, self.read(), self.schema)]

    def execute(self, sql: str) -> None:
        self.dialect.session.execute(self.connection, sql)

    def fill(self) -> None:
        """By parameters, which no quoting can spoil."""
        for table, names, rows in (("PARENT", ("ID", "NAME"), PARENTS), ("T", COLUMNS, ROWS)):
            marks = ", ".join(f":v{place}" for place in range(len(names)))
            into = (
                f"{self.dialect.names.qualified(table, self.schema)} ({', '.join(map(self.dialect.names.sql, names))})"
            )
            for row in rows:
                values = {f"v{place}": value for place, value in enumerate(row)}
                self.connection.execute(sa.text(f"INSERT INTO {into} VALUES ({marks})"), values)

    def look(self, wanted: Sequence[Change]) -> list[str]:
        """What preflight finds."""
        found = preflight.check(self.dialect, self.connection, self.schema, self.read(), wanted)
        return [str(finding) for finding in found]


@contextmanager
def small(server: Server) -> Iterator[Small]:
    with new_database(server, **Site.usual(server)) as url:
        engine = sa.create_engine(url, poolclass=sa.NullPool)
        with registry.load(server.dialect).session.connect(engine, None) as connection, connection.begin():
            made = Small(server, connection)
            for sql in made.remaining(made.settled(BEFORE)):
                made.execute(sql)
            made.fill()
            yield made


@words
def test_each_statement_brings_it_on_and_no_row_changes(server: Server, word: str) -> None:
    with small(server) as database:
        wanted, old = database.settled(WORDS[word]), database.read()
        if not wanted:
            pytest.skip("not on this database")
        assert database.look(wanted) == []
        new = replay(old, wanted)
        before = collected(database, evidence.staying(old.tables, new))
        statements = database.remaining(wanted)
        while statements:
            database.execute(statements.pop(0))
            assert database.remaining(wanted) == statements
        reached = database.read()
        assert [str(change) for change in wanted if not change.is_in(reached)] == []
        expect_the_same(new, reached)
        after = collected(database, before.tables)
        rows = Rows(database.dialect, database.connection, database.schema, reached)
        verdict = judge(rows, before, after)
        assert (verdict.verdict, verdict.failures) == (evidence.PROVEN, ())
        assert before.tables["T"].columns.keys() == old.tables["T"].columns.keys() & new.tables["T"].columns.keys()


def collected(database: Small, tables: object) -> evidence.Evidence:
    return evidence.collect(
        database.dialect,
        database.connection,
        database.schema,
        database.read(),
        Silent(),
        "",
        tables,  # type: ignore[arg-type]
    )


def expect_the_same(model: Schema, reached: Schema) -> None:
    """Nothing is missing or different; more may be the index that a server makes for a foreign key and keeps."""
    found = [d for d in compare.compare(model, reached) if d.kind != difference.VARIANT]
    assert [str(d) for d in found if (d.kind, d.what) != (difference.EXTRA, "index")] == []
    assert len(found) <= 1


IN_THE_WAY: dict[str, tuple[Changes, str, str]] = {
    "values of a column": (
        (drop_column("T", "UNUSED"),),
        "UPDATE T SET UNUSED = 'kept' WHERE ID = 2",
        "T: UNUSED is dropped, and holds something else than NULL: (ID=2, KIND='a')",
    ),
    "values other than the default": (
        (drop_index("T", "IDX_T_BOTH"), drop_column("T", "FLAG")),
        "UPDATE T SET FLAG = 1 WHERE ID = 3",
        "T: FLAG is dropped, and holds something else than NULL or 0: (ID=3, KIND='A')",
    ),
    "rows of a table": ((drop_table("GONE"),), "INSERT INTO GONE (ID) VALUES (5)", "GONE: it is dropped, and has rows"),
    "NULLs": (
        (alter_column("T", "FLAG", nullable=False),),
        "UPDATE T SET FLAG = NULL WHERE ID = 3",
        "T: FLAG is NULL and may not be any more",
    ),
    "duplicates": (
        (create_unique_constraint("T", unique("PLACE", "FLAG")),),
        "UPDATE T SET FLAG = ID WHERE ID < 3",
        "duplicates under the new unique constraint (PLACE, FLAG): (ID=1, KIND='a'), (ID=1, KIND='b');",
    ),
    "orphans": (
        (create_foreign_key("T", foreign_key("OTHER_ID", "PARENT", "ID")),),
        "UPDATE T SET OTHER_ID = 'nobody' WHERE ID = 3",
        "T: (OTHER_ID) points to no row of PARENT: (ID=3, KIND='A')",
    ),
    "orphans of a table that is still to come": (
        (
            create_table("CHILD", column("ID", varchar(45), nullable=False), primary_key("ID")),
            create_foreign_key("T", foreign_key("OTHER_ID", "CHILD", "ID")),
        ),
        "UPDATE T SET OTHER_ID = NULL WHERE ID <> 3",
        "T: (OTHER_ID) points to no row of CHILD: (ID=3, KIND='A')",
    ),
}


@pytest.mark.parametrize("what", IN_THE_WAY)
def test_rows_in_the_way_are_found_and_no_others(server: Server, what: str) -> None:
    declared, spoil, told = IN_THE_WAY[what]
    with small(server) as database:
        wanted = database.settled(declared)
        database.execute(spoil)
        (found,) = database.look(wanted)
        assert told in found


@pytest.mark.parametrize("columns", [("PLACE", "STATE", "OTHER_ID"), ("UNUSED",), ("PLACE", "UNUSED")], ids=",".join)
def test_a_null_is_a_duplicate_where_the_database_takes_it_for_one(server: Server, columns: tuple[str, ...]) -> None:
    """As the database itself says when it is asked for the constraint."""
    with small(server) as database:
        wanted = database.settled((create_unique_constraint("T", unique(*columns)),))
        found = database.look(wanted)
        (sql,) = database.remaining(wanted)
        try:
            database.execute(sql)
        except sa.exc.DBAPIError:
            assert found
        else:
            assert not found


CONFLICTS: dict[str, tuple[Changes, str]] = {
    "index": (
        (drop_column("T", "FLAG"),),
        r"cannot drop column T\.FLAG: it is part of index IDX_T_BOTH \(PLACE, FLAG\)",
    ),
    "key": ((drop_column("T", "KIND"),), "it is part of the primary key"),
    "unique": ((drop_column("T", "STATE"),), r"it is part of unique constraint .*\(STATE, PLACE\)"),
    "foreign key": ((drop_column("T", "PARENT_ID"),), r"it is part of the foreign key \(PARENT_ID\) to PARENT"),
    "what points to it": ((drop_table("PARENT"),), r"cannot drop table PARENT: T \(PARENT_ID\) points to it"),
    "name": (
        (create_index("T", index("IDX_T_PLACE", "WORDS")),),
        r"IDX_T_PLACE|index of this name is there over \(PLACE\)",
    ),
    "column": ((create_unique_constraint("T", unique("NOWHERE")),), "T has no column NOWHERE"),
    "kind of type": ((alter_column("T", "WORDS", type_=integer()),), "wanted INTEGER"),
}


@pytest.mark.parametrize("what", CONFLICTS)
def test_what_is_in_the_way_is_named(server: Server, what: str) -> None:
    declared, told = CONFLICTS[what]
    with small(server) as database, pytest.raises(Conflict, match=told):
        database.remaining(database.settled(declared))


def test_what_was_made_by_hand_is_taken_for_done(server: Server) -> None:
    """A column that its owner has dropped, a table that is gone, a unique index in the place of a constraint."""
    with small(server) as database:
        wanted = database.settled(
            (
                drop_column("T", "UNUSED"),
                drop_table("GONE"),
                create_unique_constraint("T", unique("ID", "KIND", "PLACE")),
                alter_column("T", "FLAG", server_default=None),
            )
        )
        for sql in database.remaining(wanted[:2]):
            database.execute(sql)
        database.execute("CREATE UNIQUE INDEX BY_HAND ON T (ID, KIND, PLACE)")
        assert database.remaining(wanted) == database.remaining(wanted[3:])
        assert database.remaining(wanted) != []
