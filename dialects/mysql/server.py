"""What MySQL or MariaDB is and does: whether it takes changes, version, text comparison, long transactions, replicas.

Sessions of others are shown to a login with PROCESS, replication to one with REPLICATION CLIENT (MariaDB: REPLICA
MONITOR). See https://dev.mysql.com/doc/refman/8.4/en/replication.html and https://mariadb.com/docs/server/ha-and-performance.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from apim_schema import tested
from apim_schema.hazards import BLOCK, INFO, WARN, Obstacle
from apim_schema.schema import Schema, Server
from apim_schema.tested import lasting

from . import names, session
from .session import MYSQL

TESTED = tested.read(__file__)
VERSION = "SELECT VERSION()"

READ_ONLY = """
SHOW GLOBAL VARIABLES WHERE variable_name IN
('super_read_only', 'read_only', 'innodb_read_only', 'innodb_force_recovery')"""
OPEN = ("OFF", "0")
EXTENSIONS = "SELECT options FROM information_schema.schemata_extensions WHERE schema_name = :schema"
"""Of MySQL since 8.0.22."""

WITHOUT_CASE = """
SELECT default_collation_name AS collation FROM information_schema.schemata
WHERE schema_name = :schema AND default_collation_name LIKE '%\\_ci'"""

TRANSACTIONS = """
SELECT p.id, p.user, p.host, p.command, p.time, p.info,
       TIMESTAMPDIFF(SECOND, x.trx_started, CONVERT_TZ(UTC_TIMESTAMP(), '+00:00', 'SYSTEM')) AS seconds
FROM information_schema.innodb_trx x JOIN information_schema.processlist p ON p.id = x.trx_mysql_thread_id
WHERE p.id <> CONNECTION_ID() AND p.db = :schema ORDER BY x.trx_started"""

REPLICAS = """
SELECT id, host, user FROM information_schema.processlist WHERE command LIKE 'Binlog Dump%' ORDER BY id"""
SHOW_REPLICA = "SHOW REPLICA STATUS"
SHOW_SLAVE = "SHOW SLAVE STATUS"
"""MySQL before 8.0.22."""
CLUSTER = "SHOW GLOBAL STATUS LIKE 'wsrep_cluster_size'"
GROUP = """
SELECT COUNT(*) AS members FROM performance_schema.replication_group_members WHERE member_state = 'ONLINE'"""


def closed(connection: Connection, schema: str) -> Obstacle | None:
    """A server that is read-only, be it not for this login, or in recovery; a running replica; a read-only database.

    InnoDB takes no rows while innodb_force_recovery is set
    (https://dev.mysql.com/doc/refman/8.4/en/forcing-innodb-recovery.html).
    """
    for name, value in _ask(connection, READ_ONLY):
        if str(value).upper() not in OPEN:
            way_out = "upgrade the primary server, or switch that off"
            return Obstacle(BLOCK, "", f"the server is set to {name}", way_out, READ_ONLY)
    if "READ ONLY=1" in str([tuple(row) for row in _ask(connection, EXTENSIONS, schema=schema)]):
        way_out = f"ALTER DATABASE {names.sql(schema)} READ ONLY = 0"
        return Obstacle(BLOCK, "", f"the database {schema} is read-only", way_out, EXTENSIONS)
    replicas = _replicas(connection, session.server(connection))
    return next((replica for replica in replicas if replica.level == BLOCK), None)


def find(connection: Connection, schema: str, release: str, live: Schema) -> Sequence[Obstacle]:
    """What is to be known of the server; nothing of it forbids an upgrade."""
    server = session.server(connection)
    return [
        TESTED[server.name].said_of(server, release, VERSION),
        *_without_case(connection, schema),
        *_transactions(connection, schema),
        *_replication(connection, server),
    ]


def newest() -> tuple[str, Server]:
    """The newest server that the vendor tests any release on, after its name in the vendor's lists."""
    return tested.newest(TESTED)


def _without_case(connection: Connection, schema: str) -> Iterator[Obstacle]:
    for row in _ask(connection, WITHOUT_CASE, schema=schema):
        told = f"the collation {row.collation} does not tell upper from lower case, as the vendor asks for"
        yield Obstacle(INFO, "", told, "none of its tables is changed for that", WITHOUT_CASE)


def _transactions(connection: Connection, schema: str) -> Iterator[Obstacle]:
    for row in _ask(connection, TRANSACTIONS, schema=schema):
        if row.seconds >= tested.LONG:
            yield lasting(session.told(row[:-1]), row.seconds, f"end it there, or by KILL {row.id}", TRANSACTIONS)
    for name in session.prepared(connection):
        told = f"{name} waits for its second phase, and holds what it has locked"
        yield Obstacle(WARN, "", told, "end it by XA COMMIT or XA ROLLBACK", session.XA)


def _replication(connection: Connection, server: Server) -> Iterator[Obstacle]:
    """A replica runs each statement once more, for as long as it took; nothing else gets there meanwhile."""
    for row in _ask(connection, REPLICAS):
        told = f"a replica at {row.host.partition(':')[0]} runs each statement after this server, and lags for as long"
        yield Obstacle(INFO, "", told, "", REPLICAS)
    yield from (replica for replica in _replicas(connection, server) if replica.level == WARN)
    yield from _cluster(connection)


def _replicas(connection: Connection, server: Server) -> Iterator[Obstacle]:
    """What this server is a replica of: it must not be changed by itself while that runs."""
    old = server.name == MYSQL and server.version < (8, 0, 22)
    query = SHOW_SLAVE if old else SHOW_REPLICA
    for row in _ask(connection, query):
        yield _replica(row._mapping, query)


def _replica(status: Any, query: str) -> Obstacle:
    """What a row of SHOW REPLICA STATUS says, whose columns have other names on older servers and on MariaDB."""
    source = status.get("Source_Host") or status.get("Master_Host")
    running = status.get("Replica_SQL_Running") or status.get("Slave_SQL_Running")
    if running == "Yes":
        way_out = "upgrade the server that it replicates from, from where it gets the changes"
        return Obstacle(BLOCK, "", f"the server is a replica of {source}", way_out, query)
    told = f"this server is itself a replica of {source}, and its replication does not run"
    return Obstacle(WARN, "", told, "upgrade the server that it replicates from", query)


def _cluster(connection: Connection) -> Iterator[Obstacle]:
    for query in (CLUSTER, GROUP):
        for row in _ask(connection, query):
            if int(row[-1]) > 1:
                told = f"it is one of {row[-1]} servers of a cluster, in all of which a statement runs at the same time"
                yield Obstacle(WARN, "", told, "let nobody write to any of them meanwhile", query)


def _ask(connection: Connection, query: str, **values: object) -> Sequence[Any]:
    """The rows, none where this login or this kind of server does not tell."""
    try:
        return connection.execute(text(query), values).all()
    except DBAPIError:
        return ()
