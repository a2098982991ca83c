"""Makes a database of any release, the way the vendor's install script does."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import URL

from tests.vendor import mssql, mysql, oracle, postgresql
from tests.vendor.common import Catalog

ROOT = Path(__file__).parents[2]
SCRIPTS: dict[str, Callable[[Catalog], list[str]]] = {
    "postgresql": postgresql.script,
    "mysql": mysql.script,
    "oracle": oracle.script,
    "oracle_23c": oracle.script,
    "oracle_rac": oracle.script,
    "mssql": mssql.script,
}

INTO = {"postgresql": postgresql.into, "mssql": mssql.into}


def catalog(flavour: str, database: str, release: str) -> Catalog:
    """The reference catalog of a release, as it stands in its JSON file."""
    dialect = flavour.partition("_")[0]
    shipped = ROOT / "dialects" / dialect / "catalogs" / f"{flavour}-{database}-{release}.json"
    later = ROOT / "tests" / "reference" / flavour / f"{database}-{release}.json"
    text = (shipped if shipped.is_file() else later).read_text(encoding="utf-8")
    document: Catalog = json.loads(text)
    return document


def script(document: Catalog) -> list[str]:
    """The statements that make the schema of a catalog."""
    return SCRIPTS[document["dialect"]](document)


def create(
    target: sa.Connection | URL | str,
    flavour: str,
    database: str,
    release: str,
    schema: str | None = None,
    narrow: bool = False,
) -> Catalog:
    """Makes the database of a release in an empty one and returns its catalog; commits.

    `schema` names another schema than the default, on PostgreSQL and SQL Server; it is made as well.
    `narrow` shortens what MySQL would refuse in a utf8mb4 database, as customers do; the catalog says so too.
    """
    document = catalog(flavour, database, release)
    if narrow:
        document = mysql.narrowed(document)
    statements = script(document) if schema is None else INTO[flavour](schema, script(document))
    if isinstance(target, sa.Connection):
        _run(target, statements)
    else:
        engine = sa.create_engine(target, poolclass=sa.NullPool)
        with engine.connect() as connection:
            _run(connection, statements)
    return document


def _run(connection: sa.Connection, statements: list[str]) -> None:
    """One by one, past SQLAlchemy's and the driver's own reading of `:` and `%`."""
    cursor = connection.connection.cursor()
    for statement in statements:
        cursor.execute(statement)
    cursor.close()
    connection.connection.commit()
