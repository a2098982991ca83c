"""A table as a revision declares it, made on every engine and read back."""

from __future__ import annotations

from apim_schema.changes import CreateTable
from apim_schema.revision import column, create_table, index, unique
from apim_schema.types import integer, varchar
from tests.conformance.site import Site
from tests.servers import Server, new_database


def test_a_table_without_a_primary_key(server: Server) -> None:
    """It is made, is recognised, and goes on from where a killed run left it: before its index."""
    with new_database(server, **Site.usual(server)) as url:
        customer = Site.at(server, url, "apim")
        columns = column("NAME", varchar(50), nullable=False), column("RANK", integer(), nullable=False)
        change = create_table("T", *columns, unique("NAME"), index("T_RANK", "RANK"))(customer.flavour)
        assert isinstance(change, CreateTable)
        make(customer, change)
        customer.execute("INSERT INTO T VALUES ('a', 1)")
        customer.execute("DROP INDEX T_RANK" + " ON T" * (server.dialect in ("mysql", "mssql")))
        make(customer, change)
        assert customer.execute("SELECT COUNT(*) FROM T") == [(1,)]


def make(customer: Site, change: CreateTable) -> None:
    dialect = customer.upgrade().target.dialect
    with customer.connection() as connection:
        schema = dialect.session.default_schema(connection)
        live = dialect.introspect.read(connection, schema)
        for statement in dialect.ddl.statements(change, live, None):
            dialect.session.execute(connection, statement.sql)
        made = dialect.introspect.read(connection, schema)
        assert change.is_in(made)
        assert made.tables["T"].primary_key is None
        assert dialect.ddl.statements(change, made, None) == []
