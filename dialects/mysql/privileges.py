"""What the login may not do that the statements of an upgrade need.

See https://dev.mysql.com/doc/refman/8.4/en/alter-table.html and
https://mariadb.com/kb/en/grant/: ALTER TABLE needs ALTER, CREATE and INSERT; a foreign key needs
REFERENCES on its parent, but for MariaDB.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection, text

from apim_schema import changes
from apim_schema.changes import Change
from apim_schema.hazards import BLOCK, Obstacle
from apim_schema.schema import Schema, Server

from . import names
from .session import MARIADB, MYSQL

NAME = r"(?:\*|`(?:[^`]|``)*`)"
GRANT = re.compile(rf"(GRANT|REVOKE) (.+) ON ({NAME})\.({NAME}) (?:TO|FROM) ")
HELD = "SHOW GRANTS"
ALTERING = ("ALTER", "CREATE", "INSERT")
STAMPING = ("CREATE", "DELETE", "INSERT", "SELECT", "UPDATE")
STAMPS = ("alembic_version_apim", "apim_schema_evidence", "apim_schema_history")


@dataclass
class Grants:
    """What the login may do, by database and table as SHOW GRANTS tells it; those of active roles are among them."""

    given: list[tuple[str, str, frozenset[str]]] = field(default_factory=list)
    taken: list[tuple[str, frozenset[str]]] = field(default_factory=list)

    @classmethod
    def of(cls, connection: Connection) -> Grants:
        found = cls()
        for (line,) in connection.execute(text(HELD)):
            if parts := GRANT.match(line):
                found.add(*parts.groups())
        return found

    def add(self, verb: str, listed: str, database: str, table: str) -> None:
        """One line; a privilege on some columns only is none."""
        held = frozenset(word.strip() for word in re.sub(r"[\w ]+\([^)]*\)", "", listed).split(","))
        if verb == "REVOKE":
            self.taken.append((_plain(database), held))
        else:
            self.given.append((_plain(database), _plain(table), held))

    def holds(self, privilege: str, schema: str, table: str) -> bool:
        """Whether the login has the privilege on this table; a part of a global one may be revoked (MySQL 8.0.16)."""
        revoked = any(database == schema and privilege in held for database, held in self.taken)
        return any(
            {privilege, "ALL PRIVILEGES"} & held
            and ((where == "*" and not revoked) or _matches(where, schema))
            and on.lower() in ("*", table.lower())
            for where, on, held in self.given
        )


def _plain(name: str) -> str:
    return name if name == "*" else name[1:-1].replace("``", "`")


def _matches(pattern: str, schema: str) -> bool:
    """The name of a database in a grant is a pattern: `_` and `%` are what they are in LIKE."""
    words = re.findall(r"\\.|.", pattern)
    regex = "".join({"_": ".", "%": ".*"}.get(w, re.escape(w[1:] if w[0] == "\\" and w[1:] else w)) for w in words)
    return re.fullmatch(regex, schema) is not None


def find(connection: Connection, schema: str, wanted: Sequence[Change], live: Schema) -> Iterator[Obstacle]:
    """What the login lacks, by the name of the privilege."""
    grants = Grants.of(connection)
    server = live.server or Server(MYSQL)
    lacking: dict[str, list[str]] = defaultdict(list)
    for table, privileges in _needed(wanted, live, server).items():
        for privilege in sorted(privileges):
            if not grants.holds(privilege, schema, table):
                lacking[privilege].append(table)
    login = connection.scalar(text("SELECT CURRENT_USER()"))
    for privilege, tables in lacking.items():
        where = ", ".join(tables[:3]) + (f" and {len(tables) - 3} more" if len(tables) > 3 else "")
        way_out = f"GRANT {privilege} ON {names.sql(schema)}.* TO it"
        yield Obstacle(BLOCK, "", f"{login} has not the privilege {privilege} on {where}", way_out, HELD)


def _needed(wanted: Sequence[Change], live: Schema, server: Server) -> dict[str, set[str]]:
    """The privileges that are needed on each table."""
    needed: dict[str, set[str]] = defaultdict(set)
    for table in live.tables:
        needed[table].add("SELECT")
    for change in wanted:
        if isinstance(change, changes.KeepIndex):
            continue
        needed[change.table].update(ALTERING if change.table in live.tables else ("CREATE", "SELECT"))
        if isinstance(change, changes.DropTable):
            needed[change.table].add("DROP")
        if isinstance(change, changes.AlterColumn | changes.BinaryToText) and change.cuts:
            needed[change.table].add("UPDATE")
        for parent in () if server.name == MARIADB else _parents(change):
            needed[parent].add("REFERENCES")
    for table in STAMPS:
        needed[table].update(STAMPING)
    return needed


def _parents(change: Change) -> set[str]:
    if isinstance(change, changes.CreateTable):
        return {key.ref_table for key in change.definition.foreign_keys}
    return {change.key.ref_table} if isinstance(change, changes.ReplaceForeignKey) else set()
