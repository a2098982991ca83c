"""What a folder below `dialects/` must offer: the contract, module by module.

Every dialect has the same modules. They are plain modules, not classes; the protocols here are what the type
checker and a fifth dialect hold them against. Nothing else in the code asks which database it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import URL, Connection, Engine

from apim_schema.changes import Change
from apim_schema.flavours import Types
from apim_schema.hashed import Bucket, Compared, HashedRow
from apim_schema.hazards import Hazard, Obstacle
from apim_schema.impact import Impact, Size, Statement
from apim_schema.jdbc import Translated
from apim_schema.locks import Check
from apim_schema.progress import Say, unheard
from apim_schema.scan import ScanModule
from apim_schema.schema import Column, ForeignKey, Schema, Server, Table
from apim_schema.witness import WitnessModule


@dataclass(frozen=True)
class Backup:
    """A copy that takes a whole database back: how it is made before an upgrade, and how it is put back.

    In capitals stands what the reader has to fill in. `source` is the page of the manual.
    """

    name: str
    make: str
    restore: str
    source: str


class Names(Protocol):
    """Names of objects, between the model and SQL."""

    def sql(self, name: str) -> str:
        """A name of the model as a statement writes it: quoted only where the server would not take it as it is."""

    def qualified(self, name: str, schema: str | None) -> str:
        """A table's or sequence's name with its schema, if one is given."""


class Ddl(Protocol):
    """The only source of statements: what is reviewed is what runs."""

    def statements(self, change: Change, live: Schema, schema: str | None) -> list[Statement]:
        """What remains to be executed until `change` is in, looked at from `live`; empty where it is in already.

        `schema` is the schema (owner) that the objects live in, None for the connection's default. An intermediate
        state that this module's own statements leave behind when killed is continued. Raises Conflict where an
        object is in the way that is neither what the change starts from nor what it wants.
        """

    def combined(self, wanted: Iterable[Change], live: Schema, schema: str | None) -> list[Statement]:
        """What remains until all of these changes are in, in their order; several may share a statement.

        It is what the runner executes and what a script holds. Raises Conflict as `statements` does.
        """

    def create(self, schema: Schema, into: str | None) -> list[Statement]:
        """The statements that make a whole schema in an empty database."""

    def as_made(self, table: Table, live: Schema) -> Table:
        """A table of a release as the live server has it once it is made: with the names and options that it gives.

        What a later release changes of it is planned from there, and so is the same as what will run.
        """


def in_turn(
    statements: Callable[[Change, Schema, str | None], list[Statement]],
    wanted: Iterable[Change],
    live: Schema,
    schema: str | None,
) -> list[Statement]:
    """The statements of each change after the other's: `combined` for a dialect in which nothing is won by sharing."""
    found: list[Statement] = []
    for change in wanted:
        if not change.is_in(live):
            found += statements(change, live, schema)
            live = change.apply(live)
    return found


class Introspect(Protocol):
    """Reads a live database."""

    def read(self, connection: Connection, schema: str | None) -> Schema:
        """All tables, keys, indexes, sequences, triggers and routines of one schema, whoever made them."""

    def refusal(self, live: Schema) -> str | None:
        """Why no database like this one is upgraded, whatever its release: None where there is no reason.

        It goes on from the database's name: "is of the vendor's script for …".
        """

    def converted(self, column: Column, old: Column, becomes_binary: bool = False) -> str | None:
        """The SQL expression that puts a value of `column` into the form it had as `old`; None if it needs none.

        `becomes_binary` is said of a column that the digest takes as UTF-8 in both forms (see Compared).
        """


class Digest(Protocol):
    """Hashes rows on the server."""

    def method(self, connection: Connection) -> str:
        """What this server hashes with, named in reports; digests of two methods can't be compared."""

    def buckets(
        self,
        connection: Connection,
        schema: str | None,
        table: Table,
        compared: Sequence[Compared],
        most: int | None = None,
        part: str = "",
    ) -> dict[int, Bucket]:
        """Rows and hash sums of one table by bucket, in one scan. Equal rows count as often as they stand.

        With `most`, of no more rows than that, whichever the server comes to first; with `part`, a condition, of those
        that fulfil it.
        """

    def rows(
        self,
        connection: Connection,
        schema: str | None,
        table: Table,
        compared: Sequence[Compared],
        buckets: Sequence[int],
        named: Sequence[str],
    ) -> list[HashedRow]:
        """The rows in these buckets, hashed as by `buckets`, each with its values of the `named` columns."""


