"""The ground floor: which dialects and flavours there are, and what the model has to know of them.

A dialect is a folder below `dialects/`; its `__init__` names its flavours, which are the vendor's scripts for it, and
the driver of each kind of URL. Nothing of ours but the model is imported here, and no driver is loaded.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from types import ModuleType
from typing import Protocol, cast

from apim_schema.schema import Column, Table

PACKAGE = import_module("apim_schema.dialects")
"""By name: in a checkout the folder stands beside `src`, where no type checker looks for it under this one."""


class Types(Protocol):
    """Names of types, in both directions: the `types` module of a dialect."""

    def varchar(self, length: int) -> str: ...
    def char(self, length: int) -> str: ...
    def integer(self) -> str: ...
    def bigint(self) -> str: ...
    def flag(self) -> str: ...
    def blob(self, size: str) -> str: ...
    def timestamp(self) -> str: ...
    def datetime(self) -> str: ...

    def normalise_type(self, sql: str) -> str:
        """One spelling for types that mean the same: it is valid DDL too."""

    def family(self, type_: str) -> str:
        """What a normalised type has in common with those that its values may be read as, as they stand."""

    def normalise_default(self, sql: str | None, type_: str) -> str | None:
        """One spelling for defaults that mean the same in a column of this normalised type; None where there is none.

        It serves catalogs and live introspection alike; `'1'` and 1 are the same on a numeric column.
        """

    def length_of(self, expression: str, column: Column) -> str:
        """The SQL expression for the length of a text in the unit that this column counts in, characters as a rule."""

    def collide(self, columns: Sequence[str]) -> str:
        """The condition that rows `d` and `t` can't both stand under a unique key over these columns, in SQL.

        Databases differ in whether a NULL equals another.
        """

    def newly_equal(self, table: Table, key: tuple[str, ...], present: Column, wanted: Column) -> Sequence[str]:
        """The expressions, one for each part of a unique key, by which rows are told apart once a column is another.

        None at all where no rows are equal then that are not so now.
        """

    def exact(self, expression: str) -> str:
        """The SQL expression of a text that equals no other text, whatever the collation takes for equal."""

    def default_as_bytes(self, default: str) -> str | None:
        """The default of a text once the column is binary, normalised; None where it goes with the text."""

    def sequence_of(self, default: str | None) -> str | None:
        """The sequence that a default draws its numbers from, None for any other default."""

    def as_found(self, table: Table, expected: Column, found: Column) -> Column:
        """The column of a release in the legal form that is nearest to what was found: that itself if it is a variant.

        `table` is the one that was found, or for a table still to be made, the wanted one.
        """

    def holds(self, wanted: str, found: str) -> bool:
        """Whether a normalised type takes every value of another, and keeps it as it is: it is wider, or the same."""

    def tells_apart(self, expected: Column, charset: str | None, collation: str | None) -> bool:
        """Whether a text holds as much, and is compared as exactly, as under the character set that a release says.

        `charset` and `collation` are those that were found.
        """

    def keys_fit(self, table: Table, column: Column) -> bool:
        """Whether no key of the table would be too long with this column in the place of its namesake."""

    def same_key(self, table: str, expected: tuple[str, ...], found: tuple[str, ...]) -> bool:
        """Whether a key over the `found` parts is the `expected` one, or another legal form of it."""

    def key_name(self, parts: tuple[str, ...]) -> str | None:
        """The name that a unique key gets which is given none; None where no name tells what it was made over."""


class Folder(Protocol):
    """What the `__init__` of a dialect's folder says."""

    @property
    def FLAVOURS(self) -> tuple[str, ...]:  # noqa: N802 (a constant of the module)
        """Its catalog families: one for each script that the vendor ships for it."""

    @property
    def DRIVERS(self) -> dict[str, str]:  # noqa: N802
        """The driver of each kind of URL that names none; SQLAlchemy's own choices differ between its versions."""

    @property
    def PASSWORD_VARIABLES(self) -> tuple[str, ...]:  # noqa: N802
        """The environment variables that its driver reads a password from."""

    EXAMPLE: str
    """A URL as it is to be written, for messages; one with a password would be hidden there."""
    ALIASES: tuple[str, ...]
    """What others call such a database in a URL, beside the kinds in `DRIVERS`."""


def module(dialect: str, part: str) -> ModuleType:
    """A module of a dialect's folder."""
    return import_module(f"{PACKAGE.__name__}.{dialect}.{part}")


def _folder(dialect: str) -> Folder:
    return cast(Folder, import_module(f"{PACKAGE.__name__}.{dialect}"))


DIALECTS = tuple(sorted(found.name for found in iter_modules(PACKAGE.__path__)))

FLAVOURS = {flavour: dialect for dialect in DIALECTS for flavour in _folder(dialect).FLAVOURS}
"""Every flavour and its dialect."""

DRIVERS = {kind: driver for dialect in DIALECTS for kind, driver in _folder(dialect).DRIVERS.items()}
"""The driver of each kind of URL."""

PASSWORD_VARIABLES = tuple(name for dialect in DIALECTS for name in _folder(dialect).PASSWORD_VARIABLES)

KINDS = {kind: dialect for dialect in DIALECTS for kind in _folder(dialect).DRIVERS}
"""The dialect of each kind of URL, by the names that SQLAlchemy has for them."""

EXAMPLES = {
    kind: _folder(dialect).EXAMPLE
    for dialect in DIALECTS
    for kind in (*_folder(dialect).DRIVERS, *_folder(dialect).ALIASES)
}
"""A URL as it is to be written, by every name that a person may have for the kind of database."""


def of_dialect(dialect: str) -> tuple[str, ...]:
    """The flavours of one dialect."""
    return _folder(dialect).FLAVOURS


def driver(dialect: str) -> str:
    """SQLAlchemy's name of the dialect and the driver that a URL gets which names none."""
    return next(iter(_folder(dialect).DRIVERS.values()))


@cache
def types(flavour: str) -> Types:
    """The `types` module of the flavour's dialect, without its driver or any of the rest."""
    return cast(Types, module(FLAVOURS[flavour], "types"))


def catalogs(flavour: str) -> Path:
    """The folder with the catalogs of this flavour."""
    return Path(str(module(FLAVOURS[flavour], "types").__file__)).parent / "catalogs"
