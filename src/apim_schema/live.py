"""One database as it is now, for the verbs that look at it: what it is stamped, recognised and different as."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property

from sqlalchemy import Connection

from apim_schema import chain, stamp
from apim_schema.compare import Difference
from apim_schema.dialect import Dialect
from apim_schema.errors import Refused
from apim_schema.recognise import Recognised, differences, recognise, refuse
from apim_schema.schema import Schema
from apim_schema.target import Target


@dataclass(frozen=True)
class Live:
    """An open database: one transaction, which commits at the end of `opened`."""

    target: Target
    connection: Connection
    schema: str

    @property
    def database(self) -> str:
        return self.target.database

    @property
    def dialect(self) -> Dialect:
        return self.target.dialect

    @cached_property
    def server(self) -> str:
        """The server's name and version."""
        return str(self.dialect.session.server(self.connection))

    @cached_property
    def model(self) -> Schema:
        """All that is in the schema."""
        return self.dialect.introspect.read(self.connection, self.schema)

    @cached_property
    def stamped(self) -> str | None:
        """The release that the version table says. Raises Refused where we know no such release."""
        stamped = stamp.read(self.connection, self.schema, self.database)
        if stamped is not None and stamped not in chain.releases(self.database):
            raise Refused(
                f"{self.database} is stamped {stamped!r}, which is no release that this version knows: take the "
                f"version that wrote it, or correct {chain.version_table(self.database)}"
            )
        return stamped

    @cached_property
    def recognised(self) -> Recognised | None:
        """The release that the schema fits, whatever the stamp says."""
        return recognise(self.dialect.name, self.database, self.model)

    @property
    def release(self) -> str | None:
        """The release that counts: the stamped, else the recognised; None where there is neither."""
        return self.stamped or (self.recognised.release if self.recognised else None)

    @property
    def known_release(self) -> str:
        """The release that counts. Raises NotRecognised, with the way out, where there is none."""
        release = self.release
        if release is None:
            raise refuse(self.dialect.name, self.database, self.model)
        return release

    @cached_property
    def differences(self) -> tuple[Difference, ...]:
        """Where the schema differs from the release that counts."""
        release = self.release
        if release is None:
            return ()
        return differences(chain.expected(self.model.flavour, self.database, release), self.model)

    @property
    def mismatches(self) -> tuple[Difference, ...]:
        return tuple(difference for difference in self.differences if difference.is_mismatch)

    @property
    def drift(self) -> tuple[Difference, ...]:
        """The customer's own objects and the harmless variants."""
        return tuple(difference for difference in self.differences if not difference.is_mismatch)


@contextmanager
def opened(target: Target) -> Iterator[Live]:
    """Opens a database. Raises UsageError where it can't be reached."""
    session = target.dialect.session
    with target.engine() as engine, session.connect(engine, target.schema) as connection, connection.begin():
        yield Live(target, connection, target.schema or session.default_schema(connection))
