"""The JSON documents: what every verb's has, the parts that several have, and the schemas that are made of the types.

`docs/schemas` has the schema of each verb's document. A field that may be absent is absent where there is nothing of
the kind to say: the answer of a verb that an error came before, the error where there was none.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from apim_schema import difference, drilldown, evidence, preflight
from apim_schema.difference import Class, Kind
from apim_schema.errors import Exit
from apim_schema.evidence import Word
from apim_schema.hazards import Level
from apim_schema.planner import Plan
from apim_schema.witness import By

VERSION = 1
"""Counted up when a document says something in another way than before; a new field is none."""

Verb = str | None
"""None where the arguments named none."""

TYPES: dict[Verb, type[msgspec.Struct]] = {}
"""The type of each verb's document; a verb adds its own as it is imported."""


class Part(msgspec.Struct, forbid_unknown_fields=True, rename=lambda name: name.rstrip("_")):
    """A part of a document. Python's keywords have an underscore here, and none in JSON."""


Key = dict[str, str | int | float | bool | None]
"""The values of a row's primary key, by column."""


class Difference(Part):
    """Where the schema is not as its release has it."""

    class_: Annotated[Class, Meta(description="How much it matters")]
    kind: Kind
    what: Annotated[str, Meta(description="What kind of object it is of")]
    name: str
    expected: str | None
    found: str | None
    reason: str | None
    entry: Annotated[str, Meta(description="As it stands in an accept list")]


class Finding(Part):
    """What preflight has found."""

    level: Annotated[Level, Meta(description="block forbids an upgrade")]
    table: Annotated[str | None, Meta(description="Null where it is about the whole database")]
    problem: str
    way_out: str | None
    rows: Annotated[int, Meta(description="How many rows it is about")]
    keys: Annotated[list[Key], Meta(description="The primary keys of the first of these rows, by column")]
    query: Annotated[str | None, Meta(description="What was asked")]


class Change(Part):
    """A change of a release, in words."""

    release: str
    change: str
    already_there: Annotated[bool, Meta(description="Whether it was in already, and was skipped")]


class ChangedRow(Part):
    """A row that has changed."""

    key: Key
    columns: Annotated[list[str] | None, Meta(description="Those that differ; null where that can't be told")]


class Failure(Part):
    """A table that is not proven."""

    table: str
    verdict: Word
    reason: str
    rows_before: int
    rows_after: int
    changed: Annotated[list[ChangedRow], Meta(description="The rows that are known to have changed")]
    added: Annotated[list[Key], Meta(description="The keys of rows that are known to be new")]
    missing: Annotated[int, Meta(description="How many rows are gone")]
    missing_keys: Annotated[list[Key], Meta(description="The keys of those that can be named")]
    keys: Annotated[list[Key], Meta(description="The keys of rows that could not be told from their neighbours")]


class Evidence(Part):
    """What the verdict on a table rests on."""

    table: str
    evidence: Annotated[By, Meta(description="engine: the server vouches, and no row was read; full: all were read")]
    verdict: Word
    rows_read: int
    rows_about: Annotated[int | None, Meta(description="By the server's statistics, where nobody has read them")]


class Rows(Part):
    """What is proven of the rows."""

    verdict: Word
    method: Annotated[str, Meta(description="How rows are hashed")]
    note: str | None
    doubt: Annotated[str | None, Meta(description="Why nothing is proven even where no table differs")]
    tables_compared: int
    rows_compared: int
    columns_left_out: Annotated[list[str], Meta(description="TABLE.COLUMN, or TABLE, that were dropped or cut")]
    evidence: list[Evidence]
    failures: Annotated[list[Failure], Meta(description="The tables that are not proven")]


class Error(Part):
    """What has ended a verb; its parts are those of the message."""

    type: Annotated[str, Meta(description="The kind of error, as docs/troubleshooting.md lists them")]
    message: Annotated[str, Meta(description="All of it, as a person is told")]
    what: Annotated[str, Meta(description="The thing, and what is the matter with it")]
    found: str | None
    way_out: str | None
    exit_code: Exit
    findings: Annotated[list[Finding] | UnsetType, Meta(description="What preflight has found")] = UNSET
    rows: Annotated[Rows | UnsetType, Meta(description="What was proven of them, before all was taken back")] = UNSET
    wanted: Annotated[str | UnsetType, Meta(description="What an object in the way should have been")] = UNSET
    statements_executed: int | UnsetType | None = UNSET
    statements_planned: int | UnsetType | None = UNSET