class Session(Protocol):
    """Transactions, locks and timeouts."""

    transactional_ddl: bool
    """Whether a whole upgrade is one transaction that can be rolled back."""

    def engine_options(self, url: URL) -> tuple[URL, dict[str, Any]]:
        """The URL as SQLAlchemy takes it, and further arguments of `create_engine`.

        Raises UsageError for an option of the URL that its driver does not have, or what it lacks.
        """

    def socket_of(self, connection: Any) -> int | None:
        """The socket of a driver's connection, by its number; None where the driver does not tell, or it is closed."""

    def connect(self, engine: Engine, schema: str | None) -> AbstractContextManager[Connection]:
        """A connection prepared for an upgrade: time zone, lock timeout, no statement timeout.

        How long it waits for locks is what `locks.waiting` says of it, here and below.
        """

    def locked(
        self, engine: Engine, name: str, schema: str | None, say: Say = unheard
    ) -> AbstractContextManager[Check]:
        """Holds the lock of this name and schema, None for the default one, on a connection that has no transaction.

        `say` is told who is waited for, if anybody is. Gives what asks on that connection whether the lock is still
        held. Raises Refused, naming the holder where the server tells, if another session has it all the time.
        """

    def holder(self, connection: Connection, name: str, schema: str) -> str:
        """The session that holds this lock, in a few words; "" where none does, or the server does not tell."""

    def default_schema(self, connection: Connection) -> str:
        """The schema that unqualified names mean on this connection."""

    def execute(self, connection: Connection, sql: str, say: Say = unheard) -> None:
        """Runs one statement as it stands; one that meets a lock is tried again, and leaves nothing between the tries.

        `say` is told before each of these attempts who is waited for.
        """

    def others(self, connection: Connection, schema: str | None) -> list[str]:
        """The other sessions that use this schema, each in a few words: login, program, host, what it does."""

    def server(self, connection: Connection) -> Server:
        """The server's name and version, for reports and the history."""

    def backups(self, server: Server) -> Sequence[Backup]:
        """How the server's own tools take a database back, the usual way first."""


class ImpactModule(Protocol):
    """What a change costs, and what stands in its way."""

    def assess(self, change: Change, live: Schema) -> Impact:
        """What a change that is still to be made costs, at its dearest: some of its statements may cost less."""

    def hazards(self, change: Change, live: Schema) -> Sequence[Hazard]:
        """The rows that would not survive this change on this database, beyond what holds on every one.

        The rules for every database (too long, NULL, duplicate) are in `preflight`; here are the limits of this
        server, such as the length of an index key or the repertoire of a character set.
        """

    def rechecked(self, change: Change, live: Schema) -> Sequence[ForeignKey]:
        """The foreign keys of the table that the server holds against every row as it makes the change."""


class Obstacles(Protocol):
    """What is in the way of the changes beyond the rows: the customer's objects, privileges, settings."""

    def find(self, connection: Connection, schema: str, wanted: Sequence[Change], live: Schema) -> Sequence[Obstacle]:
        """What the catalog shows beforehand to be in the way of these changes, none of which is in yet.

        Above all, what depends on a column whose type, character set or collation changes: checks, index
        expressions and predicates, generated columns, views, policies, triggers.
        """


class ServerModule(Protocol):
    """What the server itself is and does that an upgrade should not meet unawares."""

    def closed(self, connection: Connection, schema: str) -> Obstacle | None:
        """Why nothing may be written here, by name; None where it may.

        A server or a database that is read-only, a standby, a replica, a server in recovery. What this login may not
        ask, the server says itself when it is written to.
        """

    def find(self, connection: Connection, schema: str, release: str, live: Schema) -> Sequence[Obstacle]:
        """Version and collation against what the vendor tests this release on, transactions that last, replication.

        Nothing of it forbids an upgrade. What this login may not ask, nothing is said of.
        """

    def newest(self) -> tuple[str, Server]:
        """The newest server that the vendor tests any release on, after its name in the vendor's lists."""


class Space(Protocol):
    """What the tables take."""

    def sizes(self, connection: Connection, schema: str | None) -> dict[str, Size]:
        """The size of every table, in one query: for the progress bar and the plan, never for a verdict."""


