"""One database that is worked on: its URL, its schema, and how to open it."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial

from sqlalchemy import URL, Engine, NullPool, create_engine, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, InvalidRequestError, NoSuchModuleError

from apim_schema import flavours, registry, toml, watchdog
from apim_schema.dialect import Dialect
from apim_schema.drilldown import ROWS_SHOWN
from apim_schema.errors import UsageError
from apim_schema.locks import OPTION, USUAL, Waiting
from apim_schema.redact import remember, remember_settings
from apim_schema.witness import By

JDBC = re.compile(r"\s*jdbc:(?P<subprotocol>[\w+]+):(?P<rest>.*)", re.DOTALL | re.IGNORECASE)
ENTITY = re.compile(r"&(amp|lt|gt|quot|apos|#\d+|#x[0-9a-fA-F]+);")
H2 = "H2 is for trying the product out and has no upgrade: install the new release on a new one"


@dataclass(frozen=True)
class Target:
    """One database: `database` is "apim" or "shared"; `schema` None means the login's default schema.

    `notes` are what a person should hear of how it was named, before anything is done. `accept` are the entries of its
    accept list, `product` is the product's own configuration, where that is known. `evidence` is the way in which an
    upgrade is to prove that no row has changed, None for the server's word where that can be had. Of each table that
    differs, at most `max_rows` rows are named. `jobs` is how many processors of the server reading all rows may take,
    None for what the server says that it can spare. `waiting` is how long an
    upgrade waits for what others hold.
    """

    database: str
    url: URL
    schema: str | None = None
    notes: tuple[str, ...] = ()
    accept: tuple[str, ...] = ()
    product: toml.File | None = field(default=None, compare=False, repr=False)
    evidence: By | None = None
    max_rows: int = ROWS_SHOWN
    jobs: int | None = None
    waiting: Waiting = USUAL

    @property
    def dialect(self) -> Dialect:
        return registry.load(self.url.get_backend_name())

    @property
    def lock(self) -> str:
        """The name of the lock that an upgrade of this database holds; its schema is told beside it."""
        return f"apim_schema {self.database}"

    def __str__(self) -> str:
        """The URL without its password and without its query, which may hold one too."""
        return self.url.set(query={}).render_as_string(hide_password=True)

    @contextmanager
    def engine(self) -> Iterator[Engine]:
        """An engine without a pool: each connection is opened when asked for, and really closed.

        Its connections end where the server does not answer any more. Raises UsageError where the driver or its
        libraries are missing, its URL contradicts itself, has options or values that the driver does not take, or the
        server can't be reached.
        """
        url, options = self.dialect.session.engine_options(self.url)
        socket_of = self.dialect.session.socket_of
        made = partial(create_engine, url, poolclass=NullPool, hide_parameters=True, **options)

        def ask() -> None:
            watchdog.ask(made(), socket_of)

        try:
            ask()
            engine = made(execution_options={OPTION: self.waiting})
        except ModuleNotFoundError as error:
            raise UsageError(self._no_driver(str(error.name))) from None
        except ImportError as error:
            raise UsageError(f"the driver of {self} can't be loaded, install what it needs", found=str(error)) from None
        except InvalidRequestError as error:
            raise UsageError(f"the URL of {self} can't be used", found=str(error)) from None
        except DBAPIError as error:
            raise UsageError(f"can't connect to {self}", found=" ".join(str(error.orig).split())) from None
        except (TypeError, ValueError, OSError) as error:
            raise UsageError(self._refused_by_driver(error)) from None
        except url.get_dialect().import_dbapi().Error as error:
            raise UsageError(f"the driver of {self} can't be used", found=str(error)) from None
        with watchdog.Watchdog(engine, ask, socket_of).watching():
            yield engine

    def _no_driver(self, module: str) -> str:
        usual = flavours.DRIVERS[self.url.get_backend_name()]
        told = f"the driver {module!r} of {self} is not installed: "
        if self.url.drivername == usual:
            return f"{told}pip install 'apim-schema[{self.dialect.name}]'"
        return f"{told}install it, or write {self.url.get_backend_name()}:// for {usual.partition('+')[2]}"

    def _refused_by_driver(self, error: Exception) -> str:
        """What to say of an option: never its value, which may be a secret."""
        named = re.search(r"unexpected keyword argument '(\w+)'", str(error))
        if named:
            return (
                f"the URL of {self} has the option {named[1]}, which its driver does not know: leave it out, or say it "
                f"in the words of {self.url.get_driver_name()}, which are not those of JDBC"
            )
        why = error.strerror if isinstance(error, OSError) else "a value is not of its kind"
        return f"the driver does not take the URL of {self}: {why}; check its options: {', '.join(self.url.query)}"


def target(database: str, url: str, schema: str | None = None) -> Target:
    """The target of a URL as a person writes it.

    The driver may be left out; `?schema=NAME` names the schema like the argument does. A JDBC URL is taken too. Raises
    UsageError where the URL can't be read, has options that its driver has not, or its database is not one of ours; the
    message never repeats the URL.
    """
    if found := JDBC.fullmatch(url):
        return _from_jdbc(database, found, schema)
    if url.count("@") > 1:
        # what follows the first one would be taken for the host, and printed
        raise UsageError(
            f"the URL of {database} has more than one @", way_out="write %40 for one in a name or a password"
        )
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise UsageError(f"the URL of {database} can't be read", way_out=f"write {_examples()}") from None
    kind = parsed.get_backend_name()
    if kind == "h2":
        raise UsageError(H2)
    if kind not in flavours.KINDS:
        write = flavours.EXAMPLES.get(kind) or _examples()
        raise UsageError(f"the URL of {database} is of an unknown dialect {kind!r}", way_out=f"write {write}")
    drivername = flavours.DRIVERS.get(parsed.drivername, parsed.drivername)
    named = parsed.query.get("schema")
    parsed = parsed.set(drivername=drivername).difference_update_query(["schema"])
    try:
        parsed.get_dialect()
    except NoSuchModuleError:
        raise UsageError(
            f"unknown driver in the URL of {database}", found=f"{drivername!r}", way_out=f"write {kind}://"
        ) from None
    except ModuleNotFoundError:
        pass  # said by Target.engine, with the way out
    registry.load(kind).session.engine_options(parsed)
    return Target(database, parsed, schema or (named if isinstance(named, str) else None))


def _from_jdbc(database: str, jdbc: re.Match[str], schema: str | None) -> Target:
    """The target of a JDBC URL; the schema that is named outside it counts more."""
    subprotocol = jdbc["subprotocol"].lower()
    if subprotocol == "h2":
        raise UsageError(H2)
    dialect = next((d for d in map(registry.load, flavours.DIALECTS) if subprotocol in d.jdbc.SUBPROTOCOLS), None)
    if dialect is None:
        raise UsageError(
            f"the URL of {database} is of an unknown kind, jdbc:{subprotocol}", way_out=f"write {_examples()}"
        )
    rest = without_entities(jdbc["rest"].strip())
    remember_settings(rest)
    try:
        found = dialect.jdbc.translate(subprotocol, rest)
        remember(found.url)
        dialect.session.engine_options(found.url)
    except UsageError as error:
        raise UsageError(f"the URL of {database}: {error.what}", found=error.found, way_out=error.way_out) from None
    note = f"the JDBC URL of {database} has options that are not taken over: {', '.join(found.untold)}"
    return Target(database, found.url, schema or found.schema, (note,) if found.untold else ())


def without_entities(text: str) -> str:
    """The text as XML means it: the product puts its settings into XML files as they stand, `&amp;` and all."""
    return ENTITY.sub(lambda found: html.unescape(found[0]), text)


def _examples() -> str:
    return ", ".join(dict.fromkeys(flavours.EXAMPLES.values()))
