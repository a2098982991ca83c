"""The review as JSON; its schema is docs/schemas/plan.json."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from apim_schema import product
from apim_schema.preflight import Finding
from apim_schema.product import Age
from apim_schema.review import Review, Reviewed, rollback


def render(review: Review) -> dict[str, Any]:
    return {
        "database": review.database,
        "address": review.address,
        "schema": review.schema,
        "server": review.server,
        "transactional": review.transactional,
        "from": review.start,
        "same": list(review.same),
        "stamped": review.stamped,
        "to": review.target,
        "interrupted": review.interrupted,
        "made_at": review.made_at,
        "outlook": review.outlook,
        "totals": _totals(review),
        "rows": asdict(review.prospect),
        "ages": [_age(age) for age in review.ages],
        "findings": [_finding(finding) for finding in review.findings],
        "statements": [_statement(reviewed) for reviewed in review.statements],
        "already_in": [{"release": release, "change": change} for release, change in review.present],
        "differences": [difference.document for difference in review.differences],
        "product": [asdict(task) for task in product.tasks(review.releases)],
        "rollback": [asdict(way) for way in rollback.ways(review)],
        "backups": [asdict(backup) for backup in review.backups],
    }


def _totals(review: Review) -> dict[str, Any]:
    return {
        "statements": len(review.statements),
        "tables_written_anew": len(review.rewritten),
        "bytes_written_anew": review.bytes_rewritten,
        "seconds_statements": review.expected,
        "seconds_writers_blocked": review.blocked,
        "seconds_rows_compared": review.evidence,
        "seconds": review.whole,
    }


def _statement(reviewed: Reviewed) -> dict[str, Any]:
    impact = reviewed.impact
    return {
        "number": reviewed.number,
        "release": reviewed.release,
        "table": reviewed.table,
        "changes": list(reviewed.changes),
        "sql": reviewed.statement.sql,
        "work": impact.work,
        "lock": impact.lock,
        "blocks": impact.blocks,
        "also_locked": list(impact.referenced),
        "rows": impact.rows,
        "bytes": impact.bytes,
        "source": impact.source,
        "seconds": reviewed.expected,
    }


def _finding(finding: Finding) -> dict[str, Any]:
    found = asdict(finding)
    found["keys"] = [dict(zip(finding.key_columns, map(_plain, key), strict=True)) for key in finding.keys]
    return {name: found[name] for name in ("level", "table", "problem", "way_out", "rows", "keys", "query")}


def _plain(value: object) -> object:
    return value if value is None or isinstance(value, str | int | float) else str(value)


def _age(age: Age) -> dict[str, Any]:
    days = {"published": age.published, "supported_until": age.until}
    return {"release": age.release} | {name: day.isoformat() if day else None for name, day in days.items()}
