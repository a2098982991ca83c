"""How large the tables are as each server has it, and what is made of that: relations, never times."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import sqlalchemy as sa

from apim_schema import estimate, evidence
from apim_schema.dialect import Dialect
from apim_schema.impact import Size
from apim_schema.schema import Schema
from tests.conformance.site import Site
from tests.servers import Server, new_database

ROWS = 3000


@dataclass
class Filled:
    """A database with a table of many rows, LARGE, one of few, SMALL, and none in BARE."""

    dialect: Dialect
    connection: sa.Connection
    schema: str

    @property
    def live(self) -> Schema:
        return self.dialect.introspect.read(self.connection, self.schema)

    @property
    def sizes(self) -> dict[str, Size]:
        return self.dialect.space.sizes(self.connection, self.schema)


@contextmanager
def filled(server: Server) -> Iterator[Filled]:
    with new_database(server, **Site.usual(server)) as url:
        customer = Site.at(server, url, "apim")
        dialect = customer.upgrade().target.dialect
        with customer.connection() as connection:
            for name, rows in (("LARGE", ROWS), ("SMALL", 3), ("BARE", 0)):
                connection.exec_driver_sql(f"CREATE TABLE {name} (ID INTEGER PRIMARY KEY, V VARCHAR(200))")
                values = ", ".join(f"({row}, '{row:0200}')" for row in range(rows))
                if values:
                    connection.exec_driver_sql(f"INSERT INTO {name} VALUES {values}")
                analyse = "ANALYZE" if server.dialect == "postgresql" else "ANALYZE TABLE"
                connection.exec_driver_sql(f"{analyse} {name}").close()
        with customer.connection() as connection:
            yield Filled(dialect, connection, dialect.session.default_schema(connection))


def test_sizes_and_what_is_measured_by_them(server: Server) -> None:
    with filled(server) as database:
        sizes = database.sizes
        assert sizes.keys() == database.live.tables.keys()
        large, small, empty = (sizes[name] for name in ("LARGE", "SMALL", "BARE"))
        assert large.rows is not None
        assert ROWS * 0.8 < large.rows < ROWS * 1.2
        assert large.bytes is not None
        assert small.bytes is not None
        assert large.bytes > ROWS * 200 > small.bytes > 0
        assert (small.rows, empty.rows or 0) == (3, 0)
        rates = estimate.measured(database.dialect, database.connection, database.schema, database.live)
        assert rates is not None
        assert rates.read > 0


def test_a_part_of_a_table_is_hashed_as_the_whole_is(server: Server) -> None:
    with filled(server) as database:
        table = database.live.tables["LARGE"]
        columns = evidence.compared(database.dialect, table, table)

        def rows(most: int | None) -> int:
            found = database.dialect.digest.buckets(database.connection, database.schema, table, columns, most)
            return sum(bucket.rows for bucket in found.values())

        assert (rows(None), rows(5), rows(ROWS + 1)) == (ROWS, 5, ROWS)


def test_no_rate_is_made_up_where_there_are_no_rows(server: Server) -> None:
    with filled(server) as database:
        empty = Schema(database.live.flavour, {"BARE": database.live.tables["BARE"]})
        assert estimate.measured(database.dialect, database.connection, database.schema, empty) is None
