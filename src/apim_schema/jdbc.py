"""JDBC URLs: what those of all databases have in common. Their forms and options are the dialects' own, in `jdbc.py`.

Values are never part of a message: each may be a secret.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import unquote_plus

from sqlalchemy import URL

from apim_schema.errors import UsageError

NETWORK = re.compile(r"//(?P<server>[^/?]*)(?:/(?P<database>[^?]*))?(?:\?(?P<options>.*))?", re.DOTALL)
SERVER = re.compile(r"(?:(?P<user>[^:@]*)(?::(?P<password>.*))?@)?(?P<host>\[[^\]]+\]|[^:,()@=]*)(?::(?P<port>\d*))?")

ONE_SERVER = "name the one server to work on, the primary, as in jdbc:…://host:port/…"


@dataclass(frozen=True)
class Translated:
    """A JDBC URL in the words of the driver; `schema` None means the login's default one.

    `untold` are the options, by name, that have no counterpart and are more than Java's own matter.
    """

    url: URL
    schema: str | None = None
    untold: tuple[str, ...] = ()


@dataclass(frozen=True)
class Server:
    """The server of a JDBC URL, with a login where the URL has one."""

    host: str
    port: int | None
    user: str | None
    password: str | None


class Options:
    """The options of a JDBC URL, by name in any case. Each is taken by what knows it, and the rest is left over."""

    def __init__(self, given: Iterable[tuple[str, str]]) -> None:
        self._given = {name.lower(): (name, value) for name, value in given if name}

    def take(self, *names: str) -> str | None:
        """The value of the first of these names that is given, None where none is."""
        found = [self._given.pop(name.lower(), None) for name in names]
        return next((entry[1] for entry in found if entry), None)

    def take_like(self, name: str, pattern: str) -> str | None:
        """The value, if the pattern fits it, in any case; it is left otherwise."""
        _, value = self._given.get(name.lower(), (name, None))
        return self.take(name) if value is not None and re.fullmatch(pattern, value, re.IGNORECASE) else None

    def flag(self, *names: str) -> bool | None:
        """`take`, for an option that is true or false; one without a value is true."""
        value = self.take(*names)
        return None if value is None else value.lower() in ("", "true", "yes", "1")

    def number(self, name: str) -> int | None:
        """`take`, for a whole number. Raises UsageError for anything else."""
        value = self.take(name)
        if value is not None and not re.fullmatch(r"-?\d+", value):
            raise UsageError(f"{name} in a JDBC URL must be a whole number")
        return None if value is None else int(value)

    def take_all(self, names: re.Pattern[str]) -> dict[str, str]:
        """All options whose names the pattern fits, with their values."""
        fitting = [key for key, (name, _) in self._given.items() if names.fullmatch(name)]
        return dict(self._given.pop(key) for key in fitting)

    def named(self, names: Mapping[str, str]) -> dict[str, str]:
        """The options that the driver has too, with the same values: `names` are its names of them."""
        found = {name: self.take(theirs) for theirs, name in names.items()}
        return {name: value for name, value in found.items() if value is not None}

    def left(self, javas: Collection[str]) -> tuple[str, ...]:
        """The names that nothing has taken and that are not `javas`, given in small letters, own matter."""
        return tuple(name for key, (name, _) in self._given.items() if key not in javas)


def network(rest: str, decoded: Callable[[str], str] = unquote_plus) -> tuple[Server, str | None, Options]:
    """The server, the database and the options of `//host:port/database?name=value&name=value`.

    `decoded` is what the driver of Java's does with a value. Raises UsageError for another form, and for one with
    several servers.
    """
    found = NETWORK.fullmatch(rest)
    if not found:
        raise UsageError("this form of a JDBC URL can't be read", way_out=ONE_SERVER)
    pairs = (entry.partition("=") for entry in (found["options"] or "").split("&"))
    options = Options((name.strip(), decoded(value)) for name, _, value in pairs)
    return server(found["server"]), decoded(found["database"] or "") or None, options


def server(text: str) -> Server:
    """A `host:port`, with `user:password@` before it or not. Raises UsageError for more than one, or another form."""
    found = SERVER.fullmatch(text)
    if not found:
        raise UsageError("the server in a JDBC URL can't be read, or is several", way_out=ONE_SERVER)
    user, password = (unquote_plus(part) if part else None for part in (found["user"], found["password"]))
    return Server(found["host"].strip("[]") or "localhost", int(found["port"] or 0) or None, user, password)


def words(text: str) -> frozenset[str]:
    """Names of options as `Options.left` takes them, of a text with blanks between."""
    return frozenset(text.lower().split())
