"""What the login may not do that the statements of an upgrade need.

See https://www.postgresql.org/docs/current/ddl-priv.html: only the owner of a table alters it, and a foreign key needs
REFERENCES on the table that it points to.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Row, text

from apim_schema import changes
from apim_schema.changes import Change
from apim_schema.hazards import BLOCK, WARN, Obstacle
from apim_schema.schema import OWN_TABLES, Schema

from . import names
from .introspect import NAMESPACE

SERVER = f"""
SELECT has_schema_privilege({NAMESPACE}, 'CREATE') AS may_create, current_user::text AS login"""

TABLES = f"""
SELECT c.relname AS name, pg_get_userbyid(c.relowner) AS owner, pg_has_role(c.relowner, 'USAGE') AS owned,
       c.relowner = current_user::regrole AS own, row_security_active(c.oid) AS hides_rows,
       ARRAY(SELECT p FROM unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'REFERENCES', 'TRIGGER']) AS p
             WHERE NOT has_table_privilege(c.oid, p)) AS lacking
FROM pg_class c
WHERE c.relnamespace = {NAMESPACE} AND c.relkind IN ('r', 'p') AND NOT c.relispartition ORDER BY c.relname"""


def find(connection: Connection, schema: str, wanted: Sequence[Change], live: Schema) -> Iterator[Obstacle]:
    """What the login lacks, by the name of the privilege and of the table."""
    (server,) = connection.execute(text(SERVER), {"schema": schema})
    if not server.may_create:
        yield _lacks(server.login, "CREATE", f"SCHEMA {names.identifier(schema)}", "").asked_by(SERVER)
    tables = {names.to_model(row.name): row for row in connection.execute(text(TABLES), {"schema": schema})}
    for name, row in tables.items():
        for lack in _of_table(server.login, schema, row, name, _needed(name, wanted, live)):
            yield lack.asked_by(TABLES)
    for stranger in _strangers(server.login, wanted, tables):
        yield stranger.asked_by(TABLES)


def _needed(table: str, wanted: Sequence[Change], live: Schema) -> set[str]:
    """The privileges that are needed on a table, OWNERSHIP among them."""
    if table in OWN_TABLES:
        return {"SELECT", "INSERT", "UPDATE"} if table == "APIM_SCHEMA_HISTORY" else set()
    needed = {"SELECT"}
    for change in wanted:
        if change.table == table and table in live.tables and not isinstance(change, changes.KeepIndex):
            needed.add("OWNERSHIP")
        if isinstance(change, changes.ReplaceTrigger) and change.table == table:
            needed.add("TRIGGER")
        if table in _referenced(change):
            needed.add("REFERENCES")
    return needed


def _referenced(change: Change) -> set[str]:
    if isinstance(change, changes.CreateTable):
        return {key.ref_table for key in change.definition.foreign_keys}
    return {change.key.ref_table} if isinstance(change, changes.ReplaceForeignKey) else set()


def _of_table(login: str, schema: str, row: Row[Any], table: str, needed: set[str]) -> Iterator[Obstacle]:
    if "OWNERSHIP" in needed and not row.owned:
        problem = f"{login} does not own this table, {row.owner} does: only the owner may alter it"
        yield Obstacle(BLOCK, table, problem, f"log in as {row.owner}, or GRANT {row.owner} TO {login}")
    for privilege in row.lacking:
        if privilege in needed:
            yield _lacks(login, privilege, names.qualified(table, schema), table)
    if row.hides_rows:
        problem = f"row-level security hides rows of this table from {login}: nothing could be proven of them"
        yield Obstacle(BLOCK, table, problem, "log in as a role with BYPASSRLS, or as the owner without FORCE")


def _lacks(login: str, privilege: str, on: str, table: str) -> Obstacle:
    return Obstacle(BLOCK, table, f"{login} has not the privilege {privilege}", f"GRANT {privilege} ON {on} TO {login}")


def _strangers(login: str, wanted: Sequence[Change], tables: dict[str, Row[Any]]) -> Iterator[Obstacle]:
    """A superuser may upgrade, but what it makes is its own, and closed to the application's login."""
    old = {change.table for change in wanted} & tables.keys()
    owners = {str(tables[name].owner) for name in old}
    if any(isinstance(change, changes.CreateTable) for change in wanted) and len(owners) == 1 and login not in owners:
        (owner,) = owners
        problem = f"new tables will belong to {login}, the present ones belong to {owner}"
        yield Obstacle(WARN, "", problem, f"log in as {owner}, or give the new tables to it: REASSIGN OWNED does")
