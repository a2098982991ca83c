"""Names, between the model (upper case, as the vendor writes them) and the server.

In a case-sensitive database only the spelling that a name was made with finds the object, and in the others any
does: so what is read from a server keeps its spelling, beside the name that it is compared by. See
https://learn.microsoft.com/en-us/sql/relational-databases/databases/database-identifiers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeVar

from sqlalchemy import make_url

from apim_schema import sqltext
from apim_schema.schema import Schema

T = TypeVar("T")

PREPARER = make_url("mssql+pyodbc://").get_dialect()().identifier_preparer


class Name(str):
    """A name of the model, equal to its upper case, that knows how the server spells it."""

    spelling: str

    def __new__(cls, spelling: str, taken: Iterable[str] = ()) -> Name:
        """`taken` are the names that may not be given again: two spellings may differ in nothing but the case."""
        upper = spelling.upper()
        name = super().__new__(cls, f"[{spelling}]" if upper in taken else upper)
        name.spelling = spelling
        return name


def spelling(name: str) -> str:
    """How the server spells a name; one that was not read from it is as the vendor writes it."""
    return name.spelling if isinstance(name, Name) else name


def sql(name: str) -> str:
    """A name as a statement writes it: in brackets only where the server would not take it as it is."""
    spelled = spelling(name)
    plain = PREPARER.quote(spelled.lower()) == spelled.lower()
    return spelled if plain else PREPARER.quote_identifier(spelled)


def qualified(name: str, schema: str | None) -> str:
    """A table's name with its schema, or alone where that is None."""
    return f"{sql(schema)}.{sql(name)}" if schema else sql(name)


def listed(names: Iterable[str]) -> str:
    return ", ".join(sql(name) for name in names)


def literal(text: str) -> str:
    """A text as an NVARCHAR literal."""
    return f"N{sqltext.quoted(text)}"


def found(name: str, among: Mapping[str, T]) -> str:
    """The name as it stands among the keys of a mapping, with the server's spelling where it has one."""
    return next((key for key in among if key == name), name)


def table(name: str, live: Schema, schema: str | None) -> str:
    """A table as the live database spells it, with its schema."""
    return qualified(found(name, live.tables), schema)


def columns(table_name: str, wanted: Iterable[str], live: Schema) -> str:
    """Columns of a table as the live database spells them, separated by commas."""
    present = live.tables[table_name].columns if table_name in live.tables else {}
    return listed(found(name, present) for name in wanted)