def add(verb: Verb, environments: bool = False, **fields: Any) -> None:
    """Adds a verb's document, by the types of the fields that are its own.

    With `environments`, one of several environments has an entry for each, with the same fields.
    """
    own: list[Any] = [(name, kind | UnsetType, UNSET) for name, kind in (*fields.items(), ("error", Error))]
    several = [("environments", _environments(own) | UnsetType, UNSET)] if environments else []
    says: Any = Literal[verb] if verb else None
    head = [("schema_version", Literal[VERSION]), ("verb", says), ("exit_code", Exit)]
    TYPES[verb] = msgspec.defstruct("Document", [*head, *own, *several], bases=(Part,))


def _environments(own: Sequence[Any]) -> Any:
    head: list[Any] = [("environment", str), ("begun", bool), ("exit_code", Exit | UnsetType, UNSET)]
    one: Any = msgspec.defstruct("Environment", [*head, *own], bases=(Part,))
    return list[one]


add(None)


def rendered(verb: Verb, exit_code: Exit, fields: Mapping[str, Any]) -> str:
    """A document as text: ASCII, so that every terminal and every reader takes it."""
    whole = {"schema_version": VERSION, "verb": verb, **fields, "exit_code": exit_code}
    return json.dumps(msgspec.to_builtins(whole), indent=2)


def file_name(verb: Verb) -> str:
    """The file of a verb's schema."""
    return f"{(verb or 'error').replace(' ', '-')}.json"


def schema(verb: Verb) -> dict[str, Any]:
    """The schema of a verb's document, as JSON Schema 2020-12 has it."""
    title = f"apim-schema {verb} --format json" if verb else "an error in arguments that name no verb"
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": title,
        **msgspec.json.schema(TYPES[verb]),
    }


def differences(found: Iterable[difference.Difference]) -> list[Difference]:
    """Each with its class, and the entry that stands for it in an accept list."""
    return [_difference(one) for one in found]


def _difference(one: difference.Difference) -> Difference:
    return Difference(
        class_=one.class_,
        kind=one.kind,
        what=one.what,
        name=one.name,
        expected=one.expected,
        found=one.found,
        reason=one.reason or None,
        entry=one.entry,
    )


def findings(found: Iterable[preflight.Finding]) -> list[Finding]:
    """What preflight has found, with the keys of rows by column."""
    return [_finding(one) for one in found]


def _finding(one: preflight.Finding) -> Finding:
    return Finding(
        level=one.level,
        table=one.table or None,
        problem=one.problem,
        way_out=one.way_out or None,
        rows=one.rows,
        keys=_keys(one.key_columns, one.keys),
        query=one.query or None,
    )


def _keys(columns: Sequence[str], keys: Iterable[Sequence[object]]) -> list[Key]:
    return [dict(zip(columns, map(_plain, key), strict=True)) for key in keys]


def _plain(value: object) -> str | int | float | bool | None:
    return value if value is None or isinstance(value, str | int | float) else str(value)


def changes(plan: Plan) -> list[Change]:
    """The changes of a plan, those that were in already too."""
    return [Change(release=p.release, change=str(p.change), already_there=p.present) for p in plan.changes]


def rows(verdict: evidence.Verdict) -> Rows:
    """What is proven of the rows."""
    return Rows(
        verdict=verdict.verdict,
        method=verdict.method,
        note=verdict.note or None,
        doubt=verdict.doubt or None,
        tables_compared=len(verdict.tables),
        rows_compared=verdict.rows,
        columns_left_out=list(verdict.left_out),
        evidence=[_evidence(table) for table in verdict.tables],
        failures=[_failure(table) for table in verdict.failures],
    )


def _evidence(table: evidence.TableVerdict) -> Evidence:
    return Evidence(
        table=table.table,
        evidence=table.by,
        verdict=table.verdict,
        rows_read=table.rows_after,
        rows_about=table.about,
    )


def _failure(table: evidence.TableVerdict) -> Failure:
    return Failure(
        table=table.table,
        verdict=table.verdict,
        reason=table.reason,
        rows_before=table.rows_before,
        rows_after=table.rows_after,
        changed=[_changed(table.key_columns, row) for row in table.changed],
        added=_keys(table.key_columns, table.added),
        missing=table.missing,
        missing_keys=_keys(table.key_columns, table.gone),
        keys=_keys(table.key_columns, table.keys),
    )


def _changed(columns: Sequence[str], row: drilldown.ChangedRow) -> ChangedRow:
    [key] = _keys(columns, [row.name])
    return ChangedRow(key=key, columns=list(row.columns) or None)
