"""Makes a database of any release, the way the vendor's install script does."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import URL

from apim_schema import flavours
from tests.vendor import mssql, mysql, oracle, postgresql
from tests.vendor.common import Catalog

ROOT = Path(__file__).parents[2]
SCRIPTS: dict[str, Callable[[Catalog], list[str]]] = {
    "postgresql": postgresql.script,
    "mysql": mysql.script,
    "oracle": oracle.script,
    "mssql": mssql.script,
}

INTO = {"postgresql": postgresql.into, "mssql": mssql.into}


def catalog(flavour: str, database: str, release: str) -> Catalog:
    """The reference catalog of a release, as it stands in its JSON file.

    One that is `of` another flavour holds the differences from that flavour's, as a JSON Merge Patch (RFC 7396).
    """
    dialect = flavours.FLAVOURS[flavour]
    shipped = ROOT / "dialects" / dialect / "catalogs" / f"{flavour}-{database}-{release}.json"
    later = ROOT / "tests" / "reference" / flavour / f"{database}-{release}.json"
    text = (shipped if shipped.is_file() else later).read_text(encoding="utf-8")
    document: Catalog = json.loads(text)
    plain = document.pop("of", None)
    return _patched(catalog(plain, database, release), document) if plain else document


def _patched(document: Catalog, patch: Catalog) -> Catalog:
    made = {name: value for name, value in document.items() if name not in patch}
    for name, value in patch.items():
        if isinstance(value, dict):
            found = document.get(name)
            made[name] = _patched(found if isinstance(found, dict) else {}, value)
        elif value is not None:
            made[name] = value
    return {name: made[name] for name in (*document, *patch) if name in made}


def script(document: Catalog) -> list[str]:
    """The statements that make the schema of a catalog."""
    return SCRIPTS[flavours.FLAVOURS[document["dialect"]]](document)


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
    statements = script(document) if schema is None else INTO[flavours.FLAVOURS[flavour]](schema, script(document))
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
