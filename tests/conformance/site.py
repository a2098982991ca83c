"""A customer's database: made by the vendor's script of one release, with rows in every table."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import alembic.config
import pytest
import sqlalchemy as sa

from apim_schema import chain, registry
from apim_schema.locks import USUAL, Waiting
from apim_schema.target import target
from apim_schema.upgrade import Upgrade
from apim_schema.witness import By
from tests import filled
from tests.servers import Server, new_database
from tests.vendor import dump, make, outside
from tests.vendor.common import Catalog

OWN_TABLES = {"ALEMBIC_VERSION_APIM", "ALEMBIC_VERSION_SHARED", "APIM_SCHEMA_EVIDENCE", "APIM_SCHEMA_HISTORY"}


@dataclass
class Site:
    """One database of a customer, and what its rows were before anything was done to it."""

    server: Server
    url: str
    database: str
    flavour: str
    made_of: Catalog
    schema: str | None = None

    def __post_init__(self) -> None:
        self.columns = dump.columns_of(self.made_of)
        self.before: dump.Dump = {}

    @classmethod
    def at(cls, server: Server, url: str, database: str) -> Site:
        """A database that holds nothing of the vendor's yet."""
        return cls(server, url, database, server.dialect, {"tables": {}})

    @staticmethod
    def usual(server: Server) -> dict[str, str]:
        """The options of a database as most customers have it: latin1 on MySQL."""
        return {"charset": "latin1"} if server.dialect == "mysql" else {}

    @property
    def transactional(self) -> bool:
        """Whether an upgrade that fails is rolled back."""
        return self.upgrade().target.dialect.session.transactional_ddl

    @property
    def name(self) -> str:
        """What statements are qualified with where a schema is a database, or on Oracle a user."""
        url = sa.make_url(self.url)
        return str(url.username).upper() if self.server.dialect == "oracle" else url.database or self.url

    @contextmanager
    def connection(self) -> Iterator[sa.Connection]:
        """A connection from outside the tool that commits at the end."""
        engine = sa.create_engine(self.url, poolclass=sa.NullPool)
        with engine.begin() as connection:
            yield connection

    def execute(self, sql: str) -> Any:
        """Runs one statement from outside the tool and returns its rows, if it has any."""
        with self.connection() as connection:
            result = connection.exec_driver_sql(sql, execution_options={"no_parameters": True})
            return result.all() if result.returns_rows else None

    def tables(self) -> list[str]:
        """The names of all tables."""
        with self.connection() as connection:
            return sa.inspect(connection).get_table_names(self.schema)

    def rows(self) -> dump.Dump:
        """Every row of every table, in the columns that the first release has."""
        with self.connection() as connection:
            return dump.dump(connection, self.columns, self.schema)

    def rows_are_as_before(self) -> bool:
        return dump.old_form(self.rows(), self.before) == self.before

    def differences_from(self, release: str) -> list[str]:
        """How the live schema, read from outside the tool, differs from a release's reference catalog."""
        found = outside.catalog_of(self.url, self.schema)
        found["tables"] = {name: table for name, table in found["tables"].items() if name not in OWN_TABLES}
        return outside.differences(outside.plain(make.catalog(self.flavour, self.database, release)), found)

    def upgrade(
        self, release: str = "head", evidence: By | None = None, waiting: Waiting = USUAL, **options: Any
    ) -> Upgrade:
        """The tool's upgrade of this database, not yet run."""
        here = replace(target(self.database, self.url, self.schema), evidence=evidence, waiting=waiting)
        return Upgrade(here, release, **options)

    def alembic(self, *arguments: str) -> None:
        """Runs plain Alembic on this database, as its command line would."""
        section = ["-n", chain.SECTIONS[self.database]]
        schema = ["-x", f"schema={self.schema}"] if self.schema else []
        alembic.config.main(["-c", str(chain.ini_file()), *section, "-x", f"url={self.url}", *schema, *arguments])


def without_rollback(server: Server) -> None:
    """Skips the test where an upgrade that fails is rolled back, so that nothing of it stays."""
    if registry.load(server.dialect).session.transactional_ddl:
        pytest.skip("nothing of a run that fails stays")


@contextmanager
def site(server: Server, database: str, release: str, schema: str | None = None, **options: str) -> Iterator[Site]:
    """A customer's database on this server, as most customers have it unless `options` say otherwise.

    With `schema` it is in another schema than the login's: of that name, or on Oracle, where a schema is a user, that
    of the user who made it, with the administrator's login. In utf8mb4 its columns are as customers have narrowed them.
    """
    with new_database(server, **Site.usual(server) | options) as url:
        into = None if server.dialect == "oracle" else schema
        narrow = options.get("charset") == "utf8mb4"
        made_of = make.create(url, server.dialect, database, release, into, narrow)
        engine = sa.create_engine(url, poolclass=sa.NullPool)
        with engine.begin() as connection:
            latin1 = server.dialect in ("mysql", "mssql") or options.get("encoding", "UTF8") != "UTF8"
            filled.fill(connection, made_of, into=into, latin1=latin1)
        customer = Site(server, url, database, server.dialect, made_of, into)
        if schema != into:
            customer = replace(customer, url=server.url, schema=customer.name)
        customer.before = customer.rows()
        yield customer
