"""One database that is worked on: its URL, its schema, and how to open it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import URL, Engine, NullPool, create_engine, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, InvalidRequestError, NoSuchModuleError

from apim_schema import flavours, registry
from apim_schema.dialect import Dialect
from apim_schema.errors import UsageError


@dataclass(frozen=True)
class Target:
    """One database: `database` is "apim" or "shared"; `schema` None means the login's default schema."""

    database: str
    url: URL
    schema: str | None = None

    @property
    def dialect(self) -> Dialect:
        return registry.load(self.url.get_backend_name())

    def __str__(self) -> str:
        """The URL without its password and without its query, which may hold one too."""
        return self.url.set(query={}).render_as_string(hide_password=True)

    @contextmanager
    def engine(self) -> Iterator[Engine]:
        """An engine without a pool: each connection is opened when asked for, and really closed.

        Raises UsageError where the driver or its libraries are missing, its URL contradicts itself or the server can't
        be reached.
        """
        url, options = self.dialect.session.engine_options(self.url)
        try:
            engine = create_engine(url, poolclass=NullPool, hide_parameters=True, **options)
        except ModuleNotFoundError as error:
            extra = self.dialect.name
            raise UsageError(
                f"the driver {error.name!r} of {self} is not installed: pip install 'apim-schema[{extra}]'"
            ) from None
        except InvalidRequestError as error:
            raise UsageError(f"the URL of {self} can't be used: {error}") from None
        except url.get_dialect().import_dbapi().Error as error:
            raise UsageError(f"the driver of {self} can't be used: {error}") from None
        try:
            with engine.connect():
                pass
        except DBAPIError as error:
            raise UsageError(f"can't connect to {self}: {error.orig}") from None
        yield engine


def target(database: str, url: str, schema: str | None = None) -> Target:
    """The target of a URL as a person writes it.

    The driver may be left out; `?schema=NAME` names the schema like the argument does. Raises UsageError where the URL
    can't be read, has options that its driver has not, or its database is not one of ours; the message never repeats
    the URL.
    """
    if url.count("@") > 1:
        # what follows the first one would be taken for the host, and printed
        raise UsageError(f"the URL of {database} has more than one @: write %40 for one in a name or a password")
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise UsageError(f"the URL of {database} can't be read: write dialect://user:password@host:port/name") from None
    if parsed.get_backend_name() == "h2":
        raise UsageError("H2 is for trying the product out and has no upgrade: install the new release on a new one")
    dialect = registry.load(parsed.get_backend_name())
    drivername = flavours.DRIVERS.get(parsed.drivername, parsed.drivername)
    named = parsed.query.get("schema")
    parsed = parsed.set(drivername=drivername).difference_update_query(["schema"])
    dialect.session.engine_options(parsed)
    try:
        parsed.get_dialect()
    except NoSuchModuleError:
        raise UsageError(f"unknown driver in the URL of {database}: {drivername!r}") from None
    except ModuleNotFoundError:
        pass  # said by Target.engine, with the way out
    return Target(database, parsed, schema or (named if isinstance(named, str) else None))
