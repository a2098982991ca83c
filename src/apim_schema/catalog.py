"""Reads reference catalogs: the schema that a release's own install script creates, as JSON."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from apim_schema import flavours
from apim_schema.schema import Column, ForeignKey, Index, Key, Schema, Table, Trigger


def load(path: Path) -> Schema:
    """The schema in one catalog file, types and defaults normalised by its dialect.

    Raises OSError where the file can't be read and ValueError where it is no catalog.
    """
    return parse(json.loads(path.read_text(encoding="utf-8")))


@cache
def baseline(flavour: str, database: str, release: str) -> Schema:
    """A catalog that ships with the tool: the first release of the chain, and the older ones we only recognise.

    Raises KeyError where no such catalog ships.
    """
    if not ships(flavour, database, release):
        raise KeyError(f"no catalog of {database} {release} for {flavour}")
    return load(_path(flavour, database, release))


def ships(flavour: str, database: str, release: str) -> bool:
    """Whether a catalog of this release ships with the tool."""
    return _path(flavour, database, release).is_file()


def _path(flavour: str, database: str, release: str) -> Path:
    return flavours.catalogs(flavour) / f"{flavour}-{database}-{release}.json"


def parse(document: dict[str, Any]) -> Schema:
    """The schema in a catalog's JSON document."""
    flavour = document["dialect"]
    return Schema(
        flavour=flavour,
        tables={name: _table(flavour, name, facts) for name, facts in document["tables"].items()},
        sequences=dict(document.get("sequences", {})),
        triggers={name: _trigger(name, facts) for name, facts in document.get("triggers", {}).items()},
        routines={name: facts["action"] for name, facts in document.get("routines", {}).items()},
    )


def _table(flavour: str, name: str, facts: dict[str, Any]) -> Table:
    return Table(
        name=name,
        columns={column: _column(flavour, column, about) for column, about in facts["columns"].items()},
        primary_key=_key(facts["primary_key"]) if facts.get("primary_key") else None,
        unique=tuple(_key(key) for key in facts.get("unique", ())),
        foreign_keys=tuple(_foreign_key(key) for key in facts.get("foreign_keys", ())),
        indexes=tuple(map(_index, facts.get("indexes", ()))),
    )


def _column(flavour: str, name: str, facts: dict[str, Any]) -> Column:
    types = flavours.types(flavour)
    type_ = types.normalise_type(facts["type"])
    autoincrement = facts.get("autoincrement", False)
    generated = types.sequence_of(facts.get("default"))
    if autoincrement:
        generated = autoincrement if isinstance(autoincrement, str) else ""
    return Column(
        name=name,
        type=type_,
        nullable=facts["nullable"],
        default=None if generated is not None else types.normalise_default(facts.get("default"), type_),
        generated=generated,
        on_update=types.normalise_default(facts.get("on_update"), type_),
        charset=facts.get("charset"),
        collation=facts.get("collation"),
    )


def _index(facts: dict[str, Any]) -> Index:
    return Index(
        facts["name"],
        tuple(facts["columns"]),
        facts["unique"],
        tuple(facts.get("include", ())),
        optional=facts.get("optional", False),
    )


def _key(facts: dict[str, Any]) -> Key:
    return Key(tuple(facts["columns"]), facts.get("name"))


def _foreign_key(facts: dict[str, Any]) -> ForeignKey:
    return ForeignKey(
        columns=tuple(facts["columns"]),
        ref_table=facts["ref_table"],
        ref_columns=tuple(facts["ref_columns"]),
        on_delete=referential_action(facts.get("on_delete")),
        on_update=referential_action(facts.get("on_update")),
        name=facts.get("name"),
    )


def referential_action(words: str | None) -> str | None:
    """CASCADE or SET NULL; None for NO ACTION and RESTRICT, which differ only for deferred constraints."""
    return None if words in (None, "", "NO ACTION", "RESTRICT") else words


def _trigger(name: str, facts: dict[str, Any]) -> Trigger:
    fills = facts.get("fills")
    return Trigger(
        name=name,
        table=facts["table"],
        timing=facts["timing"],
        events=tuple(facts["events"]),
        fills=(fills["sequence"], fills["column"]) if fills else None,
        when=facts.get("when"),
        action=facts.get("action"),
    )
