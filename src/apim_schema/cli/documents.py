"""The parts of the JSON documents that several verbs have."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from apim_schema.difference import Difference
from apim_schema.drilldown import Names
from apim_schema.evidence import TableVerdict, Verdict


def differences(found: Iterable[Difference]) -> list[dict[str, Any]]:
    """Each with its class, and the entry that stands for it in an accept list."""
    return [difference.document for difference in found]


def verdict(rows: Verdict) -> dict[str, Any]:
    """What is proven of the rows, and of each table by what; `failures` are those that are not proven."""
    return {
        "verdict": rows.verdict,
        "method": rows.method,
        "note": rows.note or None,
        "doubt": rows.doubt or None,
        "tables_compared": len(rows.tables),
        "rows_compared": rows.rows,
        "columns_left_out": list(rows.left_out),
        "evidence": [_evidence(table) for table in rows.tables],
        "failures": [_failure(table) for table in rows.failures],
    }


def _evidence(table: TableVerdict) -> dict[str, Any]:
    """What the verdict on a table rests on; its rows by the server's statistics where nobody has read them."""
    return {
        "table": table.table,
        "evidence": table.by,
        "verdict": table.verdict,
        "rows_read": table.rows_after,
        "rows_about": table.about,
    }


def _failure(table: TableVerdict) -> dict[str, Any]:
    return {
        "table": table.table,
        "verdict": table.verdict,
        "reason": table.reason,
        "rows_before": table.rows_before,
        "rows_after": table.rows_after,
        "changed": _rows(table, table.changed),
        "added": _rows(table, table.added),
        "missing": table.missing,
        "keys": _rows(table, table.keys),
    }


def _rows(table: TableVerdict, rows: Names) -> list[dict[str, Any]]:
    return [dict(zip(table.key_columns, row, strict=True)) for row in rows]
