"""The triggers of a release, which delete first what SQL Server's cascades can not: one table on several paths."""

from __future__ import annotations

from apim_schema.schema import Trigger

from . import names

BODIES = {
    "IDN_CLAIM_DIALECT_DELETE_TRIGGER": (("IDN_CLAIM", ("DIALECT_ID",), "ID"), ("IDN_CLAIM_DIALECT", ("ID",), "ID")),
    "IDN_CLAIM_MAPPING_DELETE_TRIGGER": (
        ("IDN_CLAIM_MAPPING", ("EXT_CLAIM_ID", "MAPPED_LOCAL_CLAIM_ID"), "ID"),
        ("IDN_CLAIM", ("ID",), "ID"),
    ),
    "SP_APP_DELETE_TRIGGER": (
        ("SP_SHARED_APP", ("MAIN_APP_ID", "SHARED_APP_ID"), "UUID"),
        ("SP_APP", ("ID",), "ID"),
    ),
    "UM_ORG_DELETE_TRIGGER": (
        ("UM_ORG_HIERARCHY", ("UM_PARENT_ID", "UM_ID"), "UM_ID"),
        ("UM_ORG", ("UM_PARENT_ID",), "UM_ID"),
        ("UM_ORG", ("UM_ID",), "UM_ID"),
    ),
}
"""By trigger, in their order: (table, columns, column of the deleted rows that one of them holds)."""

TIMING, EVENTS = "INSTEAD", ("DELETE",)


def knows(trigger: Trigger) -> bool:
    """Whether it is one that BODIES tells, in the place and at the events that they are for."""
    return trigger.name in BODIES and (trigger.timing, trigger.events) == (TIMING, EVENTS)


def create(trigger: Trigger, schema: str | None) -> str:
    """CREATE TRIGGER, of one that BODIES knows, in a batch of its own."""
    body = "\n    ".join(_delete(*step, schema) for step in BODIES[trigger.name])
    name, table = names.qualified(trigger.name, schema), names.qualified(trigger.table, schema)
    return (
        f"CREATE TRIGGER {name} ON {table} INSTEAD OF {', '.join(trigger.events)} AS\nBEGIN\n    SET NOCOUNT ON;\n"
        f"    {body}\nEND"
    )


def _delete(table: str, columns: tuple[str, ...], key: str, schema: str | None) -> str:
    gone = " OR ".join(f"{names.sql(column)} IN (SELECT {names.sql(key)} FROM deleted)" for column in columns)
    return f"DELETE FROM {names.qualified(table, schema)} WHERE {gone};"