class RehearsalModule(Protocol):
    """Where the statements of an upgrade are tried before they are executed."""

    STAGE: str
    """What the stage is, in a few words."""

    def stage(self, connection: Connection, schema: str) -> AbstractContextManager[str]:
        """A schema with the structure of this one, for as long as the block runs: nothing done to it stays.

        Raises Refused where the login may not make one, UsageError where there is no such thing.
        """


class Script(Protocol):
    """The frame of a script for the database's own client; each function gives whole lines, terminators included."""

    CLIENT: str
    """The client that the script is for."""
    COMMAND: str
    """How that client runs `upgrade.sql`, with `{database}` for the name of the database."""
    NOW: str
    """The SQL expression for the time in UTC, in whole seconds."""
    WHO: str
    """The SQL expression for the login."""
    CONTINUES: bool
    """Whether a script that was stopped by an error continues when it is run again, instead of having left nothing."""

    def opening(self) -> str:
        """Has the client stop at the first error with an exit code that is not 0, and begins the transaction."""

    def version_table(self, name: str) -> str:
        """Makes the table of the stamp, as Alembic would, where there is none."""

    def own_table(self, name: str, create: str) -> str:
        """Makes a table of ours, by the statement `create`, where there is none of that name."""

    def plain(self, sql: str) -> str:
        """A statement as it is, with its terminator."""

    def refuse(self, condition: str, message: str) -> str:
        """Raises an error with this message where the SQL condition holds."""

    def refuse_rows(
        self, condition: str, message: str, column: tuple[str, str], schema: str | None, type_: str = ""
    ) -> str:
        """`refuse`, where the condition is about a (table, column) that the script itself drops, or converts.

        A script that is run again may find it dropped, or no longer of `type_`, and then refuses nothing.
        """

    def lacks(self, columns: Sequence[tuple[str, str]], schema: str | None) -> str:
        """The SQL condition, in parentheses, that one of these (table, column) is missing."""

    def requires(self, changes: Sequence[Change], live: Schema, schema: str | None) -> Sequence[str]:
        """The checks of what the statements take for granted because nobody can be asked, as `refuse` has them."""

    def begin(self, name: str, before: str, release: str) -> str:
        """What a release begins with, which `before` leads to; `name` is the table of the stamp.

        Where scripts continue, what follows up to and with `stamp` does nothing unless `before` is stamped: a
        statement of an earlier release must not meet what a later one has made.
        """

    def look(self, statements: Sequence[Statement], live: Schema, schema: str | None) -> str:
        """Where scripts continue, what is asked once of what is there, for all statements of a release; or nothing.

        `live` is the schema that they start from.
        """

    def unit(self, number: int, statement: Statement, live: Schema, schema: str | None) -> str:
        """One statement; where scripts continue, one that does nothing if its effect is there already.

        It is the `number`-th of those that `look` has looked at, from 1.
        """

    def stamp(self, name: str, older: Sequence[str], release: str) -> str:
        """Puts this release in the place of an older one, and commits where the client does not."""

    def closing(self) -> str:
        """Ends the script."""


class Jdbc(Protocol):
    """JDBC URLs of this database: what stands in the product's own configuration."""

    SUBPROTOCOLS: tuple[str, ...]
    """What may stand between `jdbc:` and the next colon."""

    @property
    def TYPES(self) -> Mapping[str, str]:  # noqa: N802 (a constant of the module)
        """Each `type` that deployment.toml has for it, and the URL that the product makes where there is none.

        In braces are the settings that it is made of (`distribution/kernel/…/conf/infer.json` of carbon-kernel).
        """

    def translate(self, subprotocol: str, rest: str) -> Translated:
        """A JDBC URL in the words of our driver; `rest` is what follows the subprotocol and its colon.

        An option has a counterpart, or is how Java reads, caches and logs, or is named as untold. Raises UsageError,
        without any value, for a form that can't be read, and for several servers.
        """


@dataclass(frozen=True)
class Dialect:
    """One dialect: its folder's modules."""

    name: str
    names: Names
    types: Types
    ddl: Ddl
    introspect: Introspect
    digest: Digest
    scan: ScanModule
    witness: WitnessModule
    session: Session
    impact: ImpactModule
    obstacles: Obstacles
    space: Space
    server: ServerModule
    rehearsal: RehearsalModule
    script: Script
    jdbc: Jdbc
