"""The database that is measured: API Manager 4.2.0 as the vendor's script makes it, with any number of tokens."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import NullPool, create_engine

from apim_schema import catalog
from apim_schema.demo import rows
from tests.servers import Server, new_database
from tests.vendor import make

DATABASE, START = "apim", "4.2.0"
TOKENS = "IDN_OAUTH2_ACCESS_TOKEN"
"""The table that grows in production, one row a token. No release changes it: an upgrade reads it and no more."""

SETTLE = {
    "postgresql": (f"VACUUM ANALYZE {TOKENS}", "CHECKPOINT"),
    "mysql": (f"ANALYZE TABLE {TOKENS}",),
}
"""What the server would do by itself some time later, in the middle of a measurement."""


@contextmanager
def database(server: Server, tokens: int) -> Iterator[str]:
    """The URL of a fresh database; without tokens all its tables are empty, with them each has a few rows."""
    with new_database(server) as url:
        made = make.create(url, server.dialect, DATABASE, START)
        engine = create_engine(url, poolclass=NullPool)
        if tokens:
            with engine.begin() as connection:
                schema = catalog.parse(made)
                rows.fill(connection, schema, latin1=server.dialect == "mysql")
                rows.bulk(connection, schema, TOKENS, tokens)
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            for statement in SETTLE[server.dialect]:
                connection.exec_driver_sql(statement)
        yield url
